"""Two runs over the same made-up tones: what is compared, what is refused, and what the verdict is."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from speechfair import compare
from speechfair.auditing.run import audit, score
from speechfair.comparing.comparison import Comparison, json_schema
from speechfair.errors import InputError, RunFolderError
from speechfair.store import RunFolder
from speechfair.testing import Scripted
from speechfair.types import Label, Utterance
from tests.support import ListCorpus, scripted_texts, small_corpus, write_tone

LONG = " ".join(f"word{i}" for i in range(60))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> ListCorpus:
    return small_corpus(tmp_path_factory.mktemp("wav"), speakers=16, per_speaker=4, text=LONG)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs that several tests ask for, by what was asked. Not to be changed."""
    return tmp_path_factory.mktemp("kept")


@pytest.fixture
def make(corpus: ListCorpus, kept: Path, tmp_path: Path) -> Callable[..., Path]:
    """Makes a run of a scripted model with that many wrong words by accent; of a plain one gives a copy."""

    def run(
        name: str,
        wrong: Mapping[str, int],
        *,
        of: ListCorpus | None = None,
        axes: list[str] | None = None,
        **extra: Any,
    ) -> Path:
        plain = kept / "-".join([name, *(f"{accent}{words}" for accent, words in sorted(wrong.items()))])
        shared = of is None and axes is None and not extra
        if shared and plain.exists():
            return Path(shutil.copytree(plain, tmp_path / name))
        rows = of or corpus
        texts = scripted_texts(rows, wrong)
        texts.update(extra.pop("texts", {}))
        model = Scripted(
            texts, name=name, failures=extra.pop("failures", None), rejected=extra.pop("rejected", None)
        )
        audit(rows, model, ["accent"] if axes is None else axes, out=tmp_path / name, **extra)
        if shared:
            shutil.copytree(tmp_path / name, plain)
        return tmp_path / name

    return run


def group(found: Comparison, value: str) -> Any:
    return next(g for g in found.groups if g.value == value)


def test_changes_are_the_planted_ones(make: Callable[..., Path]) -> None:
    found = compare(make("old", {"x": 6, "y": 18}), make("new", {"x": 6, "y": 9}))
    y, x = group(found, "y"), group(found, "x")
    assert y.difference.value == pytest.approx(-9 / 60)
    assert x.difference.value == 0
    assert y.ratio.value == pytest.approx(y.after.rate.value / y.before.rate.value)
    assert y.ratio_change.value == pytest.approx(y.ratio.value / x.ratio.value)
    assert (x.is_reference, x.ratio_change) == (True, None)
    assert y.difference.low < -9 / 60 < y.difference.high
    axis = found.axes[0]
    assert axis.gap_change.value == pytest.approx(-9 / 60)
    assert axis.gap_before.value is not None
    assert axis.gap_after.value == pytest.approx(axis.gap_before.value - 9 / 60)
    assert (axis.reference, axis.gap_groups) == ("x", ["x", "y"])
    assert found.overall.difference is not None
    assert found.overall.difference.value == pytest.approx(-4.5 / 60)
    assert [g.value for g in found.groups] == ["x", "y"], "the most worsened first"
    assert found.verdict == "pass"
    assert found.mapsswe.errors_before - found.mapsswe.errors_after == 32 * 9
    assert found.mapsswe.p_value is not None
    assert found.mapsswe.p_value < 0.001
    assert (found.matching.compared, found.matching.examples) == (64, {})


def test_rates_are_those_of_the_audits(make: Callable[..., Path]) -> None:
    old, new = make("old", {"x": 6, "y": 18}), make("new", {"x": 8, "y": 9})
    found = compare(old, new)
    for side, run in (("before", old), ("after", new)):
        told = {g["value"]: g for g in json.loads((run / "audit.json").read_text())["groups"]}
        for one in found.groups:
            assert asdict(getattr(one, side).rate) == told[one.value]["rate"]
            assert getattr(one, side).substitutions == told[one.value]["substitutions"]


def test_harm_to_one_group_is_a_failure_however_much_the_others_gain(make: Callable[..., Path]) -> None:
    found = compare(make("old", {"x": 18, "y": 12}), make("new", {"x": 3, "y": 18}))
    assert group(found, "x").no_harm.verdict == "pass"
    assert group(found, "y").no_harm.verdict == "fail"
    assert found.overall.difference is not None
    assert found.overall.difference.value == pytest.approx(-4.5 / 60), "on the whole it is better"
    assert (found.verdict, found.reason) == ("fail", "worse by more than the margin: accent=y")


