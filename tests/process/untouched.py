"""Process folders as people leave them, made quickly and without audio; a seed says what they did.

Each is used only through the package's own functions, in a varied order: catalogue version, language, fairness level,
roles, forms, gates, overrides, keys, attestations, waivers, runs from transcripts, imports, exports, time-stamps and
signed exports differ. `verify` must find nothing in any. ``python -m tests.process.untouched 200`` makes and verifies
200 (``0 50``: the first 50).
"""

from __future__ import annotations

import json
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric import ec

from speechfair.errors import SpeechfairError
from speechfair.process import catalogue, init
from speechfair.process.attest import attest, decide_release, waive
from speechfair.process.collect import collect
from speechfair.process.export import export, formats
from speechfair.process.gates import gate
from speechfair.process.importers import import_evidence
from speechfair.process.init import add_runs, freeze
from speechfair.process.journal import noted, process_folder
from speechfair.process.ledger import Ledger
from speechfair.process.project_verify import Verified, verify_process
from speechfair.process.side_by_side import assign
from speechfair.process.signed_folders import sign_folder_in
from speechfair.process.signing import new_key
from speechfair.process.stamps import stamp
from speechfair.process.status import read_state
from speechfair.process.time_stamp_token import request_for
from speechfair.verbs.import_transcripts import import_transcripts
from tests.process import project
from tests.process.authority import authority

AUTHORITY = authority()
PEOPLE = ("ana", "tom", "eve", "oli")


@dataclass
class Folder:
    """A process folder in the making, and what was done in it or refused."""

    process: Path
    rng: random.Random
    keys: dict[str, Path] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)

    def step(self) -> None:
        """Do one thing that a person might do next; a refusal is as good as a success, and leaves nothing behind."""
        name = self.rng.choice(sorted(STEPS))
        try:
            STEPS[name](self)
            self.done[name] += 1
        except SpeechfairError:
            self.done[f"{name}, refused"] += 1

    def someone(self) -> tuple[str, Path | None]:
        who = self.rng.choice(PEOPLE)
        return who, self.keys.get(who)


def build(root: Path, seed: int) -> Folder:
    """A folder with 4 to 16 steps taken, evidence collected last."""
    rng = random.Random(seed)
    made = Folder(root / "process", rng)
    shipped = catalogue.catalogue_path()
    version = shipped if rng.random() < 0.7 else shipped.with_name("catalogue-1.yaml")
    made.done[f"on {version.name}"] += 1
    with ExitStack() as stack:
        for module in (catalogue, init):
            stack.enter_context(patch.object(module, "catalogue_path", lambda: version))
        stack.enter_context(patch("speechfair.reporting.from_run.report"))  # pages take most of the time
        _begin(made)
        for _ in range(rng.randint(4, 16)):
            made.step()
        collect(made.process)
    return made


def _begin(made: Folder) -> None:
    rng = made.rng
    level, language = rng.choice([0, 1, 2]), rng.choice(["en", "ja"])
    made.done[f"language {language}"] += 1
    made.done[f"level {level}"] += 1
    start = {
        "name": rng.choice(["callcentre", "社内書き起こし", "a b c"]),
        "aifl": level,
        "languages": rng.choice([["eng"], ["jpn"], ["eng", "jpn"]]),
        "language": language,
        "facts": {fact: rng.choice([True, False, None]) for fact in rng.sample(catalogue.FACTS, 5)},
        "numbers": {"min_speakers": rng.randint(5, 60)},
    }
    init.init(made.process, init.Start.model_validate(start))
    forms = project.forms("0" * 64, "1" * 64, {})
    project.edit_form(
        made.process,
        "roles.yaml",
        **{**forms["roles.yaml"], "trainer": rng.choice([["tom"], ["tom", "oli"]])},
    )
    if rng.random() < 0.7:
        _pin(made)


def _pin(made: Folder) -> None:
    """A key for somebody who has none; from the second on it is noted with a key that was pinned before."""
    free = [who for who in PEOPLE if who not in made.keys]
    if not free:
        raise SpeechfairError("everybody has a key")
    who, old = made.rng.choice(free), next(iter(made.keys.values()), None)
    path = made.process.parent / f"{who}.pem"
    project.pin(made.process, who, new_key(path))
    freeze(made.process, key=old)
    made.keys[who] = path


def _fill(made: Folder) -> None:
    forms = project.forms("0" * 64, "1" * 64, {})
    name = made.rng.choice([name for name in forms if name != "roles.yaml"])
    project.edit_form(made.process, name, **forms[name])


def _criteria(made: Folder) -> None:
    """Criteria are frozen before an evaluation; afterwards `verify` would rightly object."""
    if made.done["run"]:
        raise SpeechfairError("too late")
    text = project.CRITERIA.replace("0.3", made.rng.choice(["0.3", "0.2"]))
    (made.process / "criteria.yaml").write_text(text)
    freeze(made.process)


def _attest(made: Folder) -> None:
    collect(made.process)
    waiting = [each.item.id for each in read_state(made.process).items if each.waits_for_person]
    who, key = made.someone()
    if not waiting:
        raise SpeechfairError("nothing to attest")
    verdict = made.rng.choice(["pass", "pass", "fail"])
    attest(
        made.process,
        made.rng.choice(waiting),
        by=who,
        role="r",
        statement="so it is",
        verdict=verdict,
        key=key,
    )  # type: ignore[arg-type]


