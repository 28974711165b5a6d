"""Small run folders to edit, other runs to copy from, and the verbs that read a run, with what each gives and leaves.

Nothing is recognised: hypotheses are scripted or imported.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import BaseModel

from speechfair import (
    compare,
    confidence,
    detectable,
    discover,
    figures,
    import_transcripts,
    leaderboard,
    prepare,
    sequence,
    table,
    verify,
    view,
)
from speechfair.auditing.run import audit, merge, score, transcribe
from speechfair.gating.fitting import criteria_fit
from speechfair.gating.freezing import freeze
from speechfair.gating.judge import gate
from speechfair.reporting.from_run import report
from speechfair.store import LOG, differences
from speechfair.strict_yaml import parse_yaml
from speechfair.testing import Scripted
from speechfair.types import Audio, Hypothesis, Utterance
from tests.support import ListCorpus, scripted_texts, small_corpus

__all__ = ["Outcome", "Subject", "make_subjects", "outcome_of", "steady_content", "write_table"]

Verb = Callable[[Path], Any]
AXES = ("accent",)
MORE_WRONG = {"x": 1, "y": 3}
IMPORT: dict[str, Any] = {
    "text": "text", "id": "id", "speaker": "speaker", "language": "eng", "normalizer": "basic",
    "confidence": {"run": "sure"},
}  # fmt: skip
CRITERIA = """schema: speechfair/criteria/1
normalizer: basic
tokens: words
criteria:
  - {id: worst, metric: rate, axis: accent, groups: [x, y], limit: 0.9, min_speakers: 5}
  - {id: failed, metric: failure_rate, axis: accent, groups: [x, y], limit: 0.9, min_speakers: 5}
