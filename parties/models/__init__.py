from .cut import JournalCut
from .first_steps import FirstSteps
from .invitation import Invitation, MemberEvent
from .job import Job
from .journal import JournalEntry, JournalHead
from .organisation import Mandate, Organisation
from .people import Membership, User
from .platform import AccessUse, ExceptionalAccess, PlatformEvent, PlatformMembership
from .reference import RefCommune, RefCommuneYear, RefDepartement, RefEpci, RefEpciYear
from .sessions import SignIn, SignInRule, Throttle
from .territory import KeyedRecord, Territory, TerritoryQuerySet, TerritoryRecord
from .token import ApiToken

__all__ = [
    "AccessUse",
    "ApiToken",
    "ExceptionalAccess",
    "FirstSteps",
    "Invitation",
    "Job",
    "JournalCut",
    "JournalEntry",
    "JournalHead",
    "KeyedRecord",
    "Mandate",
    "MemberEvent",
    "Membership",
    "Organisation",
    "PlatformEvent",
    "PlatformMembership",
    "RefCommune",
    "RefCommuneYear",
    "RefDepartement",
    "RefEpci",
    "RefEpciYear",
    "SignIn",
    "SignInRule",
    "Territory",
    "TerritoryQuerySet",
    "TerritoryRecord",
    "Throttle",
    "User",
]
