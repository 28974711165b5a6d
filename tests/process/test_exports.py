"""Every registered export: valid by its own schema or library, repeatable, noted, and honest about what it loses."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from speechfair.errors import InputError
from speechfair.process.dsse import envelope, opened
from speechfair.process.export import export, exports, file_name, formats, loses, render, validate
from speechfair.process.material import read_material
from speechfair.process.project_verify import verify_process
from speechfair.process.signing import new_key, openssh_key, public_key
from speechfair.process.status import read_state
from tests.process import project

every_format = pytest.mark.parametrize("name", formats())


@pytest.fixture(scope="module")
def exported(signed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A signed project with every format written out."""
    process = project.copied(signed, tmp_path_factory.mktemp("exports"))
    for name in formats():
        export(process, name)
    return process


@every_format
def test_an_export_is_valid_repeatable_and_noted_in_the_ledger(exported: Path, name: str) -> None:
    material = read_material(exported)
    path = exported / "exports" / file_name(name)
    data = path.read_bytes()
    validate(name, data)
    assert render(name, material) == data
    noted = [e.body for e in material.reading.of_kind("export") if e.body["format"] == name]
    assert noted[-1]["sha256"] == project.file_digest(path)


@every_format
def test_an_export_says_in_both_languages_what_it_cannot_carry(name: str) -> None:
    text = loses(name)
    assert len(text.en) > 30
    assert len(text.ja) > 10
    assert text.en != text.ja


@every_format
def test_an_emptied_export_is_refused_by_its_own_schema(name: str) -> None:
    for data in (b"", b"{}", b"a: 1\n"):
        with pytest.raises(InputError):
            validate(name, data)


def test_exports_leave_a_folder_that_verifies(exported: Path) -> None:
    assert verify_process(exported).problems == ()


def test_formats_come_from_entry_points_and_an_unknown_one_gets_the_nearest(signed: Path) -> None:
    assert set(formats()) == set(exports().names())
    with pytest.raises(InputError, match="did you mean 'croissant'"):
        export(signed, "croisant")


def content(process: Path, name: str) -> Any:
    return json.loads((process / "exports" / file_name(name)).read_text(encoding="utf-8"))


def test_cyclonedx_names_the_weights_and_scores_only_pass_and_fail(exported: Path) -> None:
    bom = content(exported, "cyclonedx")
    model = read_material(exported).of_role("evaluation")[0].model_sha256
    assert bom["metadata"]["component"]["hashes"] == [{"alg": "SHA-256", "content": model}]
    maps = bom["declarations"]["attestations"][0]["map"]
    assert len(maps) == project.ITEMS
    for row in maps:
        status = row["conformance"]["rationale"].partition(":")[0]
        assert row["conformance"].get("score") == {"pass": 1, "fail": 0}.get(status)
    broken = json.loads(json.dumps(bom))
    broken["declarations"]["claims"][0]["evidence"] = ["nowhere"]
    with pytest.raises(InputError, match="names nothing in the document"):
        validate("cyclonedx", json.dumps(broken).encode())
    broken["bomFormat"] = "another"
    with pytest.raises(InputError, match="schema refuses"):
        validate("cyclonedx", json.dumps(broken).encode())


_WITH_ITS_GRAMMAR = """
import json, sys
import rfc3987_syntax
from speechfair.errors import InputError
from speechfair.process.export import validate
data = json.load(open(sys.argv[1], encoding="utf-8"))
validate("cyclonedx", json.dumps(data).encode())
data["externalReferences"] = [{"type": "website", "url": "http://[no address"}]
try:
    validate("cyclonedx", json.dumps(data).encode())
except InputError as error:
    print(error)
else:
    sys.exit("an address that is none was let through")
"""


