"""What brackets in the transcripts hold, and what an audit does with it: events are left out, speech is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

__all__ = ["bracket_findings"]

_SHOWN = 5
_MARKS: Mapping[str, tuple[str, str]] = {
    "double_round": ("((", "))"), "round": ("(", ")"), "square": ("[", "]"), "curly": ("{", "}"), "angle": ("<", ">"),
    "asterisk": ("*", "*"), "slash": ("/", "/"), "music": ("\u266a", ""),
}  # fmt: skip


def bracket_findings(
    brackets: Counter[tuple[str, str, bool]],
) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Kind, message and examples: one finding for events, one for speech in brackets.

    Parameters
    ----------
    brackets : as in `speechfair.curating.corpus_facts.Facts`.
    """
    for event in (True, False):
        found = Counter({key[:2]: n for key, n in brackets.items() if key[2] == event})
        if not found:
            continue
        shown = tuple(
            f"{_written(marker, inside)} \u00d7 {n}" for (marker, inside), n in found.most_common(_SHOWN)
        )
        markers = ", ".join(sorted({marker for marker, _ in found}))
        if event:
            words = "name an event and are left out of references and hypotheses alike"
            other = "speech"
        else:
            words = "hold words, which count as speech"
            other = "event"
        rule = f"{sorted(found)[0][0]}: {other}"
        yield (
            "event-brackets" if event else "speech-brackets",
            f"{found.total()} brackets in transcripts ({markers}) {words}; if that is wrong, say so in its card:\n"
            f"  annotations: {{{rule}}}",
            shown,
        )


def _written(marker: str, inside: str) -> str:
    begin, end = _MARKS.get(marker, ("", ""))
    return f"{begin}{inside[:40]}{end}"
