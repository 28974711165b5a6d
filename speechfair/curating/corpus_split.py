"""Split a corpus into parts that share no speaker (and no text, where asked), alike in their groups.

Speakers are dealt out by iterative stratification (Sechidis, Tsoumakas and Vlahavas, "On the Stratification of
Multi-Label Data", ECML PKDD 2011): the rarest stratum first, each speaker to the part that lacks it most. Speakers who
share audio, or a text where parts must not share texts, go together. What cannot be had is refused, never bent.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from speechfair.curating.corpus_listing import listing_frames, write_frames
from speechfair.curating.dealing import deal
from speechfair.errors import InputError
from speechfair.registry import did_you_mean
from speechfair.running.content_digest import content_digest
from speechfair.store import file_digest, whole_folder, write_atomically
from speechfair.types import UNKNOWN, Corpus
from speechfair.wording import given_percent, percent

if TYPE_CHECKING:
    import polars as pl
    from numpy.random import Generator

__all__ = ["Split", "SplitPart", "TextRule", "shares_of", "split_corpus", "split_table"]

TextRule = Literal["shared", "together", "drop"]
"""Texts in several parts: allowed; never, as speakers of one text go together; never, as rows are left out."""

_MARGIN = 0.05
"""Distance from the share asked for, from which a note tells it."""


@dataclass(frozen=True, slots=True)
class SplitPart:
    """One part: the share of speakers that was asked for, what came of it, and speakers by stratum."""

    share: float
    n_speakers: int
    n_utterances: int
    speaker_share: float
    utterance_share: float
    strata: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Split:
    """The parts, with ``rows in = sum of parts + left_out``.

    Parameters
    ----------
    left_out : rows in no part, by reason.
    missing : strata (speakers known by a label) that some part has nobody of.
    notes : sentences about what was asked for and not reached.
    """

    parts: Mapping[str, SplitPart]
    left_out: Mapping[str, int]
    missing: Mapping[str, tuple[str, ...]]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON-serialisable content."""
        return asdict(self)


def shares_of(words: str) -> dict[str, float]:
    """``train=0.8,dev=0.1,test=0.1`` as shares that add up to 1; else `InputError`.

    >>> shares_of("train=3,test=1")
    {'train': 0.75, 'test': 0.25}
    """
    found: dict[str, float] = {}
    for word in words.split(","):
        name, sign, number = (piece.strip() for piece in word.partition("="))
        try:
            value = float(number)
        except ValueError:
            value = -1.0
        if not sign or not name.isidentifier() or not 0 < value < float("inf"):
            raise InputError(f"--parts {words!r}: {word!r} is not NAME=SHARE; write train=0.8,test=0.2")
        if name in found:
            raise InputError(f"--parts {words!r}: {name!r} is given twice")
        found[name] = value
    if len(found) < 2:
        raise InputError(f"--parts {words!r}: a split has two parts or more")
    total = sum(found.values())
    return {name: value / total for name, value in found.items()}


