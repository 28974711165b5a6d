"""Every command of these guides, in their order, on one made corpus; a stand-in is the recogniser."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import polars
import pytest

from speechfair.gating.criteria import shipped_criteria
from tests.docs.pages import DOCS, blocks_to_run
from tests.docs.running import VERDICTS, run_block
from tests.support import write_tone

RECOGNISER = """
def small(samples, rate, utterance):
    number = int(utterance.split(".")[0])
    return "we went to the old town" + (" and back" if number % 7 else "")


def large(samples, rate):
    return "we went to the old town and back"
"""
ENDS = ("today", "again", "alone", "early", "late")
SMALL = "--model python:guide_asr:small"
STAND_INS = {
    "--model bundled:whisper-tiny.en": SMALL,
    "--model bundled:whisper-base": "--model python:guide_asr:large",
    "criteria show > criteria.yaml": "criteria show > shipped.yaml",
    "--manifest test.csv --group-by accent": f"--manifest calls.csv --group-by accent {SMALL}",
    "mycorpus --root /data/mycorpus": "manifest --manifest calls.csv",
    "speechfair transcribe runs/big --model faster-whisper:/models/large-v3 --shard 3/16": "\n".join(
        f"speechfair transcribe runs/big --model python:guide_asr:large --shard {n}/2" for n in (1, 2)
    ),
    "faster-whisper:/models/large-v3": "python:guide_asr:large",
    'shard="3/16"': 'shard="2/2"',
    "01-of-16": "1-of-2",
    "02-of-16": "2-of-2",
    "result = speechfair.audit(...)": "\n".join(
        (
            "import speechfair",
            "from pathlib import Path",
            "from speechfair.auditing.result import read_audit",
            'result = read_audit(Path("runs/first/audit.json"))',
        )
    ),
    "svg,pdf,png": "svg",
    'formats=["pdf"]': 'formats=["svg"]',
}
"""What a guide says, and what is here in its place."""

TABLE = """
import polars

table = polars.read_csv("calls.csv")
references, hypotheses = table["text"].to_list(), table["hyp_vendor"].to_list()
accents, speakers = table["accent"].to_list(), table["speaker"].to_list()
words, errors = [9] * table.height, [1] * table.height
"""
GUIDES: Mapping[str, str] = {
    "how-to/compare.md": "",
    "how-to/models.md": "",
    "how-to/figures.md": "",
    "how-to/releases.md": "",
    "explanation/scale.md": "",
    "how-to/plan-and-discover.md": "",
    "how-to/gate.md": "",
    "how-to/many-machines.md": "",
    "how-to/transcripts.md": TABLE,
    "how-to/published-counts.md": TABLE,
}
"""The guides, and the Python lines that make what their Python blocks take as given."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with recordings of 24 people, tables of them, a recogniser, and the runs that guides begin from."""
    folder = tmp_path_factory.mktemp("guides")
    (folder / "guide_asr.py").write_text(RECOGNISER, "utf-8")
    (folder / "transcripts.csv").write_text("id,hypothesis\n0,we went", "utf-8")
    (folder / "columns.yaml").write_text("text: text\nspeaker: speaker\n", "utf-8")
    criteria = shipped_criteria().read_text("utf-8").replace("first_language", "accent")
    criteria = criteria.replace("metric: rate_ratio", "reference: us\n    metric: rate_ratio")
    (folder / "criteria.yaml").write_text(criteria, "utf-8")
    calls, counts = [], []
    for n in range(120):
        person, accent = f"s{n // 5}", ("us", "indian", "scottish")[n // 5 % 3]
        write_tone(folder / f"{n}.wav", 0.2 + 0.01 * (n % 5))
        said = f"we went to the old town and back {ENDS[n % 5]}"
        who = {"audio": f"{n}.wav", "text": said, "speaker": person, "accent": accent, "gender": "female"}
        heard = {"hyp_whisper": said.replace("old", "cold") if n % 4 else said, "hyp_vendor": said[: -n % 7]}
        calls.append({**who, **heard})
        counted = {"n_words": 100, "errors": 10 + n % 7, "wer": 12.0 + n % 5}
        counts.append({"speaker": person, "accent": accent, **counted})
    table = polars.DataFrame(calls)
    table.write_csv(folder / "calls.csv")
    table.write_parquet(folder / "calls.parquet")
    polars.DataFrame(counts[::5]).write_csv(folder / "study.csv")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        (audits, *_) = blocks_to_run(DOCS / "how-to" / "compare.md")
        run_block(audits, STAND_INS, VERDICTS)
    for name in ("first", "pilot", "a", "b", "c", "v1", "v2", "v3"):
        source = "after" if name in ("b", "v2") else "before"
        shutil.copytree(folder / "runs" / source, folder / "runs" / name)
    return folder


@pytest.mark.parametrize("guide", GUIDES)
def test_the_blocks_of_the_guide_run(guide: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    todo = blocks_to_run(DOCS / guide)
    assert todo
    for block in todo[1:] if guide == "how-to/compare.md" else todo:
        stand_ins = dict(STAND_INS)
        if block.language == "python" and GUIDES[guide]:
            stand_ins["import speechfair\n"] = f"import speechfair\n{GUIDES[guide]}"
        run_block(block, stand_ins, VERDICTS)
