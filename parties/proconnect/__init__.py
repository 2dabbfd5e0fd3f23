"""ProConnect, the State's sign-in for professionals: OpenID Connect on allauth, with what ProConnect asks beyond it.

``client`` speaks to the provider and says who came; ``tokens`` verifies what it signed. What an identity opens here is
decided in ``parties.services.proconnect``. Off unless ``PROCONNECT_CLIENT_ID`` is set (docs/operations.md).
"""
