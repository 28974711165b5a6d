"""Sonos Voice Control Bias Assessment Dataset: requests to a loudspeaker by people of many US dialect regions.

Sekkat et al., "Sonos Voice Control Bias Assessment Dataset: A Methodology for Demographic Bias Assessment in Voice
Assistants", LREC-COLING 2024. Layout; audio files are named by their id and may lie anywhere below the root::

    metadata/{train,test}_metadata.json     {AUDIO_ID: {"speaker": {…}, "transcript": {…}, "content": {…}}}
    …/AUDIO_ID.wav

Intents and slots are not read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from speechfair.corpora.base import FolderCorpus
from speechfair.corpora.layout import age_band, expect, readable
from speechfair.errors import CorpusError, InputError
from speechfair.registry import did_you_mean
from speechfair.strict_json import parse_json
from speechfair.strict_yaml import read_text
from speechfair.types import Exclusion, Utterance

__all__ = ["SonosVoiceControl"]

_SPLITS = ("train", "test")


class SonosVoiceControl(FolderCorpus):
    """One split of the corpus.

    Parameters
    ----------
    root : the unpacked folder, which holds ``metadata``.
    split : ``train`` or ``test``.
    """

    name = "sonos"

    def __init__(self, root: Path | None, *, split: str = "test") -> None:
        super().__init__(root)
        if split not in _SPLITS:
            raise InputError(f"sonos has no split {split!r}; {did_you_mean(split, _SPLITS)}")
        self._options = {"split": split}
        name = f"{split}_metadata.json"
        self._table = expect(self.root / "metadata" / name, self.name, f"the file metadata/{name}")
        self._audio = {path.stem: path for path in sorted(self.root.glob("**/*.wav"))}

    def __iter__(self) -> Iterator[Utterance | Exclusion]:
        try:
            content = parse_json(read_text(readable(self._table)))
        except ValueError as error:
            raise CorpusError(
                f"{self._table} is not JSON: {error}; the download may have been cut off"
            ) from None
        if not isinstance(content, dict):
            raise CorpusError(
                f"{self._table}: expected an object by audio id, found a {type(content).__name__}"
            )
        for name, facts in content.items():
            yield self._item(name, facts)

    def _item(self, name: str, facts: Any) -> Utterance | Exclusion:
        where = f"{self._table.name}, {name}"
        speaker = facts.get("speaker") if isinstance(facts, Mapping) else None
        transcript = facts.get("transcript") if isinstance(facts, Mapping) else None
        if not isinstance(speaker, Mapping) or not isinstance(transcript, Mapping):
            return Exclusion(name, "no speaker or no transcript in the metadata", where)
        if name not in self._audio:
            return Exclusion(name, "no audio file of this name", where)
        return Utterance(
            id=name,
            audio=self._audio[name],
            text=str(transcript.get("text") or "").strip() or None,
            language="eng",
            speaker=str(speaker.get("user_id") or "").strip() or None,
            labels=self.label(
                accent=speaker.get("dialectal_region"),
                ethnicity=speaker.get("ethnicity"),
                gender=speaker.get("gender"),
                age_band=age_band(str(speaker.get("age") or "")),
            ),
        )
