"""Small dossiers for tests: one valid file, to break in one place at a time."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from core import rls
from parties.actors import Actor
from parties.models import Territory
from reporting.dossier.exporter import dumps, export_territory

DEMO = Path(__file__).resolve().parents[2] / "fixtures" / "demo" / "pas-de-calais-2023.json"

SMALL: dict[str, Any] = {
    "format": "cosigne-dossier",
    "version": 1,
    "territory": {"code": "80", "name": "Somme"},
    "organisations": [
        {"key": "departement", "kind": "departement", "name": "Département de la Somme", "siren": "228000014"},
        {"key": "prefecture", "kind": "prefecture", "name": "État (préfecture de la Somme)"},
        {"key": "police", "kind": "police", "name": "Police nationale", "parent": "prefecture"},
        {"key": "epci", "kind": "epci", "legal_form": "CC", "name": "CC du Sud-Artois", "siren": "200035442"},
    ],
    "mandates": [{"key": "president", "organisation": "epci", "person": "A. B.", "function": "Président"}],
    "units": [
        {"key": "csp", "organisation": "police", "kind": "commissariat", "zone": "police", "name": "Commissariat"}
    ],
    "posts": [
        {
            "key": "poste",
            "label": "Poste",
            "kind": "ISC",
            "employer": "epci",
            "units": [{"unit": "csp", "percent": "60.00"}],
            "epcis": ["epci"],
            "occupancies": [
                {"start": "2023-01-01", "end": "2023-05-31"},
                {"start": "2023-07-01"},
            ],
        }
    ],
    "allocation_keys": [
        {
            "key": "cle",
            "label": "Clé",
            "basis": "population",
            "lines": [{"organisation": "epci", "percent": "100.00"}],
        }
    ],
    "plans": [
        {
            "key": "plan",
            "label": "Poste 2023",
            "year": 2023,
            "employer": "epci",
            "posts": ["poste"],
            "period": {"start": "2023-01-01", "end": "2023-12-31"},
            "costs": [{"kind": "payroll", "amount": "42000.00"}],
            "shares": [
                {"ref": "etat", "financer": "prefecture", "mode": "percentage", "percent": "50.00"},
                {
                    "ref": "bloc",
                    "mode": "equal",
                    "children": [
                        {"ref": "dep", "financer": "departement", "mode": "equal"},
                        {"ref": "epci", "financer": "epci", "mode": "equal"},
                    ],
                },
            ],
        }
    ],
    "deliberations": [
        {
            "key": "vote",
            "organisation": "epci",
            "date": "2023-01-10",
            "decisions": [{"article": 1, "kind": "autorisation", "conventions": ["C-1"]}],
        }
    ],
    "conventions": [
        {
            "reference": "C-1",
            "title": "Convention",
            "family": "F2",
            "period": {"start": "2023-01-01", "end": "2023-12-31"},
            "posts": ["poste"],
            "plans": [{"plan": "plan"}],
            "parties": [
                {"organisation": "prefecture", "roles": ["financeur"]},
                {
                    "organisation": "epci",
                    "roles": ["employeur"],
                    "representative": "president",
                    "deliberation": "vote",
                },
            ],
            "signatories": [{"party": "epci", "mandate": "president"}],
        }
    ],
    "activity": [{"post": "poste", "year": 2023, "month": 1, "women": 4, "men": 0, "children": 1}],
}


def small() -> dict[str, Any]:
    return copy.deepcopy(SMALL)


def content(dossier: dict[str, Any]) -> bytes:
    return json.dumps(dossier, ensure_ascii=False).encode()


def exported(code: str) -> str:
    """The territory's dossier, as the command writes it."""
    territory = Territory.objects.get(code=code)
    with rls.acting(Actor.system(territory).context):
        return dumps(export_territory(territory))
