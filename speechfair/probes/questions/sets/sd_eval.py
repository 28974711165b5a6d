"""SD-Eval: spoken utterances that a reply should suit in more than the words: emotion, accent, age, background.

Ao et al., "SD-Eval: A Benchmark Dataset for Spoken Dialogue Understanding Beyond Words", NeurIPS 2024. Layout::

    data/{test-emo,test-acc,test-age,test-env}.json     a list: wav_path, transcript, utt_id, target, info, dataset_name
    {RAVDESS-Speech,JL_corpus,MEAD,VCTK,common_voice,myst,adult,test-env}/…     recordings, fetched by the user

The lists name no speakers; the file names of most recorded corpora do. Few sentences are said by many: test-emo has 34.
Its own scoring compares a reply with five model replies by a judge. Here a reply is right if it is one at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from speechfair.corpora.layout import expect, needs_root, reading_under
from speechfair.errors import InputError
from speechfair.probes.questions.question_set import QuestionSet, SetQuestion, gather, set_card
from speechfair.probes.questions.set_rows import audio_under, each_row, item_of, json_list, text_in
from speechfair.registry import did_you_mean
from speechfair.types import Label

__all__ = ["AXES", "load"]

NAME = "sd-eval"
AXES = {"test-emo": "emotion", "test-acc": "accent", "test-age": "age_band", "test-env": "background"}
"""The axis that ``info`` of each part labels."""

_SPEAKER = re.compile(
    r"RAVDESS-Speech/(?P<ravdess>Actor_\d+)/|MEAD/MEAD_wav/(?P<mead>[MW]\d+)/|JL_[Cc]orpus/(?P<jl>(?:fe)?male\d+)_|"
    r"VCTK/(?:.*/)?(?P<vctk>[ps]\d+)_|myst/myst_(?P<myst>\d+)_"
)
"""The speaker in a recording's path, as each source corpus writes it. Synthetic recordings have none."""


def load(root: Path | None, *, split: str = "test-acc") -> QuestionSet:
    """One part.

    Parameters
    ----------
    root : folder that holds ``data`` and the folders of recordings.
    split : one of `AXES`.
    """
    if split not in AXES:
        raise InputError(f"split {split!r}; {did_you_mean(split, list(AXES))}")
    folder = needs_root(root, NAME)
    source = set_card(NAME).axes[AXES[split]].source

    def questions(row: Mapping[str, Any], name: str, where: str) -> Iterator[SetQuestion]:
        identity = text_in(row, "utt_id", "wav_path")
        path, transcript = text_in(row, "wav_path"), text_in(row, "transcript")
        speaker = _SPEAKER.match(path)
        info = row.get("info")
        label = Label(AXES[split], info.strip(), source) if isinstance(info, str) and info.strip() else None
        yield SetQuestion(
            id=identity,
            item=item_of(transcript.lower()),
            audio=audio_under(folder, path),
            prompt=None,
            options=(),
            answers=(),
            expects="reply",
            kind=str(row.get("dataset_name", split)),
            voice=f"{speaker.lastgroup}-{speaker[speaker.lastgroup or 0]}" if speaker else None,
            labels=(label,) if label else (),
            transcript=transcript,
            language="eng",
            where=where,
        )

    with reading_under(folder):
        path = expect(folder / "data" / f"{split}.json", NAME, f"the list of {split}")
        rows = ((f"row {n}", f"{path.name}, row {n}", row) for n, row in enumerate(json_list(path), 1))
        return gather(set_card(NAME), folder, {"split": split}, each_row(rows, questions))
