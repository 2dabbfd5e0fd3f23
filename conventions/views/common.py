"""What every view of the app needs: the convention asked for, the version looked at, and an act with its outcome."""

from __future__ import annotations

import uuid as uuidlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect

from conventions.models import Convention
from conventions.models.agreement import CIRCULATED
from core import rls
from core.errors import BusinessError, Conflict, NotAllowed
from parties.access import ActorRequest
from parties.actors import Actor

#: The parameter of the address that names a tab of the convention page.
TAB = "onglet"


def find(uuid: uuidlib.UUID) -> Convention:
    """The convention of this address, or 404: row-level security hides those of others."""
    return get_object_or_404(
        Convention.objects.select_related("template", "previous", "parent", "territory"), uuid=uuid
    )


def reads_draft(actor: Actor, convention: Convention) -> bool:
    """A party looks at a text that does not circulate yet: it was asked to read it, and sees its reading page only."""
    return actor.context.scope == rls.ORGANISATION and convention.status not in CIRCULATED


@contextmanager
def whole_draft(actor: Actor) -> Iterator[None]:
    """A draft's text is made of rows a reader does not otherwise see (plans, mandates): it is composed as staff."""
    with rls.acting(replace(actor.context, scope=rls.STAFF)):
        yield


def expected_version(request: ActorRequest) -> int | None:
    """The ``lock_version`` the page was showing; None when the request does not say (an API-like call)."""
    text = request.POST.get("lock_version", "")
    return int(text) if text.isascii() and text.isdigit() else None


def tab_url(convention: Convention, tab: str, anchor: str = "") -> str:
    return f"{convention.get_absolute_url()}?{TAB}={tab}" + (f"#{anchor}" if anchor else "")


def act(request: ActorRequest, do: Callable[[], object], *, done: str, then: str) -> HttpResponse:
    """Carry out an act posted by a button: its outcome is a message on the page ``then``."""
    try:
        with transaction.atomic():
            do()
    except NotAllowed as error:
        raise PermissionDenied(error.message) from error
    except BusinessError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, done)
    return redirect(then)


def try_form(form: forms.BaseForm, do: Callable[[], object]) -> int:
    """Carry out what a valid form asks. 0 when done; else the HTTP status, the reason being put on the form.

    An error that names a field of the form goes beside it.
    """
    try:
        with transaction.atomic():
            do()
    except NotAllowed as error:
        raise PermissionDenied(error.message) from error
    except BusinessError as error:
        form.add_error(error.place if error.place in form.fields else None, error.message)
        return 409 if isinstance(error, Conflict) else 422
    return 0


def errors_in_words(form: forms.BaseForm) -> str:
    """The errors of a form whose fields are on another page, as one message."""
    return " ".join(str(error) for errors in form.errors.values() for error in errors)


def refresh_lock(form: forms.BaseForm, convention: Convention) -> None:
    """After a conflict: what was typed stays, and sending it again now bears on the present version."""
    convention.refresh_from_db()
    data = QueryDict(mutable=True)
    data.update(form.data)
    data["lock_version"] = str(convention.lock_version)
    form.data = data
