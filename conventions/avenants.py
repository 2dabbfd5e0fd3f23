"""The signed avenants of a convention, as they were approved: what they change is read from the frozen text.

``changes``: ``kind``, ``target``, ``before``, ``after``, ``sentence`` of each.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from conventions.enums import AvenantStatus, ChangeKind
from conventions.models import Avenant, Convention, ConventionVersion
from core.french.dates import date_long


@dataclass(frozen=True)
class SignedAvenant:
    """An avenant every party signed, and the version they signed (None when it came by a dossier, without its text)."""

    avenant: Avenant
    version: ConventionVersion | None
    changes: list[dict[str, Any]]

    @property
    def repeals(self) -> list[int]:
        """Numbers of the avenants it repeals."""
        return [change["after"]["number"] for change in self.changes if change["kind"] == ChangeKind.REPEAL]

    @property
    def label(self) -> str:
        return avenant_label(self.avenant)


def avenant_label(avenant: Avenant) -> str:
    """ "avenant n° 1 du 3 mars 2026"; without a date until it is signed."""
    signed = f" du {date_long(avenant.signed_on)}" if avenant.signed_on else ""
    return f"avenant n° {avenant.number}{signed}"


def signed_avenants(convention: Convention) -> list[SignedAvenant]:
    """In the order of their numbers."""
    return signed_by_convention([convention])[convention.pk]


def signed_by_convention(conventions: Iterable[Convention]) -> dict[int, list[SignedAvenant]]:
    """The signed avenants of each, by the convention's id: three queries whatever their number."""
    found: dict[int, list[SignedAvenant]] = {convention.pk: [] for convention in conventions}
    avenants = {
        avenant.pk: avenant
        for avenant in Avenant.objects.filter(convention__in=found, status=AvenantStatus.SIGNEE)
        .select_related("convention")
        .prefetch_related("changes")
    }
    if not avenants:
        return found
    latest: dict[int | None, ConventionVersion] = {}
    for version in ConventionVersion.objects.filter(avenant__in=avenants).order_by("number"):
        latest[version.avenant_id] = version
    for pk, avenant in sorted(avenants.items(), key=lambda item: item[1].number):
        signed = latest.get(pk)
        told = signed.content.get("changes") if signed else [row.told for row in avenant.changes.all() if row.told]
        found[avenant.convention_id].append(SignedAvenant(avenant, signed, list(told or [])))
    return found
