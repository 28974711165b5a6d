"""The long verbs that `benchmarks.chaos` disturbs, each on small made-up speech with a scripted model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.folder_subjects import IMPORT, MORE_WRONG, write_table
from speechfair import figures, import_transcripts, load_corpus, merge, prepare, sequence, verify
from speechfair.auditing.run import audit, score, transcribe
from speechfair.curating.corpus_listing import write_listing
from speechfair.curating.corpus_split import split_corpus
from speechfair.curating.datasheet import write_datasheet
from speechfair.probes.grounding.probe_grounding import probe_grounding
from speechfair.running import batch_plan
from speechfair.testing import Scripted
from tests.probes.planted_model import Planted, scene_corpus
from tests.support import ListCorpus, scripted_texts, small_corpus

__all__ = ["ChaosVerb", "chaos_verbs"]

AXES = ("accent",)
SHARDS = 3


@dataclass(frozen=True)
class ChaosVerb:
    """A verb that writes a folder.

    Parameters
    ----------
    begin : makes what the verb starts from, in a new folder.
    run : the command; it writes into that folder.
    is_run : the folder is a run folder, so that `verify` must agree in the end.
    """

    name: str
    begin: Callable[[Path], Any]
    run: Callable[[Path], Any]
    is_run: bool = True


def chaos_verbs(folder: Path) -> Mapping[str, ChaosVerb]:
    """The verbs by name; the speech that they share is written into `folder`. Nothing else is computed yet."""
    batch_plan.BATCH = 4
    corpus = small_corpus(folder / "wav", speakers=6, per_speaker=4)
    table = folder / "table.csv"
    write_table(table, corpus)
    listing = _listing(folder, corpus)
    scenes = scene_corpus(folder / "scenes", n_scenes=2, speakers=2)

    def listed() -> Any:
        return load_corpus("manifest", folder / "wav", **listing)

    def model() -> Scripted:
        return Scripted(scripted_texts(corpus, MORE_WRONG))

    verbs = (
        ChaosVerb("audit", _nothing, lambda out: audit(corpus, model(), AXES, out=out, normalizer="basic")),
        ChaosVerb("transcribe", lambda out: prepare(corpus, out), lambda out: transcribe(out, model())),
        ChaosVerb(
            "transcribe --shard, merge", lambda out: prepare(corpus, out), lambda out: _sharded(out, model())
        ),
        ChaosVerb(
            "score",
            lambda out: _transcribed(out, corpus, model()),
            lambda out: score(out, AXES, normalizer="basic"),
        ),
        ChaosVerb(
            "import",
            _nothing,
            lambda out: import_transcripts(table, {"run": "mine"}, AXES, out=out.parent, **IMPORT),
        ),
        ChaosVerb(
            "probe grounding",
            _nothing,
            lambda out: probe_grounding(scenes, Planted(scenes), AXES, out=out),
            is_run=False,
        ),
        ChaosVerb(
            "corpora manifest",
            _nothing,
            lambda out: write_listing(listed(), out / "list.parquet"),
            is_run=False,
        ),
        ChaosVerb(
            "corpora split",
            _nothing,
            lambda out: split_corpus(listed(), out, {"train": 0.5, "test": 0.5}, allow_missing=True),
            is_run=False,
        ),
        ChaosVerb(
            "figures",
            lambda out: audit(corpus, model(), AXES, out=out.parent / "scored", normalizer="basic"),
            lambda out: figures(out.parent / "scored", out),
            is_run=False,
        ),
        ChaosVerb(
            "sequence",
            lambda out: _releases(out.parent, corpus),
            lambda out: sequence(
                [out.parent / "first", out.parent / "second"],
                out=out / "sequence.json",
                report=out / "sequence.html",
            ),
            is_run=False,
        ),
        ChaosVerb("corpora datasheet", _nothing, lambda out: write_datasheet(listed(), out), is_run=False),
    )
    return {verb.name: verb for verb in verbs}


def verified(verb: ChaosVerb, out: Path) -> None:
    """Raise `AssertionError` where the folder of a run does not verify."""
    if verb.is_run:
        found = verify(out)
        assert found.ok, found.differences


def _listing(folder: Path, corpus: ListCorpus) -> dict[str, str]:
    """The corpus as a table, for the loader `manifest`."""
    columns = "id: id\naudio: audio\ntext: text\nspeaker: speaker\nlanguage: language\n"
    (folder / "columns.yaml").write_text(columns)
    lines = [f"{row.id},{row.id}.wav,{row.text},{row.speaker},eng" for row in corpus.rows]
    (folder / "list.csv").write_text("\n".join(["id,audio,text,speaker,language", *lines, ""]))
    return {"manifest": str(folder / "list.csv"), "columns": str(folder / "columns.yaml")}


def _nothing(out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)


def _transcribed(out: Path, corpus: ListCorpus, model: Scripted) -> None:
    prepare(corpus, out)
    transcribe(out, model)


def _releases(folder: Path, corpus: ListCorpus) -> None:
    for name, wrong in (("first", MORE_WRONG), ("second", {"x": 2, "y": 2})):
        audit(corpus, Scripted(scripted_texts(corpus, wrong)), AXES, out=folder / name, normalizer="basic")


def _sharded(out: Path, model: Scripted) -> None:
    shards = [transcribe(out, model, shard=f"{n}/{SHARDS}").path for n in range(1, SHARDS + 1)]
    merge(out, shards)
