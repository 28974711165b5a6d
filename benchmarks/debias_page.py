"""docs/results/debias.md and debias-runs.md from finished debiasing runs: every figure is read from a run folder or
compared there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import yaml

from benchmarks.data_files import write_pages
from benchmarks.debias_runs_page import write_runs
from benchmarks.debias_words import (
    everyone_protected,
    gains_a_quarter,
    interval,
    names_of,
    relative_changes,
    shown_unharmed,
)
from speechfair.debias.judging.before_after import DebiasResult
from speechfair.debias.judging.method_table import MethodTable, tabulate
from speechfair.debias.method import debias_methods
from speechfair.reporting.debias_figures import write_method_chart
from speechfair.result_table import Table
from speechfair.wording import points

APART = ("replay", "router", "exact")
"""Cases whose names begin so are audited on other speech or by another recogniser than the rest."""
AGAINST = {
    "replay": "With six LibriSpeech speakers in training.",
    "router-erm": "Decoded by transformers.",
    "exact-erm": "Decoded on the 30 s that Whisper was made for, by transformers.",
}
"""What those are compared with."""
PARTS = {"cpu": "Trained on the CPU", "cuda": "Trained on a GPU"}
SUFFIX = {"cpu": "", "cuda": "-gpu"}
PACKAGES = {
    "cpu": ("torch", "transformers", "ctranslate2", "faster-whisper"),
    "cuda": ("torch", "transformers"),
}
PAGE = Path(__file__).resolve().parent.parent / "docs" / "results" / "debias.md"

MORE = (
    "Recipes, reading and limits of the debiasing results",
    ("The recipes", "How to read this", "What was not run"),
)
"""The title of the second page, and its sections."""

HEAD = """# Debiasing real weights on real speech

Whisper tiny.en (the bundled weights) fine-tuned on 40 training speakers of speechocean762 (Mandarin speakers of
English, children and adults, 12 sentences each, 8 of the speakers kept back to watch the training), audited before and
after on its 24 test speakers and, as the protected reference, on 20 LibriSpeech speakers. The groups of the methods
are the two genders, the axis with the larger gap.

**These are gains in the domain of the training corpus**: its short sentences, its recordings, its children, and the
decoder's loops on them. They are not gains on accents. The groups are genders within one first language, and the
protected speakers come from another corpus. A first trial on other first languages found no such gain:
[accents.md](accents.md).

Rates are word error rates in percent, changes are in points, brackets are 95 % intervals with the speaker as the unit
of sampling. *Harmed* means: worse by more than 10 % of the rate before or 1 point, whichever is more; *unclear* is
neither shown harmed nor shown harmless, and is no pass.

Every group and every run in full: [debias-runs.md](debias-runs.md).

## What came out

