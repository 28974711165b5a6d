"""How errors are counted: which normaliser and which unit for each language of a corpus.

The choice looks at the manifest (languages, and whether Chinese references hold words in letters) and never at a
hypothesis. It is written into the recipe, so that a folder says what was done and is scored alike ever after.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from speechfair.errors import InputError
from speechfair.metrics.error_counts import Tokens
from speechfair.running.one_text import Rules
from speechfair.running.run_recipe import Analysis, CardPart, LanguagePart, ScoringPart
from speechfair.running.shared_normalising import normalised_texts
from speechfair.text.annotations import Marker, Rule
from speechfair.text.stripping import without_affixes
from speechfair.types import Normalizer

if TYPE_CHECKING:
    import polars as pl

__all__ = ["NOT_GIVEN", "Counting", "Scoring", "choose_scoring", "scoring_of", "single_scoring"]

NOT_GIVEN = "und"
"""Stands for the language of rows that name none (ISO 639-3)."""
_KEPT_TEXTS = 2**17
_LATIN_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]{2,}")


@dataclass(frozen=True, slots=True)
class Counting:
    """One language's normaliser and unit."""

    normalizer: Normalizer
    tokens: Tokens


@dataclass(frozen=True)
class Scoring:
    """Everything that happens between a verbatim text and the counts.

    Parameters
    ----------
    languages : by language as the manifest writes it; `NOT_GIVEN` for rows without one.
    annotations : the corpus card's rules for brackets; None applies none at all, as versions before 0.3 did.
    prefixes, suffixes : left out of hypotheses.
    by_language : whether results are recorded by language; not for folders scored before there was such a record.
    """

    languages: Mapping[str, Counting]
    annotations: Mapping[Marker, Rule] | None = None
    prefixes: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()
    by_language: bool = True

    def counting(self, language: str | None) -> Counting:
        """How rows of that language are counted. Rows that are excluded may have one that no other row has."""
        return self.languages.get(language or NOT_GIVEN) or next(iter(self.languages.values()))

    def normalise(self, text: str, language: str | None, *, hypothesis: bool) -> str:
        """The text that is scored."""
        return self.normalise_all([(text, language)], hypothesis=hypothesis)[0]

    def normalise_all(self, rows: Iterable[tuple[str, str | None]], *, hypothesis: bool) -> list[str]:
        """The texts that are scored, of texts with their languages, on all processors where they are many.

        A text that comes again, in this table or in another system's, is known already.
        """
        rules = self._rules
        keys = []
        for text, language in rows:
            if hypothesis and (self.prefixes or self.suffixes):
                text = without_affixes(text, self.prefixes, self.suffixes)
            keys.append((text, self.counting(language).normalizer, rules))
        found = {key: _known[key] for key in keys if key in _known}
        lacking: dict[Normalizer, dict[str, None]] = {}
        for key in keys:
            if key not in found:
                lacking.setdefault(key[1], {})[key[0]] = None
        for normalizer, texts in lacking.items():
            new = normalised_texts(list(texts), normalizer, rules)
            found.update(zip(((text, normalizer, rules) for text in texts), new, strict=True))
        _remember(found)
        return [found[key] for key in keys]

    @cached_property
    def _rules(self) -> Rules:
        return None if self.annotations is None else tuple(sorted(self.annotations.items()))

    @property
    def units(self) -> list[Tokens]:
        """The units in use, sorted."""
        return sorted({counting.tokens for counting in self.languages.values()})

    @property
    def normalizers(self) -> list[Normalizer]:
        """The normalisers in use, by name."""
        found = {counting.normalizer.name: counting.normalizer for counting in self.languages.values()}
        return [found[name] for name in sorted(found)]

    @property
    def unit(self) -> Tokens | Literal["several"]:
        """The unit of every row, or ``several``."""
        return self.units[0] if len(self.units) == 1 else "several"

    @property
    def normalizer_name(self) -> str:
        """The normaliser of every row, or ``several``."""
        return self.normalizers[0].name if len(self.normalizers) == 1 else "several"

    def part(self) -> ScoringPart:
        """For the recipe."""
        return ScoringPart(
            languages={
                language: LanguagePart(
                    normalizer=counting.normalizer.name,
                    version=counting.normalizer.version,
                    tokens=counting.tokens,
                )
                for language, counting in sorted(self.languages.items())
            },
            annotations=dict(self.annotations or {}),
        )


_Key = tuple[str, Normalizer, Rules]
_known: dict[_Key, str] = {}


