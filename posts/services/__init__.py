"""The only doors through which posts and their activity are written."""

from .activity import Recorded, record_activity, record_year
from .posts import UnitShare, add_occupancy, create_post, remove_occupancy, update_occupancy, update_post
from .units import create_unit, update_unit

__all__ = [
    "Recorded",
    "UnitShare",
    "add_occupancy",
    "create_post",
    "create_unit",
    "record_activity",
    "record_year",
    "remove_occupancy",
    "update_occupancy",
    "update_post",
    "update_unit",
]
