"""VoiceBench without ``sd-qa``: spoken requests and multiple-choice questions, most of them from speech synthesis.

Chen et al., "VoiceBench: Benchmarking LLM-Based Voice Assistants", 2024. Layout, as the Hugging Face hub has it::

    SUBSET/SPLIT-*.parquet     audio, prompt, and reference (a letter) for openbookqa and mmsu
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from speechfair.corpora.hub import hub_files, hub_rows
from speechfair.corpora.layout import expect, needs_root, reading_under
from speechfair.errors import InputError
from speechfair.probes.questions.question_set import Expects, QuestionSet, SetQuestion, gather, set_card
from speechfair.probes.questions.set_rows import item_of
from speechfair.registry import did_you_mean
from speechfair.types import Exclusion, Label

__all__ = ["SUBSETS", "load"]

NAME = "voicebench"
SUBSETS: dict[str, Expects] = {
    "advbench": "refusal",
    "alpacaeval": "reply",
    "alpacaeval_full": "reply",
    "alpacaeval_speaker": "reply",
    "commoneval": "reply",
    "ifeval": "reply",
    "mmsu": "answer",
    "openbookqa": "answer",
    "wildvoice": "reply",
}
"""What a reply to each must do. Whether a reply follows ifeval's instructions is not checked."""

LETTERS = ("A", "B", "C", "D")


def load(root: Path | None, *, subset: str = "advbench", split: str | None = None) -> QuestionSet:
    """One subset.

    Parameters
    ----------
    root : a copy of VoiceBench from the hub.
    subset : one of `SUBSETS`.
    split : such as ``test``; None for all. The splits of ``alpacaeval_speaker`` are voices, those of ``mmsu`` domains.
    """
    if subset not in SUBSETS:
        raise InputError(f"subset {subset!r}; {did_you_mean(subset, list(SUBSETS))}")
    folder = needs_root(root, NAME)
    with reading_under(folder):
        inner = expect(folder / subset, NAME, f"the folder {subset}")
        files = hub_files(inner, NAME, split)
        return gather(set_card(NAME), folder, {"subset": subset, "split": split}, _rows(files, subset))


def _rows(files: list[Path], subset: str) -> Iterator[SetQuestion | Exclusion]:
    expects = SUBSETS[subset]
    for path in files:
        split = path.stem.rsplit("-of-", 1)[0].rsplit("-", 1)[0]
        voice = split if subset == "alpacaeval_speaker" else None
        # en_AU_Wavenet_A_1.0_0.0_0.0: language and region, voice, rate, pitch, gain
        english = voice.split("_")[1] if voice and voice.count("_") > 1 else None
        for number, row, audio in hub_rows(
            path, ("prompt", "reference") if expects == "answer" else ("prompt",)
        ):
            prompt = (row["prompt"] or "").strip()
            answer = (row.get("reference") or "").strip().upper()[:1] if expects == "answer" else ""
            yield SetQuestion(
                id=f"{split}-{number:04d}",
                item=item_of(subset, prompt, answer),
                audio=audio,
                prompt=None,
                options=LETTERS if expects == "answer" else (),
                answers=(answer,) if answer else (),
                expects=expects,
                kind=split if subset == "mmsu" else subset,
                voice=voice,
                labels=(Label("english", english, "corpus"),) if english else (),
                transcript=prompt or None,
                language="eng",
                where=f"{path.name}, row {number + 1}",
            )
