"""A datasheet for a corpus: a Croissant description, and a data statement begun from what was counted.

Only what the card says and what was counted is filled in; the rest of the data statement (Bender and Friedman, "Data
Statements for Natural Language Processing", TACL 2018) is left to people, marked TO FILL. Rows and audio are described
where the licence allows passing them on.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from speechfair.corpora.card import Card
from speechfair.corpora.croissant_record import CONTEXT, CORE, NOT_PUBLISHED, PARQUET, RAI, check_croissant
from speechfair.corpora.licence import allows, clause_of, require_use
from speechfair.curating.corpus_check import CorpusCheck, Group, check_corpus
from speechfair.curating.corpus_listing import Listing, write_listing
from speechfair.errors import InputError
from speechfair.result_table import Column, Table, markdown
from speechfair.store import whole_folder, write_atomically
from speechfair.types import Corpus

__all__ = ["TO_FILL", "Datasheet", "write_datasheet"]

TO_FILL = "TO FILL"
_CARRY = {
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".opus": "audio/opus",
}
_KINDS = {
    "id": "sc:Text", "audio": "sc:Text", "audio_sha256": "sc:Text", "start_s": "sc:Float", "end_s": "sc:Float",
    "duration_s": "sc:Float", "sample_rate": "sc:Integer", "text": "sc:Text", "language": "sc:Text",
    "speaker": "sc:Text", "audio_error": "sc:Text", "excluded": "sc:Text",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Datasheet:
    """What was written.

    Parameters
    ----------
    validated : whether mlcroissant is installed and read the description.
    n_to_fill : questions of the data statement that wait for an answer.
    """

    folder: str
    files: tuple[str, ...]
    rows_described: bool
    validated: bool
    n_to_fill: int

    def to_dict(self) -> dict[str, Any]:
        """JSON-serialisable content."""
        return asdict(self)


def write_datasheet(
    corpus: Corpus,
    out: str | Path,
    *,
    rows: bool | None = None,
    describe_audio: bool = False,
    permission: str | None = None,
    audio: bool = True,
    threads: int = 2,
    url: str | None = None,
) -> Datasheet:
    """Write ``croissant.json``, ``data-statement.md`` and, where it may be, ``manifest.parquet`` into a new folder.

    Parameters
    ----------
    rows : whether the rows (texts, speakers, labels) go with it; None is where the licence allows redistribution.
    describe_audio : whether the audio files under the corpus's root are described as part of what is published.
    permission : the holder's permission to redistribute, in words; it is quoted in the description.
    audio : whether to decode the audio, for hours, levels and digests.
    url : where the corpus can be had; without it the description says that it is not published.

    Raises
    ------
    InputError
        Rows or audio are asked for that the licence does not allow to redistribute; the folder is not empty; the
        description is refused by mlcroissant.
    """
    card = corpus.card
    if not isinstance(card, Card):
        raise InputError(
            f"the card of {corpus.name!r} is no full card, so there is nothing to describe it from"
        )
    folder = Path(out)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder} is there already and not empty; choose another --out")
    if rows or describe_audio or permission is not None:
        instead = "without --rows and --with-audio the datasheet holds counts only"
        require_use(card, "redistribution", permission=permission, instead=instead)
    may = allows(card, "redistribution") or permission is not None
    check = check_corpus(corpus, audio=audio, threads=threads)
    listing = None
    with whole_folder(folder) as place:
        if rows or (rows is None and may):
            listing = write_listing(corpus, place / "manifest.parquet", audio=audio, threads=threads)
        content = _croissant(card, check, listing, permission, url or NOT_PUBLISHED)
        if describe_audio:
            content["distribution"] += _audio(corpus)
        validated = check_croissant(content, "croissant.json")
        statement = _statement(card, check)
        texts = {
            "croissant.json": json.dumps(content, indent=2, ensure_ascii=False) + "\n",
            "data-statement.md": statement,
        }
        for name, text in texts.items():
            write_atomically(place / name, text.encode("utf-8", errors="replace"))
    files = (*texts, *(("manifest.parquet",) if listing else ()))
    return Datasheet(str(folder), files, listing is not None, validated, statement.count(TO_FILL))


def _croissant(
    card: Card, check: CorpusCheck, listing: Listing | None, permission: str | None, url: str
) -> dict[str, Any]:
    missing = "" if listing else " Its rows are not part of this description."
    if not listing and not allows(card, "redistribution"):
        missing += " The licence does not allow passing them on."
    held = f" Rows are passed on with permission: {permission}" if permission else ""
    content: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": [CORE, RAI],
        "name": card.name,
        "description": f"{card.title}. {_amount(check)}.{missing}{held}",
        "version": _version(card.version),
        "url": url,
        "license": [clause_of(card)],
        "citeAs": card.citation,
        "inLanguage": card.languages,
        "rai:dataCollection": f"{card.access}; layout: {card.layout}",
        "rai:dataUseCases": [f"allowed: {', '.join(card.licence.uses)}"],
        "rai:dataAnnotationProtocol": "; ".join(_sources(card)) or "no labels",
        "rai:personalSensitiveInformation": [f"labels of speakers: {', '.join(card.axes) or 'none'}"],
        "rai:dataBiases": [*_counts(check), *(each.sentence for each in check.confounds)]
        or ["no labels to count by"],
        "rai:dataLimitations": [*card.traps, *(finding.message for finding in check.findings)]
        or ["none found"],
        "distribution": [],
    }
    if listing is not None:
        content["distribution"] = [
            {
                "@type": "cr:FileObject",
                "@id": "manifest.parquet",
                "name": "manifest.parquet",
                "description": "one row per utterance, with exclusions and their reasons",
                "contentUrl": "manifest.parquet",
                "encodingFormat": PARQUET,
                "sha256": listing.sha256,
            }
        ]
        content["recordSet"] = [
            {
                "@type": "cr:RecordSet",
                "@id": "utterances",
                "name": "utterances",
                "key": {"@id": "utterances/id"},
                "field": [_field(name, kind) for name, kind in _KINDS.items()],
            }
        ]
    return content


def _field(name: str, kind: str) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"utterances/{name}",
        "name": name,
        "dataType": kind,
        "source": {"fileObject": {"@id": "manifest.parquet"}, "extract": {"column": name}},
    }


def _audio(corpus: Corpus) -> list[dict[str, Any]]:
    if corpus.root is None:
        raise InputError(
            f"the audio of {corpus.name!r} lies under no folder, so it cannot be described as files"
        )
    found = sorted({path.suffix for path in corpus.root.rglob("*") if path.suffix.lower() in _CARRY})
    if not found:
        raise InputError(f"there is no audio file under {corpus.root} that could be described")
    return [
        {
            "@type": "cr:FileSet",
            "@id": f"audio-{ending.lstrip('.')}",
            "name": f"audio-{ending.lstrip('.')}",
            "description": f"audio files ending in {ending}, as the column audio of the manifest names them",
            "encodingFormat": _CARRY[ending.lower()],
            "includes": f"**/*{ending}",
        }
        for ending in found
    ]


def _version(text: str) -> str:
    """The card's version in the three numbers that Croissant recommends."""
    numbers = re.findall(r"\d+", text)[:3]
    return ".".join([*numbers, "0", "0", "0"][:3])


