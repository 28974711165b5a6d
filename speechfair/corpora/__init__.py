"""Corpora: `load_corpus` gives one by name. Listing a corpus opens no audio, and no row vanishes.

A loader yields `Utterance` for what can be used and `Exclusion`, with the reason, for what cannot.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from speechfair.corpora.remote import address_of, fetched_file, fetched_folder, parent_address
from speechfair.errors import CorpusError, InputError
from speechfair.registry import corpora, did_you_mean
from speechfair.types import Corpus

__all__ = ["load_corpus"]

_FILES = ("manifest", "columns", "listing")
"""Options that name a file."""


def load_corpus(name: str, root: str | Path | None = None, **options: Any) -> Corpus:
    """Load a corpus by its registered name.

    Parameters
    ----------
    name : such as ``speechocean762``; ``speechfair corpora`` lists all.
    root : its folder, as it was unpacked, or an address such as ``s3://bucket/corpus`` (extra ``remote``), which is
        fetched into a local copy; None for corpora that make or find their own. It must be there, unless the
        loader makes it (`makes_root`).
    options : of the loader, such as ``split="test"``; any corpus takes ``listing``, a file that lists the rows of a
        part, as `speechfair corpora split` writes it.

    Raises
    ------
    InputError
        The corpus or an option is unknown; the message names the nearest one.
    CorpusError
        The folder is not there, or not laid out as the loader knows it.
    """
    loader = corpora().load(name)
    valid = [
        p.name
        for p in inspect.signature(loader).parameters.values()
        if p.name != "root" and p.kind is p.KEYWORD_ONLY
    ]
    for option in options:
        if option not in (*valid, "listing"):
            raise InputError(
                f"unknown option {option!r} for the corpus {name!r}; {did_you_mean(option, [*valid, 'listing'])}"
            )
    root, options = _local(root, options)
    folder = Path(root).absolute() if root is not None else None
    if folder is not None and not folder.is_dir() and not getattr(loader, "makes_root", False):
        raise CorpusError(f"--root {root}: there is no such folder; give the folder of the corpus {name!r}")
    listing = options.pop("listing", None)
    corpus = loader(folder, **options)
    if not isinstance(corpus, Corpus):
        raise CorpusError(f"the loader of {name!r} gave a {type(corpus).__name__}, which is not a corpus")
    if listing is not None:
        from speechfair.corpora.listing import ListedPart

        return ListedPart(corpus, listing)
    return corpus


def _local(root: str | Path | None, options: Mapping[str, Any]) -> tuple[str | Path | None, dict[str, Any]]:
    """The root and the options with local copies in the place of addresses."""
    found = dict(options)
    table, folder = address_of(found.get("manifest")), address_of(root)
    if root is None and table is not None:  # names of audio are relative to the folder of the table
        root = fetched_folder(parent_address(table))
        found["manifest"] = root / table.rpartition("/")[2]
    for option in _FILES:
        if (address := address_of(found.get(option))) is not None:
            found[option] = fetched_file(address)
    return (root if folder is None else fetched_folder(folder)), found
