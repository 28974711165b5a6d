"""Audit transcripts that are in memory: `evaluate` gives the `AuditResult`, `word_errors` the counts alone.

`evaluate_counts` starts from counts that were made elsewhere. All take lists, numpy arrays, pandas and polars columns.
The work is that of an import: the same checks, the same run folder, the same numbers.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.auditing.run import score
from speechfair.errors import InputError
from speechfair.metrics.error_counts import KINDS
from speechfair.types import ErrorCounts

if TYPE_CHECKING:
    import polars as pl

    from speechfair.auditing.result import AuditResult
    from speechfair.importing.imported import ImportedTable, Role
    from speechfair.importing.transcripts import Transcripts
    from speechfair.running.scoring import EmptyReferences, Tokens

__all__ = ["evaluate", "evaluate_counts", "word_errors"]


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
    from speechfair.importing.transcripts import Transcripts, manifest_of, system_of

    table = _table(
        {"text": ("references", references), "hypothesis": ("hypotheses", hypotheses)},
        groups or {},
        {
            "speaker": speakers,
            "language": None if isinstance(language, str) else language,
            "id": ids,
            "confidence": confidence,
        },
    )
    axes, labels = _axes(group_by, groups or {})
    columns = resolve(table, Asked(labels=labels), ["hypothesis", "confidence"])
    manifest, said = manifest_of(table, columns, language if isinstance(language, str) else None)
    system = system_of(
        model, manifest, table, "hypothesis", "confidence" if confidence is not None else None, same=True
    )
    return _audited(
        Transcripts(manifest, (system,), {"file": "in memory"}, said),
        out,
        axes,
        reference=reference,
        normalizer=normalizer,
        tokens=tokens,
        level=level,
        seed=seed,
        adjust=adjust,
        empty_references=empty_references,
    )


def evaluate_counts(
    errors: Iterable[int] | Mapping[str, Iterable[int]],
    words: Iterable[int],
    groups: Mapping[str, Iterable[Any]] | None = None,
    *,
    speakers: Iterable[Any] | None = None,
    language: str | Iterable[str] = "eng",
    ids: Iterable[Any] | None = None,
    group_by: Sequence[str] | None = None,
    reference: Mapping[str, str] | None = None,
    tokens: Tokens | None = None,
    level: float = 0.95,
    seed: int = 0,
    adjust: Sequence[str] = (),
    empty_references: EmptyReferences = "exclude",
    model: str = "counts",
    out: str | Path | None = None,
) -> AuditResult:
    """Compare the error rates of groups, from counts that were made elsewhere, as in published studies.

    Parameters
    ----------
    errors : a number for each row, or the numbers of ``substitutions``, ``deletions`` and ``insertions`` by name. From
        published rates, multiply by `words` and round.
    words : the number of reference words of each row. A row is an utterance, or all utterances of a speaker in a group.
    groups, speakers, language, ids, group_by : as in `evaluate`.
    reference, tokens, level, seed, adjust, empty_references : as in `audit`; `tokens` says what `words` counts.
    model : name of the recogniser.
    out : run folder to keep; None keeps nothing.

    Raises
    ------
    InputError, CorpusError
        The sequences differ in length, or a value is no count; the message names the row.

    Examples
    --------
    >>> result = evaluate_counts([1, 3], [10, 10], {"accent": ["one", "two"]}, speakers=["p", "q"])
    >>> result.overall.rate.value
    0.2
    """
    from speechfair.importing.columns import Asked
    from speechfair.importing.imported_counts import CountColumns
    from speechfair.importing.read_transcripts import transcripts_of_counts

    kinds = dict(errors) if isinstance(errors, Mapping) else {"errors": errors}
    if isinstance(errors, Mapping) and set(kinds) != set(KINDS):
        raise InputError(f"errors: give a sequence, or three by name: {', '.join(KINDS)}")
    table = _table(
        {"words": ("words", words), **{name: (name, kinds[name]) for name in kinds}},
        groups or {},
        {"speaker": speakers, "language": None if isinstance(language, str) else language, "id": ids},
    )
    axes, labels = _axes(group_by, groups or {})
    columns = CountColumns("words", KINDS if len(kinds) > 1 else ("errors",))
    given = language if isinstance(language, str) else None
    transcripts = transcripts_of_counts(table, {model: columns}, Asked(labels=labels), given)
    return _audited(
        transcripts,
        out,
        axes,
        reference=reference,
        tokens=tokens,
        level=level,
        seed=seed,
        adjust=adjust,
        empty_references=empty_references,
    )


def _axes(
    group_by: Sequence[str] | None, groups: Mapping[str, Iterable[Any]]
) -> tuple[tuple[str, ...], dict[str, str]]:
    """The axes to group by, and the columns of the labels that `_table` gives them."""
    labels = {axis: f"label {axis}" for axis in groups}
    axes = tuple(group_by) if group_by is not None else tuple(groups)
    for axis in axes:
        for part in axis.split("+"):
            if part not in labels:
                raise InputError(
                    f"group_by names {part!r}, which is not among groups ({', '.join(labels) or 'none'})"
                )
    return axes, labels


def _audited(
    transcripts: Transcripts, out: str | Path | None, axes: Sequence[str], **settings: Any
) -> AuditResult:
    """Score the only system of `transcripts`, in a folder that is kept if `out` names one."""
    from speechfair.importing.run_folders import write_run_folder

    with tempfile.TemporaryDirectory(prefix="speechfair-") as folder:
        path = Path(folder) / "run" if out is None else Path(out)
        run = write_run_folder(transcripts, transcripts.systems[0], path)
        return score(run, axes, **settings).in_folder(run if out is not None else None)


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
    counted: Mapping[str, tuple[str, Iterable[Any]]],
    groups: Mapping[str, Iterable[Any]],
    facts: Mapping[Role, Iterable[Any] | None],
) -> ImportedTable:
    """The arguments of a call as a table.

    Parameters
    ----------
    counted : what is compared or counted, by column: the argument's name and its values. The first one sets the height.
    facts : what is known of every row; None is no column.
    """
    import polars as pl

    from speechfair.importing.imported import PLACE, ImportedTable

    plural = {"speaker": "speakers", "id": "ids"}
    given: dict[str, tuple[str, Iterable[Any] | None]] = {
        **counted,
        **{role: (plural.get(role, role), v) for role, v in facts.items()},
        **{f"label {axis}": (f"groups[{axis!r}]", values) for axis, values in groups.items()},
    }
    columns: dict[str, pl.Series] = {}
    for column, (name, values) in given.items():
        if values is not None:
            columns[column] = _series(name, _listed(name, values))
    first = next(iter(counted.values()))[0]
    height = len(next(iter(columns.values())))
    for column, values in columns.items():
        if len(values) != height:
            raise InputError(
                f"{given[column][0]}: {len(values)} values for {height} {first}; give one for each"
            )
    if not height:
        raise InputError(f"{first}: there is not one; nothing can be evaluated")
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
