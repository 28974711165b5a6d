"""Datasheets: validated Croissant, a data statement with true counts, and the licence's word on rows and audio."""

from __future__ import annotations

import json
import logging
import warnings
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from speechfair.corpora import load_corpus
from speechfair.corpora.croissant_record import CONTEXT, check_croissant
from speechfair.curating.datasheet import TO_FILL, write_datasheet
from speechfair.errors import InputError
from tests.corpora.trees import TREES
from tests.support import ListCorpus, write_tone


def read(folder: Path) -> Any:
    return json.loads((folder / "croissant.json").read_text(encoding="utf-8"))


def calls(folder: Path, accent: str = "north") -> Any:
    lines = ["audio,text,speaker,accent"]
    for s in range(6):
        write_tone(folder / f"call{s}.wav", 0.3)
        lines.append(f'call{s}.wav,=cmd|hello world,s{s},"{accent if s % 2 else "south"}"')
    (folder / "calls.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return load_corpus("manifest", manifest=folder / "calls.csv")


def test_counts_of_a_real_layout(tmp_path: Path) -> None:
    TREES["speechocean762"](tmp_path / "tree")
    corpus = load_corpus("speechocean762", tmp_path / "tree")
    made = write_datasheet(corpus, tmp_path / "out", audio=False)
    assert made.files == ("croissant.json", "data-statement.md", "manifest.parquet")
    content = read(tmp_path / "out")
    assert content["description"].endswith("4 utterances of 3 speakers.")
    assert "speakers (utterances) by gender: female 2 (3), male 1 (1)" in content["rai:dataBiases"]
    assert content["license"] == [
        "speechocean762: free for commercial and non-commercial use, as its README says"
    ]
    statement = (tmp_path / "out" / "data-statement.md").read_text(encoding="utf-8")
    assert "| female | 2 | 3 | – |" in statement
    assert statement.count(TO_FILL) == made.n_to_fill == 9
    assert "- half of the speakers are children" in statement
    rows = pl.read_parquet(tmp_path / "out" / "manifest.parquet")
    assert rows.height == 6
    with pytest.raises(InputError, match="not empty"):
        write_datasheet(corpus, tmp_path / "out", audio=False)


def test_mlcroissant_reads_the_description_and_the_rows(tmp_path: Path) -> None:
    mlcroissant = pytest.importorskip("mlcroissant", reason="the extra 'exports' is not installed")
    (tmp_path / "tree").mkdir()
    TREES["fsdd"](tmp_path / "tree")
    made = write_datasheet(
        load_corpus("fsdd", tmp_path / "tree"), tmp_path / "out", audio=False, describe_audio=True
    )
    assert made.validated
    content = read(tmp_path / "out")
    assert {each["@type"] for each in content["distribution"]} == {"cr:FileObject", "cr:FileSet"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.disable(logging.WARNING)
        try:
            dataset = mlcroissant.Dataset(jsonld=str(tmp_path / "out" / "croissant.json"))
            rows = list(dataset.records("utterances"))
        finally:
            logging.disable(logging.NOTSET)
    assert {row["utterances/id"].decode() for row in rows if row["utterances/excluded"] is None} == {
        item.id for item in load_corpus("fsdd", tmp_path / "tree") if not hasattr(item, "reason")
    }
    assert "@base" not in CONTEXT, "the check leaves its argument as it was"


def test_rows_are_kept_back_where_the_licence_says_so(tmp_path: Path) -> None:
    corpus = calls(tmp_path)
    made = write_datasheet(corpus, tmp_path / "out", audio=False)
    assert not made.rows_described
    assert not (tmp_path / "out" / "manifest.parquet").exists()
    assert "does not allow passing them on" in read(tmp_path / "out")["description"]
    assert "hello world" not in (tmp_path / "out" / "croissant.json").read_text(encoding="utf-8")
    for asked in ({"rows": True}, {"describe_audio": True}):
        with pytest.raises(
            InputError, match="does not allow redistribution: speechfair does not know the terms"
        ):
            write_datasheet(corpus, tmp_path / "no", audio=False, **asked)  # type: ignore[arg-type]
    assert not (tmp_path / "no").exists()
    said = "my own recordings, all six callers agreed on 3 May"
    made = write_datasheet(corpus, tmp_path / "yes", audio=False, permission=said)
    assert made.rows_described
    assert said in read(tmp_path / "yes")["description"]


def test_markup_in_labels_stays_text(tmp_path: Path) -> None:
    write_datasheet(calls(tmp_path, "a|b <script>`x`"), tmp_path / "out")
    statement = (tmp_path / "out" / "data-statement.md").read_text(encoding="utf-8")
    assert r"| a\|b \<script\>\`x\` | 3 | 3 | 0.00 |" in statement


def test_what_is_no_description(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no full card"):
        write_datasheet(ListCorpus([]), tmp_path / "out")
    with pytest.raises(InputError, match=r"f\.json: name is missing or empty"):
        check_croissant({"@context": CONTEXT}, "f.json")
    TREES["speechocean762"](tmp_path / "tree")
    write_datasheet(load_corpus("speechocean762", tmp_path / "tree"), tmp_path / "out", audio=False)
    content = read(tmp_path / "out")
    with pytest.raises(InputError, match="conformsTo must name"):
        check_croissant({**content, "conformsTo": []}, "f.json")
    pytest.importorskip("mlcroissant", reason="the extra 'exports' is not installed")
    content["recordSet"][0]["field"][0]["source"]["fileObject"]["@id"] = "nowhere"
    with pytest.raises(InputError, match="mlcroissant refuses it"):
        check_croissant(content, "f.json")
