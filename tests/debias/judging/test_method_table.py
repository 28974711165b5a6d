"""Several recipes over seeds in one table: what may be said of a method, and what is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from benchmarks import debias_page
from benchmarks.debias_results import finished
from speechfair.cli.main import app
from speechfair.debias.debias_run import debias
from speechfair.debias.judging.contest import compare_recipes
from speechfair.debias.judging.method_table import finished_runs, tabulate
from speechfair.debias.process_record import record_training
from speechfair.debias.recipe import DebiasRecipe
from speechfair.errors import InputError, RunFolderError
from speechfair.models.weights import digest_of
from speechfair.process.training_evidence import read_training
from speechfair.store import RunFolder
from tests.debias.test_debias_run import home, recipe_content, script, two_evaluations

__all__ = ["home"]

PLAIN = {"x": 2, "y": 3, "native": 1}
BETTER = {"x": 1, "y": 1, "native": 1}


@pytest.fixture(scope="module")
def runs(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """erm changes nothing, average helps everyone; two seeds of each."""
    folder = tmp_path_factory.mktemp("contest")
    with pytest.MonkeyPatch.context() as patch:
        for name, after in (("erm", PLAIN), ("average", BETTER)):
            script(patch, PLAIN, after)
            method = {"name": name, "options": {"shares": [0.5]} if name == "average" else {}}
            content = recipe_content(
                home, home / "model", method=method, steps=1, evaluate=two_evaluations(home)
            )
            path = folder / f"{name}.yaml"
            path.write_text(yaml.safe_dump(content))
            compare_recipes([str(path)], folder / "runs", seeds=[0, 1], on_cpu=True)
    return folder / "runs"


def test_a_gain_over_the_baseline_is_shown_with_its_interval(runs: Path) -> None:
    table = tabulate(finished_runs(runs))
    plain, average = table.rows
    assert (plain.name, average.name) == ("erm", "average")
    assert plain.macro is None
    assert plain.answer == "the baseline"
    assert [one.seed for one in average.seeds] == [0, 1]
    for change in (average.macro, average.worst):
        assert change is not None
        assert change.high is not None
        assert change.high < 0
    assert average.macro is not None
    assert average.macro.n_utterances == 2 * 64, "both seeds are in it"
    assert average.macro.n_speakers == 16, "and a speaker is one speaker"
    assert average.protected is not None
    assert average.protected.value == 0
    assert table.before.worst == plain.seeds[0].worst
    assert [point["share"] for point in table.sweep["average-0"]] == [0.0, 0.5]
    assert not average.answer.startswith("accepted")


def test_the_before_audits_are_made_once(runs: Path) -> None:
    parts = [sorted((folder / "before").rglob("part-*.parquet")) for folder in finished_runs(runs)]
    times = {part.stat().st_size for found in parts for part in found}
    assert len({len(found) for found in parts}) == 1
    assert times


def copied(runs: Path, tmp_path: Path, **changes: Any) -> Path:
    """The runs, with the recipe of average-1 changed."""
    folder = tmp_path / "runs"
    shutil.copytree(runs, folder)
    record = yaml.safe_load((folder / "average-1" / "debias.yaml").read_text())
    record["recipe"].update(changes)
    (folder / "average-1" / "debias.yaml").write_text(yaml.safe_dump(record))
    return folder


def test_what_cannot_be_compared_is_refused(runs: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no finished debiasing run"):
        tabulate([])
    with pytest.raises(InputError, match="no run is named 'group_dro'"):
        tabulate(finished_runs(runs), "group_dro")
    with pytest.raises(InputError, match="one name and different recipes"):
        tabulate(finished_runs(copied(runs, tmp_path / "a", batch=3)))
    other = [{"name": "other", "corpus": "manifest", "group_by": ["accent"]}]
    with pytest.raises(InputError, match="evaluate different speech"):
        tabulate(finished_runs(copied(runs, tmp_path / "b", evaluate=other)))
    broken = copied(runs, tmp_path / "c")
    (broken / "average-0" / "debias.json").write_text("{")
    with pytest.raises(RunFolderError, match="average-0"):
        tabulate(finished_runs(broken))


def test_the_ledger_gets_data_recipe_seed_and_weights(runs: Path, tmp_path: Path) -> None:
    target = tmp_path / "erm.json"
    words = [
        "debias",
        "record",
        str(runs / "erm-1"),
        "--out",
        str(target),
        "--trainer",
        "kei",
        "--commit",
        "1a2b3c4",
    ]
    assert CliRunner().invoke(app, words).exit_code == 0
    found = read_training(target)
    assert (found.id, found.method, found.seed, found.trainer) == ("erm-1", "erm", 1, "kei")
    assert (
        found.output_sha256
        == RunFolder(runs / "erm-1" / "after" / "target").read()["recipe"]["model"]["digest"]
    )
    assert set(found.data) == {"training-0", "development"}
    assert found.started <= found.ended
    assert found.selection is None, "the recipe trains to the last step"
    with pytest.raises(RunFolderError, match="holds no finished training"):
        record_training(tmp_path, target, trainer="kei", commit="1a2b3c4")
    with pytest.raises(InputError, match="--commit"):
        record_training(runs / "erm-1", target, trainer="kei", commit="1")


def test_a_soup_names_the_digests_of_what_it_averages(
    home: Path, runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(monkeypatch, PLAIN, BETTER)
    folders = [runs / "erm-1" / "model", runs / "erm-0" / "model"]
    method = {"name": "average", "options": {"shares": [0.5], "trained": [str(folder) for folder in folders]}}
    content = recipe_content(home, home / "model", method=method, evaluate=two_evaluations(home))
    result = debias(DebiasRecipe.model_validate(content), tmp_path / "soup-0", on_cpu=True)
    digests = [digest_of(folder) for folder in folders]
    assert len(set(digests)) == 2
    assert result.training["finish"]["averaged"] == digests, "in the order given"
    record_training(tmp_path / "soup-0", tmp_path / "soup.json", trainer="kei", commit="1a2b3c4")
    assert read_training(tmp_path / "soup.json").averaged == digests
    record_training(runs / "average-0", tmp_path / "plain.json", trainer="kei", commit="1a2b3c4")
    assert read_training(tmp_path / "plain.json").averaged == [], "it trained the model itself"


def test_the_verb(runs: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["debias", "compare", "--out", str(runs)])
    assert done.exit_code == 3, done.output
    assert "average" in done.output
    assert (runs / "compare.svg").read_text().startswith("<svg")
    found = CliRunner().invoke(app, ["debias", "compare", "--out", str(runs), "--json"])
    assert json.loads(found.stdout)["baseline"] == "erm"
    for words, message in (
        (["--seeds", "one"], "whole numbers"),
        (["average"], "the baseline 'erm' is not among"),
        (["erm", "erm"], "two recipes have one name"),
    ):
        refused = CliRunner().invoke(app, ["debias", "compare", *words, "--out", str(tmp_path / "none")])
        assert isinstance(refused.exception, InputError)
        assert message in str(refused.exception)


def test_the_page_keeps_devices_apart(runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debias_page, "PAGE", tmp_path / "debias.md")
    gpu = tmp_path / "gpu"
    shutil.copytree(runs, gpu)
    record = json.loads((gpu / "erm-0" / "debias.json").read_text())
    record["training"]["device"] = "cuda"
    (gpu / "erm-0" / "debias.json").write_text(json.dumps(record))
    planned = {"cpu": ["erm-0", "jtt-0"], "cuda": ["erm-0", "erm-7"]}
    text = debias_page.write({"cpu": finished(runs), "cuda": finished(gpu)}, planned).read_text()
    ours, theirs = text.split("## Trained on a GPU")
    assert ours.index("## Trained on the CPU") < ours.index("made by `make results`")
    assert "--device cuda --seeds 0 1`" in theirs
    assert "Trained on something else" not in ours
    assert "Trained on something else, by their record: `erm-1`" in theirs
    for part, picture in ((ours, "debias.svg"), (theirs, "debias-gpu.svg")):
        assert part.count("### Against `erm`") == 1
        assert f"({picture})" in part
        assert (tmp_path / picture).read_text().startswith("<svg")
    more_text = (tmp_path / "debias-more.md").read_text()
    assert "- Trained on the CPU: `jtt-0`.\n- Trained on a GPU: `erm-7`." in more_text
    assert ours.count("No case has three seeds here") == theirs.count("No case has three seeds here") == 1
    assert "`ctc_dro` is made for CTC models" in more_text
    assert json.loads((runs / "erm-0" / "debias.json").read_text())["training"]["device"] == "cpu"
    more = {f"erm-{seed}": runs / "erm-0" for seed in (0, 1, 5)}
    assert debias_page._third_seeds(more).startswith("With three seeds or more: `erm`.")
    only = debias_page.write({"cpu": finished(runs), "cuda": {}}, {}).read_text()
    assert "GPU" not in only
