"""Does debiasing help other accents? Audits of the Speech Accent Archive by first language: `make results`.

Prints its plan, does what is missing, and writes the tables between two marks of docs/results/accents.md and their
data to benchmarks/results/accents.json. Hours on a CPU; kill it and start it again, it goes on. The targets are
frozen before anything is audited. Needs the speech sets (SPEECHFAIR_TEST_DATA or ../shared/data).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.data_files import tables_apart
from speechfair.debias.debias_run import debias
from speechfair.debias.debias_tables import change_table
from speechfair.debias.judging.audits import audit_all, recognizer_for
from speechfair.debias.judging.before_after import AxisChange, DebiasResult, GroupChange, compare
from speechfair.debias.judging.contest import share_audits
from speechfair.debias.recipe import DebiasRecipe, find_recipe, read_recipe
from speechfair.debias.training.pieces import base_folder
from speechfair.result_table import Table
from speechfair.store import write_atomically
from speechfair.text.language_tags import language_name
from speechfair.wording import NOTHING, with_interval

CHECKOUT = Path(__file__).resolve().parent.parent
RUNS = CHECKOUT / "runs" / "accents"
PAGE = CHECKOUT / "docs" / "results" / "accents.md"
DATA = CHECKOUT / "benchmarks" / "results" / "accents.json"
BEGIN, END = "<!-- made by benchmarks.accents_results -->", "<!-- end of what is made -->"
ANCHORS = ("1272", "1462", "1673", "174", "1919", "2078")
WATCHED = ("1988", "1993", "2086", "251")
TARGETS: dict[str, Any] = {
    "mean of the other first languages, against the base model decoded greedily": -0.25,
    "the same, against the base model decoded with a beam of five": -0.10,
    "margin of English and LibriSpeech": {"relative": 0.10, "absolute": 0.01},
    "seeds": 3,
}
"""What a recipe has to reach in every seed."""
AUDITS: dict[str, dict[str, Any]] = {"base": {}, "beam": {"beam_size": 5}}
"""Audits of the base model: the options of its decoding."""
TRAINED = {"erm": "accents", "anchor": "anchor"}
"""Case: the recipe that ships."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", nargs="+", default=[*AUDITS, *TRAINED], choices=[*AUDITS, *TRAINED])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--plan", action="store_true", help="only say what is missing")
    parser.add_argument("--page", action="store_true", help="only write the page from what is finished")
    asked = parser.parse_args()
    names = plan(asked.cases, asked.seeds)
    for name in names:
        print(f"{name}: {'done' if is_done(name) else 'to do'}", flush=True)
    if asked.plan:
        return
    if not asked.page:
        freeze()
        for name in names:
            if not is_done(name):
                print(f"{name} …", flush=True)
                run(name)
    print(f"written to {write_page(plan([*AUDITS, *TRAINED], [0, 1, 2]))}")


def plan(cases: Sequence[str], seeds: Sequence[int]) -> list[str]:
    """The names of the runs, what others need first."""
    return [case for case in AUDITS if case in cases] + [
        f"{case}-{seed}" for seed in seeds for case in TRAINED if case in cases
    ]


def is_done(name: str) -> bool:
    """Whether a run is finished; of an audit of the base model, its last evaluation."""
    folder = RUNS / name
    if name in AUDITS:
        return (folder / _side(name) / "native" / "audit.json").is_file()
    return (folder / "debias.json").is_file()


def freeze() -> None:
    """Keep the targets and the recipes before the first audit; refuse others afterwards."""
    settings = [recipe_of(case, 0).settings() for case in TRAINED]
    content = json.dumps({"targets": TARGETS, "recipes": settings}, indent=2, sort_keys=True)
    kept = RUNS / "frozen.json"
    if not kept.is_file():
        RUNS.mkdir(parents=True, exist_ok=True)
        write_atomically(kept, content.encode())
    elif kept.read_text(encoding="utf-8") != content:
        raise SystemExit(f"{kept} holds other targets or recipes: begin anew in another folder")


def run(name: str) -> None:
    """One audit of the base model, or one training with its audits, from where it stopped."""
    case, _, seed = name.partition("-")
    recipe, out = recipe_of(case, int(seed or 0)), RUNS / name
    if case in AUDITS:
        # named alike, so that the audit before of a training is this one
        recognizer = recognizer_for(recipe, base_folder(recipe.model), out / "work", "before", AUDITS[case])
        audit_all(recipe, recognizer, out / _side(name), None)
        shutil.rmtree(out / "work", ignore_errors=True)
        return
    if is_done("base"):
        share_audits(RUNS / "base", out)
    debias(recipe, out, say=lambda line: print(f"  {line}", flush=True), on_cpu=True)


def _side(name: str) -> str:
    return "before" if name == "base" else "after"


def recipe_of(case: str, seed: int) -> DebiasRecipe:
    """The recipe of a case: trained on Mandarin speakers, judged on the archive, the domain's test set, LibriSpeech."""
    data = Path(os.environ.get("SPEECHFAIR_TEST_DATA", CHECKOUT.parent / "shared" / "data"))
    watched, apart = _list(WATCHED), _list([*ANCHORS, *WATCHED])
    return read_recipe(
        find_recipe(TRAINED.get(case, "accents")),
        [
            f"data_root={data}", f"seed={seed}", "steps=60", "check_every=20", "learning_rate=3.0e-5",
            "recognizer={family: faster-whisper, options: {window: exact, threads: 1}}",
            "dev={share: 0.2, max_utterances: 48, protected: "
            f"[{{corpus: librispeech, root: LibriSpeech, speakers: {watched}}}]}}",
            "evaluate=[{name: archive, corpus: speech_accent_archive, root: speech-accent-archive, "
            "group_by: [first_language], protected_groups: [first_language=eng]}, "
            "{name: domain, corpus: speechocean762, root: speechocean762, options: {split: test}, "
            "group_by: [gender], per_speaker: 3}, {name: native, corpus: librispeech, root: LibriSpeech, "
            f"protected: true, per_speaker: 5, without_speakers: {apart}}}]",
            "even_if_undetermined=true",
        ],
    )  # fmt: skip


