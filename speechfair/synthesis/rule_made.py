"""What the rule-made corpora share: the crossing of accents and dials, the labels, the files and their names.

A corpus is a parallel design: every voice says every text in every cell, so that groups are paired by voice
(``speaker``) and by text (label ``text_id``). `speechfair.synthesis.synthetic` and
`speechfair.synthesis.synthetic_japanese` say in which language, from which rules and with which voices.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tempfile
import threading
import wave
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from speechfair.corpora.card import Card, load_card
from speechfair.errors import InputError, StorageError
from speechfair.resources import cache_folder, data_folder
from speechfair.synthesis import espeak
from speechfair.synthesis.accent_rules import load_rules
from speechfair.synthesis.channels import CLEAN, VERSION, Channel, parse_channel
from speechfair.synthesis.dials import check_codes, check_names, check_shares, check_tempos, check_whole
from speechfair.types import Exclusion, Label, Utterance

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Cell", "RuleMade", "Sentence", "write_rendering"]

_RENDER_LOCK = threading.Lock()

_FINALS = {"?": "?", "？": "?", "!": "!", "！": "!"}
"""Closing marks that change the intonation."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A text as it is written, and what espeak-ng is given to say it."""

    text: str
    spoken: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One combination of the dials; the reference's code at strength 0 and prosody 0 is no accent."""

    code: str
    accent: str
    strength: float
    prosody: float
    tempo: float
    channel: Channel

    @property
    def name(self) -> str:
        """Of ids: code and strength, then the dials that are not at their usual place."""
        dials = [
            *([f"p{self.prosody:g}"] if self.prosody else []),
            *([f"t{self.tempo:g}"] if self.tempo != 1 else []),
            *([self.channel.name] if self.channel.steps else []),
        ]
        return "-".join([self.code, f"{self.strength:g}", *dials])


