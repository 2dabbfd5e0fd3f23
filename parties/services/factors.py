"""Second factors: adding one, removing one, resetting somebody's, and whether a territory requires them."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.db import transaction
from django.utils import timezone

from core import rls
from core.errors import Conflict, NotAllowed
from parties import factors, vault
from parties.actors import Actor
from parties.enums import MemberAct
from parties.factors import Kind
from parties.models import Membership, PlatformMembership, SignIn, SignInRule, User

from .account import end_sessions
from .members import check_may_touch, record

LAST_REQUIRED = "Votre territoire exige un second facteur : ajoutez-en un autre avant de retirer celui-ci."
ELSEWHERE = (
    "Ce compte a aussi des accès que vous ne gérez pas : son second facteur ne se retire pas d'ici. "
    "La personne peut utiliser un code de secours, ou s'adresser à l'exploitation du service."
)


@transaction.atomic
def add_app(*, user: User, secret: str, step: int, session_key: str) -> list[str]:
    """Protect the account with an application that holds ``secret`` (base 32), just proved by the code of ``step``.

    Returns the recovery codes when they are new, for the only time they are shown; else nothing. The first factor of an
    account ends its other sessions. Raises ``Conflict`` when there is an application already.
    """
    _lock(user)
    if Authenticator.objects.filter(user_id=user.pk, type=Kind.TOTP).exists():
        raise Conflict("Votre compte a déjà une application d'authentification : retirez-la d'abord.")
    first = not factors.protects(user)
    row = TOTP.activate(user, secret).instance
    row.data["last_step"] = step  # the code that proved it does not open a session as well
    row.save(update_fields=["data"])
    return _added(user, "une application d'authentification", first=first, session_key=session_key)


@transaction.atomic
def add_key(*, user: User, name: str, credential: dict[str, Any], session_key: str) -> list[str]:
    """Protect the account with a security key, whose answer the caller has verified. Returns as :func:`add_app`."""
    _lock(user)
    first = not factors.protects(user)
    WebAuthn.add(user, name, credential)
    return _added(user, f"la clé de sécurité « {name} »", first=first, session_key=session_key)


@transaction.atomic
def remove_factor(*, user: User, pk: int, required: bool) -> str:
    """Take one factor off the person's own account; the recovery codes go with the last one. Returns what it was.

    Raises ``Conflict`` when it is not there, or is the last one and the territory requires one (``required``).
    """
    _lock(user)
    row = Authenticator.objects.filter(user_id=user.pk, type__in=factors.MAIN, pk=pk).first()
    if row is None:
        raise Conflict("Ce second facteur n'est plus sur votre compte.")
    others = Authenticator.objects.filter(user_id=user.pk, type__in=factors.MAIN).exclude(pk=pk)
    last = not others.exists()
    if last and required:
        raise Conflict(LAST_REQUIRED)
    what = "L'application d'authentification" if row.type == Kind.TOTP else f"La clé « {row.wrap().name} »"
    row.delete()
    if last:
        Authenticator.objects.filter(user_id=user.pk).delete()
    tell(user, "factor_removed", what=what)
    return what


@transaction.atomic
def renew_codes(*, user: User) -> list[str]:
    """Replace the recovery codes: the former ones are worth nothing from now on. Returns the new ones.

    Raises ``Conflict`` when the account has no second factor for them to stand in for.
    """
    _lock(user)
    if not factors.protects(user):
        raise Conflict(
            "Ajoutez d'abord une application ou une clé : les codes de secours la remplacent quand elle manque."
        )
    Authenticator.objects.filter(user_id=user.pk, type=Kind.RECOVERY_CODES).delete()
    codes = RecoveryCodes.activate(user).get_unused_codes()
    tell(user, "codes_renewed")
    return codes


# --- Somebody else's --------------------------------------------------------------------------------------------------


def has_factor(*, membership: Membership, by: Actor) -> bool:
    """Whether the person of a membership that ``by`` manages protects their account with a second factor."""
    check_may_touch(membership, by)
    with rls.acting(rls.Context(user_id=membership.user_id)):
        return factors.protects(membership.user)


@transaction.atomic
def reset_factors(*, membership: Membership, by: Actor) -> bool:
    """Take every factor off a person's account after they lost their device; False when there was none.

    The person's sessions end, they are told by mail, and the act is in the history of their access. Raises
    ``NotAllowed`` when ``by`` does not manage this member, or when the account opens things ``by`` does not manage:
    the factor protects them too.
    """
    check_may_touch(membership, by)
    if not _manages_everything(membership, by):
        raise NotAllowed(ELSEWHERE)
    if not _strip(membership.user, label=by.label):
        return False
    record(MemberAct.FACTOR_RESET, by=by, membership=membership, text=membership.user.name)
    return True


@transaction.atomic
def reset_factors_by_operator(*, email: str) -> bool | None:
    """The same from the platform's command, whatever the account opens: one line in each history of its accesses.

    None when no account has this address.
    """
    user = User.objects.filter(email=email.strip().lower()).first()
    if user is None:
        return None
    if not _strip(user, label="l'exploitation du service"):
        return False
    for membership in held_memberships(user):
        by = Actor.system(membership.territory)
        with rls.acting(by.context):
            row = Membership.objects.select_related("organisation").get(pk=membership.pk)
            record(MemberAct.FACTOR_RESET, by=by, membership=row, text=user.name)
    return True


@transaction.atomic
def reencrypt_factors() -> int:
    """Close every secret again with the current key of the settings; returns how many. All of them, or none.

    Raises ``vault.Unreadable`` when no known key opens one. PostgreSQL shows factors to their account only: the
    accounts are gone through one by one.
    """
    count = 0
    for user_id in User.objects.order_by("pk").values_list("pk", flat=True):
        with rls.acting(rls.Context(user_id=user_id)):
            for row in Authenticator.objects.select_for_update(of=("self",)).filter(user_id=user_id):
                for name in {"secret", "seed"} & row.data.keys():
                    row.data[name] = vault.reseal(row.data[name])
                    row.save(update_fields=["data"])
                    count += 1
    return count


# --- The rule of a territory ------------------------------------------------------------------------------------------


def rule_of(territory_id: int) -> SignInRule | None:
    """The rule in force, None before the first was written. Needs the territory's context."""
    return SignInRule.objects.filter(territory_id=territory_id).order_by("-created_at", "-pk").first()


