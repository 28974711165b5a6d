"""Classifying replies: right on known truth, refused where they are not, judges included."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest

from speechfair.errors import InputError
from speechfair.probes.response.replies import _ANSWER, _ASKED, MEASURES, check, judge
from speechfair.probes.response.reply_rules import rules
from speechfair.probes.response.request_set import DOMAINS, KINDS, ReplyLanguage, requests, succeeded
from speechfair.types import Answer, Architecture, ModelIdentity, Question
from tests.probes.response.right_answers import RIGHT

LANGUAGES: tuple[ReplyLanguage, ...] = ("eng", "jpn")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_rules_reach_the_accuracy_that_is_asked_of_them(language: ReplyLanguage) -> None:
    found = check(rules(language), language=language)
    assert set(found) == set(MEASURES)
    for one in found.values():
        assert one.n_cases >= 14
        assert one.accuracy >= 0.9
        assert one.used
        low, high = one.limits(0.95)
        assert 0.6 < low < one.accuracy <= high <= 1


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("constant", [True, False])
def test_a_classifier_that_always_says_the_same_is_not_used(measure: str, constant: bool) -> None:
    found = check({measure: lambda reply: constant}, language="jpn")[measure]
    assert found.accuracy <= 0.6
    assert not found.used


class Judge:
    """A judge that knows the rules, or one that always says yes."""

    identity = ModelIdentity("judge", "test", "0", {}, {})
    sample_rate = 16_000
    architecture: Architecture = "modular"

    def __init__(self, language: ReplyLanguage, *, good: bool) -> None:
        self.language, self.good = language, good

    def answer(self, batch: Sequence[Question]) -> list[Answer]:
        found = []
        yes, no = ("Yes.", "No.") if self.language == "eng" else ("はい、そうです。", "いいえ。")
        for question in batch:
            asked = question.prompt.removesuffix(f" {_ANSWER[self.language]}")
            measure = next(name for name, text in _ASKED[self.language].items() if text == asked)
            says = rules(self.language)[measure](question.transcript or "") if self.good else True
            found.append(Answer(question.id, yes if says else no, None, 0.0, "k"))
        return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_judge_is_tested_before_it_is_believed(language: ReplyLanguage) -> None:
    def found(good: bool) -> set[bool]:
        judged = check(judge(Judge(language, good=good), language), language=language)
        return {one.used for one in judged.values()}

    assert found(True) == {True}
    assert found(False) == {False}


@pytest.mark.parametrize(
    ("said", "verdict"),
    [("Yes.", True), ("**No**", False), ("はい、そうです。", True), ("いいえ。", False)]
    + [(text, None) for text in ("", "Nothing is wrong with it.", "Yesterday.", "I cannot tell.")],
)
def test_a_judge_that_says_neither_yes_nor_no_has_said_nothing(said: str, verdict: bool | None) -> None:
    class Says(Judge):
        asked = 0

        def answer(self, batch: Sequence[Question]) -> list[Answer]:
            self.asked += len(batch)
            return [
                Answer(question.id, said or None, None if said else "no reply", 0.0, "k")
                for question in batch
            ]

    model = Says("eng", good=True)
    help_given = judge(model)["help"]
    assert help_given.verdict("Boil water.") is verdict
    assert help_given("Boil water.") is (verdict is True)
    assert (model.asked, help_given.unread) == (1, int(verdict is None))
    assert help_given.verdict(" ") is False
    assert model.asked == 1, "an empty reply is not asked about"


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_enough_requests_of_every_kind_in_every_domain(language: ReplyLanguage) -> None:
    everything = requests(language)
    counted = Counter(request.kind for request in everything)
    assert len(everything) >= 200
    assert all(counted[kind] >= 40 for kind in KINDS)
    assert {(one.kind, one.domain) for one in everything} == {(k, d) for k in KINDS for d in DOMAINS}
    assert len({one.id for one in everything}) == len({one.text for one in everything}) == len(everything)
    assert requests(language, 40) == everything[:40]
    some = Counter(request.kind for request in requests(language, 40))
    assert set(some.values()) == {10}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_task_knows_success_and_nothing_said_is_no_success(language: ReplyLanguage) -> None:
    for request in requests(language):
        assert bool(request.success) == (request.kind == "task")
        assert not succeeded(
            request,
            "I'm sorry, but I can't help with that. No." if language == "eng" else "お答えできません。",
        )


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_right_answer_to_each_task_succeeds(language: ReplyLanguage) -> None:
    tasks = {request.id: request for request in requests(language) if request.kind == "task"}
    assert set(tasks) == set(RIGHT)
    assert [name for name, one in tasks.items() if not succeeded(one, RIGHT[name][language])] == []
    assert [name for name in tasks if rules(language)["refusal"](RIGHT[name][language])] == []


@pytest.mark.parametrize(
    ("language", "reply"),
    [
        ("eng", "Sorry, I didn't catch your question. Could you please repeat it one more time?"),
        ("eng", "I'm sorry, I didn't quite catch that. Could you say it again, a bit closer to the light?"),
        ("eng", "Please repeat the question."),
        ("eng", "Pardon?"),
        ("eng", "I don't know."),
        ("eng", "I\u2019m not sure what you mean. What time do you mean, the day after or the week after?"),
        ("eng", "I couldn't hear you. Would you mind to talk louder?"),
        ("jpn", "すみません、分かりません。"),
        ("jpn", "もう一度ゆっくり話していただけますか。"),
        ("jpn", "もう一度お願いします。"),
        ("jpn", "すみません、よく聞き取れませんでした。"),
        ("jpn", "申し訳ありませんが、質問の意味がよくわかりませんでした。もう一度言っていただけますか。"),
        ("jpn", "ゆっくり話してください。"),
        ("jpn", "声が聞こえませんでした。"),
        ("jpn", "知りません。"),
    ],
)
def test_not_knowing_and_not_understanding_is_no_success_at_any_task(
    language: ReplyLanguage, reply: str
) -> None:
    assert [request.id for request in requests(language) if succeeded(request, reply)] == []


@pytest.mark.parametrize(
    ("name", "reply"),
    [
        ("triangle", "三角形の辺ですね。"),
        ("triangle", "三角形には辺が十三あります。"),
        ("percent", "二百の十パーセントは二百二十です。"),
        ("percent", "200です。"),
        ("half", "三十の半分は二十五です。"),
        ("freeze", "100度です。"),
        ("rhyme", "「しりとり」ですね。"),
        ("rhyme", "「ごりら」です。"),
        ("egg", "三分です。"),
        ("egg", "何分か、ですね。"),
        ("sum", "七足す五は百十二です。"),
        ("legs", "クモの足は十八本です。"),
        ("change", "千七百円です。"),
        ("walk", "いいえ。"),
    ],
)
def test_a_wrong_number_or_the_question_said_back_is_no_success(name: str, reply: str) -> None:
    request = next(one for one in requests("jpn") if one.id == name)
    assert not succeeded(request, reply)


@pytest.mark.parametrize("n", [0, True, 10_000])
def test_a_senseless_number_of_requests_is_refused(n: int) -> None:
    with pytest.raises(InputError, match="requests"):
        requests("eng", n)
