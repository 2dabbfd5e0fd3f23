"""Figures over all territories, for the national role: counts and sums that PostgreSQL computed, nothing else."""

from .figures import National, national_figures

__all__ = ["National", "national_figures"]
