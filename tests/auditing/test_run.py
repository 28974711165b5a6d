"""A whole audit over made-up tones and a scripted recogniser: what goes in comes out, once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from speechfair import verify
from speechfair.auditing.result import AuditResult, json_schema, read_audit
from speechfair.auditing.run import audit, prepare, score, transcribe
from speechfair.errors import CorpusError, InputError, RunFolderError
from speechfair.running.batch_plan import plan_batches
from speechfair.running.transcription import Progress, read_hypotheses
from speechfair.store import RunFolder
from speechfair.testing import Scripted
from speechfair.types import Audio, Exclusion, Hypothesis, Label, Utterance
from tests.support import ListCorpus, scripted_texts, small_corpus, write_tone


@pytest.fixture
def corpus(tmp_path: Path) -> ListCorpus:
    return small_corpus(tmp_path / "wav")


@pytest.fixture
def model(corpus: ListCorpus) -> Scripted:
    return Scripted(scripted_texts(corpus, {"x": 1, "y": 3}))


def without_times(result: AuditResult) -> dict[str, object]:
    content = result.model_dump(mode="json", by_alias=True)
    content.pop("times")
    return content


def test_rates_are_the_planted_ones(corpus: ListCorpus, model: Scripted) -> None:
    result = audit(corpus, model, ["accent"])
    rates = {g.value: g.rate.value for g in result.groups}
    assert rates == {"x": pytest.approx((1 + 1 / 3) / 10), "y": pytest.approx((3 + 1 / 3) / 10)}
    by_value = {g.value: g for g in result.groups}
    assert by_value["y"].ratio is not None
    assert by_value["y"].ratio.value == pytest.approx(2.5)
    assert by_value["y"].difference is not None
    assert by_value["y"].difference.value == pytest.approx(0.2)
    assert by_value["x"].is_reference
    assert by_value["x"].ratio is None
    assert [g.value for g in result.groups] == ["y", "x"], "worst first"


def test_the_names_that_scripts_rely_on(corpus: ListCorpus, model: Scripted, tmp_path: Path) -> None:
    audit(corpus, model, ["accent", "accent+gender"], out=tmp_path / "run")
    content = json.loads((tmp_path / "run" / "audit.json").read_text())
    assert content["schema"] == "speechfair/audit/1"
    assert (content["corpus"], content["model"]) == ("listed", "scripted")
    assert set(content["totals"]) == {"in", "scored", "failed", "excluded"}
    wanted = {
        "axis", "value", "n_utterances", "n_speakers", "n_failed", "rate", "ratio", "difference",
        "substitutions", "deletions", "insertions",
    }  # fmt: skip
    for group in [content["overall"], *content["groups"]]:
        assert wanted <= set(group)
        assert {"value", "low", "high"} <= set(group["rate"])
    jsonschema.Draft202012Validator(json_schema()).validate(content)


def test_the_published_schema_is_the_one_in_the_package() -> None:
    published = Path(__file__).parents[2] / "docs" / "schemas" / "audit-1.json"
    assert json.loads(published.read_text()) == json_schema(), (
        "write it again: speechfair.auditing.result.json_schema()"
    )


def test_the_run_folder_holds_what_the_design_says(
    corpus: ListCorpus, model: Scripted, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    audit(corpus, model, ["accent"], out=run)
    names = {p.relative_to(run).as_posix() for p in run.rglob("*") if p.is_file()}
    key = model.identity.key
    assert {"run.yaml", "manifest.parquet", "audit.json", f"scores/{key}.parquet"} <= names
    assert any(name.startswith(f"hypotheses/{key}/part-") for name in names)
    assert verify(run).ok


def test_doing_it_again_pays_for_nothing(corpus: ListCorpus, model: Scripted, tmp_path: Path) -> None:
    first = audit(corpus, model, ["accent"], out=tmp_path / "run")
    paid = len(model.calls)
    second = audit(corpus, model, ["accent"], out=tmp_path / "run")
    assert len(model.calls) == paid
    assert without_times(first) == without_times(second)


def test_in_steps_it_is_the_same(corpus: ListCorpus, model: Scripted, tmp_path: Path) -> None:
    whole = audit(corpus, model, ["accent"], out=tmp_path / "whole")
    prepare(corpus, tmp_path / "steps")
    transcribe(tmp_path / "steps", model)
    stepped = score(tmp_path / "steps", ["accent"])
    assert without_times(whole) == without_times(stepped)


class Killed(BaseException):
    """Stands for a kill: not an Exception, so that nothing catches it."""


class DiesAfter(Scripted):
    def __init__(self, corpus: ListCorpus, batches: int) -> None:
        super().__init__(scripted_texts(corpus, {"x": 1, "y": 3}))
        self.left = batches

    def transcribe(self, batch: Sequence[Audio]) -> list[Hypothesis]:
        if self.left == 0:
            raise Killed
        self.left -= 1
        return super().transcribe(batch)


@pytest.mark.parametrize("batches", [0, 1, 2, 3])
def test_a_killed_run_resumes_to_the_same_result(tmp_path: Path, batches: int) -> None:
    corpus = small_corpus(tmp_path / "wav", speakers=14, per_speaker=8)
    whole = audit(corpus, DiesAfter(corpus, 999), ["accent"], out=tmp_path / "whole")
    with pytest.raises(Killed):
        audit(corpus, DiesAfter(corpus, batches), ["accent"], out=tmp_path / "run")
    model = DiesAfter(corpus, 999)
    resumed = audit(corpus, model, ["accent"], out=tmp_path / "run")
    assert without_times(whole) == without_times(resumed)
    asked = [name for call in model.calls for name in call]
    assert len(asked) == len(set(asked)) == 14 * 8 - 32 * batches
    assert verify(tmp_path / "run").ok


def test_batches_are_planned_from_the_manifest_alone(corpus: ListCorpus, tmp_path: Path) -> None:
    manifest = prepare(corpus, tmp_path / "run").read_table("manifest.parquet", "")
    batches = plan_batches(manifest, size=5)
    rows = [row for batch in batches for row in batch]
    assert sorted(rows) == list(range(manifest.height))
    lengths = [manifest["duration_s"][row] for row in rows]
    assert lengths == sorted(lengths, reverse=True)


def test_another_recipe_is_refused_with_the_difference(
    corpus: ListCorpus, model: Scripted, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    audit(corpus, model, ["accent"], out=run)
    before = {p: p.read_bytes() for p in run.rglob("*") if p.is_file()}
    with pytest.raises(RunFolderError, match=r"(?s)analysis.*level: 0\.95 -> 0\.9.*speechfair score"):
        audit(corpus, model, ["accent"], out=run, level=0.9)
    other = Scripted({}, default="something else")
    with pytest.raises(RunFolderError, match=r"(?s)model.*digest"):
        audit(corpus, other, ["accent"], out=run)
    smaller = replace(corpus, rows=corpus.rows[:-1])
    with pytest.raises(RunFolderError, match=r"(?s)corpus.*manifest_sha256"):
        audit(smaller, model, ["accent"], out=run)
    assert before == {p: p.read_bytes() for p in run.rglob("*") if p.is_file()}, "nothing was touched"


def test_scoring_in_another_way_is_allowed_when_asked_for(
    corpus: ListCorpus, model: Scripted, tmp_path: Path
) -> None:
    audit(corpus, model, ["accent"], out=tmp_path / "run")
    result = score(tmp_path / "run", ["gender"], reference={"gender": "female"}, normalizer="verbatim")
    assert {g.axis for g in result.groups} == {"gender"}
    assert result.normalizer.name == "verbatim"
    assert verify(tmp_path / "run").ok


def test_one_bad_utterance_is_one_failed_row(corpus: ListCorpus, tmp_path: Path) -> None:
    texts = scripted_texts(corpus, {"x": 1, "y": 3})
    model = Scripted(texts, crash_on=["s03-1"], failures={"s05-0": "told to fail"})
    result = audit(corpus, model, ["accent"], out=tmp_path / "run")
    assert (result.totals.n_in, result.totals.scored, result.totals.failed) == (36, 34, 2)
    reasons = {r.reason: r.examples for r in result.failed}
    assert any("scripted crash" in reason and names == ["s03-1"] for reason, names in reasons.items())
    y = next(g for g in result.groups if g.value == "y")
    assert y.n_failed == 2
    assert y.deletions == 20, "a failure counts as all words deleted"
    assert y.rate_without_failures.value is not None
    assert y.rate.value is not None
    assert y.rate_without_failures.value < y.rate.value


def test_failures_can_be_tried_again(corpus: ListCorpus, tmp_path: Path) -> None:
    texts = scripted_texts(corpus, {"x": 1, "y": 3})

    class Flaky(Scripted):
        broken = True

        def transcribe(self, batch: Sequence[Audio]) -> list[Hypothesis]:
            found = super().transcribe(batch)
            return [
                Hypothesis(h.utterance_id, None, "timed out", 0.0, h.model)
                if self.broken and h.utterance_id == "s00-0"
                else h
                for h in found
            ]

    model = Flaky(texts)
    assert audit(corpus, model, ["accent"], out=tmp_path / "run").totals.failed == 1
    model.broken = False
    assert audit(corpus, model, ["accent"], out=tmp_path / "run").totals.failed == 1, (
        "not without being asked"
    )
    result = audit(corpus, model, ["accent"], out=tmp_path / "run", retry_failed=True)
    assert result.totals.failed == 0
    assert model.calls[-1] == ("s00-0",)
    assert verify(tmp_path / "run").ok


def broken_rows(folder: Path) -> list[Utterance | Exclusion]:
    label = (Label("accent", "x", "corpus"),)
    good = write_tone(folder / "good.wav")
    (folder / "noise.wav").write_bytes(b"\x00\x01garbage" * 50)
    (folder / "empty.wav").write_bytes(b"")
    cut = write_tone(folder / "whole.wav").read_bytes()[:-4000]
    (folder / "cut.wav").write_bytes(cut)
    zero = write_tone(folder / "zero.wav", 0.0)
    return [
        Utterance("good", good, "one two", "eng", "s1", label),
        Utterance("missing", folder / "no.wav", "one two", "eng", "s2", label),
        Utterance("noise", folder / "noise.wav", "one two", "eng", "s3", label),
        Utterance("empty", folder / "empty.wav", "one two", "eng", "s4", label),
        Utterance("cut", folder / "cut.wav", "one two", "eng", "s5", label),
        Utterance("zero", zero, "one two", "eng", "s6", label),
        Utterance("no text", good, None, "eng", "s1", label),
        Utterance("only dots", good, "... !", "eng", "s1", label),
        Utterance("unlabelled", good, "one two", "eng", None),
        Exclusion("row 7", "no audio column", "list.csv line 7"),
    ]


def test_every_row_is_accounted_for(tmp_path: Path) -> None:
    corpus = ListCorpus(broken_rows(tmp_path / "wav"), tmp_path / "wav")
    result = audit(corpus, Scripted({}, default="one two"), ["accent"], out=tmp_path / "run")
    t = result.totals
    assert (t.n_in, t.scored, t.failed, t.excluded) == (10, 2, 5, 3)
    reasons = [r.reason for r in result.failed]
    for part in ("missing", "cannot be decoded", "empty", "cut short", "no samples"):
        assert any(part in reason for reason in reasons), part
    excluded = [r.reason for r in result.excluded]
    assert sorted(excluded)[0] == "no audio column"
    assert any("no reference text" in r for r in excluded)
    assert any("empty after normalising" in r for r in excluded)
    unknown = next(g for g in result.groups if g.value == "unknown")
    assert (unknown.n_utterances, unknown.n_speakers) == (1, 0)
    assert unknown.rate.low is None
    assert unknown.rate.reason
    assert verify(tmp_path / "run").ok


def test_a_corpus_of_exclusions_only_says_why(tmp_path: Path) -> None:
    corpus = ListCorpus([Exclusion(f"row {i}", "audio path leads out", f"line {i}") for i in range(3)])
    with pytest.raises(
        InputError, match="all 3 rows of this corpus were excluded; the first: audio path leads"
    ):
        audit(corpus, Scripted({}), ["accent"], out=tmp_path / "run")


def test_a_corpus_of_failures_only_is_a_result_and_says_so(corpus: ListCorpus) -> None:
    result = audit(corpus, Scripted({}), ["accent"])
    assert result.totals.scored == 0
    assert any("nothing was scored" in note for note in result.notes)
    assert result.overall.rate.value == 1.0


def test_ids_that_come_twice_stop_it(tmp_path: Path) -> None:
    wav = write_tone(tmp_path / "a.wav")
    rows = [Utterance("same", wav, "one", "eng", "s", ()), Utterance("same", wav, "two", "eng", "s", ())]
    with pytest.raises(CorpusError, match="'same' comes twice"):
        audit(ListCorpus(rows, tmp_path), Scripted({}, default=""))


def test_a_corpus_without_rows_stops_it(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="lists no utterance"):
        audit(ListCorpus([], tmp_path), Scripted({}, default=""))


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"group_by": ["acent"]}, "did you mean 'accent'"),
        ({"group_by": ["accent+acent"]}, "did you mean 'accent'"),
        ({"group_by": ["accent", "accent"]}, "named twice"),
        ({"group_by": ["accent"], "reference": {"accent": "z"}}, "no group 'z'"),
        ({"group_by": ["accent"], "reference": {"gender": "male"}}, "not among --group-by"),
        ({"group_by": ["accent"], "level": 95.0}, "level must lie"),
        ({"group_by": ["accent"], "normalizer": "basik"}, "did you mean 'basic'"),
    ],
)
def test_bad_settings_are_named(
    corpus: ListCorpus, model: Scripted, kwargs: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        audit(corpus, model, **kwargs)  # type: ignore[arg-type]


def test_bytes_as_audio_are_kept_in_the_folder(tmp_path: Path) -> None:
    data = write_tone(tmp_path / "a.wav").read_bytes()

    class Bytes:
        name = "archive.tar:a.wav"

        def read(self) -> bytes:
            return data

    rows = [Utterance("a", Bytes(), "one two", "eng", "s", ())]
    prepare(ListCorpus(rows), tmp_path / "run")
    transcribe(tmp_path / "run", Scripted({}, default="one"))
    assert score(tmp_path / "run").overall.deletions == 1
    assert verify(tmp_path / "run").ok


def test_audio_that_changed_after_the_manifest_fails(
    corpus: ListCorpus, model: Scripted, tmp_path: Path
) -> None:
    prepare(corpus, tmp_path / "run")
    write_tone(tmp_path / "wav" / "s00-0.wav", 1.0)
    transcribe(tmp_path / "run", model)
    result = score(tmp_path / "run", ["accent"])
    assert [(r.reason, r.examples) for r in result.failed] == [
        ("audio file has changed since the manifest was made", ["s00-0"])
    ]


def test_runaways_are_counted_apart(corpus: ListCorpus) -> None:
    texts = scripted_texts(corpus, {"x": 1, "y": 3})
    texts["s01-0"] = "the same thing again " * 30
    model = Scripted(texts, rejected={"s01-1": "first try " * 50})
    result = audit(corpus, model, ["accent"])
    y = next(g for g in result.groups if g.value == "y")
    assert (y.n_runaway, y.n_redone) == (1, 1)
    assert y.runaway_error_share is not None
    assert y.runaway_error_share > 0.5
    assert y.rate_without_runaways.value is not None
    assert y.rate.value is not None
    assert y.rate_without_runaways.value < y.rate.value / 2
    assert any("runaway" in note for axis in result.axes for note in axis.notes)


def test_progress_is_told(corpus: ListCorpus, model: Scripted, tmp_path: Path) -> None:
    seen: list[Progress] = []
    audit(corpus, model, out=tmp_path / "run", observe=seen.append)
    assert (seen[0].done, seen[-1].done, seen[-1].total) == (0, 36, 36)
    assert seen[-1].audio_done_s == pytest.approx(seen[-1].audio_total_s)
    audit(corpus, model, out=tmp_path / "run", observe=seen.append)
    assert seen[-1].audio_resumed_s == pytest.approx(seen[-1].audio_total_s)


def test_reading_a_damaged_audit_names_the_field(corpus: ListCorpus, model: Scripted, tmp_path: Path) -> None:
    audit(corpus, model, out=tmp_path / "run")
    path = tmp_path / "run" / "audit.json"
    path.write_text(path.read_text().replace('"scored": 36', '"scored": "many"'))
    with pytest.raises(RunFolderError, match=r"totals\.scored"):
        read_audit(path)


def test_no_hypothesis_stands_twice(corpus: ListCorpus, model: Scripted, tmp_path: Path) -> None:
    audit(corpus, model, out=tmp_path / "run")
    table = read_hypotheses(RunFolder(tmp_path / "run"), model.identity.key)
    assert table["utterance_id"].n_unique() == table.height == 36
