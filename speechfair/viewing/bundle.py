"""The viewer as static files, for a file share or any web server: the same screens, the same figures.

Data comes as scripts in pieces, because a page that is opened from a file may fetch nothing. Nothing is loaded from
elsewhere, and audio is copied only where the corpus card allows it or somebody said who does.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.errors import InputError, RunFolderError
from speechfair.metrics.token_edits import token_list
from speechfair.running.run_record import scores_name
from speechfair.running.transcription import read_hypotheses
from speechfair.store import MANIFEST, write_atomically
from speechfair.viewing.aligned_words import edit_codes
from speechfair.viewing.changes import change_screen
from speechfair.viewing.listening import clip, listening
from speechfair.viewing.opened_run import OpenedRun, RunShelf
from speechfair.viewing.page_files import BUNDLE_POLICY, STATIC
from speechfair.viewing.screens import group_screen, level_screen, levels_of_all, run_screen, runs_screen
from speechfair.viewing.sentences import messages_script, with_translations
from speechfair.viewing.sound_pictures import pictures
from speechfair.viewing.utterance_query import UtteranceQuery, matching_rows
from speechfair.viewing.utterance_table import details

if TYPE_CHECKING:
    import polars as pl

__all__ = ["PIECE", "write_bundle"]

PIECE = 5_000
"""Utterances in one file."""
_KEPT = (
    "id",
    "reference",
    "hypothesis",
    "substitutions",
    "deletions",
    "insertions",
    "reference_length",
    "failed",
    "runaway",
    "redone",
    "excluded",
    "duration_s",
    "confidence",
)
_FEW = ("speaker", "language", "tokens")


def write_bundle(
    shelf: RunShelf, folder: str | Path, *, audio: int = 0, permission: str | None = None
) -> Path:
    """Write the files and return the path of the page, ``index.html``.

    Parameters
    ----------
    folder : is made; it must not exist yet or be empty.
    audio : how many utterances with the most errors of each run bring their audio.
    permission : who allowed to copy the audio, in words, where the card does not; the page says so.

    Raises
    ------
    RunFolderError
        A run cannot be shown, or its audio is not what was transcribed.
    InputError
        The folder holds something, or the audio may not be copied.
    """
    place = Path(folder)
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise InputError(f"{place} exists already and is not empty; choose another folder, or remove it")
    if permission is not None and not permission.strip():
        raise InputError("a permission is said in words: who gave it, and for what")
    runs = _all_of(shelf)
    if audio:
        for run in runs:
            may = listening(run, "redistribution", permission)
            if not may.allowed:
                raise InputError(
                    f"the audio of {run.key} may not be copied: {may.reason}. If the holder allows it, or the "
                    "recordings are your own, say so: --permission 'WHO ALLOWED WHAT, WHEN'"
                )
    writer = _Writer(place)
    writer.add(["runs"], runs_screen(shelf))
    for run in runs:
        _write_run(writer, run)
    for other in runs[1:]:
        writer.add(["change", runs[0].key, other.key], _change(runs[0], other))
    sounds = {run.key: _write_audio(writer, run, audio) for run in runs} if audio else {}
    about = {
        "files": writer.files,
        "models": {run.key: _about(run) for run in runs},
        "audio": sounds,
        "piece": PIECE,
    }
    return writer.finish({**about, "permission": permission if audio else None})


def _all_of(shelf: RunShelf) -> list[OpenedRun]:
    found = []
    for run in shelf.runs():
        if not isinstance(run, OpenedRun):
            raise RunFolderError(f"{run[0]} cannot be shown: {run[1]}")
        found.append(run)
    return found


def _about(run: OpenedRun) -> dict[str, Any]:
    result = run.result
    return {
        "model": result.model,
        "normalizer": result.normalizer.name,
        "unit": result.tokens,
        "manifest": result.corpus_record.manifest_sha256,
    }


def _change(before: OpenedRun, after: OpenedRun) -> dict[str, Any]:
    """The comparison, or the reason why there is none; the page shows that."""
    try:
        return change_screen(before, after)
    except InputError as error:
        return {"error": str(error)}


class _Writer:
    """Writes data as scripts with plain names, and the page at the end."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.files: dict[str, Any] = {}
        self._n = 0

    def add(self, what: Sequence[str], data: dict[str, Any]) -> None:
        """One piece of data, by its kind and names."""
        self.files[_name(what)] = self._script(with_translations(data))

    def add_pieces(self, what: Sequence[str], pieces: Iterator[dict[str, Any]]) -> None:
        """Several pieces of one kind."""
        self.files[_name(what)] = [self._script(with_translations(piece)) for piece in pieces]

    def write(self, name: str, data: bytes) -> None:
        """Any other file."""
        write_atomically(self.place / name, data)

    def _script(self, data: Any) -> str:
        name = f"d{self._n:05d}"
        self._n += 1
        self.write(f"data/{name}.js", f"speechfairData({_json(name)}, {_json(data)});\n".encode())
        return name

    def finish(self, about: dict[str, Any]) -> Path:
        """The page, its style and its scripts."""
        for path in sorted(STATIC.iterdir()):
            if path.suffix in (".js", ".css"):
                (self.place / "static").mkdir(exist_ok=True)
                shutil.copyfile(path, self.place / "static" / path.name)
        self.write("messages.js", messages_script().encode())
        self.write("bundle.js", f"window.speechfairBundle = {_json(about)};\n".encode())
        page = (STATIC / "index.html").read_text(encoding="utf-8")
        policy = (
            f'<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{BUNDLE_POLICY}">'
        )
        page = page.replace('<meta charset="utf-8">', policy)
        page = page.replace(
            '<script src="messages.js">', '<script src="bundle.js"></script>\n<script src="messages.js">'
        )
        self.write("index.html", page.encode())
        return self.place / "index.html"


