"""What django-allauth asks us: how one signs in here, how secrets are kept, and that nobody opens an account alone."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url

from parties import devices, throttle, vault
from parties.models import User


class AccountAdapter(DefaultAccountAdapter):
    """Signing in goes through one stage, the second factor; accounts are opened by invitation only."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_stages(self) -> list[str]:
        return ["parties.stages.SecondFactorStage"]

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return resolve_url("home")

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        return redirect("login")

    def get_client_ip(self, request: HttpRequest) -> str:
        return throttle.client_address(request)

    def post_login(self, request: HttpRequest, user: User, *, redirect_url: str | None, **kwargs: Any) -> HttpResponse:
        response = redirect(redirect_url or "home")
        devices.recognise(request, response, user)
        return response


class SecondFactorAdapter(DefaultMFAAdapter):
    """Seeds of one-time codes and of recovery codes are encrypted in the database."""

    def encrypt(self, text: str) -> str:
        return vault.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return vault.unseal(encrypted_text)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return super().get_public_key_credential_rp_entity() | {"name": "Cosigne"}


class FederationAdapter(DefaultSocialAccountAdapter):
    """An identity provider never opens an account."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False