def _amount(check: CorpusCheck) -> str:
    usable = sum(part["usable"] for part in check.parts.values())
    hours = f", {check.hours:.2f} hours" if check.hours is not None else ""
    return f"{usable} utterances of {check.n_speakers} speakers{hours}"


def _sources(card: Card) -> Iterable[str]:
    words = {
        "self_reported": "reported by the speaker", "corpus": "assigned by the corpus's makers",
        "annotator": "judged by annotators", "inferred": "inferred",
    }  # fmt: skip
    for axis, about in card.axes.items():
        yield f"{axis}: {words[about.source]}{f' ({about.note})' if about.note else ''}"


def _by_axis(check: CorpusCheck) -> Mapping[str, list[Group]]:
    found: dict[str, list[Group]] = {}
    for group in check.groups:
        if "+" not in group.axis:
            found.setdefault(group.axis, []).append(group)
    return found


def _counts(check: CorpusCheck) -> Iterable[str]:
    for axis, groups in _by_axis(check).items():
        told = ", ".join(f"{g.value} {g.n_speakers} ({g.n_utterances})" for g in groups)
        yield f"speakers (utterances) by {axis}: {told}"


def _statement(card: Card, check: CorpusCheck) -> str:
    """The data statement: what is known is filled in, what is not is asked for."""
    lines = [f"# Data statement: {markdown(card.title)}", ""]
    for title, known, ask in (*_about_people(card, check), *_about_speech(card, check)):
        lines.extend([f"## {title}", "", *(line for each in known if each for line in (each, ""))])
        if ask:
            lines.extend([f"> **{TO_FILL}:** {ask}", ""])
    return "\n".join(lines)


