"""What a recogniser, most of all a speech-LLM, writes next to what was said: found by its wording, never taken out.

English, German, French, Spanish, Japanese and Chinese are known. Wordings that are not foreseen here are found only
where most hypotheses share them (`speechfair.text.stripping`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import polars as pl

__all__ = ["KINDS", "AddedKind", "AddedWording", "Wording", "added_wording"]

AddedKind = Literal["introduction", "prompt", "quoted", "markdown", "event", "inaudible"]


@dataclass(frozen=True, slots=True)
class Wording:
    """One kind of addition.

    Parameters
    ----------
    pattern : of the verbatim text, read by Rust's ``regex`` (polars); its first group, if any, is what was added.
    what : the verb and its object, after "hypotheses".
    effect : what an audit makes of it.
    """

    kind: AddedKind
    pattern: str
    what: str
    effect: str


_START = r"^[\s\"'“”„«‘*#>\-]*"
_TEXT = (
    r"(?:transcri(?:pt(?:ion|s)?|bed)|text|wording|content|transkript(?:ion)?|verschriftlichung|inhalt|"
    r"transcripci[oó]n|retranscription|texto|contenu|contenido)"
)
_HERE = (
    r"(?:here(?:'s|’s| is| are)|this is|below is|the following is|hier (?:ist|sind|kommt|folgt)|das ist|dies ist|"
    r"voici|aqu[ií] (?:est[aá]|tienes?|tiene))"
)
_SURE = (
    r"(?:sure|certainly|of course|okay|ok|absolutely|yes|gladly|gerne?|nat[uü]rlich|klar|selbstverst[aä]ndlich|"
    r"sicher|bien s[uû]r|d'accord|claro(?: que s[ií])?|por supuesto)"
)
_AUDIO = (
    r"(?:audio(?: ?clip| ?file|datei)?|recording|speech|speaker|person|man|woman|voice|clip|aufnahme|sprecher(?:in)?|"
    r"person|stimme|enregistrement|locuteur|personne|grabaci[oó]n|hablante)"
)
_SAYS = (
    r"(?:says?|said|is saying|reads|contains|states?|is|sagt|lautet|ist|enth[aä]lt|dit|est|dice|es)\b"
    r"(?: (?:that|dass|que|the following|folgendes))?"
)
_LATIN = (
    rf"{_START}(?:{_SURE}[!,.]* )?{_HERE} [^:.\n]{{0,40}}{_TEXT}[^:\n]{{0,60}}:",
    rf"{_START}(?:the |die |der |das |in der |l'|la |le |el )?(?:original )?(?:{_TEXT} (?:of|der|des|de|du) "
    rf"(?:the |this |die |la |el |l')?)?{_AUDIO} {_SAYS}\s*[:,\"“„«]",
    rf"{_START}{_TEXT}\s*:",
)
_JAPANESE = (
    r"^\s*(?:はい、?|承知(?:いた)?しました。?|もちろん(?:です)?[、。]?)*"
    r"(?:以下(?:は|が|に)|こちらが|これは)?[^。「\n]{0,20}(?:文字起こし|書き起こし|トランスクリプト)"
    r"[^。「\n]{0,12}[:：。「]",
    r"^\s*(?:この)?(?:音声|録音)(?:の内容|データ|ファイル)?(?:は|では)[^。「\n]{0,12}[「『:：]",
)
_CHINESE = (
    r"^\s*(?:好的|当然(?:可以)?|當然|没问题)?[,，。!！:：]?\s*(?:以下|下面|这|這|这里|這裡)(?:是|为|為)"
    r"[^。\n]{0,20}(?:转录|轉錄|转写|轉寫|听写|聽寫|文字稿|文本|内容|內容|逐字稿)[^。:：\n]{0,8}[:：]",
    r"^\s*(?:这段|這段|该|該)?(?:音频|音頻|录音|錄音|语音|語音)(?:中|里|裡)?(?:的)?(?:内容|內容|文字|原文)?"
    r"(?:是|为|為|说|說|讲|講)(?:的是|道)?\s*[:：“「]",
)
_PROMPTS = (
    rf"{_START}(?:please )?(?:transcribe|write down|convert) (?:the|this|following|what)\b[^.:\n]{{0,80}}[.:]?",
    rf"{_START}(?:bitte )?(?:transkribier(?:e|en sie)|schreib(?:e|en sie))[^.:\n]{{0,60}}"
    r"(?:audio|aufnahme|sprache)[^.:\n]{0,40}[.:]?",
    r"^\s*(?:次|以下|この)の?(?:音声|録音)を[^。\n]{0,30}(?:してください|起こして)[^。\n]{0,10}。?",
    r"^\s*请?請?(?:将|將|把)?[^。\n]{0,12}(?:转录|轉錄|转写|轉寫|听写|聽寫)(?:成|为|為|下面|以下|这段|這段|该)"
    r"[^。\n]{0,20}[:：。]",
    r"^\s*<\|?[a-z_]+\|?>",
    r"^\s*(?:assistant|user|system)\s*:",
)
_LOST = (
    r"inaudible|unintelligible|indistinct|unclear|unverst[aä]ndlich|unh[oö]rbar|inintelligible|ininteligible|"
    r"聞き取れ(?:ない|ません)|聴取不能|不明瞭|听不清|聽不清|无法辨认|無法辨識"
)


_AROUND = ' \t\n"“”„«「『*#>'


def _any(patterns: tuple[str, ...]) -> str:
    return "(?i)(?:" + "|".join(patterns) + ")"


KINDS: tuple[Wording, ...] = (
    Wording(
        "introduction",
        f"(?i)({'|'.join((*_LATIN, *_JAPANESE, *_CHINESE))})",
        "begin like an assistant's answer",
        "its words count as insertions",
    ),
    Wording(
        "prompt",
        f"(?i)({'|'.join(_PROMPTS)})",
        "begin with a prompt or a role",
        "its words count as insertions",
    ),
    Wording(
        "quoted",
        r"""^\s*(?:"[^"]+"|“[^“”]+”|„[^„“”]+[“”]|«[^«»]+»|「[^「」]+」|『[^『』]+』|'[^']+')\s*$""",
        "are in quotation marks as a whole",
        "normalisers other than verbatim take the marks out",
    ),
    Wording(
        "markdown",
        r"(?m)^\s*```|\*\*[^*\n]+\*\*|^\s*#{1,6} \S|^\s*[-*] \S",
        "hold Markdown",
        "normalisers other than verbatim take the signs out",
    ),
    Wording(
        "inaudible",
        rf"(?i)([\[(（【<](?:[^\])）】>\n]{{0,20}})(?:{_LOST})(?:[^\])）】>\n]{{0,20}})[\])）】>])",
        "say that something could not be understood",
        "the mark is an event, which is left out; the words that it stands for are deletions",
    ),
    Wording(
        "event",
        r"(?i)([\[(（【][^\])）】\n]{0,20}(?:laugh|music|applause|noise|silence|cough|sigh|blank_audio|gelächter|musik|"
        r"applaus|rires|musique|risas|música|拍手|音楽|笑|掌声|掌聲|音乐|音樂)[^\])）】\n]{0,20}[\])）】])",
        "hold bracketed events",
        "known events are left out of references and hypotheses alike",
    ),
)
"""In the order in which they are named."""


