"""CSV: one row per item, for spreadsheets and scripts."""

from __future__ import annotations

import csv
import io

from speechfair.errors import InputError
from speechfair.process.finding import STATUSES, say
from speechfair.process.material import Material
from speechfair.process.status import state_of

__all__ = ["FILE", "LOSES", "render", "validate"]

FILE = "checklist.csv"
LOSES = say(
    "carries status, reason and digest of each item; not the facts behind them, the ledger or the signatures",
    "各項目の状態・理由・ダイジェストのみ。根拠の値・台帳・署名は含まない",
)

_COLUMNS = (
    "id", "aifl", "mode", "must", "title_en", "title_ja", "status", "met", "reason_en", "reason_ja",
    "evidence_sha256", "sources", "by", "said_at", "expires", "waived_until", "clauses",
)  # fmt: skip


def render(material: Material) -> bytes:
    """UTF-8 with a byte order mark, so that spreadsheets show Japanese; cells cannot start a formula."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for each in state_of(material).items:
        item, word = each.item, each.statement
        row = (
            item.id, item.aifl, item.mode, each.must, item.title.en, item.title.ja, each.status, each.met,
            each.reason.en, each.reason.ja, each.evidence_sha256 or "",
            " ".join(f"{s.path}#{s.sha256}" for s in each.sources),
            word.body["by"] if word else "", word.time if word else "", word.body["expires"] if word else "",
            each.waiver.body["expires"] if each.waiver else "",
            "; ".join(f"{key} {clause}" for key, clauses in item.clauses.items() for clause in clauses),
        )  # fmt: skip
        writer.writerow([_safe(str(value)) for value in row])
    return b"\xef\xbb\xbf" + stream.getvalue().encode()


def validate(data: bytes) -> None:
    """Every row has every column and a known status."""
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    for number, row in enumerate(rows, 2):
        if None in row or None in row.values() or row["status"] not in STATUSES:
            raise InputError(f"{FILE}, row {number}: not a row of this table")
    if not rows:
        raise InputError(f"{FILE}: no row")


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
