"""What `verify` checks of the files in a process folder: frozen, collected, exported and imported ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from speechfair.process.catalogue import Text
from speechfair.process.finding import AS_EXPORTED, say
from speechfair.process.ledger import Reading
from speechfair.store import file_digest
from speechfair.strict_json import parse_json

__all__ = ["Findings", "evidence_files", "exchanged_files", "frozen_files", "linked_files"]


@dataclass
class Findings:
    """What the steps of one verification have found so far."""

    checked: list[Text]
    problems: list[Text]
    notes: list[Text]


def linked_files(folder: Path, found: Findings) -> None:
    """No file of the process is a link: what it leads to could be exchanged, and a copy of the folder lacks it."""
    homes = [folder / name for name in ("evidence", "exports", "imported", "stamps", "signatures")]
    files = [path for home in (folder, *homes) for path in sorted(home.glob("*")) if path.is_file()]
    for path in (*homes, *files):
        if path.is_symlink():
            name = path.relative_to(folder)
            found.problems.append(
                say(
                    f"{name}: is a link to another place; put the file itself here",
                    f"{name}:別の場所へのリンクである。ファイルそのものを置く",
                )
            )


def frozen_files(folder: Path, reading: Reading, found: Findings) -> None:
    """The plan and the criteria are as they were frozen."""
    for kind, name in (("plan", "plan.yaml"), ("criteria", "criteria.yaml")):
        entry = reading.last(kind)
        path = folder / name
        if entry is None:
            if kind == "plan":
                found.problems.append(
                    say("plan.yaml: was never frozen in the ledger", "plan.yaml:台帳に凍結の記録がない")
                )
            elif path.exists():
                found.problems.append(
                    say(
                        "criteria.yaml: is not in the ledger; freeze it with `speechfair process freeze`",
                        "criteria.yaml:台帳にない。`speechfair process freeze` で凍結する",
                    )
                )
        elif not path.is_file():
            found.problems.append(
                say(
                    f"{name}: is missing (entry {entry.number} froze it)",
                    f"{name}:見つからない(記録 {entry.number} で凍結)",
                )
            )
        elif file_digest(path) != entry.body["sha256"]:
            found.problems.append(
                say(
                    f"{name}: was changed after it was frozen (entry {entry.number}, {entry.time})",
                    f"{name}:凍結(記録 {entry.number}、{entry.time})後に変わっている",
                )
            )
        else:
            found.checked.append(
                say(f"{name}: as frozen on {entry.time}", f"{name}:{entry.time} の凍結時のまま")
            )


def evidence_files(folder: Path, reading: Reading, found: Findings) -> None:
    """The evidence, and the files that it rests on, are as they were collected."""
    collected = reading.last("collect")
    recorded = dict(collected.body["evidence"]) if collected else {}
    here = {path.name: path for path in sorted((folder / "evidence").glob("[!.]*"))}
    files: dict[str, str] = {}
    if collected:
        files["runs.yaml"] = collected.body["runs"]
    for item, digest in recorded.items():
        path = here.pop(f"{item}.json", None)
        if path is None:
            found.problems.append(
                say(f"evidence/{item}.json: is missing", f"evidence/{item}.json:見つからない")
            )
        elif file_digest(path) != digest:
            found.problems.append(
                say(f"evidence/{item}.json: was changed", f"evidence/{item}.json:変わっている")
            )
        else:
            for source in parse_json(path.read_text(encoding="utf-8"))["sources"]:
                if source["sha256"] != AS_EXPORTED:  # those are compared with their own entries
                    files[source["path"]] = source["sha256"]
    found.problems.extend(
        say(f"evidence/{name}: is not in the ledger", f"evidence/{name}:台帳にない") for name in here
    )
    for name, digest in sorted(files.items()):
        path = folder / name
        if not path.is_file():
            found.problems.append(
                say(f"{name}: is missing, and evidence rests on it", f"{name}:証拠のもとになるファイルがない")
            )
        elif file_digest(path) != digest:
            found.problems.append(
                say(f"{name}: was changed since it was collected", f"{name}:収集後に変わっている")
            )
    found.checked.append(
        say(
            f"evidence of {len(recorded)} items and the {len(files)} files that it rests on",
            f"{len(recorded)} 項目の証拠と、もとになる {len(files)} ファイル",
        )
    )


def exchanged_files(folder: Path, reading: Reading, found: Findings) -> None:
    """Exports and imports are as they were written."""
    latest = {entry.body["file"]: entry for entry in reading.of_kind("export", "import")}
    for name, entry in sorted(latest.items()):
        path = folder / name
        if not path.is_file():
            found.problems.append(
                say(
                    f"{name}: is missing (entry {entry.number} wrote it)",
                    f"{name}:見つからない(記録 {entry.number} で書き出し)",
                )
            )
        elif file_digest(path) != entry.body["sha256"]:
            found.problems.append(
                say(f"{name}: was changed after it was written", f"{name}:書き出し後に変わっている")
            )
    here = (
        path.relative_to(folder) for path in sorted((folder / "exports").rglob("[!.]*")) if path.is_file()
    )
    found.notes.extend(
        say(
            f"{path.as_posix()}: is in no entry of the ledger, so nothing was checked of it",
            f"{path.as_posix()}:台帳に記録がなく、内容を調べていない",
        )
        for path in here
        if path.as_posix() not in latest
    )
    found.checked.append(say(f"{len(latest)} exports and imports", f"書き出し・取り込み {len(latest)} 件"))
