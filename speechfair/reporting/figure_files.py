"""`figures` and `table`: an audit's charts and tables as files for papers, and a short summary for a pull request."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from speechfair.auditing.audit_charts import figures_of
from speechfair.auditing.audit_table import axis_names
from speechfair.auditing.findings import findings
from speechfair.auditing.result import AuditResult
from speechfair.auditing.speaker_rates import rates_by_group
from speechfair.charts.figure import FORMATS, Figure, Format
from speechfair.errors import InputError
from speechfair.messages.told_tables import in_language
from speechfair.messages.translation import Translator
from speechfair.metrics.error_counts import rate_title
from speechfair.registry import did_you_mean
from speechfair.result_table import Table
from speechfair.store import write_atomically
from speechfair.wording import count, printable, with_interval

if TYPE_CHECKING:
    from speechfair.messages.translation import Language
    from speechfair.store import RunFolder

__all__ = ["TableFormat", "figures", "summary", "table"]

TableFormat = Literal["markdown", "latex", "csv", "html"]
_MARK = {"difference": "▲", "alike": "=", "unclear": "?", "nothing": "–"}
_MARKDOWN = str.maketrans({c: f"\\{c}" for c in r"\`*_[]<>|#"})


def figures(
    run: str | Path | RunFolder,
    out: str | Path,
    *,
    formats: Sequence[Format] = ("svg",),
    axis: str | None = None,
) -> list[Path]:
    """Write the charts of a scored run folder, and return their paths: ``AXIS-rates``, ``-ratios`` and ``-kinds``.

    Also writes ``summary.md``: the findings with a small picture, for a README or a pull request.

    Parameters
    ----------
    out : folder, not in a run folder.
    formats : of ``svg``, ``pdf`` and ``png``.
    axis : the only axis to draw; None draws all.

    Raises
    ------
    InputError : there is no such axis or format, or nothing to draw.
    RunFolderError : the folder has not been scored, or was changed since.
    """
    from speechfair.comparing.matching import read_scored

    for one in formats:
        if one not in FORMATS:
            raise InputError(f"there is no figure format {one!r}; {did_you_mean(one, FORMATS)}")
    scored = read_scored(run)
    axes = _axes(scored.result, axis)
    speakers = {name: rates_by_group(scored.scores, name) for name in axes}
    drawn = [
        one for one in figures_of(scored.result, speakers) if one.name.rpartition("-")[0] in _plain(axes)
    ]
    if not drawn:
        raise InputError(f"{scored.path} has nothing to draw: no group has a rate")
    folder = Path(out)
    paths = [one.save(folder / f"{one.name}.{kind}") for one in drawn for kind in formats]
    picture = next((one for one in drawn if one.name.endswith("-ratios")), drawn[0])
    write_atomically(
        folder / "summary.md", summary(scored.result, f"{picture.name}.{formats[0]}", picture).encode()
    )
    return [*paths, folder / "summary.md"]


def summary(result: AuditResult, picture: str | None = None, figure: Figure | None = None) -> str:
    """The findings of an audit in Markdown.

    Parameters
    ----------
    picture : path of a figure to show below them.
    figure : what it shows, for those who cannot see it.
    """
    rate = result.overall.rate
    lines = [
        f"### {_markdown(result.model)} on {_markdown(result.corpus)}",
        "",
        f"Overall {rate_title(result.tokens)}: {with_interval(rate, 'percent')} %, "
        f"{count(result.overall.n_speakers, 'speaker')}, {count(result.overall.n_utterances, 'utterance')}, "
        f"{count(result.totals.failed)} failed, {count(result.totals.excluded)} excluded.",
        "",
    ]
    for one in findings(result):
        more = f" {one.more}" if one.more else ""
        lines.append(f"- {_MARK[one.verdict]} **{_markdown(one.axis)}**: {_markdown(one.text + more)}")
    if picture is not None:
        about = figure.name if figure is not None else "chart"
        lines += ["", f'<img src="{picture}" alt="{about}" width="560">']
    return "\n".join([*lines, "", f"Made by speechfair {result.speechfair}.", ""])


def table(
    run: str | Path | RunFolder,
    format: TableFormat = "markdown",
    *,
    axis: str | None = None,
    language: Language = "en",
) -> str:
    """The tables of a scored run folder, one for each axis, as Markdown, LaTeX (booktabs), CSV or HTML.

    CSV is for programs, and the same in every language.

    Raises
    ------
    InputError : there is no such axis or format.
    RunFolderError : the folder has not been scored, or was changed since.
    """
    from speechfair.comparing.matching import read_scored

    ways = {
        "markdown": Table.to_markdown,
        "latex": Table.to_latex,
        "csv": Table.to_csv,
        "html": Table._repr_html_,
    }
    if format not in ways:
        raise InputError(f"there is no table format {format!r}; {did_you_mean(format, list(ways))}")
    result = read_scored(run).result
    shown = _axes(result, axis)
    found = [part for part in result.table().parts() if isinstance(part, Table)]
    by_axis = dict(zip(axis_names(result), found, strict=False))
    tell = Translator("en" if format == "csv" else language)
    return "\n".join(ways[format](in_language(by_axis[name], tell)) for name in shown)


def _axes(result: AuditResult, axis: str | None) -> list[str]:
    known = axis_names(result)
    if not known:
        raise InputError("the audit has no axis; score the run with --group-by AXIS")
    if axis is not None and axis not in known:
        raise InputError(f"the audit has no axis {axis!r}; {did_you_mean(axis, known)}")
    return known if axis is None else [axis]


def _plain(axes: Sequence[str]) -> set[str]:
    from speechfair.auditing.audit_charts import file_name

    return {file_name(axis) for axis in axes}


def _markdown(text: str) -> str:
    return " ".join(printable(text).translate(_MARKDOWN).split())
