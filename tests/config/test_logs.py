"""One line per request, tied by its id, and nothing about people in it."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest
from django.conf import settings
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import ResolverMatch
from django.utils.log import log_response

from config.database import RUNTIME
from config.logs import JsonFormatter, RequestIdFilter, request_id, safe_path
from config.middleware import RequestLogMiddleware
from tests.cast import Cast


class Lines(logging.Handler):
    """Keeps what the production handler would write."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[str] = []
        self.setFormatter(JsonFormatter())
        self.addFilter(RequestIdFilter())

    def emit(self, record: logging.LogRecord) -> None:
        self.written.append(self.format(record))

    @property
    def all(self) -> list[dict]:
        return [json.loads(line) for line in self.written]

    @property
    def requests(self) -> list[dict]:
        return [line for line in self.all if line["logger"] == "cosigne.requests"]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """The tests silence the log; here it speaks."""
    handler, root = Lines(), logging.getLogger()
    level, silenced = root.level, logging.root.manager.disable
    logging.disable(logging.NOTSET)
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield handler
    root.setLevel(level)
    root.removeHandler(handler)
    logging.disable(silenced)


def test_a_request_leaves_one_line_that_names_nobody(cast: Cast, lines: Lines):
    client = cast.client("finances_a")
    user = cast.user["finances_a"]
    answer = client.get(
        "/postes/?q=Jeanne+Dupont&email=jeanne@exemple.fr", headers={"referer": "http://testserver/?q=Jeanne"}
    )
    assert answer.status_code == 200
    [line] = lines.requests
    assert {name: line[name] for name in ("method", "path", "status", "user_id", "territory", "level")} == {
        "method": "GET",
        "path": "/postes/",
        "status": 200,
        "user_id": user.pk,
        "territory": "62",
        "level": "INFO",
    }
    assert isinstance(line["duration_ms"], int)
    assert line["request_id"] == answer["X-Request-ID"]
    text = "\n".join(lines.written)
    for personal in ("Jeanne", "jeanne", user.email, str(user), "127.0.0.1"):
        assert personal not in text


def test_signing_in_with_an_address_and_a_password_leaves_neither(cast: Cast, lines: Lines):
    Client().post("/connexion/", {"username": "finances_a@exemple.fr", "password": "pas le bon mot de passe"})
    [line] = lines.requests
    assert "user_id" not in line
    assert "territory" not in line
    assert "finances_a" not in "\n".join(lines.written)
    assert "pas le bon" not in "\n".join(lines.written)


def test_an_account_without_membership_has_a_number_and_no_territory(cast: Cast, lines: Lines):
    cast.client("sans_role").get("/")
    [line] = lines.requests
    assert line["user_id"] == cast.user["sans_role"].pk
    assert "territory" not in line


def test_two_territories_are_told_apart(cast: Cast, lines: Lines):
    cast.client("gestionnaire").get("/")
    cast.client("gestionnaire_there").get("/")
    assert [line["territory"] for line in lines.requests] == ["62", "80"]


@pytest.mark.parametrize("given", ["a", "4bf92f3577b34da6a3ce929d0e0e4736", "proxy-1.2_3", "x" * 64])
def test_the_id_of_the_proxy_is_kept(cast: Cast, lines: Lines, given: str):
    answer = Client().get("/connexion/", headers={"x-request-id": given})
    assert answer["X-Request-ID"] == given
    assert lines.requests[0]["request_id"] == given


@pytest.mark.parametrize("given", ["", "x" * 65, "deux mots", 'a"b', "a\nb", "a@b.fr", "é", "<script>"])
def test_any_other_id_is_replaced(given: str):
    request = RequestFactory().get("/", headers={"x-request-id": given})
    answer = RequestLogMiddleware(lambda request: HttpResponse())(request)
    assert re.fullmatch(r"[0-9a-f]{32}", answer["X-Request-ID"])


def test_what_is_logged_during_a_request_carries_its_id_and_nothing_after(lines: Lines):
    def view(request: HttpRequest) -> HttpResponse:
        logging.getLogger("posts").warning("pendant")
        return HttpResponse()

    answer = RequestLogMiddleware(view)(RequestFactory().get("/"))
    logging.getLogger("posts").warning("après")
    during, _request, after = lines.all
    assert during["request_id"] == answer["X-Request-ID"]
    assert "request_id" not in after
    assert request_id.get() == ""


