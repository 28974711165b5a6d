"""The worked example of `recipes/process`: a whole small project on real speech, from the plan to the release gate.

The people in it are made up, and what they say is written here. Everything else is measured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.errors import InputError
from speechfair.process.gates import GateState, gate
from speechfair.resources import data_folder
from speechfair.types import Corpus, Exclusion, Utterance

if TYPE_CHECKING:
    from speechfair.debias.recipe import DebiasRecipe
    from speechfair.types import CorpusCard

__all__ = ["Example", "run_example"]

Say = Callable[[str], None]
_UNREADY = "the example goes on, to show what the checklist of a project says that is not ready at this level"
SPEECHLESS = 24
"""Files without speech: what Clopper and Pearson's interval needs at least to be told from one in eight."""


@dataclass(frozen=True)
class Example:
    """The process folder, and its release gate before and after the approver signed."""

    process: Path
    before: GateState
    refused: str
    after: GateState


def run_example(
    out: str | Path,
    root: str | Path,
    *,
    corpus: str = "speechocean762",
    aifl: int = 0,
    settings: Sequence[str] = (),
    say: Say | None = None,
) -> Example:
    """Run the example.

    Parameters
    ----------
    out : new folder for everything.
    root : folder that holds the corpus.
    corpus : name of the corpus's folder in `root`.
    aifl : fairness level; at 1 and 2 what failed keeps the release gate shut, whoever signs.
    settings : changes of the training recipe as ``KEY=VALUE``, such as ``steps=8``.

    Raises
    ------
    InputError : `out` is not empty, or the corpus is not there.
    """
    from speechfair.debias.debias_run import debias
    from speechfair.debias.process_entry import enter_training, require_evaluation
    from speechfair.debias.process_record import ending_of
    from speechfair.process.collect import collect
    from speechfair.process.export import export
    from speechfair.process.journal import noted, process_folder

    out, tell = Path(out), say or (lambda _: None)
    recipe = _begin(out, Path(root), corpus, aifl, settings)
    process, run = out / "process", out / "runs" / "trained"
    tell(f"plan and criteria are frozen in {process}")
    _prepare(out, recipe, tell)
    _open(process, "data", tell)

    def trained() -> None:
        enter_training(process, run, recipe, evaluated=False)
        _open(process, "evaluation", tell)
        require_evaluation(process, run, recipe)

    with process_folder(process, _UNREADY), noted("debias", run, process, partial(ending_of, run)):
        debias(recipe, run, say=tell, on_cpu=True, trained=trained)
    for line in enter_training(process, run, recipe):
        tell(line)
    with process_folder(process, _UNREADY):
        _more_audits(out, run, recipe, tell)
    for name in ("croissant", "model-card", "cyclonedx", "in-toto"):
        export(process, name)
    collect(process)
    before = gate(process, "release")
    refused = _sign(process, out)
    collect(process)
    return Example(process, before, refused, gate(process, "release"))


def _begin(out: Path, root: Path, corpus: str, aifl: int, settings: Sequence[str]) -> DebiasRecipe:
    """Write the process folder, freeze plan and criteria, and return the recipe with its corpus in place."""
    from speechfair.debias.recipe import read_recipe
    from speechfair.debias.training.pieces import base_folder, need_training_packages
    from speechfair.models.weights import digest_of
    from speechfair.process.init import freeze, init, read_start
    from speechfair.process.signing import new_key, openssh_key

    need_training_packages()
    if out.exists() and any(out.iterdir()):
        raise InputError(f"{out} is not empty; the example wants a folder of its own")
    if not (root / corpus).is_dir():
        raise InputError(f"there is no {root / corpus}; name the corpus's folder in {root} with --corpus")
    home = data_folder("recipes") / "process" / "speechocean762"
    folders = (f"data_root={root.absolute()}", f"train.0.root={corpus}", f"evaluate.0.root={corpus}")
    recipe = read_recipe(home / "debias.yaml", (*folders, *settings))
    start = read_start(home / "start.yaml")
    out.mkdir(parents=True, exist_ok=True)
    key = {"person": "ana", "public_key": openssh_key(new_key(out / "ana.pem"))}
    roles = {**start.forms["roles.yaml"], "keys": [key]}
    forms = {
        **start.forms,
        "roles.yaml": roles,
        "suppliers.yaml": _supplied(recipe.model, digest_of(base_folder(recipe.model))),
    }
    init(out / "process", start.model_copy(update={"forms": forms, "aifl": aifl}))
    (out / "process" / "criteria.yaml").write_bytes((home / "criteria.yaml").read_bytes())
    freeze(out / "process")
    return recipe


def _prepare(out: Path, recipe: DebiasRecipe, tell: Say) -> None:
    """The manifests of training rows and test set, which the data gate looks at before anything is trained."""
    from speechfair.auditing.run import prepare
    from speechfair.debias.data.sources import corpus_of
    from speechfair.process.init import add_runs

    process, entries = out / "process", []
    sources = [("training", source) for source in recipe.train] + [("test_set", recipe.evaluate[0])]
    for number, (role, source) in enumerate(sources):
        folder = f"data/{role}-{number}"
        prepare(corpus_of(recipe, source), out / folder)
        entries.append((role, f"../{folder}"))
    add_runs(process, entries)
    tell("training rows and test set are prepared")


