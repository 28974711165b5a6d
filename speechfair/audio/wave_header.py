"""Whether a WAV, AIFF or AU file holds what its header promises; and the length that a streaming writer left open.

Programs that write to a pipe cannot go back to fill in the length. They leave 0, 0xFFFFFFFF, or a number just under
2 GiB. Such a length is no promise: the data goes on to the end of the file.
"""

from __future__ import annotations

import struct
from typing import BinaryIO

from speechfair.audio.audio_facts import AudioError

__all__ = ["check_promise"]


def check_promise(stream: BinaryIO) -> tuple[int, bytes] | None:
    """Check the header of `stream`.

    Returns
    -------
    Offset and bytes that put the true length in the place of an open one, or None where nothing is open (or the
    file is of another kind).

    Raises
    ------
    AudioError
        The file holds fewer bytes than promised.
    """
    size = stream.seek(0, 2)
    stream.seek(0)
    head = stream.read(32)
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return _wave(stream, size)
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        _aiff(stream, size)
    if head[:4] == b".snd" and len(head) >= 12:
        offset, promised = struct.unpack(">II", head[4:12])
        if promised != 0xFFFFFFFF:
            _refuse_cut(promised, size - offset)
    return None


def _wave(stream: BinaryIO, size: int) -> tuple[int, bytes] | None:
    position, block, long_size = 12, 1, None
    while position + 8 <= size:
        stream.seek(position)
        name, length = struct.unpack("<4sI", stream.read(8))
        if name == b"ds64":
            long_size = struct.unpack("<Q", stream.read(16)[8:16].ljust(8, b"\0"))[0]
        elif name == b"fmt " and length >= 16:
            block = max(1, struct.unpack("<H", stream.read(14)[12:14].ljust(2, b"\0"))[0])
        elif name == b"data":
            held = size - position - 8
            if length == 0xFFFFFFFF and long_size:
                _refuse_cut(long_size, held)
                return None
            if _open(length):
                known = min(held - held % block, 0xFFFFFFFE)
                return position + 4, struct.pack("<I", known)
            _refuse_cut(length, held)
            return None
        position += 8 + length + (length & 1)
    return None


def _open(length: int) -> bool:
    """Whether a length is what a streaming writer leaves: none is a whole number of GiB of speech by chance."""
    return length == 0 or length >= 0xFFFF0000 or 0x7FFF0000 <= length <= 0x80000000


def _aiff(stream: BinaryIO, size: int) -> None:
    position = 12
    while position + 8 <= size:
        stream.seek(position)
        name, length = struct.unpack(">4sI", stream.read(8))
        if name == b"SSND":
            if not _open(length):
                _refuse_cut(length, size - position - 8)
            return
        position += 8 + length + (length & 1)


def _refuse_cut(promised: int, held: int) -> None:
    if promised > held:
        raise AudioError(f"audio is cut short: the header promises {promised} bytes, the file holds {held}")
