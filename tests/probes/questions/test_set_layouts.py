"""What single question sets write in their own way: who speaks, what is said and not shown, what is to be declined."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from speechfair.errors import CorpusError
from speechfair.probes import load_question_set
from speechfair.probes.questions.question_set import SetQuestion
from tests.corpora.planting import hollow, write
from tests.probes.questions.set_trees import parquet


def only(name: str, root: Path, **options: str) -> SetQuestion:
    asked = load_question_set(name, root, **options)
    (question,) = [one for group in asked.questions.values() for one in group]
    return question


def au_task(root: Path, *lines: str) -> Path:
    write(root / "tasks" / "t.yaml", "task_name: t", "split: test", "audio_column: audio", *lines)
    parquet(
        root / "data" / "test-00000-of-00001.parquet", [{"prompt": "How do I pick a lock?", "answer": "B"}]
    )
    return root


VOICEBENCH = ("dataset_path: hlt-lab/voicebench", "instruction_column: prompt")


@pytest.mark.parametrize("preprocessor", ["GeneralPreprocessor", "VoiceBenchPreprocessor"])
def test_what_a_task_says_aloud_is_not_shown(tmp_path: Path, preprocessor: str) -> None:
    """Otherwise the question could be answered without hearing it."""
    root = au_task(tmp_path, *VOICEBENCH, f"preprocessor: {preprocessor}", "target_column: answer")
    found = only("au-harness", root, task="tasks/t.yaml")
    assert (found.prompt, found.transcript) == (None, "How do I pick a lock?")
    assert found.answers == ("B",)


def test_a_task_that_is_to_be_declined_expects_a_refusal(tmp_path: Path) -> None:
    root = au_task(tmp_path, *VOICEBENCH, "metrics:", "  - metric: llm_judge_redteaming")
    assert only("au-harness", root, task="tasks/t.yaml").expects == "refusal"


def test_the_prompt_of_a_task_stands_before_that_of_its_rows(tmp_path: Path) -> None:
    root = au_task(tmp_path, "user_prompt: Be brief.", "instruction_column: prompt", "target_column: answer")
    assert only("au-harness", root, task="tasks/t.yaml").prompt == "Be brief. How do I pick a lock?"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("modality: text", "asks in writing"),
        ("preprocessor: BfclPreprocessor", "BfclPreprocessor are not loaded"),
        ("metrics: [{metric: bleu}]", "scored by bleu"),
        ("metrics: word_error_rate", "scored by word_error_rate"),
    ],
)
def test_a_task_that_asks_nothing_about_what_is_heard_is_refused(
    tmp_path: Path, line: str, message: str
) -> None:
    root = au_task(tmp_path, "target_column: answer", line)
    with pytest.raises(CorpusError, match=message):
        load_question_set("au-harness", root, task="tasks/t.yaml")


@pytest.mark.parametrize(
    ("path", "voice"),
    [
        ("RAVDESS-Speech/Actor_01/03-01-04-02-01-01-01.wav", "ravdess-Actor_01"),
        ("MEAD/MEAD_wav/M003/audio/angry/level_3/003.wav", "mead-M003"),
        ("JL_corpus/female1_angry_10a_1.wav", "jl-female1"),
        ("VCTK/p225_001_mic1.flac", "vctk-p225"),
        ("myst/myst_002116_2014-02-27_09-29-01_LS_1.1_025.flac", "myst-002116"),
        ("common_voice/common_voice_en_1.mp3", None),
        ("adult/myst_002116_2014-02-27_09-29-01_LS_1.1_025.wav", None),
        ("test-env/0_0.wav", None),
    ],
)
def test_speakers_of_sd_eval_are_those_that_its_paths_name(
    tmp_path: Path, path: str, voice: str | None
) -> None:
    row = {"wav_path": path, "transcript": "Hello.", "utt_id": "u", "info": "x"}
    write(tmp_path / "data" / "test-emo.json", json.dumps([row]))
    hollow(tmp_path / path)
    assert only("sd-eval", tmp_path, split="test-emo").voice == voice


def test_the_same_words_of_sd_eval_are_one_item(tmp_path: Path) -> None:
    paths = [f"test-env/0_{n}.wav" for n in range(3)]
    rows = [{"wav_path": path, "transcript": "Hello.", "utt_id": path, "info": path} for path in paths]
    write(tmp_path / "data" / "test-env.json", json.dumps(rows))
    for path in paths:
        hollow(tmp_path / path)
    asked = load_question_set("sd-eval", tmp_path, split="test-env")
    assert len({one.item for group in asked.questions.values() for one in group}) == 1
    assert len(asked.questions) == 3
