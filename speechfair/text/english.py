"""English, so that what is said alike is written alike: the default of every English corpus.

Contractions, titles, fillers and British spellings are those of Whisper's published normaliser (Radford et al. 2022,
appendix C; package whisper-normalizer). Ours differs from it in what it must not lose: code points that look alike are
one (`speechfair.text.unicode_folding`), numbers are digits (`speechfair.text.english_numbers`), letters spelled one by
one are one token ("J-O-H-N", "J. O. H. N." and "John"; "F.B.I." and "FBI"), and brackets hide no words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from importlib import metadata

from speechfair.text.english_numbers import spoken_numbers
from speechfair.text.unicode_folding import fold

__all__ = ["RULES_VERSION", "make_english", "version"]

RULES_VERSION = "1"

_CURRENCIES = {"$": "dollars", "£": "pounds", "€": "euros", "¥": "yen", "₹": "rupees", "¢": "cents"}
_SCALE = r"hundred|thousand|million|billion|trillion"
_GROUPED = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])")
_MONEY = re.compile(rf"([$£€¥₹¢])\s*(\d+(?:\.\d+)?)((?:\s+(?:{_SCALE}))?)(?![\d.]*\d)")
_DOTTED = re.compile(r"(?<![\w.])(?:[a-z]\.){2,}(?!\w)|(?<![\w.])(?:[a-z]\.)+[a-z](?![\w.])")
_LINKED = re.compile(r"(?<![\w'-])[a-z](?:[-_][a-z])+(?![\w'-])|(?<![\w'])(?:[a-z]_)+(?!\w)")
_WEB = re.compile(r"(?<=[a-z0-9])\.(?=(?:com|org|net|edu|gov|io|co|uk)\b)")
_SPELLED = "\ue000"  # stands at the two ends of letters that dots or hyphens hold together
_Replacement = str | Callable[[re.Match[str]], str]
_BEFORE_CONTRACTIONS: tuple[tuple[str, re.Pattern[str], _Replacement], ...] = (
    ("'", re.compile(r"\s+'(?=\w)"), "'"),
    ("'", re.compile(r"(?<=\d)'s\b"), "s"),
    ("clock", re.compile(r"\bo'? ?clock\b"), "oclock"),
    ("cannot", re.compile(r"\bcannot\b"), "can not"),
    ("per cent", re.compile(r"\bper cent\b"), "percent"),
    (
        ".",
        re.compile(r"(?<![\d.])\d{2,4}(?:\.\d{2,4}){2,}(?![\d.]*\d)"),
        lambda match: match[0].replace(".", " "),
    ),
)
"""What a text must hold for a rule to match, which saves most of the searches; the pattern; what it becomes."""
_HAS_SIGN = re.compile(r"[&@%\u00b0\d]")
"""What a text must hold for `_GROUPED`, `_MONEY`, `_SIGNS` or `_ENDINGS` to match."""
_SIGNS = (
    (re.compile(r"&"), " and "),
    (re.compile(r"@"), " at "),
    (re.compile(r"%"), " percent "),
    (re.compile(r"°\s*c\b"), " degrees celsius "),
    (re.compile(r"°\s*f\b"), " degrees fahrenheit "),
    (re.compile(r"°"), " degrees "),
    (re.compile(r"(?<![\w-])-(?=\d)"), " minus "),
    (re.compile(r"\+(?=\s?\(?\d)"), " plus "),
    (re.compile(r"#(?=\d)"), " number "),
    (re.compile(r"(?<=\d) +1/2\b"), ".5"),
    (re.compile(r"(?<=\d) +1/4\b"), ".25"),
    (re.compile(r"(?<=\d) +3/4\b"), ".75"),
    (re.compile(r"(?<![\d/])1/2(?![\d/])"), "1 half"),
    (re.compile(r"(?<![\d/])1/4(?![\d/])"), "1 quarter"),
    (re.compile(r"(?<![\d/])3/4(?![\d/])"), "3 quarters"),
    (re.compile(r"(?<![\d/])1/3(?![\d/])"), "1 third"),
    (re.compile(r"(?<![\d/])2/3(?![\d/])"), "2 thirds"),
    (re.compile(r"\b(\d{1,2}):00\b(?!:)(?=\s*(?:[ap]\.?\s?m\b|o))"), r"\1 "),
    (re.compile(r"\b(\d{1,2}):00\b(?!:)"), r"\1 oclock"),
    (re.compile(r"(?<![\w.])\.(?=\d)"), "0."),
    (re.compile(r"(?<=\d)(?!(?:st|nd|rd|th|s)\b)(?=[a-z])"), " "),
    (re.compile(r"(?<=[a-z])(?=\d)"), " "),
)
_NOISY = re.compile(r"[^\w.]|_")
_LOOSE_POINT = re.compile(r"\.(?!\d)|(?<!\d)\.")
_ENDINGS = (
    (re.compile(r"(?<=\d )(dollar|pound|euro|cent|rupee)\b"), r"\1s"),
    (re.compile(r"\b(dollars|pounds|euros) and (?=(?:\d )+(?:cents|pence)\b)"), r"\1 "),
    (re.compile(r"(?<=\d )oclock (?=[ap]m\b)"), ""),
)


_DAY_AND_LETTER = frozenset({"ami", "pmi", "ama", "pma"})


def version() -> str:
    """Of the rules, of the package with Whisper's word lists, of the Unicode tables."""
    package = metadata.version("whisper-normalizer")
    return f"{RULES_VERSION}+whisper-normalizer-{package}+unicode-{unicodedata.unidata_version}"


