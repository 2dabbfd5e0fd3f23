"""The first steps of each role, and which of them this person has really done.

A step the data can show is read from them, for this person: what they created, submitted, decided, exported, signed.
The others are things one looks at; the person ticks them. Reading costs at most three queries.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse

from conventions.enums import ConventionAct
from conventions.models import CalendarPreference, Comment, Signature, Transition
from funding.models import ExportBatch
from funding.models.grant_accounts import GrantAccountEvent
from funding.models.grants import GrantEvent
from parties import factors
from parties.actors import Actor, PlatformActor
from parties.enums import OrganisationKind, PlatformAct, PlatformRole, Role
from parties.guide import address
from parties.guide_links import HOMES
from parties.models import JournalEntry, MemberEvent, PlatformEvent
from parties.services import first_steps_row
from posts.models import MonthStep

Anybody = Actor | PlatformActor
Done = Callable[[Anybody], bool]
Holds = Callable[[Anybody], bool]


@dataclass(frozen=True)
class Step:
    """One step: what to do, why, where. ``done`` reads the data; without it the person ticks the step."""

    code: str
    label: str
    text: str
    route: str
    query: str = ""
    done: Done | None = None
    #: Whom the step is for, when not everybody in the role.
    holds: Holds | None = None


@dataclass(frozen=True)
class ShownStep:
    """A step as one person sees it: ``url`` of the screen, ``help_url`` of what explains it."""

    code: str
    label: str
    text: str
    url: str
    done: bool
    by_hand: bool


@dataclass(frozen=True)
class FirstStepsList:
    """The list of one person, and whether the home page shows it."""

    steps: list[ShownStep]
    help_url: str
    hidden: bool

    @property
    def done(self) -> int:
        return sum(step.done for step in self.steps)

    @property
    def finished(self) -> bool:
        return self.done == len(self.steps)


# --- What the data show -----------------------------------------------------------------------------------------------


def _wrote(table: str) -> Done:
    """Whether the person created or changed something of that kind: the territory's journal says so."""

    def done(by: Anybody) -> bool:
        return JournalEntry.objects.filter(root_table=table, user=by.user).exists()

    return done


def _acted(*acts: ConventionAct) -> Done:
    def done(by: Anybody) -> bool:
        return Transition.objects.filter(by=by.user, act__in=acts).exists()

    return done


def _invited(by: Anybody) -> bool:
    return MemberEvent.objects.filter(by_user=by.user, act="invited").exists()


def _commented(by: Anybody) -> bool:
    return Comment.objects.filter(by=by.user).exists()


def _signed(by: Anybody) -> bool:
    return Signature.objects.filter(by=by.user).exists()


def _exported(by: Anybody) -> bool:
    return ExportBatch.objects.filter(by=by.user).exists()


def _validated(by: Anybody) -> bool:
    return MonthStep.objects.filter(by=by.user).exists()


def _asked_or_accounted(by: Anybody) -> bool:
    asked = GrantEvent.objects.filter(by=by.user).exists()
    return asked or GrantAccountEvent.objects.filter(by=by.user).exists()


def _chose_reminders(by: Anybody) -> bool:
    organisation = by.organisation if isinstance(by, Actor) else None
    return CalendarPreference.objects.filter(user=by.user, membership__organisation=organisation).exists()


def _is_protected(by: Anybody) -> bool:
    return by.user is not None and factors.protects(by.user)


def _platform_did(*acts: PlatformAct) -> Done:
    def done(by: Anybody) -> bool:
        return PlatformEvent.objects.filter(by_user=by.user, act__in=acts).exists()

    return done


def _employs_publicly(by: Anybody) -> bool:
    return isinstance(by, Actor) and by.organisation is not None and by.organisation.issues_titres


def _is_association(by: Anybody) -> bool:
    organisation = by.organisation if isinstance(by, Actor) else None
    return organisation is not None and organisation.kind == OrganisationKind.ASSOCIATION


