"""The synthetic accents: bytes that never depend on what was rendered before, and a dial that only adds."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
import sys
import wave
from collections import defaultdict
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechfair.errors import InputError, MissingExtraError, StorageError
from speechfair.resources import data_folder
from speechfair.synthesis import espeak
from speechfair.synthesis.accent_rules import ITSELF, load_rules
from speechfair.synthesis.synthetic import VOICES, SyntheticAccents
from speechfair.types import Corpus, Utterance

pytest.importorskip("espeakng_loader", reason="espeak-ng comes with the extra 'synth'")

RULES = load_rules(data_folder("corpora") / "synthetic" / "rules.yaml")
SMALL: dict[str, Any] = {"first_languages": ["jpn", "deu"], "voices": 2, "texts": 2}


def sums(corpus: SyntheticAccents) -> dict[str, str]:
    return {row.id: hashlib.sha256(row.audio.read_bytes()).hexdigest() for row in rows(corpus)}


def rows(corpus: SyntheticAccents) -> list[Any]:
    found = list(corpus)
    assert all(isinstance(row, Utterance) and isinstance(row.audio, Path) for row in found)
    return found


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> SyntheticAccents:
    return SyntheticAccents(tmp_path_factory.mktemp("small"), **SMALL)


class TestDesign:
    def test_satisfies_the_protocol(self, small: SyntheticAccents) -> None:
        assert isinstance(small, Corpus)
        assert json.loads(json.dumps(small.options)) == small.options
        again = SyntheticAccents(small.root, **small.options)
        assert [row.id for row in again] == [row.id for row in small]

    def test_is_parallel(self, small: SyntheticAccents) -> None:
        cells = defaultdict(set)
        for row in rows(small):
            facts = {label.axis: label.value for label in row.labels}
            assert {label.source for label in row.labels} == {"corpus"}
            cells[facts["first_language"], facts["strength"]].add((row.speaker, facts["gender"], row.text))
        assert set(cells) == {("eng", "0"), *((code, s) for code in ("jpn", "deu") for s in ("0.5", "1"))}
        assert len({frozenset(cell) for cell in cells.values()}) == 1
        assert {len(cell) for cell in cells.values()} == {4}
        assert {gender for _, gender, _ in cells["eng", "0"]} == {"female", "male"}

    def test_ids_and_files_are_one_each(self, small: SyntheticAccents) -> None:
        found = rows(small)
        assert len(found) == len(small) == len({row.id for row in found}) == len({row.audio for row in found})

    def test_texts_are_verbatim(self, small: SyntheticAccents) -> None:
        assert next(iter(rows(small))).text == "The children were playing in the garden after breakfast."

    def test_audio_is_16_bit_mono_and_audible(self, small: SyntheticAccents) -> None:
        for row in rows(small):
            with wave.open(str(row.audio)) as file:
                assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (22050, 2, 1)
                samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(float)
            assert 1.0 < len(samples) / 22050 < 10.0
            assert np.sqrt(np.mean(samples**2)) > 500

    def test_voices_and_accents_all_sound_different(self, small: SyntheticAccents) -> None:
        assert len(set(sums(small).values())) == len(small)

    def test_there_are_voices_enough_of_both_genders(self) -> None:
        assert (
            len({voice.id for voice in VOICES}) == len({voice.name for voice in VOICES}) == len(VOICES) >= 12
        )
        for n in (4, 8, len(VOICES)):
            genders = [voice.gender for voice in VOICES[:n]]
            assert genders.count("female") == genders.count("male")

    def test_without_reference(self, tmp_path: Path) -> None:
        corpus = SyntheticAccents(
            tmp_path, first_languages="fra", strengths=[1], voices=1, texts=1, include_reference=False
        )
        assert [row.id for row in rows(corpus)] == ["fra-1-m6-001"]

    def test_the_default_folder_follows_what_decides_the_content(self) -> None:
        one, two = SyntheticAccents(seed=1), SyntheticAccents(seed=2)
        assert one.root != two.root
        assert one.root == SyntheticAccents(seed=1).root
        assert str(one.root).startswith(os.environ["SPEECHFAIR_CACHE"])

    def test_the_card_knows_the_labels(self, small: SyntheticAccents) -> None:
        card = small.card
        everything = SyntheticAccents(small.root, voices=1, texts=1)
        assert "no statement about real speakers" in card.statement
        for row in [*rows(small), *rows(everything)]:
            for label in row.labels:
                values = card.axes[label.axis].values
                assert card.axes[label.axis].source == label.source
                assert values is None or label.value in values
        reference = {label.axis: label.value for label in rows(small)[0].labels}
        assert card.reference.items() <= reference.items()
        assert set(card.axes["first_language"].values) == {"eng", *RULES.codes}


class TestDeterminism:
    def test_another_order_another_process_the_same_bytes(
        self, small: SyntheticAccents, tmp_path: Path
    ) -> None:
        reordered = SyntheticAccents(
            tmp_path / "a", **SMALL | {"first_languages": ["deu", "jpn"]}, strengths=[1, 0.5]
        )
        assert sums(reordered) == sums(small)
        code = (
            "import sys, json; from speechfair.synthesis.synthetic import SyntheticAccents as S\n"
            "[0 for _ in S(sys.argv[1], **json.loads(sys.argv[2]))]"
        )
        other = tmp_path / "b"
        environment = {**os.environ, "PYTHONHASHSEED": "77", "PYTHONPATH": os.pathsep.join(sys.path)}
        subprocess.run(
            [sys.executable, "-c", code, str(other), json.dumps(SMALL)], env=environment, check=True
        )
        before = {path: path.stat().st_mtime_ns for path in other.rglob("*.wav")}
        assert sums(SyntheticAccents(other, **SMALL)) == sums(small)
        assert {path: path.stat().st_mtime_ns for path in other.rglob("*.wav")} == before

    def test_a_subset_first_and_an_interruption_change_nothing(
        self, small: SyntheticAccents, tmp_path: Path
    ) -> None:
        list(SyntheticAccents(tmp_path, first_languages=["deu"], strengths=[1.0], voices=1, texts=2))
        corpus = SyntheticAccents(tmp_path, **SMALL)
        broken = iter(corpus)
        for _ in range(7):
            next(broken)
        assert sums(corpus) == sums(small)

    def test_another_seed_in_the_same_folder_is_not_mistaken(self, tmp_path: Path) -> None:
        arguments = {"first_languages": ["jpn"], "strengths": [0.5], "voices": 1, "texts": 2}
        first = sums(SyntheticAccents(tmp_path, **arguments))
        second = sums(SyntheticAccents(tmp_path, **arguments, seed=5))
        assert first != second
        assert sums(SyntheticAccents(tmp_path, **arguments)) == first

    def test_rendering_has_no_memory(self) -> None:
        said = espeak.phonemize("She sells fresh fish.", RULES.base_voice)
        other = espeak.phonemize("Five zebras sleep.", RULES.base_voice)
        first = espeak.render(said, VOICES[0], seed=3)
        espeak.render(other, VOICES[1], seed=9)
        assert espeak.render(said, VOICES[0], seed=3) == first

    def test_iterating_renders_only_what_is_asked_for(self, tmp_path: Path) -> None:
        next(iter(SyntheticAccents(tmp_path, **SMALL)))
        assert len(list(tmp_path.rglob("*.wav"))) == 1


class TestDials:
    OPTIONS: ClassVar[dict[str, Any]] = {"first_languages": "jpn", "voices": 1, "texts": 1}

    def test_are_crossed_and_apart(self, tmp_path: Path) -> None:
        corpus = SyntheticAccents(
            tmp_path,
            strengths=[0, 1],
            prosodies=[0, 1],
            tempos=[1, 1.5],
            channels="clean,noise:5",
            **self.OPTIONS,
        )
        found = rows(corpus)
        assert len(found) == len(corpus) == len({row.id for row in found}) == 4 + 16
        assert len(set(corpus_sums(found))) == 16, "strength 0 and prosody 0 is the reference once more"
        facts = [{label.axis: label.value for label in row.labels} for row in found]
        reference = [fact for fact in facts if fact["first_language"] == "eng"]
        assert {(fact["tempo"], fact["channel"]) for fact in reference} == {
            (tempo, channel) for tempo in ("1", "1.5") for channel in ("clean", "noise:5")
        }
        assert {fact["prosody"] for fact in reference} == {"0"}
        assert {fact["text_id"] for fact in facts} == {"001"}

    def test_at_their_usual_place_change_nothing(self, tmp_path: Path) -> None:
        """What was rendered before the dials were there is found again."""
        usual = rows(SyntheticAccents(tmp_path, strengths=[1], **self.OPTIONS))
        crossed = rows(
            SyntheticAccents(
                tmp_path, strengths=[1], prosodies=[0, 1], channels="clean,telephone", **self.OPTIONS
            )
        )
        assert {row.id: row.audio for row in usual}.items() <= {row.id: row.audio for row in crossed}.items()

    def test_strength_0_with_no_other_dial_is_the_reference(self, tmp_path: Path) -> None:
        one, two = corpus_sums(rows(SyntheticAccents(tmp_path, strengths=[0], **self.OPTIONS)))
        assert one == two

    def test_a_faster_tempo_is_shorter_and_a_channel_as_long(self, tmp_path: Path) -> None:
        corpus = SyntheticAccents(
            tmp_path, strengths=[1], tempos=[1, 1.5], channels="clean,room:0.5+noise:10", **self.OPTIONS
        )
        length = {row.id: frames(row.audio) for row in rows(corpus) if row.id.startswith("jpn")}
        usual, room, fast, _ = length.values()
        assert fast < 0.8 * usual
        assert room == usual

    def test_prosody_is_what_the_rules_say(self) -> None:
        words = (("b", "@", "n", "'a", "n", "@"), ("D", "@"))
        assert RULES.stress(words, "jpn", 1.0, [0.0, 0.0])[0] == ("b", ",@", "n", ",a", "n", ",@")
        assert RULES.stress(words, "jpn", 0.5, [0.7, 0.2])[0] == words[0]
        assert RULES.stress(words, "deu", 1.0, [0.0, 0.0]) == words


def frames(path: Path) -> int:
    with wave.open(str(path)) as file:
        return file.getnframes()


def corpus_sums(found: list[Any]) -> list[str]:
    return [hashlib.sha256(row.audio.read_bytes()).hexdigest() for row in found]


class TestRules:
    @settings(deadline=None, max_examples=30)
    @given(
        st.lists(st.floats(0, 1, exclude_max=True), min_size=14, max_size=14),
        st.floats(0, 1),
        st.floats(0, 1),
    )
    def test_a_higher_strength_keeps_every_replacement(
        self, draws: list[float], one: float, two: float
    ) -> None:
        low, high = sorted((one, two))
        words = (("T", "r", "'i:"), ("v", "'E", "r", "i"), ("l", "'0", "N"), ("D", "@2"), ("b", "'I"))
        assert sum(map(len, words)) == len(draws)
        for code in RULES.codes:
            assert RULES.apply(words, code, 0.0, draws) == words
            for strength, other in ((low, high), (high, 1.0)):
                changed = self.changed(words, code, strength, draws)
                assert changed <= self.changed(words, code, other, draws)

    @staticmethod
    def changed(words: Any, code: str, strength: float, draws: list[float]) -> set[int]:
        """Sites that are replaced when they alone may be."""
        found = set()
        for site in range(len(draws)):
            alone = [draw if index == site else 1.0 for index, draw in enumerate(draws)]
            if RULES.apply(words, code, strength, alone) != words:
                found.add(site)
        return found

    def test_rules_match_whole_phonemes_and_keep_the_stress(self) -> None:
        words = (("tS", "'3:", "tS"), ("t", "S"))
        assert RULES.apply(words, "fra", 1.0, [0.0] * 5)[0] == ("S", "'@", "Q", "S")
        assert RULES.apply((("h",),), "fra", 1.0, [0.0]) == ()
        assert RULES.apply((("b", "'E", "d"),), "jpn", 1.0, [0.0] * 3) == (("b", "'E", "d", "U"),)
        assert RULES.apply((("d", "'E", "n"),), "jpn", 1.0, [0.0] * 3) == (("d", "'E", "n"),)

    def test_every_replacement_is_a_phoneme_that_speaks(self) -> None:
        """espeak-ng passes over mnemonics that its voice does not have; each of ours must make a sound."""
        voice = VOICES[0]
        silent = len(espeak.render((("A:", "A:"),), voice, seed=0))
        targets = {
            token for accent in RULES.first_languages.values() for rule in accent.rules for token in rule.to
        } - {ITSELF}
        unknown = len(espeak.render((("A:", "y:", "A:"),), voice, seed=0))
        for token in sorted(targets):
            length = len(espeak.render((("A:", token, "A:"),), voice, seed=0))
            assert length not in (silent, unknown), token

    def test_every_rule_of_every_language_can_apply(self) -> None:
        texts = data_folder("corpora") / "synthetic" / "texts.txt"
        lines = [line for line in texts.read_text("utf-8").splitlines() if line and line[0] != "#"]
        assert len(lines) >= 60
        assert all(4 <= len(line.split()) <= 13 for line in lines)
        spoken = espeak.phonemize(" ".join(lines), RULES.base_voice)
        present = {token.lstrip("',%=") for word in spoken for token in word}
        for code, accent in RULES.first_languages.items():
            assert len(code) == 3
            for rule in accent.rules:
                assert present & set(rule.from_), (code, rule)

    def test_every_rule_names_a_source_and_every_source_is_named(self, tmp_path: Path) -> None:
        assert len(RULES.codes) >= 10
        text = (data_folder("corpora") / "synthetic" / "rules.yaml").read_text("utf-8")
        path = tmp_path / "rules.yaml"
        for wrong in (
            text.replace("lee-korean]", "lee]", 1),
            text.replace("sources:\n", "sources:\n  nobody: x\n", 1),
        ):
            path.write_text(wrong, encoding="utf-8")
            load_rules.cache_clear()
            with pytest.raises(InputError, match="source"):
                load_rules(path)

    def test_a_broken_file_of_rules_is_an_error(self, tmp_path: Path) -> None:
        path = tmp_path / "rules.yaml"
        path.write_text("version: 1\nfirst_languages: {}\n", encoding="utf-8")
        with pytest.raises(InputError, match=r"rules\.yaml"):
            load_rules(path)


class TestBadInput:
    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"first_languages": ["jp"]}, "did you mean 'jpn'"),
            ({"first_languages": ["eng"]}, "include_reference"),
            ({"first_languages": []}, "empty"),
            ({"first_languages": ["jpn", "jpn"]}, "more than once"),
            ({"strengths": [1.5]}, "1.5"),
            ({"strengths": [-0.1]}, "-0.1"),
            ({"strengths": [float("nan")]}, "nan"),
            ({"strengths": [True]}, "True"),
            ({"strengths": ["1"]}, "'1'"),
            ({"strengths": None}, "None"),
            ({"strengths": []}, "empty"),
            ({"strengths": [1, 1.0]}, "more than once"),
            ({"prosodies": [2]}, "prosodies: 2"),
            ({"tempos": [0.1]}, "tempos: 0.1 is not a number from 0."),
            ({"tempos": [1, 1.0]}, "more than once"),
            ({"channels": "noise"}, "signal-to-noise"),
            ({"channels": ["telefone"]}, "did you mean 'telephone'"),
            ({"channels": "clean,clean"}, "more than once"),
            ({"voices": 0}, "voices=0"),
            ({"voices": len(VOICES) + 1}, "from 1 to"),
            ({"voices": True}, "voices=True"),
            ({"texts": 0}, "texts=0"),
            ({"texts": 10_000}, "texts=10000"),
            ({"seed": -1}, "seed=-1"),
        ],
    )
    def test_arguments(self, arguments: dict[str, Any], message: str) -> None:
        with pytest.raises(InputError, match=message):
            SyntheticAccents(**arguments)

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "holds no text"),
            (b"# only this\n\n", "holds no text"),
            (b"Fine.\nCaf\xe9.\n", "line 2.*UTF-8"),
            (b"Fine.\n12 34\n", "line 2: has no letter"),
            (b"Fine.\n\nFine.\n", "line 3: repeats line 1"),
            (b"Say [[h@loU]] now.\n", r"line 1: holds '\[\['"),
            (b"A bell\x07 rings.\n", "line 1: .*control"),
            (b"long " * 100, "499 characters"),
        ],
    )
    def test_files_of_texts(self, tmp_path: Path, content: bytes, message: str) -> None:
        path = tmp_path / "mine.txt"
        path.write_bytes(content)
        with pytest.raises(InputError, match=message):
            SyntheticAccents(texts=path)

    def test_a_missing_file_of_texts(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="nowhere"):
            SyntheticAccents(texts=tmp_path / "nowhere.txt")

    def test_own_texts_are_spoken(self, tmp_path: Path) -> None:
        path = tmp_path / "mine.txt"
        path.write_bytes("\ufeffIs it “raining”, or not?\r\n# no\r\nOne more.\r\n".encode())
        corpus = SyntheticAccents(tmp_path / "out", first_languages=["spa"], voices=1, texts=path)
        assert {row.text for row in rows(corpus)} == {"Is it “raining”, or not?", "One more."}

    def test_without_the_extra(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "espeakng_loader", None)
        espeak.engine.cache_clear()
        try:
            with pytest.raises(MissingExtraError, match=r"speechfair\[synth\]"):
                SyntheticAccents()
        finally:
            espeak.engine.cache_clear()

    def test_a_root_that_cannot_be_written(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("not a folder")
        with pytest.raises(StorageError, match="could not be written"):
            list(SyntheticAccents(tmp_path / "file", **SMALL))

    def test_a_full_disk_leaves_no_half_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("speechfair.synthesis.rule_made.os.replace", full)
        with pytest.raises(StorageError, match="No space left"):
            list(SyntheticAccents(tmp_path, **SMALL))
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []

    def test_an_unknown_voice_is_reported(self) -> None:
        with pytest.raises(StorageError, match="no voice 'xx-none'"):
            espeak.phonemize("Hello.", "xx-none")

    def test_an_engine_without_its_data_is_reported(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        loader = pytest.importorskip("espeakng_loader")
        monkeypatch.setattr(loader, "get_data_path", lambda: str(tmp_path / "none"))
        espeak.engine.cache_clear()
        try:
            with pytest.raises(StorageError, match="could not be initialised"):
                espeak.engine()
        finally:
            espeak.engine.cache_clear()

    def test_files_can_be_read_by_others(self, small: SyntheticAccents) -> None:
        assert stat.S_IMODE(next(iter(rows(small))).audio.stat().st_mode) & 0o444 == 0o444


@pytest.mark.model
def test_the_recogniser_errs_more_with_every_step(tmp_path: Path) -> None:
    """The planted truth is there: more errors at 1 than at 0 for all, and at 0.5 in between for those of the demo."""
    import soundfile
    import soxr
    from jiwer import wer

    from speechfair.models.families.bundled import load
    from speechfair.text.normalizers import load_normalizer
    from speechfair.types import Audio

    recogniser, clean = load(None, window=10, compute_type="int8"), load_normalizer("whisper-english")
    texts, audio = defaultdict(list), []
    stepwise = ("jpn", "spa", "deu", "fra")
    others = [code for code in RULES.codes if code not in stepwise]
    corpora = [
        SyntheticAccents(tmp_path, first_languages=stepwise, voices=2, texts=3),
        SyntheticAccents(
            tmp_path, first_languages=others, strengths=[1], voices=2, texts=1, include_reference=False
        ),
    ]
    spoken = [row for corpus in corpora for row in rows(corpus)]
    for row in spoken:
        samples, rate = soundfile.read(row.audio, dtype="float32")
        samples = soxr.resample(samples, rate, recogniser.sample_rate).astype(np.float32)
        audio.append(Audio(row.id, samples, recogniser.sample_rate))
    for row, heard in zip(spoken, recogniser.transcribe(audio), strict=True):
        facts = {label.axis: label.value for label in row.labels}
        texts[facts["first_language"], facts["strength"]].append((clean(row.text), clean(heard.text or "")))
    rate_of = {cell: wer(*map(list, zip(*pairs, strict=True))) for cell, pairs in texts.items()}
    assert rate_of["eng", "0"] < 0.15
    for code in stepwise:
        assert rate_of["eng", "0"] < rate_of[code, "0.5"] < rate_of[code, "1"], rate_of
    for code in others:
        assert rate_of["eng", "0"] < rate_of[code, "1"], rate_of
