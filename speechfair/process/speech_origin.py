"""Whether the speech of a run was recorded, augmented or synthesised: by its corpus card, its rows, then sources.yaml.

A corpus's name says nothing. What no card, row or form states is not known, and not known is not recorded.
"""

from __future__ import annotations

from speechfair.corpora.card import ORIGINS
from speechfair.process.checks.common import Part, ok
from speechfair.process.finding import say
from speechfair.process.material import Material, Run

__all__ = ["origin_of", "speech_part", "synthetic_training"]

AXIS = "speech"
"""Label axis by which single rows state their origin."""

_JA = {"augmented": "加工(拡張)音声", "synthetic": "合成音声"}


def origin_of(run: Run, material: Material) -> str | None:
    """The least real origin that card, rows or form state; None where nothing is stated."""
    if isinstance(run.content, str):
        return None
    stated = {run.content.recipe.card.speech or _of_card(run.content.recipe.corpus.name), *_of_rows(run)}
    if stated == {None}:
        corpus = run.content.recipe.corpus.name
        rows = material.forms["sources.yaml"].values["sources"]
        stated = {row["speech"] for row in rows if row["corpus"] == corpus}
    found = [origin for origin in ORIGINS if origin in stated]
    return found[-1] if found else None


def speech_part(run: Run, material: Material) -> Part:
    """Whether a run on the test set heard recorded speech; what is shown on other speech is not shown for people."""
    origin = origin_of(run, material)
    if origin == "recorded":
        return ok()
    if origin is None:
        return "not_assessed", say(
            f"{run.name}: neither the corpus card nor sources.yaml says whether its speech was recorded",
            f"{run.name}:録音音声かどうかがコーパスカードにも sources.yaml にもない",
        )
    return "undetermined", say(
        f"{run.name}: {origin} speech, which does not stand for people's",
        f"{run.name}:{_JA[origin]}は実際の話者の代わりにならない",
    )


def synthetic_training(material: Material) -> list[str]:
    """Runs and corpora of the training that hold synthetic or augmented speech, by card, rows or training record."""
    found = [run.name for run in material.of_role("training") if origin_of(run, material) in _JA]
    for record in material.training:
        for source in record.trained_on.values():
            corpus = str(source.get("corpus"))
            if _of_card(corpus) in _JA:
                found.append(f"{record.id}, {corpus}")
    return list(dict.fromkeys(found))


def _of_rows(run: Run) -> set[str]:
    if isinstance(run.manifest, str):
        return set()
    labels = run.manifest["labels"].to_list()
    return {label["value"] for row in labels for label in row or [] if label["axis"] == AXIS}


def _of_card(corpus: str) -> str | None:
    from speechfair.corpora.card import load_card
    from speechfair.errors import SpeechfairError

    try:
        return load_card(corpus).speech
    except SpeechfairError:
        return None
