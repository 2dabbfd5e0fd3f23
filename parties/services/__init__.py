"""Writing: the directory, people's access, invitations, one's own account, what is kept how long.

Callers use ``parties.services.<act>``.
"""

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
from .invitations import accept_as, accept_as_new, invite, resend_invitation, revoke_invitation
from .members import add_member, change_membership, close_membership, reopen_membership
from .retention import apply_retention

__all__ = [
    "accept_as",
    "accept_as_new",
    "add_member",
    "apply_retention",
    "change_membership",
    "change_password",
    "close_membership",
    "create_mandate",
    "create_organisation",
    "end_other_sessions",
    "end_session",
    "follow_session",
    "forget_sign_in",
    "invite",
    "record_sign_in",
    "reopen_membership",
    "request_password_reset",
    "resend_invitation",
    "revoke_invitation",
    "set_account_active",
    "update_mandate",
    "update_organisation",
]
