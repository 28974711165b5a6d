"""A tiny tree in the true layout of every corpus, with its traps: what the contract test runs each loader over.

To add one: write a function from an empty folder to a `Tree`, and name it in `TREES` under the corpus's registered
name. Audio is hollow (zero bytes), because listing a corpus opens none.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.corpora import accent_trees, door_trees, hub_trees, learner_trees
from tests.corpora.planting import Tree, hollow, write

__all__ = ["TREES", "Tree", "hollow", "write"]

CV_ASIA = "India and South Asia (India, Pakistan, Sri Lanka)"
CV_COLUMNS = (
    *("client_id", "path", "sentence", "up_votes", "down_votes", "age", "gender"),
    *("accents", "variant", "locale", "segment"),
)


def speechocean762(folder: Path) -> Tree:
    """Tabs and spaces mixed as upstream, a child, a speaker without age, audio without text, text without audio."""
    rows = {
        "train": {"000010011": ("0001", "WE CALL IT BEAR"), "000020012": ("0002", "SHE IS AT HOME")},
        "test": {"000030002": ("0003", "MADE LIKES WHITE"), "000030017": ("0003", None)},
    }
    for part, utterances in rows.items():
        for name, (speaker, _) in utterances.items():
            hollow(folder / f"WAVE/SPEAKER{speaker}/{name}.WAV")
        write(
            folder / part / "wav.scp",
            *(f"{n}\tWAVE/SPEAKER{s}/{n}.WAV" for n, (s, _) in utterances.items()),
        )
        write(folder / part / "text", *(f"{n}\t{t}" for n, (_, t) in utterances.items() if t))
        write(folder / part / "utt2spk", *(f"{n}\t{s}" for n, (s, _) in utterances.items()))
    write(folder / "train" / "spk2gender", "0001 m", "0002 f")
    write(folder / "train" / "spk2age", "0001\t6")
    write(folder / "test" / "spk2gender", "0003 f")
    write(folder / "test" / "spk2age", "0003\t34")
    with (folder / "test" / "text").open("a", encoding="utf-8") as file:
        file.write("000030099\tNO AUDIO FOR THIS\n")
    with (folder / "test" / "wav.scp").open("a", encoding="utf-8") as file:
        file.write("000030098\t../../elsewhere.WAV\n")
    return Tree(folder, 4, 3, "train/text", frozenset({"000030099", "000030098"}))


def fsdd(folder: Path) -> Tree:
    """With upstream's ``metadata.py``, a speaker whom nobody knows, and a file that is named otherwise."""
    for name in ("0_jackson_0", "7_nicolas_0", "7_nicolas_1", "3_george_12", "9_stranger_0", "notes"):
        hollow(folder / "recordings" / f"{name}.wav")
    write(
        folder / "metadata.py",
        "metadata = {",
        "    'jackson': {'gender': 'male', 'accent': 'USA/neutral', 'language': 'english'},",
        "    'nicolas': {'gender': 'male', 'accent': 'BEL/French', 'language': 'english'},",
        "    'george': {'gender': 'male', 'accent': 'GRC/Greek', 'language': 'english'},",
        "}",
    )
    return Tree(folder, 5, 4, "recordings", frozenset({"notes"}))


def librispeech(folder: Path) -> Tree:
    """Inside the folder ``LibriSpeech``, with audio that no transcript names and a chapter without a transcript."""
    root = folder / "LibriSpeech"
    write(
        root / "SPEAKERS.TXT",
        ";ID  |SEX| SUBSET           |MINUTES| NAME",
        "84   | F | dev-clean        | 8.02  | Christie Nowak",
        "174  | M | dev-clean        | 8.04  | Peter | Eckel",
    )
    for name in ("84-121123-0000", "84-121123-0001", "84-121123-0009"):
        hollow(root / "dev-clean/84/121123" / f"{name}.flac")
    write(
        root / "dev-clean/84/121123/84-121123.trans.txt",
        "84-121123-0000 GO DO YOU HEAR",
        "84-121123-0001 BUT",
    )
    hollow(root / "dev-clean/174/50561/174-50561-0000.flac")
    write(root / "dev-clean/174/50561/174-50561.trans.txt", "174-50561-0000 FORGOTTEN TOO")
    hollow(root / "test-other/367/130732/367-130732-0000.flac")
    write(root / "test-other/367/130732/367-130732.trans.txt", "367-130732-0000 LOBSTERS")
    hollow(root / "test-other/367/999/367-999-0000.flac")
    return Tree(folder, 4, 3, "SPEAKERS.TXT", frozenset({"84-121123-0009", "367-999-0000"}))


def manifest(folder: Path) -> Tree:
    """A CSV with a quoted comma, a blank line, a ragged row, a path out of the folder and an impossible time."""
    for name in ("a", "b", "c"):
        hollow(folder / "clips" / f"{name}.wav")
    path = write(
        folder / "calls.csv",
        "audio,text,speaker,accent,gender,start_s,end_s",
        'clips/a.wav,"yes, please",s1,Scottish,f,,',
        "",
        "clips/b.wav,no,s2,,Unknown,0.5,1.5",
        "clips/c.wav,no",
        "../d.wav,no,s2,Welsh,m,,",
        "clips/e.wav,no,s2,Welsh,m,2,1",
    )
    excluded = frozenset({"row 5", "../d.wav", "clips/e.wav"})
    options, wrong = {"manifest": str(path)}, {"manifest": str(folder / "nowhere.csv")}
    return Tree(folder, 2, 2, "nowhere.csv", excluded, options, wrong)


def synthetic(folder: Path) -> Tree:
    """The corpus makes its own folder; one voice, one text, one accent and the reference."""
    options = {"first_languages": "deu", "strengths": [1.0], "voices": 1, "texts": 1}
    return Tree(folder / "new", 2, 1, "", options=options)


