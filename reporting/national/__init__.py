"""The national role: posts and conventions counted by PostgreSQL, activity as territories gave it. Nothing else."""

from .figures import National, national_figures

__all__ = ["National", "national_figures"]
