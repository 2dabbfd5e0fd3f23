"""Nobody changes what is not theirs, whatever the method and whatever the form holds.

Two kinds of addresses accept a write: those that name an object (asked here about somebody else's), and those that
create or run something (given here bodies that name somebody else's objects). Each refusal is proved by its status and
by the digest of every protected table of both territories before and after. The bodies are valid: the same, sent by
those who may, do change something (``test_the_same_bodies_work_for_those_who_may``).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from core import rls
from parties.actors import Actor
from reporting.dossier.exporter import dumps, export_territory
from tests.cast import YEAR
from tests.routes import (
    ANONYMOUS,
    PAST,
    ROUTES,
    WATCHED,
    Route,
    Scene,
    fingerprints,
    plain,
    shared_scene,  # noqa: F401
    undone,
)

JSON = "application/json"
#: Who tries → whose objects.
INTRUSIONS = [
    ("finances_b", "a"),
    ("finances_a", "b"),
    ("admin_a", "b"),
    ("employeur_a", "b"),
    ("partenaire", "a"),
    ("gestionnaire_there", "a"),
    ("instructeur_there", "b"),
    ("gestionnaire", "there"),
    ("instructeur", "there"),
    ("sans_role", "a"),
    ("national", "a"),
    ("plateforme", "a"),
    ("exceptionnel", "a"),
    (ANONYMOUS, "a"),
]
#: What a platform administrator may send about a territory, or about their own access: tests/parties/test_platform.py
#: and test_accesses.py try those.
PLATFORM_ACTS = {
    *("platform-suspend", "platform-reopen", "platform-invite", "platform-access", "access-enter", "access-end"),
}
ALLOWED = {"plateforme": PLATFORM_ACTS}


def generic_body(scene: Scene, owner: str) -> dict[str, Any]:
    """Enough fields for the acts on an object to be well formed."""
    return {
        "lock_version": 1,
        "reason": "Erreur de montant",
        "text": "Une remarque",
        "answer": "Une réponse",
        "anchor": "convention",
        "signatory": str(scene.signatory[owner].uuid),
        "signed_on": f"{YEAR}-03-01",
        "channel": "paper",
        "number": "12",
        "issued_on": f"{PAST}-06-01",
        "received": "10",
        "received_on": f"{PAST}-06-02",
        "title": "Pris",
        "name": "Pris",
        "label": "Pris",
    }


def send(scene: Scene, role: str, method: str, url: str, body: dict[str, Any], *, as_json: bool) -> Any:
    client = scene.client(role)
    return client.generic(method, url, json.dumps(body), content_type=JSON) if as_json else client.post(url, body)


def refused(response: Any, role: str, route: Route, method: str) -> bool:
    """401, 403, 404, the way to the login page, or a method the address does not have (and says so)."""
    if response.status_code == 405:
        return method not in response["Allow"]
    if response.status_code == 302:
        return role == ANONYMOUS and response["Location"].startswith("/connexion/")
    return response.status_code in (401, 403, 404)


@pytest.mark.parametrize(("role", "owner"), INTRUSIONS)
def test_no_write_reaches_somebody_else_s_object(shared_scene: Scene, role: str, owner: str):  # noqa: F811
    scene = shared_scene
    without = WATCHED if role == "exceptionnel" else ()
    before = fingerprints(scene.cast, without=without)
    wrong, refusals = [], 0
    for route in ROUTES.values():
        if not route.names_object or route.name in ALLOWED.get(role, ()):
            continue
        url = scene.address(route, owner)
        for method in ("POST", "PUT", "PATCH", "DELETE") if route.is_api else ("POST",):
            response = send(scene, role, method, url, generic_body(scene, owner), as_json=route.is_api)
            refusals += response.status_code in (403, 404)
            if not refused(response, role, route, method):
                wrong.append(f"{method} {route.name}: {response.status_code}")
    assert not wrong, "\n" + "\n".join(wrong)
    assert refusals > 20 or role == ANONYMOUS, "most refusals must come from who asks, not from the method"
    assert fingerprints(scene.cast, without=without) == before


@pytest.mark.parametrize(("role", "owner"), [("gestionnaire", "a"), ("instructeur", "a")])
def test_parts_of_another_convention_are_not_found_through_one_s_own(shared_scene: Scene, role: str, owner: str):  # noqa: F811
    """The convention of the address is A's, the party, signatory, remark or period in it is B's."""
    scene = shared_scene
    before = fingerprints(scene.cast)
    mixed = [
        r for r in ROUTES.values() if len(r.kwargs) > 1 and {"party", "signatory", "comment", "period"} & set(r.kwargs)
    ]
    assert len(mixed) >= 6
    foreign = {
        "party": scene.party["b"].uuid,
        "signatory": scene.signatory["b"].uuid,
        "comment": scene.comment["b"].uuid,
        "period": scene.occupancy["b"].uuid,
    }
    for route in mixed:
        response = send(
            scene, role, "POST", scene.address(route, owner, **foreign), generic_body(scene, "b"), as_json=route.is_api
        )
        # Signing answers with a message on the convention's own page; everything else is not found.
        assert response.status_code in (403, 404) or route.name == "convention-sign", (route.name, response.status_code)
    assert fingerprints(scene.cast) == before


# --- Addresses that create or run something ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Creation:
    """A valid body naming things of EPCI A's territory, who may send it, and what another territory is told."""

    may: str
    body: Callable[[Scene], Any]
    told: tuple[int, ...] = (422,)
    method: str = "POST"
    #: Statuses given to the finance officer of EPCI B.
    told_b: tuple[int, ...] = (403,)


