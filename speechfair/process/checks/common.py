"""What several checks need: is a form filled, is there a run of a role, can its parts be read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from speechfair.process.catalogue import Text
from speechfair.process.finding import Status, said, say
from speechfair.process.forms import FormState
from speechfair.process.material import Material, Role, Run

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "Part",
    "dated",
    "form_part",
    "gated_axes_parts",
    "group_table",
    "manifest_of",
    "need_data",
    "need_runs",
    "number",
    "ok",
    "reference_of",
    "said_no",
    "split_list",
    "usable",
]

Part = tuple[Status, Text]

_NOTHING = say("holds", "満たす")


def ok() -> Part:
    """A part that passes."""
    return "pass", _NOTHING


def form_part(form: FormState) -> Part:
    """Whether a form is filled; one that is not leaves its item not assessed, and says which fields."""
    if form.sha256 is None:
        return "not_assessed", say(f"{form.name} is not there", f"{form.name} がない")
    if form.missing:
        names = ", ".join(form.missing[:6]) + (" …" if len(form.missing) > 6 else "")
        return "not_assessed", say(f"{form.name}: still empty: {names}", f"{form.name}:未記入 `{names}`")
    return ok()


def said_no(form: FormState, *answers: tuple[str, str, str]) -> list[Part]:
    """A failure for each of these answers of a form that is no: key, and what it means in English and Japanese."""
    return [("fail", say(en, ja)) for key, en, ja in answers if form.values[key] is False]


def need_runs(material: Material, *roles: Role) -> tuple[list[Run], list[Part]]:
    """Runs of these roles that can be read, and a part for what is missing or broken. Never an empty pass."""
    runs, parts = [], list[Part]()
    for role in roles:
        listed = material.of_role(role)
        if not listed:
            parts.append(
                (
                    "not_assessed",
                    say(f"no run of role {role} in runs.yaml", f"runs.yaml に役割 `{role}` の実行がない"),
                )
            )
        for run in listed:
            if not run.path.exists():
                where = run.entry.folder
                parts.append(("not_assessed", say(f"{where} is not there yet", f"{where} がまだない")))
            elif isinstance(run.content, str):
                parts.append(("error", said(run.content)))
            else:
                runs.append(run)
    return runs, parts


def need_data(material: Material) -> tuple[list[Run], list[Part]]:
    """The evaluation data: the prepared test set, which is there before any model is asked, else evaluation runs.

    That evaluation runs are on this very test set is AF-2.4's to check.
    """
    if material.of_role("test_set"):
        return need_runs(material, "test_set")
    runs, parts = need_runs(material, "evaluation")
    if not material.of_role("evaluation"):
        en, ja = (
            "no run of role test_set or evaluation in runs.yaml",
            "runs.yaml に役割 `test_set` も `evaluation` もない",
        )
        return [], [("not_assessed", say(en, ja))]
    return runs, parts


def reference_of(run: Run, axis: str, groups: dict[str, tuple[int, int, float]]) -> str | None:
    """The reference group of an axis before an audit: the one that the corpus card names, else the largest."""
    if isinstance(run.content, str) or not groups:
        return None
    named = run.content.recipe.card.reference.get(axis)
    return named if named in groups else max(groups, key=lambda name: (groups[name][0], name))


def manifest_of(run: Run, parts: list[Part]) -> pl.DataFrame | None:
    """The run's manifest, or None with the reason added to `parts`."""
    if isinstance(run.manifest, str):
        parts.append(("error", said(run.manifest)))
        return None
    return run.manifest


def usable(manifest: pl.DataFrame) -> pl.DataFrame:
    """Rows that are utterances: not excluded, audio readable."""
    import polars as pl

    return manifest.filter(pl.col("excluded").is_null() & pl.col("audio_error").is_null())


def gated_axes_parts(axes: list[str]) -> list[Part]:
    """A part that keeps an item open where no axis is gated; nothing otherwise."""
    if axes:
        return []
    return [("not_assessed", say("attributes.yaml gates no axis", "attributes.yaml に判定に使う属性がない"))]


def group_table(manifest: pl.DataFrame, axis: str) -> dict[str, tuple[int, int, float]]:
    """Speakers, utterances and minutes by label value; an axis ``a+b`` is a crossing."""
    import polars as pl

    from speechfair.running.scoring import add_axis

    table = add_axis(usable(manifest), axis)
    grouped = table.group_by("group").agg(
        pl.col("speaker").drop_nulls().n_unique(), pl.len(), pl.col("duration_s").sum() / 60
    )
    return {
        str(value): (int(speakers), int(rows), float(minutes or 0.0))
        for value, speakers, rows, minutes in grouped.sort("group").iter_rows()
    }


def dated(what: Text, day: str | None, material: Material, days: int) -> Part:
    """Whether something was done within so many days, and not in the future."""
    if day is None:
        return "not_assessed", say(f"{what.en}: no date", f"{what.ja}:日付がない")
    age = (material.today - date.fromisoformat(day)).days
    if age < 0:
        return "error", say(f"{what.en}: {day} lies in the future", f"{what.ja}:{day} は未来の日付")
    if age > days:
        return "fail", say(
            f"{what.en}: {day} is {age} days ago, more than {days}",
            f"{what.ja}:{day} は {age} 日前で、{days} 日を超える",
        )
    return ok()


def number(value: float) -> str:
    """A number for a sentence: three digits."""
    return f"{value:.3g}"


def split_list(text: str | None) -> Iterator[str]:
    """The words of a comma list."""
    for word in (text or "").split(","):
        if word.strip():
            yield word.strip()
