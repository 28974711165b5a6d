"""Count errors beside jiwer, werpy, torchmetrics, meeteval and a loop of rapidfuzz, at several error rates and lengths.

Every peer gets the same normalised texts and must give the same sum of errors, or its figure is withheld. One thread
each, in turns, the best of several. Run with `python -m benchmarks.counting_peers` (the extra `bench` installs the
peers). `evaluate` is not among them: its metric is fetched from a hub, and is jiwer.
"""

from __future__ import annotations

import os

os.environ.setdefault("POLARS_MAX_THREADS", "1")  # read when polars is first imported

from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from benchmarks.bulk_counting import pairs, sentences
from benchmarks.timing import best_seconds
from speechfair.metrics import count_errors
from speechfair.metrics.error_counts import Tokens

ROUNDS = 3
MOST_WORDS = 200
"""Words of a text that a peer in pure Python is given: its time grows with their square."""
Texts = tuple[list[str], list[str]]
Peer = Callable[[list[str], list[str]], int]


def worlds() -> Iterator[tuple[str, Tokens, Texts]]:
    """What is counted: its name, the unit, references and hypotheses."""
    texts = sentences()
    for rate in (0.02, 0.1, 0.2, 0.5, 0.9):
        yield f"sentences, {rate:.0%} errors", "words", pairs(texts, 10_000, rate)
    for words in (1_000, 10_000):
        for rate in (0.05, 0.3):
            yield f"transcripts of {words:,} words, {rate:.0%} errors", "words", _joined(texts, words, rate)
    yield "sentences, 10% errors", "characters", pairs(texts, 5_000, 0.1)
    yield "transcripts of 1,000 words, 10% errors", "characters", _joined(texts, 1_000, 0.1)


def _joined(texts: list[str], words: int, rate: float) -> Texts:
    """Four transcripts of about so many words each."""
    mean = sum(len(text.split()) for text in texts) / len(texts)
    count = round(words / mean)
    parts = [pairs(texts[place:] + texts[:place], count, rate) for place in range(4)]
    return [" ".join(one) for one, _ in parts], [" ".join(other) for _, other in parts]


def _ours(references: list[str], hypotheses: list[str], tokens: Tokens) -> int:
    return sum(count_errors(references, hypotheses, tokens=tokens).sum().row(0)[:3])


def peers(tokens: Tokens, long: bool) -> dict[str, tuple[str, Peer]]:
    """By name the package whose version counts, and what gives the number of errors."""
    if tokens == "characters":
        return {
            "jiwer": ("jiwer", _jiwer_characters),
            "rapidfuzz, distance alone": ("rapidfuzz", _rapidfuzz_characters),
        }
    found: dict[str, tuple[str, Peer]] = {
        "jiwer": ("jiwer", _jiwer),
        "rapidfuzz, distance alone": ("rapidfuzz", _rapidfuzz),
        "meeteval": ("meeteval", _meeteval),
    }
    if not long:
        found |= {"werpy": ("werpy", _werpy), "torchmetrics": ("torchmetrics", _torchmetrics)}
    return found


def _jiwer(references: list[str], hypotheses: list[str]) -> int:
    import jiwer

    found = jiwer.process_words(references, hypotheses)
    return int(found.substitutions + found.deletions + found.insertions)


def _jiwer_characters(references: list[str], hypotheses: list[str]) -> int:
    import jiwer

    found = jiwer.process_characters(
        [text.replace(" ", "") for text in references], [text.replace(" ", "") for text in hypotheses]
    )
    return int(found.substitutions + found.deletions + found.insertions)


def _rapidfuzz(references: list[str], hypotheses: list[str]) -> int:
    from rapidfuzz.distance import Levenshtein

    return sum(
        Levenshtein.distance(one.split(), other.split())
        for one, other in zip(references, hypotheses, strict=True)
    )


def _rapidfuzz_characters(references: list[str], hypotheses: list[str]) -> int:
    from rapidfuzz.distance import Levenshtein

    return sum(
        Levenshtein.distance(one.replace(" ", ""), other.replace(" ", ""))
        for one, other in zip(references, hypotheses, strict=True)
    )


def _werpy(references: list[str], hypotheses: list[str]) -> int:
    import werpy

    return int(werpy.summary(references, hypotheses)["ld"].sum())


def _torchmetrics(references: list[str], hypotheses: list[str]) -> int:
    import torch
    from torchmetrics.functional.text import word_error_rate

    torch.set_num_threads(1)
    words = sum(len(text.split()) for text in references)
    return round(float(word_error_rate(hypotheses, references)) * words)


def _meeteval(references: list[str], hypotheses: list[str]) -> int:
    import meeteval

    return sum(
        meeteval.wer.wer.siso.siso_word_error_rate(one, other).errors
        for one, other in zip(references, hypotheses, strict=True)
    )


def run() -> dict[str, Any]:
    """Seconds of ours and of every peer that is installed, by world; None where its sum of errors is another."""
    rows = []
    versions: dict[str, str | None] = {}
    for name, tokens, (references, hypotheses) in worlds():
        errors = _ours(references, hypotheses, tokens)
        row: dict[str, Any] = {"what": name, "unit": tokens, "texts": len(references), "errors": errors}
        ways: dict[str, Callable[[], int]] = {"speechfair": partial(_ours, references, hypotheses, tokens)}
        other: dict[str, int] = {}
        for peer, (package, count) in peers(
            tokens, max(len(text.split()) for text in references) > MOST_WORDS
        ).items():
            versions[peer] = _version(package)
            if versions[peer] is None:
                continue
            found = count(references, hypotheses)
            if abs(found - errors) > 1e-6 * errors:
                other[peer] = found
            else:
                ways[peer] = partial(count, references, hypotheses)
        seconds = {way: best_seconds(work, 1) for way, work in ways.items()}
        for _ in range(ROUNDS - 1):  # in turns, so that a busy moment of the machine falls on all
            seconds = {way: min(seconds[way], best_seconds(work, 1)) for way, work in ways.items()}
        rows.append(row | {"seconds": seconds, "another_count": other})
    return {"rows": rows, "versions": versions}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def describe(found: dict[str, Any]) -> list[str]:
    """A line a world: how many times the time of ours each peer takes."""
    lines = []
    for row in found["rows"]:
        ours = row["seconds"]["speechfair"]
        told = [f"{peer} {took / ours:.2f}" for peer, took in row["seconds"].items() if peer != "speechfair"]
        told += [f"{peer} counts {n:,}, not {row['errors']:,}" for peer, n in row["another_count"].items()]
        lines.append(f"{row['what']} ({row['unit']}): {', '.join(told)}")
    return lines


if __name__ == "__main__":
    print("\n".join(describe(run())))
