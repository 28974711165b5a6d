"""A whole small project made of tones and scripts: plan, frozen criteria, training record, runs, forms, sign-offs.

Every item of the catalogue applies to it: its model passes for one that answers in language, and it is deployed.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import yaml

from speechfair.auditing.run import audit, prepare
from speechfair.process.attest import attest, decide_release
from speechfair.process.catalogue import load_catalogue
from speechfair.process.collect import collect
from speechfair.process.export import export
from speechfair.process.gates import gate
from speechfair.process.init import Start, add_measurements, add_records, add_runs, freeze, init
from speechfair.process.signing import new_key
from speechfair.process.status import read_state
from speechfair.process.training_evidence import Base, Candidate, Selection, TrainingRecord, write_training
from speechfair.store import RunFolder, file_digest
from speechfair.testing import Scripted
from speechfair.types import Label, Utterance
from tests.support import ListCard, ListCorpus

TODAY = datetime.now(UTC).date()
WORDS = [
    "alpha",
    "bravo",
    "charlie",
    "delta",
    "echo",
    "foxtrot",
    "golf",
    "hotel",
    "india",
    "juliett",
    "kilo",
    "lima",
    "mike",
    "november",
    "oscar",
    "papa",
]
TEXTS = 6
MEASURED = ("AF-4.8", "AF-4.9", "AF-4.10", "AF-4.11")

CRITERIA = """schema: speechfair/criteria/1
normalizer: basic
tokens: words
without_failure_rate: ten speakers cannot bound it
criteria:
  - {id: much-worse, metric: rate_ratio, axis: accent, limit: 2.0, min_speakers: 8}
  - {id: good-enough, metric: rate, axis: accent, limit: 0.3, min_speakers: 8}
  - {id: crossed, metric: rate_ratio, axis: accent+gender, reference: x+female, limit: 4.0, min_speakers: 5}
"""


def corpus(folder: Path, prefix: str, speakers: int, *, noise: str = "", text: bool = True) -> ListCorpus:
    """Speakers alternate between accents x and y, pairs of them between genders; all read the same texts."""
    rows = []
    for s in range(speakers):
        for u in range(TEXTS):
            name = f"{prefix}{s:02d}-{u}"
            path = _tone(folder / f"{noise}{name}.wav", 0.1 + 0.01 * ((s // 2 + u) % 5))
            labels = (
                Label("accent", "xy"[s % 2], "self_reported"),
                Label("gender", ("female", "male")[s // 2 % 2], "corpus"),
            )
            said = " ".join(WORDS[u:] + WORDS[:u]) if text else "silence"
            rows.append(Utterance(name, path, said, "eng", f"{prefix}{s:02d}", labels))
    return ListCorpus(rows, folder, card=ListCard(reference={"accent": "x"}, speech="recorded"))


def _tone(path: Path, seconds: float) -> Path:
    """A tone that is its name's alone: pitch and phase come from a digest."""
    path.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(path.name.encode()).digest()
    time = np.arange(round(seconds * 16_000)) / 16_000
    tone = 0.3 * np.sin(2 * np.pi * (200 + digest[0] * 8 + digest[1] / 256) * time + digest[2])
    soundfile.write(path, tone.astype(np.float32), 16_000, subtype="PCM_16")
    return path


