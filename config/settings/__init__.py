"""Settings: base (shared), dev (bin/run), test (bin/test), prod (real deployments)."""
