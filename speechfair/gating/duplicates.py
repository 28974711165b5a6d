"""Whether something is counted twice: one speaker under two ids, or one utterance of a speaker several times.

Speakers are the unit of every interval, so one person under two ids makes each interval too narrow. An utterance that
counts several times shifts its speaker's rate. Only copies and ids that nearly agree are found here. One person whose
different recordings carry unlike ids cannot be found in a run folder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from speechfair.text.unicode_folding import plain_name
from speechfair.wording import count

if TYPE_CHECKING:
    import polars as pl

    from speechfair.metrics.error_counts import Tokens

__all__ = [
    "LEAST_ERRORS",
    "MOST_ALIKE",
    "alike_speakers",
    "repeated_answers",
    "repeated_audio",
    "repeated_rows",
]

LEAST_ERRORS = 10
"""Errors that two speakers must share, each in the same place, before their answers count as copies."""


MOST_ALIKE = 0.1
"""The share of rows that may repeat another, and of speaker ids that may nearly agree: some do by chance."""

_LEAST_WORDS, _LEAST_CHARACTERS = 5, 15
"""Shorter utterances are said the same way again and again, such as ありがとうございます."""


def repeated_audio(table: pl.DataFrame, sources: pl.DataFrame | None) -> str | None:
    """Say which audio is counted for several speakers or groups, or None.

    Parameters
    ----------
    table : scored rows with ``utterance_id``, ``speaker`` and ``group``.
    sources : ``utterance_id``, ``audio_sha256``, ``start_s`` and ``end_s`` of every row; None or without these columns
        where they are not known.

    Returns
    -------
    str or None
        How many speakers there are and how many have audio of their own. Two rows hold the same audio if digest,
        start and end (to 0.1 s) agree.
    """
    import polars as pl

    if sources is None or not {"audio_sha256", "start_s", "end_s"} <= set(sources.columns):
        return None
    rows = table.select("utterance_id", "speaker", "group").join(sources, on="utterance_id", how="inner")
    stretch = rows.filter(pl.col("audio_sha256").is_not_null()).with_columns(
        pl.col("start_s", "end_s").round(1), owner=pl.struct("speaker", "group")
    )
    owners = stretch.group_by("audio_sha256", "start_s", "end_s").agg(
        pl.col("owner").n_unique().alias("n_owners"), pl.col("utterance_id").unique().sort(), "speaker"
    )
    shared = owners.filter(pl.col("n_owners") > 1).sort(pl.col("utterance_id").list.first())
    if shared.is_empty():
        return None
    n_speakers = table["speaker"].drop_nulls().n_unique()
    distinct = _distinct(table["speaker"].drop_nulls().unique().to_list(), shared["speaker"].to_list())
    example = shared["utterance_id"][0].to_list()[:2]
    return (
        f"{count(shared.height, 'recording')} shared by more than one speaker or group, such as {example[0]!r} and "
        f"{example[-1]!r}: {n_speakers} speaker ids, but {distinct} speakers with audio of their own"
    )


def repeated_answers(table: pl.DataFrame) -> str | None:
    """Say which speakers' answers are copies of each other, or None.

    Parameters
    ----------
    table : scored rows with ``speaker``, ``reference``, ``hypothesis`` and the counts of errors; without a
        ``hypothesis`` nothing is known.

    Notes
    -----
    Two speakers count as copies if all their texts and all their hypotheses agree and the hypotheses hold at least
    `LEAST_ERRORS` errors. Empty hypotheses, and those that the model also gives for other texts, prove nothing and are
    not counted.
    """
    import polars as pl

    if "hypothesis" not in table.columns:
        return None
    errors = pl.sum_horizontal("substitutions", "deletions", "insertions")
    usual = (
        table.group_by("hypothesis")
        .agg(pl.col("reference").n_unique().alias("n_texts"))
        .filter(pl.col("n_texts") > 1)["hypothesis"]
    )
    telling = (pl.col("hypothesis").str.len_chars() > 0) & ~pl.col("hypothesis").is_in(usual.implode())
    said = (
        table.filter(pl.col("speaker").is_not_null())
        .with_columns(told=pl.when(telling.fill_null(False)).then(errors).otherwise(0))
        .sort("speaker", "reference", "hypothesis")
        .group_by("speaker", maintain_order=True)
        .agg("reference", "hypothesis", pl.col("told").sum())
        .filter(pl.col("told") >= LEAST_ERRORS)
    )
    copies = said.group_by("reference", "hypothesis", maintain_order=True).agg("speaker")
    copies = copies.filter(pl.col("speaker").list.len() > 1)
    if copies.is_empty():
        return None
    n_more = int((copies["speaker"].list.len() - 1).sum())
    names = copies["speaker"][0].to_list()[:2]
    n_speakers = table["speaker"].drop_nulls().n_unique()
    return (
        f"all texts and answers of {names[0]!r} and {names[1]!r} agree, errors included: {n_speakers} speaker ids, but "
        f"{n_speakers - n_more} speakers with answers of their own"
    )


def repeated_rows(table: pl.DataFrame, sources: pl.DataFrame | None, unit: Tokens = "words") -> str | None:
    """Say how many rows of one speaker repeat another row of that speaker, or None where few do.

    Parameters
    ----------
    table, sources : as in `repeated_audio`, with ``reference``, ``hypothesis`` and ``reference_length``.
    unit : what ``reference_length`` counts, where `table` has no column ``tokens`` that says so by row.

    Notes
    -----
    Rows repeat each other if speaker and group agree, and the stretch of audio too. Where a run holds no audio, it is
    the text and the hypothesis that agree, of at least five words or fifteen characters.
    """
    import polars as pl

    same = ["speaker", "group"]
    if (
        sources is not None
        and "audio_sha256" in sources.columns
        and sources["audio_sha256"].null_count() == 0
    ):
        rows = table.join(sources, on="utterance_id", how="inner").with_columns(
            pl.col("start_s", "end_s").round(1)
        )
        what, keys = "the same stretch of audio", [*same, "audio_sha256", "start_s", "end_s"]
    elif "hypothesis" in table.columns:
        units = pl.col("tokens") if "tokens" in table.columns else pl.lit(unit)
        least = pl.when(units == "characters").then(_LEAST_CHARACTERS).otherwise(_LEAST_WORDS)
        rows = table.filter(pl.col("reference_length") >= least)
        what, keys = "the same text with the same answer", [*same, "reference", "hypothesis"]
    else:
        return None
    repeats = rows.filter(pl.col("speaker").is_not_null()).filter(~pl.struct(keys).is_first_distinct())
    if repeats.height <= MOST_ALIKE * table.height:
        return None
    return (
        f"{repeats.height} of {table.height} rows are {what} as another row of their speaker, such as "
        f"{repeats['utterance_id'][0]!r}: they count again and again"
    )


def alike_speakers(table: pl.DataFrame) -> str | None:
    """Say how many speaker ids differ from another only in case, width or repeated blanks, or None where few do."""
    names = sorted(table["speaker"].drop_nulls().unique().to_list())
    first: dict[str, str] = {}
    pairs = [(one, name) for name in names if (one := first.setdefault(plain_name(name), name)) != name]
    if len(pairs) <= MOST_ALIKE * len(names):
        return None
    return (
        f"{len(names)} speaker ids, but {len(names) - len(pairs)} that differ in more than case, width or blanks, such "
        f"as {pairs[0][0]!r} and {pairs[0][1]!r}; give each person one id"
    )


def _distinct(speakers: list[str], shared: list[list[str | None]]) -> int:
    """Number of speakers if those who share audio are one."""
    leader = {name: name for name in speakers}

    def find(name: str) -> str:
        while leader[name] != name:
            name = leader[name]
        return name

    for names in shared:
        known = [name for name in names if name is not None]
        for name in known[1:]:
            leader[find(name)] = find(known[0])
    return sum(leader[name] == name for name in speakers)
