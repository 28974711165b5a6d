"""A speech-LLM whose truth is known, and made-up speech for it: it is right except where it was told to be worse."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from speechfair.probes.grounding.grammar import scenes, silences
from speechfair.probes.grounding.spoken import SceneCorpus
from speechfair.probes.items import Item, Scene, options_of
from speechfair.types import Answer, Architecture, Label, ModelIdentity, Question, Utterance
from tests.support import ListCard, ListCorpus, write_tone

ACCENTS = ("plain", "thick", "other")


def scene_corpus(folder: Path, *, n_scenes: int = 16, speakers: int = 8, seed: int = 0) -> SceneCorpus:
    """Every speaker says every scene in every accent; ids are ``ACCENT/SPEAKER/SCENE``."""
    made = scenes(n_scenes, seed)
    tone = write_tone(folder / "tone.wav", 0.05)
    rows = [
        Utterance(
            f"{accent}/v{speaker}/{scene.id}",
            tone,
            scene.text,
            "eng",
            f"v{speaker}",
            (Label("accent", accent, "corpus"),),
        )
        for accent in ACCENTS
        for speaker in range(speakers)
        for scene in made
    ]
    base = ListCorpus(rows, folder, card=ListCard(reference={"accent": "plain"}))
    by_text = {str(scene.text): scene for scene in made}
    return SceneCorpus(base, "grammar", {}, by_text, silences(4, seed), seed)


class Planted:
    """Wrong with probability `base`, and with `base` + `drop` about the accent ``thick`` at one level only.

    Parameters
    ----------
    level : the level that is worse for ``thick``; None is an even model.
    replies : verbatim reply instead of an answer, by ask id.
    """

    sample_rate = 16_000
    architecture: Architecture = "native"

    def __init__(
        self,
        corpus: SceneCorpus,
        level: int | None = None,
        *,
        drop: float = 0.3,
        base: float = 0.01,
        seed: int = 0,
        replies: Mapping[str, str] | None = None,
    ) -> None:
        self.scenes: dict[str, Scene] = {scene.id: scene for scene in corpus.by_text.values()}
        self.scenes |= {scene.id: scene for scene in corpus.silences}
        self.level, self.drop, self.base, self.seed = level, drop, base, seed
        self.replies = dict(replies or {})
        self.identity = ModelIdentity("planted", "planted", f"{level}-{seed}", {}, {})
        self.calls: list[list[str]] = []

    def answer(self, batch: Sequence[Question]) -> list[Answer]:
        self.calls.append([question.id for question in batch])
        return [Answer(q.id, self.say(q), None, 0.0, self.identity.key) for q in batch]

    def say(self, question: Question) -> str:
        if question.id in self.replies:
            return self.replies[question.id]
        arm, about, name = question.id.split("|")
        scene = self.scenes[about.split("/")[-1]]
        item = next(item for item in scene.items if item.id == name)
        drawn = zlib.crc32(f"{self.seed}|{question.id}".encode()) / 2**32
        worse = item.level == self.level and about.startswith("thick")
        wrong = arm == "audio" and drawn < self.base + self.drop * worse
        return letter(scene.id, item, item.foils[0] if wrong else item.answer)


def letter(scene: str, item: Item, option: str, seed: int = 0) -> str:
    return "ABCDEFGH"[options_of(scene, item, seed).index(option)]
