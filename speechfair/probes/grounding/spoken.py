"""Scenes as a corpus: spoken in synthetic accents in parallel, or bound to what a corpus's speakers said anyway.

The same scene is said by every voice in every accent and strength, so that accents differ in nothing else. Where the
scenes come from a corpus's own texts, accents say different things, and the text control shows how hard those are.
"""

from __future__ import annotations

import hashlib
import io
import tempfile
import wave
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.errors import InputError
from speechfair.probes.grounding import bound, grammar, grammar_ja, sound_grammar
from speechfair.probes.grounding.sound_wording import Speech
from speechfair.probes.items import Scene
from speechfair.resources import cache_folder
from speechfair.types import Corpus, Exclusion, Utterance

if TYPE_CHECKING:
    from speechfair.synthesis.synthetic import SyntheticAccents
    from speechfair.synthesis.synthetic_japanese import SyntheticJapanese

__all__ = ["SceneCorpus", "Silence", "bind", "say", "speak", "speak_sound"]

SILENCE_RATE = 16_000
SILENCE_S = (3.0, 6.0)
SILENCE_PEAK = 3
"""Of 32,767: some -80 dB, since digital silence is not what a microphone gives."""


@dataclass(frozen=True)
class SceneCorpus:
    """A `Corpus` whose every utterance has a scene.

    Parameters
    ----------
    base : where the speech comes from.
    items : where the questions come from: ``grammar``, ``sound`` (what the words do not tell) or ``corpus``.
    options : JSON-serialisable; part of the recipe.
    silences : scenes in which nothing is said, added after the speech.
    """

    base: Corpus
    items: str
    options: Mapping[str, Any]
    by_text: Mapping[str, Scene] = field(default_factory=dict)
    silences: Sequence[Scene] = ()
    seed: int = 0

    @property
    def name(self) -> str:
        """Registry name of the corpus that speaks."""
        return self.base.name

    @property
    def card(self) -> Any:
        """The card of the corpus that speaks."""
        return self.base.card

    @property
    def root(self) -> Path | None:
        """Folder that the audio lies under."""
        return self.base.root

    def __iter__(self) -> Iterator[Utterance | Exclusion]:
        yield from self.base
        for number, scene in enumerate(self.silences):
            yield Utterance(scene.id, Silence(scene.id, self.seed + number), None, "zxx", None)

    def scenes_of(self, texts: Mapping[str, str | None]) -> dict[str, Scene]:
        """The scene of each utterance that has one.

        Parameters
        ----------
        texts : verbatim text by utterance id, None where nothing is said.
        """
        quiet = {scene.id: scene for scene in self.silences}
        known = self.by_text or bound.scenes_of({n: text for n, text in texts.items() if text}, self.seed)
        found = {}
        for name, text in texts.items():
            scene = quiet.get(name) or known.get(text or "" if self.by_text else name)
            if scene is not None:
                found[name] = scene
        return found


