"""How fast the viewer shows its first table and filters, on made runs of 100,000 and 1,000,000 utterances.

A small audited run is repeated under new ids and speakers, so the tables are as large as asked for while ``audit.json``
stays that of the small run. Measured are the size of the report, the server (time of the first table and of filters,
memory of its process), the browser on top of it, and a bundle of 100,000 utterances opened from files. Times of the
browser are taken in the page, from the change of its address until the new rows are there. Run it with
``python -m benchmarks.viewer``; the browser is Chromium, and its part is left out where there is none.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path

import polars as pl

import speechfair
from speechfair.running.run_record import read_record, reseal, scores_name
from speechfair.store import MANIFEST, RunFolder

SENTENCE = "the of and to in a is that for it as was with be by on not he his but at are this have from or"
WORDS = SENTENCE.split()
SMALL = 10_000
GROUPS = 50
QUERIES: dict[str, dict[str, str]] = {
    "first table": {},
    "filter: kind": {"kind": "deletions"},
    "filter: group": {"axis.accent": "accent07"},
    "filter: speaker": {"speaker": "s00123-0"},
    "search": {"q": "not he his"},
    "sort: length": {"sort": "reference_length"},
    "page 200": {"offset": "10000"},
}


TABLE_IS_THERE = """([hash, go]) => new Promise((done) => {
  const from = go ? performance.now() : 0;  // 0 is when the page began to load
  if (go) location.hash = hash;
  const rows = `main[aria-busy=false] .page[data-at=${JSON.stringify(hash)}] tbody tr`;
  const look = () =>
    document.querySelector(rows) ? done((performance.now() - from) / 1000) : requestAnimationFrame(look);
  look();
})"""


def imported(folder: Path, n: int) -> Path:
    """The audited run of a made table of `n` utterances, of 50 groups and 20 utterances a speaker."""
    rng, rows = random.Random(0), ["id,text,vendor_text,speaker,accent,gender"]
    for i in range(n):
        words = [rng.choice(WORDS) for _ in range(rng.randint(4, 16))]
        heard = [rng.choice(WORDS) if rng.random() < 0.1 else w for w in words if rng.random() > 0.04]
        speaker = i // 20
        labels = f"s{speaker:05d},accent{speaker % GROUPS:02d},{('female', 'male')[speaker // GROUPS % 2]}"
        rows.append(f"u{i:06d},{' '.join(words)},{' '.join(heard)},{labels}")
    table = folder.with_suffix(".csv")
    table.write_text("\n".join(rows), "utf-8")
    made = speechfair.import_transcripts(
        table, {"vendor": "vendor_text"}, ["accent", "gender"], out=folder, speaker="speaker", id="id",
        language="eng",
    )  # fmt: skip
    return made.folders["vendor"]


def make_run(folder: Path, n: int) -> Path:
    """A run folder with `n` utterances, a multiple of 10,000, of 50 groups; one that is there is taken."""
    if (folder / f"run-{n}").exists():
        return folder / f"run-{n}"
    small = folder / "small"
    if not small.exists():
        shutil.copytree(imported(folder / "imported", SMALL), small)
    large = folder / f"run-{n}"
    shutil.copytree(small, large)
    run = RunFolder(large)
    record = read_record(run)
    times = n // SMALL
    model, _ = record.recipe.settled()
    (part,) = run.parts(model.key)
    names = {
        MANIFEST: "id",
        scores_name(record.recipe): "utterance_id",
        part.relative_to(large).as_posix(): "utterance_id",
    }
    for name, key in names.items():
        table = pl.read_parquet(large / name)
        copies = []
        for k in range(times):
            renamed = [pl.format("{}-{}", pl.col(key), pl.lit(k)).alias(key)]
            if "speaker" in table.columns:
                renamed.append(pl.format("{}-{}", pl.col("speaker"), pl.lit(k)).alias("speaker"))
            copies.append(table.with_columns(renamed))
        run.write_table(name, pl.concat(copies))
    audit = json.loads((large / "audit.json").read_text("utf-8"))
    for what in ("substitutions", "deletions", "insertions", "reference_length"):
        audit["overall"][what] *= times  # the viewer checks the sums of the utterances against these
    run.write_file("audit.json", json.dumps(audit).encode())
    reseal(run, record)
    return large


def serve(run: Path) -> tuple[subprocess.Popen[str], str, float]:
    """A server in a process of its own, its address, and how long it took to be ready."""
    code = (
        "import sys; from speechfair.cli.main import main; sys.argv = ['speechfair', *sys.argv[1:]]; main()"
    )
    started = time.perf_counter()
    command = [sys.executable, "-c", code, "view", str(run), "--no-browser", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    address = json.loads(process.stdout.readline())["address"]
    return process, address, time.perf_counter() - started


def memory(process: subprocess.Popen[str]) -> float:
    """The largest resident memory of a process so far, in MB (Linux)."""
    status = Path(f"/proc/{process.pid}/status").read_text("ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024


def asked(address: str, key: str, query: dict[str, str]) -> float:
    """Seconds of one question to the server."""
    started = time.perf_counter()
    with urllib.request.urlopen(
        f"{address}api/runs/{key}/utterances?{urllib.parse.urlencode(query)}"
    ) as answer:
        content = json.load(answer)
    assert content["rows"], query
    return time.perf_counter() - started


def in_browser(base: str, key: str) -> dict[str, float]:
    """Seconds from the address to a table on the screen, each asked once; {} where there is no Chromium."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        return {}
    from playwright.sync_api import sync_playwright

    table = f"#/run/{key}/utterances"
    found = {}
    with sync_playwright() as play:
        page = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"]).new_page()
        page.set_default_timeout(120_000)
        page.goto(base + table, wait_until="commit")
        found["first table"] = float(page.evaluate(TABLE_IS_THERE, [table, False]))
        for name, query in QUERIES.items():
            if not query:
                continue
            asked_page = {
                ("page" if k == "offset" else k): ("201" if k == "offset" else v) for k, v in query.items()
            }
            hash_ = f"{table}?{urllib.parse.urlencode(asked_page)}"
            found[name] = float(page.evaluate(TABLE_IS_THERE, [hash_, True]))
    return found


