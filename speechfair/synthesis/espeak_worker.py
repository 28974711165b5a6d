"""One task for espeak-ng, done in a process of its own. A script: it imports the standard library alone.

espeak-ng keeps state from one utterance to the next (pitch flutter, noise generator, filter memory), and not even
``espeak_Terminate`` clears it, so what it says depends on what it said before. A process that says one thing and
ends does not have a before. `speechfair.synthesis.espeak` runs this file; nothing imports it.

Reads one JSON object from standard input: ``library``, ``data``, ``voice`` and either ``text`` (answered with JSON:
a list of clauses of separated phoneme mnemonics, or of IPA where ``ipa`` is true) or ``phonemes`` with ``rate``,
``pitch``, ``pitch_range``, ``word_gap`` and ``seed`` (answered with 16-bit little-endian mono samples).
``{"library", "data"}`` alone is answered with version and sample rate.
"""

from __future__ import annotations

import array
import ctypes
import json
import sys
from typing import Any

SYNCHRONOUS_RETRIEVAL = 2
DO_NOT_EXIT = 0x8000
"""Without this flag the library ends the process silently where its data is missing."""
UTF8 = 1
PHONEME_INPUT = 0x100
IPA = 2
RATE, PITCH, PITCH_RANGE, WORD_GAP = 1, 3, 4, 7
SEPARATOR = "|"


def main() -> int:
    """Do the task that standard input describes; 0 where it was done."""
    task = json.loads(sys.stdin.buffer.read())
    library = ctypes.CDLL(task["library"])
    library.espeak_Initialize.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_char_p, ctypes.c_int]
    rate = library.espeak_Initialize(SYNCHRONOUS_RETRIEVAL, 0, task["data"].encode(), DO_NOT_EXIT)
    if rate <= 0:
        sys.stderr.write(f"espeak-ng could not be initialised with the data in {task['data']}")
        return 1
    if "voice" not in task:
        library.espeak_Info.restype = ctypes.c_char_p
        answer = {"version": library.espeak_Info(None).decode(), "sample_rate": rate}
        sys.stdout.buffer.write(json.dumps(answer).encode())
        return 0
    # Asking for phonemes without a voice crashes the process, so a voice that fails ends it here.
    if library.espeak_SetVoiceByName(task["voice"].encode()) != 0:
        sys.stderr.write(f"espeak-ng has no voice {task['voice']!r}")
        return 1
    if "text" in task:
        sys.stdout.buffer.write(
            json.dumps(_clauses(library, task["text"], IPA if task.get("ipa") else 0)).encode()
        )
    else:
        sys.stdout.buffer.write(_samples(library, task))
    return 0


def _clauses(library: Any, text: str, notation: int) -> list[str]:
    """The phonemes of each clause of `text`."""
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    buffer = ctypes.create_string_buffer(text.encode())  # must outlive the pointer that walks it
    pointer = ctypes.c_void_p(ctypes.addressof(buffer))
    clauses = []
    while pointer.value:
        found = library.espeak_TextToPhonemes(ctypes.byref(pointer), UTF8, ord(SEPARATOR) << 8 | notation)
        clauses.append((found or b"").decode())
    return [clause for clause in clauses if clause.strip()]


def _samples(library: Any, task: dict[str, Any]) -> bytes:
    """The sound of ``task["phonemes"]``."""
    sound = bytearray()
    callback_type = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)

    def collect(wave: int | None, count: int, _events: int | None) -> int:
        if wave and count > 0:
            sound.extend(ctypes.string_at(wave, 2 * count))
        return 0

    callback = callback_type(collect)  # must outlive the synthesis
    library.espeak_SetSynthCallback(callback)
    library.espeak_SetParameter(RATE, task["rate"], 0)
    library.espeak_SetParameter(PITCH, task["pitch"], 0)
    library.espeak_SetParameter(PITCH_RANGE, task["pitch_range"], 0)
    library.espeak_SetParameter(WORD_GAP, task["word_gap"], 0)
    library.espeak_ng_SetRandSeed(ctypes.c_long(task["seed"]))  # else the clock seeds the noise
    data = task["phonemes"].encode() + b"\0"
    library.espeak_Synth(data, ctypes.c_size_t(len(data)), 0, 1, 0, UTF8 | PHONEME_INPUT, None, None)
    library.espeak_Synchronize()
    if sys.byteorder == "big":
        samples = array.array("h", bytes(sound))
        samples.byteswap()
        return samples.tobytes()
    return bytes(sound)


if __name__ == "__main__":
    sys.exit(main())