def plan_json(scene: Scene) -> dict[str, Any]:
    return {
        "label": "Pris",
        "year": YEAR + 1,
        "employer": str(scene.cast.org["epci_a"].uuid),
        "posts": [str(scene.cast.post["a"].uuid)],
        "period_start": f"{YEAR + 1}-01-01",
        "period_end": f"{YEAR + 1}-12-31",
        "costs": [{"amount": "42000.00"}],
        "shares": [{"ref": "etat", "financer": str(scene.cast.org["prefecture"].uuid)}],
    }


def plan_form(scene: Scene) -> dict[str, Any]:
    return {
        "plan-posts": [str(scene.cast.post["a"].uuid)],
        "plan-year": str(YEAR + 1),
        "plan-employer": str(scene.cast.org["epci_a"].uuid),
        "plan-period_start": f"{YEAR + 1}-01-01",
        "plan-period_end": f"{YEAR + 1}-12-31",
        "plan-prorata": "none",
        "plan-rounding_unit": "euro",
        "plan-rounding_method": "largest_remainder",
        "costs-0-kind": "payroll",
        "costs-0-amount": "42 000",
        "shares-0-ref": "etat",
        "shares-0-financer": str(scene.cast.org["prefecture"].uuid),
        "shares-0-mode": "equal",
    }


def span_json(scene: Scene) -> dict[str, Any]:
    body = plan_json(scene) | {"span_start": f"{YEAR + 1}-09-01", "span_end": f"{YEAR + 2}-08-31"}
    return {name: value for name, value in body.items() if name not in ("year", "period_start", "period_end")}


def rates_form(scene: Scene) -> dict[str, Any]:
    post = scene.cast.post["a"].uuid
    return {"post": str(post), "first_year": str(YEAR + 1), "percents": "80 / 50", "source": "Lettre", "mark": "U"}


def key_form(scene: Scene) -> dict[str, Any]:
    percents = {f"percent-{scene.cast.org[name].uuid}": "50" for name in ("epci_a", "epci_b")}
    return {"label": "Prise", "source": "saisie", "basis": "population", **percents}


def post_form(scene: Scene) -> dict[str, Any]:
    rows = {
        "TOTAL_FORMS": "1",
        "INITIAL_FORMS": "0",
        "0-unit": str(scene.cast.unit["gendarmerie"].pk),
        "0-percent": "100",
    }
    fields = {"label": "Pris", "kind": "ISG", "employer": str(scene.cast.org["epci_a"].pk), "etp": "1"}
    return fields | {f"units-{name}": value for name, value in rows.items()}


def convention_json(scene: Scene) -> dict[str, Any]:
    return {
        "reference": "62-PRISE",
        "plans": [str(scene.cast.plan["e"].uuid)],
        "period_start": f"{YEAR}-01-01",
        "period_end": f"{YEAR}-12-31",
    }


def convention_form(scene: Scene) -> dict[str, Any]:
    return convention_json(scene) | {"plans": [scene.cast.plan["e"].pk], "notice_months": "3"}


