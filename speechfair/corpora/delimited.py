"""Delimited text files as people save them: which encoding, which separator, which line end, and their lines.

What Excel, Numbers, pandas, R and old Macs write is recognised from the first bytes: a byte order mark, UTF-16
without one, a line ``sep=;``, and a separator other than the comma. UTF-8 is expected otherwise; a file in another
encoding is refused with the line and the command that converts it, because no byte tells which one it is.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from speechfair.corpora.layout import lines_of, readable
from speechfair.errors import CorpusError, InputError

__all__ = ["SEPARATORS", "TextForm", "form_of", "lines_in"]

SEPARATORS = (",", ";", "\t", "|")
"""Separators that are recognised; at equal counts the earlier one is taken."""

_HEAD = 64 * 1024
_LONGEST_LINE = 16 * 2**20
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8"),  # `lines_of` takes the mark away
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class TextForm:
    """How a delimited text file is written.

    Parameters
    ----------
    encoding : Python's name of it.
    separator : between cells.
    quoted : whether quotation marks enclose cells; a ``.tsv`` file has none.
    skipped : lines before the header: 1 where the first is Excel's ``sep=``.
    line_end : what ends a line, ``\\n`` (with or without ``\\r`` before it) or ``\\r``.
    """

    encoding: str = "utf-8"
    separator: str = ","
    quoted: bool = True
    skipped: int = 0
    line_end: str = "\n"


def form_of(path: Path, *, encoding: str | None = None) -> TextForm:
    """The form of a file, from its first 64 KiB.

    Parameters
    ----------
    encoding : Python's name of it where it is known; None is what a byte order mark says, else UTF-8.

    Raises
    ------
    CorpusError
        The file cannot be read.
    InputError
        There is no such encoding.
    """
    try:
        with readable(path).open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError as error:
        raise CorpusError(f"{path} cannot be read: {error.strerror or error}") from None
    encoding = _known(encoding) if encoding else _encoding(head)
    text = codecs.getincrementaldecoder(encoding)("replace").decode(head).lstrip("\ufeff")
    line_end = "\r" if "\r" in text and "\n" not in text else "\n"
    if path.suffix.lower() == ".tsv":
        return TextForm(encoding, "\t", quoted=False, line_end=line_end)
    lines = text.split(line_end)
    first = lines[0].strip().strip('"')
    if first[:4].lower() == "sep=" and len(first) in (4, 5):
        return TextForm(encoding, first[4:] or "\t", skipped=1, line_end=line_end)
    header = next((line for line in lines if line.strip()), "")
    return TextForm(encoding, _separator(header), line_end=line_end)


def lines_in(path: Path, form: TextForm) -> Iterator[str]:
    """Every line without its end, blank ones too; ``sep=`` is left out.

    Raises
    ------
    CorpusError
        A line is not of the encoding, or is longer than 16 MiB; the message has its number.
    """
    if form.encoding == "utf-8" and form.line_end == "\n":
        lines = _with_advice(path)
    else:
        lines = _decoded(path, form)
    for number, line in enumerate(lines):
        if number >= form.skipped:
            yield line


def _with_advice(path: Path) -> Iterator[str]:
    """As `lines_of`, with what to do about a file of Excel's usual other encoding."""
    try:
        for _, line in lines_of(path, blank=True):
            yield line
    except CorpusError as error:
        if "is not UTF-8" not in str(error):
            raise
        raise CorpusError(
            f"{error}. Excel and older Windows programs write Windows-1252 (like Latin-1): save as 'CSV UTF-8', run "
            f"`iconv -f WINDOWS-1252 -t UTF-8 {path.name} > new-{path.name}`, or give the encoding: --encoding "
            "cp1252 (import), --option encoding=cp1252 (audit, corpora check)"
        ) from None


def _decoded(path: Path, form: TextForm) -> Iterator[str]:
    try:
        with readable(path).open(encoding=form.encoding, newline=form.line_end) as stream:
            number = 0
            while line := stream.readline(_LONGEST_LINE + 1):
                number += 1
                if len(line) > _LONGEST_LINE:
                    raise CorpusError(
                        f"{path}, line {number} is longer than {_LONGEST_LINE // 2**20} Mi characters; it is no text, "
                        "or its line ends are missing"
                    )
                yield (line.removeprefix("\ufeff") if number == 1 else line).rstrip("\r\n")
    except UnicodeError as error:
        raise CorpusError(
            f"{path}, after line {number}: not {form.encoding.upper()} ({error}); save the file as UTF-8"
        ) from None


def _encoding(head: bytes) -> str:
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    even, odd = head[0:400:2].count(0), head[1:400:2].count(0)
    half = len(head[:400]) // 2
    # Latin letters in UTF-16 without a mark: every other byte is zero, and only those
    if half and max(even, odd) > 0.4 * half and min(even, odd) < 0.1 * half:
        return "utf-16-le" if odd > even else "utf-16-be"
    return "utf-8"


def _known(encoding: str) -> str:
    try:
        name = codecs.lookup(encoding).name
    except LookupError:
        raise InputError(
            f"there is no encoding {encoding!r}; give one such as utf-8, utf-16 or cp1252"
        ) from None
    return "utf-8" if name in ("utf-8-sig", "utf_8_sig") else name


def _separator(header: str) -> str:
    """The separator that makes the most columns of the header; quoted text does not count."""
    counts = {}
    for separator in SEPARATORS:
        try:
            counts[separator] = len(next(csv.reader([header.rstrip("\r")], delimiter=separator), []))
        except csv.Error:
            counts[separator] = 0
    return max(SEPARATORS, key=lambda separator: (counts[separator], -SEPARATORS.index(separator)))
