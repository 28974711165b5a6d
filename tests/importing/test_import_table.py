"""One table becomes run folders: counts as done by hand, and every verb that needs no audio works on them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import speechfair
from speechfair.errors import CorpusError, InputError, RunFolderError, SpeechfairError
from speechfair.importing.transcript_corpus import TranscriptCorpus
from speechfair.verbs.import_transcripts import import_transcripts

TEXT = "one cat sat on a mat today"


def rows(speakers: int = 12) -> list[dict[str, Any]]:
    """Speakers of two accents; the system ``good`` errs once a speaker of ``y``, ``bad`` twice on everybody."""
    found = []
    for n in range(speakers):
        accent = "xy"[n % 2]
        for take, text in enumerate((TEXT, "today one cat sat on a mat")):
            found.append(
                {
                    "id": f"u{n:02d}-{take}",
                    "text": text,
                    "good": text if accent == "x" or take else text.replace("cat", "bat"),
                    "bad": text.replace("cat ", "").replace("mat", "hat"),
                    "sure": 0.9 if take else 0.6,
                    "speaker": f"s{n:02d}",
                    "accent": accent,
                }
            )
    return found


def write(folder: Path, name: str = "calls.csv", content: list[dict[str, Any]] | None = None) -> Path:
    path = folder / name
    frame = pl.DataFrame(content if content is not None else rows())
    if name.endswith(".csv"):
        frame.write_csv(path)
    elif name.endswith(".tsv"):
        frame.write_csv(path, separator="\t")
    elif name.endswith(".parquet"):
        frame.write_parquet(path)
    else:
        frame.write_ndjson(path)
    return path


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("imported")
    table = write(folder)
    criteria = folder / "criteria.yaml"
    criteria.write_text(
        "schema: speechfair/criteria/1\nnormalizer: english\ntokens: words\ncriteria:\n"
        "  - {id: r, metric: rate, axis: accent, groups: all, limit: 0.9, min_speakers: 5}\n"
        "  - {id: f, metric: failure_rate, axis: accent, groups: all, limit: 0.9, min_speakers: 5}\n"
    )
    speechfair.criteria_freeze(criteria)
    return import_transcripts(
        table, {"good": "good", "bad": "bad"}, ["accent"], out=folder / "runs", confidence={"good": "sure"}
    )


def test_the_counts_are_those_done_by_hand(done: Any) -> None:
    good, bad = done.results["good"], done.results["bad"]
    assert good.totals.n_in == good.totals.scored == 24
    assert {g.value: g.substitutions for g in good.groups} == {"x": 0, "y": 6}
    assert good.overall.reference_length == 24 * 7
    assert (bad.overall.substitutions, bad.overall.deletions, bad.overall.insertions) == (24, 24, 0)
    assert good.overall.rate.low is not None


def test_both_runs_have_one_manifest(done: Any) -> None:
    assert len({result.corpus_record.manifest_sha256 for result in done.results.values()}) == 1


def test_verify_agrees_and_says_that_there_is_no_audio(done: Any) -> None:
    for folder in done.folders.values():
        found = speechfair.verify(folder)
        assert found.ok
        assert any("imported" in line for line in found.unchecked)


def test_compare_confidence_plan_and_report_work(done: Any) -> None:
    assert speechfair.compare(done.folders["good"], done.folders["bad"]).verdict == "fail"
    assert speechfair.confidence(done.folders["good"]).overall.n_utterances == 24
    assert (done.folders["bad"] / "report.html").stat().st_size > 10_000


def test_gate_gives_a_verdict_on_criteria_frozen_before_the_import(done: Any) -> None:
    folder = done.folders["good"]
    result = speechfair.gate(folder, folder.parents[1] / "criteria.yaml")
    assert result.verdict == "pass"
    assert any("imported" in note for note in result.notes)


def test_the_same_import_again_changes_nothing_and_another_is_refused(done: Any, tmp_path: Path) -> None:
    table = done.folders["good"].parents[1] / "calls.csv"
    out = tmp_path / "runs"
    first = import_transcripts(table, {"s": "good"}, ["accent"], out=out)
    audit = (out / "s" / "audit.json").read_text()
    again = import_transcripts(table, {"s": "good"}, ["accent"], out=out)
    assert again.results["s"].overall == first.results["s"].overall
    assert json.loads(audit)["overall"] == json.loads((out / "s" / "audit.json").read_text())["overall"]
    with pytest.raises(RunFolderError, match="--replace"):
        import_transcripts(table, {"s": "bad"}, ["accent"], out=out)
    import_transcripts(table, {"s": "bad"}, ["accent"], out=out, replace=True)
    assert speechfair.verify(out / "s").ok


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.jsonl", "t.parquet"])
def test_every_kind_of_table_gives_the_same_result(name: str, tmp_path: Path, done: Any) -> None:
    result = import_transcripts(
        write(tmp_path, name), {"s": "bad"}, ["accent"], out=tmp_path / "runs"
    ).results["s"]
    assert result.groups == done.results["bad"].groups


def test_usual_names_are_taken_and_said(tmp_path: Path) -> None:
    names = {"id": "utt_id", "text": "Sentence", "speaker": "client_id"}
    content = [{names.get(key, key): value for key, value in row.items()} for row in rows()]
    done = import_transcripts(write(tmp_path, content=content), {"s": "good"}, ["accent"], out=tmp_path / "r")
    for line in ("reference: column 'Sentence'", "speaker: column 'client_id'", "id: column 'utt_id'"):
        assert line in done.said
    assert done.results["s"].overall.n_speakers == 12


def test_without_ids_and_speakers_there_is_no_interval_and_that_is_said(tmp_path: Path) -> None:
    content = [{key: row[key] for key in ("text", "good", "accent")} for row in rows()]
    done = import_transcripts(write(tmp_path, content=content), {"s": "good"}, ["accent"], out=tmp_path / "r")
    assert done.results["s"].overall.rate.low is None
    assert "no speaker id" in (done.results["s"].overall.rate.reason or "")
    assert any(line.startswith("speaker: none given") for line in done.said)


def test_missing_hypotheses_are_failures_and_empty_references_their_own_measure(tmp_path: Path) -> None:
    content = rows()
    content[0]["good"] = None
    content[1] |= {"text": "", "good": "thank you"}
    for kind in ("a.parquet", "a.csv"):
        table = write(tmp_path, kind, content)
        result = import_transcripts(table, {"s": "good"}, ["accent"], out=tmp_path / f"runs {kind}").results[
            "s"
        ]
        totals = result.totals
        assert (totals.n_in, totals.scored, totals.failed, totals.excluded) == (24, 22, 1, 1)
        assert result.silence is not None
        silence = {(s.axis, s.value): s for s in result.silence}
        assert silence["overall", "all"].words == 2
        assert ("accent", "y") not in silence
        assert silence["accent", "x"].words_per_utterance.value == 2.0


@pytest.mark.parametrize("name", ["calls.csv", "calls.jsonl"])
def test_a_system_that_wrote_nothing_fails_every_row_and_the_others_are_imported(
    name: str, tmp_path: Path
) -> None:
    content = [{**row, "bad": None} for row in rows()]
    table = write(tmp_path, name, content)
    found = import_transcripts(table, {"good": "good", "bad": "bad"}, ["accent"], out=tmp_path / "runs")
    assert any(
        "column 'bad': not one transcript is in it; is it the right column?" in line for line in found.said
    )
    bad, good = (found.results[name] for name in ("bad", "good"))
    assert (bad.totals.scored, bad.totals.failed, good.totals.failed) == (0, len(content), 0)
    assert bad.overall.rate.value == 1.0


@pytest.mark.parametrize(("way", "errors", "words"), [("errors", 2, 0), ("errors-and-words", 2, 2)])
def test_empty_references_count_into_the_rate_where_asked(
    way: Any, errors: int, words: int, tmp_path: Path
) -> None:
    content = [row | {"good": row["text"]} for row in rows()]
    content[1] |= {"text": "", "good": "thank you"}
    table = write(tmp_path, "a.parquet", content)
    done = import_transcripts(table, {"s": "good"}, ["accent"], out=tmp_path / "r", empty_references=way)
    result = done.results["s"]
    assert result.empty_references == way
    assert result.overall.insertions == errors
    assert result.overall.reference_length == 23 * 7 + words
    assert any("reference is empty counts as errors" in note for note in result.notes)
    assert speechfair.verify(done.folders["s"]).ok


BAD: list[tuple[str, Any, type[SpeechfairError], str]] = [
    ("no such column", {"hypotheses": {"s": "god"}}, InputError, r"did you mean 'good'"),
    ("no such axis", {"group_by": ["accnt"]}, InputError, r"did you mean 'accent'"),
    ("no such text", {"text": "txt"}, InputError, r"no column 'txt'"),
    ("bad language", {"language": "klingonese"}, CorpusError, r"klingonese"),
    ("no such reference", {"reference": {"accent": "z"}}, InputError, r"no group 'z'.*Known: x, y"),
    ("no such normaliser", {"normalizer": "englsh"}, InputError, r"did you mean 'english'"),
    ("no such covariate", {"adjust": ["agee"]}, InputError, r"'agee'"),
    ("two folders", {"hypotheses": {"a/b": "good", "a b": "bad"}}, InputError, r"same folder"),
    ("numbers as text", {"hypotheses": {"s": "sure"}}, InputError, r"column 'sure'.*not text"),
]


@pytest.mark.parametrize(("what", "more", "kind", "message"), BAD, ids=[case[0] for case in BAD])
def test_what_cannot_be_is_refused_before_anything_is_written(
    what: str, more: dict[str, Any], kind: type[SpeechfairError], message: str, tmp_path: Path
) -> None:
    table = write(tmp_path, "t.parquet")
    arguments = {"hypotheses": {"s": "good"}, "group_by": ["accent"], "out": tmp_path / "r", **more}
    with pytest.raises(kind, match=message):
        import_transcripts(table, **arguments)
    assert not (tmp_path / "r").exists()


def test_ids_that_come_twice_are_refused_with_both_places(tmp_path: Path) -> None:
    content = rows()
    content[5]["id"] = content[2]["id"]
    with pytest.raises(CorpusError, match=r"'u01-0' comes twice, in line 4 and line 7"):
        import_transcripts(write(tmp_path, content=content), {"s": "good"}, out=tmp_path / "r")


def test_a_confidence_out_of_range_is_refused_with_its_row(tmp_path: Path) -> None:
    content = [row | {"sure": 97.0 if n == 3 else 0.5} for n, row in enumerate(rows())]
    with pytest.raises(InputError, match=r"row 4, column 'sure'.*97"):
        import_transcripts(
            write(tmp_path, "t.parquet", content), {"s": "good"}, out=tmp_path / "r", confidence={"s": "sure"}
        )


def test_other_scripts_are_not_taken_for_english(tmp_path: Path) -> None:
    content = [row | {"text": "お元気ですか", "good": "お元気ですか"} for row in rows()]
    with pytest.raises(InputError, match="--lang"):
        import_transcripts(write(tmp_path, content=content), {"s": "good"}, out=tmp_path / "r")


def test_rows_that_cannot_be_read_are_excluded_and_counted(tmp_path: Path) -> None:
    table = write(tmp_path, "t.jsonl")
    lines = table.read_text().splitlines()
    lines[3] = lines[3][:30]
    table.write_text("\n".join(lines))
    result = import_transcripts(table, {"s": "good"}, ["accent"], out=tmp_path / "r").results["s"]
    assert (result.totals.n_in, result.totals.excluded) == (24, 1)
    assert "not JSON" in result.excluded[0].reason


def mu_bench(folder: Path) -> dict[str, str]:
    """References and two submissions in MU-Bench's layout, the second of English alone; the arguments for them."""
    texts = {
        ("_gold", "en-US", "conv-0-turn-0.gold"): "my card was lost",
        ("_gold", "en-US", "conv-0-turn-1.gold"): "",
        ("_gold", "zh-CN", "conv-1-turn-0.gold"): "我要 check 一下",
        ("first", "en-US", "conv-0-turn-0"): "my cart was lost",
        ("first", "en-US", "conv-0-turn-1"): "thank you",
        ("first", "zh-CN", "conv-1-turn-0"): "我要 cheque 下 진리",
        ("second", "en-US", "conv-0-turn-0"): "my card was lost",
        ("second", "en-US", "conv-0-turn-1"): "",
    }
    for (top, locale, name), text in texts.items():
        path = folder / top / locale / f"{name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / "_gold" / "manifest_gold_hash.txt").write_text("0123abcd", encoding="utf-8")
    return {name: str(folder / name) for name in ("first", "second")}


