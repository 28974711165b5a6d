"""Checked YAML: every error has file, line and key, and nothing in a file can run or stall the program."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from speechfair.errors import InputError
from speechfair.strict_yaml import dump_yaml, parse_yaml, read_model


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    column: str
    scale: float = 1.0


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    labels: dict[str, Inner] = {}
    listed: list[Inner] = []


def error_of(path: Path, text: str | bytes) -> str:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(InputError) as caught:
        read_model(path, Outer)
    return str(caught.value)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.yaml"


def test_a_good_file(path: Path) -> None:
    path.write_text("name: x\nlabels:\n  accent: {column: a}\nlisted:\n  - column: b\n    scale: 2\n")
    assert read_model(path, Outer) == Outer(
        name="x", labels={"accent": Inner(column="a")}, listed=[Inner(column="b", scale=2.0)]
    )


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("nme: x\n", ["line 1", "'nme'", "did you mean 'name'"]),
        ("labels: {}\n", ["'name' is missing"]),
        ("name: x\nlabels:\n  accent:\n    colum: a\n    column: b\n", ["line 4", "did you mean 'column'"]),
        ("name: x\nlabels:\n  accent:\n    scale: 1\n", ["line 3", "labels.accent.column", "missing"]),
        ("name: x\nlisted:\n- column: a\n- column: b\n  scale: wide\n", ["line 5", "listed.1.scale"]),
        ("name: [x]\n", ["line 1", "name", "valid string"]),
        ("name: x\nname: y\n", ["line 2", "'name' was given before, in line 1"]),
        (
            "name: x\nlabels:\n  a: {column: b}\n  a: {column: c}\n",
            ["line 4", "'a' was given before, in line 3"],
        ),
        ("name: x\nlabels: {\n", ["line 3", "not YAML"]),
        ("name: x\n---\nname: y\n", ["not YAML"]),
        ("", ["empty"]),
        ("# only a comment\n", ["empty"]),
        ("- name\n", ["keys and values", "list"]),
        ("just words\n", ["keys and values", "str"]),
        ("name: 2024-13-45\n", ["not YAML"]),
        ("? [a, b]\n: c\n", ["line 1", "a key must be a word"]),
        ("name: !!python/object/apply:os.system ['echo']\n", ["not YAML"]),
        ("name: " + "[" * 5000 + "\n", ["not YAML"]),
        (b"name: x\nlabels: {\xe9: {}}\n", ["line 2", "0xe9", "offset 17", "UTF-8"]),
        (b"\xff\xfen\x00a\x00", ["line 1", "0xff", "UTF-8"]),
        (b"name: \x00\n", ["not YAML"]),
    ],
)
def test_bad_files_are_named_by_file_line_and_key(path: Path, text: str | bytes, parts: list[str]) -> None:
    message = error_of(path, text)
    assert str(path) in message
    for part in parts:
        assert part in message, message


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no\.yaml: cannot be read: No such file"):
        read_model(tmp_path / "no.yaml", Outer)
    with pytest.raises(InputError, match="cannot be read"):
        read_model(tmp_path, Outer)


def test_aliases_neither_stall_nor_loop(path: Path) -> None:
    laughs = ["a0: &a0 [x]", *(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 25))]
    assert "stand for more than" in error_of(path, "\n".join([*laughs, "name: x", ""]))
    assert "contains it" in error_of(path, "name: &x [*x]\n")
    assert "valid string" in error_of(path, "labels: {a: &a {column: x}}\nname: *a\n")


@pytest.mark.parametrize(
    "value",
    [
        *("!!timestamp x", "2024-13-45", "!!bool x", "!!int ''", "!!float x", "1" * 5000, "[" * 5000),
        *('"\\ud800"', '"\\U00110000"', "'\0'", "!!python/object:os.x {}", "="),
        "2001-01-01 1:00:00 +99:00",
    ],
)
def test_whatever_pyyaml_raises_names_the_file(path: Path, value: str) -> None:
    assert str(path) in error_of(path, f"name: {value}\n")


def test_what_a_caller_changes_does_not_stay(path: Path) -> None:
    path.write_text("a: [1]\n")
    parse_yaml(path)[0]["a"].append(2)
    assert parse_yaml(path)[0] == {"a": [1]}


def test_a_byte_order_mark_is_no_part_of_a_key(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbfname: x\n")
    assert read_model(path, Outer).name == "x"


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.text("abcxyz", min_size=1), st.integers() | st.text("abc "), min_size=1))
def test_lines_of_keys_are_those_of_the_file(
    tmp_path_factory: pytest.TempPathFactory, content: dict[str, int | str]
) -> None:
    path = tmp_path_factory.mktemp("yaml") / "a.yaml"
    path.write_text("".join(f'"{key}": "{value}"\n' for key, value in content.items()))
    found, lines = parse_yaml(path)
    assert found == {key: str(value) for key, value in content.items()}
    assert [lines[(key,)] for key in content] == list(range(1, len(content) + 1))


@pytest.mark.parametrize(
    "text",
    [
        "[" * 1_000_000,
        "{a: " * 400_000,
        "- " * 1_000_000 + "x",
        "? " * 1_000_000 + "x",
        "- !!seq " * 300_000 + "x",
    ],
    ids=["brackets", "braces", "dashes", "question marks", "tags"],
)
def test_deep_nesting_is_an_error_and_not_the_end_of_the_process(path: Path, text: str) -> None:
    path.write_text(text)
    with pytest.raises(InputError, match="not YAML"):
        parse_yaml(path)


def test_deep_indentation_is_an_error_too(path: Path) -> None:
    path.write_text("".join(f"{' ' * depth}a:\n" for depth in range(500)))
    with pytest.raises(InputError, match="not YAML"):
        parse_yaml(path)


@settings(deadline=None, max_examples=60)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=12,
    )
)
def test_both_parsers_read_the_same(tmp_path_factory: pytest.TempPathFactory, value: Any) -> None:
    path = tmp_path_factory.mktemp("yaml") / "file.yaml"
    text = dump_yaml(value).decode()
    path.write_text(text, encoding="utf-8", newline="")
    assert parse_yaml(path)[0] == yaml.load(text, Loader=yaml.SafeLoader) == value


def test_half_a_surrogate_pair_is_written_and_read_again(path: Path) -> None:
    path.write_bytes(dump_yaml({"name": "a\ud800"}))
    assert parse_yaml(path)[0] == {"name": "a\ud800"}


def test_many_brackets_that_are_not_deep_are_read(path: Path) -> None:
    path.write_text("a:\n" + "  - [{b: [1]}]\n" * 2_000)
    assert len(parse_yaml(path)[0]["a"]) == 2_000
