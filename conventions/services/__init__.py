"""The acts on conventions. Pages, API, import and commands come through here; each act is one function."""

from .annexes import add_annex, attach_file, move_annex, remove_annex
from .clauses import choose_variant, remove_clause, restore_clause, save_clause
from .deliberations import save_deliberation
from .drafting import create_convention, update_convention
from .impact import carry_out, foresee
from .parties import add_party, authorise_party, remove_party, save_party
from .renewal import Renewed, renew_convention, renew_into, start_renewals
from .review import (
    abandon_convention,
    add_comment,
    answer_comment,
    approve_convention,
    reopen_convention,
    send_back_convention,
    submit_convention,
    withdraw_comment,
)
from .signing import record_signature, start_signature
from .stated import has_stated, set_stated_aside

__all__ = [
    "Renewed",
    "abandon_convention",
    "add_annex",
    "add_comment",
    "add_party",
    "answer_comment",
    "approve_convention",
    "attach_file",
    "authorise_party",
    "carry_out",
    "choose_variant",
    "create_convention",
    "foresee",
    "has_stated",
    "move_annex",
    "record_signature",
    "remove_annex",
    "remove_clause",
    "remove_party",
    "renew_convention",
    "renew_into",
    "reopen_convention",
    "restore_clause",
    "save_clause",
    "save_deliberation",
    "save_party",
    "send_back_convention",
    "set_stated_aside",
    "start_renewals",
    "start_signature",
    "submit_convention",
    "update_convention",
    "withdraw_comment",
]