def split_corpus(
    corpus: Corpus,
    out: str | Path,
    shares: Mapping[str, float],
    *,
    by: Sequence[str] = (),
    seed: int = 0,
    texts: TextRule = "shared",
    allow_missing: bool = False,
    drop_unknown_speakers: bool = False,
    audio: bool = True,
    threads: int = 2,
) -> Split:
    """Split `corpus` and write ``PART.parquet``, ``left_out.parquet`` and ``split.json`` into a new folder.

    A part is loaded with ``load_corpus(name, root, listing="OUT/PART.parquet")``. ``split.json`` holds what was asked
    for and achieved, and digests of every file and of the rows in it. The folder is there whole or not at all.

    Parameters
    ----------
    audio : whether to read the audio, so that the same audio under two names stays in one part, and its digests are
        listed.

    Raises
    ------
    InputError
        As `split_table`; or the folder is there and not empty.
    """
    import polars as pl

    folder = Path(out)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder} is there already and not empty; choose another --out")
    rows = pl.concat(listing_frames(corpus, audio=audio, threads=threads))
    if rows.is_empty():
        raise InputError(f"corpus {corpus.name!r} at {corpus.root} lists no row; check --root")
    parts, reasons, result = split_table(
        rows,
        shares,
        by=by,
        seed=seed,
        texts=texts,
        allow_missing=allow_missing,
        drop_unknown_speakers=drop_unknown_speakers,
    )
    record = {
        "schema": "speechfair/split/1",
        "speechfair": version("speechfair"),
        "corpus": {"name": corpus.name, "options": dict(corpus.options)},
        "asked": {
            "shares": dict(shares),
            "by": list(by),
            "seed": seed,
            "texts": texts,
            "allow_missing": allow_missing,
            "drop_unknown_speakers": drop_unknown_speakers,
            "audio": audio,
        },
        "achieved": result.to_dict(),
    }
    tables = {name: rows.filter(parts == name) for name in shares}
    left = rows.select("id", "speaker", "place").with_columns(reasons.alias("reason")).filter(parts.is_null())
    with whole_folder(folder) as place:
        _write_parts(corpus, tables, left, record, place)
    return result


def _write_parts(
    corpus: Corpus,
    tables: Mapping[str, pl.DataFrame],
    left: pl.DataFrame,
    record: Mapping[str, Any],
    place: Path,
) -> None:
    """The parts, the rows that are in none, and ``split.json`` with the digests of all."""
    written: dict[str, Any] = {}
    for name, table in tables.items():
        path = place / f"{name}.parquet"
        listing = write_frames([table], corpus, path)
        written[path.name] = {"sha256": listing.sha256, "rows_sha256": content_digest(table)}
    left.write_parquet(place / "left_out.parquet")
    written["left_out.parquet"] = {"sha256": file_digest(place / "left_out.parquet")}
    whole = json.dumps({**record, "files": written}, indent=2, ensure_ascii=False) + "\n"
    write_atomically(place / "split.json", whole.encode())


def split_table(
    rows: pl.DataFrame,
    shares: Mapping[str, float],
    *,
    by: Sequence[str] = (),
    seed: int = 0,
    texts: TextRule = "shared",
    allow_missing: bool = False,
    drop_unknown_speakers: bool = False,
) -> tuple[pl.Series, pl.Series, Split]:
    """The part of each row (null where it is in none), why it is in none, and what was achieved.

    Parameters
    ----------
    rows : columns as in a run's manifest.
    shares : of speakers, by part; they add up to 1.
    by : label axes; their crossing is kept alike in all parts.
    allow_missing : go on where a group of speakers is smaller than the number of parts.
    drop_unknown_speakers : leave out rows that do not name their speaker, which otherwise are refused.

    Raises
    ------
    InputError
        The parts cannot be had as asked for; the message says why and what can be done.
    """
    import numpy as np
    import polars as pl

    if texts not in get_args(TextRule):
        raise InputError(f"texts={texts!r}: {did_you_mean(texts, get_args(TextRule))}")
    table = _prepared(rows, by, drop_unknown_speakers)
    units = _units(table.filter(pl.col("reason").is_null()), texts)
    table = table.join(units, on="speaker", how="left", maintain_order="left")
    usable = table.filter(pl.col("reason").is_null())
    strata = _strata(usable)
    _refuse_impossible(strata, shares, texts, allow_missing)
    rng = np.random.default_rng(seed)
    dealt = deal(strata, usable.group_by("unit").len().sort("unit")["len"].to_list(), shares, rng)
    names = pl.Series([list(shares)[k] for k in dealt], dtype=pl.String)
    reason = pl.col("reason").is_null()
    table = table.with_columns(pl.when(reason).then(names.gather(table["unit"])).alias("part"))
    if texts == "drop":
        table = _texts_apart(table, shares, rng)
    return table["part"], table["reason"], _achieved(table, shares, allow_missing)


