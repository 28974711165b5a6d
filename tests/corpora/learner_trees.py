"""Tiny trees of corpora of learners, calls and subdialects, with their traps; `tests.corpora.trees` names them all."""

from __future__ import annotations

from pathlib import Path

from tests.corpora.planting import Tree, hollow, write


def earnings22(folder: Path) -> Tree:
    """A word that was not aligned, crosstalk, a sentence of over 30 s, a call without audio, a path that leads out."""
    write(
        folder / "metadata.csv",
        "File ID,Ticker Symbol,Country by Ticker,UN Defined,Major Dialect Family,Language Family + Area Based,"
        "File Length (seconds),Sampling Rate (Hz)",
        "4420696,AKO-A,Chile,Latin America and Caribbean,Latin American,Spanish,3600,16000",
        '4444444,"X, Y",Japan,Asia,East Asian,Japonic,60,16000',
        "../evil,E,Japan,Asia,East Asian,Japonic,60,16000",
    )
    home = folder / "transcripts" / "force_aligned_nlp_references"
    header = "token|speaker|ts|endTs|punctuation|prepunctuation|case|tags|wer_tags|oldTs|oldEndTs|ali_comment"
    rows = [
        ("Good", "0", "0.50", "0.75", ""),
        ("morning", "0", "0.75", "1.10", "."),
        ("Thanks", "1", "1.50", "1.80", ","),
        ("everyone", "1", "", "", "."),
        ("<crosstalk>", "1", "3.00", "3.50", "."),
        ("Well", "0", "4.00", "4.50", ""),
        ("then", "0", "35.00", "35.50", "."),
        ("Bye", "0", "38.00", "37.00", "."),
    ]
    write(
        home / "4420696.aligned.nlp",
        header,
        *("|".join((*row, "", "LC", "[]", "[]", "", "", "")) for row in rows),
    )
    hollow(folder / "media" / "4420696.mp3")
    excluded = {"4420696-000004", "4420696-000006", "4420696-000009", "4444444", "../evil"}
    return Tree(folder, 3, 1, "metadata.csv", frozenset(excluded))


def kespeech(folder: Path) -> Tree:
    """The standard and a subdialect, noise only, text without audio, a pipe, a path that leads out."""
    home = folder / "Tasks" / "ASR" / "test"
    write(
        home / "wav.scp",
        "u1 Audio/s1/phase1/u1.wav",
        "u2 Audio/s2/phase2/u2.wav",
        "u3 Audio/s2/phase2/u3.wav",
        "u4 ../u4.wav",
        "u5 sox u5.wav -t wav - |",
    )
    write(
        home / "text", "u1 今天天气很好", "u2 <SPOKEN_NOISE>你好", "u3 <SPOKEN_NOISE>", "u4 x", "u5 x", "u6 x"
    )
    write(home / "utt2spk", "u1 s1", "u2 s2", "u3 s2", "u4 s1", "u5 s1")
    write(home / "utt2subdialect", "u1 Mandarin", "u2 Jiang-Huai", "u3 Jiang-Huai")
    for name in ("s1/phase1/u1", "s2/phase2/u2", "s2/phase2/u3"):
        hollow(folder / "Audio" / f"{name}.wav")
    return Tree(folder, 3, 2, "Tasks/ASR/test/wav.scp", frozenset({"u4", "u5", "u6"}))


def erj(folder: Path) -> Tree:
    """Lists in Shift-JIS that overlap, ratings of one recording only, audio without a text, words left out."""
    tab = folder / "doc" / "JEcontent" / "tab"
    tab.mkdir(parents=True)
    (tab / "sentence1.tab").write_bytes("S1_001 sel_001 He told me “so”, ｶﾅ.\r\n".encode("cp932", "replace"))
    (tab / "sentence2.tab").write_bytes(b"S1_001 sel_001 Overridden.\r\nS1_002 sel_002 She is here.\r\n")
    for site, code, name in (
        ("TUT", "F01", "S1_001"),
        ("TUT", "M01", "S1_001"),
        ("KYO", "F01", "S1_002"),
        ("KYO", "F01", "S1_999"),
        ("KYO", "F01", "W1_001"),
    ):
        hollow(folder / "wav" / "JE" / site / code / f"{name}.wav")
    hollow(folder / "wav" / "AE" / "USA" / "F01" / "S1_001.wav")
    write(
        folder / "lbl" / "female-sentence" / "segmental" / "scores.lst",
        "# raters",
        "TUT/F01/S1_001.wav 3 4 4 3",
    )
    return Tree(folder, 3, 3, "wav/JE", frozenset({"KYO-F01-S1_999"}))


def ume_jrf(folder: Path) -> Tree:
    """The same number among learners and natives, a speaker who is not declared, audio whose text is not."""
    write(folder / "texts.tsv", "name\ttext", "A1_001\t青い空。", "D1_001\t酸っぱい")
    write(
        folder / "speakers.tsv",
        "speaker\tfirst_language\tproficiency\tage_of_onset",
        "TKT-F01\tChinese\t2\t19",
        "TUT-M02\tQuechua\t\t",
    )
    for group, site, code, name in (
        ("FJ", "TKT", "F01", "A1_001"),
        ("FJ", "TKT", "F01", "D1_001"),
        ("FJ", "TUT", "M02", "A1_001"),
        ("FJ", "TUT", "M03", "A1_001"),
        ("FJ", "TUT", "M03", "A1_099"),
        ("JJ", "TKT", "F01", "A1_001"),
    ):
        hollow(folder / "wav" / group / site / code / f"{name}.wav")
    return Tree(folder, 5, 4, "wav/FJ", frozenset({"FJ-TUT-M03-A1_099"}))


def ijas(folder: Path) -> Tree:
    """An interviewer, times that run backwards, a ragged line, a path that leads out, a learner without a level."""
    write(
        folder / "speakers.tsv",
        "speaker\tfirst_language\tgender\tage\tproficiency\tage_of_onset\tenvironment",
        "EAU01\tEnglish\t女\t21\tB1\t16\toverseas",
        "JJJ01\tJapanese\t男\t45\t\t\t",
    )
    write(
        folder / "segments.tsv",
        "id\taudio\tstart_s\tend_s\tspeaker\ttext\ttask",
        "a\taudio/EAU01-ST1.mp3\t0.5\t3.25\tEAU01\t朝、ケンとマリは<笑>サンドイッチを作りました\tST1",
        "\taudio/JJJ01-ST1.mp3\t0\t2\tJJJ01\tある日\tST1",
        "c\taudio/EAU01-I.mp3\t0\t1\tC\tお名前は\tI",
        "d\taudio/EAU01-I.mp3\t5\t4\tEAU01\tはい\tI",
        "e\t../EAU01-I.mp3\t0\t1\tEAU01\tはい\tI",
        "f\taudio/EAU01-I.mp3",
    )
    for name in ("EAU01-ST1", "JJJ01-ST1", "EAU01-I"):
        hollow(folder / "audio" / f"{name}.mp3")
    return Tree(folder, 2, 2, "segments.tsv", frozenset({"c", "d", "e", "line 7"}))
