"""A whole debiasing run on tiny weights, with recognisers that say what they are told: the verdict is known."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from speechfair.cli.main import app
from speechfair.debias.data.sources import corpus_of
from speechfair.debias.debias_run import debias
from speechfair.debias.judging import audits as evaluation
from speechfair.debias.judging.before_after import DebiasResult, GroupChange
from speechfair.debias.recipe import DebiasRecipe, Source
from speechfair.debias.training.dry_run import plan
from speechfair.errors import InputError, RunFolderError, SpeechfairError
from speechfair.store import file_digest
from speechfair.testing import Scripted
from speechfair.types import Utterance
from tests.debias.tiny import TEXTS, accents, recipe, recipe_content, speech, whisper_folder

SPEAKERS = accents("e", 8, 8)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    whisper_folder(folder / "model", seconds=3)
    speech(folder, "train", accents("t", 3, 3), per_speaker=2)
    speech(folder, "test", SPEAKERS)
    speech(folder, "native", accents("n", 8, 0))
    return folder


def said(wrong: dict[str, int]) -> dict[str, str]:
    """Texts with the first `wrong[accent]` words of every utterance wrong; one word less for some speakers."""
    found = {}
    speakers = {**SPEAKERS, **dict.fromkeys(accents("n", 8, 0), "native")}
    for name, accent in speakers.items():
        number = list(SPEAKERS if name in SPEAKERS else accents("n", 8, 0)).index(name)
        for take in range(4):
            words = TEXTS[(number + take) % len(TEXTS)].split()
            count = max(0, wrong[accent] - (number + take) % 2)
            found[f"{name}-{take}"] = " ".join(["no"] * min(count, len(words)) + words[count:])
    return found


def script(monkeypatch: pytest.MonkeyPatch, before: dict[str, int], after: dict[str, int]) -> None:
    texts = {"before": said(before), "after": said(after)}

    def recognizer(
        recipe: DebiasRecipe, weights: Path, work: Path, name: str, changed: dict[str, Any] | None = None
    ) -> Scripted:
        assert (weights / "model.safetensors").is_file()
        return Scripted(texts[name], name=name)

    monkeypatch.setattr(evaluation, "recognizer_for", recognizer)


def two_evaluations(home: Path) -> list[dict[str, Any]]:
    return [
        {"name": name, "corpus": "manifest", "options": {"manifest": str(home / f"{file}.csv")},
         "group_by": ["accent"], "protected": protected}
        for name, file, protected in (("target", "test", False), ("native", "native", True))
    ]  # fmt: skip


def changes(result: DebiasResult) -> dict[tuple[str, str], GroupChange]:
    return {(g.evaluation, g.group): g for g in result.groups}


def test_a_gain_without_harm(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(monkeypatch, {"x": 2, "y": 3, "native": 2}, {"x": 1, "y": 1, "native": 1})
    chosen = recipe(home, home / "model", evaluate=two_evaluations(home))
    lines: list[str] = []
    result = debias(chosen, tmp_path / "out", say=lines.append, on_cpu=True)
    assert result.verdict == "no harm"
    found = changes(result)
    for place in (("target", "x"), ("target", "y"), ("native", "x")):
        change = found[place].change
        assert change.high is not None
        assert change.high < 0
        assert change.value == pytest.approx((found[place].rate_after or 0) - (found[place].rate_before or 0))
    assert found["native", "x"].protected
    (axis,) = (axis for axis in result.axes if axis.evaluation == "target")
    by_group = [found["target", g] for g in "xy"]
    assert axis.macro.value == pytest.approx(sum(g.change.value or 0 for g in by_group) / 2)
    assert axis.worst.value == pytest.approx(
        max(g.rate_after or 0 for g in by_group) - max(g.rate_before or 0 for g in by_group)
    )
    assert any("step 4/4" in line for line in lines)
    check_the_folder(tmp_path / "out", result)


def test_a_permission_to_train_is_kept_with_the_result_and_in_the_record(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from speechfair.debias.process_record import training_record
    from tests.debias.data.test_training_rows import forbid_training

    script(monkeypatch, {"x": 2, "y": 3, "native": 2}, {"x": 1, "y": 1, "native": 1})
    forbid_training(home, monkeypatch)
    content = recipe_content(home, home / "model", steps=1)
    with pytest.raises(InputError, match="does not allow training"):
        debias(DebiasRecipe.model_validate(content), tmp_path / "refused", on_cpu=True)
    words = "N. N., the holder, allowed training by us on 2026-01-31"
    content["train"][0]["permission"] = words
    result = debias(DebiasRecipe.model_validate(content), tmp_path / "out", on_cpu=True)
    assert [kept["permission"] for kept in result.permissions] == [words]
    assert json.loads((tmp_path / "out" / "debias.json").read_text())["permissions"] == list(
        result.permissions
    )
    record = training_record(tmp_path / "out", trainer="kei", commit="abcdef0")
    assert record.permissions == {"manifest": words}


def check_the_folder(out: Path, result: DebiasResult) -> None:
    record = yaml.safe_load((out / "debias.yaml").read_text())
    assert record["verdict"] == result.verdict
    files = {p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file()}
    expected = {
        "debias.json",
        "model/model.safetensors",
        "training/training.json",
        "before/target/audit.json",
    }
    assert expected <= files
    assert not [name for name in files if name.startswith("work/") or "checkpoint-" in name]
    for name, digest in record["digests"].items():
        assert file_digest(out / name) == digest
    assert {n for n in files if not Path(n).name.startswith(".")} == {*record["digests"], "debias.yaml"} | {
        name for name in files if name.endswith("run.yaml")
    }
    assert DebiasResult.model_validate_json((out / "debias.json").read_text()) == result


def test_harm_to_the_protected_is_a_failure_whatever_the_gain(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(monkeypatch, {"x": 3, "y": 3, "native": 1}, {"x": 1, "y": 1, "native": 3})
    result = debias(
        recipe(home, home / "model", evaluate=two_evaluations(home)), tmp_path / "out", on_cpu=True
    )
    assert result.verdict == "harm"
    assert "native, everyone got worse by more than the margin" in result.reasons


def test_no_change_on_few_words_is_no_proof_of_harmlessness(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(monkeypatch, {"x": 2, "y": 3, "native": 1}, {"x": 1, "y": 1, "native": 1})
    result = debias(
        recipe(home, home / "model", evaluate=two_evaluations(home)), tmp_path / "out", on_cpu=True
    )
    assert changes(result)["native", "x"].change.value == 0
    assert result.verdict == "undetermined"


def test_an_evaluation_may_group_by_an_axis_that_training_lacks_and_protect_a_group_of_it(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(monkeypatch, {"x": 2, "y": 1, "native": 2}, {"x": 1, "y": 3, "native": 1})
    people = {f"t{kind}{i}": kind for kind in ("female", "male") for i in range(3)}
    table = speech(tmp_path, "train", people, per_speaker=2)
    table.write_text(table.read_text().replace("speaker,accent", "speaker,gender", 1))
    train = {"corpus": "manifest", "options": {"manifest": str(table)}}
    source = {"name": "archive", "corpus": "manifest", "options": {"manifest": str(home / "test.csv")},
              "group_by": ["accent"], "protected_groups": ["accent=y"]}  # fmt: skip
    chosen = recipe(home, home / "model", axis="gender", train=[train], evaluate=[source])
    result = debias(chosen, tmp_path / "out", on_cpu=True)
    found = changes(result)
    assert [found["archive", group].protected for group in ("everyone", "x", "y")] == [False, False, True]
    assert "archive, accent=y got worse by more than the margin" in result.reasons
    (axis,) = result.axes
    assert axis.targets == ["x"]
    assert axis.macro.value == pytest.approx(found["archive", "x"].change.value)
    assert axis.worst.value == pytest.approx(found["archive", "x"].change.value)


def test_few_speakers_are_undetermined(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(monkeypatch, {"x": 2, "y": 3, "native": 1}, {"x": 1, "y": 1, "native": 1})
    speech(tmp_path, "few", {"ex0": "x", "ey0": "y"})
    evaluate = [{"name": "few", "corpus": "manifest", "options": {"manifest": str(tmp_path / "few.csv")},
                 "group_by": ["accent"]}]  # fmt: skip
    result = debias(recipe(home, home / "model", evaluate=evaluate), tmp_path / "out", on_cpu=True)
    assert result.verdict == "undetermined"
    assert any("few, accent=x" in reason for reason in result.reasons)


def test_the_same_command_again_does_nothing_and_another_recipe_is_refused(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(monkeypatch, {"x": 2, "y": 3, "native": 1}, {"x": 1, "y": 1, "native": 1})
    chosen = recipe(home, home / "model")
    first = debias(chosen, tmp_path / "out", on_cpu=True)
    weights = (tmp_path / "out" / "model" / "model.safetensors").stat().st_mtime_ns
    assert debias(chosen, tmp_path / "out", on_cpu=True) == first
    assert (tmp_path / "out" / "model" / "model.safetensors").stat().st_mtime_ns == weights
    with pytest.raises(RunFolderError, match=r"recipe\.steps: 4 -> 5"):
        debias(recipe(home, home / "model", steps=5), tmp_path / "out", on_cpu=True)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.doc").write_text("years of work")
    with pytest.raises(RunFolderError, match=r"holds 'thesis.doc'"):
        debias(chosen, tmp_path / "other", on_cpu=True)


def test_audits_before_of_another_run_are_used_or_refused(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(monkeypatch, {"x": 2, "y": 3, "native": 1}, {"x": 1, "y": 1, "native": 1})
    debias(recipe(home, home / "model", steps=1), tmp_path / "one", on_cpu=True)
    for name in ("same", "other"):
        shutil.copytree(tmp_path / "one" / "before", tmp_path / name / "before")
    parts = sorted((tmp_path / "same" / "before").rglob("part-*.parquet"))
    debias(recipe(home, home / "model", steps=1, batch=2), tmp_path / "same", on_cpu=True)
    assert sorted((tmp_path / "same" / "before").rglob("part-*.parquet")) == parts
    script(monkeypatch, {"x": 3, "y": 3, "native": 1}, {"x": 1, "y": 1, "native": 1})
    with pytest.raises(RunFolderError, match="holds a run of another recipe"):
        debias(recipe(home, home / "model", steps=1), tmp_path / "other", on_cpu=True)


def test_test_speakers_in_training_stop_it_before_anything_is_done(home: Path, tmp_path: Path) -> None:
    leaky = [
        {"corpus": "manifest", "options": {"manifest": str(home / name)}}
        for name in ("train.csv", "test.csv")
    ]
    with pytest.raises(InputError, match="16 speakers of the evaluation 'target' are also training or"):
        debias(recipe(home, home / "model", train=leaky), tmp_path / "out", on_cpu=True)
    assert not (tmp_path / "out" / "model").exists()


def test_per_speaker_takes_the_first_of_each(home: Path) -> None:
    from speechfair.debias.recipe import EvaluationSource

    chosen = recipe(home, home / "model")
    source = EvaluationSource(
        name="t",
        corpus="manifest",
        options={"manifest": str(home / "test.csv")},
        group_by=["accent"],
        per_speaker=1,
    )
    corpus = corpus_of(chosen, source)
    assert [row.id for row in corpus] == [f"{name}-0" for name in SPEAKERS]
    assert corpus.options["per_speaker"] == 1


def test_some_speakers_only(home: Path) -> None:
    manifest = {"manifest": str(home / "test.csv")}
    chosen = recipe(home, home / "model")
    taken = corpus_of(chosen, Source(corpus="manifest", options=manifest, speakers=["ex0", "ey1"]))
    rest = corpus_of(chosen, Source(corpus="manifest", options=manifest, without_speakers=["ex0", "ey1"]))
    speakers = [{row.speaker for row in corpus if isinstance(row, Utterance)} for corpus in (taken, rest)]
    assert speakers == [{"ex0", "ey1"}, set(SPEAKERS) - {"ex0", "ey1"}]
    assert taken.options["speakers"] == ["ex0", "ey1"]
    with pytest.raises(InputError, match="has no speaker 'ex99'"):
        list(corpus_of(chosen, Source(corpus="manifest", options=manifest, speakers=["ex99"])))


def test_the_plan_counts_what_the_run_would_do(home: Path) -> None:
    found = plan(recipe(home, home / "model", method={"name": "balanced"}, steps=6))
    assert [row["draws"] for row in found.groups] == [12, 12]
    assert sum(row["train_utterances"] + row["dev_utterances"] for row in found.groups) == 12
    assert found.evaluations[0]["utterances"] == 64
    assert found.steps == 6
    assert found.training_seconds > 6 * found.seconds_per_step > 0
    assert found.trainable_share > 0.5


# -- the command line ---------------------------------------------------------------------------


def written(home: Path, tmp_path: Path, **changed: Any) -> str:
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(recipe_content(home, home / "model", **changed)))
    return str(path)


def test_dry_run_on_the_command_line(home: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(
        app, ["debias", written(home, tmp_path), "--dry-run", "--out", str(tmp_path / "out")]
    )
    assert done.exit_code == 0, done.output
    assert "4 steps" in done.output
    assert "what the evaluations could show" in done.output
    assert "about 1 min of training here" in done.output
    assert not (tmp_path / "out").exists()
    (source, *_) = two_evaluations(home)
    small = {**source, "per_speaker": 1, "protected_groups": ["accent=y"]}
    strict = written(home, tmp_path, even_if_undetermined=False, evaluate=[small])
    refused = CliRunner().invoke(app, ["debias", strict, "--dry-run"])
    # a few words each of eight protected speakers cannot show that they were not degraded
    assert refused.exit_code == 3, refused.output
    assert "even_if_undetermined=true" in refused.output


def test_json_and_exit_code_on_the_command_line(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(monkeypatch, {"x": 1, "y": 1, "native": 1}, {"x": 3, "y": 3, "native": 1})
    arguments = ["debias", written(home, tmp_path), "--out", str(tmp_path / "out"), "--cpu"]
    done = CliRunner().invoke(app, [*arguments, "--json"])
    assert done.exit_code == 1
    assert json.loads(done.stdout)["verdict"] == "harm"
    assert "<h1><bdi>erm</bdi>: harm</h1>" in (tmp_path / "out" / "report.html").read_text()
    assert "Verdict: **harm**" in (tmp_path / "out" / "model" / "README.md").read_text()
    again = CliRunner().invoke(app, arguments)
    assert again.exit_code == 1
    assert "verdict: harm" in again.stdout
    assert "target, accent=x got worse by more than the margin" in again.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["erm", "--set", "stepps=3"], "stepps"),
        (["erm", "--set", "model=wav2vec2:x"], "cannot be trained here"),
        (["erm", "--set", "data_root=no/such/folder"], "there is no such folder"),
    ],
)
def test_bad_input_on_the_command_line(words: list[str], message: str) -> None:
    done = CliRunner().invoke(app, ["debias", *words])
    assert isinstance(done.exception, SpeechfairError)
    assert done.exception.exit_code == 2
    assert message in str(done.exception)


def test_an_error_is_one_line_and_no_traceback() -> None:
    binary = str(Path(sys.executable).parent / "speechfair")
    done = subprocess.run([binary, "debias", "ermm"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "did you mean 'erm'" in done.stderr
    assert "Traceback" not in done.stderr
