r"""Phrases that say which option is chosen: by a letter, by words, by a place; in English and Japanese.

How they make a choice is decided in `speechfair.probes.extraction`.
"""

from __future__ import annotations

import re

__all__ = ["CLAIMS", "NOUN", "OPEN", "PLACES", "PLACE_OF", "WORDED"]

_L = r"(?P<letter>[A-Ha-h])"
OPEN, _CLOSE = r"[\s(\[{（【「『<\"'“‘:：]*", r"(?=$|[\s)\]}）】」』>\"'”’.,;:!?。、：；！？]|[^\x00-\x7f])"
NOUN = r"(?:answer|option|choice|letter|response|selection)"
CLAIMS = (
    re.compile(
        rf"\b(?:final\s+|correct\s+|right\s+|best\s+|my\s+|most\s+likely\s+)*{NOUN}(?:\s+\w+){{0,4}}?\s*"
        rf"(?:is|was|would\s+be|should\s+be|must\s+be|=|-+>?|[→➜➡⇒]|:|：)+\s*(?:the\s+)?(?:{NOUN}\s*)?{OPEN}{_L}{_CLOSE}",
        re.I,
    ),
    re.compile(
        rf"\b(?:i|i'd|i'll|we)\s+(?:\w+\s+){{0,3}}?(?:choose|chose|pick|select|go\s+with|going\s+with|say|answer)\s+(?:with\s+)?"
        rf"(?:{NOUN}\s*)?{OPEN}{_L}{_CLOSE}",
        re.I,
    ),
    re.compile(
        rf"\b(?:{NOUN})\s+{OPEN}(?P<letter>[A-H]){_CLOSE}"
        r"(?=\s*(?:is|was|it|fits|matches|because|[,.!:]|$))",
        re.I,
    ),
    re.compile(
        r"(?:答え|答|正解|回答|解答|選択肢|正しいの)[】』」）]?\s*(?:は|が|:|：|→|=)?\s*(?:選択肢)?[\s(（「『【\"'“:：]*"
        r"(?P<letter>[A-H])(?![A-Za-z])"
    ),
    re.compile(
        r"(?<![A-Za-z])(?P<letter>[A-H])[)）」』】\"'”]*\s*"
        r"(?:です|である|が正解|が正しい|を選び|を選択|になり|だと思|と思|と考え|に該当|でしょう)"
    ),
)
WORDED = (
    re.compile(
        r"\b(?:final\s+|correct\s+|right\s+|best\s+|my\s+)*(?:answer|option|choice)\s*(?:here\s+|is|was|would\s+be|=|:|：)+\s*"
        r"(?P<said>[^\n.。!！?？]+)",
        re.I,
    ),
    re.compile(r"(?:答え|答|正解|回答|解答)\s*(?:は|:|：|→)\s*(?P<said>[^\n。!！?？]+)"),
    re.compile(
        r"(?:^|[、,。])(?P<said>[^、,。\n]+?)(?:にします|を選び|だと(?:思い|判断し|考え)|に決め|が(?:正解|正しい|当てはま))"
    ),
    re.compile(
        r"\b(?:go(?:ing)? with|i(?:'d|'ll)? (?:choose|pick|select)|settle on)\s+(?P<said>[^\n.;!?]+)", re.I
    ),
)
PLACES = (
    re.compile(r"\b(?P<place>first|second|third|fourth|last)\s+(?:one|option|choice|alternative)\b", re.I),
    re.compile(r"\b(?:option|choice)\s+(?:number\s+|no\.?\s*|#)?(?P<place>[1-8])\b", re.I),
    re.compile(r"(?P<place>[1-4一二三四])(?:番目|つ目)"),
    re.compile(r"(?P<place>最後)の(?:選択肢|もの|答え|一つ)"),
)
PLACE_OF = {
    **{str(place + 1): place for place in range(8)},
    **{
        word: place
        for words in (["first", "second", "third", "fourth"], "一二三四")
        for place, word in enumerate(words)
    },
    "last": -1,
    "最後": -1,
}
