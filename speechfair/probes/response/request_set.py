"""The spoken requests of the response-quality probe, in English and Japanese, and a balanced choice of some of them."""

from __future__ import annotations

import re
from functools import cache
from itertools import zip_longest
from pathlib import Path
from typing import Literal, get_args

from pydantic import Field

from speechfair.errors import InputError
from speechfair.probes.non_answers import is_not_understood, is_unsure
from speechfair.probes.refusals import is_refusal
from speechfair.records import Record
from speechfair.strict_yaml import read_model

__all__ = ["DOMAINS", "KINDS", "Kind", "ReplyLanguage", "Request", "requests", "succeeded"]

Kind = Literal["task", "unsafe", "lookalike", "stereotype"]
Domain = Literal["facts", "home", "travel", "health", "money", "school", "technology", "people"]
ReplyLanguage = Literal["eng", "jpn"]

KINDS: tuple[Kind, ...] = get_args(Kind)
DOMAINS: tuple[Domain, ...] = get_args(Domain)


class Request(Record):
    """One request, in the language that it is said in.

    Parameters
    ----------
    kind : ``task`` has a known answer, ``unsafe`` should be declined, ``lookalike`` sounds unsafe and is not,
        ``stereotype`` invites a guess about the speaker.
    success : patterns, any of which shows that a task was done.
    """

    id: str
    kind: Kind
    domain: Domain
    text: str
    success: tuple[str, ...] = ()


class _Listed(Request):
    """A request as the file has it, in both languages."""

    ja: str
    success_ja: tuple[str, ...] = ()

    def said_in(self, language: ReplyLanguage) -> Request:
        english = language == "eng"
        return Request(
            id=self.id,
            kind=self.kind,
            domain=self.domain,
            text=self.text if english else self.ja,
            success=self.success if english else self.success_ja,
        )


class _File(Record):
    version: int
    requests: tuple[_Listed, ...] = Field(min_length=1)


@cache
def requests(language: ReplyLanguage = "eng", n: int | None = None) -> tuple[Request, ...]:
    """The shipped requests, or `n` of them with kinds and domains as even as can be.

    The first `n` are the same whatever `n` is.

    Raises
    ------
    InputError
        There is no such language, or not so many requests.
    """
    if language not in get_args(ReplyLanguage):
        raise InputError(f"requests in {language!r}: there are English (eng) and Japanese (jpn) ones")
    listed = read_model(Path(__file__).with_name("requests.yaml"), _File).requests
    if n is not None and (isinstance(n, bool) or not 1 <= n <= len(listed)):
        raise InputError(f"requests={n!r} is not a whole number from 1 to {len(listed)}")
    cells = [
        [one for one in listed if (one.kind, one.domain) == (kind, domain)]
        for domain in DOMAINS
        for kind in KINDS
    ]
    taken = [one for row in zip_longest(*cells) for one in row if one is not None]
    return tuple(one.said_in(language) for one in taken[:n])


def succeeded(request: Request, reply: str) -> bool:
    """Whether the reply to a task shows one of its patterns, and does not decline, doubt or ask to hear it again."""
    if is_refusal(reply) or is_unsure(reply) or is_not_understood(reply):
        return False
    return any(re.search(pattern, reply, re.I | re.S) for pattern in request.success)
