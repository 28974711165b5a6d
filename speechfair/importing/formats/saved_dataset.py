"""A Hugging Face dataset on disk (``save_to_disk``): its columns as a table, class labels as their names.

The Arrow files are read by polars; the package ``datasets`` is not needed, audio is not decoded.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.errors import CorpusError
from speechfair.importing.imported import PLACE, Format, ImportedTable
from speechfair.strict_json import parse_json

if TYPE_CHECKING:
    import polars as pl

__all__ = ["FORMAT", "read"]


def read(path: Path) -> ImportedTable:
    """The columns of a saved dataset that hold text, numbers or class labels."""
    import polars as pl

    files = sorted(path.glob("*.arrow"))
    if not files:
        raise CorpusError(f"{path} holds no .arrow file; of a DatasetDict give the folder of one split")
    try:
        features = parse_json((path / "dataset_info.json").read_bytes())["features"]
        if not isinstance(features, dict):
            raise ValueError(f"its features are a {type(features).__name__}")
        frame = pl.concat([pl.read_ipc_stream(file) for file in files])
        table = _with_class_names(frame, features)
    except (
        OSError,
        ValueError,
        LookupError,
        TypeError,
        pl.exceptions.PolarsError,
        pl.exceptions.PanicException,
    ) as error:
        raise CorpusError(
            f"{path} is not a dataset that save_to_disk wrote, or is damaged: {error}"
        ) from None
    table = table.with_row_index("__row", offset=1)
    place = pl.format("row {}", pl.col("__row")).alias(PLACE)
    return ImportedTable(table.with_columns(place).drop("__row"), {}, path.name)


def _with_class_names(frame: pl.DataFrame, features: dict[str, Any]) -> pl.DataFrame:
    """The columns of plain values; classes by their names in place of their numbers."""
    import polars as pl

    kept = []
    for name, kind in frame.schema.items():
        classes = (features.get(name) or {}).get("names") if isinstance(features.get(name), dict) else None
        if classes is not None and kind.is_integer():
            names = dict(enumerate(classes))
            kept.append(frame[name].replace_strict(names, default=None, return_dtype=pl.String))
        elif not kind.is_nested() and kind != pl.Binary:
            kept.append(frame[name])
    return pl.DataFrame(kept)


FORMAT = Format(
    name="saved-dataset",
    title="a Hugging Face dataset that save_to_disk wrote",
    source="https://huggingface.co/docs/datasets/process#save",
    read=read,
    recognises=lambda path: (path / "dataset_info.json").is_file(),
)
