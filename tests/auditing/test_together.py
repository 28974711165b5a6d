"""Three groups against a reference: all at once, and each kind of error apart, in result, table and page."""

from __future__ import annotations

from pathlib import Path

import pytest

from speechfair.auditing.run import audit
from speechfair.reporting.html import write_report
from speechfair.testing import Scripted
from speechfair.types import Exclusion, Label, Utterance
from tests.support import ListCorpus, write_tone

WORDS = [f"w{chr(97 + i)}" for i in range(20)]
DELETED = {"ref": 1, "a": 1, "b": 8}


def test_groups_are_compared_all_at_once_and_by_kind(tmp_path: Path) -> None:
    rows: list[Utterance | Exclusion] = []
    texts = {}
    wav = write_tone(tmp_path / "tone.wav", 0.2)
    for accent, deleted in DELETED.items():
        for s in range(6):
            name = f"{accent}-{s}"
            label = (Label("accent", accent, "corpus"),)
            rows.append(Utterance(name, wav, " ".join(WORDS), "eng", name, label))
            texts[name] = " ".join(["wrong", *WORDS[1 + deleted + s % 2 :]])
    result = audit(
        ListCorpus(rows, tmp_path),
        Scripted(texts),
        ["accent"],
        reference={"accent": "ref"},
        out=tmp_path / "run",
    )
    groups = {group.value: group for group in result.groups}
    assert groups["ref"].ratio_simultaneous is None
    assert groups["ref"].kind_ratios is None
    for value in "ab":
        plain, together = groups[value].ratio, groups[value].ratio_simultaneous
        assert plain is not None
        assert together is not None
        assert plain.low is not None
        assert together.low is not None
        assert together.low < plain.low
        assert together.value == plain.value
    kinds = groups["b"].kind_ratios
    assert kinds is not None
    assert kinds["substitutions"].value == pytest.approx(1.0)
    assert kinds["deletions"].value == pytest.approx((6 * 8 + 3) / (6 * 1 + 3))
    assert kinds["insertions"].value is None
    assert "no errors" in str(kinds["insertions"].reason)
    differences = groups["b"].kind_differences
    assert differences is not None
    assert differences["substitutions"].value == pytest.approx(0.0)
    of_b, of_ref = (groups[value].deletions / groups[value].reference_length for value in ("b", "ref"))
    assert differences["deletions"].value == pytest.approx(of_b - of_ref)
    assert differences["deletions"].low is not None
    assert sum(one.value or 0.0 for one in differences.values()) == pytest.approx(
        groups["b"].difference.value
    )
    line = "All 2 groups at once against the reference (simultaneous 95 %): worse: b"
    assert line in str(result.table())
    page = write_report(result, [], tmp_path / "report.html", embed_audio=False).read_text(encoding="utf-8")
    assert "Thin line: the 95 % interval that holds for all groups at once" in page
    assert "Each kind of error alone" in page