def _prepared(rows: pl.DataFrame, by: Sequence[str], drop_unknown: bool) -> pl.DataFrame:
    """Rows with the reason why they can be in no part, their stratum, and keys of their text and audio."""
    import polars as pl

    known = rows["labels"].explode().struct.field("axis").drop_nulls().unique().sort().to_list()
    for axis in by:
        if axis not in known:
            raise InputError(f"no row has a label {axis!r}; {did_you_mean(axis, known)}")
    values = [
        pl.col("labels")
        .list.filter(pl.element().struct.field("axis") == axis)
        .list.first()
        .struct.field("value")
        .fill_null(UNKNOWN)
        for axis in by
    ]
    table = rows.select(
        pl.coalesce("excluded", "audio_error").alias("reason"),
        "speaker",
        (pl.concat_str(values, separator="+") if by else pl.lit("all")).alias("stratum"),
        pl.col("text").str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars().alias("text"),
        pl.coalesce("audio_sha256", "audio").alias("sound"),
        pl.any_horizontal(value == UNKNOWN for value in values).alias("unknown")
        if by
        else pl.lit(False).alias("unknown"),
    )
    nobody = pl.col("reason").is_null() & pl.col("speaker").is_null()
    n = table.filter(nobody).height
    if n and not drop_unknown:
        raise InputError(
            f"{n} of {table.height} rows do not name their speaker, so parts without a common speaker cannot be "
            "promised; give --drop-unknown-speakers to leave them out"
        )
    table = table.with_columns(pl.when(nobody).then(pl.lit("no speaker")).otherwise("reason").alias("reason"))
    if table["reason"].null_count() == 0:
        raise InputError("no row is left that has audio and a speaker, so there is nothing to split")
    return table


def _units(usable: pl.DataFrame, texts: TextRule) -> pl.DataFrame:
    """Speakers and the unit, from 0, that each belongs to: who shares audio, or text, is one unit."""
    import polars as pl
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    names = usable["speaker"].unique(maintain_order=True)
    speakers = pl.DataFrame({"speaker": names}).with_row_index("s")
    edges = []
    for key in ("sound", "text") if texts == "together" else ("sound",):
        pairs = (
            usable.select("speaker", key)
            .drop_nulls()
            .unique(maintain_order=True)
            .join(speakers, on="speaker")
        )
        edges.append(pairs.select("s", pl.col("s").min().over(key).alias("other")))
    joined = pl.concat(edges)
    ones = joined["s"].to_numpy() * 0 + 1
    matrix = coo_matrix((ones, (joined["s"].to_numpy(), joined["other"].to_numpy())), shape=(len(names),) * 2)
    _, units = connected_components(matrix, directed=False)
    return speakers.select("speaker", pl.Series("unit", units, pl.Int64))


def _strata(usable: pl.DataFrame) -> list[dict[tuple[str, bool], int]]:
    """By unit: speakers by stratum, and whether a label of it is unknown."""
    counted = usable.select("unit", "speaker", "stratum", "unknown").unique(maintain_order=True)
    found: list[dict[tuple[str, bool], int]] = [{} for _ in range(usable["unit"].n_unique())]
    for unit, _, stratum, unknown in counted.iter_rows():
        found[unit][stratum, unknown] = found[unit].get((stratum, unknown), 0) + 1
    return found


def _refuse_impossible(
    strata: Sequence[Mapping[tuple[str, bool], int]],
    shares: Mapping[str, float],
    texts: TextRule,
    allow_missing: bool,
) -> None:
    if len(strata) < len(shares):
        why = (
            "; read speech that shares its prompts is split with --texts drop" if texts == "together" else ""
        )
        raise InputError(
            f"{len(shares)} parts without a common speaker cannot be had: the speakers, with those who share audio"
            f"{' or a text' if texts == 'together' else ''}, make {len(strata)} group"
            f"{'s' if len(strata) != 1 else ''} that cannot be taken apart{why}"
        )
    units = Counter(stratum for found in strata for (stratum, unknown) in found if not unknown)
    few = {stratum: n for stratum, n in sorted(units.items()) if n < len(shares)}
    if few and not allow_missing:
        shown = ", ".join(f"{stratum} ({n})" for stratum, n in list(few.items())[:5])
        more = f" and {len(few) - 5} more" if len(few) > 5 else ""
        raise InputError(
            f"not every part can have speakers of each group, as fewer than {len(shares)} can be told apart in: "
            f"{shown}{more}; stratify by fewer axes, make fewer parts, or give --allow-missing"
        )


