"""AF-2.6: what goes with accent and is not accent is matched, adjusted for or disclosed."""

from __future__ import annotations

from speechfair.process.checks.association import Association, NotComputable, associations
from speechfair.process.checks.common import (
    Part,
    form_part,
    gated_axes_parts,
    manifest_of,
    need_data,
    number,
    ok,
    usable,
)
from speechfair.process.finding import Finding, decide, say
from speechfair.process.material import Material

__all__ = ["CHECKS"]

HANDLED = ("matched", "adjusted", "disclosed")


def confounders(material: Material) -> Finding:
    """AF-2.6: every covariate whose association with a gated axis exceeds the limit is handled.

    The interval of the association decides: whole interval beyond the limit fails, whole interval within passes.
    An association that cannot be computed leaves the item undetermined.
    """
    form = material.forms["confounders.yaml"]
    runs, parts = need_data(material)
    parts += [form_part(form), *gated_axes_parts(material.gated_axes)]
    handled = {(row["axis"], row["covariate"]): row["how"] for row in form.values["handled"]}
    limit, found = form.values["limit"], dict[str, dict[str, list[float]]]()
    missing: dict[str, list[str]] = {}
    for (axis, name), how in handled.items():
        if how not in HANDLED:
            en = f"{axis}, {name}: {how!r} is none of matched, adjusted, disclosed"
            parts.append(("fail", say(en, f"{axis}・`{name}`:`{how}` は定められた対処でない")))
    for run in runs:
        manifest = manifest_of(run, parts)
        for axis in [] if manifest is None else material.gated_axes:
            values = associations(usable(manifest), axis)  # type: ignore[arg-type]
            found[f"{run.name}, {axis}"] = {
                name: [round(one.value, 4), round(one.low, 4), round(one.high, 4)]
                for name, one in values.items()
                if isinstance(one, Association)
            }
            missing[f"{run.name}, {axis}"] = [
                n for n, one in values.items() if isinstance(one, NotComputable)
            ]
            if limit is not None:
                parts += [
                    _part(axis, *pair, limit) for pair in values.items() if (axis, pair[0]) not in handled
                ]
    return decide(
        parts,
        say(
            "every covariate that may exceed the limit is matched, adjusted for or disclosed",
            "基準を超えうる共変量がすべて扱われている",
        ),
        [*material.sources("confounders.yaml"), *(run.source("manifest.parquet") for run in runs)],
        {"associations": found, "not_computable": missing},
    )


def _part(axis: str, name: str, one: Association | NotComputable, limit: float) -> Part:
    """The three-valued rule on one covariate that nothing was done about."""
    if isinstance(one, NotComputable):
        n, k = one.speakers, one.groups
        return "undetermined", say(
            f"the association of {axis} with {name} cannot be computed from {n} known speakers in {k} groups; match, "
            "adjust for or disclose it, or add speakers",
            f"{axis} と `{name}` の連動は、既知の話者 {n} 人・{k} 群からは計算できない。対処を記すか、話者を加える",
        )
    low, high, most = number(one.low), number(one.high), number(limit)
    if one.low > limit:
        return "fail", say(
            f"{axis} is associated with {name} ({low} to {high}, limit {most}) and is not matched, adjusted for or "
            "disclosed",
            f"{axis} は `{name}` と連動する(区間 {low}〜{high}、基準 {most})が、対処がない",
        )
    if one.high > limit:
        return "undetermined", say(
            f"{axis} may be associated with {name} ({low} to {high}, limit {most}); match, adjust for or disclose it, "
            "or add speakers",
            f"{axis} は `{name}` と連動しうる(区間 {low}〜{high}、基準 {most})。対処を記すか、話者を加える",
        )
    return ok()


CHECKS = {"AF-2.6": confounders}
