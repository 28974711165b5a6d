"""Time-stamps of an authority over ledger entries: what holds, and every way in which one does not."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from speechfair.cli.main import app
from speechfair.errors import InputError, MissingExtraError
from speechfair.process import authority_client
from speechfair.process.init import Start, freeze, init
from speechfair.process.ledger import Ledger
from speechfair.process.project_verify import verify_process
from speechfair.process.stamps import stamp, stamp_request
from speechfair.process.time_stamp_token import request_for, stamped_time
from tests.process.authority import Authority, authority, authority_chain

OURS, THEIRS = authority(), authority("Somebody else")


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stamps") / "process"
    start = {"name": "made", "aifl": 0, "languages": ["eng"], "language": "en", "facts": {}, "forms": {}}
    init(folder, Start.model_validate(start))
    freeze(folder)
    (folder.parent / "ours.pem").write_bytes(OURS.pem)
    (folder.parent / "theirs.pem").write_bytes(THEIRS.pem)
    return folder


@pytest.fixture
def process(begun: Path, tmp_path: Path) -> Path:
    shutil.copytree(begun.parent, tmp_path / "project")
    return tmp_path / "project" / "process"


def answered(
    process: Path,
    by: Authority = OURS,
    *,
    entry: int = -1,
    later: timedelta = timedelta(0),
    granted: bool = True,
) -> Path:
    """A file with the answer to a request for an entry."""
    over = Ledger(process).read().entries[entry]
    path = process.parent / "answer.tsr"
    path.write_bytes(by.answer(request_for(over), datetime.now(UTC) + later, granted=granted))
    return path


def stamped(process: Path, **changes: timedelta) -> Path:
    return stamp(process, token=answered(process, **changes), authority=process.parent / "ours.pem").path


def problems(process: Path, **options: Path) -> list[str]:
    return list(verify_process(process, recompute=False, **options).problems)  # type: ignore[arg-type]


def test_a_time_stamp_is_noted_and_holds(process: Path) -> None:
    before = problems(process)
    path = stamped(process)
    entry = Ledger(process).read().last("time_stamp")
    assert entry is not None
    assert process / entry.body["file"] == path
    found = verify_process(process, recompute=False)
    assert list(found.problems) == before
    assert f"time-stamps over entries 1 ({entry.body['time']})" in found.checked
    assert any("entries after 1 are not time-stamped" in note for note in found.notes)
    assert any("CN=A made authority" in note for note in found.notes)
    trusted = verify_process(process, recompute=False, authority=process.parent / "ours.pem")
    assert not any("made authority" in note for note in trusted.notes)
    assert any("entries after 1 are not time-stamped" in note for note in trusted.notes)
    # the second needs no certificate, and may be over an older entry
    assert stamp(process, token=answered(process, entry=0)).entry == 0
    assert problems(process) == before


def test_an_authority_is_given_and_no_time_stamp_is_there(process: Path) -> None:
    before = problems(process)
    (new,) = set(problems(process, authority=process.parent / "ours.pem")) - set(before)
    assert "holds no time-stamp" in new


def altered(process: Path) -> None:
    (path,) = (process / "stamps").glob("*.tsr")
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))


def exchanged(process: Path) -> None:
    """The token gives way to another genuine one of the same authority, over another entry."""
    (path,) = (process / "stamps").glob("*.tsr")
    path.write_bytes(answered(process, entry=-1).read_bytes())


def renamed_authority(process: Path) -> None:
    (path,) = (process / "stamps").glob("*.pem")
    path.write_bytes(THEIRS.pem)


def removed(process: Path) -> None:
    next((process / "stamps").glob("*.tsr")).unlink()


def foreign_file(process: Path) -> None:
    (process / "stamps" / "more.tsr").write_bytes(b"x")


def noted_by_hand(**changes: object) -> Callable[[Path], None]:
    """An entry that somebody with write access appends, with right digests of files."""

    def change(process: Path) -> None:
        last = Ledger(process).read().last("time_stamp")
        assert last is not None
        Ledger(process).append("time_stamp", {**last.body, **changes})

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (altered, "was changed"),
        (exchanged, "was changed"),
        (renamed_authority, "was changed"),
        (removed, "is missing"),
        (foreign_file, "stamps/more.tsr: is not in the ledger"),
        (noted_by_hand(entry=0), "names another digest"),
        (noted_by_hand(entry=99), "names no earlier entry"),
        (noted_by_hand(file="../plan.yaml"), "is missing"),
        (noted_by_hand(time="2020-01-01T00:00:00.000000Z"), "the token says"),
    ],
)
def test_what_was_changed_is_named(process: Path, change: Callable[[Path], None], words: str) -> None:
    stamped(process)
    before = problems(process)
    change(process)
    new = [line for line in problems(process) if line not in before]
    assert any(words in line for line in new), new


def test_a_stamp_of_another_authority_is_refused_and_found(process: Path) -> None:
    with pytest.raises(InputError, match=r"altered, or is not by the pinned authority"):
        stamp(process, token=answered(process, THEIRS), authority=process.parent / "ours.pem")
    stamp(process, token=answered(process, THEIRS), authority=process.parent / "theirs.pem")
    assert any(
        "not by the pinned authority" in line
        for line in problems(process, authority=process.parent / "ours.pem")
    )


def test_a_stamp_of_another_ledger_or_entry_is_refused(process: Path, begun: Path) -> None:
    answer = answered(process)
    Ledger(process).append("note", {"text": "later"})
    pem = process.parent / "ours.pem"
    with pytest.raises(InputError, match="is a time-stamp of something else"):
        stamp(process, token=answer, entry=2, authority=pem)
    other = process.parent / "other"
    Ledger(other).append("plan", {})
    with pytest.raises(InputError, match="digest of no entry of this ledger"):
        stamp(other, token=answer, authority=pem)
    with pytest.raises(InputError, match=r"is a refusal of the authority|is no response"):
        stamp(process, token=answered(process, granted=False), authority=pem)
    with pytest.raises(InputError, match="give its certificate with --authority"):
        stamp(process, token=answer)
    with pytest.raises(InputError, match="no certificate in PEM"):
        stamp(process, token=answer, authority=answer)


def test_a_clock_that_was_set_back_or_forward_is_found(process: Path) -> None:
    stamped(process, later=timedelta(hours=2))
    assert any("the clock was set back" in line for line in problems(process))
    stamped(process, later=-timedelta(hours=2))
    assert any("after it was time-stamped" in line for line in problems(process))


def test_no_damaged_answer_gets_through(process: Path) -> None:
    over = Ledger(process).read().entries[0]
    whole = OURS.answer(request_for(over))
    for place in range(0, len(whole), 7):
        cut = whole[:place]
        with pytest.raises(InputError):
            stamped_time(cut, over.digest, OURS.pem)
        turned = bytearray(whole)
        turned[place] ^= 0x10
        try:
            time = stamped_time(bytes(turned), over.digest, OURS.pem)
        except InputError:
            continue
        assert time == stamped_time(whole, over.digest, OURS.pem), "what is signed was not changed"


def test_an_answer_as_openssl_writes_it_holds_with_the_root_alone(process: Path) -> None:
    """Certificates in the order of the chain, which DER does not allow; and the token without its response."""
    root, below = authority_chain()
    over = Ledger(process).read().entries[0]
    for bare in (False, True):
        answer = below.answer(request_for(over), chain=[root], bare=bare)
        assert stamped_time(answer, over.digest, root.pem)
        assert stamped_time(answer, over.digest, below.pem + root.pem)
        with pytest.raises(InputError, match="pin the certificates above it"):
            stamped_time(answer, over.digest, below.pem)
        with pytest.raises(InputError, match="not by the pinned authority"):
            stamped_time(answer, over.digest, OURS.pem + root.pem)


def test_the_command_writes_a_request_and_adds_the_answer(process: Path) -> None:
    run, pem = CliRunner(), process.parent / "ours.pem"
    request = process.parent / "entry.tsq"
    done = run.invoke(app, ["process", "stamp", str(process), "--request", str(request)])
    assert done.exit_code == 0, done.output
    answer = process.parent / "a.tsr"
    answer.write_bytes(OURS.answer(request.read_bytes()))
    done = run.invoke(
        app, ["process", "stamp", str(process), "--token", str(answer), "--authority", str(pem)]
    )
    assert "existed at" in done.output
    assert stamp_request(process, request) == 2


def test_without_a_url_an_answer_or_the_package_the_error_says_what_to_do(
    process: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="URL or a file"):
        stamp(process)
    with pytest.raises(InputError, match="begins with https"):
        stamp(process, url="tsa.example", authority=process.parent / "ours.pem")
    with pytest.raises(InputError, match="no answer of a time-stamping authority"):
        authority_client.ask("http://127.0.0.1:9", b"")
    stamped(process)
    monkeypatch.setitem(sys.modules, "rfc3161_client", None)
    with pytest.raises(MissingExtraError, match=r"speechfair\[stamp\]"):
        verify_process(process, recompute=False)