@dataclass(frozen=True, slots=True)
class Silence:
    """A recording of a quiet room, made on the spot: an `AudioSource`."""

    name: str
    seed: int

    def read(self) -> bytes:
        """A WAV file, the same bytes for the same seed."""
        import numpy as np

        rng = np.random.default_rng([self.seed, 7])
        frames = int(rng.uniform(*SILENCE_S) * SILENCE_RATE)
        samples = rng.integers(-SILENCE_PEAK, SILENCE_PEAK + 1, frames).astype("<i2")
        file = io.BytesIO()
        with wave.open(file, "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(SILENCE_RATE)
            out.writeframes(samples.tobytes())
        return file.getvalue()


def speak(
    scenes: int = 24,
    *,
    language: Speech = "eng",
    first_languages: Sequence[str] | str | None = None,
    strengths: Sequence[float] = (0.5, 1.0),
    voices: int = 8,
    silences: int = 8,
    seed: int = 0,
    root: Path | str | None = None,
) -> SceneCorpus:
    """`scenes` of the grammar, said by `voices` synthetic voices in every accent, strength and the reference.

    Parameters
    ----------
    language : of speech and questions: English, or Japanese with foreign accents (extra ``ja``).
    first_languages, strengths, voices : as for `speechfair.synthesis.synthetic.SyntheticAccents`.
    silences : recordings without speech that are asked about too.
    seed : of the scenes, of the sites that an accent changes and of the order of options.
    root : folder for the sound files; None is one in the user's cache.

    Raises
    ------
    MissingExtraError
        ``espeakng-loader``, or for Japanese Open JTalk, is not installed.
    """
    used = grammar if language == "eng" else grammar_ja
    made = used.scenes(scenes, seed)
    quiet = _silences(silences, seed, used.silences)
    base = say(
        [str(scene.text) for scene in made],
        language,
        first_languages=first_languages,
        strengths=strengths,
        voices=voices,
        seed=seed,
        root=root,
    )
    options = {**base.options, "texts": f"grammar {used.VERSION}", "scenes": scenes, "silences": silences}
    by_text = {str(scene.text): scene for scene in made}
    return SceneCorpus(base, "grammar", options, by_text, quiet, seed)


def speak_sound(
    scenes: int = 12,
    *,
    language: Speech = "eng",
    first_languages: Sequence[str] | str | None = None,
    strengths: Sequence[float] = (1.0,),
    voices: int = 6,
    silences: int = 0,
    seed: int = 0,
    root: Path | str | None = None,
) -> SceneCorpus:
    """`scenes` whose answers are in the sound: who speaks, how, where, and what is heard between the words.

    Parameters
    ----------
    language : of speech and questions, as for `speak`.
    voices : of the first speaker, at most 8; see `speechfair.synthesis.arranged.ArrangedAccents`.
    first_languages, strengths, silences, seed, root : as for `speak`.
    """
    from speechfair.synthesis.arranged import ArrangedAccents, ArrangedJapanese

    made = sound_grammar.sound_scenes(scenes, seed, language)
    quiet = _silences(silences, seed, (grammar if language == "eng" else grammar_ja).silences)
    arranged = ArrangedAccents if language == "eng" else ArrangedJapanese
    base = arranged(
        root if root is not None else cache_folder("scenes"),
        [arrangement for _, arrangement in made],
        first_languages=first_languages,
        strengths=strengths,
        voices=voices,
        seed=seed,
    )
    texts = f"sound grammar {sound_grammar.VERSION}" + ("" if language == "eng" else f" {language}")
    options = {**base.options, "texts": texts, "scenes": scenes, "silences": silences}
    by_text = {str(scene.text): scene for scene, _ in made}
    return SceneCorpus(base, "sound", options, by_text, quiet, seed)


def _silences(n: int, seed: int, drawn: Callable[[int, int], tuple[Scene, ...]]) -> tuple[Scene, ...]:
    if not isinstance(n, int) or n < 0:
        raise InputError(f"silences={n!r} is not a whole number from 0 up")
    return drawn(n, seed)


def say(
    texts: Sequence[str],
    language: Speech = "eng",
    *,
    first_languages: Sequence[str] | str | None = None,
    strengths: Sequence[float] = (0.5, 1.0),
    voices: int = 8,
    seed: int = 0,
    root: Path | str | None = None,
) -> SyntheticAccents | SyntheticJapanese:
    """`texts` in every synthetic accent, strength, the reference and every voice; parameters as for `speak`.

    Parameters
    ----------
    language : of the texts; Japanese ones are read by Open JTalk (extra ``ja``).
    """
    from speechfair.synthesis.synthetic import SyntheticAccents
    from speechfair.synthesis.synthetic_japanese import SyntheticJapanese

    corpus = SyntheticAccents if language == "eng" else SyntheticJapanese
    lines = "\n".join(texts) + "\n"
    with tempfile.TemporaryDirectory(prefix="speechfair-texts-") as folder:
        file = Path(folder) / "texts.txt"
        file.write_text(lines, encoding="utf-8")
        made = corpus(
            root if root is not None else cache_folder("scenes"),
            first_languages=first_languages,
            strengths=strengths,
            voices=voices,
            texts=file,
            seed=seed,
        )
    made.record_texts_as(f"sha256 {hashlib.sha256(lines.encode()).hexdigest()}")
    return made


def bind(corpus: Corpus, *, silences: int = 8, seed: int = 0) -> SceneCorpus:
    """The utterances of `corpus`, each asked about its own transcript; see `speechfair.probes.grounding.bound`."""
    options = {**corpus.options, "items": f"bound {bound.VERSION}", "silences": silences}
    return SceneCorpus(corpus, "corpus", options, {}, grammar.silences(silences, seed), seed)
