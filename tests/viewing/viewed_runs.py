"""Two runs over one small corpus: a failure, a runaway, an empty reference, and texts that are out to break pages."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from speechfair.auditing.run import audit
from speechfair.testing import Scripted
from speechfair.types import Label, Utterance
from speechfair.viewing.opened_run import RunShelf
from tests.support import ListCard, ListCorpus, write_tone

HOSTILE = [
    "<script>window.hacked=1</script>",
    'he said "quote" & <img src=x onerror=window.hacked=1>',
    "right \u202eto left\u202c \u2066mark",
    "=1+1",
    "w" * 40_000,
    "שלום עליכם",
    "日本 語 です",
]
ACCENTS = ("x", "y", '<b onclick="window.hacked=1">z', "עברית \u202e", "=cmd|'/c calc'!A1")


@dataclass(frozen=True)
class Pair:
    """Run folders of a model before and after, and the folder of the corpus."""

    before: Path
    after: Path
    corpus: Path

    def shelf(self) -> RunShelf:
        return RunShelf([self.before, self.after])


def rows(folder: Path) -> list[Utterance]:
    found = []
    for s in range(10):
        for u in range(4):
            n = 4 * s + u
            name = f"s{s:02d}-{u}"
            text = "one two three four five six seven"
            if n < len(HOSTILE):
                text += " " + HOSTILE[n]
            if n == 11:
                text = "..."
            labels = (
                Label("accent", ACCENTS[s % len(ACCENTS)], "corpus"),
                Label("gender", "female" if s < 5 else "male", "self_reported"),
            )
            audio = write_tone(folder / f"{name}.wav", 0.3 + 0.02 * (n % 7))
            found.append(Utterance(name, audio, text, "eng", f"s{s:02d}", labels[: 1 if s == 9 else 2]))
    return found


def answers(corpus: list[Utterance], step: int) -> dict[str, str]:
    found = {}
    for n, row in enumerate(corpus):
        words = (row.text or "").split()
        if n % step == 0:
            words[0] = "wan"
        if n % 3 == 0:
            words = words[:-1]
        if n % 4 == 1:
            words.insert(1, "umm")
        found[row.id] = " ".join(words)
    found[corpus[8].id] = "ha " * 30
    return found


def audited(home: Path) -> Pair:
    """Both runs, in `home`."""
    found = rows(home / "corpus")
    corpus = ListCorpus(found, home / "corpus", card=ListCard(reference={"accent": "x"}))
    sure = {row.id: 0.5 + 0.01 * n for n, row in enumerate(found)}
    axes = ["accent", "gender+accent"]
    first = Scripted(
        answers(found, 2), failures={"s02-1": "out of <b>memory</b>"}, confidences=sure, name="small"
    )
    second = Scripted(answers(found, 5), rejected={"s03-1": "ha ha"}, name="large")
    audit(corpus, first, axes, out=home / "before")
    audit(corpus, second, axes[:1], out=home / "after")
    return Pair(home / "before", home / "after", home / "corpus")
