from .journal import JournalEntry, JournalHead
from .organisation import Mandate, Organisation
from .people import Membership, User
from .reference import RefCommune, RefCommuneYear, RefDepartement, RefEpci, RefEpciYear
from .territory import KeyedRecord, Territory, TerritoryQuerySet, TerritoryRecord

__all__ = [
    "JournalEntry",
    "JournalHead",
    "KeyedRecord",
    "Mandate",
    "Membership",
    "Organisation",
    "RefCommune",
    "RefCommuneYear",
    "RefDepartement",
    "RefEpci",
    "RefEpciYear",
    "Territory",
    "TerritoryQuerySet",
    "TerritoryRecord",
    "User",
]
