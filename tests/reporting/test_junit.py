"""JUnit XML that every reader takes, in which nothing but a pass is green."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from speechfair.gating.gate_result import Verdict
from speechfair.reporting.junit import junit, junit_of_error
from tests.reporting.gate_samples import EVERY, NASTY, comparison, result

# What the JUnit schema of Ant and Jenkins asks for: element -> (attributes needed, children allowed).
SCHEMA: dict[str, tuple[set[str], set[str]]] = {
    "testsuites": ({"tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": ({"name", "tests", "failures", "errors", "skipped", "time"}, {"properties", "testcase"}),
    "properties": (set(), {"property"}),
    "property": ({"name", "value"}, set()),
    "testcase": ({"name", "classname", "time"}, {"failure", "error"}),
    "failure": ({"type", "message"}, set()),
    "error": ({"type", "message"}, set()),
}


def checked(xml: bytes) -> ElementTree.Element:
    """The root, after every element was held against the schema and every count against what is there."""
    root = ElementTree.fromstring(xml)
    assert root.tag == "testsuites"
    for element in root.iter():
        needed, children = SCHEMA[element.tag]
        assert needed <= set(element.attrib), element.tag
        assert {child.tag for child in element} <= children, element.tag
    for level in (root, *root.findall("testsuite")):
        for name, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error")):
            assert int(level.attrib[name]) == len(list(level.iter(tag))), name
    for case in root.iter("testcase"):
        assert len(case) <= 1
    return root


def test_every_verdict_has_its_place() -> None:
    root = checked(junit(EVERY))
    assert (root.attrib["tests"], root.attrib["failures"], root.attrib["errors"]) == ("5", "1", "2")
    found = {
        case.attrib["classname"]: [(c.tag, c.attrib["type"]) for c in case] for case in root.iter("testcase")
    }
    assert found == {
        "c-pass": [],
        "c-fail": [("failure", "fail")],
        "c-error": [("error", "error")],
        "c-undetermined": [("error", "undetermined")],
    }
    text = next(root.iter("error")).text
    assert text is not None
    assert "37 more speakers" in text


@pytest.mark.parametrize("verdict", ["fail", "error", "undetermined"])
def test_nothing_but_a_pass_is_green(verdict: Verdict) -> None:
    root = checked(junit(result(comparison("pass"), comparison(verdict))))
    assert int(root.attrib["failures"]) + int(root.attrib["errors"]) == 1
    assert not list(root.iter("skipped"))
    assert int(checked(junit(result(comparison("pass")))).attrib["errors"]) == 0


def test_an_error_of_the_gate_itself_is_not_green() -> None:
    root = checked(junit_of_error(f"no such run {NASTY}"))
    assert (root.attrib["tests"], root.attrib["errors"]) == ("1", "1")
    assert "no such run" in next(root.iter("error")).attrib["message"]


def test_any_name_fits_into_xml() -> None:
    root = checked(junit(result(comparison("fail", NASTY), notes=(NASTY,))))
    (case,) = root.iter("testcase")
    assert "<script>" in case.attrib["name"]
    assert "\\x00" in case.attrib["name"]


def test_it_says_what_was_judged() -> None:
    values = {p.attrib["name"]: p.attrib["value"] for p in checked(junit(EVERY)).iter("property")}
    assert values["verdict"] == "fail"
    assert values["criteria.sha256"] == "ab" * 32
    assert values["corpus.manifest_sha256"] == "cd" * 32
