"""What the gate says of real speech, really transcribed: too few speakers, and two corpora that cannot be compared.

The audits are those of a user: a corpus folder or a manifest of two corpora, frozen criteria, the bundled Whisper.
"""

from __future__ import annotations

import csv
import json
import shutil
from itertools import islice
from pathlib import Path

import pytest
from typer.testing import CliRunner

from speechfair.cli.main import app
from speechfair.corpora import load_corpus
from speechfair.types import Utterance
from tests.gate_support import WAIVED

pytestmark = [pytest.mark.model, pytest.mark.data]

TINY = ["--model", "bundled:whisper-tiny.en", "--window", "10", "--group-by", "accent"]
HEAD = "schema: speechfair/criteria/1\nnormalizer: english\ntokens: words\n" + WAIVED + "criteria:\n"
METRICS = {
    "rate": 0.9, "speaker_mean_rate": 0.9, "rate_ratio": 9.0, "rate_difference": 0.9, "gap": 0.9,
    "worst_best_ratio": 9.0, "failure_rate": 0.9, "runaway_rate": 0.9, "runaway_share": 0.9,
}  # fmt: skip


def run(*arguments: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return result.exit_code, result.output


def frozen(folder: Path, *criteria: str) -> Path:
    path = folder / "criteria.yaml"
    path.write_text(HEAD + "".join(f"- {{{line}}}\n" for line in criteria), encoding="utf-8")
    code, said = run("criteria", "freeze", path)
    assert code == 0, said
    return path


def test_six_speakers_of_digits_leave_every_criterion_open(data_root: Path, tmp_path: Path) -> None:
    recordings = tmp_path / "digits" / "recordings"
    recordings.mkdir(parents=True)
    for audio in (data_root / "fsdd-subset" / "recordings").glob("[01]_*_0.wav"):
        shutil.copy(audio, recordings)  # links that lead out of a corpus are not followed
    lines = [f"id: {m}, metric: {m}, axis: accent, limit: {limit}" for m, limit in METRICS.items()]
    criteria = frozen(tmp_path, *lines)
    out = tmp_path / "run"
    code, said = run("audit", "fsdd", "--root", recordings.parent, *TINY, "--out", out)
    assert code == 0, said
    code, said = run("gate", out, "--criteria", criteria, "--json")
    found = json.loads(said[said.index("{") :])
    assert (code, found["verdict"]) == (3, "undetermined")
    assert {c["criterion"] for c in found["comparisons"]} == set(METRICS)
    for comparison in found["comparisons"]:
        assert (comparison["verdict"], comparison["guard"]) == ("undetermined", "min_speakers")
        assert "fewer than the minimum of 35" in comparison["reason"]
        assert comparison["more_speakers"] in (33, 34)


def manifest_of_two_corpora(data_root: Path, path: Path, speakers: int) -> None:
    """One utterance a speaker: LibriSpeech called native, speechocean762 Mandarin; ids that do not tell the corpus."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "audio", "text", "speaker", "accent"])
        for name, folder, accent in (
            ("librispeech", "librispeech-subset/LibriSpeech", "native"),
            ("speechocean762", "speechocean762-subset", "mandarin"),
        ):
            corpus = load_corpus(name, data_root / folder)
            first: dict[str, Utterance] = {}
            for row in corpus:
                if isinstance(row, Utterance) and row.speaker is not None:
                    first.setdefault(row.speaker, row)
            for speaker, row in islice(sorted(first.items()), speakers):
                audio = Path(folder) / str(row.audio)
                writer.writerow([row.id, audio, row.text, f"{name}-{speaker}", accent])


def test_two_corpora_are_confounded_unless_that_is_accepted_in_words(data_root: Path, tmp_path: Path) -> None:
    manifest_of_two_corpora(data_root, tmp_path / "two.csv", 8)
    common = "axis: accent, min_speakers: 5"
    plain = [
        f"id: ratio, metric: rate_ratio, reference: native, limit: 1.25, {common}",
        f"id: lax, metric: rate_ratio, reference: native, limit: 50, {common}",
        f"id: gap, metric: gap, limit: 0.9, {common}",
    ]
    accepting = (
        f"id: accepted, metric: rate_ratio, reference: native, limit: 50, accept_confounded: true, {common}"
    )
    criteria = frozen(tmp_path, *plain, accepting)
    out = tmp_path / "run"
    where = ("--manifest", str(tmp_path / "two.csv"), "--root", str(data_root))
    code, said = run("audit", "manifest", *where, *TINY, "--out", out)
    assert code == 0, said
    code, said = run("gate", out, "--criteria", criteria, "--json")
    found = json.loads(said[said.index("{") :])
    assert (code, found["verdict"]) == (3, "undetermined")
    *open_, accepted = found["comparisons"]
    assert [c["criterion"] for c in open_] == ["ratio", "lax", "gap"]
    for comparison in open_:
        assert (comparison["verdict"], comparison["guard"]) == ("undetermined", "confounded")
        assert "confounded (channel" in comparison["reason"]
        assert comparison["estimate"]["value"] is not None, (
            "the number is shown; only the verdict is withheld"
        )
    assert (accepted["verdict"], accepted["guard"]) == ("pass", None)
    assert any(
        "accepted: compares groups even if they differ in corpus or channel" in n for n in found["notes"]
    )
