"""Is a corpus fit for comparing groups? Counts, gaps in the labels, leakage, doubles, and what is confounded.

Nothing is transcribed. A problem is what makes a comparison wrong or impossible; a note is what a reader must know.
Every figure comes from the rows that a loader gives; nothing is estimated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal

from speechfair.curating.bracket_findings import bracket_findings
from speechfair.curating.corpus_confounds import Confound, confounds_of, told
from speechfair.curating.corpus_facts import ODDITIES, Facts, facts_of
from speechfair.curating.label_association import associated_labels
from speechfair.curating.spelling_findings import spelling_findings
from speechfair.errors import CorpusError
from speechfair.types import UNKNOWN, Corpus
from speechfair.wording import given_percent, percent

if TYPE_CHECKING:
    import polars as pl

__all__ = ["CorpusCheck", "Finding", "Group", "check_corpus", "flat"]

_EXAMPLES = 5
_MOST_VALUES = 12
"""An axis with more values than this is not crossed with others unless asked for."""
CLIPPED_SHARE = 0.001
SILENT_SHARE = 0.9
FEW_SPEAKERS = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found.

    Parameters
    ----------
    kind : a stable name, such as ``speaker-leakage``.
    level : ``problem`` (exit code 1) or ``note``.
    examples : ids or values, at most five.
    """

    kind: str
    level: Literal["problem", "note"]
    message: str
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """A group or crossing. `hours`, `level_db`, `sample_rates` are of readable audio; None and empty without audio.

    `n_characters` are the letters and digits of texts in languages written without spaces, `n_words` words of others.
    """

    axis: str
    value: str
    n_utterances: int
    n_speakers: int
    n_words: int
    n_characters: int
    hours: float | None
    level_db: float | None
    sample_rates: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CorpusCheck:
    """What `check_corpus` gives.

    Parameters
    ----------
    parts : rows by part: ``in = usable + unreadable + excluded``.
    hours : of readable audio, or None if audio was not opened.
    n_unmatched : label values that no map of the card knows, by axis and value.
    """

    parts: Mapping[str, Mapping[str, int]]
    n_speakers: int
    hours: float | None
    excluded: Mapping[str, int]
    groups: tuple[Group, ...]
    unlabelled: Mapping[str, int]
    n_unmatched: Mapping[str, Mapping[str, int]]
    confounds: tuple[Confound, ...]
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether there is no problem."""
        return not any(finding.level == "problem" for finding in self.findings)

    def to_dict(self) -> dict[str, Any]:
        """JSON-serialisable content."""
        return {"schema": "corpus-check/1", "ok": self.ok, **asdict(self)}


def check_corpus(
    parts: Mapping[str, Corpus] | Corpus,
    *,
    group_by: Sequence[str] = (),
    audio: bool = True,
    threads: int = 2,
) -> CorpusCheck:
    """Check a corpus, or several parts (splits, or corpora that are to be used together).

    Parameters
    ----------
    parts : a corpus, or corpora by the name of the part. Speakers, texts and audio must not be in two parts of one
        corpus; different corpora get the label axis ``corpus``.
    group_by : label axes, or crossings such as ``gender+age_band``; none is every axis, and crossings of small ones.
    audio : whether to decode the audio for lengths, levels and doubles.
    threads : that decode.

    Raises
    ------
    CorpusError
        No row was listed, or an axis of `group_by` is on no row.
    """
    named = dict(parts) if isinstance(parts, Mapping) else {"all": parts}
    facts = facts_of(named, audio=audio, threads=threads)
    if facts.table.is_empty():
        raise CorpusError(f"no row is listed by {', '.join(named)}; check --root and --split")
    rows = flat(facts.table, several=len({corpus.name for corpus in named.values()}) > 1)
    groupings = _groupings(rows, group_by)
    axes = list(dict.fromkeys(axis for columns in groupings for axis in columns))
    unmatched = _unmatched(named)
    confounds = confounds_of(rows, [axis.removeprefix("label:") for axis in axes], audio=audio)
    findings = [
        *_rows_found(facts.table, rows, audio),
        *_labels_found(rows, axes, unmatched),
        *(Finding(*found) for found in spelling_findings(rows, axes, named, facts.speakers)),
        *_leaks(rows, named, facts),
    ]
    findings += [Finding("confounded", level, sentence) for level, sentence in told(confounds)]
    findings += [Finding("labels-associated", "note", *found) for found in associated_labels(rows, axes)]
    findings += [
        Finding(kind, "note", words, shown) for kind, words, shown in bracket_findings(facts.brackets)
    ]
    findings += [
        Finding(f"hypotheses-{one.kind}", "problem" if one.counted else "note", one.words, one.rows)
        for corpus in named.values()
        for one in getattr(corpus, "hypothesis_findings", ())  # of tables of transcripts
    ]
    usable = rows.filter(rows["audio_error"].is_null())
    return CorpusCheck(
        parts=_parts(facts.table),
        n_speakers=rows["speaker"].drop_nulls().n_unique(),
        hours=float(usable["duration_s"].sum()) / 3600 if audio else None,
        excluded=_counts(facts.table, "excluded"),
        groups=tuple(_groups(rows, groupings, audio)),
        unlabelled={axis.removeprefix("label:"): int((rows[axis] == UNKNOWN).sum()) for axis in axes},
        n_unmatched=unmatched,
        confounds=tuple(confounds),
        findings=tuple(sorted(findings, key=lambda finding: finding.level != "problem")),
    )


def flat(table: pl.DataFrame, *, several: bool) -> pl.DataFrame:
    """The rows of a table as in `Facts` that are utterances, numbered, with ``label:corpus`` if there are several."""
    import polars as pl

    rows = table.filter(pl.col("excluded").is_null()).with_row_index("row")
    return rows.with_columns(pl.col("corpus").alias("label:corpus")) if several else rows


def _parts(facts: pl.DataFrame) -> dict[str, dict[str, int]]:
    import polars as pl

    table = facts.group_by("part", maintain_order=True).agg(
        pl.len().alias("in"),
        pl.col("excluded").is_not_null().sum().alias("excluded"),
        pl.col("audio_error").is_not_null().sum().alias("unreadable"),
    )
    found = {}
    for row in table.iter_rows(named=True):
        part = row.pop("part")
        found[part] = {**row, "usable": row["in"] - row["excluded"] - row["unreadable"]}
    return found


def _counts(table: pl.DataFrame, column: str) -> dict[str, int]:
    counted = table[column].drop_nulls().value_counts(sort=True)
    return {str(value): int(count) for value, count in counted.iter_rows()}


def _unmatched(parts: Mapping[str, Corpus]) -> dict[str, dict[str, int]]:
    """What the loaders counted while they were listed, most frequent first."""
    found: dict[str, dict[str, int]] = {}
    for corpus in parts.values():
        for (axis, value), count in getattr(getattr(corpus, "label", None), "unmatched", {}).items():
            found.setdefault(axis, {}).setdefault(value, 0)
            found[axis][value] += count
        for value, count in getattr(corpus, "unmatched_accents", {}).items():
            found.setdefault("variety", {}).setdefault(value, 0)
            found["variety"][value] += count
    return {axis: dict(sorted(each.items(), key=lambda pair: -pair[1])) for axis, each in found.items()}


def _groupings(rows: pl.DataFrame, group_by: Sequence[str]) -> list[list[str]]:
    """What was asked for; else every axis, and crossings of those small ones of which neither tells the other."""
    axes = [column for column in rows.columns if column.startswith("label:")]
    known = [axis.removeprefix("label:") for axis in axes]
    for axis in (part for asked in group_by for part in asked.split("+")):
        if axis not in known:
            raise CorpusError(
                f"no row has a label {axis!r}; this corpus has {', '.join(known) or 'no labels'}"
            )
    if group_by:
        return [[f"label:{axis}" for axis in asked.split("+")] for asked in group_by]
    small = [axis for axis in axes if 1 < rows[axis].n_unique() <= _MOST_VALUES]
    crossed = [
        [one, other]
        for one, other in combinations(small, 2)
        if rows.select(one, other).n_unique() > max(rows[one].n_unique(), rows[other].n_unique())
    ]
    return [[axis] for axis in axes] + crossed


def _groups(rows: pl.DataFrame, groupings: Sequence[list[str]], audio: bool) -> list[Group]:
    import polars as pl

    found = []
    for columns in groupings:
        table = (
            rows.group_by(columns)
            .agg(
                pl.len().alias("n"),
                pl.col("speaker").drop_nulls().n_unique().alias("speakers"),
                pl.col("words", "characters").sum(),
                pl.col("duration_s").sum(),
                pl.col("level_db").mean(),
                pl.col("sample_rate").drop_nulls().unique().sort().alias("rates"),
            )
            .sort(columns)
        )
        axis = "+".join(column.removeprefix("label:") for column in columns)
        for row in table.iter_rows(named=True):
            found.append(
                Group(
                    axis=axis,
                    value="+".join(row[column] for column in columns),
                    n_utterances=row["n"],
                    n_speakers=row["speakers"],
                    n_words=int(row["words"] or 0),
                    n_characters=int(row["characters"] or 0),
                    hours=row["duration_s"] / 3600 if audio else None,
                    level_db=row["level_db"] if audio else None,
                    sample_rates=tuple(row["rates"]) if audio else (),
                )
            )
    return found


def _rows_found(facts: pl.DataFrame, rows: pl.DataFrame, audio: bool) -> list[Finding]:
    """Faults of single rows: ids, audio, transcripts."""
    import polars as pl

    found = []

    def say(kind: str, level: Literal["problem", "note"], table: pl.DataFrame, words: str) -> None:
        if not table.is_empty():
            examples = tuple(str(each) for each in table["id"].unique(maintain_order=True).head(_EXAMPLES))
            found.append(Finding(kind, level, f"{words}: {table.height}", examples))

    say("excluded", "note", facts.filter(pl.col("excluded").is_not_null()), "excluded rows")
    double = pl.struct("part", "id").is_duplicated()
    say("duplicate-id", "problem", rows.filter(double), "rows that share their id with another")
    say("no-speaker", "note", rows.filter(pl.col("speaker").is_null()), "rows without a speaker")
    again = pl.struct("speaker", "text").is_duplicated() & pl.all_horizontal(
        pl.col("speaker", "text").is_not_null()
    )
    say(
        "repeated-text",
        "note",
        rows.filter(again),
        "rows in which a speaker says the same text as in another",
    )
    for place, oddity in enumerate(ODDITIES):
        there = rows.filter(pl.col("oddities") & (1 << place) > 0)
        say(f"transcript-{oddity.replace(' ', '-')}", "note", there, f"transcripts with {oddity}")
    if audio:
        say(
            "unreadable",
            "problem",
            rows.filter(pl.col("audio_error").is_not_null()),
            "rows with unusable audio",
        )
        twice = pl.col("digest").is_not_null() & pl.col("digest").is_duplicated()
        say("duplicate-audio", "problem", rows.filter(twice), "rows with the same audio as another")
        clipped = rows.filter(pl.col("clipped") > CLIPPED_SHARE)
        say(
            "clipping",
            "note",
            clipped,
            f"recordings with more than {given_percent(CLIPPED_SHARE)} clipped samples",
        )
        silent = rows.filter(pl.col("silent") > SILENT_SHARE)
        say(
            "silence",
            "note",
            silent,
            f"recordings that are silent for more than {given_percent(SILENT_SHARE)} of the time",
        )
        averaged = rows.filter(pl.col("channels") > 1)
        say("averaged-channels", "note", averaged, "recordings of several channels, which are averaged")
        rates = rows["sample_rate"].drop_nulls().unique().sort().to_list()
        if len(rates) > 1:
            found.append(
                Finding("sample-rates", "note", f"sample rates differ: {', '.join(map(str, rates))} Hz")
            )
    if rows["speaker"].null_count() == rows.height:
        words = "no row names its speaker, so no interval can be given"
        found.append(Finding("no-speakers", "problem", words))
    return found


def _labels_found(
    rows: pl.DataFrame, axes: Sequence[str], unmatched: Mapping[str, Mapping[str, int]]
) -> list[Finding]:
    """Gaps in the labels, values that no map knows, groups of few speakers."""
    import polars as pl

    found = []
    if not axes:
        found.append(Finding("no-labels", "problem", "no row has a label, so there are no groups to compare"))
    for column in axes:
        axis = column.removeprefix("label:")
        missing = int((rows[column] == UNKNOWN).sum())
        if missing:
            share = percent(missing / rows.height, sign=True)
            words = f"{axis}: {missing} of {rows.height} rows ({share}) have no label"
            found.append(Finding("unlabelled", "note", words))
        counts = rows.group_by(column).agg(pl.col("speaker").drop_nulls().n_unique().alias("n")).sort(column)
        few = [str(value) for value, n in counts.iter_rows() if 0 < n < FEW_SPEAKERS and value != UNKNOWN]
        if few:
            words = f"{axis}: groups of fewer than {FEW_SPEAKERS} speakers: {len(few)}"
            if one := sum(n == 1 for value, n in counts.iter_rows() if value != UNKNOWN):
                words += f", {one} of them of one speaker, whose rate can have no interval"
            found.append(Finding("few-speakers", "note", words, tuple(few[:_EXAMPLES])))
    for axis, values in unmatched.items():
        words = f"{axis}: values that no map of the card knows: {sum(values.values())}"
        found.append(Finding("unmatched", "note", words, tuple(list(values)[:_EXAMPLES])))
    return found


def _leaks(rows: pl.DataFrame, parts: Mapping[str, Corpus], facts: Facts) -> list[Finding]:
    """Speakers, audio and texts that are in two parts."""
    import polars as pl

    found = []
    what: tuple[tuple[str, str, Literal["problem", "note"]], ...] = (
        ("speaker", "speaker", "problem"),
        ("digest", "audio", "problem"),
        ("text", "text", "note"),
    )
    for one, other in combinations(parts, 2):
        for column, word, level in what:
            left, right = (
                rows.filter((pl.col("part") == part) & pl.col(column).is_not_null()) for part in (one, other)
            )
            shared = left.join(right.select(column).unique(), on=column, how="semi")
            if not shared.is_empty():
                n = shared[column].n_unique()
                words = f"in both {one!r} and {other!r}: {n} {word}" + (
                    "s" if n > 1 and word != "audio" else ""
                )
                examples = (
                    shared["speaker" if word == "speaker" else "id"]
                    .unique(maintain_order=True)
                    .head(_EXAMPLES)
                )
                names = [facts.speakers[each] if word == "speaker" else str(each) for each in examples]
                found.append(Finding(f"{word}-leakage", level, words, tuple(names)))
    return found
