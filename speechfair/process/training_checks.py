"""What `verify` checks of trainings: the record and the run folder against what the ledger noted when the run ended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from speechfair.process.catalogue import Text
from speechfair.process.finding import say
from speechfair.process.ledger import Entry
from speechfair.process.material import Material
from speechfair.store import file_digest

__all__ = ["training_problems"]


def training_problems(material: Material) -> list[Text]:
    """Debiasing runs whose folder was changed since their end, and records that are gone or name other data."""
    ended: dict[str, Entry] = {}
    for entry in material.reading.of_kind("run_ended"):
        if entry.body.get("verb") == "debias" and entry.body.get("debias_yaml_sha256"):
            ended[str(entry.body["folder"])] = entry
    return [
        text
        for folder, entry in ended.items()
        for text in (*_folder_problems(material.folder / folder, entry), *_data_problems(material, entry))
    ]


def _folder_problems(run: Path, entry: Entry) -> Iterator[Text]:
    path = run / "debias.yaml"
    where = f"{entry.body['folder']}/debias.yaml"
    if not path.is_file():
        yield say(
            f"{where}: is missing, and entry {entry.number} noted its training",
            f"{where}:見つからない(記録 {entry.number} に学習の終了がある)",
        )
    elif file_digest(path) != entry.body["debias_yaml_sha256"]:
        yield say(
            f"{where}: was changed after its training ended (entry {entry.number})",
            f"{where}:学習の終了(記録 {entry.number})後に変わっている",
        )


def _data_problems(material: Material, entry: Entry) -> Iterator[Text]:
    noted = entry.body.get("training_data") or {}
    name = Path(str(entry.body["folder"])).name
    records = [record for record in material.training if record.id == name]
    if not records:
        yield say(
            f"training {name}: entry {entry.number} noted its end, and runs.yaml lists no training record with its id",
            f"学習 {name}:記録 {entry.number} に学習の終了があるが、runs.yaml にその id の学習記録がない",
        )
    for record in records:
        other = sorted(name for name, digest in noted.items() if record.data.get(name) != digest)
        if other:
            names = ", ".join(other)
            yield say(
                f"training {record.id}: its record names other data than entry {entry.number} noted ({names})",
                f"学習 {record.id}:学習記録のデータが記録 {entry.number} と異なる({names})",
            )
