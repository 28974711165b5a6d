"""`verify`: check the chain, every digest, signature and sign-off again, offline. What it cannot reach it says."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from speechfair.errors import SpeechfairError
from speechfair.process.attestation_checks import attestation_problems
from speechfair.process.catalogue import Language, Text, catalogue_path
from speechfair.process.export import envelope_problems
from speechfair.process.file_checks import (
    Findings,
    evidence_files,
    exchanged_files,
    frozen_files,
    linked_files,
)
from speechfair.process.finding import said, say
from speechfair.process.identity import SIGNED, identity_problems
from speechfair.process.ledger import Ledger, Reading, utc
from speechfair.process.material import Material, Run, read_material
from speechfair.process.signed_folders import check_signed_folders
from speechfair.process.signing import AFTER
from speechfair.process.stamp_revocation import read_revocations
from speechfair.process.stamps import authority_pem, check_stamps
from speechfair.process.training_checks import training_problems
from speechfair.store import file_digest

__all__ = ["Verified", "verify_process"]


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found. `problems` is empty when everything that was checked agrees."""

    checked_texts: tuple[Text, ...]
    problem_texts: tuple[Text, ...]
    note_texts: tuple[Text, ...]
    head: str

    @property
    def checked(self) -> tuple[str, ...]:
        """What was checked, in English."""
        return tuple(text.en for text in self.checked_texts)

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong, in English."""
        return tuple(text.en for text in self.problem_texts)

    @property
    def notes(self) -> tuple[str, ...]:
        """What could not be checked, in English."""
        return tuple(text.en for text in self.note_texts)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problem_texts

    def lines(self, language: Language) -> list[str]:
        """All of it in words, problems last but for the head of the ledger."""
        en = language == "en"
        heads = (
            ("checked  ", "note     ", "WRONG    ", "head     ")
            if en
            else ("確認  ", "注記  ", "問題  ", "末尾  ")
        )
        groups = (self.checked_texts, self.note_texts, self.problem_texts)
        lines = [f"{head}{t.of(language)}" for head, texts in zip(heads, groups, strict=False) for t in texts]
        n = len(self.problem_texts)
        if self.ok:
            end = "everything that was checked agrees" if en else "調べたものはすべて一致する"
        else:
            end = f"{n} things are wrong" if en else f"問題 {n} 件"
        return [*lines, f"{heads[3]}{self.head}", end]


def verify_process(
    folder: str | Path,
    *,
    head: str | None = None,
    now: datetime | None = None,
    recompute: bool = True,
    authority: str | Path | None = None,
    revocations: Sequence[str | Path] = (),
    public_keys: Collection[str | Path] = (),
) -> Verified:
    """Check a process folder.

    Parameters
    ----------
    head : a head digest that was kept elsewhere; the ledger must contain it. This is what finds a ledger that was
        rewritten as a whole.
    recompute : also compute every audit again and read the audio; False is quick and says so in the notes.
    authority : PEM file with the certificate of a time-stamping authority that you trust; None takes the pinned one.
    revocations : files with certificate revocation lists (PEM or DER); no time-stamp's certificate may be in one.
    public_keys : files of signers that you trust: PEM keys or identities. Without any, a folder's first signer counts.

    Raises
    ------
    InputError : the folder is not a process folder: it has neither plan nor ledger.
    MissingExtraError : there are signatures or time-stamps, and the package that checks them is not installed.
    """
    folder = Path(folder)
    reading = Ledger(folder).read()
    found = Findings([], [_chain(line) for line in reading.problems], [])
    material: Material | None = None
    try:
        material = read_material(folder, now)
    except SpeechfairError as error:
        if not reading.entries and not reading.problems:
            raise
        found.problems.append(said(error))
        found.notes.append(
            say(
                "runs and attestations were not checked, because a file that they need cannot be read",
                "必要なファイルが読めないため、実行と確認・署名は調べていない",
            )
        )
    _ledger(reading, head, found)
    _clock(reading, now, found)
    linked_files(folder, found)
    frozen_files(folder, reading, found)
    evidence_files(folder, reading, found)
    exchanged_files(folder, reading, found)
    trusted = None if authority is None else authority_pem(authority)
    stamps = check_stamps(folder, reading, trusted, read_revocations(revocations))
    _add(found, stamps.checked, stamps.problems, stamps.notes)
    if material is not None:
        _catalogue(material, found)
        if recompute:
            _runs(material, found)
        else:
            found.notes.append(
                say(
                    "audits were not computed again and audio was not read",
                    "監査の再計算と音声の読み込みはしていない",
                )
            )
        for run in material.runs:
            _times(material, run, found)
        _spoken(material, found)
        _order(material, found)
        found.problems.extend(training_problems(material))
        _add(found, *check_signed_folders(material, recompute=recompute, public_keys=public_keys))
        found.problems.extend(identity_problems(material))
        found.problems.extend(envelope_problems(material))
    unique = {text.en: text for text in found.problems}
    return Verified(tuple(found.checked), tuple(unique.values()), tuple(found.notes), reading.head)


def _add(found: Findings, checked: Iterable[Text], problems: Iterable[Text], notes: Iterable[Text]) -> None:
    for kept, new in ((found.checked, checked), (found.problems, problems), (found.notes, notes)):
        kept.extend(new)


def _ledger(reading: Reading, head: str | None, found: Findings) -> None:
    found.checked.append(
        say(
            f"ledger: {len(reading.entries)} entries, each after the other",
            f"台帳:記録 {len(reading.entries)} 件が途切れなくつながっている",
        )
    )
    if not reading.entries and not reading.problems:
        found.problems.append(say("ledger.jsonl: is missing or empty", "ledger.jsonl:ないか、空である"))
    if reading.torn:
        found.notes.append(
            say(
                f"ledger.jsonl: {len(reading.torn)} bytes of an unfinished entry; the next entry sets them aside",
                f"ledger.jsonl:書きかけの {len(reading.torn)} バイト。次に記録するときに退避される",
            )
        )
    if head is None:
        found.notes.append(
            say(
                "no kept head was given (--head), so a ledger rewritten as a whole would not be noticed",
                "控えの末尾ダイジェスト(--head)がなく、台帳全体の書き換えは検出できない",
            )
        )
    elif head in {entry.digest for entry in reading.entries}:
        found.checked.append(
            say("ledger: contains the head that was kept", "台帳:控えの末尾ダイジェストを含む")
        )
    else:
        found.problems.append(
            say(
                f"ledger.jsonl: does not contain the head {head[:16]}… that was kept; it was rewritten",
                f"ledger.jsonl:控えの末尾 {head[:16]}… を含まず、書き換えられている",
            )
        )


def _clock(reading: Reading, now: datetime | None, found: Findings) -> None:
    """Entries from the future; one that is dated before the line above it breaks the chain."""
    today = utc(now)
    for entry in reading.entries:
        if entry.time > today:
            found.problems.append(
                say(
                    f"entry {entry.number} ({entry.kind}): its time {entry.time} is in the future",
                    f"記録 {entry.number}:時刻 {entry.time} が未来である",
                )
            )


def _catalogue(material: Material, found: Findings) -> None:
    """An own catalogue that was changed is an edit; another shipped one is another version of this program."""
    entry = material.reading.last("catalogue")
    if entry is None:
        return
    if entry.body["shipped"] != file_digest(catalogue_path()):
        en = f"the catalogue of this installation is not the one that entry {entry.number} recorded; collect again "
        ja = f"この環境のカタログは記録 {entry.number} のものと異なる。これで判定するには集め直す"
        found.notes.append(say(f"{en}to judge by it", ja))
    before = [part["sha256"] for part in entry.body["parts"][1:]]
    for name, part, old in zip(material.plan.overlays, material.catalogue_parts[1:], before, strict=False):
        if part["sha256"] != old:
            found.problems.append(
                say(
                    f"{name}: was changed after the catalogue was recorded (entry {entry.number})",
                    f"{name}:カタログの記録(記録 {entry.number})後に変わっている",
                )
            )


def _runs(material: Material, found: Findings) -> None:
    from speechfair.auditing.verify import verify

    for run in material.runs:
        where = run.entry.folder
        if isinstance(run.content, str):
            found.problems.append(said(run.content))
            continue
        try:
            result = verify(run.path)
        except (SpeechfairError, KeyError, TypeError, ValueError) as error:
            found.problems.append(say(f"{where}: cannot be recomputed: {error}", f"{where}:再計算できない"))
            continue
        found.problems.extend(
            say(f"{where}/{line}", f"{where}:再計算と一致しない({_place(line)})")
            for line in result.differences
        )
        found.notes.extend(
            say(f"{where}: {line}", f"{where}:一部を調べられない({_place(line)})")
            for line in result.unchecked
            if "not been scored" not in line
        )
    found.checked.append(
        say(
            f"{len(material.runs)} run folders: every file, every audit computed again, the audio",
            f"実行フォルダー {len(material.runs)} 件:全ファイル、監査の再計算、音声",
        )
    )


def _times(material: Material, run: Run, found: Findings) -> None:
    """Times that contradict the ledger, which received its entries in order."""
    if run.evaluated is None:
        return
    if run.role == "evaluation" and (material.folder / "criteria.yaml").is_file():
        digest = file_digest(material.folder / "criteria.yaml")
        noted = [e for e in material.reading.of_kind("criteria") if e.body["sha256"] == digest]
        if noted and noted[0].time >= run.evaluated:
            at = noted[0].time
            en = f"criteria.yaml: reached the ledger at {at}, after the evaluation of {run.name} began "
            ja = f"criteria.yaml:台帳への記録({at})が {run.name} の評価開始({run.evaluated})より後である"
            found.problems.append(say(f"{en}({run.evaluated})", ja))
    ended = [
        e for e in material.reading.of_kind("run_ended") if e.body.get("run_yaml_sha256") and
        (material.folder / e.body["folder"]).resolve() == run.path.resolve()
    ]  # fmt: skip
    if ended and ended[0].time < run.evaluated:
        where, first = f"{run.entry.folder}/run.yaml", ended[0]
        en = f"{where}: says that the evaluation began at {run.evaluated}, but entry {first.number} noted its end at "
        ja = f"{where}:評価開始が {run.evaluated} とあるが、記録 {first.number} では {first.time} に終了している"
        found.problems.append(say(f"{en}{first.time}", ja))


def _spoken(material: Material, found: Findings) -> None:
    """What people said; signed entries of older versions could have been copied from another folder or repeated."""
    spoken = material.reading.of_kind(*SIGNED)
    found.problems.extend(attestation_problems(material))
    found.checked.append(
        say(
            f"{len(spoken)} attestations, waivers and decisions",
            f"確認・署名、免除、公開判断 {len(spoken)} 件",
        )
    )
    signed = material.reading.of_kind(*SIGNED, "keys")
    placeless = [str(e.number) for e in signed if e.body.get("signature") and AFTER not in e.body]
    if placeless:
        names = ", ".join(placeless)
        found.notes.append(
            say(
                f"entries {names}: their signatures do not say where in the ledger they belong (an older version wrote "
                "them), so a repetition or a copy from another folder would not be noticed",
                f"記録 {names}:署名に台帳での位置が含まれず(旧版の記録)、別フォルダーの写しや使い回しは検出できない",
            )
        )


def _order(material: Material, found: Findings) -> None:
    from speechfair.process.order import order_problems

    found.problems.extend(order_problems(material))
    gates = material.reading.of_kind("gate")
    found.checked.append(
        say(
            f"{len(gates)} judgements of gates, and that each run began after its gate opened",
            f"ゲートの判定 {len(gates)} 件と、各実行の開始がその後であること",
        )
    )


def _place(line: str) -> str:
    """Where a difference is: the part of a line before its explanation."""
    return line.partition(": ")[0]


def _chain(line: str) -> Text:
    """A break of the chain; its first words name file and line."""
    return say(line, f"{_place(line)}:台帳の連鎖が途切れている")
