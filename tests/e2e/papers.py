"""Reading the files people take away: the words of a PDF, the lines of a spreadsheet."""

from __future__ import annotations

import csv
import io

from openpyxl import load_workbook
from pypdf import PdfReader

#: Of the file for the finance software: names and order are a contract.
HEADER = (
    "id_ecriture;sens;collectivite;budget;exercice;code_tiers;siret;nat_id_tiers;cat_tiers;nat_jur;nom;adr1;adr2;adr3;cp"
    ";ville;objet;libelle_court;nature;fonction;chapitre;service;operation;code_produit;montant_ht;montant_tva"
    ";date_proposee;num_engagement;code_service;convention;avenant;periode_debut;periode_fin;mois_dus;assiette;taux"
    ";base_liquidation;pieces;num_bordereau;num_titre;date_titre;date_encaissement;montant_encaisse"
    # Added at the end: what a correction corrects, what was paid in advance.
    ";type_piece;id_ecriture_origine;num_titre_origine;exercice_origine;avances"
)


def text_of(content: bytes) -> str:
    """The words of a PDF, every space made plain."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())


def check_csv(content: bytes, year: int) -> None:
    """What the finance software reads: the agreed columns, one line per financer, French figures."""
    lines = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))
    assert ";".join(lines[0]) == HEADER
    assert [line["montant_ht"] for line in lines] == ["14000,00", "14000,00"]
    assert {line["nature"] for line in lines} == {"74718", "7473"}
    for line in lines:
        assert line["sens"] == "R"
        assert line["exercice"] == str(year)
        assert line["periode_debut"] == f"01/01/{year}"
        assert line["num_titre"] == ""


def check_xlsx(content: bytes) -> None:
    """The act of 2023, A12: 14 665 € from the State and as much from the Département, as numbers."""
    header, *lines = load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True)
    assert ";".join(map(str, header)) == HEADER
    shown = [dict(zip(header, line, strict=True)) for line in lines]
    titres = [line for line in shown if line["convention"] == "62-A12"]
    assert [line["montant_ht"] for line in titres] == [14665, 14665]
    assert {line["exercice"] for line in titres} == {"2023"}