The bar: a quarter less error in the mean of the genders **and** in the worst gender, with LibriSpeech as a whole shown
unharmed by the interval. It says nothing of LibriSpeech's two genders, which are too few to be shown unharmed apart; a
run's own verdict asks for them too.
"""

ABOUT = {
    "erm": "plain fine-tuning of all weights",
    "erm-lora": "plain fine-tuning of low-rank adapters",
    "average": "half way between the base model and `erm` of the same seed; the share was fixed beforehand",
    "average-25": "a quarter of the way",
    "average-75": "three quarters of the way",
    "erm-window-30": "`erm` with the usual window of 30 s in training; beside `erm` it shows what the short one costs",
    "group_dro": "online group weights on balanced batches",
    "balanced": "balanced batches; both genders have equally many rows, so this is nearly `erm` in another order",
    "accent_augment": "plain fine-tuning on speech altered in speed, noise and band",
    "replay": "plain fine-tuning with six of the LibriSpeech speakers in training; the other fourteen are audited",
    "group_dro-average": "two fifths of the way from the base model to `group_dro` of the same seed; the share was "
    "chosen when `average` and one `group_dro` were known, before any run of this",
    "soup": "half way between the base model and the mean of `erm`, `balanced` and `group_dro` of the same seed; "
    "chosen when the plain and averaged runs of `erm` and `group_dro` were known, before any run of this",
    "long": "`group_dro` with 120 steps and a check every 60; all five runs kept step 60, so it is 60 steps on a "
    "learning rate that falls half as fast",
    "long-average": "two fifths of the way from the base model to `long` of the same seed; chosen when every run of 60 "
    "steps on the CPU was known, before any run of this: a model that was trained for longer may be averaged as much",
    "spec_augment": "`accent_augment` that also hides spans of time and ranges of frequency (SpecAugment)",
    "temperature": "groups drawn in proportion to the root of their size; they are equally large here, so it is `erm` "
    "in another order",
    "reweight": "a rare group's loss counts for more; here they are equally large, so this is `erm` with the mean over "
    "utterances in place of tokens",
    "jtt": "what a first training of 15 steps still gets wrong comes three times as often in the second",
    "adversarial": "a classifier of the gender is fought by gradient reversal, strength 0.1",
    "erase": "no training: LEACE takes the gender out of the last encoder states; a probe far below chance afterwards "
    "shows the fit and no more: the means of all training speakers were made equal, so whoever is left out of the "
    "probe's own fit leans the other way",
    "decode": "no training: three settings of the decoder tried on the development set",
    "accent_adapter": "a low-rank adapter for each gender, 30 steps each, mixed into one model",
    "router-erm": "`erm-lora`, before and after decoded by transformers as `router` is",
    "router": "the adapters of `accent_adapter`, one picked for each utterance by a router; decoded by transformers",
    "exact-erm": "`erm`, decoded on 30 s before and after",
    "exact-window-30": "`erm-window-30`, decoded on 30 s: what the short window costs in training alone",
    "replay-average": "half way between the base model and `replay` of the same seed",
}

FOOT = """
## How to read this

- The gain against the base model is what fine-tuning on this corpus does, its read sentences and its recording
  included; it is no merit of a method. A method is judged beside plain fine-tuning (`erm`) with the same seeds.
- Acceptance of a method asks for three seeds, a gain in mean, worst group **and** gap against `erm`, and no harm.
- The recipes were many, and all are judged on the same test speakers: the best of them owes part of its lead to
  chance, so expect less elsewhere.
- The development set decides which of two checks is kept. Four speakers to a group is few: the group that is worst
  among them need not be the one that is worst among the test speakers.
- The brackets count the chance of the speakers, not that of the training's order: `temperature`, which is `erm` in
  another order here, differs from it by more than nothing. Read every difference of that size so.
- Minutes of training are wall time, on the CPU beside other work; they say what is cheap and dear, no more.
- Runs differ by their seed in which speakers form the development set and in the order of the draws.
- All but the two `exact` recipes are decoded on a 10-s window, `erm-window-30` too, which was not trained on one: how
  that does on 30 s is told by `exact-window-30`.