def _list(names: Sequence[str]) -> str:
    return "[" + ", ".join(f"'{name}'" for name in names) + "]"


def changes(name: str) -> tuple[list[GroupChange], list[AxisChange]]:
    """What a finished run changed against the base model decoded greedily."""
    if name in AUDITS:
        return compare(recipe_of(name, 0), RUNS / "base" / "before", RUNS / name / _side(name))
    found = DebiasResult.model_validate_json((RUNS / name / "debias.json").read_text(encoding="utf-8"))
    return found.groups, found.axes


def write_page(names: Sequence[str]) -> Path:
    """Put the tables of what is finished between the marks of the page, and their data into a file."""
    finished = [name for name in names if name != "base" and is_done("base") and is_done(name)]
    parts, data, shown = list[str](), {}, dict[str, list[GroupChange]]()
    for name in finished:
        groups, axes = changes(name)
        data[name] = {
            "groups": [group.model_dump(mode="json") for group in groups],
            "axes": [axis.model_dump(mode="json") for axis in axes],
        }
        shown[name] = groups
        parts.append(f"### `{name}` against the base model decoded greedily\n\n{_table(groups)}")
        parts += [_axis(axis) for axis in axes if axis.evaluation == "archive"]
        if name not in AUDITS and is_done("beam"):
            parts.append(_judged(groups, changes("beam")[0]))
    missing = [name for name in names if name not in finished and not (name == "base" and is_done("base"))]
    if missing:
        parts.append("Not yet run: " + ", ".join(f"`{name}`" for name in missing) + ".")
    text = PAGE.read_text(encoding="utf-8")
    head, tail = text.index(BEGIN) + len(BEGIN), text.index(END)
    made = tables_apart("\n\n".join([_by_language(shown), *parts] if shown else parts), PAGE)
    write_atomically(PAGE, f"{text[:head]}\n\n{made}\n\n{text[tail:]}".encode())
    if data:
        write_atomically(DATA, (json.dumps(data, indent=1, sort_keys=True) + "\n").encode())
    return PAGE


def _judged(groups: Sequence[GroupChange], beam: Sequence[GroupChange]) -> str:
    """Whether one seed reached the targets: on the estimates, against both decodings, with nobody degraded."""
    wanted = list(TARGETS.values())[:2]
    after, greedy, searched = (
        _mean(
            [getattr(group, rate) for group in found if group.evaluation == "archive" and _is_target(group)]
        )
        for found, rate in ((groups, "rate_after"), (groups, "rate_before"), (beam, "rate_after"))
    )
    if after is None or not greedy or not searched:
        return "Targets: not known, since a rate is missing."
    found = [after / greedy - 1, after / searched - 1]
    guarded = [group.harmed for group in groups if group.protected]
    spared = bool(guarded) and all(harmed is False for harmed in guarded)
    reached = spared and all(one <= most for one, most in zip(found, wanted, strict=True))
    return (
        f"Targets {'reached' if reached else 'not reached'}: mean of the other first languages "
        f"{100 * found[0]:+.1f} % against greedy ({100 * wanted[0]:+.0f} % wanted), {100 * found[1]:+.1f} % against "
        f"the beam ({100 * wanted[1]:+.0f} % wanted); the protected are {'' if spared else 'not '}shown not degraded."
    )


def _is_target(group: GroupChange) -> bool:
    return group.axis == "first_language" and not group.protected


def _mean(rates: Sequence[float | None]) -> float | None:
    known = [rate for rate in rates if rate is not None]
    return sum(known) / len(known) if known and len(known) == len(rates) else None


def _by_language(runs: Mapping[str, Sequence[GroupChange]]) -> str:
    """The change of each first language, in points, one row for each run."""
    found = {
        name: {group.group: group for group in groups if group.axis == "first_language"}
        for name, groups in runs.items()
    }
    languages = sorted({one for groups in found.values() for one in groups}, key=language_name)
    table = Table.of_texts(
        "",
        ["against greedy", *map(language_name, languages)],
        [[f"`{name}`", *(_change(groups.get(one)) for one in languages)] for name, groups in found.items()],
    )
    return table.to_markdown(escape=str).strip()


def _change(group: GroupChange | None) -> str:
    if group is None:
        return NOTHING
    verdict = {True: ", degraded", False: ", not degraded", None: ""}[group.harmed]
    return with_interval(group.change, "points") + verdict


def _table(groups: Sequence[GroupChange]) -> str:
    """The groups' changes as they are shown at the end of a run, without title, notes and the marks of footnotes."""
    shown = DebiasResult(
        verdict="undetermined",
        reasons=[],
        groups=list(groups),
        axes=[],
        training={},
        data=[],
        unused={},
        notes=[],
    )
    lines = (line for line in change_table(shown).to_markdown().splitlines() if line.startswith("|"))
    return "\n".join(re.sub(r"(?<=unclear)[¹²³⁰-⁹]+", "", line) for line in lines)


def _axis(axis: AxisChange) -> str:
    return (
        f"Other first languages, in points: mean {with_interval(axis.macro, 'points')}, worst "
        f"{with_interval(axis.worst, 'points')}, gap {with_interval(axis.gap, 'points')}."
    )


if __name__ == "__main__":
    main()
