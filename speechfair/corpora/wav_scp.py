"""What an entry of Kaldi's ``wav.scp`` means: a file, or a known command that takes one channel of a file.

No command is run. Only those are understood that give the file's own samples, or one channel of them, such as
``sox call.wav -t wav - remix 2 |`` and ``sph2pipe -f wav -p -c 1 call.sph |``.
"""

from __future__ import annotations

import shlex

__all__ = ["recording_of"]

_SOX_ARGUMENTS = {"-t": None, "-b": None, "-e": None, "-c": "1"}


def recording_of(entry: str) -> tuple[str, int | None] | str:
    """Path and channel (from 0; None is all) of an entry, or why there is none.

    >>> recording_of("sox a.wav -t wav - remix 2 |"), recording_of("a.wav")
    (('a.wav', 1), ('a.wav', None))
    >>> recording_of("sox a.wav -t wav - speed 1.1 |")
    'wav.scp holds a command that is not run: sox a.wav -t wav - speed 1.1 |'
    """
    if not entry or entry.startswith("|"):
        return "wav.scp gives no path of a file"
    if not entry.endswith("|"):
        return entry, None
    try:
        words = shlex.split(entry[:-1])
    except ValueError:
        words = []
    read = {"sox": _sox, "sph2pipe": _sph2pipe, "flac": _plain, "cat": _plain}.get(words[0] if words else "")
    found = read(words[1:]) if read else None
    return found or f"wav.scp holds a command that is not run: {entry:.120}"


def _sox(words: list[str]) -> tuple[str, int | None] | None:
    files, rest = _sox_files(words)
    if len(files) != 2 or files[1] != "-":
        return None
    if not rest:
        return files[0], None
    number = rest[1] if len(rest) == 2 and rest[0] == "remix" else ""
    return (files[0], int(number) - 1) if number.isdigit() and int(number) else None


def _sox_files(words: list[str]) -> tuple[list[str], list[str]]:
    """Input and output, and the effects; an option that changes the sound (``-r``, ``-v``) gives no files."""
    files: list[str] = []
    words = list(words)
    while words and len(files) < 2:
        word = words.pop(0)
        if not word.startswith("-") or word == "-":
            files.append(word)
        elif word in _SOX_ARGUMENTS and words:
            needed = _SOX_ARGUMENTS[word]
            if needed is not None and words[0] != needed:
                return [], []
            words.pop(0)
        elif word not in ("-q", "-V0", "-V1", "--no-show-progress"):
            return [], []
    return files, words


def _sph2pipe(words: list[str]) -> tuple[str, int | None] | None:
    channel: int | None = None
    paths = []
    words = list(words)
    while words:
        word = words.pop(0)
        if word == "-c" and words and words[0].isdigit() and int(words[0]):
            channel = int(words.pop(0)) - 1
        elif word == "-f" and words:
            words.pop(0)
        elif word.startswith("-") and word != "-p":
            return None
        elif word != "-p":
            paths.append(word)
    return (paths[0], channel) if len(paths) == 1 else None


def _plain(words: list[str]) -> tuple[str, int | None] | None:
    """``cat FILE`` and ``flac -c -d -s FILE``."""
    paths = [word for word in words if not word.startswith("-")]
    flags = {letter for word in words if word.startswith("-") for letter in word[1:]}
    return (paths[0], None) if len(paths) == 1 and flags <= set("cds") else None