# --- The steps --------------------------------------------------------------------------------------------------------

PROTECT = Step(
    "second-facteur",
    "Protéger votre compte",
    "Un code de téléphone ou une clé, en plus du mot de passe.",
    "second-factor",
    done=_is_protected,
)
STEPS: dict[str, tuple[Step, ...]] = {
    Role.GESTIONNAIRE: (
        Step(
            "annuaire",
            "Vérifier l'annuaire",
            "Les organisations du territoire et qui les représente.",
            "organisations",
        ),
        Step(
            "poste",
            "Créer ou compléter un poste",
            "Son employeur, ses unités, ses périodes d'occupation.",
            "posts",
            done=_wrote("posts_post"),
        ),
        Step(
            "plan",
            "Faire un plan de financement",
            "Un coût, des financeurs, des parts qui tombent juste.",
            "plans",
            done=_wrote("funding_fundingplan"),
        ),
        Step(
            "convention",
            "Préparer une convention",
            "À partir d'un plan : le texte, les parties, les signataires.",
            "convention-create",
            done=_wrote("conventions_convention"),
        ),
        Step(
            "soumettre",
            "Soumettre une convention",
            "Quand aucun contrôle ne bloque plus, elle part à la préfecture.",
            "conventions",
            "etat=brouillon",
            done=_acted(ConventionAct.SUBMIT),
        ),
        Step(
            "inviter",
            "Inviter une personne",
            "Un financeur, un employeur, la préfecture : chacun a son accès.",
            "members",
            done=_invited,
        ),
        PROTECT,
    ),
    Role.INSTRUCTEUR: (
        Step(
            "lire",
            "Ouvrir une convention à instruire",
            "Ce qui change dans les chiffres et dans le texte vient d'abord.",
            "conventions-review",
        ),
        Step(
            "commenter",
            "Commenter une clause",
            "Le gestionnaire ne pourra modifier que ce que visent vos commentaires.",
            "conventions-review",
            done=_commented,
        ),
        Step(
            "decider",
            "Décider",
            "Renvoyer pour correction, ou approuver.",
            "conventions-review",
            done=_acted(ConventionAct.SEND_BACK, ConventionAct.ENDORSE, ConventionAct.APPROVE),
        ),
        Step(
            "modeles",
            "Parcourir un modèle de convention",
            "Celui auquel chaque texte soumis est comparé.",
            "models",
        ),
    ),
    Role.FINANCES: (
        Step(
            "regler",
            "Régler les paramètres financiers",
            "Le logiciel, l'imputation, les comptes : une seule fois.",
            "organisation-finance",
            done=lambda by: isinstance(by, Actor) and by.organisation is not None and bool(by.organisation.finance),
            holds=_employs_publicly,
        ),
        Step(
            "verifier",
            "Voir ce qui reste à vérifier",
            "Débiteur par débiteur, ce qui empêche un titre de partir.",
            "titre-readiness",
            holds=_employs_publicly,
        ),
        Step(
            "exporter",
            "Exporter des titres",
            "Un fichier pour votre logiciel ; un titre ne part qu'une fois.",
            "titres-export",
            done=_exported,
            holds=_employs_publicly,
        ),
        Step(
            "payer",
            "Lire ce que vous devez",
            "Année par année, à qui, pour quel poste.",
            "debts",
        ),
        Step(
            "prevoir",
            "Lire vos prévisions",
            "Ce qu'il faudra payer sur trois ans.",
            "forecast",
        ),
    ),
    Role.PARTENAIRE: (
        Step(
            "lire",
            "Lire une convention",
            "Celles dont votre organisation est partie.",
            "conventions",
        ),
        Step(
            "signer",
            "Signer",
            "Par code, par certificat ou sur papier, quand votre organisation est attendue.",
            "to-sign",
            done=_signed,
        ),
        Step(
            "engagements",
            "Lire vos engagements",
            "Ce que votre organisation doit, année par année.",
            "debts",
        ),
        Step(
            "rappels",
            "Choisir vos rappels",
            "Être prévenu d'une échéance, ou de toutes chaque lundi.",
            "calendar-settings",
            done=_chose_reminders,
        ),
    ),
    Role.EMPLOYEUR: (
        Step(
            "mois",
            "Saisir et valider un mois",
            "Les comptes d'un poste ; aucun nom, jamais.",
            "activity",
            done=_validated,
        ),
        Step(
            "importer",
            "Télécharger le modèle de tableau",
            "Pour saisir plusieurs mois d'un coup.",
            "activity-import",
        ),
        Step(
            "bilan",
            "Lire le bilan de vos postes",
            "Il se fait seul, à partir des mois.",
            "bilans",
        ),
        Step(
            "subventions",
            "Demander une subvention ou en rendre compte",
            "Ce que chaque financeur vous doit, et jusqu'à quand.",
            "grants",
            done=_asked_or_accounted,
            holds=_is_association,
        ),
    ),
    PlatformRole.NATIONAL: (
        Step(
            "lire",
            "Lire les chiffres nationaux",
            "Postes, conventions, activité : des sommes, jamais un territoire.",
            "national",
        ),
        Step(
            "secret",
            "Comprendre les petits nombres",
            "Pourquoi une case dit « secret », et son total aussi.",
            "guide",
            "national#les-petits-nombres",
        ),
        Step(
            "emporter",
            "Emporter un tableau",
            "Sous chaque titre, en XLSX ou en CSV.",
            "national",
            "#activite",
        ),
    ),
    PlatformRole.PLATFORM: (
        Step(
            "ouvrir",
            "Ouvrir un territoire",
            "Le Département, l'État, les EPCI et le premier gestionnaire, en une fois.",
            "platform-open",
            done=_platform_did(PlatformAct.OPENED, PlatformAct.COMPLETED),
        ),
        Step(
            "journal",
            "Lire le journal de la plateforme",
            "Tout ce que vous faites y est noté, et y reste.",
            "platform-log",
        ),
        PROTECT,
    ),
}