def test_swapping_the_runs_turns_the_changes(make: Callable[..., Path]) -> None:
    old, new = make("old", {"x": 6, "y": 18}), make("new", {"x": 8, "y": 9})
    there, back = compare(old, new), compare(new, old)
    for value in ("x", "y"):
        one, other = group(there, value), group(back, value)
        assert other.difference.value == pytest.approx(-one.difference.value)
        assert other.difference.low == pytest.approx(-one.difference.high)
        assert other.ratio.value == pytest.approx(1 / one.ratio.value)
    assert back.mapsswe.z == pytest.approx(-there.mapsswe.z)  # type: ignore[operator]
    assert back.axes[0].gap_change.value == pytest.approx(-there.axes[0].gap_change.value)  # type: ignore[operator]


def test_the_same_model_in_two_folders_changes_nothing_and_is_still_not_certain(
    make: Callable[..., Path],
) -> None:
    old = make("old", {"x": 6, "y": 9})
    twin = old.parent / "twin"
    shutil.copytree(old, twin)
    found = compare(old, twin)
    assert found.verdict == "pass"
    for one in [found.overall, *found.groups]:
        assert one.difference.value == 0  # type: ignore[union-attr]
        assert one.difference.low < 0 < one.difference.high  # type: ignore[union-attr, operator]
    assert any("same model" in note for note in found.notes)
    assert found.mapsswe.z == 0


def test_few_words_leave_it_open(make: Callable[..., Path], tmp_path: Path) -> None:
    tiny = small_corpus(
        tmp_path / "tiny", speakers=12, per_speaker=1, text="one two three four five six seven eight"
    )
    found = compare(
        make("old", {"x": 2, "y": 2}, of=tiny), make("new", {"x": 2, "y": 2}, of=tiny, texts={"s00-0": "no"})
    )
    assert found.verdict == "undetermined"
    assert "harm can be neither shown nor excluded" in found.reason


def test_too_few_speakers_leave_it_open(make: Callable[..., Path], tmp_path: Path) -> None:
    small = small_corpus(tmp_path / "small", speakers=8, per_speaker=9, text=LONG)
    found = compare(make("old", {"x": 9, "y": 9}, of=small), make("new", {"x": 1, "y": 1}, of=small))
    assert found.overall.no_harm.verdict == "pass"
    assert {g.no_harm.verdict for g in found.groups} == {"undetermined"}
    assert "fewer than 5 speakers" in found.groups[0].no_harm.reason
    assert found.verdict == "undetermined"
    assert found.axes[0].gap_change.value is None
    assert "accent=x, accent=y" in found.axes[0].notes[0]


def test_without_groups_there_is_no_pass(make: Callable[..., Path]) -> None:
    found = compare(make("old", {"x": 9, "y": 9}, axes=[]), make("new", {"x": 3, "y": 3}, axes=[]))
    assert found.overall.no_harm.verdict == "pass"
    assert (found.verdict, found.groups) == ("undetermined", [])
    assert "no groups were compared" in found.reason


def test_axes_of_either_run_are_compared_or_those_asked_for(make: Callable[..., Path]) -> None:
    old, new = make("old", {"x": 9, "y": 9}), make("new", {"x": 3, "y": 3}, axes=["gender"])
    assert [axis.axis for axis in compare(old, new).axes] == ["accent", "gender"]
    assert [axis.axis for axis in compare(old, new, group_by=["accent+gender"]).axes] == ["accent+gender"]
    with pytest.raises(InputError, match="did you mean 'accent'"):
        compare(old, new, group_by=["acent"])
    with pytest.raises(InputError, match="named twice"):
        compare(old, new, group_by=["accent", "accent"])


def test_failures_and_runaways_are_counted_on_their_side(make: Callable[..., Path]) -> None:
    old = make(
        "old", {"x": 6, "y": 6}, failures={"s01-0": "told to fail"}, rejected={"s01-2": "again " * 200}
    )
    new = make("new", {"x": 6, "y": 6}, texts={"s01-1": "the same thing again " * 60})
    y = group(compare(old, new), "y")
    assert (y.before.n_failed, y.before.n_redone, y.before.n_runaway) == (1, 1, 0)
    assert (y.after.n_failed, y.after.n_redone, y.after.n_runaway) == (0, 0, 1)
    assert y.before.deletions == 60, "a failure counts as all deleted"
    assert y.after.runaway_error_share > 0.1
    assert any("failed utterances" in note for note in compare(old, new).notes)