@pytest.mark.parametrize(
    ("path", "arguments", "logged"),
    [
        ("/postes/0b0e2f5e-3f7c-4ed0-a5d0-3f4b8e7d1c11/", None, "/postes/0b0e2f5e-3f7c-4ed0-a5d0-3f4b8e7d1c11/"),
        ("/invitation/abc123/", {"token": "abc123"}, "/invitation/***/"),
        ("/comptes/cle/Mg-x1/", {"uidb36": "Mg", "key": "Mg-x1"}, "/comptes/cle/***/"),
        ("/personnes/jean@exemple.fr/", None, "/personnes/***/"),
        ("/lien/" + "a" * 41, None, "/lien/***"),
        ("/conventions/2026/", {"year": 2026}, "/conventions/2026/"),
    ],
)
def test_a_path_gives_away_neither_a_person_nor_a_key(path: str, arguments: dict | None, logged: str):
    assert safe_path(path, arguments) == logged


def test_an_error_page_tells_where_it_failed_and_not_on_what(cast: Cast, lines: Lines, monkeypatch):
    def fail(*args, **kwargs):  # type: ignore[no-untyped-def]
        raise ValueError("Jeanne Dupont, jeanne@exemple.fr")

    monkeypatch.setattr("posts.models.Post.objects.visible_to", fail)
    client = cast.client("finances_a")
    client.raise_request_exception = False
    answer = client.get("/postes/")
    assert answer.status_code == 500
    assert answer["X-Request-ID"]
    error = next(line for line in lines.all if line["level"] == "ERROR")
    assert error["exception"][0]["type"] == "builtins.ValueError"
    assert any("test_logs.py" in place and place.endswith(" fail") for place in error["exception"][0]["at"])
    assert error["request_id"] == answer["X-Request-ID"]
    assert lines.requests[0]["status"] == 500
    assert "eanne" not in "\n".join(lines.written)


def test_an_error_page_behind_a_secret_address_does_not_give_it_away(lines: Lines):
    request = RequestFactory().get("/invitation/abc123/")
    request.resolver_match = ResolverMatch(lambda: None, (), {"token": "abc123"}, "invitation")
    log_response("Internal Server Error: %s", request.path, response=HttpResponse(status=500), request=request)
    [line] = lines.all
    assert line["message"] == "Internal Server Error: /invitation/***/"


def test_an_error_of_the_database_names_the_constraint_and_not_the_value(owner_connection, lines: Lines):
    owner_connection.execute("CREATE TEMP TABLE person (email text CONSTRAINT one_each UNIQUE)")
    try:
        owner_connection.execute("INSERT INTO person VALUES ('jeanne.dupont'), ('jeanne.dupont')")
    except psycopg.Error as error:
        logging.getLogger("posts").exception("Enregistrement impossible : %s", error)
    [line] = lines.all
    assert line["exception"][0]["constraint_name"] == "one_each"
    assert line["exception"][0]["sqlstate"] == "23505"
    assert "jeanne" not in lines.written[0]


def test_causes_follow_and_addresses_in_messages_are_masked(lines: Lines):
    try:
        try:
            raise KeyError("Jeanne")
        except KeyError as error:
            raise RuntimeError("Jeanne") from error
    except RuntimeError as error:
        logging.getLogger("posts").error(error, exc_info=True)
    logging.getLogger("posts").warning("Envoi à jeanne@exemple.fr refusé (%s)", "<paul@exemple.fr>")
    first, second = lines.all
    assert [entry["type"] for entry in first["exception"]] == ["builtins.RuntimeError", "builtins.KeyError"]
    assert second["message"] == "Envoi à *** refusé (<***>)"
    assert "eanne" not in "\n".join(lines.written)


PRODUCTION = """
import django
django.setup()
from django.test import Client
headers = {"X-Request-ID": "vu-de-loin", "Host": "cosigne.test"}
Client().get("/postes/?q=jeanne@exemple.fr", headers=headers, secure=True)
"""


def test_production_writes_json_lines_from_the_first_to_the_last(db, tmp_path):
    name = connections["default"].settings_dict["NAME"]
    where = settings.TEST_SERVER.conninfo(database=name, user=RUNTIME)
    done = subprocess.run(
        [sys.executable, "-c", PRODUCTION],
        cwd=settings.BASE_DIR,
        env=os.environ
        | {
            "DJANGO_SETTINGS_MODULE": "config.settings.prod",
            "SECRET_KEY": "x" * 60,
            "STATIC_ROOT": str(tmp_path),
            "ALLOWED_HOSTS": "cosigne.test",
            "DATABASE_URL": f"postgresql://{RUNTIME}@/{name}?host={where['host']}",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    [line] = [line for line in lines if line["logger"] == "cosigne.requests"]
    assert (line["request_id"], line["path"], line["method"]) == ("vu-de-loin", "/postes/", "GET")
    assert "jeanne" not in done.stderr
