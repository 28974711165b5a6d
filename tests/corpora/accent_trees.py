"""Tiny trees of corpora that are made of files, with their traps; `tests.corpora.trees` names them all."""

from __future__ import annotations

import json
from pathlib import Path

from tests.corpora.planting import Tree, hollow, write


def edacc(folder: Path) -> Tree:
    """Segments to be ignored, laughter only, bad times, a participant who is not in the questionnaire."""
    home = folder / "edacc_v1.0"
    for number in (1, 2):
        hollow(home / "data" / f"EDACC-C0{number}.wav")
    write(
        home / "linguistic_background.csv",
        "PARTICIPANT_ID,What is your gender?,"
        '"How would you describe your accent in English? (e.g. Italian, Glaswegian)"',
        'EDACC-C01-A,Female,"Scottish, mostly"',
        "EDACC-C01-B,Male,",
    )
    write(
        home / "dev" / "segments",
        "C01-A-1 EDACC-C01 0.5 2.0",
        "C01-A-2 EDACC-C01 2.5 3.0",
        "C01-B-1 EDACC-C01 3 4",
    )
    write(home / "dev" / "text", "C01-A-1 well <laugh> yes", "C01-A-2 <laugh> <breath>", "C01-B-1 no")
    write(home / "dev" / "utt2spk", "C01-A-1 EDACC-C01-A", "C01-A-2 EDACC-C01-A", "C01-B-1 EDACC-C01-B")
    write(
        home / "test" / "segments", "C02-A-1 EDACC-C02 0 1", "C02-A-2 EDACC-C02 1 2", "C02-A-3 EDACC-C02 3 2"
    )
    write(
        home / "test" / "text", "C02-A-1 aye", "C02-A-2 IGNORE_TIME_SEGMENT_IN_SCORING", "C02-A-3 backwards"
    )
    write(home / "test" / "utt2spk", *(f"C02-A-{number} EDACC-C02-A" for number in (1, 2, 3)))
    return Tree(folder, 3, 3, "linguistic_background.csv", frozenset({"C01-A-2", "C02-A-2", "C02-A-3"}))


def speech_accent_archive(folder: Path) -> Tree:
    """Unnamed columns at the end, a misspelt sex, a language without a code, a recording that is missing."""
    write(
        folder / "speakers_all.csv",
        "age,age_onset,birthplace,filename,native_language,sex,speakerid,country,file_missing?,,,",
        '27,9,"virginia, south africa",afrikaans1,afrikaans,female,1,south africa,FALSE,,,',
        "40,5,,synthesized1,synthesized,famale,2,usa,FALSE,,,",
        "0,0,x,balanta,balanta,male,3,,TRUE,,,",
    )
    write(folder / "reading-passage.txt", "Please call Stella.", "Ask her to bring these things with her.")
    for name in ("afrikaans1", "synthesized1"):
        hollow(folder / "recordings" / "recordings" / f"{name}.mp3")
    return Tree(folder, 2, 2, "speakers_all.csv", frozenset({"balanta"}))


def fair_speech(folder: Path) -> Tree:
    """No speaker ids; a ragged line; a name that leads out."""
    write(
        folder / "metadata.tsv",
        "hash_name\ttranscription\tage\tgender\tfirst_language\tsocioeconomic_bkgd\tethnicity",
        'a1\tplay "that" song\t18 - 22\tfemale\tTelugu\tLow\tAsian',
        "a2\tturn it off\t66+\tmale\tQuechua\tMedium\tNative American",
        "../a3\tx\t66+\tmale\tEnglish\tMedium\tWhite",
        "a4\tx",
    )
    for name in ("a1", "a2"):
        hollow(folder / "asr_fairness_audio" / f"{name}.wav")
    return Tree(folder, 2, 0, "metadata.tsv", frozenset({"../a3", "line 5"}))


def coraal(folder: Path) -> Tree:
    """An interviewer, a pause, redacted speech, times that run backwards, an interview without audio."""
    file = "DCB_se1_ag1_f_01_1"
    write(
        folder / "DCB_metadata_2018.10.06.txt",
        "CORAAL.Sub\tCORAAL.Spkr\tCORAAL.File\tPrimary.Spkr\tGender\tAge\tNotes",
        f"DCB\tDCB_se1_ag1_f_01\t{file}\tyes\tFemale\t17",
        f"DCB\tDCB_se1_ag1_f_01\t{file}\tyes\tFemale\t17\tsecond line of the same file",
        "DCB\tDCB_se1_ag1_m_02\tDCB_se1_ag1_m_02_1\tyes\tMale\t61",
    )
    hollow(folder / "DCB_audio_part01_2018.10.06" / f"{file}.wav")
    write(
        folder / "DCB_textfiles_2018.10.06" / f"{file}.txt",
        "Line\tSpkr\tStTime\tContent\tEnTime",
        "1\tDCB_int_01\t0.1\tWhere did you grow up?\t1.0",
        "2\tDCB_se1_ag1_f_01\t1.2\tIn Northeast, <laugh> mostly.\t3.4",
        "3\tDCB_se1_ag1_f_01\t3.4\t(pause 0.35)\t3.75",
        "4\tDCB_se1_ag1_f_01\t3.75\tMy name is /RD-NAME-2/.\t5",
        "5\tDCB_se1_ag1_f_01\t6\tBackwards.\t5",
    )
    excluded = {f"{file}-{number}" for number in (1, 3, 4, 5)} | {"DCB_se1_ag1_m_02_1"}
    return Tree(folder, 1, 1, "COMPONENT_metadata_DATE.txt", frozenset(excluded))