def _remember(found: Mapping[_Key, str]) -> None:
    """Keep what a table needed for the next one, and no more than `_KEPT_TEXTS`."""
    if len(_known) + len(found) > _KEPT_TEXTS:
        _known.clear()
    _known.update(islice(found.items(), _KEPT_TEXTS))


def choose_scoring(manifest: pl.DataFrame, settings: Analysis, card: CardPart) -> Scoring:
    """Normaliser and unit of every language: as asked for, else as the corpus card says, else by language.

    A language written without spaces is counted in characters whatever a card says; Chinese whose references hold words
    in Latin letters gets the mixed rate. Rows without a language are judged by the script of their references.

    Raises
    ------
    InputError
        A normaliser is unknown.
    MissingExtraError
        A language's normaliser needs a package that is not installed.
    """
    import polars as pl

    from speechfair.text.language_tags import mostly_without_spaces
    from speechfair.text.normalizers import (
        WITHOUT_SPACES,
        default_normalizer,
        default_tokens,
        load_normalizer,
    )

    languages: dict[str, Counting] = {}
    rows = manifest.filter(pl.col("excluded").is_null() & pl.col("text").is_not_null())
    keyed = rows.select(pl.col("language").fill_null(NOT_GIVEN), "text")
    listed = manifest.filter(pl.col("excluded").is_null())["language"].fill_null(NOT_GIVEN)
    for language in sorted(listed.unique().to_list()) or [NOT_GIVEN]:
        texts = keyed.filter(pl.col("language") == language)["text"].to_list()
        name = settings.normalizer or card.normalizer or default_normalizer(language)
        usual: Tokens = default_tokens(language)
        if _unknown(language) and mostly_without_spaces(texts):
            usual = "characters"
        if card.tokens == "characters" or name in WITHOUT_SPACES:
            usual = "characters"
        if usual == "characters" and _is_chinese(language) and any(map(_LATIN_WORD.search, texts)):
            usual = "mixed"
        languages[language] = Counting(load_normalizer(name), settings.tokens or usual)
    return Scoring(
        languages,
        annotations=dict(card.annotations),
        prefixes=settings.strip_prefix,
        suffixes=settings.strip_suffix,
    )


def scoring_of(
    manifest: pl.DataFrame, settings: Analysis, card: CardPart, recorded: ScoringPart | None
) -> Scoring:
    """The scoring that a folder was scored with.

    Parameters
    ----------
    recorded : from the recipe; None for folders scored before there was such a record: their normalisers of then are
        used.
    """
    from speechfair.text.normalizers import WITHOUT_SPACES, load_normalizer, recorded_normalizer

    if recorded is not None:
        counted = {
            language: Counting(load_normalizer(part.normalizer), part.tokens)
            for language, part in recorded.languages.items()
        }
        return Scoring(counted, recorded.annotations, settings.strip_prefix, settings.strip_suffix)
    languages = manifest["language"].drop_nulls().unique().to_list()
    name = settings.normalizer or card.normalizer or _default_before(languages)
    usual: Tokens = "characters" if name in WITHOUT_SPACES else card.tokens
    counting = Counting(recorded_normalizer(name), settings.tokens or usual)
    return Scoring(dict.fromkeys([*languages, NOT_GIVEN], counting), by_language=False)


def single_scoring(normalizer: Normalizer, tokens: Tokens, languages: Any = ()) -> Scoring:
    """One normaliser and unit for every row, without rules for brackets."""
    return Scoring(dict.fromkeys([*languages, NOT_GIVEN], Counting(normalizer, tokens)), by_language=False)


def _default_before(languages: list[str]) -> str:
    """The default of a corpus's only language, as it was before defaults were chosen row by row."""
    if len(languages) > 1:
        raise InputError(
            f"the folder holds several languages ({', '.join(sorted(languages))}) and no record of how they are "
            "counted; score it again with `speechfair score`"
        )
    if languages in (["eng"], ["en"]):
        return "whisper-english"
    return "japanese" if languages in (["jpn"], ["ja"]) else "basic"


def _is_chinese(language: str) -> bool:
    from speechfair.text.language_tags import CHINESE, language_code

    try:
        return language_code(language) in CHINESE
    except LookupError:
        return False


def _unknown(language: str) -> bool:
    from speechfair.text.language_tags import language_code

    try:
        return language_code(language) in ("und", "mul", "mis", "zxx")
    except LookupError:
        return True