def _open(process: Path, name: str, tell: Say) -> None:
    """The people confirm what a gate asks of them, and the gate is judged."""
    from speechfair.process.attest import attest
    from speechfair.process.collect import collect
    from speechfair.process.status import read_state

    collect(process)
    for each in read_state(process).of_gate(name):  # type: ignore[arg-type]
        if each.item.mode != "A" and each.waits_for_person:
            words = "read, and agreed for the example"
            attest(process, each.item.id, by="eve", role="evaluator", statement=words)
    found = gate(process, name)
    tell(
        f"gate {name}: {found.outcome} ({found.looked_at - len(found.open_items)} of {found.looked_at} items met)"
    )


def _supplied(model: str, digest: str) -> dict[str, Any]:
    row = {
        "name": model,
        "what": "base model",
        "version": digest[:12],
        "sha256": digest,
        "licence": "MIT",
        "documents": "model card of its maker",
        "known_group_performance": "none by first language",
        "withheld": "which speakers it was trained on",
    }
    return {"supplied": [row]}


def _more_audits(out: Path, run: Path, recipe: DebiasRecipe, tell: Say) -> None:
    """The candidate as it is served (another decoder), on noisy copies of the test speech, and without speech."""
    from speechfair.auditing.run import audit
    from speechfair.debias.data.sources import corpus_of
    from speechfair.debias.judging.audits import recognizer_for
    from speechfair.debias.recipe import RecognizerChoice
    from speechfair.process.init import add_runs
    from speechfair.process.journal import noted

    process, source = out / "process", recipe.evaluate[0]
    test = corpus_of(recipe, source)
    candidate = recognizer_for(recipe, run / "model", out / "work", "after")
    fast = recipe.model_copy(
        update={"recognizer": RecognizerChoice(family="faster-whisper", options={"window": 10})}
    )
    served = recognizer_for(fast, run / "model", out / "work", "served")
    audits: list[tuple[str, Corpus, Any, str | None]] = [
        ("serving", test, served, None),
        ("perturbed", _Noisy(test, out / "audio" / "noisy"), candidate, "white noise, 10 dB"),
        ("speechless", _Silence(test, out / "audio" / "silence"), candidate, None),
    ]
    for role, corpus, model, condition in audits:
        tell(f"auditing: {role} …")
        folder = out / "runs" / role
        with noted("audit", folder, process):
            audit(corpus, model, source.group_by if role != "speechless" else (), out=folder)
        add_runs(process, [(role, f"../runs/{role}")], condition)


@dataclass(frozen=True)
class _Noisy:
    """A corpus with white noise 10 dB below each utterance; the same noise for the same id."""

    corpus: Corpus
    root: Path

    @property
    def name(self) -> str:
        return self.corpus.name

    @property
    def card(self) -> CorpusCard:
        return self.corpus.card

    @property
    def options(self) -> Mapping[str, Any]:
        return {**self.corpus.options, "white_noise_db": 10}

    def __iter__(self) -> Iterator[Utterance | Exclusion]:
        import zlib
        from dataclasses import replace

        import numpy as np
        import soundfile

        self.root.mkdir(parents=True, exist_ok=True)
        for row in self.corpus:
            if isinstance(row, Utterance) and isinstance(row.audio, Path):
                samples, rate = soundfile.read(row.audio, dtype="float32")
                noise = np.random.default_rng(zlib.crc32(row.id.encode())).standard_normal(len(samples))
                level = float(np.sqrt(np.mean(samples**2))) * 10 ** (-10 / 20)
                path = self.root / f"{row.id}.wav"
                soundfile.write(path, np.clip(samples + level * noise, -1, 1), rate, subtype="PCM_16")
                row = replace(row, audio=path)
            yield row


@dataclass(frozen=True)
class _Silence:
    """Files of faint noise without a word in them."""

    like: Corpus
    root: Path
    name: str = "silence"

    @property
    def card(self) -> CorpusCard:
        return self.like.card

    @property
    def options(self) -> Mapping[str, Any]:
        return {"files": SPEECHLESS}

    def __iter__(self) -> Iterator[Utterance | Exclusion]:
        import numpy as np
        import soundfile

        self.root.mkdir(parents=True, exist_ok=True)
        for number in range(SPEECHLESS):
            path = self.root / f"silence-{number:02d}.wav"
            noise = np.random.default_rng(number).standard_normal(3 * 16_000) * 0.002
            soundfile.write(path, noise, 16_000, subtype="PCM_16")
            yield Utterance(path.stem, path, "no speech", "eng", path.stem, ())


def _sign(process: Path, out: Path) -> str:
    """The trainer tries and is refused; then the people speak, and the approver decides. Returns the refusal."""
    from speechfair.process.attest import attest, decide_release
    from speechfair.process.collect import collect
    from speechfair.process.status import read_state

    try:
        decide_release(process, by="tom", decision="release", statement="it works")
    except InputError as error:
        refused = str(error)
    else:
        raise AssertionError("the trainer's signature was accepted")
    key = out / "ana.pem"
    attest(process, "AF-5.3", by="ana", role="approver", statement="these are the weights", key=key)
    collect(process)
    for each in read_state(process).items:
        if each.item.mode != "A" and each.waits_for_person:
            words = "read, and agreed for the example"
            attest(process, each.item.id, by="ana", role="approver", statement=words, key=key)
    decide_release(
        process,
        by="ana",
        decision="restricted",
        statement="inside the team only; the checklist lists what failed and what is undetermined",
        key=key,
    )
    return refused
