"""One writer at a time, and no silent overwriting."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.utils import timezone

from conventions.models import Convention
from conventions.services.unlocking import WHOLE, Target, require_unlocked
from core.errors import BusinessError, Conflict
from core.french.dates import date_long

#: Conventions whose approved text is being corrected, or tried on, in this transaction (see services.impact).
_CORRECTING: ContextVar[frozenset[int]] = ContextVar("conventions being corrected", default=frozenset())


@contextmanager
def correcting(convention: Convention) -> Iterator[None]:
    """Let the services of drafting write on an approved convention: the caller makes a version of it, or undoes it."""
    token = _CORRECTING.set(_CORRECTING.get() | {convention.pk})
    try:
        yield
    finally:
        _CORRECTING.reset(token)


def lock(convention: Convention, *, expected: int | None = None) -> Convention:
    """The row, locked until the transaction ends and read again.

    ``expected`` is the ``lock_version`` the person was looking at: another save since then raises Conflict.
    """
    locked = Convention.objects.select_for_update(of=("self",)).filter(pk=convention.pk).first()
    if locked is None:
        raise BusinessError("Cette convention n'existe plus ou ne vous est plus accessible.")
    if expected is not None and locked.lock_version != expected:
        saved = timezone.localtime(locked.updated_at)
        who = f", par {locked.saved_by_label}" if locked.saved_by_label else ""
        raise Conflict(
            f"La convention {locked.reference} a été modifiée pendant que vous l'aviez sous les yeux"
            f" (le {date_long(saved.date())} à {saved:%H:%M}{who})."
            " Rien n'a été enregistré : relisez-la, puis recommencez."
        )
    return locked


def lock_for_edit(convention: Convention, *, expected: int | None = None, about: Target = WHOLE) -> Convention:
    """As :func:`lock`, for a change to text, figures, parties or signatories.

    ``about`` is what changes: a convention the préfecture sent back is open where its remarks are, and only there.
    """
    locked = lock(convention, expected=expected)
    if not locked.is_editable and locked.pk not in _CORRECTING.get():
        raise BusinessError(
            f"La convention {locked.reference} est « {locked.get_status_display()} » :"
            " elle ne se modifie plus. Reprenez la rédaction pour en faire une nouvelle version."
        )
    require_unlocked(locked, about)
    return locked


def touch(convention: Convention) -> None:
    """Count one more save."""
    convention.lock_version += 1
    convention.save(update_fields=["lock_version", "updated_at"])