@transaction.atomic
def set_sign_in_rule(*, second_factor: bool, by: Actor) -> SignInRule | None:
    """Require a second factor of every member of the territory from now on, or no longer.

    Each change is a row of its own, dated and signed; setting what is already in force writes nothing. Returns the rule
    in force. Raises ``NotAllowed``.
    """
    by.require("sign_in.rule")
    current = rule_of(by.territory_id)
    if (current is not None and current.second_factor) == second_factor:
        return current
    return SignInRule.objects.create(
        territory=by.territory, second_factor=second_factor, by_user=by.user, by_label=by.label
    )


# --- Parts of the above -----------------------------------------------------------------------------------------------


def _lock(user: User) -> None:
    """Two acts on one account's factors wait for each other."""
    User.objects.select_for_update(of=("self",)).get(pk=user.pk)


def _added(user: User, what: str, *, first: bool, session_key: str) -> list[str]:
    if first:
        end_sessions(SignIn.objects.filter(user=user).exclude(session_key=session_key))
    tell(user, "factor_added", what=what)
    if Authenticator.objects.filter(user_id=user.pk, type=Kind.RECOVERY_CODES).exists():
        return []
    return RecoveryCodes.activate(user).get_unused_codes()


def held_memberships(user: User) -> list[Membership]:
    """Every membership of the account in force, in every territory."""
    with rls.acting(rls.Context(user_id=user.pk)):
        rows = Membership.objects.filter(user=user).in_force_on(timezone.localdate())
        # Not the model's own order: it joins the organisations, which this context does not show.
        return list(rows.select_related("territory").order_by("pk"))


def holds_platform_role(user: User) -> bool:
    """A role outside any territory, in force."""
    with rls.acting(rls.Context(user_id=user.pk)):
        return bool(PlatformMembership.objects.filter(user=user).in_force_on(timezone.localdate()).exists())


def _manages_everything(membership: Membership, by: Actor) -> bool:
    if holds_platform_role(membership.user):
        return False
    managed_organisation = None if by.is_staff else membership.organisation_id
    return all(
        row.territory_id == by.territory_id and managed_organisation in (None, row.organisation_id)
        for row in held_memberships(membership.user)
    )


def _strip(user: User, *, label: str) -> bool:
    with rls.acting(rls.Context(user_id=user.pk)):
        _lock(user)
        if not Authenticator.objects.filter(user_id=user.pk).exists():
            return False
        Authenticator.objects.filter(user_id=user.pk).delete()
        end_sessions(SignIn.objects.filter(user=user))
    tell(user, "factor_reset", by=label)
    return True


def tell(user: User, kind: str, **details: str) -> None:
    """Write to the person, from a job, about what was done with their account (``parties.tasks.NOTICES``)."""
    from parties.tasks import send_account_notice

    send_account_notice.defer(user_id=user.pk, kind=kind, details=details)
