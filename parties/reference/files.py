"""The compact files under `fixtures/reference/`: what they hold, how they are written and read back.

Plain CSV (gzip for the two large ones) and a manifest, so that a diff between two builds can be read by a person.
Writing is deterministic: sorted rows, no date, no file name in the gzip header; the same reference, the same bytes.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

FORMAT = 1
DEFAULT_DIRECTORY = Path(__file__).resolve().parents[2] / "fixtures" / "reference"
MANIFEST, DEPARTEMENTS, EPCI, COMMUNES = "manifest.json", "departements.csv", "epci.csv.gz", "communes.csv.gz"

# The source tells métropoles apart by status; conventions and checks only need the four forms.
FORMS = {"CC": "CC", "CA": "CA", "CU": "CU", "METRO": "ME", "MET69": "ME"}


class ReferenceDataError(Exception):
    """The reference data cannot be built, read or loaded; the message, in French, names the place and the remedy."""


class Departement(NamedTuple):
    code: str
    name: str
    region: str


class Epci(NamedTuple):
    siren: str
    name: str
    legal_form: str
    departement: str


class EpciYear(NamedTuple):
    siren: str
    vintage: int
    name: str
    source_form: str
    population_municipale: int
    population_totale: int
    members_count: int

    @property
    def legal_form(self) -> str:
        return FORMS[self.source_form]


class Commune(NamedTuple):
    code: str
    name: str
    siren: str
    departement: str


class CommuneYear(NamedTuple):
    code: str
    vintage: int
    population: int
    epci: str | None


EPCI_HEADER = ["departement", *EpciYear._fields]


@dataclass(frozen=True)
class Vintage:
    """Where one year's figures come from.

    `figures_of` is the year whose figures the source really published: it differs from `year` when the publisher
    re-issued an older list under a new version.
    """

    year: int
    package: str
    figures_of: int
    sha256: dict[str, str]


@dataclass(frozen=True)
class Reference:
    vintages: list[Vintage]
    departements: list[Departement]
    epci: list[Epci]
    epci_years: list[EpciYear]
    communes: list[Commune]
    commune_years: list[CommuneYear]

    @property
    def years(self) -> list[int]:
        return [vintage.year for vintage in self.vintages]

    def only(self, years: Iterable[int]) -> Reference:
        """The same reference reduced to some vintages. Raises `ReferenceDataError` when one is not in the files."""
        wanted = sorted(set(years))
        missing = [str(year) for year in wanted if year not in self.years]
        if missing:
            raise ReferenceDataError(
                f"Millésime absent des données de référence : {', '.join(missing)}. "
                f"Millésimes disponibles : {', '.join(map(str, self.years))}."
            )
        epci_years = [row for row in self.epci_years if row.vintage in wanted]
        commune_years = [row for row in self.commune_years if row.vintage in wanted]
        sirens, codes = {row.siren for row in epci_years}, {row.code for row in commune_years}
        return Reference(
            vintages=[vintage for vintage in self.vintages if vintage.year in wanted],
            departements=self.departements,
            epci=[row for row in self.epci if row.siren in sirens],
            epci_years=epci_years,
            communes=[row for row in self.communes if row.code in codes],
            commune_years=commune_years,
        )


def write_reference(reference: Reference, directory: Path) -> dict[str, int]:
    """Write the four files; returns their sizes in bytes by name."""
    directory.mkdir(parents=True, exist_ok=True)
    contents = {
        MANIFEST: _manifest_bytes(reference),
        DEPARTEMENTS: _csv_bytes(Departement._fields, sorted(reference.departements)),
        EPCI: _gzip(_csv_bytes(EPCI_HEADER, _epci_rows(reference))),
        COMMUNES: _gzip(_csv_bytes(_commune_header(reference.years), _commune_rows(reference))),
    }
    for name, data in contents.items():
        (directory / name).write_bytes(data)
    return {name: len(data) for name, data in contents.items()}


def read_vintages(directory: Path = DEFAULT_DIRECTORY) -> list[Vintage]:
    """The vintages the files hold, oldest first, from the manifest alone."""
    path = directory / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ReferenceDataError(
            f"Données de référence introuvables : {path} n’existe pas. Lancez « bin/manage build_reference »."
        ) from None
    except ValueError as error:
        raise ReferenceDataError(f"{path} n’est pas un fichier JSON lisible ({error}).") from None
    found = manifest.get("format") if isinstance(manifest, dict) else None
    if found != FORMAT:
        raise ReferenceDataError(
            f"{path} est au format {found!r}, cette version lit le format {FORMAT} : "
            "relancez « bin/manage build_reference »."
        )
    try:
        return [
            Vintage(year=int(year), package=entry["package"], figures_of=entry["figures_of"], sha256=entry["sha256"])
            for year, entry in sorted(manifest["vintages"].items())
        ]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ReferenceDataError(f"{path} : description d’un millésime incomplète ({error!r}).") from None


def read_reference(directory: Path = DEFAULT_DIRECTORY) -> Reference:
    """All the reference data of the files. Raises `ReferenceDataError` naming the file and line that cannot be read."""
    vintages = read_vintages(directory)
    years = [vintage.year for vintage in vintages]
    departements = [Departement(*row) for row in _read_rows(directory / DEPARTEMENTS, Departement._fields)]
    epci, epci_years = _read_epci(directory / EPCI)
    communes, commune_years = _read_communes(directory / COMMUNES, years)
    return Reference(vintages, departements, epci, epci_years, communes, commune_years)


def newest_epci(epci_years: Iterable[EpciYear], departements: dict[str, str]) -> list[Epci]:
    """One line per SIREN with the name and form of its newest vintage, sorted by SIREN."""
    newest: dict[str, EpciYear] = {}
    for row in epci_years:
        if row.siren not in newest or row.vintage > newest[row.siren].vintage:
            newest[row.siren] = row
    return [Epci(siren, row.name, row.legal_form, departements[siren]) for siren, row in sorted(newest.items())]


# --- writing ---------------------------------------------------------------------------------------------------------


def _manifest_bytes(reference: Reference) -> bytes:
    entries = {
        str(vintage.year): {
            "package": vintage.package,
            "figures_of": vintage.figures_of,
            "epci": sum(1 for row in reference.epci_years if row.vintage == vintage.year),
            "communes": sum(1 for row in reference.commune_years if row.vintage == vintage.year),
            "sha256": vintage.sha256,
        }
        for vintage in reference.vintages
    }
    manifest = {"format": FORMAT, "vintages": entries}
    return (json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def _csv_bytes(header: Iterable[str], rows: Iterable[Iterable[object]]) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue().encode()


def _gzip(data: bytes) -> bytes:
    # No date and no file name in the header; gzip.compress() would write a system byte that changes between Pythons.
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=buffer, compresslevel=9, mtime=0) as stream:
        stream.write(data)
    return buffer.getvalue()


def _epci_rows(reference: Reference) -> list[tuple[object, ...]]:
    departement = {row.siren: row.departement for row in reference.epci}
    return [(departement[row.siren], *row) for row in sorted(reference.epci_years)]


def _commune_header(years: Iterable[int]) -> list[str]:
    return [*Commune._fields, *(f"{column}_{year}" for year in years for column in ("population", "epci"))]


def _commune_rows(reference: Reference) -> Iterator[list[object]]:
    """One line per commune; an EPCI equal to the previous vintage's is written "=", which halves the file."""
    by_code: dict[str, dict[int, CommuneYear]] = {}
    for row in reference.commune_years:
        by_code.setdefault(row.code, {})[row.vintage] = row
    for commune in sorted(reference.communes):
        cells: list[object] = [*commune]
        previous: str | None = None
        for year in reference.years:
            found = by_code.get(commune.code, {}).get(year)
            if found is None:
                cells += ["", ""]
                continue
            cells += [found.population, "=" if found.epci and found.epci == previous else found.epci or ""]
            previous = found.epci
        yield cells


