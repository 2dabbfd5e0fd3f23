"""Build the reference files from the public npm package `@etalab/decoupage-administratif`.

One version of the package is one vintage. Its `epci.json` is the State's list of EPCI with own taxation with, for each
member commune, the municipal and total populations in force that year: that is what population keys use. Its
`communes.json` follows another calendar (the census of that year or of the next, depending on the release), so that the
population of a commune is taken from its EPCI's line, and from `communes.json` only for those that belong to none.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from parties.reference.files import (
    FORMS,
    Commune,
    CommuneYear,
    Departement,
    EpciYear,
    Reference,
    ReferenceDataError,
    Vintage,
    newest_epci,
)

PACKAGE = "@etalab/decoupage-administratif"
# The package's own README pairs years and versions; the last release of each year is kept.
VERSIONS = {2021: "1.1.1", 2022: "2.3.1", 2023: "3.1.1", 2024: "4.1.0", 2025: "5.3.0", 2026: "6.0.0"}
SOURCES = ("departements.json", "epci.json", "communes.json")
PACK_TIMEOUT_SECONDS = 300

Fetch = Callable[[str, Path], Path]


def parse_vintages(text: str, known: dict[int, str] = VERSIONS) -> dict[int, str]:
    """« 2021,2024,2027=7.0.0 » → the package version of each year, oldest first.

    A year alone takes the version recorded in `VERSIONS`. Raises `ReferenceDataError` for anything else.
    """
    chosen: dict[int, str] = {}
    for part in (part.strip() for part in text.split(",")):
        year, _, version = part.partition("=")
        if not (year.isdigit() and len(year) == 4):
            raise ReferenceDataError(f"« {part} » n’est pas un millésime : écrivez par exemple 2024, ou 2027=7.0.0.")
        version = version.strip() or known.get(int(year), "")
        if not version:
            raise ReferenceDataError(f"Version du paquet inconnue pour {year} : écrivez {year}=VERSION.")
        chosen[int(year)] = version
    return dict(sorted(chosen.items()))


def npm_pack(version: str, into: Path) -> Path:
    """Download one version of the package with npm, which checks its integrity; returns the archive's path."""
    npm = shutil.which("npm")
    if npm is None:
        raise ReferenceDataError("npm est introuvable : installez Node.js, ou donnez les archives avec --packages.")
    command = [npm, "pack", "--silent", "--pack-destination", str(into), f"{PACKAGE}@{version}"]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=PACK_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        raise ReferenceDataError(f"npm ne répond pas : {PACKAGE}@{version} n’a pas pu être obtenu.") from None
    except subprocess.CalledProcessError as error:
        raise ReferenceDataError(f"npm n’a pas obtenu {PACKAGE}@{version} :\n{error.stderr.strip()}") from None
    return from_directory(version, into)


def from_directory(version: str, directory: Path) -> Path:
    """The archive of that version in a directory, under the name npm gives it."""
    path = directory / f"{PACKAGE.removeprefix('@').replace('/', '-')}-{version}.tgz"
    if not path.is_file():
        raise ReferenceDataError(f"Archive absente : {path}.")
    return path