def make_english() -> Callable[[str], str]:
    """The normaliser as a function; makes Whisper's word lists once.

    >>> english = make_english()
    >>> english("I don\u2019t know, call me at 555-1234!")
    'i do not know call me at 5 5 5 1 2 3 4'
    >>> english("J. O. H. N. paid £5 at 3 p.m."), english("John paid five pounds at three PM")
    ('john paid 5 pounds at 3 pm', 'john paid 5 pounds at 3 pm')
    """
    from whisper_normalizer.basic import ADDITIONAL_DIACRITICS
    from whisper_normalizer.english import EnglishTextNormalizer

    whisper = EnglishTextNormalizer()
    fillers = re.compile(whisper.ignore_patterns)
    filler_words = _literals(whisper.ignore_patterns)
    contractions = [
        (_literals(pattern)[0], re.compile(pattern), words) for pattern, words in whisper.replacers.items()
    ]
    spelling = whisper.standardize_spellings.mapping
    letters = str.maketrans(ADDITIONAL_DIACRITICS)

    def english(text: str) -> str:
        text = fold(text).lower()
        if any(word in text for word in filler_words):
            text = fillers.sub("", text)
        for needed, pattern, replacement in _BEFORE_CONTRACTIONS:
            if needed in text:
                text = pattern.sub(replacement, text)
        if "." in text:
            text = _DOTTED.sub(_spelled, text)
        if "-" in text or "_" in text:
            text = _LINKED.sub(_spelled, text)
        for needed, pattern, long_form in contractions:
            if needed in text:
                text = pattern.sub(long_form, text)
        text = text.replace("'", "")
        if not text.isascii():
            text = unicodedata.normalize("NFKD", text.translate(letters))
            text = "".join(char for char in text if unicodedata.category(char) != "Mn")
        words = _joined(spoken_numbers(_plain(text).split()))
        joined = " ".join(spelling.get(word, word) for word in words)
        if _HAS_SIGN.search(joined):
            for pattern, ending in _ENDINGS:
                joined = pattern.sub(ending, joined)
        return joined

    return english


