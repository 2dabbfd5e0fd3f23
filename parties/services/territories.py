"""Opening a territory from the reference data, suspending it, opening it again. None of this reads what it holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from core import rls
from core.errors import Conflict, InvalidInput
from core.french import Name, plural
from core.french.departements import DEPARTEMENTS
from parties.actors import Actor, PlatformActor
from parties.enums import LegalForm, OrganisationKind, PlatformAct, Role
from parties.models import (
    Invitation,
    Membership,
    Organisation,
    PlatformMembership,
    RefDepartement,
    RefEpciYear,
    Territory,
)
from parties.models.organisation import validate_siren

from .invitations import invite
from .platform import record_act

UNKNOWN = (
    "Ce code n'est pas celui d'un département du référentiel : chargez-le (bin/manage load_reference) ou corrigez."
)
#: Who speaks for the deployment does not let oneself in: that is what the exceptional access is for.
NOT_ONESELF = (
    "Cette adresse est celle d'un administrateur de la plateforme : il n'entre dans un territoire que par un accès"
    " exceptionnel. Indiquez celle de la personne qui gérera le dispositif."
)
HAS_MANAGERS = "Ce territoire a déjà ses gestionnaires : ce sont eux qui invitent, depuis leur page « Membres »."


@dataclass(frozen=True)
class Planned:
    """One organisation the opening creates; ``siren`` is "" where the reference data has none."""

    key: str
    kind: str
    name: str
    siren: str = ""
    legal_form: str = ""

    @property
    def kind_label(self) -> str:
        return str(LegalForm(self.legal_form).label if self.legal_form else OrganisationKind(self.kind).label)


@dataclass(frozen=True)
class Opening:
    """What opening a département would create, from the reference data of ``vintage``."""

    code: str
    name: str
    vintage: int | None
    organisations: tuple[Planned, ...]

    @property
    def epci(self) -> list[Planned]:
        return [row for row in self.organisations if row.kind == OrganisationKind.EPCI]


@dataclass(frozen=True)
class Opened:
    territory: Territory
    created: tuple[Planned, ...] = field(default_factory=tuple)
    is_new: bool = False
    invitation: Invitation | None = None


def plan_opening(*, code: str, siren: str) -> Opening:
    """The Département, the State and the EPCI of the newest vintage. ``siren``: the Département's, which is not in it.

    Raises ``InvalidInput`` (``place``: ``code`` or ``siren``).
    """
    departement = RefDepartement.objects.filter(code=code.strip().upper()).first()
    # The reference data also has collectivities that are not départements, and have none of this scheme.
    if departement is None or departement.code not in DEPARTEMENTS:
        raise InvalidInput(UNKNOWN, place="code")
    siren = "".join(siren.split())
    try:
        validate_siren(siren)
    except ValidationError as error:
        raise InvalidInput(error.messages[0], place="siren") from error
    code = departement.code
    vintage = max(RefEpciYear.objects.vintages(), default=None)
    of_place = Name.of_departement(code).de()
    planned = [
        Planned(f"departement-{code}", OrganisationKind.DEPARTEMENT, f"Département {of_place}", siren),
        Planned(f"prefecture-{code}", OrganisationKind.PREFECTURE, f"État (préfecture {of_place})"),
    ]
    if vintage is not None:
        rows = RefEpciYear.objects.of_vintage(vintage).in_departement(code).order_by("name")
        planned += [Planned(f"epci-{r.epci_id}", OrganisationKind.EPCI, r.name, r.epci_id, r.legal_form) for r in rows]
    return Opening(code, departement.name, vintage, tuple(planned))


@transaction.atomic
def open_territory(*, code: str, siren: str, admin_email: str, by: PlatformActor, link: Callable[[str], str]) -> Opened:
    """Open a département: its directory from the reference data, and its first manager invited by mail.

    Can be run again: what is there stays as it is, what lacks is added, and nobody is invited twice, nor once the
    territory has a manager. ``link`` makes the full address of an invitation from its token.
    Raises ``NotAllowed``, ``InvalidInput`` (``place``: the field), ``Conflict`` (suspended).
    """
    by.require("platform.manage")
    opening = plan_opening(code=code, siren=siren)
    # Locked, so that two openings at the same time make one: the second finds what the first made.
    RefDepartement.objects.select_for_update(of=("self",)).get(code=opening.code)
    territory, is_new = Territory.objects.get_or_create(code=opening.code, defaults={"name": opening.name})
    if territory.suspended_at:
        raise Conflict("Ce territoire est suspendu : rouvrez-le d'abord.", place="code")
    inside = by.inside(territory)
    with rls.acting(inside.context):
        created = _create_missing(territory, opening)
    if is_new or created:
        said = f"{len(created)} {plural(len(created), 'organisation')}, millésime {opening.vintage or 'absent'}"
        record_act(PlatformAct.OPENED if is_new else PlatformAct.COMPLETED, by=by, about=territory, text=said)
    invitation = None
    if not _has_manager(inside) and not _is_invited(inside, admin_email):
        invitation = invite_first_manager(territory=territory, email=admin_email, by=by, link=link)
    return Opened(territory, tuple(created), is_new, invitation)


@transaction.atomic
def invite_first_manager(
    *, territory: Territory, email: str, by: PlatformActor, link: Callable[[str], str]
) -> Invitation:
    """Invite the person who will manage the scheme; only while the territory has no manager.

    Raises ``NotAllowed``, ``InvalidInput``, ``Conflict`` (it has one; already invited; the mail could not leave).
    """
    by.require("platform.manage")
    with rls.acting(by.context):
        if PlatformMembership.objects.filter(user__email__iexact=email.strip(), closed_at__isnull=True).exists():
            raise InvalidInput(NOT_ONESELF, place="admin_email")
    inside = by.inside(territory)
    if _has_manager(inside):
        raise Conflict(HAS_MANAGERS, place="admin_email")
    with rls.acting(inside.context):
        departement = Organisation.objects.filter(territory=territory, kind=OrganisationKind.DEPARTEMENT)
        try:
            invitation = invite(
                organisation=departement.order_by("pk")[0], by=inside, email=email, role=Role.GESTIONNAIRE,
                is_admin=False, link=link,
            )  # fmt: skip
        except (InvalidInput, Conflict) as error:
            error.place = "admin_email"
            raise
    record_act(PlatformAct.INVITED, by=by, about=territory, text=invitation.email)
    return invitation


@transaction.atomic
def suspend_territory(*, territory: Territory, reason: str, by: PlatformActor) -> Territory:
    """From the next request nobody enters it, by page or token; nothing is removed. Suspending twice changes nothing.

    Raises ``NotAllowed``, ``InvalidInput`` (``place`` ``reason``).
    """
    by.require("platform.manage")
    if not reason.strip():
        raise InvalidInput("Écrivez pourquoi : les administrateurs de la plateforme le reliront.", place="reason")
    locked = Territory.objects.select_for_update(of=("self",)).get(pk=territory.pk)
    if locked.suspended_at is None:
        locked.suspended_at, locked.suspended_reason = timezone.now(), reason.strip()[:400]
        with rls.acting(by.context):
            locked.save()
        record_act(PlatformAct.SUSPENDED, by=by, about=locked, text=locked.suspended_reason)
    return locked


@transaction.atomic
def reopen_territory(*, territory: Territory, by: PlatformActor) -> Territory:
    """Everyone who had access has it again. Raises ``NotAllowed``."""
    by.require("platform.manage")
    locked = Territory.objects.select_for_update(of=("self",)).get(pk=territory.pk)
    if locked.suspended_at is not None:
        locked.suspended_at, locked.suspended_reason = None, ""
        with rls.acting(by.context):
            locked.save()
        record_act(PlatformAct.REOPENED, by=by, about=locked)
    return locked


# --- Parts of the above -----------------------------------------------------------------------------------------------


def _create_missing(territory: Territory, opening: Opening) -> list[Planned]:
    """Create what the directory lacks: one Département, one préfecture, and each EPCI by its SIREN."""
    here = list(Organisation.objects.filter(territory=territory).values_list("kind", "siren", "key"))
    kinds, sirens, keys = ({row[rank] for row in here} for rank in range(3))
    created = []
    for row in opening.organisations:
        known = row.siren in sirens if row.kind == OrganisationKind.EPCI else row.kind in kinds
        if not known and row.key not in keys:
            made = Organisation(
                territory=territory, key=row.key, kind=row.kind, name=row.name, siren=row.siren,
                legal_form=row.legal_form,
            )  # fmt: skip
            made.full_clean()
            made.save()
            created.append(row)
    return created


def _has_manager(inside: Actor) -> bool:
    with rls.acting(inside.context):
        managers = Membership.objects.in_force_on(timezone.localdate()).filter(role=Role.GESTIONNAIRE)
        return managers.filter(territory=inside.territory, user__is_active=True).exists()


def _is_invited(inside: Actor, email: str) -> bool:
    with rls.acting(inside.context):
        waiting = Invitation.objects.waiting().filter(territory=inside.territory, role=Role.GESTIONNAIRE)
        return waiting.filter(email=email.strip().lower()).exists()