def build_reference(versions: dict[int, str], *, fetch: Fetch = npm_pack, packages: Path | None = None) -> Reference:
    """Build the reference of the given vintages (year → package version).

    `packages` is a directory of archives already downloaded: nothing is then fetched. Raises `ReferenceDataError` when
    an archive is missing, unreadable, or contradicts itself.
    """
    sources: dict[int, dict[str, list[dict[str, Any]]]] = {}
    digests: dict[int, dict[str, str]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for year, version in sorted(versions.items()):
            archive = from_directory(version, packages) if packages else fetch(version, Path(scratch))
            sources[year], digests[year] = _read_archive(archive)
    return _assemble(versions, sources, digests)


def _read_archive(archive: Path) -> tuple[dict[str, list[dict[str, Any]]], dict[str, str]]:
    contents: dict[str, list[dict[str, Any]]] = {}
    digests: dict[str, str] = {}
    try:
        with tarfile.open(archive) as tar:
            for name in SOURCES:
                # Members are read by name and never extracted: nothing of the archive reaches the disk.
                member = tar.extractfile(f"package/data/{name}")
                if member is None:
                    raise KeyError(name)
                raw = member.read()
                contents[name], digests[name] = json.loads(raw), hashlib.sha256(raw).hexdigest()
    except KeyError as error:
        raise ReferenceDataError(f"{archive.name} : fichier absent de l’archive ({error}).") from None
    except (tarfile.TarError, OSError, EOFError, ValueError) as error:
        raise ReferenceDataError(f"{archive.name} n’est pas lisible ({error}).") from None
    return contents, digests


def _assemble(
    versions: dict[int, str],
    sources: dict[int, dict[str, list[dict[str, Any]]]],
    digests: dict[int, dict[str, str]],
) -> Reference:
    departements: dict[str, Departement] = {}
    communes: dict[str, Commune] = {}
    attachments: dict[str, str] = {}
    epci_years: list[EpciYear] = []
    commune_years: list[CommuneYear] = []
    # Oldest first: names, regions and attachments of a newer vintage replace the older ones.
    for year, files in sources.items():
        for row in files["departements.json"]:
            departements[row["code"]] = Departement(row["code"], _clean(row["nom"]), row.get("region", ""))
        current = _current_communes(year, files["communes.json"])
        members = _read_epci_list(year, files["epci.json"], current, epci_years, attachments)
        for code, row in current.items():
            known, member = communes.get(code), members.get(code)
            siren = row.get("siren") or (member["siren"] if member else "") or (known.siren if known else "")
            communes[code] = Commune(code, _clean(row["nom"]), siren, departement_of(code))
            population = member["population"] if member else row.get("population")
            # A few uninhabited overseas districts have no legal population: they exist, without a figure.
            if population is not None:
                commune_years.append(CommuneYear(code, year, population, member["epci"] if member else None))
    _check_departements(departements, [*attachments.values(), *(row.departement for row in communes.values())])
    figures = _figures_of(sorted(versions), epci_years)
    return Reference(
        vintages=[Vintage(y, f"{PACKAGE}@{v}", figures[y], digests[y]) for y, v in sorted(versions.items())],
        departements=sorted(departements.values()),
        epci=newest_epci(epci_years, attachments),
        epci_years=sorted(epci_years),
        communes=sorted(communes.values()),
        commune_years=sorted(commune_years, key=lambda row: (row.code, row.vintage)),
    )


def _current_communes(year: int, rows: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Communes proper: delegated and associated communes and city districts have no council of their own to sign."""
    current: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row["type"] != "commune-actuelle":
            continue
        if row["code"] in current:
            raise ReferenceDataError(f"Millésime {year} : la commune {row['code']} figure deux fois.")
        current[row["code"]] = row
    return current


def _read_epci_list(
    year: int,
    rows: Iterable[dict[str, Any]],
    current: dict[str, dict[str, Any]],
    epci_years: list[EpciYear],
    attachments: dict[str, str],
) -> dict[str, dict[str, Any]]:
    """Add the year's EPCI to `epci_years` and `attachments`; returns EPCI, population and SIREN by member commune."""
    members: dict[str, dict[str, Any]] = {}
    for row in rows:
        siren, place = row["code"], f"Millésime {year}, EPCI {row['code']}"
        if row["type"] not in FORMS:
            raise ReferenceDataError(f"{place} : forme juridique inconnue « {row['type']} ».")
        if not row["membres"]:
            raise ReferenceDataError(f"{place} : aucune commune membre.")
        for kind in ("populationMunicipale", "populationTotale"):
            total = sum(member[kind] for member in row["membres"])
            if total != row[kind]:
                raise ReferenceDataError(f"{place} : {kind} vaut {row[kind]}, la somme des membres {total}.")
        for member in row["membres"]:
            code = member["code"]
            if code not in current:
                raise ReferenceDataError(f"{place} : la commune membre {code} n’existe pas dans communes.json.")
            if code in members:
                raise ReferenceDataError(f"{place} : la commune {code} appartient déjà à {members[code]['epci']}.")
            members[code] = {
                "epci": siren,
                "population": member["populationMunicipale"],
                "siren": member.get("siren") or "",
            }
        epci_years.append(
            EpciYear(
                siren=siren,
                vintage=year,
                name=_clean(row["nom"]),
                source_form=row["type"],
                population_municipale=row["populationMunicipale"],
                population_totale=row["populationTotale"],
                members_count=len(row["membres"]),
            )
        )
        # The source does not name the seat: the first member it lists stands for it (90 EPCI straddle départements).
        attachments[siren] = departement_of(row["membres"][0]["code"])
    return members


def _figures_of(years: list[int], epci_years: Iterable[EpciYear]) -> dict[int, int]:
    """For each vintage, the oldest one with the same figures for every EPCI: itself, unless they were re-issued."""
    by_year: dict[int, frozenset[tuple[object, ...]]] = {}
    rows = list(epci_years)
    for year in years:
        by_year[year] = frozenset(
            (row.siren, row.population_municipale, row.population_totale) for row in rows if row.vintage == year
        )
    return {year: next(other for other in years if by_year[other] == by_year[year]) for year in years}


def _check_departements(departements: dict[str, Departement], used: Iterable[str]) -> None:
    unknown = sorted(set(used) - set(departements))
    if unknown:
        raise ReferenceDataError(f"Département inconnu de departements.json : {', '.join(unknown)}.")


def departement_of(insee_code: str) -> str:
    """Code of the département, or of the overseas collectivity, that an INSEE commune code begins with."""
    return insee_code[:3] if insee_code.startswith(("97", "98")) else insee_code[:2]


def _clean(name: str) -> str:
    return " ".join(name.split())
