"""Writing: the directory, people's access, invitations, one's own account, what is kept how long.

Callers use ``parties.services.<act>``.
"""

from .accesses import approve_access, end_access, record_use, refuse_access, request_access
from .account import (
    change_password,
    end_other_sessions,
    end_session,
    follow_session,
    forget_sign_in,
    record_sign_in,
    request_password_reset,
    set_account_active,
)
from .directory import create_mandate, create_organisation, update_mandate, update_organisation
from .factors import (
    add_app,
    add_key,
    has_factor,
    reencrypt_factors,
    remove_factor,
    renew_codes,
    reset_factors,
    reset_factors_by_operator,
    rule_of,
    set_sign_in_rule,
)
from .first_steps import first_steps_row, show_first_steps, tick_step
from .invitations import accept_as, accept_as_new, invite, resend_invitation, revoke_invitation
from .members import add_member, change_membership, close_membership, reopen_membership
from .platform import appoint, withdraw
from .proconnect import account_for, is_linked, note_organisation, unlink
from .retention import apply_retention
from .territories import (
    invite_first_manager,
    open_territory,
    plan_opening,
    reopen_territory,
    suspend_territory,
)

__all__ = [
    "accept_as",
    "accept_as_new",
    "account_for",
    "add_app",
    "add_key",
    "add_member",
    "apply_retention",
    "appoint",
    "approve_access",
    "change_membership",
    "change_password",
    "close_membership",
    "create_mandate",
    "create_organisation",
    "end_access",
    "end_other_sessions",
    "end_session",
    "first_steps_row",
    "follow_session",
    "forget_sign_in",
    "has_factor",
    "invite",
    "invite_first_manager",
    "is_linked",
    "note_organisation",
    "open_territory",
    "plan_opening",
    "record_sign_in",
    "record_use",
    "reencrypt_factors",
    "refuse_access",
    "remove_factor",
    "renew_codes",
    "reopen_membership",
    "reopen_territory",
    "request_access",
    "request_password_reset",
    "resend_invitation",
    "reset_factors",
    "reset_factors_by_operator",
    "revoke_invitation",
    "rule_of",
    "set_account_active",
    "set_sign_in_rule",
    "show_first_steps",
    "suspend_territory",
    "tick_step",
    "unlink",
    "update_mandate",
    "update_organisation",
    "withdraw",
]