def artie(folder: Path) -> Tree:
    """The list says mp3 where the clip is a wav; a clip that is not there."""
    write(
        folder / "data" / "artie-bias-corpus.tsv",
        "client_id\tpath\tsentence\tup_votes\tdown_votes\tage\tgender\taccent",
        "c1\tcommon_voice_en_1.mp3\tHello there\t2\t0\ttwenties\tfemale\tindian",
        "c2\tcommon_voice_en_2.mp3\tGood night\t2\t0\tteens\tother\tus",
    )
    hollow(folder / "artie-bias-corpus" / "common_voice_en_1.wav")
    return Tree(folder, 1, 1, "artie-bias-corpus.tsv", frozenset({"common_voice_en_2"}))


def fleurs(folder: Path) -> Tree:
    """Two languages; the raw transcription has capitals and commas; a line that was cut off."""
    for locale, text, gender in (("en_us", "Hello, World", "FEMALE"), ("cmn_hans_cn", "你好,世界", "MALE")):
        home = folder / "data" / locale
        hollow(home / "audio" / "test" / "100.wav")
        row = ("1", "100.wav", text, text.casefold(), "h e |", "16000", gender)
        write(home / "test.tsv", "\t".join(row), "2\t200.wav")
    return Tree(folder, 2, 0, "data", frozenset({"en_us-line 2", "cmn_hans_cn-line 2"}))


def svarah(folder: Path) -> Tree:
    """No speaker ids; a language without a code; a path that leads out."""
    write(
        folder / "meta_speaker_stats.csv",
        "audio_filepath,duration,text,gender,age-group,primary_language,native_place_state,native_place_district",
        'audio/1_a.wav,2.5,"well, yes",Male,18-30,Bodo,Assam,Baksa',
        "audio/1_b.wav,2.5,no,Female,60+,Tulu,Karnataka,Udupi",
        "../1_c.wav,2.5,no,Female,30-45,Tamil,Tamil Nadu,Salem",
    )
    for name in ("1_a", "1_b"):
        hollow(folder / "audio" / f"{name}.wav")
    return Tree(folder, 2, 0, "meta_speaker_stats.csv", frozenset({"../1_c.wav"}))


def aesrc2020(folder: Path) -> Tree:
    """The same speaker number in two accents; audio without text, text without audio."""
    for accent in ("American English Speech Data", "Japanese Speaking English Speech Data"):
        home = folder / accent / "G00001"
        hollow(home / "G00001S1001.wav")
        write(home / "G00001S1001.txt", "Turn on the light")
    hollow(home / "G00001S1002.wav")
    write(home / "G00001S1003.txt", "No audio")
    excluded = frozenset({"Japanese-G00001S1002", "Japanese-G00001S1003"})
    return Tree(folder, 2, 2, "American English Speech Data", excluded)


def sonos(folder: Path) -> Tree:
    """Ethnicity that is null; an id without audio; an entry without transcript."""
    speaker = {
        "age": "66",
        "dialectal_region": "USA Mid-Atlantic",
        "ethnicity": None,
        "gender": "male",
        "user_id": "7",
    }
    content = {
        "audio_1": {
            "audioLengthMs": 4130,
            "speaker": speaker,
            "transcript": {"text": "volume off", "label": {}},
        },
        "audio_2": {"speaker": speaker | {"user_id": "8"}, "transcript": {"text": "next song"}},
        "audio_3": {"speaker": speaker},
    }
    write(folder / "metadata" / "test_metadata.json", json.dumps(content))
    for name in ("audio_1", "audio_3"):
        hollow(folder / "audios" / f"{name}.wav")
    return Tree(folder, 1, 1, "metadata/test_metadata.json", frozenset({"audio_2", "audio_3"}))


def jvs(folder: Path) -> Tree:
    """Whispered speech that is left out, text without audio and audio without text."""
    home = folder / "jvs_ver1"
    write(home / "gender_f0range.txt", "speaker Male_or_Female minf0[Hz] maxf0[Hz]", "jvs001 M 70 370")
    for speaker in ("jvs001", "jvs002"):
        for part in ("parallel100", "whisper10"):
            hollow(home / speaker / part / "wav24kHz16bit" / "VOICEACTRESS100_001.wav")
            write(
                home / speaker / part / "transcripts_utf8.txt",
                "VOICEACTRESS100_001:また、東寺のように。",
                "X_2:ない",
            )
    hollow(home / "jvs002" / "parallel100" / "wav24kHz16bit" / "VOICEACTRESS100_009.wav")
    excluded = {"jvs001-parallel100-X_2", "jvs002-parallel100-X_2", "jvs002-parallel100-VOICEACTRESS100_009"}
    return Tree(folder, 2, 2, "jvs001", frozenset(excluded))


def jsut(folder: Path) -> Tree:
    """A line without a colon."""
    home = folder / "jsut_ver1.1" / "basic5000"
    hollow(home / "wav" / "BASIC5000_0001.wav")
    write(home / "transcript_utf8.txt", "BASIC5000_0001:水をマレーシアから買わなくてはならない。", "kaputt")
    return Tree(folder, 1, 1, "basic5000/transcript_utf8.txt", frozenset({"basic5000-line 2"}))