def synthetic_japanese(folder: Path) -> Tree:
    """As `synthetic`, in Japanese, through a telephone."""
    options = {
        "first_languages": "kor", "strengths": [1.0], "channels": "telephone", "voices": 1, "texts": 1
    }  # fmt: skip
    return Tree(folder / "new", 2, 1, "", options=options)


def common_voice(folder: Path) -> Tree:
    """Free-text accents with commas, one without, an account that is not told, a ragged row, a path out of clips."""
    rows = [
        # client_id, path, sentence, age, gender, accents
        ("c1", "cv_1.mp3", 'He said "no', "twenties", "female_feminine", CV_ASIA),
        ("c1", "cv_2.mp3", "Yes", "twenties", "female_feminine", "Scottish English,Glaswegian"),
        ("c2", "cv_3.mp3", "Perhaps", "teens", "do_not_wish_to_say", ""),
        ("", "cv_4.mp3", "Why", "sixties", "male", "England English,Irish English"),
        ("c3", "../../cv_5.mp3", "Out", "", "", ""),
    ]
    lines = ["\t".join((*row[:3], "2", "0", *row[3:], "", "en", "")) for row in rows]
    for number in range(1, 5):
        hollow(folder / "en" / "clips" / f"cv_{number}.mp3")
    write(folder / "en" / "validated.tsv", "\t".join(CV_COLUMNS), *lines, "c3\tcv_6.mp3\tRagged")
    return Tree(folder, 4, 2, "clips", frozenset({"../../cv_5.mp3", "line 7"}))


def l2_arctic(folder: Path) -> Tree:
    """A folder within a folder of the same name, text without audio, audio without text, a story."""
    for speaker in ("ABA/ABA", "TLV"):
        name = speaker.split("/")[0]
        hollow(folder / speaker / "wav" / "arctic_a0001.wav")
        write(folder / speaker / "transcript" / "arctic_a0001.txt", f"Author of the danger trail, {name}")
    hollow(folder / "TLV" / "wav" / "arctic_a0002.wav")
    write(folder / "TLV" / "transcript" / "arctic_a0003.txt", "For the twentieth time")
    hollow(folder / "suitcase_corpus" / "wav" / "aba.wav")
    write(folder / "suitcase_corpus" / "transcript" / "aba.txt", "A man and a woman", "with suitcases")
    return Tree(folder, 3, 2, "ABA/wav", frozenset({"TLV-arctic_a0002", "TLV-arctic_a0003"}))


def cmu_arctic(folder: Path) -> Tree:
    """A speaker whose accent is not certain, quotation marks in a prompt, a prompt without audio."""
    for speaker in ("awb", "rxr"):
        home = folder / f"cmu_us_{speaker}_arctic"
        hollow(home / "wav" / "arctic_a0001.wav")
        write(
            home / "etc" / "txt.done.data",
            '( arctic_a0001 "Author of the danger trail, \\"Philip\\" Steels, etc." )',
            '( arctic_a0002 "Not at this particular case." )',
        )
    return Tree(folder, 2, 2, "cmu_us_bdl_arctic", frozenset({"awb-arctic_a0002", "rxr-arctic_a0002"}))


def vctk(folder: Path) -> Tree:
    """Two microphones, one of them broken; a speaker without texts; a comment in the table; no entry for one."""
    write(
        folder / "speaker-info.txt",
        "ID  AGE  GENDER  ACCENTS  REGION COMMENTS",
        "p225  23  F    English    Southern  England",
        "p280  25  F    French     France  (mic2 files unavailable)",
        "p315  18  M    American   New England (no text files)",
    )
    for speaker, stem, microphones in (
        ("p225", "p225_001", (1, 2)),
        ("p225", "p225_002", (2,)),
        ("p280", "p280_001", (1,)),
        ("p315", "p315_001", (1, 2)),
        ("s5", "s5_001", (1, 2)),
    ):
        for number in microphones:
            hollow(folder / "wav48_silence_trimmed" / speaker / f"{stem}_mic{number}.flac")
        if speaker != "p315":
            write(folder / "txt" / speaker / f"{stem}.txt", "Please call Stella.")
    return Tree(folder, 3, 3, "speaker-info.txt", frozenset({"p225_002", "p315_001"}))


TREES: dict[str, Callable[[Path], Tree]] = {
    "aesrc2020": accent_trees.aesrc2020,
    "afrispeech": hub_trees.afrispeech,
    "artie": accent_trees.artie,
    "cmu_arctic": cmu_arctic,
    "common_voice": common_voice,
    "coraal": accent_trees.coraal,
    "earnings22": learner_trees.earnings22,
    "edacc": accent_trees.edacc,
    "erj": learner_trees.erj,
    "fair_speech": accent_trees.fair_speech,
    "fleurs": accent_trees.fleurs,
    "fsdd": fsdd,
    "globe": hub_trees.globe,
    "huggingface": door_trees.huggingface,
    "ijas": learner_trees.ijas,
    "jsut": accent_trees.jsut,
    "jvs": accent_trees.jvs,
    "kaldi": door_trees.kaldi,
    "kespeech": learner_trees.kespeech,
    "l2_arctic": l2_arctic,
    "lhotse": door_trees.lhotse,
    "librispeech": librispeech,
    "manifest": manifest,
    "sonos": accent_trees.sonos,
    "speech_accent_archive": accent_trees.speech_accent_archive,
    "speechocean762": speechocean762,
    "svarah": accent_trees.svarah,
    "synthetic": synthetic,
    "synthetic_japanese": synthetic_japanese,
    "ume_jrf": learner_trees.ume_jrf,
    "vctk": vctk,
    "webdataset": door_trees.webdataset,
}
