"""What recognisers write next to what was said is found in six languages, and what people say is not."""

from __future__ import annotations

import polars as pl
import pytest

from speechfair.text.added_wording import KINDS, added_wording
from speechfair.text.stripping import without_affixes

ADDED = {
    "introduction": [
        "Sure! Here is the transcription: yes",
        "Here's the transcript of the audio:\n\nyes",
        'The audio says: "yes"',
        "The original content of this audio is: 'yes'",
        "Transcription: yes",
        'The speaker says, "yes"',
        "Hier ist die Transkription: yes",
        "Gerne! Hier ist das Transkript der Aufnahme: yes",
        "Die Person sagt: yes",
        "Voici la transcription : yes",
        "Aquí está la transcripción: yes",
        "はい、以下は文字起こしです：yes",
        "音声の内容は「yes」",
        "文字起こし：yes",
        "以下是音频的转录内容：yes",
        "好的，以下是转写：yes",
        "这段音频的内容是：yes",
    ],
    "prompt": [
        "Please transcribe the audio. yes",
        "Transcribe the speech into text: yes",
        "次の音声を文字に書き起こしてください。yes",
        "请转写以下音频：yes",
        "<|assistant|> yes",
        "assistant: yes",
        "Bitte transkribieren Sie die Aufnahme: yes",
    ],
    "quoted": ['"yes"', "“yes”", "「yes」", "„yes“", "«yes»"],
    "markdown": ["**yes** sir", "```\nyes\n```", "# yes", "- yes"],
    "inaudible": ["I went [inaudible] home", "(unintelligible) yes", "[unverständlich] ja", "我去[听不清]了"],
    "event": ["[laughter] yes", "(music playing)", "[拍手] はい", "【音楽】はい"],
}  # fmt: skip
SPOKEN = [
    "yes I transcribed the audio yesterday",
    "the audio says nothing new to me",
    "here is the text you asked for",
    "sure here we go",
    "the person is tall",
    "the text is long",
    "user manual: read it",
    "it's 'quoted' and 'so'",
    "a - b",
    "音声は大きいです",
    "这是我的书",
    None,
    "",
]


def kinds(text: str | None, reference: str | None = None) -> list[str]:
    references = pl.Series([reference], dtype=pl.String)
    return [each.wording.kind for each in added_wording(pl.Series([text], dtype=pl.String), references)]


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in ADDED.items() for text in texts])
def test_additions_are_found_unless_they_were_said(kind: str, text: str) -> None:
    assert kind in kinds(text)
    assert kind not in kinds(text, reference=text)


@pytest.mark.parametrize("text", SPOKEN)
def test_what_people_say_is_not_an_addition(text: str | None) -> None:
    assert kinds(text) == []


def test_every_kind_has_examples() -> None:
    assert {each.kind for each in KINDS} == set(ADDED)


@pytest.mark.parametrize("text", ADDED["introduction"])
def test_what_is_named_can_be_left_out(text: str) -> None:
    found = next(iter(added_wording(pl.Series([text]))))
    assert without_affixes(text, [found.commonest], []) == "yes"


def test_rows_and_the_commonest_wording_are_named() -> None:
    heard = pl.Series(["Transcript: a", None, "Transcription: b", "c", "Transcription: d"])
    found = list(added_wording(heard))
    assert [(each.wording.kind, each.rows, each.n_in, each.commonest) for each in found] == [
        ("introduction", (0, 2, 4), 4, "Transcription:")
    ]


@pytest.mark.parametrize(
    ("said", "heard"), [("yes", "Text: yes"), ("yes", "Text:yes"), ("Text me later", "Text: Text me later")]
)
def test_what_is_named_takes_no_spoken_word_that_begins_alike(said: str, heard: str) -> None:
    (found,) = added_wording(pl.Series([heard]))
    assert found.commonest == "Text:"
    assert without_affixes(heard, [found.commonest], []) == said
    assert without_affixes("Text me later", [found.commonest], []) == "Text me later"
    assert without_affixes("Textual", ["Text"], []) == "Textual"
