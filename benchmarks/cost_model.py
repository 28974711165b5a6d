"""What an audit costs, from hours of audio to euros, up to a million hours: the table of docs/explanation/scale.md.

The constants are those of benchmarks/results/benchmarks.json; prices and a GPU's speed are assumptions that the
command line sets. Run with `python -m benchmarks.cost_model [--gpu-hour 2.0 …]`.
"""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import dataclass, fields
from pathlib import Path

from speechfair.result_table import Column, Table
from speechfair.running.batch_plan import BATCH, BATCH_S

RECORD = Path(__file__).parent / "results" / "benchmarks.json"
HOURS = (1, 100, 10_000, 1_000_000)


@dataclass(frozen=True)
class Assumed:
    """What nobody can measure for you: set it.

    Parameters
    ----------
    utterance_s : mean length of an utterance in seconds.
    utterances_a_speaker : how many each speaker has.
    gpu_speed : hours of audio that one GPU recognises in an hour.
    gpu_hour, core_hour : prices in euros of a GPU and of a core for an hour.
    served_minute : price in euros of a served model for a minute of audio.
    gigabyte_month : price in euros of stored audio.
    kilobytes_a_second : of audio as it is stored (16 kHz, 16 bit: 32; FLAC about half).
    """

    utterance_s: float = 6.0
    utterances_a_speaker: int = 100
    gpu_speed: float = 100.0
    gpu_hour: float = 2.5
    core_hour: float = 0.04
    served_minute: float = 0.005
    gigabyte_month: float = 0.02
    kilobytes_a_second: float = 16.0


@dataclass(frozen=True)
class Measured:
    """Constants of the machine of the benchmarks.

    Parameters
    ----------
    core_speed : hours of audio that one core recognises in an hour (Whisper tiny.en, 10-s window).
    scoring_core_s : core seconds of intervals, tests, mixed model and verdict for an utterance, at a million of them.
    scoring_kb : memory in kilobytes for an utterance while they are computed.
    reading_core_s : core seconds of reading and digesting a second of audio for the manifest.
    part_core_s : core seconds of writing one part, and of reading it again.
    """

    core_speed: float
    scoring_core_s: float
    scoring_kb: float
    reading_core_s: float
    part_core_s: float


@dataclass(frozen=True)
class Cost:
    """Of one audit."""

    hours: int
    utterances: int
    speakers: int
    parts: int
    terabytes: float
    gpu_hours: float
    core_hours_instead: float
    driver_hours: float
    driver_memory_gb: float
    gpu_euros: float
    served_euros: float
    storage_euros_a_month: float


def measured() -> Measured:
    """The constants that the committed record gives."""
    parts = json.loads(RECORD.read_text(encoding="utf-8"))["parts"]
    recognition, overheads, largest = (
        parts["recognition"],
        parts["overheads"],
        parts["inference"]["sizes"][-1],
    )
    return Measured(
        core_speed=recognition["audio_s"] / recognition["ways"]["speechfair, 10-s window"]["processor_s"],
        scoring_core_s=largest["processor_seconds"] / largest["utterances"],
        scoring_kb=largest["peak_memory_mb"] * 1024 / largest["utterances"],
        reading_core_s=overheads["manifest_cpu_s_an_audio_s"],
        part_core_s=overheads["part_written_cpu_s"] + overheads["part_read_cpu_s"],
    )


def cost(hours: int, constants: Measured, assumed: Assumed) -> Cost:
    """Of an audit of `hours` of audio.

    Parts are batches of at most `BATCH` utterances and `BATCH_S` seconds. The driver is the one process that reads the
    audio for the manifest, writes parts and scores; recognising is divided among as many workers as there are.
    """
    seconds = hours * 3600.0
    utterances = math.ceil(seconds / assumed.utterance_s)
    parts = math.ceil(utterances / max(1, min(BATCH, int(BATCH_S // assumed.utterance_s))))
    driver_hours = (
        seconds * constants.reading_core_s
        + parts * constants.part_core_s
        + utterances * constants.scoring_core_s
    ) / 3600
    terabytes = seconds * assumed.kilobytes_a_second / 1e9
    gpu_hours = hours / assumed.gpu_speed
    return Cost(
        hours=hours,
        utterances=utterances,
        speakers=math.ceil(utterances / assumed.utterances_a_speaker),
        parts=parts,
        terabytes=terabytes,
        gpu_hours=gpu_hours,
        core_hours_instead=hours / constants.core_speed,
        driver_hours=driver_hours,
        driver_memory_gb=utterances * constants.scoring_kb / 1024**2,
        gpu_euros=gpu_hours * assumed.gpu_hour + driver_hours * assumed.core_hour,
        served_euros=hours * 60 * assumed.served_minute,
        storage_euros_a_month=terabytes * 1000 * assumed.gigabyte_month,
    )


def table(constants: Measured, assumed: Assumed) -> str:
    """The costs of `HOURS` in Markdown, as the page has them."""
    found = [cost(hours, constants, assumed) for hours in HOURS]
    rows = []
    for field in fields(Cost)[1:]:
        label = field.name.replace("_", " ").replace("gpu", "GPU").replace(" gb", " GB")
        values = (getattr(each, field.name) for each in found)
        rows.append((label, *(f"{value:,.2g}" if value < 100 else f"{value:,.0f}" for value in values)))
    columns = (Column("cost", "cost", "text"), *(Column(f"{h}", f"{h:,} h", "text") for h in HOURS))
    return Table("", columns, tuple(rows)).to_markdown().strip()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    for field in fields(Assumed):
        parser.add_argument(
            f"--{field.name.replace('_', '-')}", type=type(field.default), default=field.default
        )
    assumed, constants = Assumed(**vars(parser.parse_args())), measured()
    print(constants, assumed, "", table(constants, assumed), sep="\n")


if __name__ == "__main__":
    main()