def test_mu_benchs_layout_gives_its_edits_and_rates(tmp_path: Path) -> None:
    done = import_transcripts(
        tmp_path / "_gold",
        mu_bench(tmp_path),
        ["language"],
        out=tmp_path / "runs",
        language_column="folder",
        normalizer="verbatim",
        empty_references="errors-and-words",
    )
    rates = {
        (name, group.value): (
            group.substitutions + group.deletions + group.insertions,
            group.reference_length,
        )
        for name, result in done.results.items()
        for group in result.groups
    }
    assert rates == {
        ("first", "eng"): (1 + 2, 4 + 2),  # what is recognised in silence counts on both sides
        ("first", "cmn"): (4, 5),  # characters and words: 我 要 check 一 下, and each syllable of Hangul
        ("second", "eng"): (0, 4),
        ("second", "cmn"): (5, 5),  # not submitted: a failure
    }
    assert any("manifest_gold_hash.txt" in line for line in done.said)


def test_a_system_that_was_not_asked_for_a_language_did_not_fail_in_it(tmp_path: Path) -> None:
    done = import_transcripts(
        tmp_path / "_gold", mu_bench(tmp_path), ["language"], out=tmp_path / "runs", language_column="folder",
        normalizer="verbatim", tokens="words", not_asked_by="language",
    )  # fmt: skip
    second = done.results["second"]
    assert (second.totals.scored, second.totals.failed, second.totals.excluded) == (1, 0, 2)
    reasons = [reason.reason for reason in second.excluded]
    assert "not asked: no hypothesis for any row of language=cmn" in reasons
    assert [group.value for group in second.groups] in ([], ["eng"])
    assert done.results["first"].totals.excluded == 1  # the empty reference
    assert any(line.startswith("second: not asked") and "(1 rows)" in line for line in done.said)
    assert speechfair.verify(done.folders["second"]).ok
    change = speechfair.compare(done.folders["first"], done.folders["second"])
    assert (change.matching.compared, change.matching.excluded) == (1, 2)


