"""The rules that turn one accent's phonemes into another's: read from YAML, checked, and applied.

Rules are data and caricature; each names what it imitates and who describes it. Nothing here speaks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from speechfair.records import Record
from speechfair.strict_yaml import read_model

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Prosody", "Rule", "RuleBook", "load_rules"]

STRESS = "',%="
"""Marks of espeak-ng that lead a vowel and are not part of it."""


ITSELF = "&"
"""In a rule's ``to``: the phoneme that is replaced."""


class Rule(Record):
    """One replacement: which phonemes, by which, in which place, why, and who describes the feature."""

    from_: tuple[str, ...] = Field(alias="from", min_length=1)
    to: tuple[str, ...]
    where: Literal["initial", "final"] | None = None
    before: Literal["vowel", "consonant"] | tuple[str, ...] | None = None
    after: Literal["vowel", "consonant"] | tuple[str, ...] | None = None
    why: str = Field(min_length=3)
    source: tuple[str, ...] = Field(min_length=1, description="keys of sources")


class Prosody(Record):
    """Melody and rhythm of one first language, as far as espeak-ng can imitate them.

    `stress` is what becomes of a word: ``even`` gives every vowel the same weight, ``penultimate`` moves the weight to
    the last vowel but one and lengthens it, ``kept`` leaves it.
    """

    pitch_range: int = Field(default=50, ge=0, le=99, description="espeak-ng's, 50 is usual")
    word_gap: int = Field(
        default=0, ge=0, le=20, description="pause between words in 10 ms at the usual rate"
    )
    stress: Literal["kept", "even", "penultimate"] = "kept"
    why: str = Field(min_length=3)
    source: tuple[str, ...] = Field(min_length=1)


class Accent(Record):
    """The rules of one first language."""

    name: str
    prosody: Prosody
    rules: tuple[Rule, ...] = Field(min_length=1)


class Reference(Record):
    """What stands for no accent."""

    code: str
    name: str
    accent: str


