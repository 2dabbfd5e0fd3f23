"""The API answers as its published schema says, whatever is sent: each operation of the schema, in each role.

Requests are drawn by schemathesis from the schema, bodies and queries that follow it and others that break it; half of
them name real objects. Every answer must be one the operation announces (status, media type, body, headers) and never
a crash. The draw is the same at each run.

Two of its checks are left out on purpose: that every body the schema allows is accepted (the rules of the trade refuse
many, with 400 or 409), and that every body it forbids is refused (a number where a text is expected is read as text).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import hypothesis
import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.urls import resolve
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.routes import ROUTES, Scene, shared_scene, undone  # noqa: F401
from tests.test_permission_writes import CREATIONS
from tests.tokens import make_token

ROLES = ("gestionnaire", "instructeur", "finances_a", "partenaire", "employeur_a", "sans_role", "anonymous")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
#: Requests drawn for each operation; every role sends them.
DRAWN = 6
SEED = 62
CSRF = "a" * 32
MODES = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)


@pytest.fixture(scope="module")
def description() -> Iterator[Any]:
    raw = SchemaGenerator().get_schema(request=None, public=True)
    # Through JSON: as those who read it get it, without the generator's own kinds of objects.
    schema = schemathesis.openapi.from_dict(json.loads(json.dumps(raw, default=str)))
    schema.app = get_wsgi_application()
    # As Django's own test client does: a request does not close the connection the test's transaction lives in.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield schema
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def operations(description: Any) -> list[Any]:
    return [found.ok() for found in description.get_all_operations()]


def session_of(scene: Scene, role: str) -> dict[str, Any]:
    """What a browser signed in as this person sends, its CSRF token included."""
    cookies = {name: morsel.value for name, morsel in scene.client(role).cookies.items()} | {"cosigne_csrf": CSRF}
    return {"cookies": cookies, "headers": {"X-CSRFToken": CSRF}}


def real_path(scene: Scene, operation: Any) -> dict[str, Any]:
    """What the address names, on EPCI A's side."""
    names = {parameter.name for parameter in operation.path_parameters}
    sample = operation.path
    for name in names:
        sample = sample.replace(f"{{{name}}}", "1" if name in ("number", "year", "month") else str(UUID(int=0)))
    route = ROUTES[resolve(sample).url_name]
    match = resolve(scene.address(route, "a"))
    return {name: str(match.kwargs[name]) for name in names}


def naming(scene: Scene) -> Callable[[Any], Any]:
    """Puts real objects where a body names some, by the name of its field."""
    cast = scene.cast
    real = {
        "employer": cast.org["epci_a"].uuid,
        "organisation": cast.org["epci_a"].uuid,
        "financer": cast.org["prefecture"].uuid,
        "post": cast.post["a"].uuid,
        "posts": [cast.post["a"].uuid],
        "plans": [cast.plan["e"].uuid],
        "signatory": scene.signatory["a"].uuid,
        "allocation_key": scene.world.key["a"].uuid,
    }

    def replaced(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                name: json.loads(json.dumps(real[name], default=str)) if name in real else replaced(inner)
                for name, inner in value.items()
            }
        return [replaced(inner) for inner in value] if isinstance(value, list) else value

    return replaced


def drawn(scene: Scene, operation: Any) -> list[Any]:
    """The requests schemathesis draws for one operation."""
    path, replaced = real_path(scene, operation), naming(scene)
    found: list[Any] = []

    @hypothesis.seed(SEED)
    @hypothesis.settings(
        max_examples=DRAWN,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(data=st.data())
    def draw(data: Any) -> None:
        mode = data.draw(st.sampled_from(MODES))
        real = data.draw(st.booleans())
        case = data.draw(operation.as_strategy(generation_mode=mode, path_parameters=path if real else None))
        # Who asks is decided by the test: no credentials are drawn.
        case.headers, case.cookies = {}, {}
        if real:
            case.body = replaced(case.body)
        found.append(case)

    draw()
    return found


def problems(cases: list[Any], sent: dict[str, Any]) -> list[str]:
    """What schemathesis has to say about the answers; nothing the requests wrote is kept."""
    found = []
    for case in cases:
        with undone():
            response = case.call(**sent)
        try:
            case.validate_response(response, checks=CHECKS)
        except (Failure, FailureGroup) as failure:
            found.append(f"{case.operation.label}: {failure}")
    return found


@pytest.fixture(scope="module")
def cases(shared_scene: Scene, description: Any) -> list[Any]:  # noqa: F811
    """The same requests for every role: drawing them takes longer than answering them."""
    tried = operations(description)
    assert len(tried) > 50
    found = [case for operation in tried for case in drawn(shared_scene, operation)]
    assert len(found) == DRAWN * len(tried)
    return found


@pytest.mark.parametrize("role", ROLES)
def test_every_answer_is_one_the_schema_announces(shared_scene: Scene, cases: list[Any], role: str):  # noqa: F811
    found = problems(cases, session_of(shared_scene, role))
    assert not found, "\n\n".join(found[:10])


def test_a_program_is_answered_alike(shared_scene: Scene, cases: list[Any]):  # noqa: F811
    _token, secret = make_token(shared_scene.cast, "gestionnaire", name="Essais")
    found = problems(cases, {"headers": {"Authorization": f"Bearer {secret}"}})
    assert not found, "\n\n".join(found[:10])


def test_acts_that_succeed_are_answered_as_announced(shared_scene: Scene, description: Any):  # noqa: F811
    """A drawn body is seldom accepted by the rules of the trade: these are."""
    by_label = {operation.label: operation for operation in operations(description)}
    accepted = {name: made for name, made in CREATIONS.items() if name.startswith("api-")}
    assert len(accepted) >= 4
    for name, made in accepted.items():
        operation = by_label[f"{made.method} /{ROUTES[name].path.removesuffix('$')}"]
        case = operation.Case(body=made.body(shared_scene), media_type="application/json")
        with undone():
            response = case.call(**session_of(shared_scene, made.may))
        assert response.status_code in (200, 201), (name, response.text)
        case.validate_response(response, checks=CHECKS)


def test_a_wrong_schema_would_be_seen(shared_scene: Scene, description: Any):  # noqa: F811
    """The checks above do look: an operation that announces nothing of what it answers is reported."""
    [operation] = [o for o in operations(description) if o.label == "GET /api/v1/me/"]
    answered = operation.Case().call(**session_of(shared_scene, "gestionnaire"))
    assert answered.status_code == 200
    raw = {
        "openapi": "3.0.3",
        "info": {"title": "x", "version": "1"},
        "paths": {
            "/api/v1/me/": {
                "get": {
                    "responses": {
                        "200": {
                            "description": "",
                            "content": {"application/json": {"schema": {"type": "object", "required": ["absent"]}}},
                        }
                    }
                }
            }
        },
    }
    wrong = schemathesis.openapi.from_dict(raw)
    wrong.app = description.app
    [stated] = operations(wrong)
    [absent, *_] = problems(drawn(shared_scene, stated), session_of(shared_scene, "gestionnaire"))
    assert "absent" in absent
    [unannounced, *_] = problems(drawn(shared_scene, stated), {})
    assert "401" in unannounced
