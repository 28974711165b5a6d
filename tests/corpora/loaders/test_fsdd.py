"""The spoken digits: what the file name says, and a ``metadata.py`` that is read and never run."""

from __future__ import annotations

from pathlib import Path

import pytest

from speechfair.corpora import load_corpus
from speechfair.errors import CorpusError
from speechfair.types import Exclusion, Utterance
from tests.corpora.trees import fsdd, hollow


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return fsdd(tmp_path).root


def rows(root: Path) -> dict[str, Utterance]:
    return {row.id: row for row in load_corpus("fsdd", root) if isinstance(row, Utterance)}


def labels(row: Utterance) -> dict[str, str]:
    return {label.axis: label.value for label in row.labels}


def test_the_name_tells_digit_and_speaker(root: Path) -> None:
    found = rows(root)
    assert {name: (row.text, row.speaker) for name, row in found.items()} == {
        "0_jackson_0": ("zero", "jackson"),
        "7_nicolas_0": ("seven", "nicolas"),
        "7_nicolas_1": ("seven", "nicolas"),
        "3_george_12": ("three", "george"),
        "9_stranger_0": ("nine", "stranger"),
    }
    assert labels(found["3_george_12"]) == {
        "first_language": "ell",
        "accent": "GRC/Greek",
        "gender": "male",
    }
    assert labels(found["9_stranger_0"]) == {}


@pytest.mark.parametrize("name", ["12_jackson_0", "x_jackson_0", "1_jackson", "1_jackson_x", "1__0"])
def test_other_names_are_excluded(root: Path, name: str) -> None:
    hollow(root / "recordings" / f"{name}.wav")
    found = {row.id: row for row in load_corpus("fsdd", root)}[name]
    assert found == Exclusion(name, "file name is not DIGIT_SPEAKER_TAKE.wav", f"recordings/{name}.wav")


def test_without_metadata_the_speakers_are_known(root: Path) -> None:
    (root / "metadata.py").unlink()
    assert labels(rows(root)["7_nicolas_0"])["accent"] == "BEL/French"


def test_metadata_adds_speakers(root: Path) -> None:
    (root / "metadata.py").write_text("metadata = {'stranger': {'gender': 'male', 'accent': 'DEU/German'}}\n")
    assert labels(rows(root)["9_stranger_0"])["first_language"] == "deu"
    (root / "metadata.py").write_text("metadata = {'stranger': {'accent': None}}\n")
    assert labels(rows(root)["9_stranger_0"]) == {}


def test_metadata_is_never_run(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    trace = tmp_path_factory.mktemp("trace") / "it-ran"
    (root / "metadata.py").write_text(
        f"import pathlib\npathlib.Path({str(trace)!r}).write_text('x')\n"
        "metadata = {'jackson': {'gender': 'male', 'accent': 'USA/neutral'}}\n"
    )
    assert labels(rows(root)["0_jackson_0"])["accent"] == "USA/neutral"
    assert not trace.exists()


@pytest.mark.parametrize(
    "source",
    [
        "metadata = dict(jackson={})\n",
        "metadata = {'jackson': open('/etc/hostname').read()}\n",
        "metadata = {'jackson': 'male'}\n",
        "metadata = {'jackson': {'accent': ['USA']}}\n",
        "metadata = {[]: {}}\n",
        "metadata = ['jackson']\n",
        "metadata = {\n",
        "speakers = {}\n",
        "",
        "metadata = " + "(" * 3000 + ")" * 3000 + "\n",
        "metadata = '\0'\n",
    ],
)
def test_metadata_that_is_no_plain_data_is_refused(root: Path, source: str) -> None:
    (root / "metadata.py").write_text(source)
    with pytest.raises(CorpusError, match=r"metadata\.py cannot be read as plain data .* never executed"):
        load_corpus("fsdd", root)


def test_an_empty_folder_of_recordings(tmp_path: Path) -> None:
    (tmp_path / "recordings").mkdir()
    with pytest.raises(CorpusError, match=r"recordings holds no \.wav file"):
        list(load_corpus("fsdd", tmp_path))


@pytest.mark.data
def test_the_real_subset(data_root: Path) -> None:
    found = rows(data_root / "fsdd-subset")
    assert len(found) == 720
    assert {row.speaker: labels(row)["accent"] for row in found.values()} == {
        "jackson": "USA/neutral",
        "theo": "USA/neutral",
        "nicolas": "BEL/French",
        "yweweler": "DEU/German",
        "lucas": "DEU/German",
        "george": "GRC/Greek",
    }
    assert len(list(load_corpus("fsdd", data_root / "fsdd-subset"))) == 720, "nothing is excluded"
