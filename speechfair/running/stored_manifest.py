"""Manifests of run folders, each read once for as long as its file stays the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from speechfair.errors import RunFolderError
from speechfair.running.content_digest import content_digest
from speechfair.running.run_manifest import manifest_schema
from speechfair.running.run_record import read_record
from speechfair.store import MANIFEST, RunFolder, file_digest

if TYPE_CHECKING:
    import polars as pl

__all__ = ["read_manifest"]

_LATER = ("channel", "channels")
"""Columns that a manifest written before there were channels does not have."""
_READ: dict[tuple[str, str], pl.DataFrame] = {}
"""The manifests read last, by the digests of their files and of their content: several runs often share one."""
_MOST_ROWS = 50_000
"""Of the manifests that are kept; the last is kept however long it is."""


def read_manifest(run: RunFolder) -> pl.DataFrame:
    """The manifest of a run folder, checked against the digest in its recipe."""
    expected = read_record(run).recipe.corpus.manifest_sha256
    path = run.path / MANIFEST
    key = (file_digest(path), expected) if path.is_file() else None
    if key is not None and key in _READ:
        return _READ[key]
    manifest = _checked(run, expected)
    if key is not None and key[0] == file_digest(path):
        _READ[key] = manifest
        while len(_READ) > 1 and sum(each.height for each in _READ.values()) > _MOST_ROWS:
            del _READ[next(iter(_READ))]
    return manifest


def _checked(run: RunFolder, expected: str) -> pl.DataFrame:
    import polars as pl

    manifest = run.read_table(MANIFEST, "prepare the corpus into a new folder")
    if content_digest(manifest) != expected:
        raise RunFolderError(
            f"{run.path / MANIFEST} was changed after it was made: its content is not that of digest "
            f"{expected[:16]}… in run.yaml; restore it, or prepare the corpus into a new folder"
        )
    empty = [pl.lit(None, dtype).alias(name) for name, dtype in manifest_schema().items() if name in _LATER]
    return manifest.with_columns(each for each in empty if each.meta.output_name() not in manifest.columns)
