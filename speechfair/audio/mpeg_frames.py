"""The frames of an MP3 (or MP2) file, walked through header by header: is its length known, and is it whole?

Without a Xing or Info header libsndfile guesses a length from the bit rate; it may be wrong by a factor of eight.
Source of the frame layout: ISO/IEC 11172-3 and 13818-3; of the Xing header: LAME's ``VbrTag.c``.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["MpegFrames", "frames_in", "is_mpeg"]

_BITS_V1 = {
    1: (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    2: (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
}
_BITS_V2 = {
    1: (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    3: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}


@dataclass(frozen=True, slots=True)
class MpegFrames:
    """What the walk found.

    Parameters
    ----------
    promised : frames that a Xing or Info header promises, or None where there is none.
    found : whole frames of sound.
    missing : bytes that the last frame lacks.
    sound : those frames alone, without tags and headers between them.
    """

    promised: int | None
    found: int
    missing: int
    sound: bytes


def is_mpeg(head: bytes) -> bool:
    """Whether a file that begins with these bytes may be MP3 or MP2."""
    return head[:3] == b"ID3" or _frame(head, 0) is not None


def frames_in(data: bytes) -> MpegFrames | None:
    """Walk through `data`; None where there is no frame, or one of free bit rate, whose length is not told."""
    position, found, missing = 0, 0, 0
    promised: int | None = None
    first = True
    sound = bytearray()
    while position < len(data):
        tag = _tag_length(data, position)
        if tag:
            position += tag
            continue
        frame = _frame(data, position)
        if frame is None:
            position = _next_frame(data, position + 1)
            continue
        length, side = frame
        if position + length > len(data):
            missing = position + length - len(data)
            break
        if data[position + side : position + side + 4] in (b"Xing", b"Info"):
            flags = int.from_bytes(data[position + side + 4 : position + side + 8], "big")
            if first and flags & 1:
                promised = int.from_bytes(data[position + side + 8 : position + side + 12], "big")
        else:
            found += 1
            sound += data[position : position + length]
        first = False
        position += length
    return MpegFrames(promised, found, missing, bytes(sound)) if found or missing else None


def _frame(data: bytes, at: int) -> tuple[int, int] | None:
    """Length of the frame that begins there, and where a Xing header would lie in it."""
    if at + 4 > len(data) or data[at] != 0xFF or data[at + 1] & 0xE0 != 0xE0:
        return None
    version, layer = data[at + 1] >> 3 & 3, 4 - (data[at + 1] >> 1 & 3)
    bits, rate = data[at + 2] >> 4, data[at + 2] >> 2 & 3
    if version == 1 or layer == 4 or bits in (0, 15) or rate == 3:
        return None
    hertz = _RATES[version][rate]
    kilobits = (_BITS_V1 if version == 3 else _BITS_V2)[layer][bits]
    padding = data[at + 2] >> 1 & 1
    if layer == 1:
        return (12_000 * kilobits // hertz + padding) * 4, 36
    half = layer == 3 and version != 3
    mono = data[at + 3] >> 6 == 3
    side = (21 if mono else 36) if version == 3 else (13 if mono else 21)
    return (72_000 if half else 144_000) * kilobits // hertz + padding, side


def _tag_length(data: bytes, at: int) -> int:
    """Length of an ID3 or APE tag that begins there, or 0."""
    if data[at : at + 3] == b"ID3" and at + 10 <= len(data):
        size = 0
        for byte in data[at + 6 : at + 10]:
            size = size << 7 | byte & 0x7F
        return 10 + size + (10 if data[at + 5] & 0x10 else 0)
    if data[at : at + 3] == b"TAG":
        return 128
    if data[at : at + 8] == b"APETAGEX" and at + 16 <= len(data):
        return 32 + int.from_bytes(data[at + 12 : at + 16], "little")
    return 0


def _next_frame(data: bytes, at: int) -> int:
    """The next place of two frames in a row, or of a tag; the end of `data` where there is none."""
    while at < len(data):
        mark = data.find(b"\xff", at)
        tag = min(
            (place for name in (b"ID3", b"APETAGEX") if (place := data.find(name, at, mark)) >= 0), default=-1
        )
        if tag >= 0:
            return tag
        if mark < 0:
            return len(data)
        frame = _frame(data, mark)
        if frame is not None:
            after = mark + frame[0]
            if after == len(data) or _frame(data, after) is not None or _tag_length(data, after):
                return mark
        at = mark + 1
    return len(data)
