"""What an identity vouched for by ProConnect opens here: an account that exists already, and nothing else."""

from __future__ import annotations

from allauth.socialaccount.models import SocialAccount
from django.db import transaction

from core import rls
from parties.actors import Actor
from parties.enums import MemberAct
from parties.models import MemberEvent, Membership, Organisation, User
from parties.proconnect.client import PROVIDER, Identity

from .factors import held_memberships, holds_platform_role, tell
from .members import record


@transaction.atomic
def account_for(*, identity: Identity) -> User | None:
    """The account of an identity: linked before, or linked now because the provider answers for its address.

    None when there is none, without saying why: no account, a closed one, one linked to another identity, an address
    nobody answers for.
    """
    before = rls.current_context()
    rls.present_subject(PROVIDER, identity.subject)
    link = SocialAccount.objects.filter(provider=PROVIDER, uid=identity.subject).first()
    rls.set_context(before)
    if link is not None:
        return User.objects.filter(pk=link.user_id, is_active=True).first()
    if not identity.email or not identity.email_verified:
        return None
    user = User.objects.select_for_update(of=("self",)).filter(email=identity.email, is_active=True).first()
    # An account opens on an invitation, and serves while some access of it does.
    if user is None or not (held_memberships(user) or holds_platform_role(user)):
        return None
    with rls.acting(rls.Context(signing_in_id=user.pk)):
        if SocialAccount.objects.filter(user_id=user.pk, provider=PROVIDER).exists():
            return None
        SocialAccount.objects.create(user=user, provider=PROVIDER, uid=identity.subject, extra_data={})
    for membership in held_memberships(user):
        _note(membership, MemberAct.LINKED, user.name)
    tell(user, "linked")
    return user


@transaction.atomic
def note_organisation(*, user: User, identity: Identity) -> int:
    """Write in the history of each access whose organisation is not the one ProConnect announces; once per SIRET.

    A warning for who manages the members, not a refusal: people act for a body that does not employ them. Returns how
    many lines were written.
    """
    if len(identity.siret) != 14:
        return 0
    written = 0
    for membership in held_memberships(user):
        with rls.acting(Actor.system(membership.territory).context):
            organisation = Organisation.objects.get(pk=membership.organisation_id)
            # Without a number of its own (police, gendarmerie…) there is nothing to compare.
            if not organisation.siren or organisation.siren == identity.siret[:9]:
                continue
            text = f"{user.name} : SIRET {identity.siret} annoncé par ProConnect, qui n'est pas de {organisation.label}"
            known = MemberEvent.objects.filter(membership_id=membership.pk, act=MemberAct.SIRET_GAP, text=text)
            if not known.exists():
                _note(membership, MemberAct.SIRET_GAP, text)
                written += 1
    return written


@transaction.atomic
def unlink(*, user: User) -> bool:
    """Forget the person's ProConnect identity: the next one is linked anew. False when there was none."""
    count, _ = SocialAccount.objects.filter(user_id=user.pk, provider=PROVIDER).delete()
    return bool(count)


def is_linked(user: User) -> bool:
    """Needs the account's context."""
    return SocialAccount.objects.filter(user_id=user.pk, provider=PROVIDER).exists()


def _note(membership: Membership, act: MemberAct, text: str) -> None:
    by = Actor.system(membership.territory)
    with rls.acting(by.context):
        row = Membership.objects.select_related("organisation").get(pk=membership.pk)
        record(act, by=by, membership=row, text=text[:400])