def test_cyclonedx_holds_no_address_that_is_none(exported: Path) -> None:
    """In a process of its own: the other tests leave out the grammar of addresses, which takes seconds to build."""
    path = exported / "exports" / file_name("cyclonedx")
    done = subprocess.run(
        [sys.executable, "-c", _WITH_ITS_GRAMMAR, path],
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert "no address" in done.stdout


def test_in_toto_says_failed_where_something_is_open(exported: Path, unsigned: Path) -> None:
    assert content(exported, "in-toto")["predicate"]["result"] == "PASSED"
    again = json.loads(render("in-toto", read_material(unsigned)))
    assert again["predicate"]["result"] == "FAILED"
    assert "AF-0.1 (not_assessed)" in again["predicate"]["failedTests"]


def test_croissant_is_read_by_its_library_and_an_incomplete_statement_is_refused(unsigned: Path) -> None:
    good = json.loads(render("croissant", read_material(unsigned)))
    assert "speakers by accent: x 10, y 10" in good["rai:dataBiases"][1]
    good["distribution"][0]["sha256"] = 5
    del good["distribution"][0]["contentUrl"]
    with pytest.raises(InputError, match="mlcroissant refuses"):
        validate("croissant", json.dumps(good).encode())
    project.edit_form(unsigned, "data_statement.yaml", biases=None)
    with pytest.raises(InputError, match="biases"):
        render("croissant", read_material(unsigned))


def test_a_model_card_holds_every_group_and_verdict(exported: Path) -> None:
    text = (exported / "exports" / "model-card.md").read_text(encoding="utf-8")
    for part in ("accent: x", "accent: y", "accent+gender: y+male", "**pass** much-worse", "model-index"):
        assert part in text
    with pytest.raises(InputError, match="huggingface_hub refuses"):
        validate("model-card", b"---\nmodel-index: 5\n---\n# x\n")


def test_the_table_has_a_row_per_item_and_no_cell_that_starts_a_formula(mine: Path) -> None:
    project.edit_form(mine, "use_case.yaml", task="=1+1")
    rows = list(csv.DictReader(io.StringIO(render("csv", read_material(mine)).decode("utf-8-sig"))))
    assert [row["id"] for row in rows] == [each.item.id for each in read_state(mine).items]
    assert not any(value.startswith(("=", "+", "-", "@")) for row in rows for value in row.values())


def test_a_qunomon_guideline_has_a_dimension_per_phase_and_the_musts_of_each_level(exported: Path) -> None:
    guideline = content(exported, "qunomon")["guideline"]
    assert len(guideline["quality_dimensions"]) == 8
    counts: dict[int, int] = {}
    for dimension in guideline["quality_dimensions"]:
        for level in dimension["levels"]:
            counts[level["level"]] = counts.get(level["level"], 0) + len(level["level_requirements"])
    assert counts == {0: 5, 1: 38, 2: 13}


def test_a_qunomon_ait_runs_and_gives_a_value_for_each_measure_it_announces(
    exported: Path, tmp_path: Path
) -> None:
    from speechfair.process.export.qunomon_ait import unpack

    unpack((exported / "exports" / file_name("qunomon-ait")).read_bytes(), tmp_path / "ait")
    manifest = json.loads((tmp_path / "ait" / "ait.manifest.json").read_text(encoding="utf-8"))
    run = exported.parent / "runs" / "test"
    given = json.loads((tmp_path / "ait" / "ait.input.json").read_text(encoding="utf-8"))
    given["Inventories"][0]["Value"] = str(run / "audit.json")
    (tmp_path / "input.json").write_text(json.dumps(given))
    command = [
        sys.executable,
        str(tmp_path / "ait" / "ait.py"),
        str(tmp_path / "input.json"),
        str(tmp_path / "out"),
    ]
    subprocess.run(command, check=True, capture_output=True)
    output = json.loads((tmp_path / "out" / "ait.output.json").read_text(encoding="utf-8"))
    announced = {measure["name"] for measure in manifest["report"]["measures"]}
    measured = {measure["Name"]: measure["Value"] for measure in output["Result"]["Measures"]}
    assert set(measured) == announced
    audit = json.loads((run / "audit.json").read_text(encoding="utf-8"))
    rates = {group["value"]: group["rate"]["value"] for group in audit["groups"] if group["axis"] == "accent"}
    assert float(measured["worst_group_rate"]) == pytest.approx(max(rates.values()))
    for kind in ("Resources", "Downloads"):
        for row in output["Result"][kind]:
            assert (tmp_path / "out" / row["Path"]).is_file()


def test_aisev_answers_only_what_was_decided_and_says_so(exported: Path, unsigned: Path) -> None:
    nodes = yaml.safe_load((exported / "exports" / file_name("aisev")).read_text(encoding="utf-8"))
    assert [node["answer"] for node in nodes.values() if "answer" in node] == [1] * project.ITEMS
    again = yaml.safe_load(render("aisev", read_material(unsigned)))
    answers = {name: (node["status"], node["answer"]) for name, node in again.items() if "answer" in node}
    assert answers["AF-6.4"] == ("not_assessed", 0)
    assert answers["AF-4.2"] == ("pass", 1)
    again["G1"]["supportedBy"] = ["nowhere"]
    with pytest.raises(InputError, match="which is not there"):
        validate("aisev", yaml.safe_dump(again).encode())


def test_a_signed_statement_verifies_with_securesystemslib_and_only_with_the_key(mine: Path) -> None:
    from securesystemslib.dsse import Envelope
    from securesystemslib.exceptions import VerificationError
    from securesystemslib.signer import SSlibKey

    path = export(mine, "in-toto", key=project.key(mine)).path
    text = path.read_text(encoding="utf-8")
    public = json.loads(text)["signatures"][0]["keyid"]
    theirs = Envelope.from_dict(json.loads(text))
    assert theirs.verify([SSlibKey(public, "ed25519", "ed25519", {"public": public})], 1)
    assert theirs.payload == (mine / "exports" / "in-toto.json").read_bytes()
    assert theirs.payload_type == "application/vnd.in-toto+json"
    other = public_key(openssh_key(new_key(mine.parent / "other.pem")))
    with pytest.raises(VerificationError):
        theirs.verify([SSlibKey(public, "ed25519", "ed25519", {"public": other})], 1)
    assert verify_process(mine, recompute=False).problems == ()
    with pytest.raises(InputError, match="csv has no signed form"):
        export(mine, "csv", key=project.key(mine))


def test_an_envelope_by_a_stranger_or_of_another_statement_is_found(mine: Path) -> None:
    new_key(mine.parent / "stranger.pem")
    path = export(mine, "in-toto", key=mine.parent / "stranger.pem").path
    (problem,) = verify_process(mine, recompute=False).problems
    assert "is not signed with any of the keys" in problem
    export(mine, "in-toto", key=project.key(mine))
    assert verify_process(mine, recompute=False).problems == ()
    statement = mine / "exports" / "in-toto.json"
    path.write_bytes(
        envelope(statement.read_bytes() + b"\n", "application/vnd.in-toto+json", project.key(mine))
    )
    assert any(
        "holds another statement" in problem for problem in verify_process(mine, recompute=False).problems
    )


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b'{"payload": "x", "payloadType": "t", "signatures": [{}]}', b"\xff"]
)
def test_what_is_no_envelope_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="is no DSSE envelope"):
        opened(data, "t", [])


@pytest.mark.parametrize("kind", ["text/plain", "", "application/vnd.in-toto+json "])
def test_an_envelope_of_another_type_is_not_opened(tmp_path: Path, kind: str) -> None:
    public = new_key(tmp_path / "key.pem")
    signed = envelope(b"{}", kind, tmp_path / "key.pem")
    assert opened(signed, kind, [public])[0] == b"{}"
    with pytest.raises(InputError, match="holds the payload type"):
        opened(signed, "application/vnd.in-toto+json", [public])
