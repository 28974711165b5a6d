"""How much of a label the encoder states of any models give away, layer by layer, before and after.

Only read, nothing is trained. Low leakage is no goal in itself, and high leakage no harm: error rates are in an audit.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from speechfair.debias.leakage.leakage import FOLDS, PERMUTATIONS, Leakage, Probed, change, examine
from speechfair.errors import InputError
from speechfair.records import Record
from speechfair.store import write_atomically
from speechfair.strict_yaml import parse_yaml
from speechfair.types import UNKNOWN, Estimate

if TYPE_CHECKING:
    import polars as pl

    from speechfair.debias.data.training_data import Row
    from speechfair.debias.training.loop import Say
    from speechfair.types import Corpus

__all__ = ["AxisData", "LayerChange", "LayerLeakage", "LeakageReport", "leakage"]


class AxisData(Record):
    """Whose label is predicted: speakers and utterances of each group, and utterances left out by reason."""

    axis: str
    speakers: dict[str, int]
    utterances: dict[str, int]
    left_out: dict[str, int]


class LayerLeakage(Record):
    """What a probe finds after one layer; layer 0 is what enters the first. `last` is what a decoder would read."""

    model: str
    digest: str
    axis: str
    layer: int
    last: bool
    leakage: Leakage


class LayerChange(Record):
    """Balanced accuracy of the last model less that of the first, the same layer, speakers and folds."""

    before: str
    after: str
    axis: str
    layer: int
    last: bool
    change: Estimate


class LeakageReport(Record):
    """The whole of ``leakage.json``. Accuracies are fractions; utterances in = used + left out, per axis."""

    schema_: Literal["speechfair/leakage/1"] = Field(default="speechfair/leakage/1")
    corpus: str
    corpus_options: dict[str, Any]
    manifest_sha256: str
    n_utterances: int
    window_s: float
    seed: int
    axes: list[AxisData]
    layers: list[LayerLeakage]
    changes: list[LayerChange]
    notes: list[str]

    def to_json(self) -> str:
        """The text of ``leakage.json``."""
        return json.dumps(self.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"


NOTES = [
    "accuracy is measured on speakers that the probe was not fitted on; chance is the accuracy with labels permuted "
    "between speakers",
    "intervals hold for these fitted probes; p is of one layer alone, not corrected for the number of layers",
    "if two labels go together in a corpus (accent with recording or text), the probe may use either",
]


def leakage(
    models: Sequence[str],
    corpus: Corpus,
    axes: Sequence[str],
    *,
    per_speaker: int | None = None,
    leave_out: Sequence[str] = (),
    every_layer: bool = True,
    language: str | None = None,
    permutations: int = PERMUTATIONS,
    level: float = 0.95,
    seed: int = 0,
    out: str | Path | None = None,
    say: Say | None = None,
) -> LeakageReport:
    """Probe the mean encoder states of `models` for the labels of a corpus.

    Parameters
    ----------
    models : ``bundled:NAME``, ``whisper:FOLDER``, ``ctc:FOLDER``, or the folder of a debiasing run, which is its
        model before and after. The first is what each of the others is compared with.
    corpus : of speakers that no model was trained on.
    axes : label axes, or crossings such as ``gender+age_band``.
    per_speaker : the first so many utterances of each speaker only; None takes all.
    leave_out : values of the axes whose speakers are not looked at.
    every_layer : False probes the last layer alone.
    language : two-letter code, for multilingual Whisper models.
    out : JSON file to write the report to.

    Raises
    ------
    InputError
        An axis has one group, a group of fewer than five speakers, or a speaker in two groups; or the corpus's
        licence does not allow evaluation.
    MissingExtraError
        A package of the extra ``hf`` is not installed.
    """
    from speechfair.corpora.licence import require_use
    from speechfair.debias.data.sources import PartOfCorpus
    from speechfair.debias.data.training_rows import usable_rows
    from speechfair.debias.training.pieces import need_training_packages
    from speechfair.debias.training.window import choose_window
    from speechfair.running.content_digest import content_digest
    from speechfair.running.run_manifest import build_manifest

    if not models or not axes:
        raise InputError("name a model and a label axis, such as --axis gender")
    if permutations < 1:
        raise InputError(f"{permutations} permutations give no chance level; take 1 or more, best 100")
    need_training_packages()
    require_use(corpus.card, "evaluation")
    named = [one for model in models for one in _models_of(model)]
    part = PartOfCorpus(corpus, per_speaker) if per_speaker is not None else corpus
    with tempfile.TemporaryDirectory(prefix="speechfair-") as name:
        folder = Path(name)
        manifest = build_manifest(part, folder)
        root = str(part.root.absolute()) if part.root is not None else None
        rows, unused = usable_rows(manifest, axes[0], root, folder, texts=False)
        told = {axis: _told(manifest, rows, unused, axis, leave_out) for axis in axes}
        window_s = choose_window([row.duration_s for row in rows])
        probed = {}
        for model in named:
            (say or (lambda _: None))(f"{model}: {len(rows)} utterances …")
            digest, layers = _states(model, language, rows, window_s, every_layer)
            for axis, (_, places, groups) in told.items():
                speakers = [rows[place].speaker for place in places]
                for layer, states in layers.items():
                    found = examine(states[places], groups, speakers, seed, permutations, level)
                    probed[model, digest, axis, layer, layer == max(layers)] = found
    report = LeakageReport(
        corpus=corpus.name,
        corpus_options=dict(part.options),
        manifest_sha256=content_digest(manifest),
        n_utterances=manifest.height,
        window_s=window_s,
        seed=seed,
        axes=[data for data, _, _ in told.values()],
        layers=[
            LayerLeakage(model=m, digest=d, axis=a, layer=n, last=last, leakage=found.leakage)
            for (m, d, a, n, last), found in probed.items()
        ],
        changes=_changes(
            {(m, a, n, last): found for (m, _, a, n, last), found in probed.items()}, named, seed, level
        ),
        notes=NOTES,
    )
    if out is not None:
        write_atomically(Path(out), report.to_json().encode())
    return report


def _models_of(name: str) -> list[str]:
    """The models that a word means: itself, or the two of a debiasing run."""
    folder = Path(name)
    record = folder / "debias.yaml"
    if not record.is_file():
        if folder.is_dir():
            raise InputError(
                f"{name} is no debiasing run; name the kind of a model: whisper:{name} or ctc:{name}"
            )
        return [name]
    if not (folder / "model").is_dir():
        raise InputError(f"{name} holds no model yet; finish the run with its own command")
    try:
        before = str(parse_yaml(record)[0]["recipe"]["model"])
    except (KeyError, TypeError, InputError) as error:
        raise InputError(f"{record} cannot be read as the record of a debiasing run: {error!r}") from None
    return [before, f"{'ctc' if before.startswith('ctc:') else 'whisper'}:{folder / 'model'}"]


def _told(
    manifest: pl.DataFrame, rows: Sequence[Row], unused: Counter[str], axis: str, leave_out: Sequence[str]
) -> tuple[AxisData, list[int], list[str]]:
    """What is known of an axis, the places of the rows that have a label on it, and their labels."""
    from speechfair.running.scoring import add_axis

    table = add_axis(manifest.filter(manifest["excluded"].is_null()), axis)
    group_of = dict(zip(table["id"], table["group"], strict=True))
    reasons, places = Counter(unused), []
    for place, row in enumerate(rows):
        group = group_of[row.id]
        if UNKNOWN in group.split("+"):
            reasons[f"no label on the axis {axis!r}"] += 1
        elif group in leave_out:
            reasons[f"group {group!r} is left out"] += 1
        else:
            places.append(place)
    groups = [group_of[rows[place].id] for place in places]
    who: dict[str, set[str]] = {}
    for place, group in zip(places, groups, strict=True):
        who.setdefault(group, set()).add(rows[place].speaker)
    if len(who) < 2:
        raise InputError(
            f"the axis {axis!r} has {len(who)} group here ({', '.join(who) or 'no row has a label'}); a probe tells "
            "two or more apart. `speechfair corpora` shows each corpus's axes"
        )
    few = {group: len(speakers) for group, speakers in sorted(who.items()) if len(speakers) < FOLDS}
    if few:
        group, count = next(iter(few.items()))
        raise InputError(
            f"the group {axis}={group!r} has {count} speakers; {FOLDS} are needed, one for each fold, since a probe "
            f"must be tried on speakers it has not heard. Leave it out with --exclude {group!r}, or take another axis"
        )
    data = AxisData(
        axis=axis,
        speakers={group: len(speakers) for group, speakers in sorted(who.items())},
        utterances=dict(sorted(Counter(groups).items())),
        left_out=dict(sorted(reasons.items())),
    )
    return data, places, groups


def _states(
    model: str, language: str | None, rows: Sequence[Row], window_s: float, every_layer: bool
) -> tuple[str, dict[int, Any]]:
    """The digest of a model, and the mean states of `rows` by layer."""
    from speechfair.debias.leakage.encoder_states import layer_means
    from speechfair.debias.training.pieces import load_pieces

    pieces = load_pieces(model, language)
    states = layer_means(pieces.model, rows, pieces, min(window_s, pieces.full_window_s))
    last = states.shape[1] - 1
    layers = range(last + 1) if every_layer else [last]
    return pieces.digest, {layer: states[:, layer] for layer in layers}


def _changes(
    probed: dict[tuple[str, str, int, bool], Probed], models: Sequence[str], seed: int, level: float
) -> list[LayerChange]:
    """Every later model against the first; none between models of different depth, whose layers do not match."""
    depths = {model: max(layer for name, _, layer, _ in probed if name == model) for model in models}
    found = []
    for after in models[1:]:
        for (model, axis, layer, last), old in probed.items():
            if model != models[0] or depths[model] != depths[after]:
                continue
            new = probed[after, axis, layer, last]
            estimate = change(old, new, seed, level)
            found.append(
                LayerChange(before=models[0], after=after, axis=axis, layer=layer, last=last, change=estimate)
            )
    return found
