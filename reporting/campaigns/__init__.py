"""Reporting campaigns: which reports each convention asks for, where each stands, who is late (docs/adr/0020)."""
