"""What this app tells those above it, which it does not know."""

from __future__ import annotations

from django.dispatch import Signal

#: A version was made without a review (a correction of form, a new signatory, an act taken over).
#: Sent with ``version=``, in the transaction that made it.
version_made = Signal()