def bundled(folder: Path) -> dict[str, float]:
    """A bundle of 100,000 utterances: how long it takes to write, how large it is, and how it opens from files."""
    run = make_run(folder, 100_000)
    shutil.rmtree(folder / "bundle", ignore_errors=True)
    started = time.perf_counter()
    page = speechfair.view(run, bundle=folder / "bundle")
    written = time.perf_counter() - started
    size = sum(path.stat().st_size for path in (folder / "bundle").rglob("*") if path.is_file()) / 1e6
    browser = {f"browser, {what}": s for what, s in in_browser(Path(page).as_uri(), run.name).items()}
    return {"written": written, "size, MB": size, **browser}


def served(run: Path) -> dict[str, float]:
    """A run through the server: seconds until it is ready and of every question, and its memory.

    The browser comes first, so that its first table is the first question that the server gets.
    """
    process, address, ready = serve(run)
    try:
        found = {"ready": ready}
        found.update({f"browser, {what}": s for what, s in in_browser(address, run.name).items()})
        found.update({what: asked(address, run.name, query) for what, query in QUERIES.items()})
        return {**found, "memory, MB": memory(process)}
    finally:
        process.terminate()
        process.wait()


def reported(folder: Path) -> dict[str, float]:
    """The page of an audit of 100,000 utterances, 50 groups: how long it takes to write, and how large it is."""
    run = imported(folder / "audited", 100_000)
    started = time.perf_counter()
    page = speechfair.report(run)
    return {"written": time.perf_counter() - started, "size, MB": page.stat().st_size / 1e6}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--no-report", action="store_true")
    parser.add_argument("--no-bundle", action="store_true")
    parser.add_argument("--folder", type=Path, help="where the runs are made and kept")
    chosen = parser.parse_args()
    results = {}
    with tempfile.TemporaryDirectory() as name:
        folder = chosen.folder or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        for n in chosen.sizes:
            run = make_run(folder, n)
            results[f"served, {n:,} utterances"] = served(run)
        if not chosen.no_report:
            results["report, 100,000 utterances"] = reported(folder)
        if not chosen.no_bundle:
            results["bundle, 100,000 utterances"] = bundled(folder)
    for title, lines in results.items():
        print(title)
        for what, value in lines.items():
            print(f"  {what:28} {value:9.2f}" + ("" if what.endswith("MB") else " s"))


if __name__ == "__main__":
    main()
