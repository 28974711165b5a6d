"""Nothing is decoded, hashed or written for settings that cannot be met; other labels cost no transcription."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from speechfair.audio import samples as reading
from speechfair.auditing import run as verbs
from speechfair.auditing.run import audit, score
from speechfair.auditing.settings_check import check_settings
from speechfair.auditing.verify import verify
from speechfair.corpora import load_corpus
from speechfair.errors import InputError, RunFolderError
from speechfair.models.families.python_callable import FromCallable
from speechfair.running.run_recipe import Analysis
from speechfair.running.run_record import Freeze, read_record, seal, utc_now
from tests.support import write_tone


@pytest.fixture
def table(tmp_path: Path) -> Path:
    lines = ["audio,text,speaker,accent,country"]
    for n in range(12):
        write_tone(tmp_path / f"{n}.wav", 0.2 + 0.01 * n)
        lines.append(f"{n}.wav,one,s{n},{'ab'[n % 2]},{'xyz'[n % 3]}")
    path = tmp_path / "m.csv"
    path.write_text("\n".join(lines), "utf-8")
    return path


class Counting:
    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, samples: Any, rate: int) -> str:
        self.calls += 1
        return "one" if self.calls % 4 else "two"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"group_by": ["acent"]}, "did you mean 'accent'"),
        ({"group_by": ["country"]}, r"'country' is a column of your table.*\{column: country\}"),
        ({"group_by": ["accent+gender"]}, r"axis 'gender'.*Columns that are not mapped: country"),
        (
            {"group_by": ["accent"], "reference": {"accent": "A"}},
            "no group 'A' to compare with",
        ),
        ({"group_by": ["accent"], "normalizer": "basik"}, "did you mean 'basic'"),
        ({"group_by": ["accent"], "adjust": ["duration"]}, "did you mean 'duration_s'"),
    ],
)
def test_a_wrong_name_is_refused_before_audio_is_read(
    table: Path, tmp_path: Path, settings: dict[str, Any], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: Any) -> Any:
        raise AssertionError("audio was read")

    monkeypatch.setattr(verbs, "require_extra", lambda _: None)
    monkeypatch.setattr(reading, "_opened", never)
    corpus = load_corpus("manifest", manifest=table)
    with pytest.raises(InputError, match=f"(?s){message}"):
        audit(corpus, FromCallable(Counting(), "m"), out=tmp_path / "run", **settings)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("hours", "settings"),
    [(1000, {"group_by": ["accnt"]}), (200, {"group_by": ["accent"], "reference": {"accent": "c"}})],
)
def test_many_hours_are_refused_from_the_listing(
    tmp_path: Path, hours: int, settings: dict[str, Any]
) -> None:
    """Rows of 30 s whose audio is not even there. An axis takes the header alone, a group the labels of every row."""
    path = tmp_path / "m.csv"
    rows = (f"{n}.wav,some words,s{n % 900},{'ab'[n % 2]}\n" for n in range(120 * hours))
    path.write_text("audio,text,speaker,accent\n" + "".join(rows), "utf-8")
    corpus = load_corpus("manifest", manifest=path)
    with pytest.raises(InputError, match=r"did you mean|no group 'c'"):
        audit(corpus, FromCallable(Counting(), "m"), out=tmp_path / "run", **settings)
    assert not (tmp_path / "run").exists()


def test_a_group_whose_name_holds_an_equals_sign_can_be_the_reference(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text("audio,text,accent\nx.wav,hi,a=b\ny.wav,hi,c\n", "utf-8")
    corpus = load_corpus("manifest", manifest=path)
    check_settings(corpus, Analysis(group_by=("accent",), reference={"accent": "a=b"}))


def test_other_labels_are_read_again_without_asking_the_model(table: Path, tmp_path: Path) -> None:
    heard = Counting()
    model = FromCallable(heard, "m")
    audit(load_corpus("manifest", manifest=table), model, ["accent"], out=tmp_path / "run")
    assert heard.calls == 12
    columns = {"labels": {"country": {"column": "country", "map": {"x": "X"}}}}
    corpus = load_corpus("manifest", manifest=table, columns=columns)
    result = audit(corpus, model, ["country"], out=tmp_path / "run")
    assert heard.calls == 12
    assert {group.value for group in result.groups if group.axis == "country"} == {"X", "y", "z"}
    assert any("labels were read again" in note for note in result.notes)
    assert verify(tmp_path / "run").ok
    same = score(tmp_path / "run")  # without options the analysis stays
    assert [axis.axis for axis in same.axes] == ["country"]


def test_labels_stay_where_criteria_were_frozen(table: Path, tmp_path: Path) -> None:
    run = verbs.prepare(load_corpus("manifest", manifest=table), tmp_path / "run")
    record = read_record(run)
    frozen = Freeze(file="c.yaml", sha256="0" * 64, time=utc_now())
    seal(run, record.recipe, record.root, record.statement, criteria=[frozen])
    other = load_corpus("manifest", manifest=table, columns={"labels": {"accent": {"column": "country"}}})
    with pytest.raises(RunFolderError, match="criteria were frozen"):
        verbs.prepare(other, tmp_path / "run")


def test_averaged_channels_are_said(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for n in range(5):
        soundfile.write(tmp_path / f"{n}.wav", rng.normal(0, 0.1, (3200, 2)), 16_000)
    path = tmp_path / "m.csv"
    path.write_text("audio,text,speaker\n" + "".join(f"{n}.wav,one,s{n}\n" for n in range(5)), "utf-8")
    result = audit(load_corpus("manifest", manifest=path), FromCallable(Counting(), "m"))
    assert any(note.startswith("5 utterances are of audio with several channels") for note in result.notes)
