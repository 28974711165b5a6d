"""Audit transcripts that are in memory: `evaluate` gives the `AuditResult`, `word_errors` the counts alone.

Both take lists, numpy arrays, pandas and polars columns. The work is that of an import: the same checks, the same run
folder, the same numbers.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.auditing.run import score
from speechfair.errors import InputError
from speechfair.types import ErrorCounts

if TYPE_CHECKING:
    import polars as pl

    from speechfair.auditing.result import AuditResult
    from speechfair.running.scoring import EmptyReferences, Tokens

__all__ = ["evaluate", "word_errors"]


def evaluate(
    references: Iterable[str | None],
    hypotheses: Iterable[str | None],
    groups: Mapping[str, Iterable[Any]] | None = None,
    *,
    speakers: Iterable[Any] | None = None,
    language: str | Iterable[str] = "eng",
    ids: Iterable[Any] | None = None,
    group_by: Sequence[str] | None = None,
    reference: Mapping[str, str] | None = None,
    normalizer: str | None = None,
    tokens: Tokens | None = None,
    level: float = 0.95,
    seed: int = 0,
    adjust: Sequence[str] = (),
    empty_references: EmptyReferences = "exclude",
    confidence: Iterable[float | None] | None = None,
    model: str = "hypotheses",
    out: str | Path | None = None,
) -> AuditResult:
    """Compare the error rates of groups, from references and hypotheses.

    Parameters
    ----------
    references : what was said, one text per utterance; None is excluded, "" is an utterance without words.
    hypotheses : what was recognised, in the same order; None is a failure and counts as all words deleted.
    groups : labels by axis, such as ``{"accent": [...]}``; None, NaN and blanks are the group ``unknown``.
    speakers : the unit of sampling. Without it no rate has an interval.
    language : ISO 639-3 code or tag of all utterances, or one each.
    ids : unique; None numbers the rows.
    group_by : axes and crossings such as ``accent+gender``; None is every axis of `groups`.
    reference, normalizer, tokens, level, seed, adjust, empty_references : as in `audit`.
    confidence : of the recogniser, in [0, 1].
    model : name of the recogniser.
    out : run folder to keep; None keeps nothing.

    Raises
    ------
    InputError, CorpusError
        The sequences differ in length, or a value is not usable; the message names the row.

    Examples
    --------
    >>> said, heard = ["the cat sat", "we went"], ["the cat sat", "we want"]
    >>> result = evaluate(said, heard, {"accent": ["one", "two"]}, speakers=["p", "q"])
    >>> result.overall.rate.value
    0.2
    """
    from speechfair.importing.columns import Asked, resolve
    from speechfair.importing.run_folders import write_run_folder
    from speechfair.importing.transcripts import Transcripts, manifest_of, system_of

    table = _table(references, hypotheses, groups or {}, speakers, language, ids, confidence)
    axes = tuple(group_by) if group_by is not None else tuple(groups or ())
    labels = {axis: f"label {axis}" for axis in groups or ()}
    for axis in axes:
        for part in axis.split("+"):
            if part not in labels:
                raise InputError(
                    f"group_by names {part!r}, which is not among groups ({', '.join(labels) or 'none'})"
                )
    columns = resolve(table, Asked(labels=labels), ["hypothesis", "confidence"])
    manifest, said = manifest_of(table, columns, language if isinstance(language, str) else None)
    system = system_of(
        model, manifest, table, "hypothesis", "confidence" if confidence is not None else None, same=True
    )
    transcripts = Transcripts(manifest, (system,), {"file": "in memory"}, said)
    with tempfile.TemporaryDirectory(prefix="speechfair-") as folder:
        run = write_run_folder(transcripts, system, Path(folder) / "run" if out is None else Path(out))
        result = score(
            run,
            axes,
            reference=reference,
            normalizer=normalizer,
            tokens=tokens,
            level=level,
            seed=seed,
            adjust=adjust,
            empty_references=empty_references,
        )
        return result.in_folder(run if out is not None else None)


def word_errors(
    references: str | Iterable[str],
    hypotheses: str | Iterable[str],
    *,
    language: str = "eng",
    normalizer: str | None = None,
    tokens: Tokens | None = None,
) -> ErrorCounts:
    """Errors of all pairs together, after normalising: the counts alone, no groups and no interval.

    Parameters
    ----------
    references, hypotheses : texts, the same number of each; one text each is one pair. "" is allowed on both
        sides: words
        on an empty reference are insertions.
    language : chooses the normaliser and the unit where they are not given.
    normalizer : a name such as ``verbatim``; None is the language's own.
    tokens : ``words`` or ``characters``; None is the language's own.

    Examples
    --------
    >>> word_errors("The cat sat.", "the cat sat down")
    ErrorCounts(substitutions=0, deletions=0, insertions=1, reference_length=3)
    """
    import polars as pl

    from speechfair.corpora.languages import iso_639_3
    from speechfair.metrics import count_errors
    from speechfair.text import WITHOUT_SPACES, default_normalizer, load_normalizer

    pairs = [
        [texts] if isinstance(texts, str) else _listed(name, texts)
        for name, texts in (("references", references), ("hypotheses", hypotheses))
    ]
    for name, texts in zip(("references", "hypotheses"), pairs, strict=True):
        for row, text in enumerate(texts):
            if not isinstance(text, str):
                raise InputError(
                    f"{name}, row {row}: {text!r} is not a text; give '' where the recogniser gave nothing"
                )
    chosen = load_normalizer(normalizer or default_normalizer(iso_639_3(language)))
    unit: Tokens = tokens or ("characters" if chosen.name in WITHOUT_SPACES else "words")
    counts = count_errors(*([chosen(text) for text in texts] for texts in pairs), tokens=unit)
    return ErrorCounts(*(int(total) for total in counts.select(pl.all().sum()).row(0)))


def _table(
    references: Iterable[Any],
    hypotheses: Iterable[Any],
    groups: Mapping[str, Iterable[Any]],
    speakers: Iterable[Any] | None,
    language: str | Iterable[str],
    ids: Iterable[Any] | None,
    confidence: Iterable[Any] | None,
) -> Any:
    import polars as pl

    from speechfair.importing.imported import PLACE, ImportedTable, Role

    given: dict[str, tuple[str, Iterable[Any] | None]] = {
        "text": ("references", references),
        "hypothesis": ("hypotheses", hypotheses),
        "speaker": ("speakers", speakers),
        "language": ("language", None if isinstance(language, str) else language),
        "id": ("ids", ids),
        "confidence": ("confidence", confidence),
        **{f"label {axis}": (f"groups[{axis!r}]", values) for axis, values in groups.items()},
    }
    columns: dict[str, pl.Series] = {}
    for column, (name, values) in given.items():
        if values is not None:
            columns[column] = _series(name, _listed(name, values))
    height = len(columns["text"])
    for column, values in columns.items():
        if len(values) != height:
            raise InputError(
                f"{given[column][0]}: {len(values)} values for {height} references; give one for each"
            )
    if not height:
        raise InputError("references: there is not one; nothing can be evaluated")
    frame = (
        pl.DataFrame(columns)
        .with_row_index("__row")
        .select(pl.all().exclude("__row"), pl.format("row {}", pl.col("__row")).alias(PLACE))
    )
    known: tuple[Role, ...] = ("text", "speaker", "language", "id")
    return ImportedTable(frame, {role: role for role in known if role in columns}, "the arguments")


def _listed(name: str, values: Iterable[Any]) -> list[Any]:
    if isinstance(values, str):
        raise InputError(f"{name} is one text; give a sequence with one for each utterance")
    to_list = getattr(values, "to_list", None) or getattr(values, "tolist", None)
    found = list(to_list() if to_list is not None else values)
    return [None if _is_na(cell) else cell for cell in found]


def _is_na(cell: Any) -> bool:
    """Whether pandas or numpy say that nothing is there: None, NaN, NA or NaT."""
    return (
        cell is None
        or type(cell).__name__ in ("NAType", "NaTType")
        or (isinstance(cell, float) and cell != cell)
    )


def _series(name: str, cells: list[Any]) -> pl.Series:
    import polars as pl

    kinds = set(map(type, cells)) - {type(None)}
    if kinds <= {str}:
        return pl.Series(cells, dtype=pl.String)
    if name in ("references", "hypotheses"):
        row = next(row for row, cell in enumerate(cells) if cell is not None and not isinstance(cell, str))
        raise InputError(f"{name}, row {row}: {cells[row]!r} is not a text; give None where there is none")
    if kinds <= {int, float}:
        return pl.Series(cells, dtype=pl.Float64, strict=False)
    return pl.Series([None if cell is None else str(cell) for cell in cells], dtype=pl.String)