@dataclass(frozen=True, slots=True)
class AddedWording:
    """Hypotheses with one kind of addition that their references do not have.

    Parameters
    ----------
    rows : their rows, in order.
    n_in : hypotheses that are there.
    commonest : what was added, with its colon or comma, in the wording that came most often; empty where the kind names
        none.
    """

    wording: Wording
    rows: tuple[int, ...]
    n_in: int
    commonest: str


def added_wording(hypotheses: pl.Series, references: pl.Series | None = None) -> Iterator[AddedWording]:
    """What hypotheses hold that nobody said, by kind; kinds that do not occur are left out.

    Parameters
    ----------
    hypotheses, references : verbatim, row by row; null where there is none. A row whose reference is worded so itself
        is not counted: people dictate, and corpora transcribe laughter.

    >>> import polars as pl
    >>> heard = pl.Series(["Sure! Here is the transcription: yes", "no", '"maybe"'])
    >>> [(each.wording.kind, each.rows, each.commonest) for each in added_wording(heard)]
    [('introduction', (0,), 'Sure! Here is the transcription:'), ('quoted', (2,), '')]
    """
    n_in = len(hypotheses) - hypotheses.null_count()
    for wording in KINDS:
        found = hypotheses.str.contains(wording.pattern).fill_null(False)
        if not found.any():
            continue
        if references is not None:
            found &= ~references.str.contains(wording.pattern).fill_null(False)
        rows = found.arg_true()
        if not len(rows):
            continue
        yield AddedWording(wording, tuple(rows.to_list()), n_in, _commonest(hypotheses.gather(rows), wording))


def _commonest(texts: pl.Series, wording: Wording) -> str:
    if wording.kind in ("quoted", "markdown"):
        return ""
    # A colon or comma stays: without it, leaving the wording out would take spoken words ("Text me later").
    found = (
        texts.str.extract(wording.pattern, 1)
        .str.strip_chars_start(f"{_AROUND},:：")
        .str.strip_chars_end(_AROUND)
    )
    counts = found.value_counts(sort=True)
    top = counts.filter(counts["count"] == counts["count"].max())[texts.name]
    return str(min(top.drop_nulls().to_list(), default=""))
