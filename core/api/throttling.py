"""How often one caller may ask. Rates are in the settings, counts in the cache a machine's processes share."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle


class CallerThrottle(SimpleRateThrottle):
    """One count per token, per account, or per address for who has neither."""

    scope = "caller"

    def get_cache_key(self, request: Request, view: Any) -> str:
        token, user = getattr(request.auth, "pk", None), getattr(request.user, "pk", None)
        if token is not None:
            ident = f"token-{token}"
        else:
            ident = f"user-{user}" if user is not None else f"address-{self.get_ident(request)}"
        return self.cache_format % {"scope": self.scope, "ident": ident}


class WrongTokenThrottle(SimpleRateThrottle):
    """Wrong tokens from one address. The framework counts requests once let in; these are not."""

    scope = "wrong-token"
    # Set by the framework from the rate; its stubs do not say so.
    num_requests: int | None
    duration: int

    def get_cache_key(self, request: Request, view: Any = None) -> str:
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}

    def wait_before(self, request: Request) -> float | None:
        """Seconds to wait when this address presented too many wrong tokens; None when it may try."""
        if self.rate is None or self.num_requests is None:
            return None
        self.now = self.timer()
        self.history = self._recent(request)
        if len(self.history) < self.num_requests:
            return None
        return max(self.history[-1] + self.duration - self.now, 1.0)

    def note(self, request: Request) -> None:
        """One more wrong token from this address."""
        if self.rate is not None:
            self.now = self.timer()
            self.cache.set(self.get_cache_key(request), [self.now, *self._recent(request)], self.duration)

    def _recent(self, request: Request) -> list[float]:
        kept: list[float] = self.cache.get(self.get_cache_key(request), [])
        return [moment for moment in kept if moment > self.now - self.duration]