def _name(what: Sequence[str]) -> str:
    """As the browser's ``JSON.stringify`` writes it."""
    return _json(list(what))


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _write_run(writer: _Writer, run: OpenedRun) -> None:
    writer.add(["run", run.key], run_screen(run))
    may = listening(run, "evaluation")
    every = levels_of_all(run) if may.allowed else None
    for group in run.result.groups:
        name = run.key, group.axis, group.value
        writer.add(["group", *name], group_screen(run, group.axis, group.value))
        silent = {"histogram": None, "reason": f"the audio is not played: {may.reason}"}
        writer.add(["levels", *name], level_screen(run, *name[1:], every) if may.allowed else silent)
    pieces = (run.table.slice(start, PIECE) for start in range(0, max(1, run.table.height), PIECE))
    writer.add_pieces(["utterances", run.key], (_piece(run, table) for table in pieces))
    writer.add_pieces(["details", run.key], _details(run))


def _details(run: OpenedRun) -> Iterator[dict[str, Any]]:
    """What only the screen of one utterance shows, in pieces of the same rows."""
    import polars as pl

    model, _ = run.record.recipe.settled()
    said = read_hypotheses(run.folder, model.key).select("utterance_id", "rejected", verbatim="text")
    manifest = pl.scan_parquet(run.folder.within(MANIFEST), glob=False)
    scores = pl.scan_parquet(run.folder.within(scores_name(run.record.recipe)), glob=False)
    for start in range(0, max(1, run.table.height), PIECE):
        rest = (
            run.table.slice(start, PIECE)
            .select("id")
            .join(said, left_on="id", right_on="utterance_id", how="left", maintain_order="left")
        )
        disk = manifest.slice(start, PIECE).select("text", "labels").collect()
        why = scores.slice(start, PIECE).select("error", reason="excluded").collect()
        columns = {
            column.name: column.to_list() for frame in (rest.drop("id"), disk, why) for column in frame
        }
        yield {"columns": {**columns, "labels": _packed(columns["labels"])}}


def _piece(run: OpenedRun, table: pl.DataFrame) -> dict[str, Any]:
    """Columns by name. Rates are not among them: the page divides the same two numbers."""
    columns: dict[str, Any] = {name: table[name].to_list() for name in _KEPT}
    for name in _FEW:
        if name in table.columns:
            columns[name] = _packed(table[name].cast(str).to_list())
    columns.update(_edits(table, run.result.tokens))
    groups = {
        name.removeprefix("group:"): _packed(table[name].cast(str).to_list())
        for name in table.columns
        if name.startswith("group:")
    }
    return {"columns": columns, "groups": groups}


def _edits(table: pl.DataFrame, unit: str) -> dict[str, list[str | None]]:
    """Edit codes, and the tokens joined by spaces where they are not the text as it stands."""
    units = table["tokens"].cast(str).to_list() if "tokens" in table.columns else [unit] * table.height
    found: dict[str, list[str | None]] = {"codes": [], "reference_tokens": [], "hypothesis_tokens": []}
    for one, reference, hypothesis in zip(units, table["reference"], table["hypothesis"], strict=True):
        ours, theirs = token_list(reference or "", one), token_list(hypothesis or "", one)
        found["codes"].append(edit_codes(ours, theirs))
        for name, text, tokens in (("reference", reference, ours), ("hypothesis", hypothesis, theirs)):
            joined = " ".join(tokens)
            found[f"{name}_tokens"].append(None if joined == (text or "") else joined)
    return found


def _packed(values: list[Any]) -> dict[str, Any]:
    """A column of few different values: each once, and where it stands."""
    places: dict[str, int] = {}
    distinct: list[Any] = []
    at: list[int | None] = []
    for value in values:
        if value is None:
            at.append(None)
            continue
        key = _json(value)
        if key not in places:
            places[key] = len(distinct)
            distinct.append(value)
        at.append(places[key])
    return {"values": distinct, "at": at}


def _write_audio(writer: _Writer, run: OpenedRun, most: int) -> dict[int, dict[str, Any]]:
    """The audio of the utterances with the most errors; one that cannot be read stops the writing."""
    found = {}
    query = UtteranceQuery(kind="errors")
    for row in matching_rows(run.table, query).head(most):
        manifest = details(run.folder, run.record, row, None)["manifest"]
        name = f"audio/{run.key}-{row}.flac"
        writer.write(name, clip(run, manifest, "FLAC"))
        found[row] = {"file": name, **pictures(run, manifest)}
    return found
