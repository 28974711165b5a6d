"""A table of transcripts without audio: its traps are named, with a mapping that settles them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from typer.testing import CliRunner

from speechfair.cli.main import app
from speechfair.curating.corpus_check import CorpusCheck, check_corpus
from speechfair.errors import CorpusError
from speechfair.importing.transcript_corpus import TranscriptCorpus
from speechfair.types import Exclusion, Utterance
from speechfair.verbs.import_transcripts import import_transcripts

ACCENTS = ("zulu", "isizulu", "yoruba", "hausa", "yoruba, hausa", "igbo", "twi", "ibibio")


def rows() -> list[dict[str, Any]]:
    """Eight accents of six speakers and a ninth of one; zulu is clinical alone; a speaker is of two genders."""
    found = []
    for place, accent in enumerate([*ACCENTS * 6, "afo"]):
        for take in range(2):
            found.append(
                {
                    "utterance": f"u{place}-{take}",
                    "speaker": f"s{place}",
                    "accent": accent,
                    "gender": "male" if take and place == 3 else ("female", "male")[place // 8 % 2],
                    "domain": "clinical" if "zulu" in accent else "general",
                    "reference": ("[laughter] the dose", "we (really) went")[take] + f" on day {place}",
                    "system": "the dose",
                }
            )
    return found


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("checked") / "calls.csv"
    pl.DataFrame(rows()).write_csv(path)
    return path


@pytest.fixture(scope="module")
def found(table: Path) -> CorpusCheck:
    return check_corpus(TranscriptCorpus(table), audio=False)


def message(found: CorpusCheck, kind: str, axis: str = "") -> str:
    return next(each.message for each in found.findings if each.kind == kind and axis in each.message)


def test_every_trap_is_named(found: CorpusCheck) -> None:
    assert {group.axis for group in found.groups} >= {"accent", "gender", "domain"}
    assert "1 of them of one speaker" in message(found, "few-speakers", "accent")
    assert "'isizulu' (12 rows) as 'zulu' (12)" in message(found, "labels-nearly-alike")
    assert "12 rows name several values in one cell" in message(found, "several-values")
    assert "gender: 1 speakers (2 rows) have several values" in message(found, "speaker-in-groups")
    assert "accent and domain go together" in message(found, "labels-associated", "domain")
    assert message(found, "event-brackets").startswith("49 brackets in transcripts (square)")
    assert message(found, "speech-brackets").startswith("49 brackets in transcripts (round)")


def test_female_and_male_are_not_taken_for_one_word_misspelt(found: CorpusCheck) -> None:
    assert not [one for one in found.findings if one.kind == "labels-nearly-alike" and "male" in one.message]


def test_the_mappings_can_be_pasted(found: CorpusCheck, table: Path, tmp_path: Path) -> None:
    lines = [message(found, kind).splitlines()[1] for kind in ("labels-nearly-alike", "several-values")]
    one, other = (yaml.safe_load(line)["labels"]["accent"] for line in lines)
    columns = {"labels": {"accent": {**one, **other}}}
    done = import_transcripts(
        table,
        {"s": "system"},
        ["accent"],
        out=tmp_path / "r",
        columns=columns,
        text="reference",
        id="utterance",
    )
    counts = {group.value: group.n_utterances for group in done.results["s"].groups}
    assert counts == {
        **dict.fromkeys(("yoruba", "hausa", "igbo", "twi", "ibibio", "several"), 12),
        "zulu": 24,
        "afo": 2,
    }


def test_rows_and_batches_are_the_same(table: Path) -> None:
    corpus = TranscriptCorpus(table, group_by=["accent"])
    listed = list(corpus)
    batch = next(corpus.batches(1000))
    assert [item.id for item in listed] == batch.frame["id"].to_list()
    assert [item.labels for item in listed if isinstance(item, Utterance)] == [
        batch.labels[place] for place in batch.frame["labels"]
    ]
    assert not any(isinstance(item, Exclusion) for item in listed)


def test_the_command_takes_a_file_in_the_place_of_a_name(table: Path) -> None:
    done = CliRunner().invoke(app, ["corpora", "check", str(table), "--json", "--group-by", "accent"])
    assert done.exit_code == 0, done.output
    content = json.loads(done.stdout[done.stdout.index("{") :])
    assert content["parts"]["all"]["in"] == len(rows())


def test_speakers_and_times_are_read_as_the_map_says(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,hyp,speaker,site,length\na b,a b,1,x,1500\na b,a c,1,y,500\n", encoding="utf-8")
    columns = {"speaker_within": "site", "duration_s": "length", "time_unit": "milliseconds"}
    done = import_transcripts(path, {"s": "hyp"}, out=tmp_path / "r", columns=columns)
    assert done.results["s"].overall.n_speakers == 2
    assert done.results["s"].audio_seconds == pytest.approx(2.0)


def test_a_table_of_counts_is_checked_without_texts(tmp_path: Path) -> None:
    path = tmp_path / "study.csv"
    lines = [f"s{n};{'xy'[n % 2]};100;{n}" for n in range(12)]
    path.write_text("\n".join(["speaker;accent;n_words;errors", *lines]))
    corpus = TranscriptCorpus(path)
    assert any("checked as counts: n_words, errors" in line for line in corpus.said)
    found = check_corpus(corpus, audio=False)
    assert found.ok
    assert {group.value: group.n_words for group in found.groups} == {"x": 600, "y": 600}
    assert not [each for each in found.findings if each.kind.startswith("transcript-")]
    path.write_text("\n".join(["speaker;accent;n_words;errors", *lines, "s;x;many;1"]))
    with pytest.raises(CorpusError, match="line 14, column 'n_words'"):
        TranscriptCorpus(path)


def test_invisible_characters_in_labels_are_named_with_a_mapping_that_joins_them(tmp_path: Path) -> None:
    spelled = ["Indian", "indian", "Indian\u200b", "In\u00addian", "\uff49ndian", "Indians"]
    spelled += ["\u2018Indian\u2019", '"indian"']
    path = tmp_path / "calls.jsonl"
    content = [{"text": "a", "speaker": f"s{n}", "accent": name} for n, name in enumerate(spelled * 2)]
    path.write_text("\n".join(json.dumps(row) for row in content))
    told = [
        each.message
        for each in check_corpus(TranscriptCorpus(path), audio=False).findings
        if each.kind in ("labels-alike", "labels-nearly-alike")
    ]
    assert all("\u200b" not in message for message in told)
    assert "in place of the mapping above" in told[-1]
    rule = yaml.safe_load(told[-1].split("\n")[1])["labels"]["accent"]["map"]
    columns = {"labels": {"accent": {"column": "accent", "map": rule}}}
    found = check_corpus(TranscriptCorpus(path, columns=columns), audio=False)
    assert len(found.groups) == 1
