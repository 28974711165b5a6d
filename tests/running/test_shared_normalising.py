"""Texts that several processes normalise are those of one, and a share that is lost is made here."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

from speechfair.running import scoring_choice, shared_normalising
from speechfair.running.one_text import normalised_text
from speechfair.running.scoring_choice import Counting, Scoring
from speechfair.running.shared_normalising import normalised_texts
from speechfair.text import load_normalizer

TEXTS = [
    *("", " ", "Yes, it is.", "call 555-1234", "J. O. H. N. at 3 p.m.", "[laughter] don\u2019t", "um"),
    *(
        "twenty twenty six",
        "我要 check",
        "ウェブサイトです。",
        "İstanbul",
        "नमस्ते",
        "line\nbreak",
        "\u200bzero",
    ),
    *("<unk> (())", "\ud800", "(noise) yes"),
]


@pytest.mark.parametrize("name", ["english", "basic", "verbatim", "whisper-english-strict"])
@pytest.mark.parametrize("processes", [1, 2, 3, 40])
@pytest.mark.parametrize("rules", [None, ()])
def test_texts_are_those_of_one_process(name: str, processes: int, rules: Any) -> None:
    normalizer = load_normalizer(name)
    alone = [normalised_text(text, normalizer, rules) for text in TEXTS]
    assert normalised_texts(TEXTS, normalizer, rules, processes=processes) == alone


def test_other_processes_do_their_share(monkeypatch: pytest.MonkeyPatch) -> None:
    here: list[str] = []

    def count(text: str, normalizer: Any, rules: Any) -> str:
        here.append(text)
        return normalised_text(text, normalizer, rules)

    monkeypatch.setattr(shared_normalising, "normalised_text", count)
    normalised_texts(TEXTS, load_normalizer("basic"), None, processes=2)
    assert here == TEXTS[: -(-len(TEXTS) // 2)]


@pytest.mark.parametrize(
    "program",
    [
        "raise SystemExit(3)",
        "",
        "print('noise')",
        "import pickle, sys; sys.stdout.buffer.write(pickle.dumps(['too few']))",
    ],
)
def test_a_share_that_does_not_come_back_is_made_here(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    normalizer = load_normalizer("basic")
    monkeypatch.setattr(shared_normalising, "_PROGRAM", program)
    expected = [normalizer(text) for text in TEXTS]
    assert normalised_texts(TEXTS, normalizer, None, processes=2) == expected


def test_a_normaliser_that_no_name_leads_to_stays_here() -> None:
    class Own:
        name, version = "basic", "1"

        def __call__(self, text: str) -> str:
            return "own"

    assert normalised_texts(["a", "b"], Own(), None, processes=2) == ["own", "own"]


def test_a_script_needs_no_guard(tmp_path: Any) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from speechfair.running.shared_normalising import normalised_texts\n"
        "from speechfair.text import load_normalizer\n"
        "print(normalised_texts(['A', 'B!'], load_normalizer('basic'), None, processes=2))\n",
        encoding="utf-8",
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, str(script)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "['a', 'b']\n"


@pytest.mark.parametrize("kept", [0, 3, 100])
def test_what_is_known_already_changes_nothing(kept: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring_choice, "_KEPT_TEXTS", kept)
    monkeypatch.setattr(scoring_choice, "_known", {})
    scoring = Scoring(
        {
            "eng": Counting(load_normalizer("english"), "words"),
            "und": Counting(load_normalizer("basic"), "words"),
        },
        annotations={},
        prefixes=("Yes,",),
    )
    rows = [(text, language) for text in TEXTS for language in ("eng", None)]
    for hypothesis in (True, False, True):
        alone = [scoring.normalise(text, language, hypothesis=hypothesis) for text, language in rows]
        assert scoring.normalise_all(rows * 2, hypothesis=hypothesis) == alone * 2
    assert len(scoring_choice._known) <= kept
