"""Checking a corpus: every fault that is planted is found, and a sound corpus is left in peace."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from speechfair.corpora import load_corpus
from speechfair.curating.corpus_check import CorpusCheck, check_corpus
from speechfair.curating.corpus_confounds import Confound, told
from speechfair.curating.corpus_facts import look_at
from speechfair.errors import CorpusError
from speechfair.types import Exclusion, Label, Utterance
from tests.support import ListCorpus

RATE = 16_000


def noise(path: Path, seconds: float = 0.4, level: float = 0.1, seed: int = 0, rate: int = RATE) -> Path:
    rng = np.random.default_rng([seed, *path.name.encode()])
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, rng.normal(0, level, round(seconds * rate)).clip(-1, 1), rate, subtype="PCM_16")
    return path


def corpus(
    folder: Path,
    *,
    name: str = "listed",
    speakers: int = 12,
    text: Callable[[int, int], str] = lambda s, u: f"sentence {'abc'[u]} is read",
    seconds: Callable[[int], float] = lambda s: 0.4 + 0.02 * (s // 2),
    level: Callable[[int], float] = lambda s: 0.1 + 0.01 * (s // 2),
    ending: Callable[[int], str] = lambda s: "wav",
) -> ListCorpus:
    """Three utterances of each speaker; accents x and y take turns, and pairs of speakers are alike in the rest."""
    rows: list[Utterance | Exclusion] = []
    for s in range(speakers):
        labels = (
            Label("accent", "xy"[s % 2], "corpus"),
            Label("gender", ["female", "male"][s // 2 % 2], "corpus"),
        )
        for u in range(3):
            path = noise(folder / f"{name}-{s}-{u}.{ending(s)}", seconds(s), level(s))
            rows.append(Utterance(f"{s}-{u}", path, text(s, u), "eng", f"s{s}", labels))
    return ListCorpus(rows, folder, name=name)


def kinds(found: CorpusCheck, level: str | None = None) -> set[str]:
    return {finding.kind for finding in found.findings if level in (None, finding.level)}


def test_a_sound_corpus_has_nothing_to_tell(tmp_path: Path) -> None:
    found = check_corpus(corpus(tmp_path))
    assert found.ok
    assert found.findings == ()
    assert found.confounds == ()
    assert found.parts == {"all": {"in": 36, "excluded": 0, "unreadable": 0, "usable": 36}}
    assert found.n_speakers == 12
    total = sum(0.4 + 0.02 * (s // 2) for s in range(12)) * 3
    assert found.hours == pytest.approx(total / 3600)
    groups = {(group.axis, group.value): group for group in found.groups}
    assert set(groups) == {
        ("accent", "x"),
        ("accent", "y"),
        ("gender", "female"),
        ("gender", "male"),
        *(("accent+gender", f"{a}+{g}") for a in "xy" for g in ("female", "male")),
    }
    x = groups["accent", "x"]
    assert (x.n_utterances, x.n_speakers, x.n_words, x.sample_rates) == (18, 6, 72, (RATE,))
    assert json.loads(json.dumps(found.to_dict()))["schema"] == "corpus-check/1"


def test_levels_lengths_clipping_and_silence_are_measured(tmp_path: Path) -> None:
    sine = np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)
    soundfile.write(tmp_path / "sine.wav", 0.5 * sine, RATE, subtype="FLOAT")
    soundfile.write(tmp_path / "clipped.wav", (2 * sine).clip(-1, 1), RATE, subtype="FLOAT")
    soundfile.write(
        tmp_path / "half.wav", np.concatenate([np.zeros(RATE), 0.5 * sine]), RATE, subtype="FLOAT"
    )
    soundfile.write(tmp_path / "nothing.wav", np.zeros(RATE), RATE)

    def look(name: str, *times: float) -> object:
        return look_at(Utterance("u", tmp_path / name, "x", "eng", "s", (), *times))

    full = look_at(Utterance("u", tmp_path / "sine.wav", "x", "eng", "s"))
    assert not isinstance(full, str)
    assert full.level_db == pytest.approx(20 * np.log10(0.5 / np.sqrt(2)), abs=1e-6)
    assert (full.duration_s, full.sample_rate, full.channels, full.clipped, full.silent) == (
        1.0,
        RATE,
        1,
        0.0,
        0.0,
    )
    clipped = look("clipped.wav")
    # |sin| >= 1/2 for two thirds of the time
    assert clipped.clipped == pytest.approx(2 / 3, abs=0.02)  # type: ignore[attr-defined]
    assert look("half.wav").silent == pytest.approx(0.5, abs=0.02)  # type: ignore[attr-defined]
    assert look("half.wav", 1.0, 2.0).digest == full.digest  # type: ignore[attr-defined]
    assert look("nothing.wav").level_db is None  # type: ignore[attr-defined]
    assert look("nothing.wav").silent == 1.0  # type: ignore[attr-defined]
    assert "the audio is 1.000 s long" in str(look("sine.wav", 0.5, 2.0))
    assert look("missing.wav") == "audio file is missing"


def test_faults_of_rows(tmp_path: Path) -> None:
    sound = corpus(tmp_path)
    rows = list(sound.rows)
    first, second, third = rows[:3]
    assert isinstance(first, Utterance)
    assert isinstance(second, Utterance)
    assert isinstance(third, Utterance)
    assert isinstance(first.audio, Path)
    (tmp_path / "broken.wav").write_bytes(b"RIFF")
    soundfile.write(tmp_path / "same.flac", soundfile.read(first.audio)[0], RATE, subtype="PCM_16")
    rows[1] = replace(second, id=first.id, text="2nd <laugh> sentence")
    rows[2] = replace(third, audio=tmp_path / "broken.wav", speaker=None, text=None)
    rows += [
        Exclusion("e", "because", "there"),
        replace(first, id="copy", audio=tmp_path / "same.flac"),
        replace(first, id="loud", audio=noise(tmp_path / "loud.wav", level=5.0)),
        replace(first, id="silent", audio=noise(tmp_path / "silent.wav", level=1e-4)),
    ]
    found = check_corpus(ListCorpus(rows, tmp_path))
    assert not found.ok
    assert kinds(found, "problem") == {"duplicate-id", "unreadable", "duplicate-audio"}
    assert {
        "excluded",
        "no-speaker",
        "clipping",
        "silence",
        "transcript-no-text",
        "transcript-digits",
    } <= kinds(found)
    assert "transcript-brackets-or-tags" in kinds(found)
    assert {finding.kind: finding.examples for finding in found.findings}["repeated-text"] == (
        "0-0",
        "copy",
        "loud",
        "silent",
    )
    examples = {finding.kind: finding.examples for finding in found.findings}
    assert examples["duplicate-id"] == ("0-0",)
    assert examples["duplicate-audio"] == ("0-0", "copy")
    assert examples["clipping"] == ("loud",)
    assert examples["silence"] == ("silent",)
    assert found.excluded == {"because": 1}
    assert found.parts["all"] == {"in": 40, "excluded": 1, "unreadable": 1, "usable": 38}


def test_without_audio_nothing_is_opened(tmp_path: Path) -> None:
    sound = corpus(tmp_path)
    for path in tmp_path.glob("*.wav"):
        path.write_bytes(b"")
    found = check_corpus(sound, audio=False)
    assert found.ok
    assert found.hours is None
    assert {group.hours for group in found.groups} == {None}


def test_speakers_audio_and_texts_in_two_parts(tmp_path: Path) -> None:
    whole = corpus(tmp_path)
    train = ListCorpus(whole.rows[:18], tmp_path)
    test = ListCorpus(whole.rows[17:], tmp_path)
    found = check_corpus({"train": train, "test": test})
    told_of = {finding.kind: finding for finding in found.findings}
    assert told_of["speaker-leakage"].level == "problem"
    assert told_of["speaker-leakage"].examples == ("s5",)
    assert told_of["audio-leakage"].message == "in both 'train' and 'test': 1 audio"
    assert told_of["text-leakage"].level == "note"
    assert "duplicate-audio" in told_of
    apart = check_corpus({"train": ListCorpus(whole.rows[:18]), "test": ListCorpus(whole.rows[18:])})
    assert apart.ok
    assert kinds(apart) == {"text-leakage"}


def test_the_same_speaker_name_in_two_corpora_is_two_people(tmp_path: Path) -> None:
    found = check_corpus(
        {
            "a": corpus(tmp_path / "a", name="a"),
            "b": corpus(tmp_path / "b", name="b", level=lambda s: 0.1 + 0.01 * s),
        }
    )
    assert found.n_speakers == 24
    assert "speaker-leakage" not in kinds(found)
    assert {group.value for group in found.groups if group.axis == "corpus"} == {"a", "b"}


@pytest.mark.parametrize(
    ("planted", "trait", "separated"),
    [
        ({"ending": lambda s: ["wav", "flac"][s % 2]}, "type of audio file", True),
        ({"text": lambda s, u: f"{'xy'[s % 2]} {u}"}, "texts", True),
        ({"seconds": lambda s: 0.4 + 0.3 * (s % 2) + 0.01 * s}, "recording length", False),
        ({"level": lambda s: (0.05 + 0.1 * (s % 2)) * (1 + 0.02 * s)}, "level", False),
        (
            {
                "text": lambda s, u: (
                    "same text" if u == 0 else f"sentence {u}" + " more" * (5 * (s % 2) + s // 4)
                )
            },
            "text length",
            False,
        ),
    ],
)
def test_what_is_planted_beside_the_accent_is_named(
    tmp_path: Path,
    planted: dict,  # type: ignore[type-arg]
    trait: str,
    separated: bool,
) -> None:
    found = check_corpus(corpus(tmp_path, **planted))
    named = [each for each in found.confounds if each.trait == trait]
    assert [(each.axis, each.one, each.other, each.separated) for each in named] == [
        ("accent", "x", "y", separated)
    ]
    assert (named[0].effect is None) == separated
    assert not any(each.axis == "gender" for each in found.confounds)
    assert found.ok == (trait != "type of audio file")
    if named[0].effect is not None:
        assert named[0].effect < -0.8, "y is longer or louder than x"


def test_cohens_d_is_over_speakers(tmp_path: Path) -> None:
    found = check_corpus(corpus(tmp_path, seconds=lambda s: 0.4 + 0.3 * (s % 2) + 0.02 * (s // 2)))
    (named,) = (each for each in found.confounds if each.trait == "recording length")
    spread = np.std([0.02 * k for k in range(6)], ddof=1)
    assert named.effect == pytest.approx(-0.3 / spread, rel=1e-6)


def test_many_pairs_are_told_together() -> None:
    pairs = [Confound("accent", "a", str(n), "texts", True, None, f"pair {n}") for n in range(4)]
    assert told(pairs[:3]) == [("note", "pair 0"), ("note", "pair 1"), ("note", "pair 2")]
    assert told(pairs) == [("note", "accent: 4 pairs of groups have no texts in common, such as 'a' and '0'")]


def test_no_speakers_and_no_labels_are_problems(tmp_path: Path) -> None:
    rows = [
        replace(row, speaker=None, labels=()) for row in corpus(tmp_path).rows if isinstance(row, Utterance)
    ]
    found = check_corpus(ListCorpus(rows, tmp_path), audio=False)
    assert kinds(found, "problem") == {"no-speakers", "no-labels"}


def test_only_the_asked_axes_are_looked_at(tmp_path: Path) -> None:
    sound = corpus(tmp_path, text=lambda s, u: f"{'xy'[s % 2]} {'abc'[u]}")
    assert check_corpus(sound, group_by=["gender"], audio=False).findings == ()
    found = check_corpus(sound, group_by=["gender+accent"], audio=False)
    assert {group.axis for group in found.groups} == {"gender+accent"}
    with pytest.raises(CorpusError, match="no row has a label 'acent'; this corpus has accent, gender"):
        check_corpus(sound, group_by=["acent"], audio=False)


def test_an_empty_corpus() -> None:
    with pytest.raises(CorpusError, match="no row is listed by all"):
        check_corpus(ListCorpus([]))


def test_threads_change_nothing(tmp_path: Path) -> None:
    sound = corpus(tmp_path)
    assert check_corpus(sound, threads=1) == check_corpus(sound, threads=4)


@pytest.mark.data
def test_two_real_corpora_are_confounded(data_root: Path) -> None:
    parts = {
        "read by learners": load_corpus("speechocean762", data_root / "speechocean762-subset"),
        "audio books": load_corpus("librispeech", data_root / "librispeech-subset"),
    }
    found = check_corpus(parts, audio=False)
    assert not found.ok
    assert {part: counts["in"] for part, counts in found.parts.items()} == {
        "read by learners": 720,
        "audio books": 298,
    }
    assert found.n_speakers == 84
    named = {(each.axis, each.trait) for each in found.confounds if each.separated}
    assert {("accent", "corpus"), ("accent", "texts"), ("accent", "type of audio file")} <= named


@pytest.mark.data
def test_the_splits_of_a_real_corpus_are_apart(data_root: Path) -> None:
    root = data_root / "speechocean762-subset"
    found = check_corpus(
        {split: load_corpus("speechocean762", root, split=split) for split in ("train", "test")}
    )
    assert found.ok
    assert not kinds(found) & {"speaker-leakage", "audio-leakage", "duplicate-audio", "unreadable"}
    assert found.n_speakers == 64
    assert {group.n_speakers for group in found.groups if group.axis == "gender"} == {32}


def test_rows_within_a_parquet_file_have_no_file_type_of_their_own(tmp_path: Path) -> None:
    from speechfair.corpora.hub import ParquetAudio

    rows = [
        Utterance(
            f"u{n}",
            ParquetAudio(tmp_path / "test.parquet", n, "audio"),
            f"text {n % 3}",
            "eng",
            f"s{n}",
            labels,
        )
        for n in range(12)
        for labels in [(Label("accent", "xy"[n % 2], "corpus"),)]
    ]
    assert not [
        each for each in check_corpus(ListCorpus(rows), audio=False).confounds if "file" in each.trait
    ]


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "folder", "options", "rows", "speakers", "groups"),
    [
        (
            "speechocean762",
            "speechocean762-subset",
            {},
            720,
            64,
            {("gender", "female"): 32, ("gender", "male"): 32, ("age_band", "child"): 32},
        ),
        ("speechocean762", "speechocean762-subset", {"split": "train"}, 480, 40, {}),
        ("speechocean762", "speechocean762-subset", {"split": "test"}, 240, 24, {("age_band", "child"): 12}),
        (
            "fsdd",
            "fsdd-subset",
            {},
            720,
            6,
            {("accent", "USA/neutral"): 2, ("accent", "BEL/French"): 1, ("accent", "DEU/German"): 2},
        ),
        ("librispeech", "librispeech-subset", {}, 298, 20, {("gender", "unknown"): 0}),
        ("common_voice", "cv-ja-8", {}, 8, 0, {}),
    ],
)
def test_counts_of_the_real_sets_are_those_of_their_readme(
    data_root: Path,
    name: str,
    folder: str,
    options: dict,
    rows: int,
    speakers: int,
    groups: dict,  # type: ignore[type-arg]
) -> None:
    found = check_corpus(load_corpus(name, data_root / folder, **options), audio=False)
    (part,) = found.parts.values()
    assert (part["usable"], part["excluded"], found.n_speakers) == (rows, 0, speakers)
    counted = {(group.axis, group.value): group.n_speakers for group in found.groups}
    assert {key: counted.get(key, 0) for key in groups} == groups


@pytest.mark.parametrize("language", ["zh", "yue", "jpn", "tha", "mya", "khm", "lao", "bod"])
def test_languages_without_spaces_are_measured_in_characters(language: str, tmp_path: Path) -> None:
    lines = ["audio,text,speaker,accent,language"]
    for n in range(24):
        spaceless = n % 2
        text = "\u4eca\u65e5\u306f\u3001\u6674\u308c\u3002" if spaceless else "it is sunny today"
        lines.append(f'{n}.wav,"{text}",s{n % 12},{"xy"[spaceless]},{language if spaceless else "eng"}')
    (tmp_path / "m.csv").write_text("\n".join(lines), "utf-8")
    found = check_corpus(load_corpus("manifest", manifest=tmp_path / "m.csv"), audio=False)
    lengths = {g.value: (g.n_words, g.n_characters) for g in found.groups if g.axis == "accent"}
    assert lengths == {"x": (48, 0), "y": (0, 60)}
    assert not [each for each in found.findings if "text length" in each.message]
