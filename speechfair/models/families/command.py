"""Any program as a recogniser: ``cmd:my-asr --fast {audio}`` runs once per utterance and prints the text.

No shell is involved: the words are split as a shell would split them, and ``{audio}`` becomes the path of a
16-bit WAV file that is there while the command runs. With ``{list}`` instead, the command runs once per batch, gets a
file with one WAV path per line, and prints one line per path in the same order. Standard output is the text;
an exit code other than 0, a timeout or output that is not UTF-8 is a failed row with the end of standard error.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from speechfair.errors import InputError, ModelError
from speechfair.models.arguments import positive_number, whole_number
from speechfair.models.batching import Heard, by_length, one_by_one
from speechfair.models.weights import sha256_of
from speechfair.types import Audio, Hypothesis, ModelIdentity

__all__ = ["Command", "load"]

TAIL = 500


def load(
    which: str | None,
    *,
    sample_rate: int = 16_000,
    timeout_s: float = 120.0,
    jobs: int = 1,
    version: str = "",
    name: str | None = None,
) -> Command:
    """Make a recogniser of a command.

    Parameters
    ----------
    which : the command, with ``{audio}`` or ``{list}`` in one of its words.
    sample_rate : Hz of the WAV files it gets.
    timeout_s : seconds after which a run is ended; for ``{list}`` this much per utterance.
    jobs : runs at the same time; not for ``{list}``. Not part of the identity.
    version : anything that tells this state of the program from another. Part of the identity, as are the command
        and the content of every file among its words; what the program reads by itself is not seen.
    name : what the model is called in results; default ``cmd:WHICH``.

    Raises
    ------
    InputError
        There is no placeholder, or an option's value is not usable.
    ModelError
        The program is not found.
    """
    try:
        words = shlex.split(which or "")
    except ValueError as error:
        raise InputError(f"cmd:{which}: cannot be split into words ({error}); check the quotes") from None
    holders = [holder for holder in ("{audio}", "{list}") if any(holder in word for word in words)]
    if len(holders) != 1:
        raise InputError(
            f"cmd:{which or ''}: needs {{audio}} (one run per utterance) or {{list}} (one run per batch) in one of "
            "its words, such as cmd:'my-asr {audio}'"
        )
    program = shutil.which(words[0])
    if program is None:
        raise ModelError(f"cmd:{which}: there is no program {words[0]!r} on the PATH that may be run")
    return Command(
        [program, *words[1:]],
        words,
        whole_number("sample_rate", sample_rate, 1000),
        positive_number("timeout_s", timeout_s),
        whole_number("jobs", jobs),
        str(version),
        name or f"cmd:{which}",
    )


class Command:
    """A `Recognizer` over a program. Made by `load`.

    Parameters
    ----------
    words : the command as it is run, its first word a path.
    given : the command as the user gave it; names it in the identity.
    """

    def __init__(
        self,
        words: Sequence[str],
        given: Sequence[str],
        sample_rate: int,
        timeout_s: float,
        jobs: int,
        version: str,
        name: str,
    ) -> None:
        self._words = list(words)
        self._sample_rate, self._timeout_s, self._jobs = sample_rate, timeout_s, jobs
        self._listed = any("{list}" in word for word in words)
        digest = hashlib.sha256()
        for word, path in zip(given, words, strict=True):
            content = sha256_of(Path(path)) if Path(path).is_file() else ""
            digest.update(f"{word}\0{content}\n".encode())
        options = {"command": shlex.join(given), "sample_rate": sample_rate, "version": version}
        self._identity = ModelIdentity(name, "cmd", digest.hexdigest(), options, {})

    @property
    def identity(self) -> ModelIdentity:
        """The command, the files among its words, and the version the user gave."""
        return self._identity

    @property
    def sample_rate(self) -> int:
        """Hz of the WAV files that the command gets."""
        return self._sample_rate

    def transcribe(self, batch: Sequence[Audio]) -> list[Hypothesis]:
        """One hypothesis per audio, in order. Whatever goes wrong with one becomes its `error`."""
        key = self.identity.key
        if self._listed:
            return by_length(batch, self._sample_rate, key, max(1, len(batch)), self._run_on_list)
        with ThreadPoolExecutor(self._jobs) as pool:
            done = pool.map(lambda audio: one_by_one([audio], self._sample_rate, key, self._run_on), batch)
            return [hypothesis for found in done for hypothesis in found]

    def _run_on(self, audio: Audio) -> str:
        with tempfile.TemporaryDirectory(prefix="speechfair-cmd-") as folder:
            path = _write_wav(audio, Path(folder), 0)
            return self._run({"{audio}": str(path)}, self._timeout_s).strip()

    def _run_on_list(self, batch: list[Audio]) -> list[Heard]:
        with tempfile.TemporaryDirectory(prefix="speechfair-cmd-") as folder:
            paths = [_write_wav(audio, Path(folder), number) for number, audio in enumerate(batch)]
            listing = Path(folder) / "list.txt"
            listing.write_text("".join(f"{path}\n" for path in paths), encoding="utf-8")
            lines = self._run({"{list}": str(listing)}, self._timeout_s * len(batch)).splitlines()
        if len(lines) != len(batch):
            raise CommandError(
                f"printed {len(lines)} lines for {len(batch)} utterances; one line each is needed"
            )
        return [Heard(line.strip()) for line in lines]

    def _run(self, values: dict[str, str], timeout_s: float) -> str:
        """Standard output of one run; `CommandError` where it fails."""
        words = self._words
        for holder, value in values.items():
            words = [word.replace(holder, value) for word in words]
        with subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        ) as process:
            started = time.monotonic()
            try:
                out, err = process.communicate(timeout=timeout_s)
            except BaseException as error:
                # its children too: they hold the pipes
                os.killpg(process.pid, signal.SIGKILL)
                _, err = process.communicate()
                if isinstance(error, subprocess.TimeoutExpired):
                    spent = time.monotonic() - started
                    raise CommandError(
                        f"was ended after {spent:.0f} s (timeout_s={self._timeout_s:g}){_tail(err)}"
                    ) from None
                raise
        if process.returncode:
            code = process.returncode
            how = f"signal {-code} ended it" if code < 0 else f"exit code {code}"
            raise CommandError(f"{how}{_tail(err)}")
        try:
            return out.decode("utf-8")
        except UnicodeDecodeError as error:
            raise CommandError(f"printed bytes that are not UTF-8 (at byte {error.start})") from None


class CommandError(Exception):
    """A run of the command gave no text."""


def _write_wav(audio: Audio, folder: Path, number: int) -> Path:
    import soundfile

    path = folder / f"{number:06d}.wav"
    soundfile.write(path, audio.samples, audio.sample_rate, subtype="PCM_16")
    return path


def _tail(err: bytes) -> str:
    text = " ".join(err.decode("utf-8", errors="replace").split())
    return f"; standard error ends: {text[-TAIL:]}" if text else "; standard error is empty"
