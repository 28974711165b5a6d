"""The same bytes are scored once; one changed byte is scored again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from speechfair.auditing import recomputed as module
from speechfair.auditing.run import audit
from speechfair.auditing.verify import verify
from speechfair.testing import Scripted
from tests.support import scripted_texts, small_corpus


def test_only_other_bytes_are_scored_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = small_corpus(tmp_path / "wav", speakers=6, per_speaker=1)
    audit(corpus, Scripted(scripted_texts(corpus, {"x": 1, "y": 2})), ["accent"], out=tmp_path / "run")
    calls: list[Path] = []
    plain = module.evaluate

    def counted(run: object, *rest: object) -> object:
        calls.append(run.path)  # type: ignore[attr-defined]
        return plain(run, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "evaluate", counted)
    assert verify(tmp_path / "run").ok
    shutil.copytree(tmp_path / "run", tmp_path / "copy")
    assert verify(tmp_path / "copy").ok
    assert len(calls) == 1
    record = tmp_path / "copy" / "run.yaml"
    record.write_text(record.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    verify(tmp_path / "copy")
    assert len(calls) == 2
