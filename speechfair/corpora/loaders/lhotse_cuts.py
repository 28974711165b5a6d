"""lhotse cuts, both ways: a `CutSet` manifest as a corpus, and a corpus as a `CutSet` manifest.

A supervision becomes an utterance. Labels are read from ``supervision.custom["speechfair_labels"]`` (a list of axis,
value and source, as `write_cuts` writes it) or else from those keys of ``custom`` that are known axes. Cuts that are
mixed, have several channels at once, or whose recording is transformed are excluded; a cut of one channel of a
recording is that channel. Needs the extra ``lhotse``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from speechfair.corpora.base import FolderCorpus
from speechfair.corpora.languages import iso_639_3
from speechfair.corpora.layout import inside
from speechfair.corpora.rows import labels_of
from speechfair.errors import CorpusError, InputError, MissingExtraError, StorageError
from speechfair.types import Corpus, Exclusion, Label, Utterance

__all__ = ["LhotseCuts", "write_cuts"]

_ENDINGS = (".jsonl.gz", ".jsonl")
_LABELS, _TIMES = "speechfair_labels", "speechfair_times"


class LhotseCuts(FolderCorpus):
    """A manifest of cuts.

    Parameters
    ----------
    root : folder that the audio lies under and that relative paths start from; the manifest's own if None.
    manifest : the file, ``*.jsonl.gz`` or ``*.jsonl``.
    language : ISO 639-3 code of supervisions that have no language, or name one in words.
    """

    name = "lhotse"

    def __init__(
        self, root: Path | None, *, manifest: str | Path | None = None, language: str = "eng"
    ) -> None:
        if manifest is None:
            raise InputError("the corpus 'lhotse' needs its file; give --manifest (in Python: manifest=…)")
        self._path = Path(manifest)
        if not self._path.is_file():
            raise CorpusError(f"--manifest {manifest}: there is no such file")
        if not self._path.name.endswith(_ENDINGS):
            raise CorpusError(f"{self._path}: a manifest of cuts ends in {' or '.join(_ENDINGS)}")
        super().__init__(root if root is not None else self._path.absolute().parent)
        self._language = language
        self._options = {"manifest": self._path.name, "language": language}
        self._cuts = _lhotse().CutSet

    def __iter__(self) -> Iterator[Utterance | Exclusion]:
        import json
        import zlib

        number = 0
        try:
            for number, cut in enumerate(self._cuts.from_jsonl_lazy(self._path), 1):
                yield from self._cut(cut, f"{self._path.name}, cut {number}")
        except (
            json.JSONDecodeError,
            UnicodeDecodeError,
            EOFError,
            KeyError,
            TypeError,
            AssertionError,
            OSError,
            ValueError,
            RecursionError,
            zlib.error,
        ) as error:
            raise CorpusError(
                f"{self._path}, after cut {number}: cannot be read as cuts: {type(error).__name__}: {error}"
            ) from None

    def _cut(self, cut: Any, where: str) -> Iterator[Utterance | Exclusion]:
        reason = self._unusable(cut)
        if reason is None and not cut.supervisions:
            reason = "no supervision"
        if reason is not None:
            yield Exclusion(cut.id, reason, where)
            return
        audio = inside(self.root, cut.recording.sources[0].source)
        for supervision in cut.supervisions:
            if audio is None:
                yield Exclusion(
                    supervision.id, f"audio path leads out of {self.root.name!r}; give --root", where
                )
            else:
                yield self._utterance(cut, supervision, audio)

    def _unusable(self, cut: Any) -> str | None:
        if type(cut).__name__ != "MonoCut" or cut.recording is None:
            return f"a {type(cut).__name__} without a single recording"
        recording = cut.recording
        if recording.transforms:
            return "the recording is transformed"
        if len(recording.sources) != 1 or recording.sources[0].type != "file":
            return "audio is not one file"
        if cut.channel not in recording.sources[0].channels:
            return f"channel {cut.channel} is not in the recording's file"
        return None

    def _utterance(self, cut: Any, supervision: Any, audio: Path) -> Utterance:
        start, end = cut.start + supervision.start, cut.start + supervision.end
        custom, recording = dict(supervision.custom or {}), cut.recording
        whole = start <= 0 and abs(end - recording.duration) < 1e-3
        times = custom.get(_TIMES, [None, None] if whole else [max(0.0, start), end])
        return Utterance(
            id=supervision.id,
            audio=audio,
            text=supervision.text if (supervision.text or "").strip() else None,
            language=self._code(supervision.language),
            speaker=supervision.speaker or None,
            labels=self._labels(supervision, custom),
            start_s=times[0],
            end_s=times[1],
            channel=recording.sources[0].channels.index(cut.channel) if recording.num_channels > 1 else None,
        )

    def _code(self, language: str | None) -> str:
        try:
            return iso_639_3(language) if language else self._language
        except CorpusError:  # lhotse's recipes often write a name, such as English
            return self._language

    def _labels(self, supervision: Any, custom: dict[str, Any]) -> tuple[Label, ...]:
        if _LABELS in custom:
            return labels_of(custom[_LABELS], f"{self._path.name}, {supervision.id}")
        values = {axis: value for axis, value in custom.items() if axis in self.card.axes}
        return self.label(**{"gender": supervision.gender, **values})


def write_cuts(corpus: Corpus, path: Path) -> list[Exclusion]:
    """Write a corpus as a manifest of cuts (``*.jsonl.gz``), and return the rows that could not be written.

    Audio files are opened for their headers. Paths are relative to the corpus's root where they lie under it.
    """
    lhotse = _lhotse()
    if not path.name.endswith(_ENDINGS):
        raise InputError(f"{path}: a manifest of cuts ends in {' or '.join(_ENDINGS)}")
    left: list[Exclusion] = []
    try:
        with lhotse.CutSet.open_writer(path, overwrite=True) as writer:
            for item in corpus:
                made = item if isinstance(item, Exclusion) else _made(item, corpus.root, lhotse)
                if isinstance(made, Exclusion):
                    left.append(made)
                else:
                    writer.write(made)
    except OSError as error:
        raise StorageError(f"{path} could not be written: {error.strerror or error}") from error
    return left


def _made(item: Utterance, root: Path | None, lhotse: Any) -> Any:
    """A cut of one utterance, or why there can be none."""
    from speechfair.audio import AudioError, load_bytes, probe

    if not isinstance(item.audio, Path):
        return Exclusion(item.id, "audio lies within an archive; lhotse needs a file", item.audio.name)
    try:
        facts = probe(load_bytes(item.audio))
    except AudioError as error:
        return Exclusion(item.id, str(error), str(item.audio))
    if facts.channels != 1 and item.channel is None:
        return Exclusion(item.id, f"{facts.channels} channels where one is expected", str(item.audio))
    inner = root is not None and item.audio.is_relative_to(root)
    source = item.audio.relative_to(root).as_posix() if root is not None and inner else str(item.audio)
    start = item.start_s or 0.0
    length = (item.end_s if item.end_s is not None else facts.duration_s) - start
    if length <= 0 or start + length > facts.duration_s + 0.05:
        return Exclusion(
            item.id, f"the stretch does not fit audio of {facts.duration_s:.3f} s", str(item.audio)
        )
    recording = lhotse.Recording(
        id=item.id,
        sources=[lhotse.audio.AudioSource(type="file", channels=list(range(facts.channels)), source=source)],
        sampling_rate=facts.sample_rate,
        num_samples=facts.frames,
        duration=facts.duration_s,
    )
    supervision = lhotse.SupervisionSegment(
        id=item.id,
        recording_id=item.id,
        channel=item.channel or 0,
        start=0.0,
        duration=length,
        text=item.text,
        language=item.language,
        speaker=item.speaker,
        custom={
            _TIMES: [item.start_s, item.end_s],
            _LABELS: [{"axis": x.axis, "value": x.value, "source": x.source} for x in item.labels],
        },
    )
    return lhotse.MonoCut(
        id=item.id,
        start=start,
        duration=length,
        channel=item.channel or 0,
        supervisions=[supervision],
        recording=recording,
    )


def _lhotse() -> Any:
    try:
        import lhotse
    except ImportError as error:
        raise MissingExtraError("reading and writing cuts", error.name or "lhotse", "lhotse") from None
    return lhotse
