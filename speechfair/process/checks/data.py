"""Phase 1: designed cases, permission, description and origin of the data, and what others supplied."""

from __future__ import annotations

import hashlib
from itertools import combinations, product
from typing import TYPE_CHECKING

from speechfair.audio import AudioError, load_bytes
from speechfair.errors import RunFolderError
from speechfair.process.checks.common import (
    Part,
    form_part,
    group_table,
    manifest_of,
    need_data,
    need_runs,
    ok,
    split_list,
    usable,
)
from speechfair.process.finding import Finding, decide, said, say
from speechfair.process.material import Material, Run
from speechfair.process.speech_origin import origin_of
from speechfair.process.training_evidence import PLAIN_METHODS
from speechfair.running.run_manifest import audio_locator

if TYPE_CHECKING:
    import polars as pl

__all__ = ["CHECKS", "covered_cases"]

_USES = {"training": "学習", "evaluation": "評価"}
_COUNTED = {"speakers": "話者数", "utterances": "発話数"}
_SAMPLE = 200
"""Audio files that are read again per run; more are drawn by digest, so that the draw is the same each time."""


def coverage(material: Material) -> Finding:
    """AF-1.1: every designed case has a speaker in an evaluation run, or is a gap with a reason."""
    form = material.forms["design.yaml"]
    runs, parts = need_data(material)
    parts.append(form_part(form))
    listed = {row["case"]: row["reason"] for row in form.values["gaps"]}
    cells = covered_cases(material, runs, parts)
    for case, speakers in cells.items():
        if not speakers and not listed.get(case):
            parts.append(
                (
                    "fail",
                    say(
                        f"{case}: no speaker, and not listed as a gap",
                        f"{case}:話者がなく、欠落として挙がっていない",
                    ),
                )
            )
    if form.complete and not cells:
        parts.append(("not_assessed", say("no case is designed", "ケースの設計がない")))
    return decide(
        parts,
        say(
            f"{len(cells)} designed cases are covered or listed as gaps",
            f"設計した {len(cells)} ケースが網羅されるか欠落として挙がっている",
        ),
        [*material.sources("design.yaml"), *(run.source("manifest.parquet", "labels") for run in runs)],
        {"speakers_by_case": cells},
    )


def covered_cases(material: Material, runs: list[Run], parts: list[Part]) -> dict[str, int]:
    """Speakers of every designed case: single values, and at AIFL 2 every pair of values of two axes."""
    rows = material.forms["design.yaml"].values["cases"]
    values = {row["axis"]: list(split_list(row["values"])) for row in rows if row["axis"]}
    cases: dict[str, tuple[str, str]] = {}
    for axis, names in values.items():
        cases |= {f"{axis}={name}": (axis, name) for name in names}
    if material.plan.aifl == 2:
        for one, other in combinations(values, 2):
            for a, b in product(values[one], values[other]):
                cases[f"{one}={a}+{other}={b}"] = (f"{one}+{other}", f"{a}+{b}")
    counted = dict.fromkeys(cases, 0)
    for run in runs:
        manifest = manifest_of(run, parts)
        if manifest is None:
            continue
        tables = {axis: group_table(manifest, axis) for axis in {axis for axis, _ in cases.values()}}
        for case, (axis, name) in cases.items():
            counted[case] += tables[axis].get(name, (0, 0, 0.0))[0]
    return counted


def permission(material: Material) -> Finding:
    """AF-1.2: every corpus of every run has a source entry that permits its use, and a date of deletion."""
    form = material.forms["sources.yaml"]
    parts = [form_part(form)]
    entries = {row["corpus"]: row for row in form.values["sources"]}
    runs = [run for run in material.runs if not isinstance(run.content, str)]
    if not runs:
        parts.append(
            (
                "not_assessed",
                say("no run, so no use of data is known", "実行がなく、データの用途が分からない"),
            )
        )
    for run in material.runs:
        if isinstance(run.content, str):
            parts.append(("error", said(run.content)))
            continue
        corpus = run.content.recipe.corpus.name
        use = "training" if run.role == "training" else "evaluation"
        row = entries.get(corpus)
        if row is None:
            parts.append(
                (
                    "fail",
                    say(f"{corpus} ({run.name}): no source entry", f"{corpus}({run.name}):出所の記載がない"),
                )
            )
        elif use not in split_list(row["allowed_uses"]):
            parts.append(
                (
                    "fail",
                    say(
                        f"{corpus}: {use} is not among its allowed uses",
                        f"{corpus}:{_USES[use]}への利用が許されていない",
                    ),
                )
            )
        if row is not None and use == "training" and row["group_labels_for_training"] is False:
            parts += _group_labels(corpus, material)
        given = [each.permissions[corpus] for each in material.training if corpus in each.permissions]
        parts += _card(corpus, use, given if use == "training" else [])
    for run in runs:
        assert not isinstance(run.content, str)
        row, origin = entries.get(run.content.recipe.corpus.name), origin_of(run, material)
        if row and row["speech"] and row["speech"] != origin:
            en = f"{row['corpus']}: sources.yaml says {row['speech']} speech, its card or rows say {origin}"
            ja = f"{row['corpus']}:音声の種類が sources.yaml({row['speech']})とカード・行({origin})で異なる"
            parts.append(("fail", say(en, ja)))
    for name, row in entries.items():
        if row["delete_by"] and row["delete_by"] < material.today.isoformat():
            parts.append(
                (
                    "fail",
                    say(
                        f"{name}: was to be deleted by {row['delete_by']}",
                        f"{name}:削除期日 {row['delete_by']} を過ぎた",
                    ),
                )
            )
        if row["sensitive"] and not row["necessity"]:
            parts.append(
                (
                    "not_assessed",
                    say(
                        f"{name}: sensitive, but why it is needed is not said",
                        f"{name}:要配慮だが必要な理由がない",
                    ),
                )
            )
    return decide(
        parts,
        say("every use of every corpus is permitted", "全コーパスの用途が許されている"),
        [*material.sources("sources.yaml"), *(run.source("run.yaml", "recipe.corpus.name") for run in runs)],
    )


