"""Whisper tiny.en on real speech: our batches at a 10-s window beside what people usually run, in one run.

Peers: faster-whisper's `transcribe` loop and its `BatchedInferencePipeline`, greedy as ours, and the transformers ASR
pipeline as it comes, which searches with five beams; all float32, on the test utterances of the speechocean762 subset,
with as many threads each. The ways take turns on blocks of utterances, so that whatever else the machine does
disturbs all alike; both wall time and processor time are kept. Errors are counted per group, and the change against
the loop is tested as an audit would.

Part of `make bench`; `python -m benchmarks.recognition_speed [--utterances N]` prints it alone.
"""

from __future__ import annotations

import argparse
import os
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl

from speechfair.corpora import load_corpus
from speechfair.metrics import count_errors
from speechfair.metrics.paired import non_inferiority
from speechfair.metrics.pairing import pair_by_group
from speechfair.models import load_model
from speechfair.models.ct2_conversion import converted_bundled
from speechfair.models.families.bundled import folder_of
from speechfair.running.batch_plan import BATCH
from speechfair.running.window_trial import ABSOLUTE, LEVEL, RELATIVE
from speechfair.text import load_normalizer
from speechfair.types import Audio, Utterance

OURS, LOOP, BATCHED, PIPELINE = (
    "speechfair, 10-s window",
    "transcribe loop",
    "BatchedInferencePipeline",
    "pipeline",
)
BLOCK = 80
Way = Callable[[list[Audio]], tuple[list[str], int]]


def speech(count: int) -> list[tuple[Utterance, Audio]]:
    """Test utterances of the subset, all or as many as are asked for, drawn with a fixed seed."""
    import soundfile

    checkout = Path(__file__).resolve().parents[1]
    root = Path(os.environ.get("SPEECHFAIR_TEST_DATA", checkout.parent / "shared" / "data"))
    corpus = load_corpus("speechocean762", root / "speechocean762-subset", split="test")
    rows = sorted((row for row in corpus if isinstance(row, Utterance)), key=lambda row: row.id)
    if count < len(rows):
        rows = random.Random(762).sample(rows, count)
    found = []
    for row in rows:
        samples, rate = soundfile.read(str(row.audio), dtype="float32")
        found.append((row, Audio(row.id, samples, rate)))
    return found


def ours(threads: int) -> Way:
    """As an audit does: batches of the audit's size, longest utterances first."""
    model: Any = load_model("bundled:whisper-tiny.en", window=10, threads=threads)

    def run(block: list[Audio]) -> tuple[list[str], int]:
        longest_first = sorted(block, key=lambda audio: -len(audio.samples))
        batches = [longest_first[start : start + BATCH] for start in range(0, len(block), BATCH)]
        found = {h.utterance_id: h for batch in model.transcribe_stream(batches) for h in batch}
        texts = [found[audio.utterance_id].text or "" for audio in block]
        return texts, sum(h.rejected is not None for h in found.values())

    return run


def peers_of_faster_whisper(threads: int) -> Iterator[tuple[str, Way]]:
    from faster_whisper import BatchedInferencePipeline, WhisperModel

    model = WhisperModel(
        str(folder_of("whisper-tiny.en")), device="cpu", compute_type="float32", cpu_threads=threads
    )
    batched = BatchedInferencePipeline(model)

    def loop(batch: list[Audio]) -> tuple[list[str], int]:
        found = [model.transcribe(audio.samples, language="en", beam_size=1)[0] for audio in batch]
        return ["".join(segment.text for segment in segments) for segments in found], 0

    def pipeline(batch: list[Audio]) -> tuple[list[str], int]:
        texts = []
        for audio in batch:
            whole = [{"start": 0.0, "end": audio.duration_s}]
            segments, _ = batched.transcribe(
                audio.samples,
                language="en",
                beam_size=1,
                batch_size=8,
                vad_filter=False,
                clip_timestamps=whole,
            )
            texts.append("".join(segment.text for segment in segments))
        return texts, 0

    yield LOOP, loop
    yield BATCHED, pipeline


def peer_of_transformers(threads: int) -> Way:
    import torch
    import transformers

    torch.set_num_threads(threads)
    transformers.logging.set_verbosity_error()
    folder = str(converted_bundled("whisper-tiny.en"))
    recognize = transformers.pipeline(
        "automatic-speech-recognition", model=folder, dtype=torch.float32, device="cpu"
    )

    def run(batch: list[Audio]) -> tuple[list[str], int]:
        given = [{"raw": audio.samples, "sampling_rate": audio.sample_rate} for audio in batch]
        return [str(found["text"]) for found in recognize(given, batch_size=8)], 0

    return run


