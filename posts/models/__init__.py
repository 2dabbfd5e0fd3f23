from .activity import ActivityReturn
from .detail import ActivityCell, ListItem, MonthStep
from .period import ImportMapping, PeriodPeople
from .post import Occupancy, Post, PostCoverage, PostUnit, ServiceUnit

__all__ = [
    "ActivityCell",
    "ActivityReturn",
    "ImportMapping",
    "ListItem",
    "MonthStep",
    "Occupancy",
    "PeriodPeople",
    "Post",
    "PostCoverage",
    "PostUnit",
    "ServiceUnit",
]
