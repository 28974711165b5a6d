"""Properties that only real weights and real speech can show."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from speechfair.errors import MissingExtraError
from speechfair.models import faster_whisper, load_model
from speechfair.types import Audio

pytestmark = [pytest.mark.model, pytest.mark.data]

DATA = Path(os.environ.get("SPEECHFAIR_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
RUNAWAYS = {"030600011": "SPEAKER0306", "055470104": "SPEAKER5547", "096290012": "SPEAKER9629"}


def speech(names: dict[str, str]) -> list[Audio]:
    import soundfile

    folder = DATA / "speechocean762-subset" / "WAVE"
    if not folder.is_dir():
        pytest.skip(f"no real speech in {DATA}; set SPEECHFAIR_TEST_DATA")
    found = []
    for name in names:
        path = next(folder.glob(f"*/{name}.WAV"))
        samples, rate = soundfile.read(path, dtype="float32")
        found.append(Audio(name, samples, rate))
    return found


def tiny(**options: Any) -> Any:
    try:
        return load_model("bundled:whisper-tiny.en", **options)
    except MissingExtraError as error:
        pytest.skip(str(error))


def test_known_runaways_of_the_short_window_are_caught_and_redone() -> None:
    found = tiny(window=10).transcribe(speech(RUNAWAYS))
    assert all(h.rejected is not None and len(h.rejected.split()) > 60 for h in found)
    assert all(h.text is not None and len(h.text.split()) < 30 for h in found)


def test_sampled_fallback_does_not_depend_on_what_came_before(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Any] = []
    plain = faster_whisper._open

    def open_and_count(*arguments: Any) -> Any:
        opened.append(arguments)
        return plain(*arguments)

    monkeypatch.setattr(faster_whisper, "_open", open_and_count)
    # only the highest temperature, where two draws hardly ever agree
    monkeypatch.setattr(faster_whisper, "TEMPERATURES", (1.0,))
    model = tiny(window=10)
    (hard,) = speech({"096290012": ""})
    alone = model._loop(hard)
    assert len(opened) > 1, "no sampling took place, so nothing is tested"
    assert model._loop(hard) == alone


def test_audio_longer_than_the_window_of_the_model_is_transcribed_to_its_end() -> None:
    parts = speech({"010390064": "", "000490017": ""})
    silence = np.zeros(32 * 16_000 - len(parts[0].samples), np.float32)
    long = Audio("long", np.concatenate([parts[0].samples, silence, parts[1].samples]), 16_000)
    (found,) = tiny().transcribe([long])
    assert found.error is None
    assert "sheep" in (found.text or "").lower()
