"""Closed lists of the bottom business floor. Values are stored and exchanged; labels are shown."""

from django.db import models


class OrganisationKind(models.TextChoices):
    PREFECTURE = "prefecture", "Préfecture (État)"
    DEPARTEMENT = "departement", "Département"
    EPCI = "epci", "EPCI"
    COMMUNE = "commune", "Commune"
    CCAS = "ccas", "CCAS"
    CIAS = "cias", "CIAS"
    ASSOCIATION = "association", "Association"
    POLICE = "police", "Police nationale"
    GENDARMERIE = "gendarmerie", "Gendarmerie nationale"
    PARQUET = "parquet", "Parquet"
    ARS = "ars", "ARS"
    CAF = "caf", "CAF"
    CPAM = "cpam", "CPAM"
    OTHER = "other", "Autre organisme"


#: Services of the State: they sign beside the State, they do not contract (domain, edge case 16).
WITHOUT_LEGAL_PERSONALITY = frozenset({OrganisationKind.POLICE, OrganisationKind.GENDARMERIE, OrganisationKind.PARQUET})
#: Bodies whose executive needs an enforceable deliberation to sign (CGCT L.2131-1, L.3131-1).
LOCAL_AUTHORITIES = frozenset(
    {
        OrganisationKind.DEPARTEMENT,
        OrganisationKind.EPCI,
        OrganisationKind.COMMUNE,
        OrganisationKind.CCAS,
        OrganisationKind.CIAS,
    }
)
#: Employers that recover the others' shares by titre de recettes.
PUBLIC_EMPLOYERS = LOCAL_AUTHORITIES


class LegalForm(models.TextChoices):
    CU = "CU", "Communauté urbaine"
    CA = "CA", "Communauté d'agglomération"
    CC = "CC", "Communauté de communes"
    ME = "ME", "Métropole"


class AssociationForm(models.TextChoices):
    """The statute an association is under."""

    LOI_1901 = "loi_1901", "Association déclarée (loi du 1er juillet 1901)"
    RUP = "rup", "Association reconnue d'utilité publique"
    DROIT_LOCAL = "droit_local", "Association de droit local (Alsace-Moselle)"
    AUTRE = "autre", "Autre organisme sans but lucratif"


class Capacity(models.TextChoices):
    ELECTED = "elu", "Élu"
    ADMINISTRATIVE = "administratif", "Administratif"
    STATE = "etat", "Autorité de l'État"
    ASSOCIATION = "association", "Dirigeant associatif"


class Gender(models.TextChoices):
    MALE = "m", "Masculin"
    FEMALE = "f", "Féminin"


class Role(models.TextChoices):
    """What a person does in one organisation. What each may do is in :mod:`parties.roles`."""

    GESTIONNAIRE = "gestionnaire", "Gestionnaire du dispositif"
    INSTRUCTEUR = "instructeur", "Instructeur en préfecture"
    FINANCES = "finances", "Responsable financier"
    PARTENAIRE = "partenaire", "Partenaire signataire"
    EMPLOYEUR = "employeur", "Responsable de service (employeur)"


class PlatformRole(models.TextChoices):
    """What a person does outside any territory: given by the command line only."""

    NATIONAL = "national", "Observatoire national"
    PLATFORM = "plateforme", "Administrateur de la plateforme"


#: The role of an exceptional access: nobody is a member in it.
EXCEPTIONAL_ROLE = "exceptionnel"


class PlatformAct(models.TextChoices):
    """What was done outside the territories; each is one line of the platform's journal."""

    APPOINTED = "appointed", "Rôle donné"
    WITHDRAWN = "withdrawn", "Rôle retiré"
    OPENED = "opened", "Territoire ouvert"
    COMPLETED = "completed", "Annuaire complété"
    INVITED = "invited", "Premier gestionnaire invité"
    SUSPENDED = "suspended", "Territoire suspendu"
    REOPENED = "reopened", "Territoire rouvert"
    ASKED = "asked", "Accès exceptionnel demandé"
    STARTED = "started", "Accès exceptionnel ouvert d'office"
    ENDED = "ended", "Accès exceptionnel arrêté"
    LISTED = "listed", "Liste d'activité modifiée"


class AccessMode(models.TextChoices):
    """Who opens an exceptional access; the platform's setting when it was asked for."""

    APPROVAL = "accord", "Sur accord d'un gestionnaire du territoire"
    IMMEDIATE = "immediat", "D'office, les gestionnaires étant avertis aussitôt"


class MemberAct(models.TextChoices):
    """What was done about somebody's access; each is one line of the members' history."""

    INVITED = "invited", "Invitation envoyée"
    RESENT = "resent", "Invitation renvoyée"
    REVOKED = "revoked", "Invitation annulée"
    ACCEPTED = "accepted", "Invitation acceptée"
    ADDED = "added", "Accès ouvert par l'exploitation"
    CHANGED = "changed", "Accès modifié"
    CLOSED = "closed", "Accès fermé"
    REOPENED = "reopened", "Accès rouvert"
    FACTOR_RESET = "mfa_reset", "Second facteur retiré"
    LINKED = "linked", "Compte relié à ProConnect"
    SIRET_GAP = "siret_gap", "Autre organisation annoncée par ProConnect"


class JournalAction(models.TextChoices):
    INSERT = "insert", "Création"
    UPDATE = "update", "Modification"
    DELETE = "delete", "Suppression"


class JobState(models.TextChoices):
    """A long work. Interrupted: its process died too many times; a person may ask for it again."""

    WAITING = "waiting", "En attente"
    RUNNING = "running", "En cours"
    DONE = "done", "Terminé"
    FAILED = "failed", "Échoué"
    CANCELLED = "cancelled", "Annulé"
    INTERRUPTED = "interrupted", "Interrompu"
