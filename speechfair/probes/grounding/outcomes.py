"""From stored replies to one table: every question that was asked of the audio, what its reply says, and the control's.

Nothing is estimated here. Rows in = rows read; a reply that is missing is an error, not a smaller table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from speechfair.probes.asking import AUDIO, TEXT, Ask, by_ask
from speechfair.probes.items import Form, Item, Scene, options_of, prompt_of
from speechfair.probes.reading import Reading, read

if TYPE_CHECKING:
    import polars as pl

__all__ = ["asks_of", "favourite_place", "outcome_table"]

LEAST_CHOSEN = 30
"""Replies that choose an option, below which nothing is said of a liking for a letter. Ours."""


def asks_of(scene_of: Mapping[str, Scene], form: Form, seed: int) -> list[Ask]:
    """Every prompt of both arms.

    Parameters
    ----------
    scene_of : scene by utterance id; one scene may be spoken in many utterances.
    """
    asks: list[Ask] = []
    prompts: dict[str, dict[str, str]] = {}
    for scene in scene_of.values():
        if scene.id in prompts:
            continue
        prompts[scene.id] = {item.id: prompt_of(scene.id, item, form, seed) for item in scene.items}
        for item, prompt in prompts[scene.id].items():
            asks.append(Ask(TEXT, scene.id, item, prompt, scene.text or ""))
    for utterance, scene in scene_of.items():
        asks += [Ask(AUDIO, utterance, item, prompt) for item, prompt in prompts[scene.id].items()]
    return asks


def outcome_table(
    manifest: pl.DataFrame,
    scene_of: Mapping[str, Scene],
    replies: pl.DataFrame,
    form: Form,
    seed: int,
) -> pl.DataFrame:
    """One row per question asked of the audio.

    Returns
    -------
    Columns ``utterance_id, speaker, labels, scene, item, level, kind, n_options, truth, silence, reply, answer``,
    ``outcome, how`` and ``text_outcome``, the outcome of the same question asked of the transcript.
    """
    import polars as pl

    reply_to = by_ask(replies)
    found: dict[tuple[str, str, str | None], Reading] = {}

    def reading_of(reply: str | None, scene: Scene, item: Item) -> Reading:
        """Each reply to a question is read once, however many voices it was given to."""
        key = (scene.id, item.id, reply)
        if key not in found:
            found[key] = read(reply, scene.id, item, form, seed)
        return found[key]

    rows: list[dict[str, Any]] = []
    facts = {row["id"]: row for row in manifest.iter_rows(named=True)}
    for utterance, scene in scene_of.items():
        for item in scene.items:
            control = reading_of(reply_to(Ask(TEXT, scene.id, item.id, "")), scene, item)
            reply = reply_to(Ask(AUDIO, utterance, item.id, ""))
            reading = reading_of(reply, scene, item)
            rows.append(
                {
                    "utterance_id": utterance,
                    "speaker": facts[utterance]["speaker"],
                    "labels": facts[utterance]["labels"],
                    "scene": scene.id,
                    "item": item.id,
                    "level": item.level,
                    "kind": item.kind,
                    "n_options": 1 + len(item.foils),
                    "truth": item.answer,
                    "silence": scene.text is None,
                    "reply": reply,
                    "answer": reading.answer,
                    "outcome": reading.outcome,
                    "how": reading.how,
                    "text_outcome": control.outcome,
                }
            )
    return pl.DataFrame(rows, schema=_schema())


def favourite_place(
    table: pl.DataFrame, scene_of: Mapping[str, Scene], seed: int
) -> tuple[str, float, float] | None:
    """The letter that is chosen too often: how often, and how often at most it would be by chance or when right.

    Options are shuffled, so a model that is drawn to a letter is right by chance alone. None where too few replies
    choose an option.
    """
    options = {
        (scene.id, item.id): options_of(scene.id, item, seed)
        for scene in scene_of.values()
        for item in scene.items
    }
    rows = [row for row in table.iter_rows(named=True) if row["outcome"] in ("right", "wrong") and row["how"]]
    if len(rows) < LEAST_CHOSEN:
        return None
    listed = [options[row["scene"], row["item"]] for row in rows]
    found = []
    for place in range(max(map(len, listed))):
        chosen = sum(some.index(row["answer"]) == place for some, row in zip(listed, rows, strict=True))
        right = sum(some.index(row["truth"]) == place for some, row in zip(listed, rows, strict=True))
        chance = sum(1 / len(some) for some in listed if place < len(some))
        found.append(("ABCDEFGH"[place], chosen / len(rows), max(right, chance) / len(rows)))
    return max(found, key=lambda one: one[1] - one[2])


def _schema() -> dict[str, Any]:
    import polars as pl

    label = pl.Struct({"axis": pl.String, "value": pl.String, "source": pl.String})
    texts: Sequence[str] = (
        "utterance_id",
        "speaker",
        "scene",
        "item",
        "kind",
        "truth",
        "reply",
        "answer",
        "how",
    )
    schema: dict[str, Any] = dict.fromkeys(texts, pl.String)
    schema |= {"outcome": pl.String, "text_outcome": pl.String, "labels": pl.List(label)}
    return schema | {"level": pl.Int8, "n_options": pl.Int8, "silence": pl.Boolean}
