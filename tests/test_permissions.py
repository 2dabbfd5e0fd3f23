"""Who may ask for what: every address of the application × every role, from the URL configuration itself.

A new route without a line in ``tests/reads.py`` (who may GET it) makes these tests fail with its name.
"""

from __future__ import annotations

import pytest

from tests.reads import FROM_STORAGE, NOBODY, OUTSIDE, READS, ROLES, SWITCHED_OFF
from tests.routes import (
    ANONYMOUS,
    ROUTES,
    UNNAMED,
    WATCHED,
    Route,
    Scene,
    fingerprints,
    shared_scene,  # noqa: F401
    undone,  # noqa: F401
)


def test_every_route_has_an_expectation():
    """The reminder for who adds a page: say here who may read it."""
    assert not UNNAMED, f"addresses without a name of their own: {UNNAMED}"
    missing = sorted(set(ROUTES) - set(READS))
    assert not missing, f"tests/reads.py, READS: say who may read {missing}"
    gone = sorted(set(READS) - set(ROUTES))
    assert not gone, f"tests/reads.py, READS: these routes no longer exist: {gone}"


def known_routes() -> list[Route]:
    """The routes with an expectation; the test above names the others."""
    return [route for name, route in ROUTES.items() if name in READS]


def outcome(response: object, route: Route) -> str:
    """« open », « refused », « login », « method » or the status, in one word."""
    status: int = response.status_code  # type: ignore[attr-defined]
    if status == 302 and response["Location"].startswith("/connexion/"):  # type: ignore[index]
        return "login"
    if status == 200 or (status == 302 and not route.is_api):
        return "open"
    if status in (403, 404):
        return "refused"
    return {401: "anonymous", 405: "method"}.get(status, str(status))


def expected(role: str, route: Route) -> set[str]:
    readers = READS[route.name]
    if route.name in SWITCHED_OFF:
        return {"refused"}
    if route.name == "proconnect-logged-out":
        return {"login"}  # leads there, whoever comes
    if role in readers:
        return {"open"}
    if role == ANONYMOUS:
        return {"refused", "anonymous"} if route.is_api else {"login"}
    if readers == NOBODY:
        # The API, and pages for who has no membership, may refuse the person before looking at the method.
        return {"method", "refused"} if route.is_api or role in (*OUTSIDE, "sans_role") else {"method"}
    return {"refused"}


@pytest.mark.parametrize("role", ROLES)
def test_get(shared_scene: Scene, role: str):  # noqa: F811
    """Each route as one role, on the things of EPCI A: what tests/reads.py says, never an error, never a write."""
    cast, client = shared_scene.cast, shared_scene.client(role)
    without = WATCHED if role == "exceptionnel" else ()
    before = fingerprints(cast, without=without)
    wrong = []
    for route in known_routes():
        response = client.get(shared_scene.address(route, "a"))
        said = outcome(response, route)
        if said not in expected(role, route):
            wrong.append(f"{route.name}: {said} ({response.status_code}), expected {sorted(expected(role, route))}")
        if route.is_api and response.status_code >= 400:
            assert response.json()["detail"], route.name
        # What is sent bit by bit is read after the transaction: from the storage only.
        assert not response.streaming or route.name in FROM_STORAGE, route.name
    assert not wrong, "\n" + "\n".join(wrong)
    assert fingerprints(cast, without=without) == before, "a GET wrote something"
