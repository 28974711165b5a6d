"""What several formats list: the evaluated weights, the groups' error rates, the packages."""

from __future__ import annotations

from collections.abc import Iterator

from speechfair.metrics.error_counts import rate_title
from speechfair.process.material import Material
from speechfair.types import Estimate

__all__ = ["evaluated_models", "group_rates", "model_name", "packages"]


def model_name(material: Material) -> str:
    """The name on the model card; without one, the plan's."""
    return str(material.forms["card.yaml"].values["model_name"] or material.plan.name)


def evaluated_models(material: Material) -> list[str]:
    """SHA-256 of the weights that evaluation runs name, sorted."""
    return sorted({run.model_sha256 for run in material.of_role("evaluation") if run.model_sha256})


def group_rates(material: Material) -> Iterator[tuple[str, str, Estimate]]:
    """Kind of rate, ``all`` or ``AXIS=GROUP``, and the rate with its interval, of every evaluation run's audit."""
    for run in material.of_role("evaluation"):
        if isinstance(run.audit, str):
            continue
        for group in [run.audit.overall, *run.audit.groups]:
            if group.rate.value is not None:
                where = "all" if group is run.audit.overall else f"{group.axis}={group.value}"
                yield rate_title(run.audit.tokens), where, group.rate


def packages(material: Material) -> list[tuple[str, str]]:
    """Name and version of every package that evaluation, serving and training recorded, sorted."""
    found: dict[tuple[str, str], None] = {}
    for run in material.of_role("evaluation", "serving"):
        if not isinstance(run.content, str):
            recorded = run.content.environment.get("packages") or {}
            found |= {(str(name), str(version)): None for name, version in recorded.items()}
    for record in material.training:
        found |= dict.fromkeys(record.versions.items())
    return sorted(found)