def test_a_model_that_fails_on_a_group_harms_it(make: Callable[..., Path]) -> None:
    silent = {f"s{s:02d}-0": "no answer" for s in range(1, 16, 2)}
    found = compare(make("old", {"x": 6, "y": 6}), make("new", {"x": 6, "y": 6}, failures=silent))
    assert group(found, "y").no_harm.verdict == "fail"


def test_it_is_the_same_each_time_and_fits_its_schema(make: Callable[..., Path]) -> None:
    old, new = make("old", {"x": 6, "y": 18}), make("new", {"x": 8, "y": 9})
    found = compare(old, new)
    assert found == compare(str(old), RunFolder(new))
    content = json.loads(found.to_json())
    assert content["schema"] == "speechfair/compare/1"
    jsonschema.Draft202012Validator(json_schema()).validate(content)
    assert Comparison.model_validate_json(found.to_json()) == found
    assert str(old) not in found.to_json(), "no paths of this machine"


def test_the_published_schema_is_the_one_in_the_package() -> None:
    published = Path(__file__).parents[2] / "docs" / "schemas" / "compare-1.json"
    assert json.loads(published.read_text()) == json_schema(), (
        "write it again: speechfair.comparing.comparison.json_schema()"
    )


def test_characters_are_compared_as_characters(make: Callable[..., Path]) -> None:
    runs = (
        make("old", {"x": 6, "y": 18}, tokens="characters"),
        make("new", {"x": 8, "y": 9}, tokens="characters"),
    )
    found = compare(*runs)
    assert found.tokens == "characters"
    assert found.mapsswe.errors_before > found.mapsswe.errors_after
    assert found.mapsswe.errors_before > 32 * 24, "a wrong word is several wrong characters"


# -- what is refused ---------------------------------------------------------------------------------------


def relabelled(row: Utterance, axis: str, value: str) -> Utterance:
    labels = tuple(Label(x.axis, value if x.axis == axis else x.value, x.source) for x in row.labels)
    return replace(row, labels=labels)


def edited(corpus: ListCorpus, name: str, change: Callable[[Utterance], Utterance]) -> ListCorpus:
    rows = [change(row) if isinstance(row, Utterance) and row.id == name else row for row in corpus.rows]
    return replace(corpus, rows=rows)


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("changed_text", lambda row: replace(row, text=row.text + " more")),
        ("changed_speaker", lambda row: replace(row, speaker="s99")),
        ("changed_labels", lambda row: relabelled(row, "accent", "y")),
        ("changed_audio", lambda row: replace(row, end_s=0.1)),
        ("changed_audio", lambda row: replace(row, audio=write_tone(row.audio.with_name("other.wav"), 0.3))),
        ("changed_audio", lambda row: replace(row, audio=row.audio.with_name("gone.wav"))),
    ],
)
def test_a_changed_utterance_is_shown_and_left_out_when_asked(
    make: Callable[..., Path], corpus: ListCorpus, kind: str, change: Callable[[Utterance], Utterance]
) -> None:
    other = edited(corpus, "s02-1", change)
    old, new = make("old", {"x": 6, "y": 9}), make("new", {"x": 6, "y": 9}, of=other)
    with pytest.raises(InputError, match=rf"(?s){kind.replace('_', ' ')}: 1 \(s02-1\).*--match common"):
        compare(old, new)
    found = compare(old, new, match="common")
    assert (found.matching.compared, getattr(found.matching, kind)) == (63, 1)
    assert found.matching.examples == {kind: ["s02-1"]}
    assert found.overall.n_utterances == 63
    assert any("1 utterance is not compared" in note for note in found.notes)


def test_other_utterances_are_shown_and_left_out_when_asked(
    make: Callable[..., Path], corpus: ListCorpus
) -> None:
    fewer, others = replace(corpus, rows=corpus.rows[:-8]), replace(corpus, rows=corpus.rows[4:])
    old, new = make("old", {"x": 6, "y": 9}, of=fewer), make("new", {"x": 6, "y": 9}, of=others)
    with pytest.raises(InputError, match=r"(?s)only before: 4 \(s00-0.*only after: 8 \(s14-0.*…\)"):
        compare(old, new)
    found = compare(old, new, match="common")
    assert (found.matching.only_before, found.matching.only_after, found.matching.compared) == (4, 8, 52)
    assert found.verdict == "undetermined", "whoever leaves out what got worse passes no more"
    assert (
        "harm may lie in what is not compared: 4 of 28 rows of accent=x before; 4 of 32 rows of accent=y after"
        in found.reason
    )


