"""The scripted recogniser does what its script says."""

from __future__ import annotations

import numpy as np
import pytest

from speechfair.testing import Scripted, sample_digest
from speechfair.types import Audio

A = Audio("a", np.full(160, 0.5, np.float32), 16_000)
B = Audio("b", np.full(160, 0.25, np.float32), 16_000)


def test_text_by_id_or_by_content() -> None:
    model = Scripted({"a": "by id", sample_digest(B): "by content"})
    assert [h.text for h in model.transcribe([A, B])] == ["by id", "by content"]
    assert model.calls == [("a", "b")]


def test_no_text_default_and_failure() -> None:
    assert "no text for 'b'" in str(Scripted({}).transcribe([B])[0].error)
    assert Scripted({}, default="").transcribe([B])[0].text == ""
    failing = Scripted({}, default="x", failures={"a": "told to"}).transcribe([A, B])
    assert [(h.text, "told to" in (h.error or "")) for h in failing] == [(None, True), ("x", False)]


def test_rejected_is_passed_on() -> None:
    assert Scripted({"a": "x"}, rejected={"a": "x x x"}).transcribe([A])[0].rejected == "x x x"


def test_crash() -> None:
    with pytest.raises(RuntimeError, match="scripted crash on b"):
        Scripted({}, default="x", crash_on=["b"]).transcribe([A, B])
