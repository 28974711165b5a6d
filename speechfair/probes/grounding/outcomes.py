"""From stored replies to one table: every question that was asked of the audio, what its reply says, and the control's.

Nothing is estimated here. Rows in = rows read; a reply that is missing is an error, not a smaller table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from speechfair.probes.asking import AUDIO, TEXT, Ask, by_ask
from speechfair.probes.items import Form, Item, Scene, options_of, prompt_of
from speechfair.probes.letter_bias import Chosen
from speechfair.probes.reading import Reading, read

if TYPE_CHECKING:
    import polars as pl

__all__ = ["asks_of", "chosen_options", "outcome_table"]


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
                    "text_answer": control.answer,
                }
            )
    return pl.DataFrame(rows, schema=_schema())


def chosen_options(
    table: pl.DataFrame, scene_of: Mapping[str, Scene], seed: int, answer: str = "answer"
) -> list[Chosen]:
    """The replies of a table of outcomes that choose an option.

    Parameters
    ----------
    answer : the column of the options that were chosen, ``answer`` of the audio or ``text_answer`` of the control.
    """
    options = {
        (scene.id, item.id): options_of(scene.id, item, seed)
        for scene in scene_of.values()
        for item in scene.items
    }
    listed = [
        (options[row["scene"], row["item"]], row[answer], row["truth"]) for row in table.iter_rows(named=True)
    ]
    return [Chosen(shown, said, truth) for shown, said, truth in listed if said in shown]


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
    schema |= {
        "outcome": pl.String,
        "text_outcome": pl.String,
        "text_answer": pl.String,
        "labels": pl.List(label),
    }
    return schema | {"level": pl.Int8, "n_options": pl.Int8, "silence": pl.Boolean}
