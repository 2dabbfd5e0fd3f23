"""Who may ask for what: every address of the application × every role, from the URL configuration itself.

A new route without a line in ``READS`` (who may GET it) makes these tests fail with its name. The objects in the
addresses are those of EPCI A unless a test says otherwise; the roles are those of tests/cast.py.
"""

from __future__ import annotations

import pytest

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

MEMBERS = (
    "gestionnaire",
    "instructeur",
    "finances_a",
    "admin_a",
    "finances_b",
    "partenaire",
    "employeur_a",
    "gestionnaire_there",
    "exceptionnel",
)
#: Roles outside any territory.
OUTSIDE = ("national", "plateforme")
STRANGERS = (ANONYMOUS, "sans_role")
ROLES = (*MEMBERS, *OUTSIDE, *STRANGERS)

# --- Who may read -----------------------------------------------------------------------------------------------------

PUBLIC = frozenset(ROLES)
ACCOUNTS = PUBLIC - {ANONYMOUS}
ANY = frozenset(MEMBERS)
HERE = ANY - {"gestionnaire_there"}
#: Those who see post a and convention a: staff, préfecture, and everyone of EPCI A.
OF_A = frozenset({"gestionnaire", "instructeur", "finances_a", "admin_a", "employeur_a", "exceptionnel"})
PLAN_A = OF_A - {"employeur_a"}
PLANS = ANY - {"employeur_a"}
TITRES = ANY - {"employeur_a", "instructeur"}
TITRE_A = frozenset({"gestionnaire", "finances_a", "admin_a", "exceptionnel"})
REVIEW = frozenset({"gestionnaire", "instructeur", "exceptionnel"})
#: An employer has the bilan of the posts it employs.
BILANS = REVIEW | {"gestionnaire_there", "employeur_a"}
BILAN_A = REVIEW | {"employeur_a"}
STAFF = frozenset({"gestionnaire"})
#: A body's finance officers keep its budget lines; the managers everybody's.
BUDGETS = frozenset({"gestionnaire", "gestionnaire_there", "finances_a", "admin_a", "finances_b"})
BUDGET_A = BUDGETS - {"gestionnaire_there", "finances_b"}
MANAGERS = frozenset({"gestionnaire", "gestionnaire_there"})
#: An organisation's tokens: its managers or its finance officers.
TOKENS = MANAGERS | {"finances_a", "finances_b", "admin_a"}
#: Who manages the members: of the territory, or of one organisation.
MEMBERS_OF_A = STAFF | {"admin_a"}
#: Who reads the journal: an exceptional access too, without being able to add to it.
JOURNAL = MANAGERS | {"exceptionnel"}
NATIONAL = frozenset({"national"})
PLATFORM = frozenset({"plateforme"})
#: Who prepares titres, and who exports those of its own organisation.
PREPARERS = TOKENS
EXPORTERS = frozenset({"finances_a", "admin_a", "finances_b"})
#: GET is not one of its methods.
NOBODY: frozenset[str] = frozenset()

#: Files sent as they are read.
FROM_STORAGE = frozenset({"batch-download", "api-titre-export-file"})