def _group_labels(corpus: str, material: Material) -> list[Part]:
    """Trainings that use group labels, where the source does not permit that."""
    methods = sorted({each.method for each in material.training} - PLAIN_METHODS)
    en = f"{corpus}: its group labels may not be used for training, and {', '.join(methods)} uses them"
    ja = f"{corpus}:群ラベルの学習利用は許されていないが、`{', '.join(methods)}` が使う"
    return [("fail", say(en, ja))] if methods else []


def _card(corpus: str, use: str, permissions: list[str]) -> list[Part]:
    """What the corpus's own card forbids, for corpora that have one; a permission is for a person to look at."""
    from speechfair.corpora.card import load_card
    from speechfair.errors import InputError

    try:
        uses = load_card(corpus).licence.uses
    except InputError:
        return []
    if corpus == "manifest" or use in uses:
        return []
    if permissions:
        words = "; ".join(permissions)
        return [
            (
                "not_assessed",
                say(
                    f"{corpus}: its licence does not permit {use}; a permission is named, to be looked at: {words}",
                    f"{corpus}:ライセンスは{_USES[use]}への利用を許さない。許諾の記載あり、要確認:{words}",
                ),
            )
        ]
    return [
        (
            "fail",
            say(
                f"{corpus}: its licence does not permit {use}",
                f"{corpus}:ライセンスが{_USES[use]}への利用を許さない",
            ),
        )
    ]


def statement(material: Material) -> Finding:
    """AF-1.3: the data statement is complete and its counts are the manifests'."""
    form = material.forms["data_statement.yaml"]
    parts = [form_part(form)]
    stated = {row["role"]: row for row in form.values["counts"]}
    real: dict[str, dict[str, int]] = {}
    runs, problems = need_data(material)
    parts += problems
    for run in [*runs, *material.of_role("training")]:
        role = "evaluation" if run.role == "test_set" else run.role
        manifest = manifest_of(run, parts)
        if manifest is None:
            continue
        rows = usable(manifest)
        counts = {"speakers": rows["speaker"].drop_nulls().n_unique(), "utterances": rows.height}
        real.setdefault(role, counts)
        row = stated.get(role)
        if row is None:
            parts.append(
                (
                    "not_assessed",
                    say(f"no counts stated for {role}", f"{_USES.get(role, role)}データの数が書かれていない"),
                )
            )
            continue
        for what in ("speakers", "utterances"):
            if row[what] != real[role][what]:
                text = f"{role}, {what}: {row[what]} != {real[role][what]}"
                parts.append(
                    (
                        "fail",
                        say(
                            f"stated count differs from the manifest: {text}",
                            f"記載とマニフェストの数が異なる:{_USES.get(role, role)}の{_COUNTED[what]}、"
                            f"{row[what]} != {real[role][what]}",
                        ),
                    )
                )
    return decide(
        parts,
        say("complete, and its counts are the manifests'", "記入済みで、数がマニフェストと一致する"),
        [*material.sources("data_statement.yaml"), *(run.source("manifest.parquet") for run in runs)],
        {"counts": real},
    )