def _texts_apart(table: pl.DataFrame, shares: Mapping[str, float], rng: Generator) -> pl.DataFrame:
    """Each text kept in one part: a text of several parts is dealt out by the shares, its other rows are left out."""
    import polars as pl

    spoken = table.filter(pl.col("part").is_not_null() & pl.col("text").is_not_null())
    texts = spoken.group_by("text", maintain_order=True).agg(pl.col("part").unique().sort().alias("parts"))
    several = texts.filter(pl.col("parts").list.len() > 1)
    lacking = {part: share * several.height for part, share in shares.items()}
    kept = {text: parts[0] for text, parts in texts.iter_rows()}
    for at in rng.permutation(several.height).tolist():
        text, parts = several.row(at)
        kept[text] = max(parts, key=lambda part: lacking[part])
        lacking[kept[text]] -= 1
    home = pl.col("text").replace_strict(
        list(kept), list(kept.values()), default=None, return_dtype=pl.String
    )
    wrong = pl.col("part").is_not_null() & (home != pl.col("part")).fill_null(False)
    return table.with_columns(
        pl.when(wrong).then(pl.lit("its text is in another part")).otherwise("reason").alias("reason"),
        pl.when(~wrong).then("part").alias("part"),
    )


def _achieved(table: pl.DataFrame, shares: Mapping[str, float], allow_missing: bool) -> Split:
    """Count what is in the parts, after making sure that no speaker and no audio is in two."""
    import polars as pl

    inside = table.filter(pl.col("part").is_not_null())
    for key in ("speaker", "sound"):
        crossing = (
            inside.drop_nulls(key).group_by(key).agg(pl.col("part").n_unique()).filter(pl.col("part") > 1)
        )
        if not crossing.is_empty():
            raise AssertionError(f"a {key} is in two parts: {crossing.row(0)}")
    n_speakers = inside["speaker"].n_unique()
    known = sorted(set(table.filter(pl.col("reason").is_null() & ~pl.col("unknown"))["stratum"].to_list()))
    parts, missing, notes = {}, {}, []
    for name, share in shares.items():
        rows = inside.filter(pl.col("part") == name)
        speakers = rows.group_by("stratum").agg(pl.col("speaker").n_unique()).sort("stratum")
        found = dict(speakers.iter_rows())
        got = rows["speaker"].n_unique()
        parts[name] = SplitPart(share, got, rows.height, got / n_speakers, rows.height / inside.height, found)
        if absent := tuple(stratum for stratum in known if stratum not in found):
            missing[name] = absent
        if abs(got / n_speakers - share) > _MARGIN:
            notes.append(
                f"{name} has {percent(got / n_speakers, sign=True)} of the speakers; "
                f"{given_percent(share)} was asked for"
            )
    if missing and not allow_missing:
        shown = "; ".join(f"{name} has nobody of {', '.join(absent[:5])}" for name, absent in missing.items())
        raise InputError(f"{shown}; stratify by fewer axes, allow common texts, or give --allow-missing")
    if empty := [name for name, part in parts.items() if not part.n_utterances]:
        raise InputError(f"nothing is left for {', '.join(empty)}; ask for fewer parts or larger shares")
    reasons = table.filter(pl.col("part").is_null())["reason"].value_counts(sort=True)
    left_out = {str(reason): int(n) for reason, n in reasons.iter_rows()}
    if sum(left_out.values()) + sum(part.n_utterances for part in parts.values()) != table.height:
        raise AssertionError("rows were lost")
    return Split(parts, left_out, missing, tuple(notes))
