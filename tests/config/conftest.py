from tests.config.deployment import site  # noqa: F401  (a fixture)