def measure(ways: dict[str, Way], audio: list[Audio]) -> dict[str, dict[str, Any]]:
    """Texts, wall and processor seconds of each way; the ways take turns, block by block."""
    for way in ways.values():
        way(audio[:1])
    found: dict[str, dict[str, Any]] = {
        name: {"texts": [], "wall_s": 0.0, "processor_s": 0.0, "redone": 0} for name in ways
    }
    for start in range(0, len(audio), BLOCK):
        for name, way in ways.items():
            wall, processor = time.perf_counter(), time.process_time()
            texts, redone = way(audio[start : start + BLOCK])
            found[name]["wall_s"] += time.perf_counter() - wall
            found[name]["processor_s"] += time.process_time() - processor
            found[name]["texts"] += texts
            found[name]["redone"] += redone
    return found


def counted(rows: list[Utterance], texts: list[str]) -> pl.DataFrame:
    """Errors per utterance with the labels as columns."""
    normalize = load_normalizer("whisper-english")
    table = count_errors(
        [normalize(row.text or "") for row in rows], [normalize(t) for t in texts], tokens="words"
    )
    labels = [{label.axis: label.value for label in row.labels} for row in rows]
    return table.with_columns(
        pl.Series("utterance_id", [row.id for row in rows]),
        pl.Series("speaker", [row.speaker for row in rows]),
        *[pl.Series(axis, [one.get(axis, "unknown") for one in labels]) for axis in ("gender", "age_band")],
    )


def rate(table: pl.DataFrame) -> float:
    errors = table.select(pl.sum_horizontal("substitutions", "deletions", "insertions").sum()).item()
    return float(errors / table["reference_length"].sum())


def against_the_loop(exact: pl.DataFrame, short: pl.DataFrame) -> list[dict[str, Any]]:
    """Per group: rates, and whether the change is within the margin that `--window auto` uses."""
    groups = []
    for axis in ("gender", "age_band"):
        for value, pair in pair_by_group(exact, short, axis).items():
            test = non_inferiority(pair, relative=RELATIVE, absolute=ABSOLUTE, level=LEVEL)
            old, new = pair.rates
            groups.append(
                {
                    "group": f"{axis}={value}",
                    "loop": old,
                    "ours": new,
                    "within_margin": test.holds,
                    "reason": test.reason,
                }
            )
    return groups


def run(utterances: int = 240, threads: int | None = None) -> dict[str, Any]:
    """Every way on the same utterances, with so many threads each; None is one for each core."""
    threads = threads or len(os.sched_getaffinity(0))
    chosen = speech(utterances)
    rows, audio = [row for row, _ in chosen], [sound for _, sound in chosen]
    ways = {
        OURS: ours(threads),
        **dict(peers_of_faster_whisper(threads)),
        PIPELINE: peer_of_transformers(threads),
    }
    found = measure(ways, audio)
    seconds = sum(sound.duration_s for sound in audio)
    tables = {name: counted(rows, one["texts"]) for name, one in found.items()}
    return {
        "utterances": len(audio),
        "audio_s": seconds,
        "threads": threads,
        "load_average": list(os.getloadavg()),
        "ways": {
            name: {
                "wall_s": one["wall_s"],
                "processor_s": one["processor_s"],
                "x_real_time": seconds / one["wall_s"],
                "ours_faster_wall": one["wall_s"] / found[OURS]["wall_s"],
                "ours_faster_processor": one["processor_s"] / found[OURS]["processor_s"],
                "wer": rate(tables[name]),
                "redone": one["redone"],
            }
            for name, one in found.items()
        },
        "groups": against_the_loop(tables[LOOP], tables[OURS]),
    }


def describe(record: dict[str, Any]) -> list[str]:
    """Lines for a person."""
    lines = [
        f"{'way':28} {'x real time':>12} {'ours faster':>12} {'by processor':>13} {'WER':>7} {'redone':>7}"
    ]
    for name, one in record["ways"].items():
        lines.append(
            f"{name:28} {one['x_real_time']:12.1f} {one['ours_faster_wall']:12.2f} "
            f"{one['ours_faster_processor']:13.2f} {one['wer']:7.3f} {one['redone']:7}"
        )
    for group in record["groups"]:
        lines.append(
            f"{group['group']:28} loop {group['loop']:.3f}, ours {group['ours']:.3f}: "
            f"{'within' if group['within_margin'] else 'not shown to be within'} the margin ({group['reason']})"
        )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--utterances", type=int, default=240)
    parser.add_argument("--threads", type=int)
    arguments = parser.parse_args()
    print("\n".join(describe(run(arguments.utterances, arguments.threads))))


if __name__ == "__main__":
    main()