"""
CHANGING = (
    "times",
    "seconds",
    "speechfair",
    "environment",
    "log",
    "digests",
    "time",
    "evaluated",
    "prepared",
)
"""Keys whose values are another every time, or follow from others."""


@dataclass(frozen=True)
class Outcome:
    """What a verb gave, and what is in the folder afterwards.

    Parameters
    ----------
    error : whether the verb itself reports that the folder is not as it was written.
    passed : whether it is a gate that passes.
    given : the result as plain values, without times.
    left : content of the folder by file, without times; None where `verify` finds that it is not as it was written.
    """

    error: bool
    passed: bool
    given: Any
    left: Mapping[str, Any] | None

    def same_as(self, other: Outcome) -> bool:
        """Whether the verb gave the same, and left the same or a folder whose change is still found."""
        return self.given == other.given and self.left in (None, other.left)

    def difference(self, other: Outcome) -> str:
        """The first differences, for a person."""
        return "; ".join(differences([other.given, other.left], [self.given, self.left])[:3])[:400]


@dataclass
class Subject:
    """A run folder to edit.

    Parameters
    ----------
    others : run folders that files are copied from.
    verbs : by name, what to do with a folder.
    """

    name: str
    folder: Path
    others: tuple[Path, ...]
    verbs: Mapping[str, Callable[[Path], Any]]
    _clean: dict[str, Outcome] = field(default_factory=dict)

    def clean(self, verb: str) -> Outcome:
        """The outcome of a verb on the folder as it is; made when it is first asked for."""
        if verb not in self._clean:
            with tempfile.TemporaryDirectory(prefix="speechfair-clean-") as scratch:
                copy = Path(scratch) / self.folder.name
                shutil.copytree(self.folder, copy)
                self._clean[verb] = outcome_of(self, verb, copy)
        return self._clean[verb]

    def like(self, name: str) -> list[Path]:
        """Files of other runs that could stand in the place of `name`."""
        folder = Path(name).parts[0] if "/" in name else ""
        pattern = f"{folder}/**/*{Path(name).suffix}" if folder else name
        return sorted(path for other in self.others for path in other.glob(pattern) if path.is_file())


def make_subjects(folder: Path) -> list[Subject]:
    """An audit with frozen criteria, its first half, one of its shards, an import, and a folder without a log."""
    corpus = small_corpus(folder / "wav", speakers=20, per_speaker=2)  # as few as `discover` takes
    criteria = folder / "criteria.yaml"
    criteria.write_text(CRITERIA)
    made, other, half, old, prepared = (
        folder / name for name in ("audited", "other", "half", "old", "prepared")
    )
    for place, wrong in ((made, MORE_WRONG), (other, {"x": 2, "y": 2})):
        prepare(corpus, place)
        freeze(criteria, place)
        if place == made:
            shutil.copytree(made, half)
            shutil.copytree(made, prepared)
        transcribe(place, _model(corpus, wrong))
        score(place, AXES, normalizer="basic")
    with suppress(KeyboardInterrupt):
        transcribe(half, _model(corpus, MORE_WRONG, _Killed))
    _without_log(made, old)
    first, second = (
        transcribe(
            prepared, _model(corpus, MORE_WRONG), shard=shard, shard_out=folder / f"shard-{shard[0]}"
        ).path
        for shard in ("1/2", "2/2")
    )
    sheet, imported, another = (
        folder / "sheet.csv",
        folder / "imported" / "run",
        folder / "imported" / "another",
    )
    write_table(sheet, corpus)
    import_transcripts(sheet, {"run": "mine", "another": "other"}, AXES, out=folder / "imported", **IMPORT)
    writing: dict[str, Verb] = {
        "discover": lambda run: discover(run, audio=False),
        "audit": lambda run: audit(corpus, _model(corpus, MORE_WRONG), AXES, out=run, normalizer="basic"),
        "transcribe": lambda run: transcribe(run, _model(corpus, MORE_WRONG)),
        "score": lambda run: score(run, AXES, normalizer="basic"),
    }
    importing: dict[str, Verb] = {
        "import --replace": lambda run: import_transcripts(
            sheet, {"run": "mine"}, AXES, out=run.parent, replace=True, **IMPORT
        ),
        "score": lambda run: score(run, AXES),
    }
    return [
        Subject("audited", made, (other, imported), {**_reading(criteria, other), **writing}),
        Subject(
            "half done", half, (other, imported), {name: writing[name] for name in ("audit", "transcribe")}
        ),
        Subject("a shard", first, (second, made), {"merge": lambda run: _merged(prepared, run, second)}),
        Subject(
            "to be merged", prepared, (other, imported), {"merge": lambda run: merge(run, [first, second])}
        ),
        Subject("imported", imported, (another, made), {**_reading(criteria, another), **importing}),
        Subject("without a log", old, (other, imported), {**_reading(criteria, other), **writing}),
    ]


def outcome_of(subject: Subject, verb: str, folder: Path) -> Outcome:
    """Give `folder` to a verb. Errors pass through."""
    result = subject.verbs[verb](folder)
    verdict = getattr(result, "verdict", None) if verb == "gate" else None
    if verdict == "error":
        return Outcome(True, False, None, None)
    left = {
        path.relative_to(folder).as_posix(): steady_content(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".") and path.name not in (LOG, "report.html")
    } if verify(folder).ok else None  # fmt: skip
    return Outcome(False, verdict == "pass", _steady(_plain(result, str(folder))), left)


def _reading(criteria: Path, base: Path) -> dict[str, Verb]:
    return {
        "report": report,
        "gate": _gated(criteria),
        "criteria check": lambda run: criteria_fit(criteria, run),
        "compare": lambda run: compare(base, run),
        "leaderboard": lambda run: leaderboard([base, run]),
        "sequence": lambda run: sequence([base, run]),
        "table": table,
        "figures": lambda run: _written(lambda place: figures(run, place)),
        "view --bundle": lambda run: _written(lambda place: view(run, bundle=place)),
        "confidence": confidence,
        "plan": detectable,
    }


def _gated(criteria: Path) -> Verb:
    return lambda run: gate(run, criteria)


def _merged(prepared: Path, shard: Path, other: Path) -> Mapping[str, Any]:
    """What an edited shard and another one give in a folder that is as it was prepared."""

    def made(place: Path) -> None:
        shutil.copytree(prepared, place)
        merge(place, [shard, other])

    return {name: content for name, content in _written(made).items() if not name.startswith("run.")}


def _written(write: Callable[[Path], object]) -> Mapping[str, Any]:
    """The files that a verb writes elsewhere, by name."""
    with tempfile.TemporaryDirectory(prefix="speechfair-written-") as scratch:
        place = Path(scratch) / "written"
        write(place)
        paths = sorted(path for path in place.rglob("*") if path.is_file())
        return {path.relative_to(place).as_posix(): _comparable(path, str(place)) for path in paths}


def _comparable(path: Path, folder: str) -> Any:
    """What a written file holds, as plain values."""
    content = steady_content(path)
    return _plain(content.decode(errors="replace") if isinstance(content, bytes) else content, folder)


class _Killed(Scripted):
    """Killed at the second batch."""

    def transcribe(self, batch: Sequence[Audio]) -> list[Hypothesis]:
        if self.calls:
            raise KeyboardInterrupt
        return super().transcribe(batch)


def _model(corpus: ListCorpus, wrong: Mapping[str, int], kind: type[Scripted] = Scripted) -> Scripted:
    texts = scripted_texts(corpus, wrong)
    return kind(texts, confidences={name: 0.5 + (i % 9) / 20 for i, name in enumerate(texts)})


def write_table(path: Path, corpus: ListCorpus) -> None:
    mine, other = scripted_texts(corpus, MORE_WRONG), scripted_texts(corpus, {"x": 2, "y": 2})
    lines = ["id,speaker,accent,text,mine,other,sure"]
    for number, row in enumerate(corpus.rows):
        assert isinstance(row, Utterance)
        labels = {label.axis: label.value for label in row.labels}
        sure = f"{0.5 + (number % 9) / 20:.2f}"
        cells = (row.id, row.speaker, labels["accent"], row.text, mine[row.id], other[row.id], sure)
        lines.append(",".join(map(str, cells)))
    path.write_text("\n".join(lines) + "\n")


def _without_log(source: Path, place: Path) -> None:
    """A copy as an earlier version would have left it."""
    shutil.copytree(source, place)
    (place / LOG).unlink()
    text = (place / "run.yaml").read_text().replace("schema: speechfair/run/2", "schema: speechfair/run/1")
    (place / "run.yaml").write_text(re.sub(r"^log:\n(  .*\n)*", "", text, flags=re.M))


def steady_content(path: Path) -> Any:
    """A file without what differs from one run to the next."""
    if path.name == "run.yaml":
        return _steady(parse_yaml(path)[0])
    if path.suffix == ".json":
        return _steady(json.loads(path.read_bytes()))
    if path.suffix == ".parquet":
        return _steady(pl.read_parquet(io.BytesIO(path.read_bytes())).to_dict(as_series=False))
    return path.read_bytes()


def _plain(result: Any, folder: str) -> Any:
    """A result as plain values, in which the folder's place is the same everywhere."""
    if isinstance(result, BaseModel):
        return _plain(result.model_dump(mode="json"), folder)
    if is_dataclass(result) and not isinstance(result, type):
        return {each.name: _plain(getattr(result, each.name), folder) for each in fields(result)}
    if isinstance(result, Mapping):
        return {str(key): _plain(value, folder) for key, value in result.items()}
    if isinstance(result, (list, tuple)):
        return [_plain(each, folder) for each in result]
    if isinstance(result, (str, Path)):
        return str(result).replace(folder, "RUN")
    return result if isinstance(result, (int, float, type(None))) else type(result).__name__


def _steady(value: Any) -> Any:
    """`value` without what is another every time; a time of this run by its kind alone."""
    if isinstance(value, Mapping):
        return {key: _steady(each) for key, each in value.items() if key not in CHANGING}
    if isinstance(value, list):
        return [_steady(each) for each in value]
    return value
