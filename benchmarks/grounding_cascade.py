"""A real L1–L4 table: Whisper base and rules on synthetic accents, written to docs/results/grounding.md.

`python -m benchmarks.grounding_cascade --out FOLDER` takes an hour on two slow cores; kill it and give it again to
go on. The answerer knows the grammar (`speechfair.probes.grounding.rules`), so what is wrong about the audio was not
heard.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from benchmarks.data_files import write_page
from speechfair.models import chat_from_callable, load_model
from speechfair.models.families.cascade import Cascade
from speechfair.probes.grounding.grounding_sections import grounding_sections
from speechfair.probes.grounding.probe_grounding import probe_grounding
from speechfair.probes.grounding.rules import answer
from speechfair.probes.grounding.spoken import speak
from speechfair.probes.results import GroundingResult, GroupGrounding
from speechfair.probes.sections import outcome_words
from speechfair.reporting.probe_html import write_grounding
from speechfair.result_table import Table
from speechfair.running.transcription import Progress
from speechfair.wording import with_interval

WINDOW_S = 16.0
"""No scene is longer."""
PAGE = Path(__file__).parents[1] / "docs" / "results" / "grounding.md"


def run(out: Path, accents: str, *, scenes: int, voices: int, silences: int) -> GroundingResult:
    ears = load_model("bundled:whisper-base", language="en", threads=1, window=WINDOW_S, compute_type="int8")
    model = Cascade(ears, chat_from_callable(answer, name="grounding-rules", architecture="modular"))
    corpus = speak(scenes, first_languages=accents, strengths=(0.5, 1.0), voices=voices, silences=silences)
    started = time.monotonic()

    def observe(state: Progress) -> None:
        print(f"{state.done}/{state.total} questions, {time.monotonic() - started:.0f} s", flush=True)

    axes = ["strength", "first_language", "first_language+strength"]
    return probe_grounding(corpus, model, axes, out=out, observe=observe)


def page(result: GroundingResult) -> str:
    """The result as Markdown."""
    options = result.corpus_record.options
    strengths = next(axis for axis in result.axes if axis.axis == "strength").groups
    lines = [
        "# Grounding of a cascade on synthetic accents",
        "",
        f"`{result.model}`: a recogniser with real weights, and rules in the place of the text LLM. The rules are "
        "right about every verbatim transcript by construction, so the figures show what was heard, not what a "
        "language model would understand.",
        "",
        f"Speech: {result.n_scenes - options['silences']} scenes of the grammar, said by {options['voices']} voices of "
        f"a synthesiser as reference and in {len(options['first_languages'])} rule-made accents at strengths "
        f"{', '.join(f'{s:g}' for s in options['strengths'])}, and {options['silences']} recordings without speech: "
        f"{result.n_utterances} recordings. {result.corpus_record.statement}",
        "",
        f"Audio arm: {outcome_words(result.audio)}. Text control: {outcome_words(result.text)}. Intervals: "
        f"{100 * result.level:g} %; with few voices and scenes they are wide or missing; what they do not settle is "
        "called undetermined.",
        "",
        "## The modality gap by strength",
        "",
        "Text - audio, in percentage points.",
        "",
        Table.of_texts(
            "",
            ("strength", *(f"L{level.level} {level.name}" for level in strengths[0].levels), "all"),
            [_gap_row(group) for group in strengths],
        ).to_markdown(),
    ]
    for section in grounding_sections(result):
        lines += [f"## {section.title}", "", section.lede, ""]
        lines.append(Table.of_texts("", section.headers, section.rows).to_markdown())
        lines += [*(f"- {note}" for note in section.notes), ""]
    arguments = (
        f"--accents {','.join(options['first_languages'])} "
        f"--scenes {options['scenes']} --voices {options['voices']} --silences {options['silences']}"
    )
    lines += [f"Made by `python -m benchmarks.grounding_cascade {arguments}`; {'; '.join(result.notes)}.", ""]
    return "\n".join(lines)


def _gap_row(group: GroupGrounding) -> tuple[str, ...]:
    asked = sum(level.outcomes.n_asked for level in group.levels)
    lost = sum((level.modality_gap.value or 0.0) * level.outcomes.n_asked for level in group.levels)
    cells = [with_interval(level.modality_gap, "percent") for level in group.levels]
    return group.value, *cells, f"{100 * lost / asked:.1f}"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--out", type=Path, required=True)
    arguments.add_argument("--scenes", type=int, default=9)
    arguments.add_argument("--voices", type=int, default=8)
    arguments.add_argument("--silences", type=int, default=8)
    arguments.add_argument("--accents", default="jpn,spa")
    given = arguments.parse_args()
    result = run(given.out, given.accents, scenes=given.scenes, voices=given.voices, silences=given.silences)
    write_page(page(result), PAGE)
    print(f"{PAGE}\n{write_grounding(result, given.out / 'grounding.html')}")


if __name__ == "__main__":
    main()
