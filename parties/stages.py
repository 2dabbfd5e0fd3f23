"""The stage between a right password and an open session."""

from __future__ import annotations

from allauth.mfa.stages import AuthenticateStage
from django.http import HttpRequest
from django.shortcuts import redirect

from parties import factors


class SecondFactorStage(AuthenticateStage):
    """allauth's stage, on our page; somebody whose identity provider already asked for two factors goes through."""

    urlname = "second-factor-check"

    def handle(self) -> tuple:
        if not self._should_handle(self.request):
            return None, True
        self.state["authentication_required"] = True
        return redirect(self.urlname), True

    def _should_handle(self, request: HttpRequest) -> bool:
        if self.login.user is None or factors.proven(request, self.login.user):
            return False
        return factors.protects(self.login.user)
