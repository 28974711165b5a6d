"""Every item has a check that can say no: a change of the material for each, and what is said about it.

That each says yes when all is well is in ``test_removal.py``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from speechfair.process.catalogue import load_catalogue
from speechfair.process.ledger import Ledger
from speechfair.process.material import read_material
from speechfair.store import RunFolder
from tests.process import project
from tests.process.test_removal import found_again

Change = Callable[[Path], object]


def form(name: str, **values: Any) -> Change:
    return lambda process: project.edit_form(process, name, **values)


def record(**values: Any) -> Change:
    return lambda process: project.edit_record(process, **values)


def row(name: str, key: str, index: int, **values: Any) -> Change:
    """Change some columns of one row of a form's table."""

    def change(process: Path) -> None:
        import yaml

        rows = yaml.safe_load((process / name).read_text())[key]
        project.edit_form(
            process, name, **{key: [r | values if i == index else r for i, r in enumerate(rows)]}
        )

    return change


def no_axis_gated(process: Path) -> None:
    for index in range(2):
        row("attributes.yaml", "axes", index, gated=False)(process)


def measured(item: str, **values: Any) -> Change:
    def change(process: Path) -> None:
        model = RunFolder(process.parent / "runs" / "test").read()["recipe"]["model"]["digest"]
        project.measure(process, item, model, **values)

    return change


def judged_by_a_model(item: str) -> Change:
    def change(process: Path) -> None:
        path = process.parent / "measurements" / f"{item}.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"judged_by": "model"}))

    return change


def swap(one: str, other: str) -> Change:
    """Two run folders change places."""

    def change(process: Path) -> None:
        runs = process.parent / "runs"
        (runs / one).rename(runs / "aside")
        (runs / other).rename(runs / one)
        (runs / "aside").rename(runs / other)

    return change


def plan_part(name: str, **values: Any) -> Change:
    """Another part of the plan, as if it had been frozen so from the beginning."""

    def change(process: Path) -> None:
        import yaml

        path = process / "plan.yaml"
        content = yaml.safe_load(path.read_text())
        content[name] |= values
        path.write_text(yaml.safe_dump(content, allow_unicode=True))
        forget(process, "plan", "sha256", project.file_digest(path))

    return change


def plan_number(**values: Any) -> Change:
    return plan_part("numbers", **values)


def all_of_accent_x(process: Path) -> None:
    plan_number(share_shortfall=1.0)(process)
    row("design.yaml", "shares", 0, share=1.0)(process)


def as_supplied(process: Path) -> None:
    plan_part("facts", pretrained_base=True, adapted_from_base=False)(process)


def nothing_trained(process: Path) -> None:
    import yaml

    path = process / "runs.yaml"
    content = yaml.safe_load(path.read_text())
    kept = [entry for entry in content["runs"] if entry["role"] in ("test_set", "evaluation")]
    path.write_text(yaml.safe_dump(content | {"runs": kept, "training_records": []}))


def development_only(process: Path) -> None:
    """A model that was trained somewhere, with nothing but its development rows listed."""
    import yaml

    path = process / "runs.yaml"
    content = yaml.safe_load(path.read_text())
    kept = [entry for entry in content["runs"] if entry["role"] != "training"]
    path.write_text(yaml.safe_dump(content | {"runs": kept, "training_records": []}))


def forget(process: Path, kind: str, key: str, value: Any) -> None:
    """Rewrite the whole ledger with another value in the entries of a kind."""
    from tests.process.test_project_verify import rewrite

    rewrite(
        process,
        lambda entry: entry if entry["kind"] != kind else {**entry, "body": {**entry["body"], key: value}},
    )


def other_criteria(**limits: float) -> Change:
    """Other limits, as if they had been frozen from the beginning."""

    def change(process: Path) -> None:
        path = process / "criteria.yaml"
        old, text = project.file_digest(path), path.read_text()
        for before, after in limits.items():
            text = text.replace(f"limit: {before.removeprefix('l').replace('_', '.')},", f"limit: {after},")
        path.write_text(text)
        new = project.file_digest(path)
        sidecar = process / "criteria.yaml.frozen.yaml"
        sidecar.write_text(sidecar.read_text().replace(old, new))
        forget(process, "criteria", "sha256", new)

    return change


