"""Count word or character errors of many utterances at once.

The counts are those of `jiwer.process_words`, split into substitutions, deletions and insertions the same way,
without building the alignments. Texts come in already normalised; nothing here changes a text, and nothing here
shows an alignment (use jiwer for that).
"""

from __future__ import annotations

import operator
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from speechfair.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray
    from rapidfuzz.distance import Editops

__all__ = [
    "KINDS",
    "Tokens",
    "count_errors",
    "errors_of",
    "kind_counts",
    "kinds_known",
    "rate_name",
    "rate_title",
    "spaced",
]

Tokens = Literal["words", "characters", "mixed"]

KINDS = ("substitutions", "deletions", "insertions")
"""Columns of the kinds of error."""

_IDEOGRAPHIC = re.compile(
    "[\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\uac00-\ud7a3\U00020000-\U0003ffff]"
)

# Words become code points, of which there are 0x110000, some of them surrogates that UTF-32 leaves out.
_VOCABULARY_LIMIT = 1_000_000
_FIRST_SURROGATE, _SURROGATES = 0xD800, 0x800
_BLOCK = 20_000
_LONG = 200
"""Tokens beyond which the distance alone is no longer cheap beside the operations."""
_KIND = operator.itemgetter(0)
_OTHER_SPACES = tuple(c for c in map(chr, range(0x3001)) if c.isspace() and c != " ")


def count_errors(
    references: Sequence[str], hypotheses: Sequence[str], *, tokens: Tokens = "words"
) -> pl.DataFrame:
    """Edit operations that turn each reference into its hypothesis, in tokens (Levenshtein, unit costs).

    Parameters
    ----------
    references, hypotheses : normalised texts, the same number of each. Lower-case and strip punctuation first.
    tokens : ``words`` are split at white space. ``characters`` are Unicode code points without white space,
        because languages scored by characters put spaces where they like; `jiwer.cer` counts the spaces too.
        ``mixed`` is for Chinese with words of other scripts: each Chinese or Japanese character is a token, and so is
        each word between blanks or such characters (the mixed error rate, MER, of code-switched speech).

    Returns
    -------
    polars.DataFrame
        One row per pair, in order, with the Int64 columns ``substitutions``, ``deletions``, ``insertions`` and
        ``reference_length``. An empty reference has insertions only, and length 0.

    Raises
    ------
    InputError
        If the numbers of texts differ, a text is not a string, or `tokens` is something else.

    Notes
    -----
    With d the distance and l the difference of the lengths, S = d - |l| - 2 min(D, I). So the split is known from
    the distance alone when d - |l| is 0 or 1, and only the other pairs need `rapidfuzz`'s edit operations, which
    jiwer rests on as well.

    Examples
    --------
    >>> count_errors(["the cat sat"], ["the cat sat down"]).row(0)
    (0, 0, 1, 3)
    """
    import numpy as np
    import polars as pl

    if tokens not in ("words", "characters", "mixed"):
        raise InputError(f"tokens is {tokens!r}; use 'words', 'characters' or 'mixed'")
    if len(references) != len(hypotheses):
        raise InputError(
            f"{len(references)} references but {len(hypotheses)} hypotheses: "
            "give one hypothesis for each reference, '' where the recogniser gave nothing"
        )
    _require_strings("reference", references)
    _require_strings("hypothesis", hypotheses)
    counts = np.zeros((len(references), 4), dtype=np.int64)
    if tokens == "mixed":
        references, hypotheses = spaced(references), spaced(hypotheses)
    encode = _without_spaces if tokens == "characters" else _words_as_characters
    for start in range(0, len(references), _BLOCK):
        block = slice(start, start + _BLOCK)
        _count_block(*encode(references[block], hypotheses[block]), counts[block])
    names = ("substitutions", "deletions", "insertions", "reference_length")
    return pl.DataFrame({name: counts[:, column] for column, name in enumerate(names)})


def errors_of(scores: pl.DataFrame) -> pl.Expr:
    """The errors of each row, ``errors``: their own column where counts came without kinds, else the sum of the kinds.

    >>> import polars as pl
    >>> table = count_errors(["the cat sat"], ["the cat sat down"])
    >>> table.select(errors_of(table)).item()
    1
    """
    import polars as pl

    return pl.col("errors") if "errors" in scores.columns else pl.sum_horizontal(*KINDS).alias("errors")


def kinds_known(scores: pl.DataFrame) -> bool:
    """Whether substitutions, deletions and insertions are told apart in every row that is counted."""
    return (
        "errors" not in scores.columns
        or not scores.filter(scores["errors"].is_not_null() & scores["substitutions"].is_null()).height
    )


def kind_counts(scores: pl.DataFrame) -> dict[str, int | None]:
    """The sums of substitutions, deletions and insertions; None where they are not told apart."""
    known = kinds_known(scores)
    return {name: int(scores[name].sum()) if known else None for name in KINDS}


def rate_name(tokens: str) -> str:
    """The short name of the error rate in a unit of counting; of several units ``ER``.

    >>> [rate_name(tokens) for tokens in ("words", "characters", "mixed", "several")]
    ['WER', 'CER', 'MER', 'ER']
    """
    return {"words": "WER", "characters": "CER", "mixed": "MER"}.get(tokens, "ER")


def rate_title(tokens: str) -> str:
    """The name of the error rate in words.

    >>> rate_title("mixed"), rate_title("several")
    ('mixed error rate', 'error rate')
    """
    return {
        "words": "word error rate",
        "characters": "character error rate",
        "mixed": "mixed error rate",
    }.get(tokens, "error rate")


