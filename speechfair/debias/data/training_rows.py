"""From the recipe's corpora to training rows and development rows; every unused row has its reason.

A corpus whose licence forbids training is refused; so is training on a speaker, or on audio, that is also evaluated.
Audio is probed here (length, digest) but not decoded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechfair.corpora.licence import clause_of, require_use
from speechfair.debias.data.earlier_models import earlier_model, refuse_heard
from speechfair.debias.data.same_person import Person, naming_corpus, people_in_both
from speechfair.debias.data.training_data import Row, TrainingData
from speechfair.errors import InputError
from speechfair.types import UNKNOWN

if TYPE_CHECKING:
    import polars as pl

    from speechfair.debias.recipe import DebiasRecipe, TrainingSource

__all__ = [
    "SourceRows",
    "apart",
    "digest_of_rows",
    "gather",
    "refuse_overlap",
    "source_rows",
    "split_rows",
    "thinned",
    "usable_rows",
]

NO_TEXT = "no reference text"


def gather(recipe: DebiasRecipe, folder: Path) -> TrainingData:
    """List the recipe's training corpora, probe their audio, split off the development speakers, let the method add.

    Parameters
    ----------
    folder : where audio that comes as bytes is kept.
    """
    import numpy as np

    from speechfair.debias.method import load_method

    method = load_method(recipe.method)
    method.check(recipe)
    protected = []
    unused: Counter[str] = Counter()
    found = []
    for source in recipe.train:
        found.append(
            part := source_rows(
                recipe, source, folder, leave_out=recipe.exclude_groups, texts=method.needs_texts
            )
        )
        unused.update(part.unused)
    rows = apart([part.rows for part in found])
    for source in recipe.dev.protected:
        found.append(part := source_rows(recipe, source, folder))
        protected.append(part.rows)
        unused.update({f"protected development speakers: {why}": n for why, n in part.unused.items()})
    guard = apart(protected, taken=rows)
    train, dev = split_rows(rows, recipe, unused)
    _refuse_shared(train + dev, guard)
    # spread over the speakers, not over their groups: the protected are one group here
    guard = thinned(
        [replace(row, group="protected") for row in guard],
        recipe.dev.max_utterances,
        np.random.default_rng([recipe.seed, 4]),
    )
    data = TrainingData(
        tuple(train),
        tuple(dev),
        dict(sorted(unused.items())),
        tuple(part.digest for part in found),
        permissions=tuple(part.permission for part in found if part.permission is not None),
        guard=tuple(guard),
        earlier=tuple(earlier_model(folder) for folder in method.earlier_models()),
    )
    refuse_heard(data.earlier, (row.person for row in dev), "this recipe's development set")
    refuse_heard(data.earlier, (row.person for row in guard), "this recipe's protected development set")
    return method.extend(data, recipe, folder)


@dataclass(frozen=True)
class SourceRows:
    """What one corpus of a recipe gives.

    Parameters
    ----------
    unused : number of rows by reason.
    digest : sha256 of the corpus's manifest.
    permission : ``corpus``, ``licence`` and the user's ``permission``, where the recipe states one.
    """

    rows: list[Row]
    unused: Mapping[str, int]
    digest: str
    permission: Mapping[str, str] | None


def source_rows(
    recipe: DebiasRecipe,
    source: TrainingSource,
    folder: Path,
    *,
    leave_out: Sequence[str] = (),
    texts: bool = True,
) -> SourceRows:
    """The rows of a corpus that its licence lets a model be trained on; `leave_out` and `texts` as in `usable_rows`.

    Parameters
    ----------
    folder : where audio that comes as bytes is kept.

    Raises
    ------
    InputError
        The licence forbids training, and the recipe states no permission.
    """
    from speechfair.debias.data.sources import corpus_of
    from speechfair.running.content_digest import content_digest
    from speechfair.running.run_manifest import build_manifest, under_one_root

    corpus = corpus_of(recipe, source)
    require_use(
        corpus.card, "training", permission=source.permission,
        instead="whoever has the holder's permission says so in the recipe: permission: WHO ALLOWED WHAT, WHEN",
    )  # fmt: skip
    permission = None
    if source.permission is not None:
        permission = {
            "corpus": source.corpus,
            "licence": clause_of(corpus.card),
            "permission": source.permission,
        }
    manifest = build_manifest(corpus, folder)
    digest = content_digest(manifest)
    manifest, root = under_one_root(manifest, corpus.root)
    rows, unused = usable_rows(
        manifest, recipe.axis, root, folder,
        longest_s=recipe.max_seconds, prefix=f"{source.corpus}/", leave_out=leave_out, texts=texts,
        corpus=naming_corpus(corpus),
    )  # fmt: skip
    return SourceRows(rows, unused, digest, permission)


def apart(parts: Sequence[Sequence[Row]], taken: Sequence[Row] = ()) -> list[Row]:
    """The rows of several corpora, each under an id of its own: the corpus's place is appended to one that comes again.

    Parameters
    ----------
    taken : rows whose ids are in use.

    Raises
    ------
    InputError
        A corpus is named twice: the same audio has the same id in two of `parts`.
    """
    used, seen = {row.id for row in taken}, dict[str, Row]()
    found: list[Row] = []
    for place, part in enumerate(parts, 1):
        for row in part:
            before, name = seen.setdefault(row.id, row), row.id
            if before is not row and _audio(before) == _audio(row):
                raise InputError(
                    f"the utterance {row.id!r} comes from two sources of the recipe (the second is number {place}); "
                    "name each corpus once. To draw a group more often, choose a method such as 'balanced'"
                )
            while name in used:
                name = f"{name}#{place}"
            used.add(name)
            found.append(row if name == row.id else replace(row, id=name))
    return found


def _audio(row: Row) -> tuple[str, float | None, float | None, int | None]:
    return row.audio_sha256, row.start_s, row.end_s, row.channel


def digest_of_rows(rows: Sequence[Row]) -> str:
    """sha256 over ids, audio and texts, in order."""
    import hashlib

    lines = (
        f"{row.id}\t{row.audio_sha256}\t{row.start_s}\t{row.end_s}\t{row.text}\n"
        + (f"channel {row.channel}\n" if row.channel is not None else "")
        for row in rows
    )
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def split_rows(
    rows: Sequence[Row], recipe: DebiasRecipe, unused: Counter[str] | None = None
) -> tuple[list[Row], list[Row]]:
    """Rows of the training speakers, and of the development speakers, drawn from every group by the recipe's seed.

    Parameters
    ----------
    unused : takes the number of the development rows that have no text, and so cannot be used.

    Raises
    ------
    InputError
        There are no rows, a group has a single speaker, who cannot be on both sides, or none of its development rows
        has a text.
    """
    import numpy as np

    if not rows:
        raise InputError("no row of the training corpora can be used; the counts by reason tell why")
    _check_excluded(rows, recipe)
    rng = np.random.default_rng([recipe.seed, 1])
    held: set[str] = set()
    kept = [row for row in rows if row.group not in recipe.exclude_groups]
    speakers: dict[str, list[str]] = {}
    for group in sorted({row.group for row in kept}):
        speakers[group] = sorted({row.speaker for row in kept if row.group == group} - held)
        names = speakers[group]
        if len(names) < 2:
            raise InputError(
                f"the group {recipe.axis}={group!r} has {len(names)} speaker to train on; two are needed, one to train "
                f"and one for the development set. Leave it out with exclude_groups: [{group}], or choose another axis"
            )
        count = min(len(names) - 1, max(1, round(recipe.dev.share * len(names))))
        held.update(names[i] for i in rng.permutation(len(names))[:count])
    dev = [row for row in kept if row.speaker in held]
    train = [row for row in kept if row.speaker not in held]
    texts = [row for row in dev if row.text.strip()]
    if lost := sorted({row.group for row in dev} - {row.group for row in texts}):
        raise InputError(
            f"no development row of the group {recipe.axis}={lost[0]!r} has a text; the method needs none for "
            "training, but it is chosen by these rows. Add texts, or take a larger dev.share"
        )
    if unused is not None and len(texts) < len(dev):
        unused[f"development speakers: {NO_TEXT}"] += len(dev) - len(texts)
    return train, thinned(texts, recipe.dev.max_utterances, rng)


def refuse_overlap(data: TrainingData, manifest: pl.DataFrame, name: str, corpus: str | None = None) -> None:
    """Raise `InputError` if a speaker or audio of an evaluation manifest is in the training or development set.

    Parameters
    ----------
    name : of the evaluation.
    corpus : that named the manifest's speakers; None for a table of the user's own.
    """
    everybody = (*data.train, *data.dev, *data.guard, *data.side)
    theirs = {Person(corpus, speaker) for speaker in manifest["speaker"].drop_nulls().unique()}
    if shared := people_in_both((row.person for row in everybody), theirs):
        raise InputError(
            f"{len(shared)} speakers of the evaluation {name!r} are also training or development speakers "
            f"(first: {shared[0]!r}); "
            "an audit after training would say nothing. Use another split"
        )
    refuse_heard(data.earlier, theirs, f"the evaluation {name!r}", chosen_by=True)
    heard = {(row.audio_sha256, row.start_s, row.end_s) for row in everybody}
    again = manifest.select("audio_sha256", "start_s", "end_s", "id").iter_rows()
    if same := sorted(id_ for digest, start, end, id_ in again if (digest, start, end) in heard):
        raise InputError(
            f"{len(same)} utterances of the evaluation {name!r} have the very audio of a training row "
            f"(first: {same[0]!r}), under another speaker's name; remove them from one side"
        )


def usable_rows(
    manifest: pl.DataFrame,
    axis: str,
    root: str | None,
    folder: Path,
    *,
    longest_s: float = 30.0,
    leave_out: Sequence[str] = (),
    prefix: str = "",
    texts: bool = True,
    corpus: str | None = None,
) -> tuple[list[Row], Counter[str]]:
    """The rows of a manifest that can be used, and the number of the others by reason.

    Parameters
    ----------
    axis : whose value is a row's group.
    root, folder : where audio lies, as in `locate_under`.
    leave_out : groups that are not wanted.
    prefix : put before every id.
    texts : whether a row needs one.
    corpus : that named the speakers; None for a table of the user's own.
    """
    from speechfair.running.run_manifest import locate_under
    from speechfair.running.scoring import add_axis

    rows: list[Row] = []
    reasons: Counter[str] = Counter()
    for row in add_axis(manifest, axis).iter_rows(named=True):
        if reason := _unusable(row, longest_s, leave_out, texts):
            reasons[reason] += 1
            continue
        rows.append(
            Row(
                id=prefix + row["id"],
                audio=locate_under(row["audio"], None if root is None else Path(root), folder),
                audio_sha256=row["audio_sha256"],
                start_s=row["start_s"],
                end_s=row["end_s"],
                duration_s=row["duration_s"],
                text=row["text"] or "",
                language=row["language"],
                speaker=row["speaker"],
                group=row["group"],
                channel=row["channel"],
                corpus=corpus,
            )
        )
    if len(rows) + sum(reasons.values()) != manifest.height:
        raise AssertionError("rows of the manifest were lost")
    return rows, reasons


def _unusable(row: Mapping[str, Any], longest_s: float, leave_out: Sequence[str], texts: bool) -> str | None:
    if row["excluded"]:
        return str(row["excluded"])
    if row["audio_error"]:
        return str(row["audio_error"])
    if texts and not (row["text"] or "").strip():
        return NO_TEXT
    if row["speaker"] is None:
        return "no speaker, so it cannot be kept apart from the evaluation"
    if row["duration_s"] > longest_s:
        return f"longer than {longest_s:g} s"
    if row["group"] in leave_out:
        return f"group {row['group']!r} is excluded by the recipe"
    return None


def _refuse_shared(rows: Sequence[Row], guard: Sequence[Row]) -> None:
    if shared := people_in_both((row.person for row in rows), (row.person for row in guard)):
        raise InputError(
            f"{len(shared)} protected development speakers are also training or development speakers of a group "
            f"(first: {shared[0]!r}); name other `speakers` in dev.protected"
        )


def _check_excluded(rows: Sequence[Row], recipe: DebiasRecipe) -> None:
    if {row.group for row in rows} == {UNKNOWN}:
        raise InputError(
            f"no training row has a label on the axis {recipe.axis!r}; `speechfair corpora` shows each corpus's axes"
        )


def thinned(rows: list[Row], most: int, rng: Any) -> list[Row]:
    """At most `most` rows, spread evenly over groups and their speakers."""
    if len(rows) <= most:
        return rows
    waiting: dict[str, dict[str, list[int]]] = {}
    for place in rng.permutation(len(rows)):
        row = rows[place]
        waiting.setdefault(row.group, {}).setdefault(row.speaker, []).append(int(place))
    chosen: set[int] = set()
    while len(chosen) < most:
        for group in sorted(waiting):
            if not waiting[group] or len(chosen) >= most:
                continue
            speaker = next(iter(waiting[group]))
            left = waiting[group].pop(speaker)
            chosen.add(left.pop())
            if left:
                waiting[group][speaker] = left  # to the end of the queue
    return [row for place, row in enumerate(rows) if place in chosen]
