"""The audit as a Qunomon test package (AIT): a zip with manifest, program, container file, and an input to try it.

Qunomon runs it on the ``audit.json`` of a run and holds its measures against acceptance criteria.
"""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

from speechfair import __version__
from speechfair.errors import InputError
from speechfair.process.export.own_schema import check
from speechfair.process.finding import say
from speechfair.process.material import Material
from speechfair.strict_json import parse_json

__all__ = ["FILE", "LOSES", "render", "unpack", "validate"]

FILE = "qunomon-ait.zip"
LOSES = say(
    "the test reads an audit.json that was made before and does not transcribe by itself; an acceptance criterion "
    "compares one number with a limit, so undetermined looks the same as failed; nothing else of the process "
    "is in it",
    "事前に作られた audit.json を読む試験で、書き起こしは行わない。合否は一つの数と限度の比較のみで、"
    "判定不能と不合格を区別できない。プロセスの他の内容は含まない",
)

_MEASURES = {
    "worst_group_rate": ("float", "error rate of the worst group, as a fraction", "0"),
    "gap": ("float", "largest minus smallest group rate", "0"),
    "gap_upper": ("float", "upper limit of the gap's interval, speakers as units", "0"),
    "worst_best_ratio": ("float", "largest over smallest group rate", "1"),
    "worst_best_ratio_upper": ("float", "upper limit of the ratio's interval, speakers as units", "1"),
    "fewest_speakers": ("int", "speakers of the smallest group", "0"),
    "failed_utterances": ("int", "utterances that the model failed on", "0"),
}
_FILES = ("Dockerfile", "README.md", "ait.input.json", "ait.manifest.json", "ait.py")
_DOCKERFILE = (
    "FROM python:3.11-slim\nCOPY . /usr/local/qai/repository\n"
    'ENTRYPOINT ["python", "/usr/local/qai/repository/ait.py"]\n'
)


def render(material: Material) -> bytes:
    """The package; times in it are fixed, so that the same material gives the same bytes."""
    axes = material.gated_axes
    if not axes:
        raise InputError("attributes.yaml gates no axis, so there is nothing to measure by")
    files = {
        "Dockerfile": _DOCKERFILE,
        "README.md": f"# eval_speech_accent_gap\n\n{LOSES.en}.\n\n{LOSES.ja}。\n",
        "ait.input.json": _json(
            {
                "Inventories": [{"Name": "audit", "Value": "audit.json"}],
                "MethodParams": [{"Name": "axis", "Value": axes[0]}],
            }
        ),
        "ait.manifest.json": _json(_manifest(axes[0])),
        "ait.py": (Path(__file__).with_name("ait_program.py")).read_text(encoding="utf-8"),
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in files.items():
            package.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), text)
    return stream.getvalue()


def validate(data: bytes) -> None:
    """All files are there, and the manifest has the fields of Qunomon's AIT manifest schema."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            missing = set(_FILES) - set(package.namelist())
            if missing:
                raise InputError(f"{FILE}: has no {sorted(missing)[0]}")
            content = parse_json(package.read("ait.manifest.json"))
    except (zipfile.BadZipFile, ValueError) as error:
        raise InputError(f"{FILE}: cannot be read: {error}") from None
    check(content, "qunomon-ait", f"{FILE}/ait.manifest.json")


def unpack(data: bytes, folder: Path) -> None:
    """Write the package's files into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        for name in _FILES:
            (folder / name).write_bytes(package.read(name))


def _manifest(axis: str) -> dict[str, Any]:
    return {
        "name": "eval_speech_accent_gap",
        "description": f"Error rates of a speech recogniser by {axis}. Cannot carry: {LOSES.en}",
        "authors": [],
        "source_repository": "not published",
        "version": __version__,
        "quality": "speechfair:accent-fair-speech/AF-4.2",
        "keywords": ["speech", "accent", "fairness", "word error rate"],
        "references": [],
        "licenses": ["Apache-2.0"],
        "inventories": [
            {
                "name": "audit",
                "type": "attribute set",
                "description": "audit.json of a speechfair run",
                "requirement": {"format": ["json"], "additional_info": "schema speechfair/audit/1"},
            }
        ],
        "parameters": [
            {"name": "axis", "type": "string", "description": "label axis whose groups are compared",
             "default_val": axis},
        ],
        "report": {
            "measures": [
                {"name": name, "type": kind, "description": words, "structure": "single", "min": least}
                for name, (kind, words, least) in _MEASURES.items()
            ],
            "resources": [{"name": "groups", "type": "table", "description": "rates and counts by group"}],
        },
        "downloads": [{"name": "log", "description": "what was read"}],
    }  # fmt: skip


def _json(content: Any) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