def script(given: ListCorpus, extra_y: int) -> dict[str, str]:
    """One or two wrong words per utterance, alike in both accents, and `extra_y` more in accent y."""
    texts = {}
    for row in given.rows:
        assert isinstance(row, Utterance)
        assert row.text is not None
        s, u = int(row.id[1:3]), int(row.id[-1])
        words = row.text.split()
        for i in range(1 + (s // 2 + u) % 2 + (extra_y if s % 2 else 0)):
            words[i] = f"wrong{row.speaker}"
        texts[row.id] = " ".join(words)
    return texts


def forms(candidate: str, base: str, keys: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Every form, filled in. Person `ana` approves, `tom` trains."""
    later, day = (TODAY + timedelta(days=300)).isoformat(), TODAY.isoformat()
    people = [
        {"id": name, "name": name.title(), "duty": duty, "trained_until": later}
        for name, duty in (
            ("ana", "fairness"),
            ("tom", "training"),
            ("eve", "evaluation"),
            ("oli", "operation"),
        )
    ]
    statement = dict.fromkeys(
        [
            "recruitment",
            "situation",
            "transcribers",
            "sampling",
            "preprocessing",
            "timeframe",
            "biases",
            "limitations",
            "sensitive_information",
            "maintenance",
        ],
        "made for a test",
    )
    return {
        "roles.yaml": {
            "people": people, "data_owner": "eve", "trainer": ["tom"], "evaluator": "eve",
            "fairness_approver": "ana", "operator": "oli",
            "keys": [{"person": who, "public_key": key} for who, key in keys.items()],
        },
        "use_case.yaml": {
            "task": "dictation", "speakers": "accents x and y", "places_and_devices": "indoors, telephone",
            "harmed_by_errors": "speakers of y", "out_of_scope": ["courts"], "dated": day,
        },
        "levels.yaml": {
            "fairness_reason": "all callers must be served", "performance_level": "1", "safety_level": "0",
            "privacy_level": "1", "other_reasons": "no danger to life",
        },
        "attributes.yaml": {
            "axes": [
                {"axis": "accent", "describes": "accent", "source": "self_reported", "gated": True},
                {"axis": "gender", "describes": "gender", "source": "corpus", "gated": False},
            ],
            "no_inference_of_origin": True,
        },
        "risks.yaml": {
            "risks": [{"id": "R1", "harm": "misheard", "group": "y", "likelihood": "often", "severity": "high",
                       "tests": "AF-4.2, AF-4.6", "control": None}],
            "consultation": "four speakers of y, last week",
        },
        "design.yaml": {
            "cases": [{"axis": "accent", "values": "x, y"}, {"axis": "gender", "values": "female, male"}],
            "shares": [{"axis": "accent", "value": v, "share": 0.5} for v in "xy"], "shares_source": "census",
        },
        "sources.yaml": {
            "sources": [{"corpus": "listed", "basis": "consent", "licence": "CC-BY-4.0",
                         "allowed_uses": "training, evaluation", "group_labels_for_training": True,
                         "purpose": "test", "delete_by": later, "sensitive": False, "necessity": None}],
        },
        "data_statement.yaml": {
            **statement,
            "counts": [{"role": "training", "speakers": 4, "utterances": 4 * TEXTS},
                       {"role": "evaluation", "speakers": 20, "utterances": 20 * TEXTS}],
        },
        "suppliers.yaml": {
            "supplied": [{"name": "base", "what": "model", "version": "1", "sha256": base, "licence": "MIT",
                          "documents": "card", "known_group_performance": "none", "withheld": "training data"}],
        },
        "transcription.yaml": {
            "policy": "verbatim", "familiarity": "both accents", "limit": 0.05,
            "double_transcribed": [{"axis": "accent", "value": v, "utterances": 20, "disagreement": 0.02,
                                    "low": 0.01, "high": 0.03} for v in "xy"],
        },
        "confounders.yaml": {"limit": 0.6},
        "mitigation.yaml": {
            "method": "group_dro", "reason": "worst group first", "synthetic_data": True, "generator": "tones 1",
            "synthetic_share": 0.1, "realism_check": "heard by two people",
        },
        "monitoring.yaml": {
            "watched": ["corrections"], "thresholds": "5 %", "who_acts": "oli, in a day", "privacy": "counts only",
            "panel_period_days": 30, "last_panel": day,
        },
        "redress.yaml": {
            "channel": "a form", "human_help": "by telephone", "triage": "by accent", "supersession": "by mail",
            "channel_tested": day, "rollback_drill": day,
        },
        "redteam.yaml": {
            "plan": "ten attacks", "attack_set_sha256": "0" * 64, "open_severe_findings": 0, "follow_up": "filter",
            "success_by_accent": [{"accent": v, "attempts": 20, "successes": 0} for v in "xy"],
        },
        "review.yaml": {"reviewer": "oli", "reviewed": day, "not_measured": ["children: no speakers"]},
        "card.yaml": dict.fromkeys(
            ["intended_use", "limits", "training_data", "mitigation", "contact"], "as tested"
        ) | {"model_name": "tested-model", "licence": "apache-2.0"},
        "retention.yaml": {"logs_days": 200, "documents_years": 10, "raw_voice_days": 30, "within_consent": True},
        "withdrawal.yaml": {"channel": "a form", "delete_within_days": 30, "retraining": "next release",
                            "last_trial": day, "withdrawn": [{"speaker": "gone", "asked": day, "deleted": day}]},
        "minors.yaml": {"why": "pupils call", "guardian_consent": True, "child_assent": True,
                        "safeguards": "no profiles", "reviewed": day},
        "annotators.yaml": {
            **dict.fromkeys(["who", "pay", "instruction", "support", "complaints"], "as agreed"),
            "pay_at_least_minimum": True, "open_complaints": 0,
        },
        "varieties.yaml": {
            "considered": [
                {"variety": "x", "kind": "dialect", "covered": True, "label": "accent=x", "how": None},
                {"variety": "stuttering", "kind": "speech_disorder", "covered": False, "label": None,
                 "how": "disclose"},
            ],
            "consulted": "an association",
        },
        "security.yaml": {
            "outside_sources": ["base weights"], "search": "nothing found", "searched": day,
            "weights_run_no_code": True, "remote_code_off": True, "access": "tom", "open_findings": 0,
        },
        "memorisation.yaml": {
            "method": "prefix attack",
            "trials": [{"kind": kind, "attempts": 200, "successes": 0, "limit": 0.05}
                       for kind in ("extraction", "reidentification")],
        },
        "injection.yaml": {
            "attacks": "said in the background",
            "trials": [{"accent": v, "attempts": 200, "successes": 0, "limit": 0.05} for v in "xy"],
        },
        "synthetic_speech.yaml": {
            "mark": "watermark", "machine_readable": True, "listeners_informed": True, "voice_consent": True,
            "trials": [{"condition": "mp3", "attempts": 200, "undetected": 0, "limit": 0.05}],
        },
        "incidents.yaml": {
            "definition": "a group is not served", "reported_to": "the authority", "report_within_days": 15,
            "last_drill": day, "incidents": [{"id": "I1", "known": day, "reported": day, "closed": True, "cause": "c"}],
        },
        "governance.yaml": {"last_audit": day, "open_findings": 0, "report": "internal"},
    }  # fmt: skip


def build(root: Path) -> Path:
    """The project before any sign-off, evidence collected; returns the process folder."""
    process, runs = root / "process", root / "runs"
    test, dev, train = (corpus(root / "wav", prefix, n) for prefix, n in (("e", 20), ("d", 8), ("t", 4)))
    noisy = corpus(root / "wav", "e", 20, noise="noisy-")
    silent = corpus(root / "wav", "n", 20, text=False)
    quiet = {row.id: "" for row in silent.rows}
    after = Scripted({**script(test, 0), **script(dev, 0), **quiet}, name="candidate")
    after._identity = replace(after.identity, family="chat-audio")
    before = Scripted({**script(test, 4), **script(dev, 4)}, name="base")
    roles = {
        "training": "train", "test_set": "prepared", "development": "dev",
        "baseline_development": "dev-base", "baseline": "base",
        "evaluation": "test", "serving": "serving", "perturbed": "noisy", "speechless": "silent",
    }  # fmt: skip
    keys = {who: new_key(root / f"{who}.pem") for who in ("ana", "tom")}
    init(
        process,
        Start.model_validate(
            {
                "name": "small project", "aifl": 2, "languages": ["eng"],
                "facts": {"deployed": True}, "gain_for": ["accent=y"],
                "numbers": {"min_speakers": 8, "disagreement_excess": 0.6},
                "forms": forms(after.identity.digest, before.identity.digest, keys),
            }
        ),
    )  # fmt: skip
    (process / "criteria.yaml").write_text(CRITERIA)
    freeze(process)
    prepare(train, runs / "train")
    prepare(test, runs / "prepared")
    _list(process, {role: roles[role] for role in ("training", "test_set")})
    passed(process, "data")
    audit(dev, after, ["accent"], out=runs / "dev")
    audit(dev, before, ["accent"], out=runs / "dev-base")
    _record(root / "training" / "training.json", after, before, runs)
    add_records(process, ["../training/training.json"])
    passed(process, "evaluation")
    audit(test, before, ["accent", "accent+gender"], out=runs / "base")
    audit(test, after, ["accent", "accent+gender"], out=runs / "test")
    audit(test, after, ["accent"], out=runs / "serving")
    audit(noisy, after, ["accent"], out=runs / "noisy")
    audit(silent, after, ["accent"], out=runs / "silent")
    _list(process, roles)
    for item in MEASURED:
        measure(process, item, after.identity.digest)
    add_measurements(process, [f"../measurements/{item}.json" for item in MEASURED])
    for name in ("model-card", "croissant"):
        export(process, name)
    collect(process)
    return process


ITEMS = len(load_catalogue()[0].items)


def key(process: Path) -> Path:
    """The private key of `ana`."""
    return process.parent / "ana.pem"


def pin(process: Path, person: str, public: str, **days: str) -> None:
    """Add a key to roles.yaml."""
    rows = yaml.safe_load((process / "roles.yaml").read_text())["keys"]
    edit_form(process, "roles.yaml", keys=[*rows, {"person": person, "public_key": public, **days}])


def _list(process: Path, roles: dict[str, str]) -> None:
    for role, name in roles.items():
        add_runs(process, [(role, f"../runs/{name}")], "noise" if role == "perturbed" else None)


def passed(process: Path, name: str) -> None:
    """The gate is open after people confirmed what they have to."""
    collect(process)
    for each in read_state(process).items:
        if each.must and name in each.item.gates and each.waits_for_person:
            attest(process, each.item.id, by="eve", role="evaluator", statement="read and agreed")
    found = gate(process, name)
    assert found.outcome == "open", [(each.item.id, each.status, each.reason.en) for each in found.open_items]


def measure(process: Path, item: str, model: str, **changes: Any) -> None:
    """Write the measurement of an item; `changes` are to its one value per group."""
    value = {
        "metric": "loss", "axis": "accent", "value": 0.02, "low": 0.01, "high": 0.03, "n_speakers": 10, "limit": 0.05,
    }  # fmt: skip
    content = {
        "schema": "speechfair/measurement/1", "item": item, "model_sha256": model,
        "criteria_sha256": file_digest(process / "criteria.yaml"), "measured_with": "items 1",
        "judged_by": "people", "speech": "recorded", "values": [{**value, **changes, "group": group} for group in "xy"],
    }  # fmt: skip
    path = process.parent / "measurements" / f"{item}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(content))


def light(process: Path, target: Path) -> Path:
    """A copy of the process folder alone, its runs behind links; returns it. For changes within the folder."""
    shutil.copytree(process, target / "process")
    for path in process.parent.iterdir():
        if path.name not in ("process", "wav"):
            (target / path.name).symlink_to(path)
    return target / "process"


def copied(process: Path, target: Path) -> Path:
    """A copy of a whole project; returns its process folder. The audio stays where it is."""
    for name in ("process", "runs", "training", "measurements"):
        shutil.copytree(process.parent / name, target / name)
    for key in process.parent.glob("*.pem"):
        shutil.copy(key, target)
    return target / "process"


def _record(path: Path, after: Scripted, before: Scripted, runs: Path) -> None:
    manifests = {
        role: RunFolder(runs / role).read()["recipe"]["corpus"]["manifest_sha256"]
        for role in ("train", "dev")
    }
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    record = TrainingRecord(
        id="t1", outcome="completed", started=now, ended=now, trainer="tom", commit="abcdef0", method="group_dro",
        settings={"epochs": 1}, seed=0, data={"training": manifests["train"]},
        base=Base(name="base", sha256=before.identity.digest), versions={"torch": "2.9.0"}, hardware="one CPU",
        output_sha256=after.identity.digest,
        selection=Selection(
            rule="lowest_worst_group", development_manifest_sha256=manifests["dev"],
            candidates=[Candidate(name="a", overall=0.10, groups={"x": 0.09, "y": 0.11}),
                        Candidate(name="b", overall=0.09, groups={"x": 0.06, "y": 0.12})],
            chosen="a", chosen_at=now,
        ),
    )  # fmt: skip
    write_training(path, record)


def sign(process: Path, *, decide: bool = True) -> None:
    """All that persons have to say, the approver's release decision last."""
    for name in ("cyclonedx", "in-toto"):
        export(process, name)
    collect(process)
    attest(process, "AF-5.3", by="ana", role="approver", statement="these weights", key=key(process))
    collect(process)
    for each in read_state(process).items:
        if each.item.mode != "A" and each.status == "not_assessed" and each.evidence_sha256:
            attest(
                process,
                each.item.id,
                by="ana",
                role="approver",
                statement="read and agreed",
                key=key(process),
            )
    if decide:
        decide_release(
            process, by="ana", decision="release", statement="no gap beyond the limit", key=key(process)
        )


def edit_form(process: Path, name: str, **values: Any) -> None:
    """Change some values of a form."""
    content = yaml.safe_load((process / name).read_text()) or {}
    (process / name).write_text(yaml.safe_dump(content | values, allow_unicode=True))


def statuses(process: Path) -> dict[str, str]:
    """Status by item, after collecting again."""
    collect(process)
    return {each.item.id: each.status for each in read_state(process).items}


def edit_record(process: Path, **values: Any) -> None:
    """Change some values of the training record."""
    path = process.parent / "training" / "training.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def days(n: int) -> date:
    """The day in `n` days."""
    return TODAY + timedelta(days=n)
