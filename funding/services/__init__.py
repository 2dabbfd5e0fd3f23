"""Writes on plans and titres: keyword-only, atomic functions. Pages, API, imports and commands all use these."""