def _literals(pattern: str) -> list[str]:
    r"""Texts of which one must be there for a pattern to match: its own words, or the empty text where it is not plain.

    >>> _literals(r"\b(hmm|uh)\b"), _literals(r"n't\b"), _literals(r"u+h")
    (['hmm', 'uh'], ["n't"], [''])
    """
    plain = pattern.replace(r"\b", "").removeprefix("(").removesuffix(")")
    return plain.split("|") if re.fullmatch(r"[a-z' |]+", plain) else [""]


def _plain(text: str) -> str:
    """Signs that are spoken as words, numerals apart from letters, no punctuation."""
    if not text.replace(" ", "").isalpha():
        has_sign = _HAS_SIGN.search(text) is not None
        if has_sign:
            text = _MONEY.sub(_money, _GROUPED.sub(_ungrouped, text))
        if "." in text:
            text = _WEB.sub(" dot ", text)
        if has_sign:
            for pattern, words in _SIGNS:
                text = pattern.sub(words, text)
        text = _LOOSE_POINT.sub(" ", _NOISY.sub(_blank, text))
    return text


def _blank(match: re.Match[str]) -> str:
    return match[0] if match[0] == _SPELLED else " "


def _ungrouped(match: re.Match[str]) -> str:
    """1,500 without its commas; 1,000,000,000 as 1 billion, since it is no row of ten digits."""
    digits = match[0].replace(",", "")
    for name, zeros in (("trillion", 12), ("billion", 9), ("million", 6)):
        if digits.endswith("0" * zeros) and 0 < len(digits) - zeros <= 3:
            return f"{digits[:-zeros]} {name}"
    return digits


def _money(match: re.Match[str]) -> str:
    sign, amount, scale = match.groups()
    unit = _CURRENCIES[sign]
    whole, _, cents = amount.partition(".")
    if scale or len(cents) != 2 or sign in "¥₹¢":
        return f"{amount}{scale} {unit} "
    small = f"{int(cents)} {'pence' if sign == '£' else 'cents'} " if int(cents) else ""
    if int(whole) == 0 and small:
        return small
    return f"{whole} {unit} {small}"


def _spelled(match: re.Match[str]) -> str:
    """Letters with dots or hyphens between them, apart, with a mark at both ends."""
    found = re.sub(r"[^a-z]", "", match[0])
    return f" {_SPELLED} {' '.join(found)} {_SPELLED} " if len(found) > 1 else match[0]


def _joined(words: list[str]) -> list[str]:
    """Letters that stand alone, joined where several follow each other.

    "i" and "a" are words as well: next to letters that dots or hyphens hold together they stay apart ("at 3 p.m. I
    went"), and so does a stutter of one of them. After a number a and p with m are a time of day.
    """
    if not any(len(word) == 1 and not word.isdigit() for word in words):
        return _times_of_day(words)
    out: list[str] = []
    run: list[str] = []
    held = False  # within letters that dots or hyphens hold together
    loose = True  # the run so far has no such letters
    for word in [*words, ""]:
        if word == _SPELLED:
            if not held and run and set(run) <= {"a", "i"} and loose:
                out += run
                run = []
            held, loose = not held, False
            continue
        clash = not held and not loose and word in ("a", "i")
        if len(word) == 1 and word.isalpha() and not clash:
            run.append(word)
            continue
        out += run if len(set(run)) < 2 and set(run) <= {"a", "i"} else ["".join(run)]
        run, loose = [], True
        if word:
            out.append(word)
    return [word for word in _times_of_day(out) if word]


def _times_of_day(words: list[str]) -> list[str]:
    """As "3 pmi" is "3 pm i": a time of day ends the run of letters."""
    if _DAY_AND_LETTER.isdisjoint(words):
        return words
    out: list[str] = []
    for at, word in enumerate(words):
        after_number = at and (words[at - 1][0].isdigit() if words[at - 1] else False)
        if (after_number or (at and words[at - 1] == "oclock")) and word in _DAY_AND_LETTER:
            out += [word[:2], word[2]]
        else:
            out.append(word)
    return out