# --- reading ---------------------------------------------------------------------------------------------------------


def _read_rows(path: Path, expected: Sequence[str]) -> Iterator[list[str]]:
    """The lines of a CSV file, its header checked against the expected one and left out."""
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8")
    except FileNotFoundError:
        raise ReferenceDataError(
            f"Données de référence incomplètes : {path} n’existe pas. Relancez « bin/manage build_reference »."
        ) from None
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise ReferenceDataError(
            f"{path} est endommagé ({error}). Rétablissez-le depuis le dépôt ou relancez build_reference."
        ) from None
    reader = csv.reader(io.StringIO(text, newline=""))
    header = next(reader, [])
    if header != list(expected):
        raise ReferenceDataError(
            f"{path} : colonnes {', '.join(header)} au lieu de {', '.join(expected)}. "
            "Relancez « bin/manage build_reference »."
        )
    for row in reader:
        if len(row) != len(header):
            raise ReferenceDataError(f"{path}, ligne {reader.line_num} : {len(row)} colonnes au lieu de {len(header)}.")
        yield row


def _integer(text: str, *, path: Path, what: str) -> int:
    if not text.isdigit():
        raise ReferenceDataError(f"{path} : « {text} » n’est pas un nombre entier ({what}).")
    return int(text)


def _read_epci(path: Path) -> tuple[list[Epci], list[EpciYear]]:
    years: list[EpciYear] = []
    departements: dict[str, str] = {}
    for departement, siren, vintage, name, form, *figures in _read_rows(path, EPCI_HEADER):
        if form not in FORMS:
            raise ReferenceDataError(f"{path} : forme juridique inconnue « {form} » pour {siren}.")
        municipale, totale, members = (_integer(figure, path=path, what=f"EPCI {siren}") for figure in figures)
        year = _integer(vintage, path=path, what=f"millésime de l’EPCI {siren}")
        years.append(EpciYear(siren, year, name, form, municipale, totale, members))
        departements[siren] = departement
    return newest_epci(years, departements), years


def _read_communes(path: Path, years: list[int]) -> tuple[list[Commune], list[CommuneYear]]:
    communes: list[Commune] = []
    commune_years: list[CommuneYear] = []
    for code, name, siren, departement, *cells in _read_rows(path, _commune_header(years)):
        communes.append(Commune(code, name, siren, departement))
        previous: str | None = None
        for year, population, epci in zip(years, cells[::2], cells[1::2], strict=True):
            if population == "":
                continue
            previous = previous if epci == "=" else epci or None
            inhabitants = _integer(population, path=path, what=f"commune {code}, {year}")
            commune_years.append(CommuneYear(code, year, inhabitants, previous))
    return communes, commune_years
