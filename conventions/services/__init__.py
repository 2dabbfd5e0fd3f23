"""The acts on conventions. Pages, API, import and commands come through here; each act is one function."""

from .annexes import add_annex, attach_annex, move_annex, remove_annex
from .clauses import choose_variant, remove_clause, restore_clause, save_clause
from .comments import add_comment, add_reader_comment, answer_comment, reply_comment, withdraw_comment
from .deliberations import attach_file, remove_decision, save_decision, save_deliberation
from .drafting import create_convention, update_convention
from .impact import carry_out, foresee
from .parties import add_party, authorise_party, remove_party, save_party
from .readings import close_reading, declare_read, request_readings
from .renewal import Renewed, renew_convention, renew_into, start_renewals
from .reprise import take_over_convention
from .review import (
    abandon_convention,
    approve_convention,
    ask_wider_reopening,
    endorse_convention,
    reopen_convention,
    send_back_convention,
    set_approval_rule,
    submit_convention,
    widen_reopening,
)
from .signatories import remove_signatory, save_delegation, save_signatory, set_practice
from .signing import record_signature, start_signature
from .stated import has_stated, set_stated_aside
from .votes import carry_vote

__all__ = [
    "Renewed",
    "abandon_convention",
    "add_annex",
    "add_comment",
    "add_party",
    "add_reader_comment",
    "answer_comment",
    "approve_convention",
    "ask_wider_reopening",
    "attach_annex",
    "attach_file",
    "authorise_party",
    "carry_out",
    "carry_vote",
    "choose_variant",
    "close_reading",
    "create_convention",
    "declare_read",
    "endorse_convention",
    "foresee",
    "has_stated",
    "move_annex",
    "record_signature",
    "remove_annex",
    "remove_clause",
    "remove_decision",
    "remove_party",
    "remove_signatory",
    "renew_convention",
    "renew_into",
    "reopen_convention",
    "reply_comment",
    "request_readings",
    "restore_clause",
    "save_clause",
    "save_decision",
    "save_delegation",
    "save_deliberation",
    "save_party",
    "save_signatory",
    "send_back_convention",
    "set_approval_rule",
    "set_practice",
    "set_stated_aside",
    "start_renewals",
    "start_signature",
    "submit_convention",
    "take_over_convention",
    "update_convention",
    "widen_reopening",
    "withdraw_comment",
]