def spaced(texts: Sequence[str]) -> list[str]:
    """Texts with blanks around each Chinese, Japanese or Korean character; words are then the mixed rate's tokens.

    >>> spaced(["我要 check 一下"])
    [' 我  要  check  一  下 ']
    """
    return [_IDEOGRAPHIC.sub(r" \g<0> ", text) for text in texts]


def _require_strings(what: str, texts: Sequence[str]) -> None:
    if set(map(type, texts)) <= {str}:
        return
    for row, text in enumerate(texts):
        if not isinstance(text, str):
            raise InputError(
                f"row {row}: the {what} is {text!r}, not a string; "
                "score a missing hypothesis as '' (all deleted) or leave the row out and count it"
            )


def _words_as_characters(references: Sequence[str], hypotheses: Sequence[str]) -> tuple[list[str], list[str]]:
    """Write each distinct word as one code point, since rapidfuzz reads strings at C speed."""
    import polars as pl

    both = [*references, *hypotheses]
    try:
        texts = pl.Series(both, dtype=pl.String)
    except UnicodeEncodeError:  # a lone surrogate, which polars cannot hold
        return _encode_pairwise(references, hypotheses)
    split = texts.str.split(" ")
    words, numbers = _numbered(split)
    if _has_other_spaces(texts, words, numbers):
        split = pl.Series([" ".join(text.split()) for text in both], dtype=pl.String).str.split(" ")
        words, numbers = _numbered(split)
    if numbers.n_unique() >= _VOCABULARY_LIMIT:
        return _encode_pairwise(references, hypotheses)
    codes = numbers.to_physical().to_numpy().astype("<u4")
    codes[codes >= _FIRST_SURROGATE] += _SURROGATES
    written = codes.tobytes().decode("utf-32-le")
    ends = split.list.len().cum_sum().to_list()
    encoded = [written[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]
    for row in (words == "").arg_true().to_list() and split.list.contains("").arg_true().to_list():
        encoded[row] = ""  # splitting an empty text gives one empty word
    return encoded[: len(references)], encoded[len(references) :]


def _numbered(split: pl.Series) -> tuple[pl.Series, pl.Series]:
    """The words of all texts, and the same as categories of their own, numbered as they first occur."""
    import polars as pl

    words = split.explode()
    return words, words.cast(pl.Categorical(pl.Categories.random(physical=pl.UInt32)))


def _has_other_spaces(texts: pl.Series, words: pl.Series, numbers: pl.Series) -> bool:
    """Whether splitting at single blanks differs from `str.split`, apart from the empty texts."""
    import polars as pl

    distinct = numbers.unique().cast(pl.String)
    if distinct.to_frame("word").select(_contains_space()).to_series().any():
        return True
    return int((words == "").sum()) != int((texts == "").sum())


def _contains_space() -> pl.Expr:
    import polars as pl

    return pl.col("word").str.contains_any(list(_OTHER_SPACES))


def _encode_pairwise(references: Sequence[str], hypotheses: Sequence[str]) -> tuple[list[str], list[str]]:
    """Give each pair its own code points: slower, for texts that polars refuses or that have too many words."""
    encoded: tuple[list[str], list[str]] = ([], [])
    for reference, hypothesis in zip(references, hypotheses, strict=True):
        sides = reference.split(), hypothesis.split()
        codes = {word: chr(code) for code, word in enumerate({*sides[0], *sides[1]})}
        for side, words in zip(encoded, sides, strict=True):
            side.append("".join(map(codes.__getitem__, words)))
    return encoded


def _without_spaces(references: Sequence[str], hypotheses: Sequence[str]) -> tuple[list[str], list[str]]:
    return ["".join(text.split()) for text in references], ["".join(text.split()) for text in hypotheses]


def _operations(editops: Editops) -> tuple[int, int]:
    """How many edits there are, and how many of them replace a token."""
    kinds = list(map(_KIND, editops.as_list()))
    return len(kinds), kinds.count("replace")


def _count_block(references: list[str], hypotheses: list[str], counts: NDArray[np.int64]) -> None:
    """Fill `counts`, shape (pairs, 4), in place."""
    import numpy as np
    from rapidfuzz.distance import Levenshtein
    from rapidfuzz.process import cpdist

    length = np.fromiter(map(len, references), np.int64, len(references))
    surplus = np.fromiter(map(len, hypotheses), np.int64, len(hypotheses)) - length
    replaced = np.full(len(references), -1)
    given = np.zeros(len(references), np.int64)
    sides = list(references), list(hypotheses)
    for row in np.flatnonzero(np.minimum(length, length + surplus) > _LONG).tolist():
        # the operations of long texts are needed anyway, and give the distance too
        given[row], replaced[row] = _operations(Levenshtein.editops(references[row], hypotheses[row]))
        for side in sides:
            side[row] = ""
    distance = given + cpdist(*sides, scorer=Levenshtein.distance, dtype=np.int64, workers=1)
    # Deletions and insertions beyond those that the lengths force come in pairs; start with none.
    substitutions = distance - np.abs(surplus)
    for row in np.flatnonzero((substitutions > 1) & (replaced < 0)).tolist():
        replaced[row] = _operations(Levenshtein.editops(references[row], hypotheses[row]))[1]
    pairs = np.where(replaced < 0, 0, (substitutions - replaced) // 2)
    counts[:, 0] = substitutions - 2 * pairs
    counts[:, 1] = np.maximum(-surplus, 0) + pairs
    counts[:, 2] = np.maximum(surplus, 0) + pairs
    counts[:, 3] = length
