"""Real weights and real speech: a few steps lower the loss, and every model is read back by both recognisers."""

from __future__ import annotations

from pathlib import Path

import pytest

from speechfair.debias.debias_run import debias
from speechfair.debias.recipe import find_recipe, read_recipe
from speechfair.models import load_model


@pytest.mark.model
@pytest.mark.data
def test_a_few_steps_on_real_speech(data_root: Path, tmp_path: Path) -> None:
    settings = [
        f"data_root={data_root}", "train.0.root=speechocean762-subset", "evaluate.0.root=speechocean762-subset",
        "evaluate.1.root=librispeech-subset", "evaluate.0.per_speaker=1", "evaluate.1.per_speaker=1",
        "evaluate.0.speakers=['0049', '0133', '0567', '9608', '0981', '1135', '1422', '2007']", "steps=3", "batch=4",
        "evaluate.1.speakers=['1272', '1462', '1673', '174', '1919', '2277']", "evaluate.1.group_by=[]",
        "check_every=3", "max_seconds=5", "dev.max_utterances=4", "warmup_share=0", "even_if_undetermined=true",
        "learning_rate=3.0e-5",
    ]  # fmt: skip
    result = debias(read_recipe(find_recipe("group_dro"), settings), tmp_path / "run", on_cpu=True)
    rates = {group.evaluation: group for group in result.groups if group.axis is None}
    assert rates["target"].n_speakers == 8
    assert 0.2 < (rates["target"].rate_before or 0) < 0.8
    assert (rates["native"].rate_before or 1) < 0.15
    assert (rates["target"].rate_after or 1) < (rates["target"].rate_before or 0) + 0.1
    assert sum(result.training["objective"]["weights"]) == pytest.approx(1)
    assert result.unused["longer than 5 s"] > 0
    saved = load_model(f"whisper:{tmp_path / 'run' / 'model'}")
    assert saved.identity.digest != load_model("whisper:bundled/tiny.en").identity.digest
