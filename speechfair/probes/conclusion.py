r"""What a reply says in the end: without thinking, markup, code fences and LaTeX."""

from __future__ import annotations

import re
import unicodedata

from speechfair.models.answer_kinds import CUT_OFF

__all__ = ["conclusion"]

_THOUGHT = re.compile(
    r"<(think|thinking|thought|reasoning|analysis|reflection)>.*?</\1>|◁think▷.*?◁/think▷|\[THINK\].*?\[/THINK\]",
    re.I | re.S,
)
_THOUGHT_ENDS = re.compile(
    r"^.*(?:</(?:think|thinking|thought|reasoning|analysis)>|◁/think▷|\[/THINK\])", re.I | re.S
)
_THOUGHT_BEGINS = re.compile(
    r"(?:<(?:think|thinking|thought|reasoning|analysis)>|◁think▷|\[THINK\]).*$", re.I | re.S
)
_CHANNEL = re.compile(r"^.*<\|channel\|>final(?:<\|message\|>)?", re.S)
_ANSWER_TAG = re.compile(r"<(answer|final|final_answer)>(.*?)</\1>", re.I | re.S)
_SYMBOLS = {
    "🅰": "(A)",
    "🅱": "(B)",
    **{chr(0x2460 + at): f"({letter})" for at, letter in enumerate("ABCDEFGH")},
}
"""Circled digits and squared letters: the place of an option, not a number that is said."""
_LATEX_WORD = re.compile(r"\\(?:text|textbf|textit|mathrm|mathbf|mathit|mathsf)\s*\{([^{}]*)\}")
_LATEX_EDGE = re.compile(r"\${1,2}|\\[()\[\]]")


def conclusion(reply: str) -> str | None:
    """A reply without its thinking and its markup; None if it ends inside a thought.

    >>> conclusion("<think>A? No, B.</think> **B**")
    'B'
    >>> conclusion("<think>Let me listen") is None
    True
    """
    reply = reply.rstrip().removesuffix(CUT_OFF)
    for symbol, letter in _SYMBOLS.items():
        reply = reply.replace(symbol, letter)
    text = unicodedata.normalize("NFKC", reply).replace("\u2019", "'").replace("\u2018", "'")
    text = _CHANNEL.sub("", text)
    text = _THOUGHT.sub(" ", text)
    text = _THOUGHT_ENDS.sub(" ", text)
    if _THOUGHT_BEGINS.search(text):
        before = _THOUGHT_BEGINS.sub("", text).strip()
        return before or None
    if tagged := _ANSWER_TAG.findall(text):
        text = tagged[-1][1]
    text = _LATEX_EDGE.sub(" ", _LATEX_WORD.sub(r"\1", text))
    text = re.sub(r"```\w*", " ", text)
    text = re.sub(r"(?<!\w)[*_`~]+|[*_`~]+(?!\w)|^\s*#+\s*|^\s*>\s*", "", text, flags=re.M)
    return text.strip()
