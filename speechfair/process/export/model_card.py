"""A Hugging Face model card with ``model-index``: use, limits, and the error rate of every group with its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from speechfair.errors import InputError, MissingExtraError
from speechfair.metrics.error_counts import rate_name, rate_title
from speechfair.process.finding import say
from speechfair.process.material import Material, Run
from speechfair.result_table import Column, Table, markdown
from speechfair.store import file_digest
from speechfair.wording import given_percent

if TYPE_CHECKING:
    from speechfair.auditing.audit_record import AuditRecord

__all__ = ["FILE", "LOSES", "render", "validate"]

FILE = "model-card.md"
LOSES = say(
    "model-index has no field for a group or an interval: groups are dataset configurations, intervals only in "
    "the text; checklist, ledger and signatures are not in it",
    "`model-index` には群や区間の欄がない。群はデータセット構成として、区間は本文にのみ記す。"
    "チェックリスト・台帳・署名は含まない",
)


def render(material: Material) -> bytes:
    """The card. Every figure is read from ``audit.json`` and is printed with that file's digest."""
    card = material.forms["card.yaml"].values
    if not card["model_name"]:
        raise InputError("card.yaml: model_name is empty; fill it in before writing a model card")
    runs = [run for run in material.of_role("evaluation") if not isinstance(run.audit, str)]
    if not runs:
        raise InputError("no evaluation run with an audit.json, so there is no figure to put on a card")
    text = f"---\n{_metadata(material, runs, card)}\n---\n\n{_body(material, runs, card)}"
    return text.encode()


def validate(data: bytes) -> None:
    """The card is one that huggingface_hub reads, with an evaluation result for each row of its tables."""
    hub = _hub()
    text = data.decode()
    try:
        card = hub.ModelCard(text, ignore_metadata_errors=False)
    except ValueError as error:
        raise InputError(f"{FILE}: huggingface_hub refuses it: {error}") from None
    results = card.data.eval_results or []
    if not results:
        raise InputError(f"{FILE}: no evaluation result in its model-index")


def _metadata(material: Material, runs: list[Run], card: dict[str, Any] | Any) -> str:
    hub = _hub()
    results = []
    for run in runs:
        assert not isinstance(run.audit, str)
        metric = rate_name(run.audit.tokens).lower()
        corpus = run.audit.corpus_record
        for group in [run.audit.overall, *run.audit.groups]:
            if group.rate.value is None:
                continue
            where = "all" if group is run.audit.overall else f"{group.axis}={group.value}"
            results.append(
                hub.EvalResult(
                    task_type="automatic-speech-recognition",
                    dataset_type=corpus.name,
                    dataset_name=f"{corpus.name} {corpus.version}",
                    dataset_config=where,
                    dataset_split=run.role,
                    dataset_revision=corpus.manifest_sha256,
                    metric_type=metric,
                    metric_value=round(group.rate.value, 6),
                    metric_name=f"{metric.upper()}, {where}",
                    verified=False,
                )
            )
    data = hub.ModelCardData(
        model_name=card["model_name"],
        license=card["licence"],
        language=material.plan.languages,
        pipeline_tag="automatic-speech-recognition",
        tags=["accent-fairness", "speechfair"],
        eval_results=results,
    )
    return str(data.to_yaml())


def _body(material: Material, runs: list[Run], card: dict[str, Any] | Any) -> str:
    lines = [f"# {markdown(card['model_name'])}", ""]
    for title, key in (
        ("Intended use", "intended_use"), ("Limits", "limits"), ("Training data", "training_data"),
        ("Mitigation and what gap remains", "mitigation"), ("Contact", "contact"),
    ):  # fmt: skip
        lines += [f"## {title}", "", markdown(card[key] or "not stated"), ""]
        if key == "training_data":
            lines += _permissions(material)
    lines += ["## Error rate by group", ""]
    for run in runs:
        lines += _results(run)
    lines += _verdicts(runs)
    return "\n".join(lines).rstrip() + "\n"


def _permissions(material: Material) -> list[str]:
    """Whose licence does not allow training, and whose word it was done on; nothing where there is none."""
    return [
        line
        for record in material.training
        for corpus, words in record.permissions.items()
        for line in (
            f"Trained on {markdown(corpus)} with its holder's permission, in the words of training record "
            f"{markdown(record.id)}: {markdown(words)}",
            "",
        )
    ]


def _results(run: Run) -> list[str]:
    audit = run.audit
    assert not isinstance(audit, str)
    what = rate_title(audit.tokens).removesuffix(" error rate").capitalize()
    digest = file_digest(run.path / "audit.json")
    lines = [
        f"{what} error rate on {markdown(audit.corpus)} ({given_percent(audit.level)} intervals, the speaker "
        f"is the unit), model `{run.model_sha256}`, from `audit.json` `{digest}`.",
        "",
        _rates(audit),
    ]
    return [*lines, ""]


def _rates(audit: AuditRecord) -> str:
    columns = (
        Column("group", "group"),
        Column("n_speakers", "speakers", "count"),
        Column("rate", f"{rate_name(audit.tokens)}, % with interval", "percent"),
        Column("ratio", "ratio to reference", "ratio"),
    )
    rows = tuple(
        (
            "all" if group is audit.overall else f"{group.axis}: {group.value}",
            group.n_speakers,
            group.rate,
            "reference" if group.is_reference else group.ratio,
        )
        for group in [audit.overall, *audit.groups]
    )
    return Table("", columns, rows).to_markdown()


def _verdicts(runs: list[Run]) -> list[str]:
    """What failed or is undetermined by the frozen criteria; never left out."""
    lines = ["## Verdicts by the criteria fixed beforehand", ""]
    for run in runs:
        if isinstance(run.verdicts, str):
            lines += [f"Not judged: {markdown(run.verdicts)}", ""]
            continue
        for comparison in run.verdicts.comparisons:
            lines.append(
                f"- **{comparison.verdict}** {markdown(comparison.criterion)}, {markdown(comparison.axis)}="
                f"{markdown(comparison.group)}: {markdown(comparison.reason)}"
            )
        lines.append("")
    return lines


def _hub() -> Any:
    try:
        import huggingface_hub
    except ImportError:
        raise MissingExtraError("a model card", "huggingface_hub", "exports") from None
    return huggingface_hub
