"""How often a calendar address may be asked for. Counts are in the cache, as the API's: asking writes nothing."""

from __future__ import annotations

import hashlib
from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from core.api.throttling import WrongTokenThrottle


class WrongFeedThrottle(WrongTokenThrottle):
    """Wrong addresses asked for from one place."""

    scope = "wrong-feed"
    rate = "30/hour"


class FeedThrottle(SimpleRateThrottle):
    """One right address: a program that comes every minute is enough."""

    scope = "calendar-feed"
    rate = "60/hour"

    def __init__(self, secret: str) -> None:
        super().__init__()
        self.ident = hashlib.sha256(secret.encode()).hexdigest()

    def get_cache_key(self, request: Request, view: Any) -> str:
        return self.cache_format % {"scope": self.scope, "ident": self.ident}
