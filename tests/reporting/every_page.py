"""One page of every kind, over names and texts that are out to break pages."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import speechfair
from speechfair.auditing.run import audit
from speechfair.curating.corpus_check import check_corpus
from speechfair.exploring.confidence import confidence
from speechfair.messages.translation import Language
from speechfair.probes import probe_questions
from speechfair.probes.grounding.probe_grounding import probe_grounding
from speechfair.probes.questions.question_set import gather, set_card
from speechfair.probes.response.probe_response import probe_response
from speechfair.probes.strength.probe_strength import strength_result
from speechfair.process.catalogue import GATES
from speechfair.process.init import Start, init
from speechfair.process.side_by_side import Model
from speechfair.reporting.checklist_html import write_checklist
from speechfair.reporting.compare_html import write_comparison
from speechfair.reporting.confidence_html import write_confidence
from speechfair.reporting.corpus_html import write_corpus_page
from speechfair.reporting.debias_html import write_debias
from speechfair.reporting.leaderboard_html import write_leaderboard
from speechfair.reporting.portfolio_html import write_portfolio
from speechfair.reporting.probe_html import write_grounding, write_questions, write_response, write_strength
from speechfair.reporting.sequence_html import write_sequence
from speechfair.store import RunFolder
from speechfair.testing import Scripted
from speechfair.types import Corpus, Exclusion, Label, Utterance
from tests.debias.tiny import recipe
from tests.probes.grounding.test_sound_probe import Deaf, sound_corpus
from tests.probes.questions import test_probe_questions as questions
from tests.probes.response import test_probe_response as response
from tests.probes.strength import test_probe_strength as strength
from tests.reporting.debias_samples import debias_result
from tests.support import ListCorpus, scripted_texts, small_corpus, write_tone

KINDS = (
    "report", "compare", "leaderboard", "sequence", "confidence", "corpus", "probe-sound", "probe-response",
    "probe-questions", "probe-strength", "debias", "portfolio", "checklist",
)  # fmt: skip
HOSTILE = "=<script>window.hacked=1</script>\"'><img src=x onerror=window.hacked=1>&amp;\u202e\x1b[31m"
"""Markup, quotes, a mark that turns the direction, a terminal's command and a formula."""
HEBREW = "\u05e2\u05d1\u05e8\u05d9\u05ea"
ENDLESS = "w" * 1_000_000
_CODES = {"plain": "eng", "thick": "cmn"}
TEXT = " ".join(f"w{i}" for i in range(40))
Writer = Callable[[Path, Language], Path]


def every_page(folder: Path, language: Language) -> dict[str, Path]:
    """Write every kind of page; path by kind."""
    writers = {**_of_runs(folder), **_of_probes(folder), **_of_processes(folder, language)}
    return {kind: write(folder / f"{kind}.html", language) for kind, write in writers.items()}


def _of_runs(folder: Path) -> dict[str, Writer]:
    corpus = small_corpus(folder / "wav", speakers=14, per_speaker=3, text=TEXT)
    rows = [row for row in corpus.rows if isinstance(row, Utterance)]
    for place, (name, wrong) in enumerate({"old": 4, "new": 9, "newest": 20}.items()):
        texts = scripted_texts(corpus, {"x": 3, "y": wrong})
        texts[rows[1].id] += " " + ENDLESS
        sure = {row.id: 0.9 if row.id.endswith("-0") else 0.5 for row in rows}
        failures = {rows[0].id: HOSTILE} if place == 1 else {}
        model = Scripted(texts, name=f"{name} {HOSTILE}", confidences=sure, failures=failures)
        audit(_named(corpus), model, ["accent", "accent+gender"], out=folder / name)
    runs = [folder / name for name in ("old", "new", "newest")]

    def report(path: Path, language: Language) -> Path:
        return Path(shutil.copyfile(speechfair.report(runs[1], language=language, title=HOSTILE), path))

    compared = speechfair.compare(*runs[:2], metrics=["sentence_error_rate"])
    board, releases = speechfair.leaderboard(runs, title=HOSTILE), speechfair.sequence(runs)
    trusted = confidence(runs[0], target_error=0.2)
    checked = check_corpus(ListCorpus([*_named(corpus).rows, rows[0]], corpus.root))
    return {
        "report": report,
        "compare": lambda path, language: write_comparison(compared, path, language),
        "leaderboard": lambda path, language: write_leaderboard(board, path, language),
        "sequence": lambda path, language: write_sequence(releases, path, language),
        "confidence": lambda path, language: write_confidence(trusted, path, language),
        "corpus": lambda path, language: write_corpus_page(checked, HOSTILE, path, language),
    }


