"""Write ``cases.json``: made-up texts, and what NIST's sclite and sc_stats say of them.

Needs the Debian package ``sctk`` (2.4.10 made the committed file); the test that reads the file needs nothing. sc_stats
prints three decimals, so a temporary copy of it is run whose formats ``%5.3f`` were overwritten by ``%.12f``, which
is as long; nothing else of it changes. Its p-values have another format and stay at three decimals.

    python tests/oracles/mapsswe/make.py
"""

from __future__ import annotations

import json
import random
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PROGRAMS = Path("/usr/lib/sctk/bin")
# sentences, distinct words (few: many alignments cost the same), shortest sentence, error rates of a and of b
SETTINGS = [
    (60, 60, 3, 0.1, 0.1),
    (60, 30, 3, 0.2, 0.3),
    (60, 12, 1, 0.3, 0.33),
    (60, 5, 1, 0.05, 0.25),
    (60, 2, 0, 0.3, 0.3),
    (40, 1, 0, 0.2, 0.4),
    (40, 3, 0, 0.9, 0.9),
    (40, 60, 1, 0.9, 0.05),
    (25, 12, 8, 0.02, 0.03),
    (25, 60, 0, 0.0, 0.3),
    (20, 30, 3, 0.5, 0.5),
    (8, 4, 1, 0.4, 0.2),
]


def main() -> None:
    rng = random.Random(1989)
    cases = [sclite(*texts(rng, *setting)) for setting in SETTINGS]
    cases.append(sclite(["a b c d e f g h"] * 2, ["a b c X e f g h"] * 2, ["a b c d e f g h"] * 2))
    content = {"program": version(), "cases": cases}
    (HERE / "cases.json").write_text(json.dumps(content, indent=0) + "\n", encoding="utf-8")


def texts(
    rng: random.Random, count: int, n_words: int, shortest: int, rate_a: float, rate_b: float
) -> tuple[list[str], list[str], list[str]]:
    """References, and two hypotheses of each, of which one in twenty is empty."""
    words = [f"w{index}" for index in range(n_words)]
    references = [rng.choices(words, k=rng.randint(shortest, 18)) for _ in range(count)]
    return (
        [" ".join(reference) for reference in references],
        [" ".join(misheard(rng, reference, rate_a, words)) for reference in references],
        [" ".join(misheard(rng, reference, rate_b, words)) for reference in references],
    )


def misheard(rng: random.Random, reference: list[str], rate: float, words: list[str]) -> list[str]:
    if rng.random() < 0.05:
        return []
    heard = []
    for word in reference:
        draw = rng.random()
        if draw < rate / 2:
            heard.append(rng.choice(words))
        elif draw > 3 * rate / 4:
            heard.append(word)
        if rng.random() < rate / 4:
            heard.append(rng.choice(words))
    return heard


def sclite(references: list[str], one: list[str], other: list[str]) -> dict[str, Any]:
    """The texts with sclite's result."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for side, lines in (("ref", references), ("a", one), ("b", other)):
            numbered = (f"{line} (s_{number:04d})\n" for number, line in enumerate(lines))
            (folder / side).write_text("".join(numbered), encoding="utf-8")
        wide = folder / "sc_stats"
        wide.write_bytes((PROGRAMS / "sc_stats").read_bytes().replace(b"%5.3f", b"%.12f"))
        wide.chmod(0o755)
        sides = [word for side in "ab" for word in ("-h", side, "trn", side)]
        command = [PROGRAMS / "sclite", "-r", "ref", "trn", *sides, "-i", "spu_id", "-f", "0", "-o", "sgml"]
        aligned = run([*command, "stdout"], folder, b"")
        detailed = run([wide, "-p", "-t", "mapsswe", "-v", "-n", "-"], folder, aligned)
        unified = run([wide, "-p", "-t", "mapsswe", "-u", "-n", "-"], folder, aligned).decode("latin-1")
    found = re.search(
        r"# segs: (\d+)\).*\(mean: (\S+)\) \(std dev: (\S+)\) \(Z Stat: (\S+)\)", detailed.decode("latin-1")
    )
    totals = re.search(r"Totals\s+\d+\s+(\d+)\s+(\d+)", detailed.decode("latin-1"))
    p_value = re.search(r"MP +\|\| +a +\|[ ]*\| +[~ab] +(<?[\d.]+)", unified)
    assert found, detailed.decode("latin-1")
    assert totals, detailed.decode("latin-1")
    assert p_value, unified
    return {
        "references": references,
        "a": one,
        "b": other,
        "n_segments": int(found[1]),
        "errors": [int(totals[1]), int(totals[2])],
        "mean": float(found[2]),
        "sd": float(found[3]),
        "z": float(found[4]),
        "p_value": p_value[1],
    }


def version() -> str:
    said = subprocess.run([PROGRAMS / "sc_stats"], capture_output=True, text=True, check=False)
    return next(line for line in (said.stdout + said.stderr).splitlines() if "Version" in line).strip()


def run(command: list[Any], folder: Path, text: bytes) -> bytes:
    return subprocess.run(command, cwd=folder, input=text, capture_output=True, check=True).stdout


if __name__ == "__main__":
    main()
