"""Contributions to the observatoire: a territory's aggregates of a year, protected, given by an explicit act."""

from reporting.contributions.services import contribute, prepare, withdraw

__all__ = ["contribute", "prepare", "withdraw"]