def deliberation_form(scene: Scene) -> dict[str, Any]:
    return {"organisation": scene.cast.org["epci_a"].pk, "number": "2026-77", "date": f"{PAST}-01-05"}


def vote_form(scene: Scene) -> dict[str, Any]:
    return {
        "organisation": scene.cast.org["epci_a"].pk,
        "date": f"{PAST}-01-05",
        "conventions": [scene.cast.convention["a"].pk],
    }


def delegation_form(scene: Scene) -> dict[str, Any]:
    found = scene.delegation["a"]
    people = {"delegator": found.delegator_id, "delegate": found.delegate_id, "organisation": found.organisation_id}
    return people | {"number": "77", "date": f"{PAST}-02-01", "start": f"{PAST}-02-01", "scope": "Conventions"}


def budget_form(scene: Scene) -> dict[str, Any]:
    return {"organisation": scene.cast.org["epci_a"].pk, "year": str(YEAR), "label": "Prise", "voted": "172 500"}


def unit_form(scene: Scene) -> dict[str, Any]:
    return {
        "name": "Brigade prise",
        "kind": "cob",
        "zone": "gendarmerie",
        "organisation": scene.cast.org["gendarmerie"].pk,
    }


def invitation_form(scene: Scene) -> dict[str, Any]:
    return {"email": "prise@exemple.fr", "organisation": scene.cast.org["epci_a"].pk, "role": "finances"}


def activity_json(scene: Scene) -> dict[str, Any]:
    return {"post": str(scene.cast.post["a"].uuid), "year": PAST, "month": 5, "women": 4}


def dossier_upload(scene: Scene) -> dict[str, Any]:
    """Département 62's dossier as its managers export it, with a figure changed."""
    territory = scene.cast.territory["here"]
    with rls.acting(Actor.system(territory).context):
        text = dumps(export_territory(territory)).replace("CC du Sud-Artois", "CC Prise")
    return {"agreed": text}


def fund_form(scene: Scene) -> dict[str, Any]:
    grant = scene.grant["a"]
    return {
        "beneficiary": grant.beneficiary.uuid,
        "financer": grant.financer.uuid,
        "year": YEAR,
        "opening": "100",
        "used": "40",
    }