def both(*changes: Change) -> Change:
    return lambda process: [change(process) for change in changes]


def trained_on_the_test_set(process: Path) -> None:
    path = process / "runs.yaml"
    path.write_text(path.read_text().replace("folder: ../runs/train\n", "folder: ../runs/test\n"))


def another_key_signed(process: Path) -> None:
    entry = [e for e in Ledger(process).read().of_kind("attestation") if e.body["item"] == "AF-5.3"][-1]
    signature = dict(entry.body["signature"]) | {"value": "00" * 64}
    forget(process, "attestation", "signature", signature)


def waived_by_the_trainer(process: Path) -> None:
    body = {
        "item": "AF-2.2",
        "by": "tom",
        "reason": "r",
        "control": "c",
        "expires": project.days(9).isoformat(),
    }
    Ledger(process).append("waiver", body)


def unknown_label(process: Path) -> None:
    row("attributes.yaml", "axes", 1, axis="sex")(process)


def selection(process: Path, **values: Any) -> None:
    content = json.loads((process.parent / "training" / "training.json").read_text())
    project.edit_record(process, selection={**content["selection"], **values})


def side_rows_unlisted(process: Path) -> None:
    """A corpus that the method used apart from the training rows, and whose rows nobody compared with the tests."""
    method = {"name": "anchor", "options": {"speech": [{"corpus": "theirs"}]}}
    content = json.loads((process.parent / "training" / "training.json").read_text())
    data = {**content["data"], "speech-0": "5" * 64}
    project.edit_record(process, settings={"method": method}, data=data)


def with_protected(process: Path, **data: str) -> None:
    """A recipe that names a corpus of protected development speakers, of this digest."""
    content = json.loads((process.parent / "training" / "training.json").read_text())
    settings = {**content["settings"], "dev": {"protected": [{"corpus": "theirs"}]}}
    project.edit_record(process, settings=settings, data={**content["data"], **data})


def limited(process: Path, *, margin: Any = None, **log: Any) -> None:
    """A choice with protected speakers, whose rate before was 0.2 and may rise by a tenth of it."""
    content = json.loads((process.parent / "training" / "training.json").read_text())
    rates = {"a": 0.21, "b": 0.3}
    candidates = [one | {"protected": rates[one["name"]]} for one in content["selection"]["candidates"]]
    made = {
        **content["selection"],
        "candidates": candidates,
        "protected_limit": 0.22,
        "protected_before": 0.2,
    }
    settings = {**content["settings"], "margin": margin or {"relative": 0.1, "absolute": 0.01}}
    project.edit_record(process, settings=settings, selection=made | log)


def protected_are_evaluated(process: Path) -> None:
    run = next(iter(read_material(process).of_role("evaluation")))
    with_protected(process, **{"protected-0": str(run.manifest_sha256)})


def talkative(process: Path) -> None:
    """The runs on speechless and on noisy audio change places."""
    swap("silent", "noisy")(process)