def test_single_missing_hypotheses_fail_whatever_was_not_asked(tmp_path: Path) -> None:
    content = [row | {"good": None if row["id"] == "u00-0" else row["good"]} for row in rows()]
    table = write(tmp_path, content=content)
    result = import_transcripts(
        table, {"s": "good"}, ["accent"], out=tmp_path / "r", not_asked_by="accent"
    ).results["s"]
    assert (result.totals.failed, result.totals.excluded) == (1, 0)


ANSWERS = {
    "an error": (json.dumps({"error": {"message": "HTTP 503"}}), 0),
    "an error that sounds like ours": (json.dumps({"error": {"message": "not asked: the queue is full"}}), 0),
    "a document that cannot be read": ("{", 0),
    "nothing": (None, 12),
}


@pytest.mark.parametrize("kind", ANSWERS)
@pytest.mark.parametrize("axis", ["accent", "accent+speaker_"])
def test_a_system_that_gave_an_error_was_asked(kind: str, axis: str, tmp_path: Path) -> None:
    """Google's documents for accent x, and for each row of accent y what an outage left."""
    content = [row | {"speaker_": row["speaker"]} for row in rows()]
    answer, unasked = ANSWERS[kind]
    (tmp_path / "google").mkdir()
    for row in content:
        good = json.dumps({"results": [{"alternatives": [{"transcript": row["good"], "confidence": 0.5}]}]})
        text = good if row["accent"] == "x" else answer
        if text is not None:
            (tmp_path / "google" / f"{row['id']}.json").write_text(text)
    done = import_transcripts(
        write(tmp_path, content=content), {"s": tmp_path / "google"}, ["accent", "speaker_"],
        out=tmp_path / "runs", not_asked_by=axis,
    )  # fmt: skip
    totals = done.results["s"].totals
    assert (totals.failed, totals.excluded) == (12 - unasked, unasked)
    assert speechfair.verify(done.folders["s"]).ok