CREATIONS: dict[str, Creation] = {
    "organisation-create": Creation(
        "gestionnaire", lambda s: {"kind": "other", "name": "Prise", "parent": s.cast.org["epci_a"].pk}
    ),
    "post-create": Creation("gestionnaire", post_form),
    "unit-create": Creation("gestionnaire", unit_form),
    "plan-create": Creation("gestionnaire", plan_form),
    "state-rates": Creation("gestionnaire", rates_form),
    "allocation-key-create": Creation("gestionnaire", key_form),
    "convention-create": Creation("gestionnaire", convention_form),
    "deliberation-create": Creation("gestionnaire", deliberation_form),
    "commission-prepare": Creation("gestionnaire", vote_form),
    "signing-delegation-create": Creation("gestionnaire", delegation_form),
    "signing-practice": Creation(
        "gestionnaire", lambda s: {"organisation": s.cast.org["epci_a"].pk, "double": "1"}, (404,)
    ),
    "budget-line-create": Creation("finances_a", budget_form, told_b=(422,)),
    "forecast-issue": Creation(
        "gestionnaire", lambda s: {"debiteur": str(s.cast.org["departement"].uuid), "annee": str(YEAR)}, (404,)
    ),
    "dossier": Creation("gestionnaire", dossier_upload),
    "titres-propose": Creation("gestionnaire", lambda s: {"plan": s.cast.plan["a"].uuid}, (404,), told_b=(404,)),
    "grant-fund-save": Creation("gestionnaire", fund_form, (404,), told_b=(404,)),
    "member-invite": Creation("gestionnaire", invitation_form, told_b=(403,)),
    "api-plan-list": Creation("gestionnaire", plan_json, (400,)),
    "api-plan-over-years": Creation("gestionnaire", span_json, (400,)),
    "api-convention-list": Creation("gestionnaire", convention_json, (400,)),
    "api-activity-list": Creation("employeur_a", activity_json, (400,), "PUT"),
    "titres-export": Creation("finances_a", lambda s: {"year": YEAR, "file_format": "csv"}, (403,), told_b=(422,)),
    "api-titre-export-list": Creation(
        "finances_a", lambda s: {"year": YEAR, "format": "csv"}, (403,), told_b=(409, 422)
    ),
}
#: Addresses without an object that accept a write and are not in ``CREATIONS``, and why.
ELSEWHERE = {
    "first-steps": "names nothing of anybody's: one's own list; tests/reporting/test_first_steps.py",
    "login": "no account needed; tests/parties/test_sign_in.py",
    "logout": "ends one's own session",
    "account": "one's own password; tests/parties/test_account.py",
    "steering-copil": "names a convention one sees, or none: tests/reporting/test_steering_pages.py",
    "approval-levels": "names nothing: one's own territory; tests/conventions/test_review.py",
    "conventions-approve-several": "skips what one does not see: tests/conventions/test_review_pages.py",
    "token-create": "names nothing of anybody's; tests/parties/test_tokens.py",
    "confirm-identity": "one's own password or factor: tests/parties/test_second_factor.py",
    "proconnect-forget": "one's own account: tests/parties/test_proconnect.py",
    "sign-in-rules": "names nothing: one's own territory; tests/parties/test_second_factor.py",
    "second-factor-check": "no account needed yet: tests/parties/test_second_factor.py",
    "second-factor-app": "one's own account: tests/parties/test_second_factor.py",
    "second-factor-key": "one's own account: tests/parties/test_second_factor.py",
    "second-factor-codes": "one's own account: tests/parties/test_second_factor.py",
    "second-factor-remove": "one's own account: tests/parties/test_second_factor.py",
    "session-end": "one's own sessions: tests/parties/test_throttling.py",
    "password-forgotten": "no account needed; tests/parties/test_throttling.py",
    "password-choose": "the secret of a mail opens it; tests/parties/test_throttling.py",
    "invitation": "the secret of a mail opens it; tests/parties/test_invitations.py",
    "switch-membership": "tests/test_isolation.py",
    "platform-open": "outside any territory; tests/parties/test_platform.py",
    "plan-preview": "computes, writes nothing",
    "conventions-renew": "chooses among one's own territory's: tests/conventions/test_renewal.py",
    "conventions-submit": "submits one's own drafts: tests/conventions/test_renewal.py",
    "scenario-create": "names years of one's own territory only: tests/funding/test_scenarios.py",
    "api-model-list": "the body names nothing of anybody's: tests/conventions/test_model_api.py",
    "models-choose": "a model of one's own, or none: tests/conventions/test_model_pages.py",
    "models-import": "the file names nothing of anybody's: tests/conventions/test_model_pages.py",
    "plans-import": "the file names plans: tests/funding/test_plan_import.py",
    "api-dossier-check": "checks, writes nothing",
    "activity-detail-import": "the file names posts: tests/posts/test_detail_import.py",
    "platform-list": "outside any territory; tests/posts/test_lists.py",
    "platform-list-item": "outside any territory; tests/posts/test_lists.py",
    "activity-import": "the file names posts: test_an_activity_file_… below",
    "grant-accounts-open": "one's own association's plans only: tests/funding/test_grant_accounts.py",
    "grants-publish": "notes one's own lines, takes nothing: tests/funding/test_grant_publication.py",
    "calendar-rules": "names nothing of anybody's; tests/conventions/test_calendar.py",
    "api-reports-submit": "names one's own reports: tests/reporting/test_campaign_pages.py",
    "calendar-settings": "one's own mails: tests/conventions/test_calendar_pages.py",
    "calendar-feed-renew": "one's own address: tests/conventions/test_calendar_pages.py",
    "calendar-feed-revoke": "one's own address: tests/conventions/test_calendar_pages.py",
    "grant-rules": "names nothing of anybody's; tests/funding/test_grants.py",
    "api-titre-verify": "looks at one's own titres: tests/funding/test_titre_api.py",
    "api-titre-return-list": "names entries of one's own: tests/funding/test_titre_api.py",
    "titres-verify": "looks at one's own titres: tests/funding/test_titre_policies.py",
    "titre-rules": "sets one's own rules: tests/funding/test_titre_policies.py",
    "exercise-close": "closes one's own exercice: tests/funding/test_titre_policies.py",
    "returns": "keeps a file for one's own organisation: tests/funding/test_titre_returns.py",
    "conventions-pdf": "names what one sees only, starts one's own work; tests/reporting/test_batch.py",
    "verify": "no account needed, keeps nothing; tests/reporting/test_verification.py",
    "scans": "names nothing: a file of one's own territory; tests/reporting/test_circuit_files.py",
    "signing": "the secret of a mail opens it; tests/reporting/test_circuit.py",
    "contribution": "names nothing: one's own territory's figures; tests/reporting/test_contributions.py",
    "contribution-withdraw": "names nothing: one's own territory's; tests/reporting/test_contributions.py",
    "api-contributions": "names nothing: one's own territory's figures; tests/reporting/test_contributions.py",
    "finding-explain": "takes a signed reference only: tests/funding/test_plan_pages.py",
}