- LibriSpeech here is a small part that has been through MP3; it stands for those who must not be harmed.
"""


def write(runs: Mapping[str, Mapping[str, Path]], planned: Mapping[str, Sequence[str]]) -> Path:
    """Write both pages from the run folders, by what trained them (``cpu``, ``cuda``) and name ``CASE-SEED``.

    What was trained by one is never compared with what was trained by the other. `planned` names what is to be
    there, likewise.
    """
    done = {name for part in runs.values() for name in part}
    results = {device: read_results(folders) for device, folders in runs.items() if folders}
    parts = [HEAD, *(_outcome(*pair) for pair in results.items())]
    for device, found in results.items():
        parts += _part(device, runs[device], found)
    cases = [case for case in ABOUT if any(name.rpartition("-")[0] == case for name in done)]
    parts += ["\n## The recipes\n", *(f"- `{case}`: {ABOUT[case]}" for case in cases), FOOT]
    parts.append("\n## What was not run\n\nPlanned, and not finished when this page was made:\n")
    for device, names in planned.items():
        missing = [name for name in names if name not in runs.get(device, ())]
        parts.append(f"- {PARTS[device]}: {names_of(missing)}.")
    parts.append("\n" + _never_run([folder for part in runs.values() for folder in part.values()]))
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    write_pages("\n".join(parts), PAGE, *MORE)
    write_runs({PARTS[device]: found for device, found in results.items()}, PAGE.with_name("debias-runs.md"))
    return PAGE


def read_results(folders: Mapping[str, Path]) -> dict[str, DebiasResult]:
    """The results in the run folders, by the name of the run."""
    return {
        name: DebiasResult.model_validate_json((folder / "debias.json").read_text(encoding="utf-8"))
        for name, folder in folders.items()
    }


def _part(device: str, folders: Mapping[str, Path], results: Mapping[str, DebiasResult]) -> list[str]:
    """What was trained by one device: settings, tables, picture."""
    together = [folder for name, folder in folders.items() if not name.startswith(APART)]
    parts = [f"\n## {PARTS[device]}\n", _settings(device, folders, results)]
    parts += ["### Against the model before\n", _by_case(results), ""]
    if any(name.startswith("erm-") and name[4:].isdecimal() for name in folders):
        table = tabulate(together)
        parts.append(_against(table, "All audited on the same speech."))
        picture = PAGE.with_name(PAGE.stem + SUFFIX[device] + ".svg")
        write_method_chart(table, picture)
        parts.append(
            f"\n![worst gender against LibriSpeech, and the averages on the development set]({picture.name})"
        )
    for baseline, words in AGAINST.items():
        mine = [folder for name, folder in folders.items() if name.startswith(baseline.split("-")[0])]
        names = {folder.name.rpartition("-")[0] for folder in mine}
        if baseline in names and len(names) > 1:
            parts.append(_against(tabulate(mine, baseline), words))
    return [*parts, "\n" + _third_seeds(folders)]


def _third_seeds(names: Collection[str]) -> str:
    """Acceptance asks for three seeds: who has them."""
    seeds = Counter(name.rpartition("-")[0] for name in names)
    three = sorted(case for case, count in seeds.items() if count >= 3)
    if not three:
        return "No case has three seeds here, so that none can be accepted, whatever its figures."
    return f"With three seeds or more: {names_of(three)}. No other can be accepted, whatever its figures."


def _never_run(folders: Sequence[Path]) -> str:
    """The methods that have no run here."""
    records = [yaml.safe_load((folder / "debias.yaml").read_text(encoding="utf-8")) for folder in folders]
    missing = sorted(
        set(debias_methods().names()) - {record["recipe"]["method"]["name"] for record in records}
    )
    return (
        f"Not run on real weights: methods {names_of(missing)}; other models, other corpora, the full speechocean762 "
        "and LibriSpeech. `ctc_dro` is made for CTC models, and the bundled weights are Whisper's: it is judged on a "
        "small CTC model in [the planted problem](planted.md).\n"
    )


def _by_case(results: Mapping[str, DebiasResult]) -> str:
    """What the acceptance of a recipe asks for, seed by seed: mean and worst group, and the protected speakers."""
    heads = (
        "recipe", "mean of genders", "worst gender", "LibriSpeech", "a quarter less in both",
        "LibriSpeech not degraded", "both",
    )  # fmt: skip
    lines = []
    for case, mine in _cases(results).items():
        changes = [relative_changes(result) for result in mine]
        quarter = [gains_a_quarter(result) for result in mine]
        unharmed = [shown_unharmed(result) for result in mine]
        counts = [quarter, unharmed, [a and b for a, b in zip(quarter, unharmed, strict=True)]]
        cells = [
            ", ".join(f"{macro:+z.1%}" for macro, _ in changes),
            ", ".join(f"{worst:+z.1%}" for _, worst in changes),
            ", ".join(
                f"{points(change.value)} {interval(change)}"
                for change in (everyone_protected(result).change for result in mine)
            ),
            *(f"{sum(met)} of {len(mine)}" for met in counts),
        ]
        lines.append((case, *cells))
    return Table.of_texts("", heads, lines).to_markdown().rstrip()


def _cases(results: Mapping[str, DebiasResult]) -> dict[str, list[DebiasResult]]:
    """The results of each case, in the order of the seeds."""
    cases: dict[str, list[DebiasResult]] = {}
    for name, result in results.items():
        cases.setdefault(name.rpartition("-")[0], []).append(result)
    return cases


def _outcome(device: str, results: Mapping[str, DebiasResult]) -> str:
    """In a line: which recipes do what is asked in every seed."""
    met = {
        case: [gains_a_quarter(r) and shown_unharmed(r) for r in mine]
        for case, mine in _cases(results).items()
    }
    always = [f"`{case}` ({len(seeds)} of {len(seeds)} seeds)" for case, seeds in met.items() if all(seeds)]
    sometimes = [
        f"`{case}` ({sum(seeds)} of {len(seeds)})"
        for case, seeds in met.items()
        if any(seeds) and not all(seeds)
    ]
    named, others = (", ".join(cases) or "none" for cases in (always, sometimes))
    return f"- {PARTS[device]}: {named} in every seed that was run; in some, {others}."


def _settings(device: str, runs: Mapping[str, Path], results: Mapping[str, DebiasResult]) -> str:
    records = {
        name: yaml.safe_load((folder / "debias.yaml").read_text(encoding="utf-8"))
        for name, folder in runs.items()
    }
    # a run that was killed at its very end has its results and no environment
    record = next((found for found in records.values() if "environment" in found), {})
    recipe, packages = next(iter(records.values()))["recipe"], record.get("environment", {})
    window = next(r.training["window_s"] for r in results.values())
    learning = f"{float(recipe['learning_rate']):g}"
    return (
        f"{recipe['steps']} steps of {recipe['batch']} utterances, learning rate {learning} (adapters "
        f"1e-3), a training window of {window:g} s, a check every {recipe['check_every']} steps "
        "of which the one with the best worst-group rate is kept, unless the recipe says otherwise below; decoded on a "
        "10-s window, runaway decodes redone. "
        + ", ".join(f"{name} {packages[name]}" for name in PACKAGES[device] if name in packages)
        + f"; {_device(device, record.get('hardware', ''), results)}\n"
    )


def _seeds(results: Mapping[str, DebiasResult]) -> str:
    return " ".join(str(seed) for seed in sorted({int(name.rpartition("-")[2]) for name in results}))


def _device(device: str, hardware: str, results: Mapping[str, DebiasResult]) -> str:
    """What trained; runs that something else trained are named."""
    if device == "cpu":
        words = f"trained on {hardware or 'a CPU'}; made by `make results`."
    else:
        words = (
            f"trained on {hardware} in mixed precision where it has bfloat16; the audits are decoded there too, by "
            f"transformers. Made by `python -m benchmarks.debias_results --device cuda --seeds {_seeds(results)}`."
        )
    # runs made before it was recorded were all made on the CPU
    others = [
        name
        for name, result in results.items()
        if "kept_step" in result.training and (result.training.get("device") or "cpu") != device
    ]
    return words + (f" Trained on something else, by their record: {names_of(others)}." if others else "")


def _against(table: MethodTable, words: str) -> str:
    heads = (
        "recipe", "seeds", "mean of groups", "worst group", "gap", "LibriSpeech", "minutes of training", "answer",
    )  # fmt: skip
    lines = []
    for row in table.rows:
        parts = (row.macro, row.worst, row.gap, row.protected)
        cells = ["" if part is None else f"{points(part.value)} {interval(part)}" for part in parts]
        lines.append((row.name, str(len(row.seeds)), *cells, f"{row.seconds / 60:.1f}", row.answer))
    return "\n".join(
        [
            f"\n### Against `{table.baseline}`, over the seeds that both have\n",
            f"{words} Points; below 0 the method is better.\n",
            Table.of_texts("", heads, lines).to_markdown().rstrip(),
        ]
    )
