"""A Croissant description of the evaluation data with the Responsible-AI vocabulary, from the data statement."""

from __future__ import annotations

import json
from typing import Any

from speechfair.corpora.croissant_record import CONTEXT, CORE, NOT_PUBLISHED, PARQUET, RAI, check_croissant
from speechfair.errors import InputError
from speechfair.process.checks.common import group_table
from speechfair.process.finding import say
from speechfair.process.material import Material, Run
from speechfair.store import file_digest
from speechfair.strict_json import parse_json

__all__ = ["FILE", "LOSES", "render", "validate"]

FILE = "croissant.json"
LOSES = say(
    "has no property for speaker demographics: counts by group are in rai:dataBiases; the audio itself is not "
    "described, the manifest is the one file object",
    "話者属性の欄がないため群別の数は `rai:dataBiases` に書く。音声そのものは記述せず、"
    "マニフェストのみをファイルとする",
)


def render(material: Material) -> bytes:
    """The description; an empty data statement is refused, because an empty description says nothing."""
    form = material.forms["data_statement.yaml"]
    if not form.complete:
        raise InputError(
            f"data_statement.yaml is not complete: {', '.join(form.missing) or 'it is not there'}"
        )
    runs = [run for run in material.of_role("evaluation") if not isinstance(run.manifest, str)]
    if not runs:
        raise InputError("no evaluation run with a manifest, so there is no data to describe")
    values, gaps = form.values, material.forms["design.yaml"].values["gaps"]
    licences = [row["licence"] for row in material.forms["sources.yaml"].values["sources"] if row["licence"]]
    content = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": [CORE, RAI],
        "name": f"{material.plan.name} evaluation data",
        "description": f"Evaluation data of {material.plan.name}. {values['situation']}",
        "version": "1.0.0",
        "url": NOT_PUBLISHED,
        "license": licences or ["not stated"],
        "inLanguage": material.plan.languages,
        "rai:dataCollection": f"{values['recruitment']} {values['sampling']}",
        "rai:dataCollectionType": [values["situation"]],
        "rai:dataCollectionTimeframe": [values["timeframe"]],
        "rai:dataPreprocessingProtocol": [values["preprocessing"]],
        "rai:dataAnnotationProtocol": material.forms["transcription.yaml"].values["policy"] or "not stated",
        "rai:annotatorDemographics": [values["transcribers"]],
        "rai:personalSensitiveInformation": [values["sensitive_information"]],
        "rai:dataBiases": [
            values["biases"],
            *(_counts(run, axis) for run in runs for axis in material.gated_axes),
        ],
        "rai:dataLimitations": [
            values["limitations"],
            *(f"{g['case']}: {g['reason']} ({g['remedy']})" for g in gaps),
        ],
        "rai:dataReleaseMaintenancePlan": values["maintenance"],
        "distribution": [_file(run, number) for number, run in enumerate(runs)],
    }
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()


def validate(data: bytes) -> None:
    """The properties that Croissant and its RAI vocabulary ask for are there; mlcroissant reads it if installed."""
    try:
        content = parse_json(data)
    except ValueError as error:
        raise InputError(f"{FILE}: is not JSON: {error}") from None
    check_croissant(content, FILE)


def _counts(run: Run, axis: str) -> str:
    assert not isinstance(run.manifest, str)
    groups = group_table(run.manifest, axis)
    return f"{run.role}, speakers by {axis}: " + ", ".join(
        f"{name} {n}" for name, (n, _, _) in groups.items()
    )


def _file(run: Run, number: int) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": f"manifest-{number}",
        "name": f"manifest-{number}",
        "description": f"one row per utterance; content sha256 {run.manifest_sha256}",
        "contentUrl": f"{run.entry.folder}/manifest.parquet",
        "encodingFormat": PARQUET,
        "sha256": file_digest(run.path / "manifest.parquet"),
    }
