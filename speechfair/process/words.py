"""Statuses, modes, gates and outcomes in words, both languages: the same on pages and in the terminal."""

from __future__ import annotations

from speechfair.process.catalogue import Text

__all__ = ["DIRECTION_WORDS", "FACT_QUESTIONS", "GATE_WORDS", "MODE_WORDS", "OUTCOME_WORDS", "STATUS_WORDS"]

STATUS_WORDS: dict[str, Text] = {
    "pass": Text(en="passed", ja="合格"),
    "fail": Text(en="failed", ja="不合格"),
    "undetermined": Text(en="undetermined", ja="判定不能"),
    "not_assessed": Text(en="not assessed", ja="未評価"),
    "not_applicable": Text(en="not applicable", ja="適用外"),
    "alternative_means": Text(en="by other means", ja="代替手段"),
    "error": Text(en="error", ja="エラー"),
}
MODE_WORDS: dict[str, Text] = {
    "A": Text(en="decided by program", ja="自動判定"),
    "S": Text(en="computed, then judged by a person", ja="計算のうえ人が判断"),
    "H": Text(en="attested by a person", ja="人が確認・署名"),
}
GATE_WORDS: dict[str, Text] = {
    "data": Text(en="Data, before training", ja="データ(学習前)"),
    "evaluation": Text(en="Evaluation, before the test set is read", ja="評価(試験集合を使う前)"),
    "release": Text(en="Release", ja="公開"),
    "update": Text(en="Update", ja="更新"),
}
OUTCOME_WORDS: dict[str, Text] = {
    "open": Text(en="open", ja="通過"),
    "failed": Text(en="closed: something failed", ja="不通過(不合格あり)"),
    "undetermined": Text(en="closed: not decided yet", ja="不通過(未決あり)"),
}
DIRECTION_WORDS: dict[str, Text] = {
    "better": Text(en="better", ja="改善"),
    "worse": Text(en="worse", ja="悪化"),
    "same": Text(en="same", ja="変化なし"),
    "added": Text(en="added", ja="追加"),
    "removed": Text(en="removed", ja="削除"),
}
FACT_QUESTIONS: dict[str, Text] = {
    "adapted_from_base": Text(
        en="is the model trained on from a base model?", ja="基盤モデルから追加学習するか"
    ),
    "annotated": Text(en="do people transcribe or annotate the speech?", ja="人が書き起こし・注釈を行うか"),
    "deployed": Text(en="is the system used by people outside the team?", ja="チーム外の人が使うか"),
    "diarisation": Text(en="does it say who speaks when?", ja="話者の区別(誰がいつ話したか)を行うか"),
    "generates_speech": Text(en="does it generate speech?", ja="音声を生成するか"),
    "generates_text": Text(
        en="does it write text of its own, not only what was said?", ja="書き起こし以外の文章を生成するか"
    ),
    "minors": Text(
        en="are there speakers under 18 in the data or among users?",
        ja="データまたは利用者に 18 歳未満の話者がいるか",
    ),
    "personal_data": Text(
        en="can voices or texts be traced to a person?", ja="声や本文から個人を特定できるか"
    ),
    "pretrained_base": Text(en="are weights used that others trained?", ja="他者が学習させた重みを使うか"),
    "reweighted_or_selected": Text(
        en="are groups weighted, or checkpoints chosen?", ja="群の重み付けやチェックポイントの選択を行うか"
    ),
    "slot_task": Text(
        en="does it fill slots such as numbers, names, times?", ja="数・名前・時刻などの項目を抽出するか"
    ),
    "speech_llm": Text(en="does a language model answer speech?", ja="言語モデルが音声に応答するか"),
    "synthetic_or_augmented": Text(
        en="is synthetic or augmented speech used?", ja="合成音声・加工音声を使うか"
    ),
    "third_party_data": Text(en="is data used that others collected?", ja="他者が集めたデータを使うか"),
}
"""What `init` asks: the facts that decide which items apply."""
