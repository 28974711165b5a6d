"""The worked example on real speech with real weights: its training, what is decided, and who may open the gate."""

from __future__ import annotations

from pathlib import Path

import pytest

from speechfair.debias.judging.before_after import DebiasResult
from speechfair.debias.worked_example import run_example
from speechfair.errors import InputError
from speechfair.models import load_model
from speechfair.process.project_verify import verify_process
from speechfair.process.status import read_state
from speechfair.reporting.checklist_html import render_checklist

pytestmark = [pytest.mark.model, pytest.mark.data]

# three children and three adults of each gender
SPEAKERS = ["0049", "0092", "0133", "0567", "9608", "9617", "0981", "1039", "1135", "1422", "1465", "2007"]
DECIDED = ("pass", "fail", "undetermined")
NATIVE = (
    "{name: native, corpus: librispeech, root: librispeech-subset, group_by: [], protected: true, "
    "per_speaker: 1, speakers: ['1272', '1462', '1673', '174']}"
)
TARGET = (
    "{name: target, corpus: speechocean762, root: speechocean762-subset, options: {split: test}, "
    f"group_by: [gender, age_band, gender+age_band], per_speaker: 1, speakers: {SPEAKERS}}}"
)


def check_the_training(trained: Path) -> None:
    """A few steps on real speech with real weights: they move the model a little, and it can be read back."""
    result = DebiasResult.model_validate_json((trained / "debias.json").read_text())
    rates = {group.evaluation: group for group in result.groups if group.axis is None}
    assert rates["target"].n_speakers == len(SPEAKERS)
    assert 0.2 < (rates["target"].rate_before or 0) < 0.8
    assert (rates["native"].rate_before or 1) < 0.15
    assert (rates["target"].rate_after or 1) < (rates["target"].rate_before or 0) + 0.1
    assert sum(result.training["objective"]["weights"]) == pytest.approx(1)
    assert result.unused["longer than 6 s"] > 0
    saved = load_model(f"whisper:{trained / 'model'}")
    assert saved.identity.digest != load_model("whisper:bundled/tiny.en").identity.digest


def test_from_nothing_to_a_release_that_only_the_approver_opens(data_root: Path, tmp_path: Path) -> None:
    quick = ["steps=4", "batch=2", "check_every=4", "dev.max_utterances=4", "even_if_undetermined=true"]
    quick.append(f"evaluate=[{TARGET}, {NATIVE}]")
    example = run_example(tmp_path / "example", data_root, corpus="speechocean762-subset", settings=quick)
    check_the_training(tmp_path / "example" / "runs" / "trained")
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
