"""An audit with --adjust: the ratios at equal covariates stand in audit.json, and can be recomputed."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from speechfair import verify
from speechfair.auditing.adjusting import require_extra
from speechfair.auditing.result import AuditResult, Axis, json_schema, read_audit
from speechfair.auditing.run import audit, score
from speechfair.errors import InputError, MissingExtraError, RunFolderError
from speechfair.store import RunFolder
from speechfair.testing import Scripted
from speechfair.types import Label, Utterance
from tests.support import ListCard, ListCorpus, write_tone

WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]


def speakers_corpus(
    folder: Path, *, speakers: int = 24, per_speaker: int = 4, same_texts: bool = False
) -> ListCorpus:
    """Accents x and y; women are rare in x and common in y."""
    rows = []
    for s in range(speakers):
        accent = "xy"[s % 2]
        female = (s // 2) % 4 == 0 if accent == "x" else (s // 2) % 4 != 0
        age = "young" if (s // 4) % 2 else "old"
        for u in range(per_speaker):
            text = " ".join(WORDS[(u + i) % 10] for i in range(10)) + ("" if same_texts else f" s{s}u{u}")
            labels = (
                Label("accent", accent, "corpus"),
                Label("gender", "female" if female else "male", "self_reported"),
                Label("age_band", age, "corpus"),
            )
            path = write_tone(folder / f"s{s}-{u}.wav", 0.2 + 0.05 * ((s * 7 + u * 3) % 5))
            rows.append(Utterance(f"s{s}-{u}", path, text, "eng", f"s{s}", labels))
    return ListCorpus(rows, folder, card=ListCard(reference={"accent": "x", "gender": "male"}))


def wrong_words(corpus: ListCorpus) -> Scripted:
    """Women get more words wrong than men, accents do not differ."""
    texts = {}
    for number, row in enumerate(corpus.rows):
        assert isinstance(row, Utterance)
        words = (row.text or "").split()
        female = any(label.value == "female" for label in row.labels)
        for i in range((3 if female else 1) + number % 3 - 1):
            words[i] = "wrong"
        texts[row.id] = " ".join(words)
    return Scripted(texts)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> ListCorpus:
    return speakers_corpus(tmp_path_factory.mktemp("wav"))


@pytest.fixture(scope="module")
def run(corpus: ListCorpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "run"
    audit(
        corpus,
        wrong_words(corpus),
        ["accent", "gender", "accent+gender"],
        adjust=["gender", "duration_s"],
        out=folder,
    )
    return folder


def axis_of(result: AuditResult, name: str) -> Axis:
    return next(axis for axis in result.axes if axis.axis == name)


def test_the_adjusted_ratio_takes_gender_out(run: Path) -> None:
    axis = axis_of(read_audit(run / "audit.json"), "accent")
    assert axis.adjusted is not None
    assert axis.adjustment is not None
    (found,) = axis.adjusted
    assert found.group == "y"
    assert found.raw.value is not None
    assert found.adjusted.value is not None
    assert found.raw.value > 1.3
    assert abs(found.adjusted.value - 1) < 0.25
    assert found.contributions["gender"] > 1.3
    assert "at equal gender and duration_s" in found.explanation
    assert axis.adjustment.formula == (
        "errors ~ accent + gender + duration_s + (1 | speaker) + offset(log(reference_length))"
    )
    assert axis.adjustment.covariates == ["gender", "duration_s"]
    assert axis.adjustment.n_speakers == 24


def test_raw_is_the_groups_ratio(run: Path) -> None:
    result = read_audit(run / "audit.json")
    group = next(group for group in result.groups_of("accent") if group.value == "y")
    adjusted = axis_of(result, "accent").adjusted
    assert adjusted is not None
    assert adjusted[0].raw == group.ratio


def test_a_covariate_is_not_adjusted_for_on_its_own_axis(run: Path) -> None:
    result = read_audit(run / "audit.json")
    for name in ("gender", "accent+gender"):
        adjustment = axis_of(result, name).adjustment
        assert adjustment is not None
        assert adjustment.covariates == ["duration_s"]
    assert axis_of(result, "accent+gender").adjustment.formula.startswith(
        "errors ~ accent:gender + duration_s"
    )  # type: ignore[union-attr]


def test_only_crossings_are_pooled(run: Path) -> None:
    result = read_audit(run / "audit.json")
    assert axis_of(result, "accent").shrunken is None
    pooled = axis_of(result, "accent+gender").shrunken
    assert pooled is not None
    rates = {group.value: group.rate.value for group in result.groups_of("accent+gender")}
    assert {cell.group: cell.rate for cell in pooled.cells} == rates
    assert pooled.mean_rate is not None
    for cell in pooled.cells:
        assert cell.ratio.value is not None
        assert cell.rate is not None
        own = cell.rate / pooled.mean_rate
        assert min(own, 1) <= cell.ratio.value <= max(own, 1), "drawn towards the mean"


def test_it_is_recomputed_equal_and_fits_the_schema(run: Path) -> None:
    assert verify(run).differences == ()
    content = json.loads((run / "audit.json").read_text())
    jsonschema.Draft202012Validator(json_schema()).validate(content)
    assert RunFolder(run).read()["recipe"]["analysis"]["adjust"] == ["gender", "duration_s"]


def test_a_changed_adjusted_ratio_is_found(run: Path, tmp_path: Path) -> None:
    import shutil

    copy = shutil.copytree(run, tmp_path / "copy")
    content = json.loads((copy / "audit.json").read_text())
    content["axes"][0]["adjusted"][0]["adjusted"]["value"] += 1e-6
    (copy / "audit.json").write_text(json.dumps(content))
    assert any("axes" in line and "adjusted" in line for line in verify(copy).differences)


def test_without_adjust_nothing_changes(corpus: ListCorpus, tmp_path: Path) -> None:
    audit(corpus, wrong_words(corpus), ["accent"], out=tmp_path / "run")
    axis = json.loads((tmp_path / "run" / "audit.json").read_text())["axes"][0]
    assert (axis["adjusted"], axis["adjustment"], axis["shrunken"]) == (None, None, None)
    assert "adjust" not in RunFolder(tmp_path / "run").read()["recipe"]["analysis"]
    with pytest.raises(RunFolderError, match=r"(?s)adjust.*speechfair score"):
        audit(corpus, wrong_words(corpus), ["accent"], adjust=["gender"], out=tmp_path / "run")
    assert axis_of(score(tmp_path / "run", ["accent"], adjust=["gender"]), "accent").adjusted
    assert verify(tmp_path / "run").ok


def test_shared_texts_get_an_effect_and_a_note(tmp_path: Path) -> None:
    corpus = speakers_corpus(tmp_path / "wav", same_texts=True)
    axis = axis_of(audit(corpus, wrong_words(corpus), ["accent"], adjust=["speech_rate"]), "accent")
    assert axis.adjustment is not None
    assert "(1 | text)" in (axis.adjustment.formula or "")
    assert axis.adjustment.notes[0].startswith(
        "100% of the utterances have a text that several speakers read"
    )
    assert axis.adjustment.text_sd is not None


def test_the_axis_alone_leaves_nothing_to_compare(corpus: ListCorpus) -> None:
    axis = axis_of(audit(corpus, wrong_words(corpus), ["gender"], adjust=["gender"]), "gender")
    assert axis.adjusted == []
    assert axis.adjustment is not None
    assert axis.adjustment.reason == "nothing to compare: gender is the axis itself"


def test_few_speakers_are_refused_in_the_file(tmp_path: Path) -> None:
    corpus = speakers_corpus(tmp_path / "wav", speakers=8)
    axis = axis_of(audit(corpus, wrong_words(corpus), ["accent"], adjust=["gender"]), "accent")
    assert axis.adjusted is not None
    assert axis.adjusted[0].adjusted.value is None
    assert "fewer than 5 speakers (4)" in (axis.adjusted[0].adjusted.reason or "")
    assert axis.adjustment is not None
    assert axis.adjustment.family is None
    assert axis.adjustment.reason == "reference x: fewer than 5 speakers (4): no adjusted ratio"


def test_a_voice_in_several_cells_is_not_pooled(tmp_path: Path) -> None:
    rows = []
    for s in range(6):
        for accent in "xy":
            for gender in ("f", "m"):
                name = f"s{s}{accent}{gender}"
                labels = (Label("accent", accent, "corpus"), Label("style", gender, "corpus"))
                rows.append(
                    Utterance(name, write_tone(tmp_path / f"{name}.wav"), "one two", "eng", f"s{s}", labels)
                )
    corpus = ListCorpus(rows, tmp_path)
    model = Scripted({row.id: "one" for row in rows})
    pooled = axis_of(audit(corpus, model, ["accent+style"]), "accent+style").shrunken
    assert pooled is not None
    assert "speaker 's0' is in the cells" in (pooled.reason or "")
    assert all(cell.ratio.value is None and cell.rate == 0.5 for cell in pooled.cells)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"adjust": ["gendr"]}, r"--adjust 'gendr': no utterance has such a label; did you mean 'gender'\?"),
        ({"adjust": ["gender", "gender"]}, "named twice in --adjust"),
        ({"adjust": ["gender"], "group_by": []}, "name the groups with --group-by"),
    ],
)
def test_bad_adjustments_stop_before_anything_is_transcribed(
    corpus: ListCorpus, tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    model = wrong_words(corpus)
    with pytest.raises(InputError, match=message):
        audit(corpus, model, **{"group_by": ["accent"], "out": tmp_path / "run", **options})
    assert model.calls == []


def test_a_missing_extra_stops_before_anything_is_transcribed(
    corpus: ListCorpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    model = wrong_words(corpus)
    with pytest.raises(MissingExtraError, match=r"--adjust needs .* pip install 'speechfair\[mixed\]'"):
        audit(corpus, model, ["accent"], adjust=["gender"], out=tmp_path / "run")
    assert model.calls == []
    require_extra([])
