"""The worked example on real speech with real weights: what is decided from evidence, and who may open the gate."""

from __future__ import annotations

from pathlib import Path

import pytest

from speechfair.debias.worked_example import run_example
from speechfair.errors import InputError
from speechfair.process.project_verify import verify_process
from speechfair.process.status import read_state
from speechfair.reporting.checklist_html import render_checklist

pytestmark = [pytest.mark.model, pytest.mark.data]

# three children and three adults of each gender
SPEAKERS = ["0049", "0092", "0133", "0567", "9608", "9617", "0981", "1039", "1135", "1422", "1465", "2007"]
DECIDED = ("pass", "fail", "undetermined")


def test_from_nothing_to_a_release_that_only_the_approver_opens(data_root: Path, tmp_path: Path) -> None:
    quick = ["evaluate.0.per_speaker=1", f"evaluate.0.speakers={SPEAKERS}"]
    quick += ["steps=4", "batch=2", "check_every=4", "dev.max_utterances=4", "even_if_undetermined=true"]
    example = run_example(tmp_path / "example", data_root, corpus="speechocean762-subset", settings=quick)
    state = read_state(example.process)
    decided = [each for each in state.items if each.item.mode == "A" and each.status in DECIDED]
    assert len(decided) >= 20
    # four steps and one sentence a speaker prove little, and the checklist has to say so
    assert {each.status for each in decided} >= {"pass", "fail", "undetermined"}
    assert example.before.outcome == "undetermined"
    assert "somebody else" in example.refused
    assert example.after.outcome == "open"
    assert verify_process(example.process).problems == ()
    assert "Not required at this level, but not in order" in render_checklist(state)


def test_a_folder_with_something_in_it_and_a_missing_corpus_are_refused(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "kept.txt").write_text("mine")
    with pytest.raises(InputError, match="is not empty"):
        run_example(tmp_path / "full", tmp_path)
    with pytest.raises(InputError, match=r"no .*nowhere"):
        run_example(tmp_path / "out", tmp_path, corpus="nowhere")
    assert (tmp_path / "full" / "kept.txt").read_text() == "mine"