READS: dict[str, frozenset[str]] = {
    # API
    "api-schema": PUBLIC,
    "api-docs": PUBLIC,
    "api-me": ANY,
    "api-bilans": BILANS,
    "api-bilan": BILANS,
    "api-reports": ANY,
    "api-reports-submit": NOBODY,
    "api-dossier-check": NOBODY,
    "api-territory-list": ANY,
    "api-territory-detail": HERE,
    "api-organisation-list": ANY,
    "api-organisation-detail": HERE,
    "api-mandate-list": ANY,
    "api-mandate-detail": HERE,
    "api-unit-list": ANY,
    "api-unit-detail": HERE,
    "api-post-list": ANY,
    "api-post-detail": OF_A,
    "api-post-occupancies": OF_A,
    "api-activity-list": ANY,
    "api-activity-lists": ANY,
    "api-post-month": OF_A,
    "api-post-month-validate": NOBODY,
    "api-post-month-reopen": NOBODY,
    "api-post-people": OF_A,
    "api-activity-detail": OF_A,
    "api-plan-list": PLANS,
    "api-plan-detail": PLAN_A,
    "api-plan-findings": REVIEW,
    "api-plan-propose": NOBODY,
    "api-plan-over-years": NOBODY,
    "api-allocation-key-list": PLANS,
    "api-allocation-key-detail": PLAN_A,
    "api-convention-list": ANY,
    "api-convention-detail": OF_A,
    "api-convention-answer": NOBODY,
    "api-convention-approve": NOBODY,
    "api-convention-avenants": OF_A,
    "api-convention-situation": OF_A,
    "api-convention-comments": OF_A,
    "api-convention-content": OF_A,
    "api-convention-document": OF_A,
    "api-convention-findings": REVIEW,
    "api-convention-send-back": NOBODY,
    "api-convention-signatures": OF_A,
    "api-convention-start-signature": NOBODY,
    "api-convention-submit": NOBODY,
    "api-convention-transitions": OF_A,
    "api-convention-version": OF_A,
    "api-convention-versions": OF_A,
    "api-model-list": MANAGERS | {"instructeur", "exceptionnel"},
    "api-model-detail": STAFF | {"exceptionnel"},
    "api-model-publish": NOBODY,
    "api-deliberation-list": ANY,
    "api-deliberation-detail": OF_A,
    "api-deliberation-findings": REVIEW,
    "api-titre-list": TITRES,
    "api-titre-detail": TITRE_A,
    "api-titre-issue": NOBODY,
    "api-titre-receipts": NOBODY,
    "api-titre-reverse-receipt": NOBODY,
    "api-titre-reduce": NOBODY,
    "api-titre-cancel": NOBODY,
    "api-titre-withdraw": NOBODY,
    "api-titre-reissue": NOBODY,
    "api-titre-verify": NOBODY,
    "api-titre-export-cancel": NOBODY,
    "api-titre-return-list": TITRES,
    "api-titre-return-detail": TITRE_A,
    "api-titre-export-list": TITRES,
    "api-titre-export-detail": TITRE_A,
    "api-titre-export-file": TITRE_A,
    # Account
    "login": PUBLIC,
    "logout": NOBODY,
    "switch-membership": NOBODY,
    "account": ACCOUNTS,
    "proconnect-login": NOBODY,
    "proconnect-callback": NOBODY,
    "proconnect-logged-out": PUBLIC,
    "proconnect-forget": NOBODY,
    "second-factor": ACCOUNTS,
    "second-factor-app": ACCOUNTS,
    "second-factor-key": ACCOUNTS,
    "second-factor-codes": ACCOUNTS,
    "second-factor-remove": NOBODY,
    # Signed in already: sent home. Nobody half signed in: sent to the sign-in page.
    "second-factor-check": ACCOUNTS,
    "confirm-identity": ACCOUNTS,
    "tokens": TOKENS,
    "token-create": TOKENS,
    "token-revoke": NOBODY,
    "session-end": NOBODY,
    "password-forgotten": PUBLIC,
    "password-choose": PUBLIC,
    # Members
    "members": MANAGERS | {"admin_a"},
    "member-invite": MANAGERS | {"admin_a"},
    "member": MEMBERS_OF_A,
    "sign-in-rules": MANAGERS,
    "member-factor-reset": NOBODY,
    "member-close": NOBODY,
    "member-reopen": NOBODY,
    "invitation-resend": NOBODY,
    "invitation-revoke": NOBODY,
    "invitation": PUBLIC,
    # Long works: one's own
    "jobs": ANY,
    "job": frozenset({"finances_a"}),
    "job-state": frozenset({"finances_a"}),
    "job-cancel": NOBODY,
    "job-resume": NOBODY,
    "job-file": frozenset({"finances_a"}),
    "help": ACCOUNTS,
    "guide": PUBLIC,
    "first-steps": ANY | frozenset(OUTSIDE),
    "accessibility": PUBLIC,
    "privacy": PUBLIC,
    "own-data": ACCOUNTS,
    # Directory
    "organisations": ANY,
    "organisations-export": ANY,
    "organisation": HERE,
    "organisation-create": MANAGERS,
    "organisation-reference": MANAGERS,
    "organisation-edit": STAFF,
    "organisation-finance": TITRE_A - {"exceptionnel"},
    "organisation-finance-step": TITRE_A - {"exceptionnel"},
    "mandate-create": STAFF,
    "mandate-edit": STAFF,
    # Posts and activity
    "posts": ANY,
    "post": OF_A,
    "post-create": MANAGERS,
    "post-edit": STAFF,
    "post-occupancy-add": STAFF,
    "post-occupancy-edit": STAFF,
    "activity": ANY,
    "activity-edit": OF_A,
    "activity-import": MANAGERS | {"employeur_a"},
    "activity-detail-import": MANAGERS | {"employeur_a"},
    "activity-detail-template": MANAGERS | {"employeur_a"},
    "activity-mapping-forget": NOBODY,
    "activity-people": OF_A,
    "activity-template": MANAGERS | {"employeur_a"},
    "units": ANY,
    "unit-create": MANAGERS,
    "unit-communes": MANAGERS,
    "unit-edit": STAFF,
    # Plans
    "plans": PLANS,
    "plan": PLAN_A,
    "plan-create": MANAGERS,
    "plan-edit": STAFF,
    "plan-copy": NOBODY,
    "plan-preview": NOBODY,
    "scenarios": MANAGERS,
    "scenario-create": MANAGERS,
    "scenario": STAFF,
    "scenario-suppose": NOBODY,
    "scenario-forget": NOBODY,
    "scenario-adopt": NOBODY,
    "scenario-remove": NOBODY,
    "scenario-sheet": STAFF,
    "plans-import": MANAGERS,
    "plans-template": MANAGERS,
    "plans-rows": PLANS,
    "plan-grid": PLAN_A,
    "plan-grid-preview": NOBODY,
    "plan-grid-undo": NOBODY,
    "plan-grid-sheet": PLAN_A,
    "plan-grid-import": STAFF,
    "plan-breakdown": STAFF,
    "allocation-keys": MANAGERS,
    "allocation-key-create": MANAGERS,
    "allocation-key": STAFF,
    "allocation-key-edit": STAFF,
    "allocation-key-duplicate": STAFF,
    "allocation-key-remove": NOBODY,
    "state-rates": MANAGERS,
    "state-rate": STAFF,
    "finding-explain": NOBODY,
    # Budget lines
    "budget": BUDGETS,
    "budget-line": BUDGET_A,
    "budget-line-create": BUDGETS,
    "budget-line-edit": BUDGET_A,
    "budget-line-charge": NOBODY,
    # Titres
    "titres": TITRES,
    "titre": TITRE_A,
    "titre-statement": TITRE_A,
    "titre-issue": NOBODY,
    "titre-receive": NOBODY,
    "titre-receipt-reverse": NOBODY,
    "titre-reduce": NOBODY,
    "titre-cancel": NOBODY,
    "titre-withdraw": NOBODY,
    "titre-reissue": NOBODY,
    "titre-readiness": PREPARERS,
    "titres-verify": NOBODY,
    "titre-reminders": PREPARERS,
    "titre-rules": PREPARERS,
    "exercise-close": NOBODY,
    "plan-advances": STAFF | {"finances_a", "admin_a"},
    "returns": EXPORTERS,
    "return": frozenset({"finances_a", "admin_a"}),
    "batch": TITRE_A,
    "batch-cancel": NOBODY,
    "titres-propose": NOBODY,
    "titres-export": EXPORTERS,
    "batches": TITRES,
    "batch-download": TITRE_A,
    "debts": TITRES,
    # Grants
    "grants": ANY,
    "grants-due": ANY,
    "grant": PLAN_A,
    "grant-schedule": STAFF,
    "grant-request": NOBODY,
    "grant-award": NOBODY,
    "grant-pay": NOBODY,
    "grant-reverse": NOBODY,
    "grant-reclaim": NOBODY,
    "grant-withdraw": NOBODY,
    "grant-repay": NOBODY,
    "grant-plan-prepare": NOBODY,
    "grant-funds": ANY,
    "grant-fund-save": NOBODY,
    "grant-fund-close": NOBODY,
    "grant-fund-reopen": NOBODY,
    "grant-accounts": ANY,
    "grant-accounts-open": NOBODY,
    "grant-account": PLAN_A,
    "grant-account-edit": TITRE_A - {"exceptionnel"},
    "grant-account-submit": NOBODY,
    "grant-account-review": NOBODY,
    "grant-account-pdf": PLAN_A,
    "grant-authorities": PLANS,
    "grants-publication": PLANS,
    "grants-opendata": PLANS,
    "grants-publish": NOBODY,
    "grant-rules": MANAGERS,
    "grant-form": STAFF,
    "grant-form-export": STAFF,
    "grant-form-pdf": STAFF,
    "steering": PLANS,
    "steering-risks": PLANS,
    "steering-costs": PLANS,
    "steering-copil": NOBODY,
    "api-steering-risks": PLANS,
    "api-steering-costs": PLANS,
    "forecast": TITRES,
    "forecast-statements": TITRES,
    "forecast-statement": TITRE_A,
    "forecast-statement-pdf": TITRE_A,
    "forecast-issue": NOBODY,
    # Conventions
    "conventions": ANY,
    "conventions-export": ANY,
    "convention": OF_A,
    "convention-pdf": OF_A,
    "convention-docx": OF_A,
    "convention-documents": OF_A,
    "convention-document": OF_A,
    "convention-proofs": NOBODY,
    "conventions-pdf": ANY - {"exceptionnel"},
    "api-convention-docx": OF_A,
    "verify": PUBLIC,
    "verify-page": PUBLIC,
    "convention-create": MANAGERS,
    "conventions-renew": MANAGERS,
    "conventions-renewed": MANAGERS,
    "conventions-submit": NOBODY,
    "convention-edit": STAFF,
    "convention-renew": STAFF,
    "convention-clause": STAFF,
    "convention-clause-remove": NOBODY,
    "convention-clause-variant": NOBODY,
    "convention-change": STAFF,
    "convention-fill": STAFF,
    "convention-annex-add": NOBODY,
    "convention-annex-attach": STAFF,
    "convention-annex-move": NOBODY,
    "convention-annex-remove": NOBODY,
    "convention-annex-file": OF_A,
    "convention-clause-restore": NOBODY,
    "convention-party-add": STAFF,
    "convention-party-edit": STAFF,
    "convention-party-vote": STAFF,
    "convention-party-remove": NOBODY,
    "convention-submit": NOBODY,
    "convention-circulate": NOBODY,
    "convention-set-aside": NOBODY,
    "convention-reopen": NOBODY,
    "convention-abandon": NOBODY,
    "convention-sign": NOBODY,
    "convention-review": frozenset({"instructeur"}),
    "convention-approve": NOBODY,
    "convention-send-back": NOBODY,
    "convention-comment": NOBODY,
    "convention-avenant": STAFF,
    "convention-end": STAFF,
    "convention-denounce": NOBODY,
    "convention-terminate": NOBODY,
    "avenant": OF_A,
    "avenant-pdf": OF_A,
    "avenant-edit": STAFF,
    "avenant-change": STAFF,
    "avenant-change-remove": NOBODY,
    "avenant-party": STAFF,
    "avenant-submit": NOBODY,
    "avenant-send-back": NOBODY,
    "avenant-approve": NOBODY,
    "avenant-circulate": NOBODY,
    "avenant-reopen": NOBODY,
    "avenant-abandon": NOBODY,
    "avenant-sign": NOBODY,
    "convention-comment-answer": NOBODY,
    "convention-comment-withdraw": NOBODY,
    # Models: the staff's to write; a draft is theirs alone
    "models": MANAGERS | {"instructeur", "exceptionnel"},
    "models-choose": NOBODY,
    "models-import": MANAGERS,
    "model": STAFF | {"exceptionnel"},
    "model-copy": NOBODY,
    "model-export": STAFF | {"exceptionnel"},
    "model-compare": STAFF | {"exceptionnel"},
    "model-preview": STAFF | {"exceptionnel"},
    "model-edit": STAFF,
    "model-publish": NOBODY,
    "model-discard": NOBODY,
    "model-clause-add": STAFF,
    "model-clause": STAFF,
    "model-clause-move": NOBODY,
    "model-clause-remove": NOBODY,
    "model-variant-add": STAFF,
    "model-variant": STAFF,
    "model-variant-move": NOBODY,
    "model-variant-remove": NOBODY,
    "conventions-review": frozenset({"instructeur"}),
    "conventions-approve-several": NOBODY,
    "approval-levels": MANAGERS,
    "convention-ask-wider": NOBODY,
    "convention-widen": NOBODY,
    "convention-comment-reply": NOBODY,
    "convention-comment-close": NOBODY,
    "convention-readings": STAFF,
    "convention-reading-close": NOBODY,
    "convention-reading": OF_A - REVIEW,
    "convention-reading-comment": NOBODY,
    "convention-reading-declare": NOBODY,
    "convention-reading-reply": NOBODY,
    "convention-take-over": STAFF,
    "convention-signatories": STAFF,
    "convention-signatory-remove": NOBODY,
    "signing-delegations": MANAGERS,
    "signing-delegation-create": MANAGERS,
    "signing-delegation-edit": STAFF,
    "signing-practice": NOBODY,
    "deliberation-decisions": STAFF,
    "deliberation-decision-remove": NOBODY,
    "deliberation-attach": NOBODY,
    "deliberation-file": OF_A,
    "deliberation-texts": STAFF,
    "calendar": ANY,
    "calendar-export": ANY,
    # One's own mails and address: an exceptional access is nobody's membership.
    "calendar-settings": ANY - {"exceptionnel"},
    "calendar-rules": MANAGERS,
    "calendar-feed": PUBLIC,
    "calendar-feed-renew": NOBODY,
    "calendar-feed-revoke": NOBODY,
    "deliberations": ANY,
    "deliberation": OF_A,
    "deliberation-create": MANAGERS,
    "deliberation-edit": STAFF,
    "commission-prepare": MANAGERS,
    "activity-detail": OF_A,
    "activity-reopen": NOBODY,
    "commission": STAFF,
    "commission-again": STAFF,
    "commission-produce": NOBODY,
    # Signatures
    "signatures": ANY,
    "to-sign": ANY,
    "scans": MANAGERS,
    "scan": STAFF,
    "scan-page": STAFF,
    "paper-copy": STAFF,
    "convention-circuit": STAFF,
    "convention-circuit-act": NOBODY,
    "convention-circuit-bring": STAFF,
    "convention-circuit-file": OF_A,
    "convention-circuit-pack": STAFF,
    "convention-step": STAFF,
    "convention-countersign": OF_A - REVIEW,
    "signature-proof": OF_A - {"instructeur"},
    "signing": PUBLIC,
    "signing-document": PUBLIC,
    # Around
    "home": ANY | NATIONAL | PLATFORM,
    "search": ANY,
    "journal": JOURNAL,
    "journal-export": JOURNAL,
    "dossier": MANAGERS,
    "dossier-export": MANAGERS,
    "reports": ANY,
    "reports-export": ANY,
    "report": OF_A,
    "report-schedule": STAFF,
    "bilans": BILANS,
    "bilan": BILANS,
    "bilan-pdf": BILANS,
    "bilan-export": BILANS,
    "bilan-version": BILANS,
    "bilan-version-pdf": BILANS,
    "bilan-version-export": BILANS,
    # The observatoire
    "contribution": MANAGERS,
    "contribution-file": MANAGERS,
    "contribution-withdraw": NOBODY,
    "api-contributions": MANAGERS,
    "api-national-year": NATIONAL,
    "national-bilan": NATIONAL,
    "national-bilan-pdf": NATIONAL,
    "national-bilan-export": NATIONAL,
    "bilan-open-data": BILANS - {"employeur_a"},
    # Of post a; another party of its convention reads the version to share (tests/reporting/test_bilan_post_pages.py)
    "bilan-post": BILAN_A,
    "bilan-post-pdf": BILAN_A,
    "bilan-post-export": BILAN_A,
    "bilan-post-version": BILAN_A,
    "bilan-post-version-pdf": BILAN_A,
    "bilan-post-version-export": BILAN_A,
    "bilan-post-people": frozenset({"gestionnaire", "employeur_a"}),
    "bilan-post-write": BILAN_A - {"exceptionnel"},
    # Exceptional accesses, on the territory's side
    "accesses": MANAGERS,
    "access": STAFF,
    "access-export": STAFF,
    "access-approve": NOBODY,
    "access-refuse": NOBODY,
    "access-stop": NOBODY,
    # Outside the territories
    "api-national": NATIONAL,
    "national": NATIONAL,
    "national-export": NATIONAL,
    "platform": PLATFORM,
    "platform-territory": PLATFORM,
    "platform-open": PLATFORM,
    "platform-suspend": NOBODY,
    "platform-reopen": NOBODY,
    "platform-invite": NOBODY,
    "platform-access": PLATFORM,
    "platform-lists": PLATFORM,
    "platform-list": PLATFORM,
    "platform-list-item": PLATFORM,
    "platform-log": PLATFORM,
    "platform-log-export": PLATFORM,
    "access-enter": NOBODY,
    "access-end": NOBODY,
}


#: Addresses that do not exist until the settings name a provider: tests/parties/test_proconnect.py opens them.
SWITCHED_OFF = frozenset({"proconnect-login", "proconnect-callback"})


def test_every_route_has_an_expectation():
    """The reminder for who adds a page: say here who may read it."""
    assert not UNNAMED, f"addresses without a name of their own: {UNNAMED}"
    missing = sorted(set(ROUTES) - set(READS))
    assert not missing, f"tests/test_permissions.py, READS: say who may read {missing}"
    gone = sorted(set(READS) - set(ROUTES))
    assert not gone, f"tests/test_permissions.py, READS: these routes no longer exist: {gone}"


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
    """Each route as one role, on the things of EPCI A: what is written above, never an error, never a write."""
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