def test_few_utterances_left_out_change_no_verdict(make: Callable[..., Path], corpus: ListCorpus) -> None:
    fewer = replace(corpus, rows=corpus.rows[:-2])
    found = compare(make("old", {"x": 6, "y": 9}), make("new", {"x": 6, "y": 9}, of=fewer), match="common")
    assert found.matching.compared == 62
    assert found.verdict == "pass"
    assert "among the utterances that both runs share" in found.reason


def test_a_label_on_an_axis_that_is_not_compared_does_not_matter(
    make: Callable[..., Path], corpus: ListCorpus
) -> None:
    other = edited(corpus, "s02-1", lambda row: relabelled(row, "gender", "male"))
    old, new = make("old", {"x": 6, "y": 9}), make("new", {"x": 6, "y": 9}, of=other)
    with pytest.raises(InputError, match="changed labels"):
        compare(old, new)
    assert compare(old, new, match="common").matching.compared == 64
    assert compare(old, new, match="common", group_by=["gender"]).matching.compared == 63


def test_the_order_of_rows_does_not_matter(make: Callable[..., Path], corpus: ListCorpus) -> None:
    turned = replace(corpus, rows=list(reversed(corpus.rows)))
    texts = scripted_texts(corpus, {"x": 3, "y": 8})
    old, new = make("old", {"x": 6, "y": 9}), make("new", {"x": 6, "y": 9}, of=turned, texts=texts)
    straight = compare(old, make("straight", {"x": 3, "y": 8}))
    found = compare(old, new)
    assert [g.difference for g in found.groups] == [g.difference for g in straight.groups]
    assert any("order of the rows" in note for note in found.notes)


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_group_on_one_side_only_can_not_pass(
    make: Callable[..., Path], corpus: ListCorpus, side: str
) -> None:
    without = replace(corpus, rows=[row for row in corpus.rows if row.labels[0].value != "y"])  # type: ignore[union-attr]
    old = make("old", {"x": 9, "y": 9}, of=corpus if side == "before" else without)
    new = make("new", {"x": 3, "y": 3}, of=corpus if side == "after" else without)
    found = compare(old, new, match="common")
    assert group(found, "x").no_harm.verdict == "pass"
    y = group(found, "y")
    assert (y.no_harm.verdict, y.n_utterances, y.before, y.difference) == ("undetermined", 0, None, None)
    assert y.no_harm.reason == f"the group occurs only {side}: nothing to compare"
    assert found.verdict == "undetermined"
    assert "accent=y" in found.reason


def test_a_group_that_was_renamed_can_not_pass(make: Callable[..., Path], corpus: ListCorpus) -> None:
    renamed = replace(corpus, rows=[
        relabelled(row, "accent", "z") if row.labels[0].value == "y" else row  # type: ignore[union-attr, arg-type]
        for row in corpus.rows
    ])  # fmt: skip
    texts = scripted_texts(corpus, {"x": 3, "y": 3})
    new = make("new", {"x": 3, "z": 3}, of=renamed, texts=texts)
    found = compare(make("old", {"x": 9, "y": 9}), new, match="common")
    assert found.matching.changed_labels == 32
    assert {g.value: g.no_harm.verdict for g in found.groups} == {
        "x": "pass",
        "y": "undetermined",
        "z": "undetermined",
    }
    assert found.verdict == "undetermined"


def test_nothing_in_common_is_an_error(make: Callable[..., Path], corpus: ListCorpus) -> None:
    halves = replace(corpus, rows=corpus.rows[:32]), replace(corpus, rows=corpus.rows[32:])
    old, new = make("old", {"x": 6, "y": 9}, of=halves[0]), make("new", {"x": 6, "y": 9}, of=halves[1])
    with pytest.raises(InputError, match="no scored utterance in common"):
        compare(old, new, match="common")


def test_rows_without_a_reference_are_counted(make: Callable[..., Path], corpus: ListCorpus) -> None:
    other = edited(corpus, "s02-1", lambda row: replace(row, text="... !"))
    texts = scripted_texts(corpus, {"x": 3, "y": 3})
    found = compare(
        make("old", {"x": 6, "y": 9}, of=other), make("new", {"x": 3, "y": 3}, of=other, texts=texts)
    )
    assert (found.matching.compared, found.matching.excluded) == (63, 1)


