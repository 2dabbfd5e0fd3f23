"""API of conventions: the agreement, its texts, its acts, and the votes behind it.

Approval is in the API of reporting, since it also renders and keeps the document.
"""

from .conventions import ConventionViewSet
from .deliberations import DeliberationViewSet

__all__ = ["ConventionViewSet", "DeliberationViewSet"]
