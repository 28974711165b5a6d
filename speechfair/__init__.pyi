"""What the package offers; the one list of its public names. A name is imported when it is first used."""

from .auditing.evaluate import evaluate, evaluate_counts, word_errors
from .auditing.result import AuditResult
from .auditing.run import prepare
from .auditing.verify import verify
from .corpora import load_corpus
from .exploring.discovery import discover
from .exploring.planning import detectable
from .models import load_model
from .process.journal import process_folder
from .reporting.figure_files import figures, table
from .reporting.from_run import report
from .running.engine_choice import load_engine
from .types import Audio, ErrorCounts, Estimate, Exclusion, Hypothesis, Label, Utterance
from .verbs.audit import audit, merge, score, transcribe
from .verbs.compare import compare, leaderboard, sequence
from .verbs.confidence import confidence
from .verbs.corpora import (
    corpora_check,
    corpora_datasheet,
    corpora_export,
    corpora_manifest,
    corpora_show,
    corpora_split,
    list_corpora,
)
from .verbs.criteria import criteria_check, criteria_freeze, criteria_show
from .verbs.debias import debias_compare, debias_leakage, debias_plan, debias_record, debias_run
from .verbs.demo import demo
from .verbs.doctor import doctor
from .verbs.gate import gate
from .verbs.import_transcripts import import_transcripts
from .verbs.metrics import list_metrics
from .verbs.models import list_models
from .verbs.plan import plan, plan_paired
from .verbs.probe import probe_grounding, probe_plan, probe_questions, probe_response, probe_strength
from .verbs.process import (
    process_assign,
    process_attest,
    process_catalogue,
    process_collect,
    process_decide_release,
    process_diff,
    process_example,
    process_export,
    process_freeze,
    process_gate,
    process_import,
    process_init,
    process_key,
    process_measure,
    process_open,
    process_portfolio,
    process_report,
    process_sign,
    process_stamp,
    process_stamp_request,
    process_verify,
    process_waive,
)
from .verbs.view import view

__all__ = [
    "Audio",
    "AuditResult",
    "ErrorCounts",
    "Estimate",
    "Exclusion",
    "Hypothesis",
    "Label",
    "Utterance",
    "audit",
    "compare",
    "confidence",
    "corpora_check",
    "corpora_datasheet",
    "corpora_export",
    "corpora_manifest",
    "corpora_show",
    "corpora_split",
    "criteria_check",
    "criteria_freeze",
    "criteria_show",
    "debias_compare",
    "debias_leakage",
    "debias_plan",
    "debias_record",
    "debias_run",
    "demo",
    "detectable",
    "discover",
    "doctor",
    "evaluate",
    "evaluate_counts",
    "figures",
    "gate",
    "import_transcripts",
    "leaderboard",
    "list_corpora",
    "list_metrics",
    "list_models",
    "load_corpus",
    "load_engine",
    "load_model",
    "merge",
    "plan",
    "plan_paired",
    "prepare",
    "probe_grounding",
    "probe_plan",
    "probe_questions",
    "probe_response",
    "probe_strength",
    "process_assign",
    "process_attest",
    "process_catalogue",
    "process_collect",
    "process_decide_release",
    "process_diff",
    "process_example",
    "process_export",
    "process_folder",
    "process_freeze",
    "process_gate",
    "process_import",
    "process_init",
    "process_key",
    "process_measure",
    "process_open",
    "process_portfolio",
    "process_report",
    "process_sign",
    "process_stamp",
    "process_stamp_request",
    "process_verify",
    "process_waive",
    "report",
    "score",
    "sequence",
    "table",
    "transcribe",
    "verify",
    "view",
    "word_errors",
]

__version__: str