def test_the_same_folder_twice_is_refused(make: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    old = make("old", {"x": 6, "y": 9})
    monkeypatch.chdir(old.parent)
    with pytest.raises(InputError, match="given twice"):
        compare(old, "old")


def test_another_normaliser_or_other_tokens_are_refused(make: Callable[..., Path]) -> None:
    old, new = make("old", {"x": 6, "y": 9}), make("new", {"x": 6, "y": 9})
    score(new, ["accent"], normalizer="verbatim")
    with pytest.raises(InputError, match=r"normalizer basic .* with verbatim .*score --normalizer"):
        compare(old, new)
    score(new, ["accent"], tokens="characters")
    with pytest.raises(InputError, match=r"tokens words .* with characters"):
        compare(old, new)


def test_folders_that_were_not_scored_or_were_edited_are_refused(
    make: Callable[..., Path], tmp_path: Path
) -> None:
    old, new = make("old", {"x": 6, "y": 9}), make("new", {"x": 3, "y": 6})
    with pytest.raises(RunFolderError, match="not a run folder"):
        compare(old, tmp_path / "nowhere")
    audit_json = new / "audit.json"
    text = audit_json.read_text()
    audit_json.write_text(text.replace('"failed": 0', '"failed": 1'))
    with pytest.raises(RunFolderError, match=r"audit\.json: was changed"):
        compare(old, new)
    audit_json.write_text(text)
    scores = next((new / "scores").glob("*.parquet"))
    other = next((old / "scores").glob("*.parquet"))
    kept = scores.read_bytes()
    scores.write_bytes(other.read_bytes())
    with pytest.raises(RunFolderError, match=r"parquet: was changed"):
        compare(old, new)
    scores.write_bytes(kept)
    assert compare(old, new).verdict == "pass"
    audit_json.unlink()
    with pytest.raises(RunFolderError, match=r"audit\.json: is missing"):
        compare(old, new)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"level": 95.0}, "level must lie"),
        ({"relative": -0.1}, "the relative margin is -0.1"),
        ({"absolute": float("nan")}, "the absolute margin is nan"),
        ({"match": "comon"}, "did you mean 'common'"),
    ],
)
def test_bad_settings_are_named(make: Callable[..., Path], settings: dict[str, Any], message: str) -> None:
    old, new = make("old", {"x": 6, "y": 9}), make("new", {"x": 6, "y": 9})
    with pytest.raises(InputError, match=message):
        compare(old, new, **settings)


# -- the table ---------------------------------------------------------------------------------------------


def test_the_table_says_what_the_comparison_holds(make: Callable[..., Path], corpus: ListCorpus) -> None:
    old = make("old", {"x": 6, "y": 18}, failures={"s01-0": "told to fail"})
    found = compare(old, make("new", {"x": 9, "y": 9}))
    text = str(found.table())
    for part in (
        "By accent (reference x)",
        "FAIL",
        "worse by more than the margin: ",
        "MAPSSWE",
        "gap between",
    ):
        assert part in text, text
    y = group(found, "y")
    for number in (
        f"{100 * y.difference.value:+.1f}",
        f"[{100 * y.difference.low:+.1f}, {100 * y.difference.high:+.1f}]",
        f"{y.ratio.value:.2f} [",
        f"[{y.ratio_change.low:.2f}, {y.ratio_change.high:.2f}]",
        f"{100 * y.before.rate.value:.1f}",
        "1 → 0",
    ):
        assert number in text, number
    assert "…" not in text, "no number is cut"
    assert max(map(len, text.splitlines())) <= 120


@pytest.mark.parametrize("width", [80, 100, 160])
def test_no_number_is_cut_on_a_narrow_terminal(make: Callable[..., Path], width: int) -> None:
    import io

    from rich.console import Console

    found = compare(make("old", {"x": 6, "y": 18}, failures={"s01-0": "no"}), make("new", {"x": 9, "y": 9}))
    buffer = io.StringIO()
    Console(file=buffer, width=width, no_color=True).print(found.table())
    y = group(found, "y")
    assert f"[{100 * y.difference.low:+.1f}, {100 * y.difference.high:+.1f}]" in buffer.getvalue()
    assert "…" not in buffer.getvalue()


def test_a_hostile_name_stays_a_name(make: Callable[..., Path], corpus: ListCorpus) -> None:
    hostile = replace(corpus, rows=[
        relabelled(row, "gender", "[red]\x1b[31m" if row.labels[1].value == "male" else "f")  # type: ignore[union-attr, arg-type]
        for row in corpus.rows
    ])  # fmt: skip
    runs = (make(name, {"x": 3, "y": 3}, of=hostile, axes=["gender"]) for name in ("old", "new"))
    text = str(compare(*runs).table())
    assert "\x1b" not in text
    assert "[red]\\x1b[31m" in text