class RuleMade(ABC):
    """A corpus of rule-made accents, rendered when it is iterated over and kept for the next time.

    The speaker of an utterance is its voice, **the same in every accent**: groups are paired by speaker, and
    statistics must treat them so. Labels (source ``corpus``): ``first_language`` (ISO 639-3), ``accent``,
    ``strength`` (``0`` is the reference), ``prosody``, ``tempo``, ``channel``, ``text_id`` and ``gender``
    (of the voice).

    Parameters
    ----------
    root : folder for the WAV files; None is a folder of its own in `speechfair.resources.cache_folder`. File names
        hold a digest of all that decides their bytes, so a folder may be shared and no stale file is read.
    first_languages : ISO 639-3 codes out of ``rules.yaml``, or one string with commas; None is all of them.
    strengths : the share of sites, 0 to 1, that is replaced. Sites replaced at one strength are replaced at each
        higher one.
    prosodies : the share, 0 to 1, of the way to the first language's melody and rhythm; apart from `strengths`.
    tempos : factors of the speech rate; the reference is spoken at each.
    channels : such as ``clean``, ``noise:10``, ``room:0.6+telephone`` (`speechfair.synthesis.channels`); the reference
        goes through each.
    voices : how many of the corpus's voices, from the first.
    texts : how many of the shipped sentences, from the first; or a UTF-8 file with one sentence a line.
    seed : of the choice of sites, of espeak-ng's noise and of the channels.
    include_reference : whether the unmodified reference comes too, before the accents.

    Raises
    ------
    InputError
        An argument is not usable as given, or a line of the file of texts cannot be used.
    MissingExtraError
        On construction: ``espeakng-loader`` is not installed.
    StorageError
        On iteration: a file could not be written.
    """

    name: ClassVar[str]
    makes_root = True
    language: ClassVar[str]
    all_voices: ClassVar[tuple[espeak.Voice, ...]]

    def __init__(
        self,
        root: Path | str | None = None,
        *,
        first_languages: Sequence[str] | str | None = None,
        strengths: Sequence[float] = (0.5, 1.0),
        prosodies: Sequence[float] = (0.0,),
        tempos: Sequence[float] = (1.0,),
        channels: Sequence[str] | str = (CLEAN,),
        voices: int = 8,
        texts: int | str | Path = 12,
        seed: int = 0,
        include_reference: bool = True,
    ) -> None:
        self._rules = load_rules(data_folder("corpora") / self.name / "rules.yaml")
        codes = check_codes(first_languages, self._rules)
        self._voices = self.all_voices[: check_whole("voices", voices, len(self.all_voices))]
        dials: dict[str, tuple[Any, ...]] = {
            "strengths": check_shares("strengths", strengths),
            "prosodies": check_shares("prosodies", prosodies),
            "tempos": check_tempos(tempos, self._voices),
            "channels": check_names("channels", channels),
        }
        lines = tuple(parse_channel(channel) for channel in dials["channels"])
        self._sentences = self._read_texts(texts)
        self._seed = check_whole("seed", seed, 2**31 - 1, least=0)
        self._engine = espeak.engine()
        self._cells = self._cross(codes, dials, lines, bool(include_reference))
        self._options: dict[str, Any] = {
            "first_languages": list(codes),
            **{dial: list(values) for dial, values in dials.items()},
            "channels": [line.name for line in lines],
            "voices": voices,
            "texts": texts if isinstance(texts, int) else str(texts),
            "seed": seed,
            "include_reference": bool(include_reference),
        }
        self._phonemes: dict[str, espeak.Phonemes] = {}
        self._root = Path(root) if root is not None else cache_folder(self.name) / self._digest()

    @abstractmethod
    def _read_texts(self, asked: int | str | Path) -> tuple[Sentence, ...]:
        """The sentences asked for, by number or by file."""

    @abstractmethod
    def _phonemize(self, sentence: Sentence) -> espeak.Phonemes:
        """Words of phonemes of the unmodified sentence."""

    @property
    def card(self) -> Card:
        """The corpus's card."""
        return load_card(self.name)

    @property
    def options(self) -> Mapping[str, Any]:
        """JSON-serialisable arguments apart from `root`, the defaults spelt out."""
        return dict(self._options)

    def record_texts_as(self, name: str) -> None:
        """Have `options` name the texts so, in place of the path of their file, which may not last."""
        self._options["texts"] = name

    @property
    def root(self) -> Path:
        """Folder that the audio lies under."""
        return self._root

    def __len__(self) -> int:
        return len(self._cells) * len(self._voices) * len(self._sentences)

    def __iter__(self) -> Iterator[Utterance | Exclusion]:
        """The reference, then accent by accent, dial by dial, voice by voice; renders what is missing."""
        for cell in self._cells:
            for voice in self._voices:
                for number, sentence in enumerate(self._sentences, start=1):
                    yield self._utterance(cell, voice, number, sentence)

    def drawn(self, numbers: Sequence[int], rng: np.random.Generator) -> Iterator[Utterance]:
        """One utterance of each sentence in `numbers` (from 1, repeats allowed); only these are rendered.

        Accent, dials and voice are drawn; none comes twice for one sentence before all have come.
        """
        waiting: dict[int, list[int]] = {}
        for number in numbers:
            left = waiting.setdefault(number, [])
            if not left:
                left.extend(int(place) for place in rng.permutation(len(self._cells) * len(self._voices)))
            cell, voice = divmod(left.pop(), len(self._voices))
            sentence = self._sentences[number - 1]
            yield self._utterance(self._cells[cell], self._voices[voice], number, sentence)

    def _cross(
        self,
        codes: Sequence[str],
        dials: Mapping[str, tuple[Any, ...]],
        lines: Sequence[Channel],
        reference: bool,
    ) -> list[Cell]:
        rules = self._rules
        outer = [(tempo, line) for tempo in dials["tempos"] for line in lines]
        cells = [
            Cell(code, rules.accent(code), strength, prosody, tempo, line)
            for code in codes
            for strength in dials["strengths"]
            for prosody in dials["prosodies"]
            for tempo, line in outer
        ]
        plain = [
            Cell(rules.reference_code, rules.reference_accent, 0.0, 0.0, tempo, line) for tempo, line in outer
        ]
        return [*plain, *cells] if reference else cells

    def _utterance(self, cell: Cell, voice: espeak.Voice, number: int, sentence: Sentence) -> Utterance:
        facts = {
            "first_language": cell.code,
            "accent": cell.accent,
            "strength": f"{cell.strength:g}",
            "prosody": f"{cell.prosody:g}",
            "tempo": f"{cell.tempo:g}",
            "channel": cell.channel.name,
            "text_id": f"{number:03d}",
            "gender": voice.gender,
        }
        return Utterance(
            id=f"{cell.name}-{voice.id}-{number:03d}",
            audio=self._audio(cell, voice, sentence),
            text=sentence.text,
            language=self.language,
            speaker=voice.id,
            labels=tuple(Label(axis, value, "corpus") for axis, value in facts.items()),
        )

    def _audio(self, cell: Cell, voice: espeak.Voice, sentence: Sentence) -> Path:
        """Path of the rendering, made now if it is not there."""
        made_of = [
            *self._recipe(cell.code),
            *self._dials(cell),
            cell.strength,
            voice.name,
            voice.pitch,
            voice.words_per_minute,
            sentence.spoken,
            *_unsaid_final(sentence),
        ]
        file = f"{voice.id}-{_sha256(made_of)[:20]}.wav"
        path = self._root / cell.code / f"{cell.strength:g}" / file
        with _RENDER_LOCK:
            if not path.is_file():
                write_rendering(path, self._render(cell, voice, sentence))
        return path

    def _render(self, cell: Cell, voice: espeak.Voice, sentence: Sentence) -> bytes:
        phonemes = self._said(sentence)
        prosody = None
        if cell.code != self._rules.reference_code:
            draws = _generator(self._seed, sentence.spoken, cell.code).random(sum(map(len, phonemes)))
            phonemes = self._rules.apply(phonemes, cell.code, cell.strength, draws)
            if cell.prosody:
                draws = _generator(self._seed, sentence.spoken, cell.code, "prosody").random(len(phonemes))
                phonemes = self._rules.stress(phonemes, cell.code, cell.prosody, draws)
                prosody = self._rules.prosody(cell.code)
        # The noise is the same in every accent and strength, so that these alone make the difference.
        noise = int(_sha256([self._seed, voice.id, sentence.spoken])[:8], 16) >> 1
        usual = espeak.USUAL_RANGE
        sound = espeak.render(
            phonemes,
            espeak.at_tempo(voice, cell.tempo),
            seed=noise,
            final=_final(sentence),
            pitch_range=usual + round((prosody.pitch_range - usual) * cell.prosody) if prosody else usual,
            word_gap=round(prosody.word_gap * cell.prosody) if prosody else 0,
        )
        return _through(cell.channel, sound, self._seed, voice.id, sentence.spoken)

    def _said(self, sentence: Sentence) -> espeak.Phonemes:
        if sentence.spoken not in self._phonemes:
            self._phonemes[sentence.spoken] = self._phonemize(sentence)
        phonemes = self._phonemes[sentence.spoken]
        if not any(token != espeak.PAUSE for word in phonemes for token in word):
            raise InputError(
                f"espeak-ng finds nothing to say in the text {sentence.text!r}; change or remove it"
            )
        return phonemes

    def _recipe(self, code: str) -> list[Any]:
        return [self._engine.version, self._rules.digest(code), self._seed]

    def _dials(self, cell: Cell) -> list[Any]:
        """What decides the bytes besides code and strength; nothing where the dials are at their usual place."""
        made_of: list[Any] = []
        if cell.prosody:
            prosody = self._rules.prosody(cell.code).model_dump_json(exclude={"why", "source"})
            made_of.append(["prosody", cell.prosody, prosody])
        if cell.tempo != 1:
            made_of.append(["tempo", cell.tempo])
        if cell.channel.steps:
            made_of.append(["channel", cell.channel.name, VERSION])
        return made_of

    def _digest(self) -> str:
        codes = sorted({cell.code for cell in self._cells})
        voices = [[voice.id, voice.name, voice.pitch, voice.words_per_minute] for voice in self._voices]
        spoken = [sentence.spoken for sentence in self._sentences]
        return _sha256([self._options, spoken, voices, *map(self._recipe, codes)])[:16]


