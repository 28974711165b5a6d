"""A program as a recogniser: what it gets, and how each way of failing shows."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from speechfair.errors import InputError, ModelError
from speechfair.models import load_model
from speechfair.types import Audio


def audio(name: str, seconds: float = 0.1, level: float = 0.25) -> Audio:
    return Audio(name, np.full(round(seconds * 16_000), level, np.float32), 16_000)


def script(folder: Path, body: str, holder: str = "{audio}", **options: Any) -> Any:
    path = folder / "my asr.py"
    path.write_text(f"import os, sys, time\n{body}\n")
    return load_model(f"cmd:'{sys.executable}' -IS '{path}' {holder}", **options)


def test_the_program_gets_a_wav_file_that_is_gone_afterwards(tmp_path: Path) -> None:
    body = (
        "import wave\nw = wave.open(sys.argv[1])\n"
        "print(w.getframerate(), w.getnchannels(), w.getsampwidth(), w.getnframes(), sys.argv[1])"
    )
    (found,) = script(tmp_path, body).transcribe([audio("a", 0.5)])
    rate, channels, width, frames, path = str(found.text).split()
    assert (rate, channels, width, frames) == ("16000", "1", "2", "8000")
    assert not Path(path).exists()


def test_samples_arrive_as_they_were(tmp_path: Path) -> None:
    body = "import wave\nw = wave.open(sys.argv[1])\nprint(w.readframes(1)[0] + 256 * w.readframes(1)[1])"
    (found,) = script(tmp_path, body).transcribe([audio("a", level=0.5)])
    assert found.text == str(0x4000)


def test_a_placeholder_may_be_part_of_a_word_and_no_shell_sees_it(tmp_path: Path) -> None:
    model = script(tmp_path, "print(sys.argv[1][:5], sys.argv[2:])", "'--in={audio}' '$HOME; echo' '*'")
    (found,) = model.transcribe([audio("a")])
    assert found.text == "--in= ['$HOME; echo', '*']"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            "sys.stderr.write('first\\nno such\\nmodel'); sys.exit(7)",
            "exit code 7; standard error ends: first no such model",
        ),
        ("sys.exit(1)", "exit code 1; standard error is empty"),
        ("os.kill(os.getpid(), 9)", "signal 9 ended it"),
        ("sys.stdout.buffer.write(b'ab\\xff')", "printed bytes that are not UTF-8 (at byte 2)"),
        ("sys.stderr.write('x' * 9999 + 'the end'); sys.exit(1)", "x" * 20 + "the end"),
    ],
)
def test_a_failure_is_a_row_with_its_reason(body: str, reason: str, tmp_path: Path) -> None:
    model = script(
        tmp_path, f"import wave\nif wave.open(sys.argv[1]).getnframes() == 1600:\n    {body}\nprint('fine')"
    )
    found = model.transcribe([audio("a", 0.2), audio("bad", 0.1), audio("c", 0.3)])
    assert [h.text for h in found] == ["fine", None, "fine"]
    assert reason in found[1].error
    assert len(found[1].error) < 700


def test_a_run_that_takes_too_long_is_ended_with_its_children(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    body = (
        f"if os.fork() == 0:\n    open({str(pid)!r}, 'w').write(str(os.getpid()))\n    time.sleep(600)\n"
        "sys.stderr.write('still loading'); sys.stderr.flush(); time.sleep(600)"
    )
    (found,) = script(tmp_path, body, timeout_s=1).transcribe([audio("a")])
    assert "was ended after" in str(found.error)
    assert "(timeout_s=1); standard error ends: still loading" in str(found.error)
    state = Path(f"/proc/{pid.read_text()}/stat")
    assert not state.exists() or state.read_text().split()[2] == "Z"


def test_nothing_printed_is_an_empty_text(tmp_path: Path) -> None:
    assert script(tmp_path, "pass").transcribe([audio("a")])[0].text == ""


def test_rows_keep_their_order_when_run_at_the_same_time(tmp_path: Path) -> None:
    body = "import wave\nprint(wave.open(sys.argv[1]).getnframes())"
    batch = [audio(f"u{n}", n / 100) for n in (9, 1, 5, 3, 7)]
    assert [h.text for h in script(tmp_path, body, jobs=4).transcribe(batch)] == [
        "1440",
        "160",
        "800",
        "480",
        "1120",
    ]


LISTED = "import wave\nfor path in open(sys.argv[1]).read().split('\\n')[:-1]:\n    n = wave.open(path).getnframes()\n"


def test_a_list_is_one_run_for_the_batch(tmp_path: Path) -> None:
    body = f"open({str(tmp_path / 'runs')!r}, 'a').write('.')\n{LISTED}    print(n)"
    found = script(tmp_path, body, "{list}").transcribe([audio("a", 0.3), audio("b", 0.1), audio("c", 0.2)])
    assert [h.text for h in found] == ["4800", "1600", "3200"]
    assert (tmp_path / "runs").read_text() == "."


def test_a_list_with_a_culprit_fails_only_that_row(tmp_path: Path) -> None:
    body = f"{LISTED}    if n == 1600: sys.exit('cannot')\n    print(n)"
    found = script(tmp_path, body, "{list}").transcribe([audio("a", 0.3), audio("b", 0.1), audio("c", 0.2)])
    assert [h.text for h in found] == ["4800", None, "3200"]
    assert "exit code 1; standard error ends: cannot" in found[1].error


def test_a_list_with_too_few_lines_is_not_guessed_at(tmp_path: Path) -> None:
    found = script(tmp_path, "print('only one')", "{list}").transcribe([audio("a"), audio("b", 0.2)])
    assert [h.text for h in found] == ["only one", "only one"], "two runs of one, after the pair was refused"
    (found,) = script(tmp_path, "print('one\\ntwo')", "{list}").transcribe([audio("a")])
    assert "printed 2 lines for 1 utterances" in str(found.error)


def test_the_identity_follows_the_command_its_files_and_the_version(tmp_path: Path) -> None:
    key = script(tmp_path, "print(1)").identity.key
    assert script(tmp_path, "print(1)", jobs=3, timeout_s=5).identity.key == key
    assert script(tmp_path, "print(2)").identity.key != key
    assert script(tmp_path, "print(1)", "--fast {audio}").identity.key != key
    assert script(tmp_path, "print(1)", version="b").identity.key != key


@pytest.mark.parametrize(
    ("spec", "error", "message"),
    [
        ("cmd", InputError, r"needs \{audio\}"),
        ("cmd:my-asr", InputError, r"cmd:my-asr: needs \{audio\}"),
        ("cmd:my-asr {audio} {list}", InputError, r"needs \{audio\} .* or \{list\}"),
        ("cmd:my-asr '{audio}", InputError, "cannot be split into words .No closing quotation"),
        ("cmd:no-such-program-here {audio}", ModelError, "no program 'no-such-program-here' on the PATH"),
        ("cmd:{audio}", ModelError, r"no program '\{audio\}'"),
    ],
)
def test_bad_commands(spec: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        load_model(spec)


def test_bad_options() -> None:
    with pytest.raises(InputError, match="timeout_s=-1 is not usable"):
        load_model(f"cmd:{sys.executable} {{audio}}", timeout_s=-1)
    with pytest.raises(InputError, match="jobs=0 is not usable"):
        load_model(f"cmd:{sys.executable} {{audio}}", jobs=0)


def test_the_users_environment_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "MY_ASR_MODEL", "large")
    assert script(tmp_path, "print(os.environ['MY_ASR_MODEL'])").transcribe([audio("a")])[0].text == "large"
