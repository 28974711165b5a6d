"""Training rows that nobody spoke: the synthetic accent corpus says some of the training texts, or its own.

Rule-made accents are caricatures. Published gains from synthetic accents were on accents that the synthesiser knew, not
on others (arXiv 2407.04047); whether they help here only an audit of real speakers tells.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from speechfair.errors import InputError
from speechfair.records import Record
from speechfair.store import write_atomically

if TYPE_CHECKING:
    from speechfair.debias.data.training_data import Row, TrainingData
    from speechfair.synthesis.synthetic import SyntheticAccents

__all__ = ["SyntheticShare", "with_synthetic"]

CORPUS = "synthetic"
LANGUAGE = "eng"


class SyntheticShare(Record):
    """How many training rows are made, and of what.

    `share`: of the training rows, that are drawn. `how`: a made row is added to the drawn one (``join``) or in its
    place (``replace``); it counts with the drawn one's group. `texts`: what is said, the drawn row's text
    (``training``) or so many of the corpus's own sentences in turn. `first_languages`, `strengths` and `voices` are
    those of the corpus ``synthetic``; every row gets one of each by chance.
    """

    share: float = Field(default=0.2, gt=0, le=1)
    how: Literal["join", "replace"] = "join"
    texts: Literal["training"] | int = "training"
    first_languages: list[str] | None = None
    strengths: list[float] = Field(default=[0.5, 1.0], min_length=1)
    voices: int = Field(default=12, ge=1)


def with_synthetic(
    data: TrainingData, choice: SyntheticShare, folder: Path, seed: int, longest_s: float
) -> TrainingData:
    """`data` with made rows, which are counted in its `added`, and whose content is in its digests.

    Parameters
    ----------
    folder : the audio is kept under ``audio/synthetic`` in it.
    longest_s : a rendering that is longer is left out, and counted.

    Raises
    ------
    InputError
        A training row is not English, no drawn text can be spoken, or the corpus's licence does not allow training.
    MissingExtraError
        espeak-ng is not installed (extra ``synth``).
    """
    import numpy as np

    if strange := sorted({row.language for row in data.train} - {LANGUAGE}):
        raise InputError(
            f"synthetic accents are of English; training rows are in {strange[0]!r}. Leave `synthetic` out"
        )
    rng = np.random.default_rng([seed, 6])
    count = max(1, round(choice.share * len(data.train)))
    drawn = sorted(int(place) for place in rng.permutation(len(data.train))[:count])
    kept = [place for place in drawn if choice.texts != "training" or _spoken(data.train[place].text)]
    left_out = Counter({"text that espeak-ng cannot say": len(drawn) - len(kept)})
    if not kept:
        raise InputError(
            "none of the drawn training texts can be spoken by espeak-ng; give `synthetic.texts` a number"
        )
    corpus, numbers = _corpus([data.train[place] for place in kept], choice, folder, seed)
    made: dict[int, Row] = {}
    accents: Counter[str] = Counter()
    for place, said in zip(kept, corpus.drawn(numbers, rng), strict=True):
        row = _row(data.train[place], said, place, own_text=choice.texts != "training")
        if row.duration_s > longest_s:
            left_out[f"longer than {longest_s:g} s"] += 1
            continue
        made[place] = row
        accents[next(label.value for label in said.labels if label.axis == "accent")] += 1
    if choice.how == "replace":
        train = [made.get(place, row) for place, row in enumerate(data.train)]
    else:
        train = [*data.train, *made.values()]
    added = {
        "corpus": CORPUS,
        "rows": len(made),
        "replaced": len(made) if choice.how == "replace" else 0,
        "by_group": dict(sorted(Counter(row.group for row in made.values()).items())),
        "by_accent": dict(sorted(accents.items())),
        "hours": sum(row.duration_s for row in made.values()) / 3600,
        "left_out": {reason: n for reason, n in sorted(left_out.items()) if n},
    }
    digests = (*data.digests, _digest(list(made.values())))
    return replace(data, train=tuple(train), digests=digests, added=added)


def _corpus(
    rows: Sequence[Row], choice: SyntheticShare, folder: Path, seed: int
) -> tuple[SyntheticAccents, list[int]]:
    """The corpus, and the number of the sentence that is said for each row."""
    from speechfair.corpora.licence import require_use
    from speechfair.synthesis.synthetic import SyntheticAccents

    place = folder / "audio" / CORPUS
    texts: int | Path
    if choice.texts == "training":
        lines = list(dict.fromkeys(_spoken(row.text) for row in rows))
        number_of = {line: number for number, line in enumerate(lines, start=1)}
        numbers = [number_of[_spoken(row.text)] for row in rows]
        texts = place / "texts.txt"
        write_atomically(texts, "".join(f"{line}\n" for line in lines).encode())
    else:
        texts = choice.texts
        numbers = [1 + number % max(1, texts) for number in range(len(rows))]
    corpus = SyntheticAccents(
        place, first_languages=choice.first_languages, strengths=choice.strengths, voices=choice.voices,
        texts=texts, seed=seed, include_reference=False,
    )  # fmt: skip
    require_use(corpus.card, "training")
    return corpus, numbers


def _spoken(text: str) -> str:
    """What espeak-ng is given to say; nothing if it cannot. Capitals are lowered: it would spell some words out."""
    from speechfair.synthesis.dials import sayable

    words = " ".join(text.split())
    words = words.lower() if words.isupper() else words
    return words if sayable(words) else ""


def _row(drawn: Row, said: Any, place: int, own_text: bool) -> Row:
    from speechfair.audio import load_bytes, probe

    facts = probe(load_bytes(said.audio))
    return replace(
        drawn,
        id=f"{CORPUS}/{place}/{said.id}",
        audio=said.audio,
        audio_sha256=facts.sha256,
        start_s=None,
        end_s=None,
        duration_s=facts.duration_s,
        text=said.text if own_text else drawn.text,
        speaker=said.speaker,
        corpus=CORPUS,
    )


def _digest(rows: Sequence[Row]) -> str:
    from speechfair.debias.data.training_rows import digest_of_rows

    return digest_of_rows(rows)