_Section = tuple[str, Iterable[str], str]
_VARIETY = ("first_language", "accent", "variety", "region")


def _about_people(card: Card, check: CorpusCheck) -> Iterable[_Section]:
    yield (
        "Header",
        [
            f"Name: {card.name}, version {card.version}. {_amount(check)}.",
            f"Citation: {markdown(card.citation)}",
            f"Licence: {markdown(clause_of(card))}. Allowed uses: {', '.join(card.licence.uses)}.",
        ],
        "who writes this statement, and when",
    )
    yield (
        "A. Curation rationale",
        [],
        "why these recordings were made and chosen, and for what they are used here",
    )
    languages = f"Languages (ISO 639-3): {', '.join(card.languages)}."
    ask = "varieties in words, and what is not in them"
    yield "B. Language variety", [languages, *_tables(check, _VARIETY)], ask
    others = [axis for axis in _by_axis(check) if axis not in _VARIETY]
    without = [f"Without a label on {markdown(axis)}: {n} rows." for axis, n in check.unlabelled.items() if n]
    ask = "how speakers were found and paid, and who is missing"
    yield "C. Speaker demographics", [*_tables(check, others), *without], ask
    sources = "\n".join(f"- {markdown(line)}" for line in _sources(card))
    ask = "who transcribed and labelled, their languages and training"
    yield "D. Annotator demographics", ["Labels:", sources], ask


def _about_speech(card: Card, check: CorpusCheck) -> Iterable[_Section]:
    yield "E. Speech situation", [], "read or free speech, place, time, device, who was spoken to"
    groups = next(iter(_by_axis(check).values()), [])
    lengths = {
        "words": sum(group.n_words for group in groups),
        "characters of languages written without spaces": sum(group.n_characters for group in groups),
    }
    told = " and ".join(f"{n} {unit}" for unit, n in lengths.items() if n)
    yield "F. Text characteristics", [f"{told} in all." if told else ""], "genre and topics"
    yield "G. Recording quality", _quality(check), "room, microphone and what was done to the audio"
    traps = "\n".join(f"- {markdown(trap)}" for trap in card.traps)
    yield "H. Other", ["Known traps:", traps] if traps else [], ""
    found = "\n".join(f"- {finding.level}: {markdown(finding.message)}" for finding in check.findings)
    yield "I. What a check found", [found or "nothing"], ""
    yield (
        "J. Provenance",
        [f"Access: {markdown(card.access)}."],
        "from where this copy was had, and what was changed",
    )


def _tables(check: CorpusCheck, axes: Iterable[str]) -> Iterable[str]:
    by_axis = _by_axis(check)
    for axis in axes:
        if axis not in by_axis:
            continue
        columns = (
            Column("group", axis),
            Column("n_speakers", "speakers", "count"),
            Column("n_utterances", "utterances", "count"),
            Column("hours", "hours", "number"),
        )
        rows = tuple(
            (g.value, g.n_speakers, g.n_utterances, None if g.hours is None else f"{g.hours:.2f}")
            for g in by_axis[axis]
        )
        yield Table("", columns, rows).to_markdown().rstrip()


def _quality(check: CorpusCheck) -> Iterable[str]:
    rates = sorted({rate for group in check.groups for rate in group.sample_rates})
    if rates:
        yield f"Sample rates: {', '.join(map(str, rates))} Hz. Hours of readable audio: {check.hours:.2f}."