def test_rows_without_a_label_on_one_side_of_a_crossing_are_failures(tmp_path: Path) -> None:
    content = [row | {"age": "old" if row["accent"] == "x" else None} for row in rows()]
    content = [row | {"good": row["good"] if row["accent"] == "x" else None} for row in content]
    totals = import_transcripts(
        write(tmp_path, content=content), {"s": "good"}, ["accent", "age"], out=tmp_path / "r",
        not_asked_by="accent+age",
    ).results["s"].totals  # fmt: skip
    assert (totals.failed, totals.excluded) == (12, 0)


def test_a_misspelt_axis_of_what_was_not_asked_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"axis 'acent'; did you mean 'accent'\?"):
        import_transcripts(
            write(tmp_path), {"s": "good"}, ["accent"], out=tmp_path / "r", not_asked_by="language+acent"
        )
    assert not (tmp_path / "r").exists()


def test_a_format_of_references_without_references_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--references, and none is named"):
        import_transcripts(write(tmp_path), {"s": "good"}, out=tmp_path / "r", references_format="trn")


def test_an_assistants_words_are_named_by_import_and_check_and_left_out_only_where_asked(
    tmp_path: Path,
) -> None:
    content = [row | {"hyp": f"Sure! Here is the transcription: {row['text']}"} for row in rows()]
    table = write(
        tmp_path, content=[{k: row[k] for k in ("text", "hyp", "speaker", "accent")} for row in content]
    )
    done = import_transcripts(table, {"llm": "hyp"}, ["accent"], out=tmp_path / "runs")
    named = [
        line for line in done.said if line.startswith("llm: 24 of 24 hypotheses begin like an assistant's")
    ]
    assert "--strip-prefix 'Sure! Here is the transcription:'" in named[0]
    assert done.results["llm"].overall.insertions == 24 * 5
    finding = next(f for f in speechfair.corpora_check(TranscriptCorpus(table), audio=False).findings
                   if f.kind == "hypotheses-introduction")  # fmt: skip
    assert (finding.level, finding.examples[0]) == ("problem", "line 2")
    prefix = ["Sure! Here is the transcription"]
    clean = import_transcripts(
        table, {"llm": "hyp"}, ["accent"], out=tmp_path / "runs", replace=True, strip_prefix=prefix
    )
    assert clean.results["llm"].overall.insertions == 0
    assert "strip_prefix" in (clean.folders["llm"] / "run.yaml").read_text()
