"""What the service holds about one person, gathered from every table that points to their account."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import models
from django.utils import timezone

from core import rls
from parties.actors import Actor
from parties.models import JournalEntry, Mandate, Membership, Territory, User

#: What a library's tables hold, in words: its own are English.
NAMES = {
    "mfa.Authenticator": "second facteur",
    "socialaccount.SocialAccount": "identité ProConnect",
    "account.EmailAddress": "adresse électronique",
}
#: Words of the person in a log or a discussion: theirs to have. Other columns are the object's business, or secrets
#: that would open the account to whoever finds the file.
OWN_WORDS = ("act", "text", "reason", "body", "name", "device", "role")


def personal_data(user: User) -> dict[str, Any]:
    """Plain data (strings, numbers, lists) about ``user``, for their copy of it (GDPR article 15).

    Rows are read territory by territory with the service's own rights, but only those that name this account.
    """
    with rls.acting(rls.Context(user_id=user.pk)):
        outside = list(_rows(user, None))
    territories = list(Territory.objects.order_by("code"))
    traces = [*outside, *(row for territory in territories for row in _in_territory(user, territory))]
    return {
        "produit_le": _text(timezone.now()),
        "compte": {
            "nom": user.name,
            "adresse": user.email,
            "ouvert_le": _text(user.created_at),
            "actif": user.is_active,
            "derniere_connexion": _text(user.last_login),
        },
        "acces": [row for territory in territories for row in _memberships(user, territory)],
        "traces": sorted(traces, key=lambda row: (row["date"], row["nature"])),
        "modifications": [row for territory in territories for row in _changes(user, territory)],
        "mandats_au_meme_nom": [row for territory in territories for row in _mandates(user, territory)],
    }


def _memberships(user: User, territory: Territory) -> list[dict[str, str]]:
    with rls.acting(Actor.system(territory).context):
        held = Membership.objects.filter(user=user, territory=territory).select_related("organisation")
        return [
            {
                "territoire": territory.name,
                "organisation": row.organisation.name,
                "role": row.get_role_display(),
                "du": _text(row.start),
                "au": _text(row.end),
                "ferme_le": _text(row.closed_at),
            }
            for row in held
        ]


def _in_territory(user: User, territory: Territory) -> Iterator[dict[str, str]]:
    with rls.acting(Actor.system(territory).context):
        yield from list(_rows(user, territory))


def _rows(user: User, territory: Territory | None) -> Iterator[dict[str, str]]:
    """One line per row pointing to the account: what it is, when, and the person's own words in it."""
    for model in apps.get_models():
        columns = [
            field for field in model._meta.concrete_fields if field.remote_field and field.remote_field.model is User
        ]
        if model in (Membership, JournalEntry) or not columns:
            continue
        if (territory is None) == any(field.name == "territory" for field in model._meta.concrete_fields):
            continue
        condition = models.Q(*((field.name, user) for field in columns), _connector=models.Q.OR)
        for row in model._default_manager.filter(condition).order_by("pk"):
            yield {
                "territoire": territory.name if territory else "",
                "nature": NAMES.get(model._meta.label, str(model._meta.verbose_name)),
                "date": _text(getattr(row, "created_at", None) or getattr(row, "date_joined", None)),
                **{str(model._meta.get_field(name).verbose_name): words for name, words in _words(row)},  # type: ignore[union-attr]
            }


def _words(row: models.Model) -> Iterator[tuple[str, str]]:
    for field in row._meta.concrete_fields:
        if field.name in OWN_WORDS:
            shown = getattr(row, f"get_{field.name}_display", None)
            words = _text(shown() if shown else getattr(row, field.name))
            if words:
                yield field.name, words


def _changes(user: User, territory: Territory) -> list[dict[str, Any]]:
    """How many changes the journal attributes to the person, by day and kind of object: the content is not theirs."""
    with rls.acting(Actor.system(territory).context):
        days = (
            JournalEntry.objects.filter(user=user)
            .values("at__date", "table_name")
            .annotate(count=models.Count("pk"))
            .order_by("at__date", "table_name")
        )
        return [
            {
                "territoire": territory.name,
                "date": _text(row["at__date"]),
                "table": row["table_name"],
                "nombre": row["count"],
            }
            for row in days
        ]


def _mandates(user: User, territory: Territory) -> list[dict[str, str]]:
    """Functions published under the same name: they may be the person's own."""
    with rls.acting(Actor.system(territory).context):
        same = [
            row
            for row in Mandate.objects.select_related("organisation")
            if row.person.casefold() == user.name.casefold()
        ]
        return [
            {
                "territoire": territory.name,
                "organisation": row.organisation.name,
                "fonction": row.function,
                "du": _text(row.start),
                "au": _text(row.end),
            }
            for row in same
        ]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return timezone.localtime(value).isoformat(timespec="seconds")
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value)