def _waive(made: Folder) -> None:
    collect(made.process)
    open_ = [each.item.id for each in read_state(made.process).items if each.status == "undetermined"]
    who, key = made.someone()
    if not open_:
        raise SpeechfairError("nothing to waive")
    days = made.rng.randint(0, 300)
    item = made.rng.choice(open_)
    waive(made.process, item, by=who, reason="r", control="c", until=project.days(days), key=key)


def _run(made: Folder) -> None:
    """A run from transcripts: the ledger notes it, under an override where its gate is shut."""
    number = made.done["run"]
    table = made.process.parent / f"table{number}.csv"
    rows = [
        f"u{i},s{i // 2},{'xy'[i // 2 % 2]},{' '.join(project.WORDS[:5])},{' '.join(project.WORDS[i % 3 : 5])}"
        for i in range(16)
    ]
    table.write_text("\n".join(["id,speaker,accent,reference,hypothesis", *rows]) + "\n")
    role = made.rng.choice(["evaluation", "development"])
    out = made.process.parent / "runs" / f"r{number}"
    with process_folder(made.process, "a trial"), noted("transcribe", out / "hypothesis"):
        import_transcripts(table, {"hypothesis": "hypothesis"}, ["accent"], out=out, language="eng")
    add_runs(made.process, [(role, f"../runs/r{number}/hypothesis")])  # type: ignore[list-item]


def _failed_run(made: Folder) -> None:
    """A run that ends with an error leaves its two entries."""
    with process_folder(made.process, "a trial"), noted("debias", made.process.parent / "runs" / "broken"):
        raise SpeechfairError("no such model")


def _killed(made: Folder) -> None:
    """A writer was killed in the middle of a line."""
    with (made.process / "ledger.jsonl").open("ab") as stream:
        stream.write(b'{"body":{"gate"')


def _import(made: Folder) -> None:
    path = made.process.parent / f"state{made.rng.randint(0, 2)}" / "trainer_state.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"global_step": made.rng.randint(1, 9), "log_history": []}))
    import_evidence(made.process, "trainer", path, kept_as=path.parent.name, replace=made.rng.random() < 0.5)


def _release(made: Folder) -> None:
    decision = made.rng.choice(["release", "restricted", "none"])
    decide_release(made.process, by="ana", decision=decision, statement="s", key=made.keys.get("ana"))  # type: ignore[arg-type]


def _stamp(made: Folder) -> None:
    """An authority's answer over some entry; the first stamp pins its certificate."""
    pem, answer = made.process.parent / "authority.pem", made.process.parent / "answer.tsr"
    pem.write_bytes(AUTHORITY.pem)
    answer.write_bytes(AUTHORITY.answer(request_for(made.rng.choice(Ledger(made.process).read().entries))))
    stamp(made.process, token=answer, authority=pem)


def _sign_exports(made: Folder) -> None:
    """The exports as they are now; whoever exports again signs again."""
    key = made.process.parent / "signer.pem"
    if not key.is_file():
        private = ec.generate_private_key(ec.SECP256R1())
        key.write_bytes(
            private.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
        )
    if not (made.process / "exports").is_dir():
        raise SpeechfairError("nothing is exported")
    copy = made.process.parent / f"exported{made.done['signed exports']}"
    shutil.copytree(made.process / "exports", copy)
    sign_folder_in(made.process, copy, key=key)


def _signed_statement(made: Folder) -> None:
    if not made.keys:
        raise SpeechfairError("nobody has a key")
    export(made.process, "in-toto", key=next(iter(made.keys.values())))


STEPS: dict[str, Callable[[Folder], object]] = {
    "form": _fill,
    "form again": _fill,
    "criteria": _criteria,
    "collect": lambda made: collect(made.process),
    "gate": lambda made: gate(made.process, made.rng.choice(catalogue.GATES)),
    "attest": _attest,
    "waive": _waive,
    "release": _release,
    "key": _pin,
    "run": _run,
    "failed run": _failed_run,
    "killed writer": _killed,
    "import": _import,
    "export": lambda made: export(made.process, made.rng.choice(formats())),
    "stamp": _stamp,
    "signed exports": _sign_exports,
    "signed statement": _signed_statement,
    "assign": lambda made: assign(
        made.process, made.rng.choice(["AF-0.2", "AF-2.2"]), owner="eve", due=project.days(9)
    ),
}


def verified(made: Folder) -> Verified:
    """What `verify` finds, everything computed again."""
    return verify_process(made.process)


if __name__ == "__main__":
    totals: Counter[str] = Counter()
    found, seeds = 0, range(*map(int, sys.argv[1:]))
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            one = build(Path(folder), seed)
            totals += one.done
            for line in verified(one).problem_texts:
                found += 1
                print(f"seed {seed}: {line.en}")
    print(f"{len(seeds)} folders, {found} findings")
    for name, count in sorted(totals.items()):
        print(f"  {name}: {count}")