def test_every_address_that_accepts_a_write_is_in_one_of_the_tables(shared_scene: Scene):  # noqa: F811
    writing = set()
    with undone():
        for route in ROUTES.values():
            if route.names_object:
                continue
            # The sign-in page sends away those who are signed in already.
            asks = {"login": ANONYMOUS, "api-national": "national", "api-national-year": "national"}.get(
                route.name, "gestionnaire"
            )
            client = shared_scene.client(asks)
            response = client.generic("PROPFIND", shared_scene.address(route, "a"))
            assert response.status_code == 405, f"{route.name} answers {response.status_code} to any method"
            if {"POST", "PUT", "PATCH", "DELETE"} & set(response["Allow"].split(", ")):
                writing.add(route.name)
    assert writing == set(CREATIONS) | set(ELSEWHERE)


def attempt(scene: Scene, name: str, role: str) -> Any:
    made, route = CREATIONS[name], ROUTES[name]
    return send(scene, role, made.method, scene.address(route, "a"), made.body(scene), as_json=route.is_api)


@pytest.mark.parametrize("name", sorted(CREATIONS))
def test_the_same_bodies_work_for_those_who_may(shared_scene: Scene, name: str):  # noqa: F811
    scene = shared_scene
    before = fingerprints(scene.cast)
    with undone():
        response = attempt(scene, name, CREATIONS[name].may)
        assert response.status_code in (200, 201, 302), (response.status_code, response.content.decode()[:3000])
        assert fingerprints(scene.cast) != before
    assert fingerprints(scene.cast) == before


@pytest.mark.parametrize(
    "role",
    ["finances_b", "gestionnaire_there", "instructeur", "partenaire", "national", "plateforme", "sans_role", ANONYMOUS],
)
def test_nobody_else_creates_or_runs_anything_on_them(shared_scene: Scene, role: str):  # noqa: F811
    scene = shared_scene
    before = fingerprints(scene.cast)
    wrong = []
    for name, made in CREATIONS.items():
        response = attempt(scene, name, role)
        told = {"finances_b": made.told_b, "gestionnaire_there": made.told}.get(role, (403, 401))
        said = response.status_code
        if role == ANONYMOUS and said == 302 and response["Location"].startswith("/connexion/"):
            continue
        if said not in told:
            wrong.append(f"{name}: {said} instead of {told}")
    assert not wrong, "\n" + "\n".join(wrong)
    assert fingerprints(scene.cast) == before


def test_an_activity_file_does_not_reach_another_s_post(shared_scene: Scene):  # noqa: F811
    """The employer's people of A send a file naming B's post: refused line by line, nothing kept."""
    scene = shared_scene
    client = scene.client("employeur_a")
    template = client.get("/activite/modele/", {"annee": PAST, "format": "csv"}).content.decode("utf-8-sig")
    assert "Poste A" in template
    assert "Poste B" not in template
    head, *lines = template.splitlines()
    own = [line.replace(";;;", ";;4;", 1) for line in lines if line.startswith(f"Poste A;{PAST};janvier;")]
    before = fingerprints(scene.cast)

    def sent(rows: list[str]) -> Any:
        content = "\r\n".join([head, *rows]).encode()
        return client.post("/activite/importer/", {"file": SimpleUploadedFile("activite.csv", content, "text/csv")})

    assert 'name="agreed"' in sent(own).text
    refusal = sent([line.replace("Poste A;", "Poste B;") for line in own])
    unknown = sent([line.replace("Poste A;", "Poste Z;") for line in own])
    assert refusal.status_code == 422
    assert 'name="agreed"' not in refusal.text
    # A post of somebody else's and a post that does not exist read the same.
    assert plain(refusal).replace("Poste B", "Poste Z") == plain(unknown)
    assert fingerprints(scene.cast) == before
