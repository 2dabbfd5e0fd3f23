"""Forms that keep what is typed and show what it makes of the text, with or without JavaScript."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.http import HttpResponse, QueryDict
from django.shortcuts import render

from conventions.forms.drafting import sent_as
from conventions.models import Convention, FormDraft
from conventions.services.typing import forget_typing, keep_typing, preview_edit, typing_of
from core.errors import BusinessError
from parties.access import ActorRequest

from .common import errors_in_words

#: Never kept: what says on which version, and what the buttons say.
_NOT_TYPED = ("csrfmiddlewaretoken", "lock_version", "apercu", "confirmed", "opened", "oublier", "reprendre")


class Typing:
    """One form of one convention, as one person types in it. ``name`` tells the form: "head", "clause:litiges"."""

    def __init__(self, request: ActorRequest, convention: Convention, name: str) -> None:
        self.request, self.convention, self.name = request, convention, name
        self.draft: FormDraft | None = typing_of(convention=convention, form=name, by=request.actor)

    @property
    def asks_preview(self) -> bool:
        return "apercu" in self.request.POST

    @property
    def gives_up(self) -> bool:
        return "oublier" in self.request.POST

    @property
    def offered(self) -> FormDraft | None:
        """What was typed another time, while the page does not show it already."""
        taken = "reprendre" in self.request.GET or self.request.method == "POST"
        return None if taken else self.draft

    def initial(self, initial: Mapping[str, Any]) -> dict[str, Any]:
        """What the form shows first: what is saved, or what was typed when the person asks for it."""
        if self.draft is not None and "reprendre" in self.request.GET:
            return {**initial, **self.draft.values}
        return dict(initial)

    def forget(self) -> None:
        forget_typing(convention=self.convention, form=self.name, by=self.request.actor)

    def _keep(self) -> None:
        seen = self.request.POST.get("lock_version", "")
        keep_typing(
            convention=self.convention,
            form=self.name,
            values={name: self.request.POST[name] for name in self.request.POST if name not in _NOT_TYPED},
            seen=int(seen) if seen.isascii() and seen.isdigit() else self.convention.lock_version,
            by=self.request.actor,
        )

    def preview(self, form: forms.BaseForm, edit: Callable[[], object]) -> dict[str, Any]:
        """Keep what is typed, and say what it makes of the text."""
        self._keep()
        if not form.is_valid():
            return {"preview": None, "preview_error": errors_in_words(form)}
        try:
            found = preview_edit(convention=self.convention, edit=edit, by=self.request.actor)
        except BusinessError as error:
            return {"preview": None, "preview_error": error.message}
        return {"preview": found, "preview_error": ""}

    def fragment(self, context: Mapping[str, Any]) -> HttpResponse | None:
        """The preview alone, for htmx; None for a browser that asked for a page."""
        if self.request.headers.get("HX-Request") != "true":
            return None
        return render(self.request, "conventions/_preview.html", dict(context))


def settled(data: QueryDict, saved: Mapping[str, Any]) -> QueryDict:
    """What was typed, the saved value put in place where the person chose it (``garder-<field>`` = "autre")."""
    chosen = data.copy()
    for name, value in saved.items():
        if data.get(f"garder-{name}") == "autre":
            chosen.pop(name, None)
            text = sent_as(value)
            if text:
                chosen[name] = text
    return chosen
