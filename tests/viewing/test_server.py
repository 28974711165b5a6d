"""The server answers only with its token, only what is there, and hides no fault."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

pytest.importorskip("starlette")
from starlette.testclient import TestClient

from speechfair.viewing.csv_export import safe_cell
from speechfair.viewing.opened_run import RunShelf
from speechfair.viewing.server import new_token, viewer_app
from tests.viewing.viewed_runs import Pair

TOKEN = "a-token"
BASE = "http://127.0.0.1"
AUDIO = f"/{TOKEN}/api/runs/before/utterances/6/audio.wav"


@pytest.fixture(scope="module")
def client(pair: Pair) -> Iterator[TestClient]:
    with TestClient(viewer_app(pair.shelf(), TOKEN), base_url=BASE) as found:
        yield found


def test_the_token_is_random_and_asked_for_everywhere(client: TestClient) -> None:
    assert new_token() != new_token()
    assert len(new_token()) >= 32
    paths = [
        "/",
        "/messages.js",
        "/static/main.js",
        "/api/runs",
        "/api/runs/before",
        "/api/runs/before/utterances.csv",
    ]
    for path in paths:
        assert client.get(f"/{TOKEN}{path}").status_code == 200, path
        for wrong in ("wrong", TOKEN[:-1], TOKEN + "x", "é"):
            answer = client.get(f"/{wrong}{path}")
            assert answer.status_code == 403, path
            assert "small" not in answer.text
    for path in ("/", "/api/runs", "/static/main.js"):
        assert client.get(path).status_code in (403, 404)


def test_another_host_name_is_refused(client: TestClient) -> None:
    for host in ("evil.example", "127.0.0.1.evil.example", "testserver"):
        assert client.get(f"/{TOKEN}/api/runs", headers={"host": host}).status_code == 400


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_nothing_can_be_written(client: TestClient, method: str) -> None:
    assert client.request(method, f"/{TOKEN}/api/runs").status_code == 405


@pytest.mark.parametrize(
    "name",
    [
        "..%2f..%2fserver.py",
        "%2e%2e/server.py",
        "messages.json",
        "%2fetc%2fpasswd",
        "main.js%00",
        "nothing.js",
    ],
)
def test_no_path_leads_out(client: TestClient, name: str) -> None:
    answer = client.get(f"/{TOKEN}/static/{name}")
    assert answer.status_code == 404
    assert "def " not in answer.text


@pytest.mark.parametrize("key", ["..", "%2e%2e", "nothing", "before%2f..%2fafter"])
def test_no_run_but_those_given(client: TestClient, key: str) -> None:
    assert client.get(f"/{TOKEN}/api/runs/{key}").status_code == 404


def test_figures_are_those_of_the_audit(client: TestClient, pair: Pair) -> None:
    audit = json.loads((pair.before / "audit.json").read_text("utf-8"))
    shown = client.get(f"/{TOKEN}/api/runs/before").json()
    assert shown["overall"] == audit["overall"]
    for group in audit["groups"]:
        asked = {"axis": group["axis"], "value": group["value"]}
        assert client.get(f"/{TOKEN}/api/runs/before/group", params=asked).json()["group"] == group


def test_pages_and_their_faults(client: TestClient) -> None:
    base = f"/{TOKEN}/api/runs/before/utterances"
    page = client.get(base, params={"kind": "errors", "limit": 3, "offset": 2}).json()
    assert len(page["rows"]) == 3
    assert page["of"] == 40
    for asked in (
        {"limit": "501"},
        {"limit": "-1"},
        {"offset": "x"},
        {"sort": "x"},
        {"against": "nobody"},
        {"odd": "1"},
    ):
        answer = client.get(base, params=asked)
        assert answer.status_code == 404
        assert answer.json()["error"]
    lost = client.get(
        f"/{TOKEN}/api/runs/after/utterances", params={"against": "before", "kind": "won"}
    ).json()
    assert lost["total"] == client.get(f"/{TOKEN}/api/compare/before/after").json()["won"]


def test_headers_forbid_everything_from_elsewhere(client: TestClient) -> None:
    for path in ("/", "/api/runs", "/static/main.js"):
        policy = client.get(f"/{TOKEN}{path}").headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
    page = client.get(f"/{TOKEN}/").text
    assert "style=" not in page
    assert "<script>" not in page


def test_audio_is_the_stretch_that_was_heard(client: TestClient, pair: Pair) -> None:
    whole = client.get(AUDIO)
    assert whole.headers["accept-ranges"] == "bytes"
    samples, rate = soundfile.read(io.BytesIO(whole.content))
    told, _ = soundfile.read(pair.corpus / "s01-2.wav")
    assert rate == 16_000
    assert abs(samples - told).max() < 1e-3
    wave = client.get(f"/{TOKEN}/api/runs/before/utterances/6/wave").json()
    assert wave["peaks"]
    assert max(wave["peaks"]) == pytest.approx(abs(told).max(), abs=1e-3)
    levels = client.get(f"/{TOKEN}/api/runs/before/levels", params={"axis": "accent", "value": "y"}).json()
    edges, group = levels["histogram"]["edges"], levels["histogram"]["group"]
    assert sum(group) == levels["n_group"]
    heard = 10 * np.log10(np.mean(np.square(told)))
    assert edges[0] <= heard <= edges[-1]


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("bytes=0-3", 0, 3), ("bytes=10-", 10, None), ("bytes=-5", -5, None), ("bytes=4-999999", 4, None)],
)
def test_ranges(client: TestClient, asked: str, first: int, last: int | None) -> None:
    whole = client.get(AUDIO).content
    answer = client.get(AUDIO, headers={"range": asked})
    assert answer.status_code == 206
    assert answer.content == whole[first : None if last is None else last + 1]
    start = first if first >= 0 else len(whole) + first
    assert answer.headers["content-range"] == f"bytes {start}-{start + len(answer.content) - 1}/{len(whole)}"


def test_a_range_beyond_the_end_is_refused(client: TestClient) -> None:
    n = len(client.get(AUDIO).content)
    for asked in (f"bytes={n}-", "bytes=9-3"):
        answer = client.get(AUDIO, headers={"range": asked})
        assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{n}")
    for unknown in ("items=0-3", "bytes=0-1,4-5", "bytes=x-y"):
        assert client.get(AUDIO, headers={"range": unknown}).status_code == 200


def test_audio_that_was_changed_or_leads_out_is_not_played(
    client: TestClient, pair: Pair, tmp_path: Path
) -> None:
    path = pair.corpus / "s00-1.wav"
    good, there = path.read_bytes(), f"/{TOKEN}/api/runs/before/utterances/1/audio.wav"
    try:
        path.write_bytes(good[:-2] + b"\x01\x02")
        answer = client.get(there)
        assert answer.status_code == 409
        assert "not what was transcribed" in answer.json()["error"]
        path.unlink()
        (tmp_path / "secret.wav").write_bytes(good)
        os.symlink(tmp_path / "secret.wav", path)
        answer = client.get(there)
        assert answer.status_code == 409
        assert "leads out" in answer.json()["error"]
    finally:
        path.unlink()
        path.write_bytes(good)
    assert client.get(there).status_code == 200


def test_the_csv_holds_every_match_and_no_formula(client: TestClient) -> None:
    base = f"/{TOKEN}/api/runs/before/utterances"
    answer = client.get(base + ".csv", params={"kind": "errors"})
    assert answer.headers["content-disposition"].startswith("attachment")
    found = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert len(found) == client.get(base, params={"kind": "errors"}).json()["total"]
    assert not [cell for row in found for cell in row.values() if cell.startswith(("=", "+", "@"))]
    assert any(row["accent"].startswith("'=cmd") for row in found)


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", "\rx", " =1"])
def test_what_a_spreadsheet_would_run_is_text(text: str) -> None:
    assert safe_cell(text) == "'" + text
    assert safe_cell(-1) == -1


def test_a_seal_that_breaks_while_it_is_shown_is_named(pair: Pair, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(pair.before, tmp_path / "copy"))
    with TestClient(viewer_app(RunShelf([copy]), TOKEN), base_url=BASE) as client:
        assert client.get(f"/{TOKEN}/api/runs/copy/utterances").status_code == 200
        (copy / "audit.json").write_text((copy / "audit.json").read_text("utf-8") + " ", "utf-8")
        for path in ("", "/utterances", "/utterances/0", "/utterances.csv"):
            answer = client.get(f"/{TOKEN}/api/runs/copy{path}")
            assert answer.status_code == 409
            assert "audit.json" in answer.json()["error"]


def test_the_command_serves_until_it_is_interrupted(pair: Pair) -> None:
    code = "import sys; from speechfair.cli.main import main; sys.argv[0] = 'speechfair'; main()"
    command = [sys.executable, "-c", code, "view", str(pair.before), "--no-browser", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = json.loads(process.stdout.readline())["address"]
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/[\w-]{32}/", address)
        with urllib.request.urlopen(address + "api/runs") as answer:
            assert json.load(answer)["runs"][0]["key"] == "before"
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (0, "")
