"""Closed lists of activity, kept by the platform's administrators: dated, never rewritten, journalled."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from core.errors import BusinessError, InvalidInput
from core.french import date_long
from parties.actors import PlatformActor
from parties.enums import PlatformAct
from parties.models.reference import searchable
from parties.services.platform import record_act
from posts.indicators import FIXED_LISTS, LISTS, is_kept
from posts.models import ListItem

ONE_DAY = dt.timedelta(days=1)
LONGEST_CODE = 24


@transaction.atomic
def add_item(*, list_name: str, label: str, since: dt.date, by: PlatformActor) -> ListItem:
    """A new line of a list, counted from the months that begin on ``since`` or later. Adding it twice adds it once.

    A line closed before is taken up again under its code, so that its years compare. Raises ``NotAllowed``;
    ``InvalidInput`` with ``place`` the field; ``BusinessError`` for a list the computed counts rest on.
    """
    by.require("platform.manage")
    _known(list_name)
    if list_name in FIXED_LISTS:
        raise BusinessError(f"« {LISTS[list_name]} » ne reçoit pas d'autre ligne : les calculs reposent sur celles-ci.")
    label, items = _words(label), _items(list_name)
    code = _code(label)
    same = [item for item in items if item.code == code]
    last = max(same, key=lambda item: item.since, default=None)
    if last is not None and (last.until is None or last.until >= since):
        if last.label == label and last.since == since:
            return last
        raise InvalidInput(f"« {last.label} » figure déjà dans cette liste : reformulez cette ligne.", place="label")
    if any(searchable(item.label) == searchable(label) and item.until is None for item in items):
        raise InvalidInput(f"« {label} » figure déjà dans cette liste.", place="label")
    position = last.position if last else max((item.position for item in items), default=0) + 1
    made = _create(ListItem(list=list_name, code=code, label=label, position=position, since=since))
    _tell(list_name, f"« {label} » à partir du {date_long(since)}", by)
    return made


@transaction.atomic
def reword_item(*, list_name: str, code: str, label: str, since: dt.date, by: PlatformActor) -> ListItem:
    """Other words for a line from the months that begin on ``since`` or later; the months before keep theirs.

    The same words again change nothing. Raises ``InvalidInput`` (``place``: the field) for a day already counted.
    """
    by.require("platform.manage")
    held = _going_on(list_name, code)
    label = _words(label)
    if held.label == label:
        return held
    month = timezone.localdate().replace(day=1)
    if since < month or since <= held.since:
        day = max(month, held.since + ONE_DAY)
        raise InvalidInput(
            f"Des mois sont déjà saisis avec ces mots : choisissez le {date_long(day)} ou plus tard.", place="since"
        )
    if any(searchable(i.label) == searchable(label) and i.code != code and i.until is None for i in _items(list_name)):
        raise InvalidInput(f"« {label} » figure déjà dans cette liste.", place="label")
    held.until = since - ONE_DAY
    held.save()
    made = _create(ListItem(list=list_name, code=code, label=label, position=held.position, since=since))
    _tell(list_name, f"« {held.label} » devient « {label} » à partir du {date_long(since)}", by)
    return made


@transaction.atomic
def close_item(*, list_name: str, code: str, until: dt.date, by: PlatformActor) -> ListItem:
    """No longer offered in the months that begin after ``until``; what was counted stays. Doing it twice is once.

    Raises ``BusinessError`` for a line that rules name, ``InvalidInput`` for a day gone by: counts may exist since.
    """
    by.require("platform.manage")
    _known(list_name)
    if is_kept(list_name, code):
        raise BusinessError("Cette ligne ne se ferme pas : des règles ou des calculs la nomment. Reformulez-la.")
    items = [item for item in _items(list_name) if item.code == code]
    if not items:
        raise InvalidInput("Cette ligne n'existe pas dans cette liste.", place="code")
    held = max(items, key=lambda item: item.since)
    if held.until == until:
        return held
    today = timezone.localdate()
    if held.until is not None and held.until < today:
        raise BusinessError(f"« {held.label} » est fermée depuis le {date_long(held.until)}.")
    if until < max(today, held.since):
        raise InvalidInput(
            f"Des mois peuvent déjà la compter : choisissez le {date_long(max(today, held.since))} ou plus tard.",
            place="until",
        )
    held.until = until
    held.save()
    _tell(list_name, f"« {held.label} » n'est plus proposée après le {date_long(until)}", by)
    return held


def _known(list_name: str) -> None:
    if list_name not in LISTS:
        raise InvalidInput(f"La liste « {list_name} » n'existe pas.", place="list")


def _items(list_name: str) -> list[ListItem]:
    """The list's rows, locked: two administrators cannot add the same line at once."""
    rows = ListItem.objects.select_for_update(of=("self",)).filter(list=list_name)
    return list(rows.order_by("position", "since", "pk"))


def _going_on(list_name: str, code: str) -> ListItem:
    _known(list_name)
    found = [item for item in _items(list_name) if item.code == code]
    if not found:
        raise InvalidInput("Cette ligne n'existe pas dans cette liste.", place="code")
    last = max(found, key=lambda item: item.since)
    if last.until is not None:
        raise BusinessError(f"« {last.label} » est fermée : ajoutez-la de nouveau à partir d'un jour.")
    return last


def _words(label: str) -> str:
    label = " ".join(label.split())
    if not label or len(label) > 120 or not searchable(label):
        raise InvalidInput("Écrivez un libellé de 120 signes au plus.", place="label")
    return label


def _code(label: str) -> str:
    return searchable(label).replace(" ", "_")[:LONGEST_CODE].strip("_")


def _create(item: ListItem) -> ListItem:
    try:
        item.full_clean(exclude=["uuid"])
    except ValidationError as error:
        raise InvalidInput(" ".join(error.messages), place="label") from error
    item.save()
    return item


def _tell(list_name: str, text: str, by: PlatformActor) -> None:
    record_act(PlatformAct.LISTED, by=by, text=f"{LISTS[list_name]} : {text}.")
