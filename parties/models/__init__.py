from .organisation import Mandate, Organisation
from .people import Membership, User
from .reference import RefCommune, RefCommuneYear, RefDepartement, RefEpci, RefEpciYear
from .territory import KeyedRecord, Territory, TerritoryQuerySet, TerritoryRecord
from .token import ApiToken

__all__ = [
    "ApiToken",
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
