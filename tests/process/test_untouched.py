"""A folder that was only used as meant gives no finding. ``python -m tests.process.untouched 200`` makes 200."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.process.untouched import build, verified


@pytest.mark.parametrize("seed", [2, 5, 11])
def test_an_untouched_folder_gives_no_finding(tmp_path: Path, seed: int) -> None:
    made = build(tmp_path, seed)
    assert [text.en for text in verified(made).problem_texts] == [], made.done
