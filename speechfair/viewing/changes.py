"""Before and after: `compare` of two runs with its margin, and how many utterances were won and lost."""

from __future__ import annotations

from typing import Any

from speechfair.comparing.compare_models import compare
from speechfair.viewing.opened_run import OpenedRun
from speechfair.viewing.screens import with_change

__all__ = ["change_screen"]


def change_screen(before: OpenedRun, after: OpenedRun) -> dict[str, Any]:
    """The comparison as `speechfair.compare` gives it, utterances the runs share taken where the manifests differ.

    Raises
    ------
    InputError
        The runs cannot be compared; the message says why.
    """
    same = before.result.corpus_record.manifest_sha256 == after.result.corpus_record.manifest_sha256
    found = compare(before.folder, after.folder, match="identical" if same else "common")
    change = with_change(after, before)["change"].drop_nulls()
    return {
        **found.model_dump(mode="json", by_alias=True),
        "keys": {"before": before.key, "after": after.key},
        "won": int((change < 0).sum()),
        "lost": int((change > 0).sum()),
        "same": int((change == 0).sum()),
    }
