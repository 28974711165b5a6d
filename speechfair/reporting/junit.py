"""A gate's result as JUnit XML, for continuous integration: one test case per comparison.

Only ``pass`` is green. JUnit knows no "undetermined", and what it calls skipped is shown as success; so ``fail``
becomes a ``failure``, and ``error`` and ``undetermined`` both become an ``error``, told apart by its ``type``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree

from speechfair.gating.gate_words import compared, in_words, remarks
from speechfair.messages.translation import ENGLISH, Translator
from speechfair.wording import printable

if TYPE_CHECKING:
    from speechfair.gating.gate_result import Comparison, GateResult

__all__ = ["junit", "junit_of_error"]

_SUITE = "speechfair gate"
_ELEMENTS = {"fail": "failure", "error": "error", "undetermined": "error"}


def junit(result: GateResult, tell: Translator = ENGLISH) -> bytes:
    """The XML file (UTF-8) of a gate's result, its names and sentences in one language; verdicts keep their names.

    Names of groups come from a corpus: what XML cannot hold in them is written as an escape.
    """
    result = in_words(result, tell)
    failures = result.counts["fail"]
    errors = result.counts["error"] + result.counts["undetermined"]
    failures += sum(each.verdict == "fail" for each in result.requirements)
    errors += sum(each.verdict in ("error", "undetermined") for each in result.requirements)
    n_cases = len(result.comparisons) + len(result.requirements)
    suite = _suite(n_cases, failures, errors)
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in _properties(result).items():
        ElementTree.SubElement(properties, "property", name=name, value=printable(value))
    for comparison in result.comparisons:
        _case(suite, comparison, tell)
    for each in result.requirements:
        name, file = tell(each.name.replace("_", " ")), tell("the whole file")
        case = ElementTree.SubElement(suite, "testcase", classname=file, name=name, time="0")
        if each.verdict != "pass":
            reason = printable(f"{tell(each.verdict)}: {each.reason}")
            ElementTree.SubElement(case, _ELEMENTS[each.verdict], type=each.verdict, message=reason)
    return _document(suite, n_cases, failures, errors)


def junit_of_error(message: str) -> bytes:
    """The file for a gate that could not be held at all, so that no earlier green one stays in its place."""
    suite = _suite(1, 0, 1)
    case = ElementTree.SubElement(suite, "testcase", classname=_SUITE, name="gate", time="0")
    ElementTree.SubElement(case, "error", type="error", message=printable(message))
    return _document(suite, 1, 0, 1)


def _suite(tests: int, failures: int, errors: int) -> ElementTree.Element:
    return ElementTree.Element("testsuite", _counts(tests, failures, errors))


def _counts(tests: int, failures: int, errors: int) -> dict[str, str]:
    numbers = {"tests": tests, "failures": failures, "errors": errors, "skipped": 0, "time": 0}
    return {"name": _SUITE, **{name: str(number) for name, number in numbers.items()}}


def _properties(result: GateResult) -> dict[str, str]:
    return {
        "verdict": result.verdict,
        "criteria": result.criteria.file,
        "criteria.sha256": result.criteria.sha256,
        "criteria.frozen": result.criteria.frozen or "never",
        "evaluated": result.criteria.evaluated or "not recorded",
        "corpus": result.run.corpus,
        "corpus.manifest_sha256": result.run.manifest_sha256,
        "model": result.run.model or "none",
        "model.key": result.run.model_key or "none",
        "speechfair": result.speechfair,
    }


def _case(suite: ElementTree.Element, comparison: Comparison, tell: Translator) -> None:
    name = printable(f"{comparison.axis}: {compared(comparison)}")
    case = ElementTree.SubElement(suite, "testcase", classname=comparison.criterion, name=name, time="0")
    if comparison.verdict == "pass":
        return
    reason, *rest = remarks(comparison, tell)
    element = ElementTree.SubElement(
        case,
        _ELEMENTS[comparison.verdict],
        type=comparison.verdict,
        message=printable(f"{tell(comparison.verdict)}: {reason}"),
    )
    if rest:
        element.text = printable("; ".join(rest))


def _document(suite: ElementTree.Element, tests: int, failures: int, errors: int) -> bytes:
    root = ElementTree.Element("testsuites", _counts(tests, failures, errors))
    root.append(suite)
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"