def provenance(material: Material) -> Finding:
    """AF-1.4: every usable row has a digest, and the audio that can be reached still has it."""
    parts: list[Part] = []
    facts: dict[str, dict[str, int]] = {}
    readable = [run for run in material.runs if not isinstance(run.content, str)]
    need, problems = need_data(material)
    parts += problems if not need else []
    for run in material.runs:
        if isinstance(run.content, str):
            parts.append(("error", said(run.content)))
            continue
        manifest = manifest_of(run, parts)
        if manifest is not None:
            facts[run.name] = _audio(run, manifest, parts)
    return decide(
        parts,
        say(
            f"every row has a digest; {sum(f['same'] for f in facts.values())} audio files read again, all unchanged",
            f"全行にダイジェストがあり、再計算した {sum(f['same'] for f in facts.values())} 件の音声が一致",
        ),
        [
            run.source("manifest.parquet", "audio_sha256")
            for run in readable
            if (run.path / "manifest.parquet").exists()
        ],
        {"audio": facts},
    )


def _audio(run: Run, manifest: pl.DataFrame, parts: list[Part]) -> dict[str, int]:
    assert not isinstance(run.content, str)
    rows = usable(manifest)
    if rows["audio_sha256"].null_count():
        parts.append(
            ("fail", say(f"{run.name}: rows without a digest", f"{run.name}:ダイジェストのない行がある"))
        )
    wanted = sorted(
        set(rows.select("audio", "audio_sha256").drop_nulls().iter_rows()), key=lambda row: row[1]
    )
    counts = {"files": len(wanted), "same": 0, "changed": 0, "unreachable": 0}
    locate = audio_locator(run.content.root, run.path)
    for audio, expected in wanted[:_SAMPLE]:
        try:
            found = hashlib.sha256(load_bytes(locate(audio))).hexdigest()
        except (AudioError, RunFolderError):
            counts["unreachable"] += 1
            continue
        counts["same" if found == expected else "changed"] += 1
        if found != expected:
            parts.append(
                ("fail", say(f"{run.name}: {audio} was changed", f"{run.name}:{audio} が変わっている"))
            )
    if counts["unreachable"] or not wanted:
        n = counts["unreachable"]
        parts.append(
            (
                "undetermined",
                say(
                    f"{run.name}: {n} audio files cannot be reached from here",
                    f"{run.name}:{n} 件の音声を読み込めない",
                ),
            )
        )
    else:
        parts.append(ok())
    return counts


def suppliers(material: Material) -> Finding:
    """AF-1.5: the base model is pinned and was measured by group on the evaluation data before adaptation."""
    form = material.forms["suppliers.yaml"]
    parts = [form_part(form)]
    pinned = {row["sha256"] for row in form.values["supplied"]}
    named = " ".join(f"{row['name']} {row['what']} {row['documents']}" for row in form.values["supplied"])
    for supplier in material.forms["roles.yaml"].values["suppliers"]:
        if supplier.split(" (")[0].casefold() not in named.casefold():
            en = f"supplier {supplier} of roles.yaml: nothing of theirs in suppliers.yaml"
            parts.append(
                ("not_assessed", say(en, f"roles.yaml の供給者 {supplier} の記載が suppliers.yaml にない"))
            )
    candidates, problems = need_runs(material, "evaluation")
    adapted = any(record.base for record in material.training)
    baseline = candidates
    parts += problems
    if adapted:
        baseline, problems = need_runs(material, "baseline")
        parts += problems
    for run in baseline:
        if run.model_sha256 not in pinned:
            digest = (run.model_sha256 or "none")[:12]
            parts.append(
                (
                    "fail",
                    say(
                        f"{run.name}: the model {digest}… is not pinned in suppliers.yaml",
                        f"{run.name}:モデル {digest}… が suppliers.yaml に固定されていない",
                    ),
                )
            )
        if isinstance(run.audit, str):
            parts.append(("not_assessed", say(run.audit, f"{run.name}:まだ採点されていない")))
        elif not any(run.audit.groups_of(axis) for axis in material.gated_axes):
            parts.append(
                (
                    "not_assessed",
                    say(
                        f"{run.name}: not measured by a gated axis",
                        f"{run.name}:判定に使う属性で測られていない",
                    ),
                )
            )
        if adapted and run.manifest_sha256 not in {c.manifest_sha256 for c in candidates}:
            parts.append(
                ("fail", say(f"{run.name}: not on the evaluation set", f"{run.name}:評価集合と異なる"))
            )
    for record in material.training:
        if record.base and record.base.sha256 not in pinned:
            parts.append(
                (
                    "fail",
                    say(
                        f"training {record.id}: its base is not pinned",
                        f"学習 {record.id} の基盤が固定されていない",
                    ),
                )
            )
    return decide(
        parts,
        say("pinned, and measured by group", "重みが固定され、群別に測定されている"),
        [*material.sources("suppliers.yaml"), *(run.source("run.yaml", "recipe.model") for run in baseline)],
    )


CHECKS = {
    "AF-1.1": coverage,
    "AF-1.2": permission,
    "AF-1.3": statement,
    "AF-1.4": provenance,
    "AF-1.5": suppliers,
}
