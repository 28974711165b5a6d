"""What the spelling of labels and speakers hides: one value written in several ways, words for a missing value, several
values in a cell, speaker numbers that begin anew, columns that nothing reads. Each is named with the rows it concerns
and, where a column map settles it, with the lines to paste.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Literal

from speechfair.text.unicode_folding import plain_name
from speechfair.types import UNKNOWN, Corpus

if TYPE_CHECKING:
    import polars as pl

__all__ = ["spelling_findings"]

Found = tuple[str, Literal["problem", "note"], str, tuple[str, ...]]

_EXAMPLES = 5
_PERHAPS_MISSING = frozenset(
    (
        "na",
        "-",
        "--",
        "?",
        ".",
        "not provided",
        "not available",
        "undefined",
        "prefer not to say",
        "no answer",
        "n.a.",
        "nil",
        "(null)",
        "missing",
        "not specified",
        "unspecified",
        "不明",
    )
)
_MANY_VALUES = 6
_SEPARATORS = ("|", ";", ",")


def spelling_findings(
    rows: pl.DataFrame, axes: Sequence[str], parts: Mapping[str, Corpus], speakers: Sequence[str]
) -> Iterator[Found]:
    """Kind, level, message and examples of each finding.

    Parameters
    ----------
    rows : as `speechfair.curating.corpus_check.flat` gives them.
    axes : columns ``label:AXIS``.
    speakers : names by the codes in the column ``speaker``.
    """
    for column in axes:
        axis = column.removeprefix("label:")
        counts = Counter({str(value): int(n) for value, n in rows[column].value_counts().iter_rows()})
        yield from _labels(axis, counts)
        yield from _speakers_in_groups(axis, rows, column, speakers)
    yield from _speakers_alike(rows, speakers)
    for corpus in parts.values():
        words: Mapping[tuple[str, str], int] = getattr(corpus, "missing_words", {})
        for (axis, word), n in words.items():
            yield "missing-words", "note", f"{axis}: {n} rows say {word!r}, which counts as missing", (word,)
        columns: Sequence[str] = getattr(corpus, "unread_columns", ())
        if columns:
            first = columns[0]
            yield (
                "unread-columns",
                "note",
                f"columns that nothing reads: {', '.join(columns)}; one that is a label is mapped with --columns, such "
                f"as labels: {{{first}: {{column: {first}}}}}",
                tuple(columns[:_EXAMPLES]),
            )


def _labels(axis: str, counts: Counter[str]) -> Iterator[Found]:
    """One axis takes one mapping, so that of each finding holds those of the findings before it."""
    same: dict[str, str] = {}
    groups = [sorted(alike, key=lambda value: -counts[value]) for alike in _alike(counts)]
    for most, *others in groups:
        same |= dict.fromkeys(others, most)
    for group in groups:
        written = ", ".join(f"{value!r} ({counts[value]} rows)" for value in group)
        yield (
            "labels-alike",
            "problem",
            f"{axis}: values that differ only in case, blanks, quotes or invisible characters: {written}; to join "
            f"them give --columns\n  {_mapping(axis, same)}",
            tuple(group[:_EXAMPLES]),
        )
    if pairs := _to_one(dict(_nearly_alike(counts))):
        written = ", ".join(
            f"{rare!r} ({counts[rare]} rows) as {usual!r} ({counts[usual]})" for rare, usual in pairs.items()
        )
        instead = _instead(same)
        same = {old: pairs.get(new, new) for old, new in same.items()} | pairs
        yield (
            "labels-nearly-alike",
            "note",
            f"{axis}: values that may be the same, written otherwise: {written}; to join those that are give "
            f"--columns{instead}\n  {_mapping(axis, same)}",
            tuple(pairs)[:_EXAMPLES],
        )
    perhaps = [value for value in counts if plain_name(value) in _PERHAPS_MISSING]
    if perhaps:
        n = sum(counts[value] for value in perhaps)
        instead = _instead(same)
        same = same | dict.fromkeys(perhaps, UNKNOWN)
        yield (
            "perhaps-missing",
            "note",
            f"{axis}: {n} rows have a value that may mean missing, and is kept as a group; if it does give "
            f"--columns{instead}\n  {_mapping(axis, same)}",
            tuple(perhaps[:_EXAMPLES]),
        )
    for separator in _SEPARATORS:
        several = [value for value in counts if separator in value and _all_known(value, separator, counts)]
        if several:
            n = sum(counts[value] for value in several)
            yield (
                "several-values",
                "note",
                f"{axis}: {n} rows name several values in one cell; to count them as 'several' give "
                f"--columns{_instead(same)}\n  {_mapping(axis, same, separator)}",
                tuple(several[:_EXAMPLES]),
            )


def _instead(before: Mapping[str, str]) -> str:
    return " in place of the mapping above" if before else ""


def _all_known(value: str, separator: str, counts: Counter[str]) -> bool:
    """Whether a value is made of values that other rows have alone; of a bar or semicolon one of them is enough."""
    known = [part.strip() in counts for part in value.split(separator)]
    return all(known) if separator == "," else any(known)


def _mapping(axis: str, values: Mapping[str, str], separator: str | None = None) -> str:
    pairs = ", ".join(f"{_yaml(old)}: {_yaml(new)}" for old, new in values.items())
    parts = [f"column: {axis}"]
    if separator is not None:
        parts.append(f"separator: {json.dumps(separator)}")
    if values:
        parts.append(f"map: {{{pairs}}}")
    return f"labels: {{{axis}: {{{', '.join(parts)}}}}}"


def _yaml(text: str) -> str:
    """As a double-quoted scalar of YAML, in which nothing is invisible."""
    return "".join(
        char if char.isprintable() else json.dumps(char)[1:-1]
        for char in json.dumps(text, ensure_ascii=False)
    )


def _alike(names: Mapping[str, int]) -> list[list[str]]:
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(plain_name(name), []).append(name)
    return sorted(sorted(each) for each in found.values() if len(each) > 1)


def _nearly_alike(counts: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """Pairs of values, the rarer first, of which one is the other with a prefix or suffix, or a slip of the pen.

    Only on axes of many values: among few, such as female and male, people see it themselves.
    """
    from rapidfuzz.distance import Levenshtein

    if len(counts) < _MANY_VALUES:
        return
    counts = {value: n for value, n in counts.items() if value != UNKNOWN}
    for same in _alike(counts):  # those have a finding of their own; the most frequent stands for them
        most, *others = sorted(same, key=lambda value: -counts[value])
        counts[most] += sum(counts.pop(value) for value in others)
    plain = {value: re.sub(r"[\W_]+", "", value).casefold() for value in counts}
    for one, other in combinations(sorted(plain, key=lambda value: (counts[value], value)), 2):
        short, long = sorted((plain[one], plain[other]), key=len)
        if len(short) < 4 or short == long:
            continue
        affix = len(long) - len(short) <= 3 and (long.startswith(short) or long.endswith(short))
        if affix or (len(short) >= 5 and Levenshtein.distance(short, long) == 1):
            yield one, other


def _to_one(pairs: Mapping[str, str]) -> dict[str, str]:
    """Every value with the one that stands for all it is paired with, since a mapping is not followed twice."""
    found = {}
    for rare, usual in pairs.items():
        while usual in pairs:
            usual = pairs[usual]
        found[rare] = usual
    return found


def _speakers_alike(rows: pl.DataFrame, speakers: Sequence[str]) -> Iterator[Found]:
    for corpus in rows["corpus"].unique(maintain_order=True):
        counts = rows.filter(rows["corpus"] == corpus)["speaker"].drop_nulls().value_counts()
        names = {speakers[code]: int(n) for code, n in counts.iter_rows()}
        alike = _alike(names)
        if alike:
            n = sum(names[name] for each in alike for name in each)
            yield (
                "speakers-alike",
                "problem",
                f"{sum(map(len, alike))} speakers ({n} rows) differ from another only in case, blanks, quotes or "
                f"invisible characters, and count as different people: {_equal(alike[:_EXAMPLES])}",
                tuple(name for each in alike for name in each)[:_EXAMPLES],
            )


def _equal(names: Sequence[Sequence[str]]) -> str:
    return ", ".join(" = ".join(map(repr, each)) for each in names)


def _speakers_in_groups(
    axis: str, rows: pl.DataFrame, column: str, speakers: Sequence[str]
) -> Iterator[Found]:
    import polars as pl

    known = rows.filter(pl.col("speaker").is_not_null() & (pl.col(column) != UNKNOWN))
    groups = known.group_by("speaker").agg(pl.col(column).n_unique().alias("groups"), pl.len().alias("rows"))
    shared = groups.filter(pl.col("groups") > 1).sort("speaker")
    if not shared.is_empty():
        names = tuple(speakers[code] for code in shared["speaker"].head(_EXAMPLES))
        yield (
            "speaker-in-groups",
            "note",
            f"{axis}: {shared.height} speakers ({shared['rows'].sum()} rows) have several values; if speaker numbers "
            f"begin anew in every group give --columns with speaker_within: {axis}",
            names,
        )
