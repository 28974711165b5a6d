"""Progress for logs: what is written while nothing gets done, and what is not written twice."""

from __future__ import annotations

import pytest

from speechfair.cli import output
from speechfair.running.transcription import Progress


def test_a_long_recording_is_no_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines come every ten seconds: before the first utterance, within a long one, and not after the last."""
    now = [0.0]
    said: list[str] = []
    monkeypatch.setattr(output.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(output, "say", said.append)
    lines = output._Lines()
    state = Progress(
        done=1, total=3, failed=0, redone=0, audio_done_s=5.0, audio_total_s=9.0, audio_resumed_s=0.0
    )
    end = Progress(
        done=3, total=3, failed=0, redone=0, audio_done_s=9.0, audio_total_s=9.0, audio_resumed_s=0.0
    )
    for second in range(61):
        now[0] = float(second)
        if second == 25:
            lines(state)
        if second == 55:
            lines(end)
        lines.beat()
    assert [line.split("  ")[:2] for line in said] == [
        ["preparing", "at the next part for 10 s"],
        ["preparing", "at the next part for 20 s"],
        ["transcribing 1/3", "0.2 x real time"],
        ["transcribing 1/3", "at the next part for 10 s"],
        ["transcribing 1/3", "at the next part for 20 s"],
        ["transcribing 3/3", "0.2 x real time"],
    ]