NO: list[tuple[str, str, Change, str]] = [
    ("AF-0.1", "fail", form("roles.yaml", fairness_approver="tom"), "approver trained the model"),
    ("AF-0.1", "fail", form("roles.yaml", operator="zoe"), "not among people"),
    ("AF-0.2", "not_assessed", form("use_case.yaml", out_of_scope=[]), "still empty: out_of_scope"),
    ("AF-0.3", "not_assessed", form("levels.yaml", fairness_reason=None), "fairness_reason"),
    ("AF-0.4", "fail", unknown_label, "'gender' is not declared"),
    ("AF-0.4", "fail", row("attributes.yaml", "axes", 0, source="corpus"), "labels also come from"),
    (
        "AF-0.5",
        "fail",
        lambda p: (p / "criteria.yaml").write_text(project.CRITERIA + "# x\n"),
        "changed after",
    ),
    ("AF-0.6", "not_assessed", row("risks.yaml", "risks", 0, tests=None), "neither test nor control"),
    ("AF-1.1", "fail", row("design.yaml", "cases", 0, values="x, y, z"), "accent=z: no speaker"),
    ("AF-1.2", "fail", row("sources.yaml", "sources", 0, allowed_uses="evaluation"), "training is not among"),
    ("AF-1.2", "fail", row("sources.yaml", "sources", 0, delete_by="2020-01-01"), "was to be deleted"),
    (
        "AF-1.2",
        "fail",
        row("sources.yaml", "sources", 0, group_labels_for_training=False),
        "group labels may not be used for training, and group_dro uses them",
    ),
    ("AF-1.3", "fail", row("data_statement.yaml", "counts", 1, speakers=21), "stated count differs"),
    ("AF-1.4", "error", lambda p: (p.parent / "runs/dev/manifest.parquet").write_bytes(b"x"), "manifest"),
    ("AF-1.5", "fail", row("suppliers.yaml", "supplied", 0, sha256="0" * 64), "not pinned"),
    ("AF-1.6", "fail", row("withdrawal.yaml", "withdrawn", 0, speaker="e00"), "test: e00 withdrew"),
    (
        "AF-1.6",
        "fail",
        row("withdrawal.yaml", "withdrawn", 0, asked="2020-01-01", deleted=None),
        "to be deleted by",
    ),
    ("AF-1.7", "fail", form("minors.yaml", guardian_consent=False), "guardians have not consented"),
    ("AF-1.8", "fail", form("annotators.yaml", open_complaints=1), "1 complaints of annotators"),
    ("AF-1.9", "fail", row("varieties.yaml", "considered", 0, label="accent=z"), "no speaker has the label"),
    ("AF-1.9", "not_assessed", row("varieties.yaml", "considered", 1, kind="other"), "no speech disorder"),
    ("AF-2.1", "error", lambda p: (p.parent / "runs/test/manifest.parquet").write_bytes(b"x"), "manifest"),
    ("AF-2.2", "undetermined", plan_number(min_speakers=11), "10 speakers, 11 planned"),
    ("AF-2.3", "fail", row("design.yaml", "shares", 0, value="z"), "accent=z: no speaker, target 50%"),
    ("AF-2.3", "undetermined", plan_number(share_shortfall=1.0), "too few speakers to tell"),
    (
        "AF-2.3",
        "fail",
        all_of_accent_x,
        "accent=x: 50% of the speakers (27% to 73%), target 100%, and no remedy",
    ),
    ("AF-2.4", "fail", trained_on_the_test_set, "speakers in both"),
    ("AF-2.4", "not_assessed", development_only, "no manifest of training rows"),
    ("AF-2.4", "fail", as_supplied, "used as it is, but runs.yaml lists a training"),
    ("AF-2.4", "fail", both(as_supplied, nothing_trained), "suppliers.yaml lacks its weights"),
    (
        "AF-2.5",
        "fail",
        row("transcription.yaml", "double_transcribed", 1, disagreement=0.35, low=0.3, high=0.4),
        "at least 0.27",
    ),
    ("AF-2.5", "undetermined", form("transcription.yaml", limit=0.01), "may reach 0.02"),
    ("AF-2.6", "fail", form("confounders.yaml", limit=-1.0), "is not matched"),
    ("AF-2.6", "undetermined", form("confounders.yaml", limit=0.3), "may be associated with gender"),
    ("AF-2.5", "not_assessed", no_axis_gated, "gates no axis"),
    ("AF-2.6", "undetermined", row("attributes.yaml", "axes", 0, axis="dialect"), "cannot be computed"),
    ("AF-2.6", "not_assessed", no_axis_gated, "gates no axis"),
    ("AF-3.1", "fail", record(output_sha256="0" * 64), "no record made the evaluated model"),
    ("AF-3.1", "error", record(seed=None), "seed"),
    (
        "AF-3.1",
        "fail",
        record(settings={"method": {"name": "anchor", "options": {"speech": [{"corpus": "theirs"}]}}}),
        "no digest of the data speech-0 (corpus theirs)",
    ),
    (
        "AF-2.4",
        "not_assessed",
        side_rows_unlisted,
        "no manifest of these training rows: t1, speech-0 (theirs)",
    ),
    ("AF-3.2", "fail", swap("dev-base", "base"), "different sets"),
    ("AF-3.3", "not_assessed", form("mitigation.yaml", generator=None), "generator is empty"),
    ("AF-3.4", "fail", lambda p: selection(p, chosen="b"), "the rule gives a, not b"),
    (
        "AF-3.4",
        "fail",
        lambda p: selection(p, rule="lowest_overall", chosen="b"),
        "does not look at the worst",
    ),
    (
        "AF-3.4",
        "fail",
        lambda p: selection(p, chosen_at="2099-01-01T00:00:00Z"),
        "chosen after the evaluation",
    ),
    (
        "AF-3.4",
        "undetermined",
        lambda p: with_protected(p, **{"protected-0": "5" * 64}),
        "the log holds no limit for them",
    ),
    (
        "AF-3.4",
        "fail",
        protected_are_evaluated,
        "protected development speakers (protected-0) are evaluation",
    ),
    ("AF-3.4", "fail", lambda p: limited(p, protected_limit=0.2201), "is 0.2201, and their rate before and"),
    ("AF-3.4", "fail", lambda p: limited(p, protected_before=0.21), "margin give 0.231"),
    ("AF-3.4", "undetermined", lambda p: limited(p, protected_before=None), "cannot be recomputed; write"),
    ("AF-3.4", "undetermined", lambda p: limited(p, margin={"relative": 0.1}), "the settings hold no margin"),
    ("AF-3.5", "fail", swap("serving", "base"), "worse"),
    ("AF-3.6", "fail", form("security.yaml", remote_code_off=False), "own code is run"),
    ("AF-4.14", "undetermined", row("memorisation.yaml", "trials", 0, attempts=20), "contains the limit"),
    ("AF-4.14", "fail", row("memorisation.yaml", "trials", 0, successes=50), "beyond the limit"),
    ("AF-4.15", "fail", row("injection.yaml", "trials", 1, successes=60), "beyond the limit"),
    (
        "AF-5.5",
        "fail",
        form("synthetic_speech.yaml", machine_readable=False),
        "no mark that machines can read",
    ),
    ("AF-6.5", "fail", row("incidents.yaml", "incidents", 0, known="2020-01-01"), "days until the report"),
    ("AF-6.5", "fail", row("incidents.yaml", "incidents", 0, closed=False), "incident I1 is open"),
    ("AF-4.1", "fail", other_criteria(l0_3=0.01), "good-enough, accent="),
    ("AF-4.1", "undetermined", other_criteria(l0_3=0.095), "good-enough, accent="),
    ("AF-4.2", "undetermined", other_criteria(l2_0=1.01), "much-worse, accent=y"),
    ("AF-4.2", "fail", swap("test", "base"), "much-worse, accent=y"),
    ("AF-4.3", "undetermined", swap("test", "base"), "crossed, accent+gender"),
    ("AF-4.3", "fail", both(other_criteria(l4_0=1.2), swap("test", "base")), "crossed, accent+gender"),
    ("AF-4.4", "undetermined", plan_number(disagreement_excess=0.001), "the interval contains the limit"),
    ("AF-4.5", "fail", swap("noisy", "base"), "another model"),
    ("AF-4.6", "fail", swap("test", "base"), "worse"),
    ("AF-4.13", "fail", swap("test", "base"), "worse where a gain was planned"),
    ("AF-4.7", "fail", talkative, "share with words"),
    ("AF-4.8", "fail", measured("AF-4.8", low=0.2, value=0.3, high=0.4), "beyond the limit"),
    ("AF-4.8", "undetermined", measured("AF-4.8", n_speakers=3), "3 speakers, 8 planned"),
    ("AF-4.9", "undetermined", measured("AF-4.9", high=0.4), "the interval contains the limit"),
    ("AF-4.9", "not_assessed", measured("AF-4.9", axis="gender"), "not measured by accent"),
    ("AF-4.10", "fail", measured("AF-4.10", better="higher"), "beyond the limit"),
    ("AF-4.11", "undetermined", judged_by_a_model("AF-4.11"), "judged by a model alone"),
    ("AF-4.12", "fail", form("review.yaml", reviewer="tom"), "reviewer trained"),
    ("AF-5.1", "fail", form("card.yaml", limits="none"), "not what today's evidence gives"),
    ("AF-5.2", "fail", form("data_statement.yaml", biases="many"), "not what today's evidence gives"),
    ("AF-5.3", "fail", another_key_signed, "verifies"),
    ("AF-5.3", "fail", lambda p: (p / "exports/in-toto.json").write_text("{}"), "not what the ledger says"),
    ("AF-6.1", "fail", form("monitoring.yaml", last_panel="2020-01-01"), "days ago, more than 30"),
    ("AF-6.2", "fail", form("retention.yaml", logs_days=10), "10 days, 183 planned"),
    ("AF-6.2", "fail", form("retention.yaml", within_consent=False), "past its consent"),
    ("AF-6.3", "fail", swap("test", "base"), "AF-4.2 is fail"),
    ("AF-6.4", "fail", form("redress.yaml", rollback_drill="2020-01-01"), "rollback drill"),
    ("AF-7.1", "fail", row("risks.yaml", "risks", 0, tests="AF-4.99"), "which is no item"),
    ("AF-7.2", "fail", waived_by_the_trainer, "by a trainer"),
    ("AF-7.3", "fail", form("governance.yaml", open_findings=2), "2 findings are open"),
    ("AF-7.3", "fail", row("roles.yaml", "people", 1, trained_until="2020-01-01"), "tom: no valid training"),
    ("AF-7.4", "fail", form("redteam.yaml", open_severe_findings=1), "1 severe findings"),
]


