"""Two people saved one form: what only one of them changed is kept, what both changed is shown, for one to choose."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from conventions.forms import HeadForm
from conventions.forms.drafting import sent_as
from conventions.models import Convention


@dataclass(frozen=True)
class Clash:
    """One field both changed: what this person typed, what is saved now."""

    name: str
    label: str
    mine: str
    theirs: str


def merge_clashes(form: HeadForm, convention: Convention) -> list[Clash]:
    """Make the form bear on the version saved meanwhile, and list what is left to choose.

    A field this person left as they found it takes the value saved since; one that only they changed keeps theirs.
    """
    convention.refresh_from_db()
    saved = HeadForm.initial_for(convention)
    opened = _opened(form)
    data, clashes = QueryDict(mutable=True), []
    data.update(form.data)
    for name, field in form.fields.items():
        if field.widget.is_hidden:
            continue
        mine, theirs = _typed(form, name), sent_as(saved.get(name))
        before = opened.get(name)
        if mine == theirs or theirs == before:
            continue
        if mine == before:
            data.pop(name, None)
            if theirs:
                data[name] = theirs
        else:
            clashes.append(Clash(name, str(field.label), _shown(form, name, mine), _shown(form, name, theirs)))
    data["lock_version"] = str(convention.lock_version)
    data["opened"] = json.dumps(saved["opened"])
    form.data = data
    return clashes


def _opened(form: HeadForm) -> dict[str, str]:
    try:
        found: Any = json.loads(form.data.get("opened") or "{}")
    except ValueError:
        return {}
    return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}


def _typed(form: HeadForm, name: str) -> str:
    return str(form.data.get(name, "")).replace("\r\n", "\n").strip()


def _shown(form: HeadForm, name: str, value: str) -> str:
    """The value in words: a choice by its label, a box by yes or no."""
    choices = getattr(form.fields[name], "choices", None)
    if choices is not None:
        return next((str(label) for key, label in choices if str(key) == value), value)
    if form.fields[name].widget.__class__.__name__ == "CheckboxInput":
        return "oui" if value else "non"
    return value or "(vide)"