class RuleBook(Record):
    """All of ``rules.yaml``."""

    version: int
    language: str
    base_voice: str
    reference: Reference
    sources: dict[str, str]
    vowels: frozenset[str]
    first_languages: dict[str, Accent]

    @model_validator(mode="after")
    def _sources_are_listed(self) -> RuleBook:
        used = {key for accent in self.first_languages.values() for key in accent.prosody.source}
        for code, accent in self.first_languages.items():
            for rule in accent.rules:
                used |= set(rule.source)
                if missing := sorted(set(rule.source) - set(self.sources)):
                    raise ValueError(
                        f"{code}: the rule {rule.why!r} names the source {missing[0]!r}, not in sources"
                    )
        if wrong := sorted(used ^ set(self.sources)):
            raise ValueError(f"sources and what names them differ: {', '.join(wrong)}")
        return self

    @property
    def codes(self) -> tuple[str, ...]:
        """ISO 639-3 codes of the first languages, in the order of the file."""
        return tuple(self.first_languages)

    @property
    def reference_code(self) -> str:
        """Code of the reference."""
        return self.reference.code

    @property
    def reference_accent(self) -> str:
        """Label of the reference on the axis ``accent``."""
        return f"synthetic {self.reference.accent}"

    def accent(self, code: str) -> str:
        """Label of the first language `code` on the axis ``accent``."""
        return f"synthetic {self.first_languages[code].name} {self.language}"

    def digest(self, code: str) -> str:
        """sha256 (hex) of all that decides the phonemes of `code`, the reference included."""
        accent = self.first_languages.get(code)
        rules = [rule.model_dump_json(exclude={"why", "source"}) for rule in accent.rules] if accent else []
        return hashlib.sha256("\n".join([self.base_voice, *sorted(self.vowels), *rules]).encode()).hexdigest()

    def prosody(self, code: str) -> Prosody:
        """Melody and rhythm of the first language `code`."""
        return self.first_languages[code].prosody

    def stress(
        self,
        phonemes: Sequence[Sequence[str]],
        code: str,
        share: float,
        draws: NDArray[np.float64] | Sequence[float],
    ) -> tuple[tuple[str, ...], ...]:
        """Weigh the vowels of words as `Prosody.stress` of `code` says, where the word's draw lies below `share`."""
        kind = self.prosody(code).stress
        act = {"kept": lambda word: word, "even": self._evened, "penultimate": self._moved}[kind]
        return tuple(
            act(tuple(word)) if draw < share else tuple(word)
            for word, draw in zip(phonemes, draws, strict=True)
        )

    def _evened(self, word: tuple[str, ...]) -> tuple[str, ...]:
        bare = [token.lstrip(STRESS) for token in word]
        return tuple(f",{token}" if token in self.vowels else token for token in bare)

    def _moved(self, word: tuple[str, ...]) -> tuple[str, ...]:
        bare = [token.lstrip(STRESS) for token in word]
        vowels = [index for index, token in enumerate(bare) if token in self.vowels]
        if not vowels:
            return word
        place = vowels[-2] if len(vowels) > 1 else vowels[0]
        long = f"{bare[place]}:" if f"{bare[place]}:" in self.vowels else bare[place]
        bare[place] = f"'{long}"
        return tuple(bare)

    def apply(
        self,
        phonemes: Sequence[Sequence[str]],
        code: str,
        strength: float,
        draws: NDArray[np.float64] | Sequence[float],
    ) -> tuple[tuple[str, ...], ...]:
        """Replace phonemes as the rules of `code` say, where the draw lies below `strength`.

        Parameters
        ----------
        phonemes : words of espeak-ng mnemonics, a stress mark in front of its vowel.
        draws : one number from 0 to 1 for each phoneme of all words, whether a rule fits it or not, so that the
            sites of a lower strength are among those of a higher one.

        Returns
        -------
        Words in the same order; a word that lost all its phonemes is left out.
        """
        sites = iter(draws)
        words = []
        for word in phonemes:
            bare = [token.lstrip(STRESS) for token in word]
            spoken: list[str] = []
            for index, token in enumerate(word):
                rule = self._rule(code, bare, index)
                if next(sites) < strength and rule is not None:
                    changed = tuple(bare[index] if new == ITSELF else new for new in rule.to)
                    spoken += self._stressed(token[: len(token) - len(bare[index])], changed)
                else:
                    spoken.append(token)
            words.append(tuple(spoken))
        return tuple(word for word in words if word)

    def _rule(self, code: str, word: Sequence[str], index: int) -> Rule | None:
        return next(
            (rule for rule in self.first_languages[code].rules if self._fits(rule, word, index)), None
        )

    def _fits(self, rule: Rule, word: Sequence[str], index: int) -> bool:
        if word[index] not in rule.from_:
            return False
        if rule.where == "initial" and index > 0:
            return False
        if rule.where == "final" and index < len(word) - 1:
            return False
        following = word[index + 1] if index + 1 < len(word) else None
        leading = word[index - 1] if index > 0 else None
        return self._is(following, rule.before) and self._is(leading, rule.after)

    def _is(self, phoneme: str | None, wanted: str | tuple[str, ...] | None) -> bool:
        if wanted is None:
            return True
        if phoneme is None:
            return False
        if isinstance(wanted, tuple):
            return phoneme in wanted
        return (phoneme in self.vowels) == (wanted == "vowel")

    def _stressed(self, mark: str, tokens: tuple[str, ...]) -> list[str]:
        """`tokens` with the stress on the first vowel; where there is none, the stress is lost with its vowel."""
        vowel = next((index for index, token in enumerate(tokens) if token in self.vowels), None)
        return [mark + token if index == vowel else token for index, token in enumerate(tokens)]


@cache
def load_rules(path: Path) -> RuleBook:
    """Read and check a file of rules; what is wrong with it raises `InputError`."""
    return read_model(path, RuleBook)
