"""Which phonemes differ between a word that was said and the one that was heard for it, by group.

Both words are as espeak-ng reads them. How the speakers said them is not known: a confusion does not say whether the
speaker's sound or the recogniser was another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from speechfair.auditing.word_losses import GroupWords, most_frequent, word_errors
from speechfair.errors import MissingExtraError, SpeechfairError
from speechfair.metrics.token_edits import token_edits
from speechfair.running.scoring import add_axis
from speechfair.text.language_tags import language_name

if TYPE_CHECKING:
    import polars as pl

__all__ = ["MOST_WORDS", "phonemes_by_axis"]

MOST_WORDS = 2_000
"""Words that are read, the most frequent first: about a second of espeak-ng."""


def phonemes_by_axis(
    scores: pl.DataFrame, axes: Sequence[str], tokens: str, *, most: int = 10, fewest: int = 3
) -> dict[str, list[GroupWords]] | str:
    """The most frequent phoneme errors of each group in words that were heard as other words.

    Parameters
    ----------
    scores, tokens, most, fewest : as for `word_losses.words_by_axis`.

    Returns
    -------
    dict of lists of GroupWords, by axis; or str
        In `GroupWords` phonemes (IPA) stand in the place of words. A string says why there are none.
    """
    if "hypothesis" not in scores.columns:
        return "counts were imported, so there are no texts whose phonemes could be compared"
    if tokens != "words":
        return "phonemes are those of words, and the texts were not compared in words"
    languages = scores["language"].drop_nulls().unique().to_list()
    if len(languages) != 1:
        return "phonemes need one language that is given for the rows"
    found = word_errors(scores, "words")
    if found is None:
        return "there are too many utterances to read their words"
    wrong, errors = found
    try:
        edits = _phoneme_errors(errors, str(languages[0]))
    except MissingExtraError:
        return "espeak-ng is missing; install it with: pip install 'speechfair[synth]'"
    except SpeechfairError as error:
        return str(error)
    return {axis: most_frequent(add_axis(wrong, axis), edits, most, fewest) for axis in axes}


def _phoneme_errors(errors: pl.DataFrame, language: str) -> pl.DataFrame:
    """``place, kind, said, heard`` of the phonemes of each substituted word; words that are not read are left out."""
    import polars as pl

    pairs = errors.filter(pl.col("kind") == "replace").select("place", "said", "heard")
    counts: Counter[str] = Counter(pairs["said"].to_list() + pairs["heard"].to_list())
    spoken = _pronounced([word for word, _ in counts.most_common(MOST_WORDS)], language)
    rows = [
        (place, *edit)
        for place, said, heard in pairs.iter_rows()
        if said in spoken and heard in spoken
        for edit in token_edits(spoken[said], spoken[heard])
    ]
    return pl.DataFrame(rows, schema=errors.schema, orient="row")


def _pronounced(words: Sequence[str], language: str) -> dict[str, tuple[str, ...]]:
    from langcodes import Language

    from speechfair.synthesis.espeak import has_voice, pronounce

    voice = "en-us" if language == "eng" else str(Language.get(language).language)
    if not has_voice(voice):
        raise SpeechfairError(f"espeak-ng has no voice for {language_name(language)}")
    return dict(zip(words, pronounce(words, voice), strict=True))
