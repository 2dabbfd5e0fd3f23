"""What a browser is told and never shown, on every page; and the settings of a real deployment."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.routes import ANONYMOUS, ROUTES, Scene, shared_scene  # noqa: F401

ROOT = Path(settings.BASE_DIR)
#: What a page may not hold: the policy would refuse it, and it is how an injected script runs.
INLINE = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>|<style|\sstyle=|\son[a-z]+=\"|javascript:", re.I)
ELSEWHERE = re.compile(r"""<(?:script|link|img|iframe|form|source)[^>]+(?:src|href|action)=["'](?:https?:)?//""", re.I)


@pytest.mark.parametrize("role", ["gestionnaire", "instructeur", "finances_a", ANONYMOUS])
def test_every_answer_bears_the_headers_and_no_page_an_inline_script(shared_scene: Scene, role: str):  # noqa: F811
    client, pages = shared_scene.client(role), 0
    for route in ROUTES.values():
        answer = client.get(shared_scene.address(route, "a"))
        policy = answer["Content-Security-Policy"]
        assert "default-src 'self'" in policy, route.name
        assert "object-src 'none'" in policy, route.name
        assert "frame-ancestors 'none'" in policy, route.name
        assert "unsafe" not in policy, route.name
        assert answer["X-Content-Type-Options"] == "nosniff", route.name
        assert answer["X-Frame-Options"] == "DENY", route.name
        assert answer["Referrer-Policy"] == "same-origin", route.name
        assert "Access-Control-Allow-Origin" not in answer, route.name
        if answer.headers.get("Content-Type", "").startswith("text/html") and not answer.streaming:
            pages += 1
            assert not INLINE.search(answer.text), (route.name, INLINE.search(answer.text))
            assert not ELSEWHERE.search(answer.text), route.name
    assert pages > (20 if role == "gestionnaire" else 2)


def in_production(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command with the settings of a deployment, which reach no database here."""
    known = {
        "DJANGO_SETTINGS_MODULE": "config.settings.prod",
        "SECRET_KEY": "une clé de test assez longue et assez variée 0123456789 abcdefghij",
        "ALLOWED_HOSTS": "cosigne.example",
        "DATABASE_URL": "postgresql://application@localhost/cosigne",
    }
    # Set by the browser tests of the same process; no deployment has it.
    ordinary = {name: value for name, value in os.environ.items() if name != "DJANGO_ALLOW_ASYNC_UNSAFE"}
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env={**ordinary, **known, **environment},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def test_django_s_deployment_checks_have_nothing_to_say():
    done = in_production("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_short_key_would_be_reported():
    done = in_production("manage.py", "check", "--deploy", "--fail-level", "WARNING", SECRET_KEY="courte")
    assert done.returncode == 1
    assert "security.W009" in done.stderr


def test_cookies_and_transport_of_a_deployment():
    names = (
        *("DEBUG", "COSIGNE_DEMO", "SESSION_COOKIE_NAME", "SESSION_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY"),
        *("SESSION_COOKIE_SAMESITE", "CSRF_COOKIE_NAME", "CSRF_COOKIE_SECURE", "CSRF_COOKIE_HTTPONLY"),
        *("SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS", "SECURE_HSTS_INCLUDE_SUBDOMAINS"),
    )
    values = f"{{n: getattr(settings, n) for n in {names}}}"
    script = f"import json; from django.conf import settings; print(json.dumps({values}))"
    done = in_production("-c", script)
    found = json.loads(done.stdout)
    assert (found.pop("SESSION_COOKIE_NAME"), found.pop("CSRF_COOKIE_NAME")) == (
        "__Host-cosigne_session",
        "__Host-cosigne_csrf",
    )
    assert found.pop("SECURE_HSTS_SECONDS") >= 31_536_000
    assert found.pop("SESSION_COOKIE_SAMESITE") == "Lax"
    assert (found.pop("DEBUG"), found.pop("COSIGNE_DEMO")) == (False, False)
    assert all(found.values()), found


def test_passwords_of_a_deployment_are_hashed_slowly():
    script = (
        "import django; django.setup(); from django.contrib.auth.hashers import make_password, identify_hasher;"
        " text = make_password('une phrase'); print(identify_hasher(text).algorithm, identify_hasher(text).iterations)"
    )
    algorithm, rounds = in_production("-c", script).stdout.split()
    assert algorithm == "pbkdf2_sha256"
    assert int(rounds) >= 600_000
