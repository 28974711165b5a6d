"""Questions derived from a corpus's own transcripts, for speech that no grammar made.

L1 asks for a word that was said and for one that was not (a word of another transcript of the corpus, of like
length); L2, where the text has them, for a number before a noun and for a negation; L3 for the order of two words.
L4 cannot be derived from a transcript by rule and is not asked. English only.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from speechfair.probes.grounding import lexicon
from speechfair.probes.grounding.grammar import NO, PRESENCE, YES
from speechfair.probes.items import Item, Scene

__all__ = ["VERSION", "scenes_of"]

VERSION = "1"
LEAST_LETTERS = 4
FOILS = 3
AFFIRMED = (
    "is",
    "are",
    "was",
    "were",
    "can",
    "could",
    "will",
    "would",
    "has",
    "have",
    "had",
    "did",
    "does",
    "do",
)


def scenes_of(texts: Mapping[str, str], seed: int = 0) -> dict[str, Scene]:
    """A scene for each text that has a word to ask for, by the same key.

    Parameters
    ----------
    texts : verbatim transcripts; the words that were not said are taken from among all of them.
    """
    words = {name: _words(text) for name, text in texts.items()}
    known = sorted({word for said in words.values() for word in said if len(word) >= LEAST_LETTERS})
    found = {}
    for name, text in texts.items():
        items = [*_presence(words[name], known, name, seed), *_number(words[name], name, seed)]
        items += [*_negation(words[name]), *_order(words[name], name, seed)]
        if items:
            found[name] = Scene(name, text, tuple(items))
    return found


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)*", text.lower().replace("\u2019", "'"))


def _presence(said: Sequence[str], known: Sequence[str], name: str, seed: int) -> list[Item]:
    content = sorted({word for word in said if len(word) >= LEAST_LETTERS})
    if not content:
        return []
    word = _drawn(content, seed, name, "said")
    # Neither said nor close to what was said: "play" is no fair foil for "playing".
    unsaid = [
        other
        for other in known
        if abs(len(other) - len(word)) <= 1 and not any(other[:4] == heard[:4] for heard in said)
    ]
    items = [Item("L1-true", 1, "presence", PRESENCE.format(word), YES, (NO,), (YES, NO))]
    if unsaid:
        foil = _drawn(unsaid, seed, name, "unsaid")
        items.append(Item("L1-false", 1, "absence", PRESENCE.format(foil), NO, (YES,), (YES, NO)))
    return items


def _number(said: Sequence[str], name: str, seed: int) -> list[Item]:
    """The number that stands before a plural noun, where there is exactly one."""
    pairs = [
        (number, noun)
        for number, *between in zip(said, said[1:], said[2:], strict=False)
        if number in lexicon.NUMBERS
        for noun in between
        if noun.endswith("s") and len(noun) >= LEAST_LETTERS
    ][:1]
    if len(pairs) != 1 or sum(word in lexicon.NUMBERS for word in said) != 1:
        return []
    number, noun = pairs[0]
    free = [word for word in lexicon.NUMBERS if word != number]
    foils = sorted(free, key=lambda word: _key(seed, name, "number", word))[:FOILS]
    text = f"How many {noun} are mentioned?"
    return [Item("L2-number", 2, "number", text, number, tuple(foils), lexicon.NUMBERS)]


def _negation(said: Sequence[str]) -> list[Item]:
    """Whether an auxiliary that occurs once is negated; the words after it say which statement is meant."""
    for place, word in enumerate(said[:-2]):
        bare = re.sub(r"(?:n't|not)$", "", word) if word != "can't" else "can"
        if bare not in AFFIRMED or sum(other.startswith(bare) for other in said) != 1:
            continue
        negated = bare != word or said[place + 1] == "not"
        rest = said[place + 1 :]
        after = " ".join((rest[1:] if rest[0] == "not" else rest)[:3])
        options = (f"{bare}", f"{bare} not")
        answer = options[1] if negated else options[0]
        foil = options[0] if negated else options[1]
        text = f'Did the speaker say "{options[0]}" or "{options[1]}" before the words "{after}"?'
        return [Item("L2-polarity", 2, "polarity", text, answer, (foil,))]
    return []


def _order(said: Sequence[str], name: str, seed: int) -> list[Item]:
    counted = Counter(said)
    once = [word for word in said if counted[word] == 1 and len(word) >= LEAST_LETTERS]
    if len(once) < 4:
        return []
    first, second = once[0], once[-1]
    pair = sorted((first, second), key=lambda word: _key(seed, name, "order", word))
    text = f'Which word was said earlier, "{pair[0]}" or "{pair[1]}"?'
    return [Item("L3-order", 3, "order", text, first, (second,), (first, second))]


def _drawn(words: Sequence[str], *parts: object) -> str:
    return min(words, key=lambda word: _key(*parts, word))


def _key(*parts: object) -> str:
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()
