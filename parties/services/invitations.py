"""Inviting somebody by mail, and answering an invitation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.utils import timezone

from core import rls
from core.errors import BusinessError, Conflict, InvalidInput
from parties import links
from parties.actors import Actor
from parties.enums import MemberAct
from parties.models import Invitation, Membership, Organisation, User

from .members import check_may_manage, check_role, record

#: Days an invitation may be answered.
VALIDITY = dt.timedelta(days=14)
#: Less than this between two mails of one invitation: refused, so that nobody floods a mailbox from here.
BETWEEN_MAILS = dt.timedelta(minutes=2)

NOT_VALID = {
    "": "Ce lien d'invitation n'est pas valable. Recopiez-le en entier depuis le message reçu.",
    "accepted": "Cette invitation a déjà été acceptée. Connectez-vous avec votre compte.",
    "revoked": "Cette invitation a été annulée. Adressez-vous à la personne qui vous l'a envoyée.",
    "expired": "Cette invitation a expiré. Demandez à la personne qui vous l'a envoyée de vous la renvoyer.",
}
OTHER_ACCOUNT = "Cette invitation s'adresse à un autre compte que le vôtre. Déconnectez-vous, puis rouvrez le lien."


@transaction.atomic
def invite(
    *, organisation: Organisation, by: Actor, email: str, role: str, is_admin: bool, link: Callable[[str], str]
) -> Invitation:
    """Create an invitation and send its mail; ``link`` makes the full address of the page from its token.

    Says nothing of whether the address already has an account: the mail is the same. Raises ``NotAllowed``,
    ``InvalidInput`` (``place``: the field), ``Conflict`` (already invited, already a member, mail refused).
    """
    check_may_manage(by, organisation)
    check_role(by, organisation, role)
    email = _address(email)
    same = {"organisation": organisation, "role": role}
    today = timezone.localdate()
    if Membership.objects.visible_to(by).in_force_on(today).filter(user__email=email, **same).exists():
        raise Conflict("Cette personne a déjà ce rôle dans cette organisation.", place="email")
    if Invitation.objects.visible_to(by).waiting().filter(email=email, **same).exists():
        raise Conflict(
            "Une invitation à ce rôle attend déjà sa réponse : renvoyez-la, ou annulez-la d'abord.", place="email"
        )
    now = timezone.now()
    invitation = Invitation(
        organisation=organisation, email=email, role=role, is_admin=is_admin, invited_by=by.user, sent_at=now,
        expires_at=now + VALIDITY,
    )  # fmt: skip
    token = links.token_of(invitation)
    invitation.token_hash = links.digest(token)
    invitation.save()
    record(MemberAct.INVITED, by=by, invitation=invitation, text=f"{email}, {invitation.get_role_display()}")
    _send(invitation, by, link(token))
    return invitation


@transaction.atomic
def resend_invitation(*, invitation: Invitation, by: Actor, link: Callable[[str], str]) -> Invitation:
    """Send the mail again with a new date. The link is the same one: that of a former mail still works.

    Raises ``NotAllowed``, ``Conflict`` when it was accepted or withdrawn, when the last mail is too recent, or when
    the mail could not leave.
    """
    locked = _lock(invitation, by)
    _check_waiting(locked)
    check_role(by, locked.organisation, locked.role)
    now = timezone.now()
    if now - locked.sent_at < BETWEEN_MAILS:
        raise Conflict("Le message vient de partir. Attendez deux minutes avant de le renvoyer.")
    token = links.token_of(locked)
    locked.token_hash, locked.sent_at, locked.expires_at = links.digest(token), now, now + VALIDITY
    locked.save()
    record(MemberAct.RESENT, by=by, invitation=locked, text=locked.email)
    _send(locked, by, link(token))
    return locked


@transaction.atomic
def revoke_invitation(*, invitation: Invitation, by: Actor) -> Invitation:
    """Withdraw an invitation: its link says so from now on. Raises ``NotAllowed``, ``Conflict`` when accepted."""
    locked = _lock(invitation, by)
    if locked.revoked_at:
        return locked
    _check_waiting(locked)
    locked.revoked_at = timezone.now()
    locked.save()
    record(MemberAct.REVOKED, by=by, invitation=locked, text=locked.email)
    return locked


@transaction.atomic
def accept_as_new(*, token: str, name: str, password: str) -> Membership:
    """Open an account for the invited address, and its membership. The caller has checked the password's strength.

    Raises ``Conflict`` when the link is no longer usable or when the address has an account (sign in instead).
    """
    invitation = _usable(token)
    try:
        with transaction.atomic():
            user = User.objects.create_user(email=invitation.email, password=password, name=name.strip())
    except IntegrityError as error:
        raise Conflict("Un compte existe déjà pour cette adresse : connectez-vous, puis rouvrez le lien.") from error
    return _open(invitation, user)


@transaction.atomic
def accept_as(*, token: str, user: User) -> Membership:
    """Add the membership to an account that is signed in. Raises ``Conflict`` when the link or the account is wrong."""
    invitation = _usable(token)
    if user.email.lower() != invitation.email:
        raise Conflict(OTHER_ACCOUNT)
    return _open(invitation, user)


# --- Parts of the above -----------------------------------------------------------------------------------------------


def _address(text: str) -> str:
    email = text.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise InvalidInput("Cette adresse électronique n'est pas complète : « prenom.nom@organisme.fr ».",
                           place="email") from error  # fmt: skip
    return email


def _lock(invitation: Invitation, by: Actor) -> Invitation:
    by.require("member.manage")
    rows = Invitation.objects.visible_to(by).select_for_update(of=("self",)).select_related("organisation", "territory")
    row = rows.filter(pk=invitation.pk).first()
    if row is None:
        raise Conflict("Cette invitation n'existe pas dans votre territoire.")
    check_may_manage(by, row.organisation)
    return row


def _check_waiting(invitation: Invitation) -> None:
    if invitation.accepted_at:
        raise Conflict("Cette invitation a déjà été acceptée.")
    if invitation.revoked_at:
        raise Conflict("Cette invitation a été annulée. Invitez de nouveau la personne.")


def _usable(token: str) -> Invitation:
    """The invitation of a link, locked, or ``Conflict`` saying why it cannot be used."""
    found = links.read(token)
    if found is None:
        raise Conflict(NOT_VALID[""])
    with rls.acting(Actor.system(found.territory).context):
        locked = (
            Invitation.objects.select_for_update(of=("self",))
            .select_related("organisation", "territory")
            .get(pk=found.pk)
        )
    if locked.state != "waiting":
        raise Conflict(NOT_VALID[locked.state])
    return locked


def _open(invitation: Invitation, user: User) -> Membership:
    """The membership the invitation promised: new, or the one the person held before, given back.

    Whoever holds the link has no right yet: the territory's own authority, delegated by who invited, writes.
    """
    now = timezone.now()
    with rls.acting(Actor.system(invitation.territory).context):
        membership, created = Membership.objects.select_for_update(of=("self",)).get_or_create(
            user=user,
            organisation=invitation.organisation,
            role=invitation.role,
            defaults={
                "territory": invitation.territory,
                "start": timezone.localdate(),
                "is_admin": invitation.is_admin,
            },
        )
        if not created:
            membership.closed_at = membership.end = None
            membership.is_admin = membership.is_admin or invitation.is_admin
            membership.save()
        invitation.accepted_at, invitation.membership = now, membership
        invitation.save()
        person = Actor(
            territory=invitation.territory, role=membership.role, organisation=invitation.organisation, user=user,
            label=f"{user.name} ({invitation.organisation.label})",
        )  # fmt: skip
        text = f"{user.name}, {membership.get_role_display()}"
        record(MemberAct.ACCEPTED, by=person, membership=membership, invitation=invitation, text=text)
    return membership


def _send(invitation: Invitation, by: Actor, link: str) -> None:
    context = {"invitation": invitation, "by": by, "link": link}
    subject = render_to_string("parties/mail/invitation_subject.txt", context)
    message = EmailMessage(
        " ".join(subject.split()), render_to_string("parties/mail/invitation.txt", context), to=[invitation.email]
    )
    try:
        message.send()
    except OSError as error:  # SMTP errors are of this family
        raise BusinessError(
            "Le message n'a pas pu partir : l'invitation n'est pas enregistrée. Réessayez dans quelques minutes."
        ) from error
