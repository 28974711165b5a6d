"""What a shell is offered after a tab, and the error object that machines get with ``--json``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from speechfair.cli import completion
from speechfair.cli import main as module


def test_corpora_models_and_metrics_are_offered() -> None:
    assert "speechocean762" in completion.corpora("speech")
    assert "bundled" in completion.models("bun")
    assert completion.metrics("")
    assert completion.corpora("no such corpus") == []


@pytest.mark.parametrize("variable", ["COMP_WORDS", "_TYPER_COMPLETE_ARGS"])
def test_axes_are_those_of_the_corpus_or_run_on_the_line(
    variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COMP_WORDS", raising=False)
    monkeypatch.setenv(variable, "speechfair audit speechocean762 --group-by ge")
    assert completion.axes("ge") == ["gender"]
    assert "gender+age_band" in completion.axes("gender+a")
    (tmp_path / "audit.json").write_text(json.dumps({"axes": [{"axis": "tone+tempo"}]}))
    monkeypatch.setenv(variable, f"speechfair table {tmp_path} --axis ")
    assert completion.axes("") == ["tempo", "tone"]
    for broken in ("{", "[]", '{"axes": 3}'):
        (tmp_path / "audit.json").write_text(broken)
        assert completion.axes("") == []
    monkeypatch.setenv(variable, "speechfair audit 'open")
    assert completion.axes("") == []


@pytest.mark.parametrize(
    ("words", "kind", "part"),
    [
        (["verify", "nowhere"], "RunFolderError", "nowhere"),
        (["leaderboard", "one"], "InputError", "two or more"),
        (["compare", "only-one"], "UsageError", "AFTER"),
    ],
)
def test_json_gives_an_error_object(
    words: list[str],
    kind: str,
    part: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["speechfair", *words, "--json"])
    with pytest.raises(SystemExit) as stopped:
        module.main()
    shown = capsys.readouterr()
    error = json.loads(shown.out)["error"]
    assert (error["kind"], error["exit_code"]) == (kind, stopped.value.code)
    assert part.lower() in error["message"].lower()
    assert shown.err
    monkeypatch.setattr("sys.argv", ["speechfair", *words])
    with pytest.raises(SystemExit):
        module.main()
    assert capsys.readouterr().out == "", "without --json, standard output stays empty"
