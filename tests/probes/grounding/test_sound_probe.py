"""The probe of what the words do not tell, end to end: findings, contrasts and page say what is not heard."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from speechfair.cli.main import app
from speechfair.errors import InputError
from speechfair.probes.grounding.grounding_sections import grounding_findings, grounding_sections
from speechfair.probes.grounding.probe_grounding import probe_grounding
from speechfair.probes.grounding.sound_grammar import SOUND_KINDS, sound_scenes
from speechfair.probes.grounding.spoken import SceneCorpus
from speechfair.probes.results import GroundingResult
from speechfair.reporting.probe_html import write_grounding
from speechfair.types import Label, Question, Utterance
from tests.probes.planted_model import Planted, letter
from tests.support import ListCard, ListCorpus, write_tone


def sound_corpus(folder: Path, *, n_scenes: int = 12, speakers: int = 6) -> SceneCorpus:
    made = [scene for scene, _ in sound_scenes(n_scenes)]
    tone = write_tone(folder / "tone.wav", 0.05)
    rows = [
        Utterance(
            f"{accent}/v{speaker}/{scene.id}",
            tone,
            scene.text,
            "eng",
            f"v{speaker}",
            (Label("accent", accent, "corpus"),),
        )
        for accent in ("plain", "thick")
        for speaker in range(speakers)
        for scene in made
    ]
    base = ListCorpus(rows, folder, card=ListCard(reference={"accent": "plain"}))
    return SceneCorpus(base, "sound", {}, {str(scene.text): scene for scene in made})


class Deaf(Planted):
    """Always answers one way who speaks, refuses the accent ``thick`` now and then, and guesses from the words."""

    def say(self, question: Question) -> str:
        arm, about, name = question.id.split("|")
        scene = self.scenes[about.split("/")[-1]]
        item = next(item for item in scene.items if item.id == name)
        drawn = zlib.crc32(question.id.encode())
        if arm == "audio" and about.startswith("thick") and drawn % 5 == 0:
            return "I can't answer that."
        if item.kind == "speakers" or (arm == "text" and item.kind in SOUND_KINDS):
            return letter(scene.id, item, sorted([item.answer, *item.foils])[0])
        return letter(scene.id, item, item.foils[0] if drawn % 50 == 0 else item.answer)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> GroundingResult:
    asked = sound_corpus(tmp_path_factory.mktemp("sound"))
    return probe_grounding(asked, Deaf(asked), ["accent"])


def test_what_is_not_heard_is_named_and_the_rest_is_heard(result: GroundingResult) -> None:
    verdicts = {one.kind: one.verdict for one in result.heard}
    assert set(verdicts) == set(SOUND_KINDS)
    assert verdicts.pop("speakers") == "not heard"
    assert "not heard" not in verdicts.values()
    assert list(verdicts.values()).count("heard") >= 7


def test_refusals_are_their_own_place(result: GroundingResult) -> None:
    claimed = {(one.kind, one.verdict) for one in result.axes[0].kinds if one.verdict != "undetermined"}
    assert claimed == {("no answer", "higher")}


def test_the_words_are_a_control_and_no_level(result: GroundingResult) -> None:
    kinds = {kind.kind: kind.outcomes.n_asked for kind in result.kinds}
    assert kinds["presence"] > 0
    asked = sum(level.outcomes.n_asked for level in result.overall.levels)
    assert asked == sum(n for kind, n in kinds.items() if kind in SOUND_KINDS)


def test_findings_sections_and_page_say_so(result: GroundingResult, tmp_path: Path) -> None:
    words = " ".join(finding.text for finding in grounding_findings(result))
    assert "Heard beyond the words: 10 of 11 kinds of sound. Not heard: speakers." in words
    assert "thick gets no answer more often" in words
    titles = [section.title for section in grounding_sections(result)]
    assert titles[0] == "Is the sound heard at all?"
    assert "By accent, kind by kind" in titles
    page = write_grounding(result, tmp_path / "page.html").read_text("utf-8")
    assert "the lower bound" in page
    assert "the upper bound" not in page


def test_sound_of_a_corpus_or_japanese_without_options_is_refused() -> None:
    command = ["probe", "grounding", "--model", "none", "--ask", "sound", "--dry-run"]
    for more, why in (
        (["--corpus", "manifest"], "--ask sound"),
        (["--speech", "jpn", "--form", "open"], "open"),
    ):
        with pytest.raises(InputError, match=why):
            CliRunner().invoke(app, [*command, *more], catch_exceptions=False)