def _final(sentence: Sentence) -> str:
    return _FINALS.get(sentence.text[-1], ".")


def _unsaid_final(sentence: Sentence) -> list[str]:
    """The closing mark where it changes the intonation and what is spoken, such as kana, does not hold it."""
    final = _final(sentence)
    return [final] if final != "." and sentence.spoken[-1] not in _FINALS else []


def _through(channel: Channel, sound: bytes, *seeds: Any) -> bytes:
    """The WAV file `sound` after the channel; the same noise and room for a voice and text in every accent."""
    if not channel.steps:
        return sound
    import numpy as np

    with wave.open(io.BytesIO(sound)) as file:
        rate, frames = file.getframerate(), file.readframes(file.getnframes())
    samples = np.frombuffer(frames, "<i2").astype(np.float64) / 32768
    heard = channel.apply(samples, rate, _generator(*seeds, "channel", channel.name))
    return espeak.wav(np.round(np.clip(heard, -1, 1) * 32767).astype("<i2").tobytes(), rate)


def _generator(*seeds: Any) -> Any:
    import numpy as np

    return np.random.default_rng(int(_sha256(list(seeds)), 16))


def _sha256(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def write_rendering(path: Path, content: bytes) -> None:
    """Write so that `path` is there whole or not at all."""
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
            temporary = Path(file.name)
            file.write(content)
        temporary.chmod(0o644)
        os.replace(temporary, path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise StorageError(
            f"the rendering {path} could not be written ({error.strerror or error}); free space or choose another "
            "root. What was rendered before is intact"
        ) from error
