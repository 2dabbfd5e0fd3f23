"""API of funding: plans, allocation keys, titres and their export batches."""

from .plans import AllocationKeyViewSet, PlanViewSet
from .titre_acts import ReturnImportViewSet
from .titres import ExportBatchViewSet, TitreViewSet

__all__ = ["AllocationKeyViewSet", "ExportBatchViewSet", "PlanViewSet", "ReturnImportViewSet", "TitreViewSet"]