def _named(corpus: ListCorpus) -> ListCorpus:
    """The corpus with a hostile text, and speakers and groups of hostile and right-to-left names."""
    rows = [
        replace(
            row,
            labels=_relabelled(row.labels, "accent", {"y": HOSTILE, "x": HEBREW}),
            speaker=f"{row.speaker} {HOSTILE}",
            text=f"{row.text} {HOSTILE}" if n == 0 else row.text,
        )
        for n, row in enumerate(corpus.rows)
        if isinstance(row, Utterance)
    ]
    return replace(corpus, rows=rows, card=replace(corpus.card, reference={"accent": HEBREW}))


def _relabelled(labels: Sequence[Label], axis: str, names: Mapping[str, str]) -> tuple[Label, ...]:
    """The labels with an axis and names in the place of the accents."""
    return tuple(
        Label(axis, names[label.value], label.source) if label.axis == "accent" else label for label in labels
    )


def _of_probes(folder: Path) -> dict[str, Writer]:
    """Probes of an axis of languages, whose codes are names on a page."""
    sound = sound_corpus(folder / "sound")
    heard = probe_grounding(replace(sound, base=_by_language(sound.base)), Deaf(sound), ["first_language"])
    answered = probe_response(
        _by_language(response.corpus(folder / "requests", 5)), response.Servant(), ["first_language"]
    )
    made = [
        questions.a_question(n, voice, write_tone(folder / f"{n}-{voice}.wav", 0.02))
        for n in range(questions.ITEMS)
        for voice in range(questions.VOICES)
    ]
    rows = [replace(one, labels=_relabelled(one.labels, "first_language", _CODES)) for one in made]
    asked = gather(set_card("items"), folder, {}, [*rows, Exclusion("9", "not JSON", "line 9")])
    chosen = probe_questions(asked, questions.Planted(asked, 0.5), reference={"first_language": "eng"})
    doses = strength.corpus(folder / "doses")
    wrong = {
        row.id: strength.wrong(6 if "jpn-1" in row.id else 1)
        for row in doses.rows
        if isinstance(row, Utterance)
    }
    audited = audit(doses, Scripted(wrong, name=HOSTILE), ["first_language+strength"], out=folder / "dosed")
    run = RunFolder(folder / "dosed")
    key = run.read()["recipe"]["model"]["key"]
    risen = strength_result(audited, run.read_table(f"scores/{key}.parquet", ""))
    return {
        "probe-sound": lambda path, language: write_grounding(heard, path, language),
        "probe-response": lambda path, language: write_response(answered, path, language),
        "probe-questions": lambda path, language: write_questions(chosen, path, language),
        "probe-strength": lambda path, language: write_strength(risen, path, language),
    }


def _by_language(corpus: Corpus) -> ListCorpus:
    """A corpus of the accents ``plain`` and ``thick`` as one of English and Mandarin speakers."""
    assert isinstance(corpus, ListCorpus)
    rows = [
        replace(row, labels=_relabelled(row.labels, "first_language", _CODES))
        for row in corpus.rows
        if isinstance(row, Utterance)
    ]
    return replace(corpus, rows=rows, card=replace(corpus.card, reference={"first_language": "eng"}))


def _of_processes(folder: Path, language: Language) -> dict[str, Writer]:
    made = recipe(folder, "whisper:models/base", method={"name": "average"})
    changed = debias_result(HOSTILE)
    models = [
        Model("a", HOSTILE, 2, dict.fromkeys(GATES, "open"), 3, 9, ("DATA-1",), 1, ("m",)),
        Model("b", "b", None, {}, 0, 0, (), 0, (), problem="plan.yaml is missing"),
    ]
    documented = folder / "documented" / "process"  # away from the runs, whose gates it would demand
    init(
        documented,
        Start.model_validate({"name": HOSTILE, "aifl": 1, "languages": ["jpn"], "language": language}),
    )

    return {
        "debias": lambda path, language: write_debias(changed, made, path, language),
        "portfolio": lambda path, language: write_portfolio(models, path, language),
        "checklist": lambda path, _: write_checklist(documented, path),
    }
