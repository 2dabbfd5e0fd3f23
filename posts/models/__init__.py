from .activity import ActivityReturn
from .post import Occupancy, Post, PostCoverage, PostUnit, ServiceUnit

__all__ = ["ActivityReturn", "Occupancy", "Post", "PostCoverage", "PostUnit", "ServiceUnit"]
