"""JSON from other people ends in a value or in one kind of error."""

from __future__ import annotations

from pathlib import Path

import pytest

from speechfair.errors import InputError
from speechfair.strict_json import parse_json, read_json
from speechfair.strict_yaml import parse_yaml_text, yaml_value

DAMAGED = ("[" * 100_000, '{"a":' * 100_000, "9" * 5_000, '"\\ud800"', "{", "", "[1,]")


@pytest.mark.parametrize("text", DAMAGED, ids=lambda text: text[:6] or "empty")
def test_what_cannot_be_read_is_a_value_error(text: str, tmp_path: Path) -> None:
    for content in (text, text.encode()):
        with pytest.raises(ValueError):
            parse_json(content)
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(InputError, match=r"a\.json: cannot be read as JSON"):
        read_json(tmp_path / "a.json")


def test_what_can_be_read_is_what_python_reads(tmp_path: Path) -> None:
    assert parse_json('{"a": [1, 2.5, null, "\\ud83d\\ude00"]}') == {"a": [1, 2.5, None, "\U0001f600"]}
    with pytest.raises(InputError, match="No such file"):
        read_json(tmp_path / "no.json")


@pytest.mark.parametrize(
    ("word", "value"),
    [("3", 3), ("[a, b]", ["a", "b"]), ("", None), ("a: b: c", "a: b: c"), ("[" * 5_000, "[" * 5_000)],
)
def test_a_word_of_a_command_line_is_a_value(word: str, value: object) -> None:
    assert yaml_value(word) == value


def test_yaml_text_is_called_by_its_name() -> None:
    with pytest.raises(InputError, match="what was asked: not YAML"):
        parse_yaml_text("[" * 5_000, "what was asked")