def test_a_supplied_model_that_is_used_as_it_is_needs_no_training_data(mine: Path) -> None:
    as_supplied(mine)
    nothing_trained(mine)
    runs = {run.role: run for run in read_material(mine).runs}
    evaluated = runs["evaluation"].model_sha256
    row("suppliers.yaml", "supplied", 0, sha256=evaluated)(mine)
    found = found_again(mine, "AF-2.4")
    assert found.status == "pass", found.reason.en
    assert "suppliers.yaml" in {source.path for source in found.sources}


def test_the_limit_for_protected_speakers_is_recomputed(mine: Path) -> None:
    limited(mine)
    found = found_again(mine, "AF-3.4")
    assert found.status == "pass", found.reason.en


def test_a_remedy_settles_a_group_that_may_be_thin_and_a_covariate_that_is_handled(mine: Path) -> None:
    all_of_accent_x(mine)
    gap = {"reason": "few volunteers", "owner": "eve", "remedy": "disclose"}
    project.edit_form(mine, "design.yaml", gaps=[{"case": f"accent={v}", **gap} for v in "xy"])
    assert found_again(mine, "AF-2.3").status == "pass"
    names = ("gender", "duration", "words per second")
    handled = [{"axis": "accent", "covariate": n, "how": "disclosed", "note": "stated"} for n in names]
    project.edit_form(mine, "confounders.yaml", limit=0.1, handled=handled)
    assert found_again(mine, "AF-2.6").status == "pass"


@pytest.mark.parametrize(("item", "status", "change", "words"), NO, ids=[f"{i}-{s}-{w}" for i, s, _, w in NO])
def test_a_check_says_no_and_why(mine: Path, item: str, status: str, change: Change, words: str) -> None:
    change(mine)
    found = found_again(mine, item)
    assert (found.status, found.reason.en) == (status, found.reason.en), found.reason.en
    assert words in found.reason.en
    assert found.reason.ja != found.reason.en


def test_every_item_with_a_check_of_its_own_is_in_the_table() -> None:
    items = {item.id for item in load_catalogue()[0].items}
    assert {item for item, *_ in NO} == items - {"AF-5.4"}  # its own tests are in test_attest.py
