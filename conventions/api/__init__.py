"""API of conventions: the agreement, its texts, its acts, and the votes behind it.

Approval is in the API of reporting, since it also renders and keeps the document.
"""

from .conventions import ConventionViewSet
from .deliberations import DeliberationViewSet
from .models import ModelViewSet

__all__ = ["ConventionViewSet", "DeliberationViewSet", "ModelViewSet"]
