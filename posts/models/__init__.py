from .activity import ActivityReturn
from .detail import ActivityCell, ListItem, MonthStep
from .post import Occupancy, Post, PostCoverage, PostUnit, ServiceUnit

__all__ = [
    "ActivityCell",
    "ActivityReturn",
    "ListItem",
    "MonthStep",
    "Occupancy",
    "Post",
    "PostCoverage",
    "PostUnit",
    "ServiceUnit",
]
