"""Small archives shaped like the public package's, for the tests of the reference data."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

DEPARTEMENTS = [{"code": "62", "nom": "Pas-de-Calais", "region": "32"}, {"code": "80", "nom": "Somme", "region": "32"}]


def commune(code: str, name: str, population: int | None = None, **more: Any) -> dict[str, Any]:
    figures = {} if population is None else {"population": population}
    return {"code": code, "nom": name, "type": "commune-actuelle", **figures, **more}


def epci(siren: str, name: str, form: str, members: dict[str, tuple[int, int]]) -> dict[str, Any]:
    """An EPCI whose populations are the sums of its members' (commune code → municipal and total population)."""
    return {
        "code": siren,
        "nom": name,
        "type": form,
        "populationMunicipale": sum(municipale for municipale, _ in members.values()),
        "populationTotale": sum(totale for _, totale in members.values()),
        "membres": [
            {"code": code, "siren": f"216{code}0", "populationMunicipale": municipale, "populationTotale": totale}
            for code, (municipale, totale) in members.items()
        ],
    }


def sources(**changes: Any) -> dict[str, Any]:
    """The three files of one vintage: two EPCI, a commune of none, a deserted one."""
    files: dict[str, Any] = {
        "departements.json": DEPARTEMENTS,
        "epci.json": [
            epci("200000001", "CA  du Littoral", "CA", {"62001": (100, 110), "80001": (50, 52)}),
            epci("200000002", "Métropole du Port", "METRO", {"62002": (30, 31)}),
        ],
        "communes.json": [
            commune("62001", "Audinghen", 105),
            commune("80001", "Ault", 49),
            commune("62002", "Œuf-en-Ternois", 30),
            commune("62003", "L'Île", 7),
            commune("62004", "Désert"),
            {"code": "62005", "nom": "Ancienne", "type": "commune-deleguee"},
        ],
    }
    return files | {name.replace("_json", ".json"): rows for name, rows in changes.items()}


def write_archive(directory: Path, version: str, files: dict[str, Any]) -> Path:
    path = directory / f"etalab-decoupage-administratif-{version}.tgz"
    with tarfile.open(path, "w:gz") as tar:
        for name, rows in files.items():
            raw = json.dumps(rows).encode()
            info = tarfile.TarInfo(f"package/data/{name}")
            info.size = len(raw)
            tar.addfile(info, io.BytesIO(raw))
    return path
