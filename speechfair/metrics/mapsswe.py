"""The matched-pairs sentence-segment word error test (MAPSSWE) of two recognisers, as NIST's sclite computes it.

For comparability with the literature. Segments count as independent, so speakers who differ make it too sure of
itself: conclusions belong to `paired`, whose unit is the speaker.

Sources: Gillick & Cox, "Some statistical issues in the comparison of speech recognition algorithms", ICASSP 1989;
Pallett, Fisher & Fiscus, "Tools for the analysis of benchmark speech recognition tests", ICASSP 1990.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from speechfair.errors import InputError

__all__ = ["Mapsswe", "align", "mapsswe", "segments"]

_SUBSTITUTION, _GAP = 4, 3


@dataclass(frozen=True, slots=True)
class Mapsswe:
    """Result of the test.

    Parameters
    ----------
    n_utterances : utterances compared.
    n_segments : stretches in which at least one of the two makes an error.
    errors_a, errors_b : errors within the segments, which are all errors.
    mean, sd : of errors_a - errors_b per segment; sd with n - 1.
    z : mean / (sd / sqrt(n_segments)).
    p_value : two-tailed, from the normal distribution.
    p_value_sclite : the same as sclite reports it, whose table has steps of 0.01 in z and takes the lower one.
    reason : why z and the p-values are None.
    """

    n_utterances: int
    n_segments: int
    errors_a: int
    errors_b: int
    mean: float | None
    sd: float | None
    z: float | None
    p_value: float | None
    p_value_sclite: float | None
    reason: str | None = None


def mapsswe(
    references: Sequence[str], hypotheses_a: Sequence[str], hypotheses_b: Sequence[str], *, boundary: int = 2
) -> Mapsswe:
    """Do the two recognisers differ in errors per segment?

    Parameters
    ----------
    references, hypotheses_a, hypotheses_b : normalised texts, words between white space, one for one.
    boundary : words that both must have right to end a segment; NIST's default is 2.

    Returns
    -------
    Mapsswe
        z is None without two segments, or where the difference is the same in every segment and not 0 (sclite
        prints 0 there).

    Raises
    ------
    InputError
        If the texts are not equally many, or `boundary` is not positive.
    """
    if not len(references) == len(hypotheses_a) == len(hypotheses_b):
        counts = len(references), len(hypotheses_a), len(hypotheses_b)
        raise InputError(
            f"references, hypotheses_a and hypotheses_b hold {counts} texts: give one per utterance"
        )
    if boundary < 1:
        raise InputError(f"boundary is {boundary}; it must be at least 1")
    found: list[tuple[int, int]] = []
    for reference, one, other in zip(references, hypotheses_a, hypotheses_b, strict=True):
        words = reference.split()
        found += segments(align(words, one.split()), align(words, other.split()), boundary)
    return _test(found, len(references))


def align(reference: Sequence[str], hypothesis: Sequence[str]) -> str:
    """Operations that turn the reference into the hypothesis: a string of C, S, D and I.

    Costs are sclite's: 4 for a substitution, 3 for a deletion or insertion. Of equally cheap alignments, the one
    that reading backwards takes correct or substituted first, then inserted, then deleted.

    >>> align("the cat sat".split(), "the cat sat down".split())
    'CCCI'
    """
    alike = 0
    while alike < min(len(reference), len(hypothesis)) and reference[-1 - alike] == hypothesis[-1 - alike]:
        alike += 1
    # Reading backwards, equal words at the end are always taken as correct.
    kept = len(reference) - alike, len(hypothesis) - alike
    said, heard = tuple(reference[: kept[0]]), tuple(hypothesis[: kept[1]])
    # With one error there is nothing to choose: every other way takes a deletion and an insertion.
    if len(said) == len(heard) and said[:-1] == heard[:-1]:
        return "C" * (len(said) - 1) + "S" * bool(said) + "C" * alike
    if said and said[:-1] == heard:
        return "C" * len(heard) + "D" + "C" * alike
    if heard and said == heard[:-1]:
        return "C" * len(said) + "I" + "C" * alike
    return _aligned(said, heard) + "C" * alike


def segments(one: str, other: str, boundary: int = 2) -> list[tuple[int, int]]:
    """Errors of either alignment in each segment of one utterance.

    Parameters
    ----------
    one, other : operations as by `align`, against the same reference.
    boundary : words that both must have right between segments.
    """
    return list(_segments(one, other, boundary))


@lru_cache(maxsize=65_536)  # most utterances have few errors, at few places
def _segments(one: str, other: str, boundary: int) -> tuple[tuple[int, int], ...]:
    found = []
    i = j = start_i = start_j = good = 0
    inside = False
    while i < len(one):
        while i < len(one) and one[i] == "I":
            i, inside, good = i + 1, True, 0
        while j < len(other) and other[j] == "I":
            j, inside, good = j + 1, True, 0
        both = i < len(one) and j < len(other) and one[i] == other[j] == "C"
        if not inside and both:
            start_i, start_j = i, j
        elif not both:
            inside, good = True, 0
        else:
            good += 1
            if good == boundary:
                found.append((_errors(one, start_i, i, boundary), _errors(other, start_j, j, boundary)))
                start_i, start_j, inside, good = i, j, False, 0
        i, j = min(i + 1, len(one)), min(j + 1, len(other))
    if inside or j < len(other):
        found.append(
            (_errors(one, start_i, len(one) - 1, boundary), _errors(other, start_j, len(other) - 1, boundary))
        )
    return tuple(pair for pair in found if any(pair))


@lru_cache(maxsize=4096)  # read sentences recur, and a run is compared with several others
def _aligned(reference: tuple[str, ...], hypothesis: tuple[str, ...]) -> str:
    if not reference or not hypothesis:
        return "D" * len(reference) + "I" * len(hypothesis)
    above = [_GAP * column for column in range(len(hypothesis) + 1)]
    moves = [["I"] * (len(hypothesis) + 1)]
    for row, word in enumerate(reference, 1):
        cost, taken = _GAP * row, ["D"]
        costs = [cost]
        for column, heard in enumerate(hypothesis, 1):
            same = word == heard
            through = above[column - 1] + (0 if same else _SUBSTITUTION)
            down, across = above[column] + _GAP, cost + _GAP
            if through <= down and through <= across:
                cost, move = through, "C" if same else "S"
            elif down < across:
                cost, move = down, "D"
            else:
                cost, move = across, "I"
            costs.append(cost)
            taken.append(move)
        above = costs
        moves.append(taken)
    return _trace(moves)


def _errors(operations: str, start: int, end: int, boundary: int) -> int:
    """Errors from the first of the correct words before the segment to its last word."""
    stretch = operations[max(0, start - (boundary - 1)) : end + 1]
    return len(stretch) - stretch.count("C")


def _trace(moves: Sequence[Sequence[str]]) -> str:
    row, column = len(moves) - 1, len(moves[0]) - 1
    backwards = []
    while row or column:
        move = moves[row][column]
        backwards.append(move)
        row -= move != "I"
        column -= move != "D"
    return "".join(reversed(backwards))


def _test(found: Sequence[tuple[int, int]], n_utterances: int) -> Mapsswe:
    count = len(found)
    errors = sum(pair[0] for pair in found), sum(pair[1] for pair in found)
    if not count:
        return Mapsswe(
            n_utterances, 0, 0, 0, None, None, None, None, None, "no errors: no segment to compare"
        )
    differences = [one - other for one, other in found]
    mean = math.fsum(differences) / count
    squares = math.fsum((value - mean) ** 2 for value in differences)
    if count < 2 or (not squares and mean):
        reason = "one segment only" if count < 2 else "the difference is the same in every segment"
        return Mapsswe(n_utterances, count, *errors, mean, None, None, None, None, f"{reason}: no z")
    sd = math.sqrt(squares / (count - 1))
    z = mean / (sd / math.sqrt(count)) if sd else 0.0
    in_table = min(math.floor(abs(z) * 100 + 1e-9) / 100, _LAST_IN_TABLE)
    return Mapsswe(n_utterances, count, *errors, mean, sd, z, _two_tailed(z), _two_tailed(in_table))


_LAST_IN_TABLE = 5.0


def _two_tailed(z: float) -> float:
    return math.erfc(abs(z) / math.sqrt(2))