def steps_of(by: Anybody) -> list[Step]:
    """The steps for ``by``: of their role, and of what their organisation is."""
    return [step for step in STEPS.get(by.role, ()) if step.holds is None or step.holds(by)]


def ticked_by_hand(by: Anybody) -> frozenset[str]:
    """The codes of the steps the person ticks themselves."""
    return frozenset(step.code for step in steps_of(by) if step.done is None)


def first_steps_of(by: Anybody, *, even_hidden: bool = False) -> FirstStepsList | None:
    """The list of ``by``; None for a role without steps, a program, or (unless asked) once it was put away."""
    steps = steps_of(by)
    if not steps or by.user is None or (isinstance(by, Actor) and (by.token is not None or by.access is not None)):
        return None
    row = first_steps_row(by)
    hidden = row is not None and row.hidden_at is not None
    if hidden and not even_hidden:
        return None
    ticked = set(row.ticked) if row else set()
    shown = [
        ShownStep(
            step.code, step.label, step.text, _url(step, by),
            step.done(by) if step.done else step.code in ticked, step.done is None,
        )
        for step in steps
    ]  # fmt: skip
    page, _, anchor = HOMES[by.role].partition("#")
    return FirstStepsList(shown, address(f"{page}.md#{anchor}"), hidden)


def _url(step: Step, by: Anybody) -> str:
    if step.route == "guide":
        page, _, anchor = step.query.partition("#")
        return address(f"{page}.md#{anchor}")
    own = [by.organisation.uuid] if step.route == "organisation-finance" and isinstance(by, Actor) else []
    url = reverse(step.route, args=own)
    return url + step.query if step.query.startswith("#") else f"{url}?{step.query}" if step.query else url
