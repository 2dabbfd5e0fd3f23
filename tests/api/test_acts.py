"""The main acts by the API: the same services as the pages, hence the same rules."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import uuid

import pytest
from django.test import Client

from conventions.models import Deliberation, Party
from conventions.services import save_party
from conventions.services.models_library import load_shipped_models
from funding.models import FundingPlan, Titre
from posts.models import ActivityReturn
from tests.api.world import JSON, MEMBERS, ROOT, Caller, caller
from tests.cast import YEAR

NEXT = YEAR + 1


def plan_body(cast, **changes):
    body = {
        "label": f"Plan A {NEXT}",
        "year": NEXT,
        "employer": str(cast.org["epci_a"].uuid),
        "posts": [str(cast.post["a"].uuid)],
        "period_start": f"{NEXT}-01-01",
        "period_end": f"{NEXT}-12-31",
        "costs": [{"kind": "payroll", "amount": "50000.00"}],
        "shares": [
            {"ref": "etat", "financer": str(cast.org["prefecture"].uuid), "source": "fipd"},
            {
                "ref": "departement",
                "financer": str(cast.org["departement"].uuid),
                "mode": "percentage",
                "percent": "40",
            },
            {"ref": "epci", "financer": str(cast.org["epci_a"].uuid), "mode": "fixed", "fixed_amount": "12000.10"},
        ],
    }
    return {**body, **changes}


def group_body(cast):
    """A block split between two EPCI by typed percentages, and the employer's remainder."""
    members = [
        {"ref": "a", "financer": str(cast.org["epci_a"].uuid), "mode": "key", "percent": "60"},
        {"ref": "b", "financer": str(cast.org["epci_b"].uuid), "mode": "key", "percent": "40"},
    ]
    block = {"ref": "bloc", "label": "Bloc local", "mode": "fixed", "fixed_amount": "30000", "children": members}
    block["key"] = {"basis": "population", "source": "saisie"}
    rest = {"ref": "etat", "financer": str(cast.org["prefecture"].uuid), "mode": "remainder"}
    return plan_body(cast, shares=[block, rest])


# --- Plans ------------------------------------------------------------------------------------------------------------


def test_a_plan_is_created_computed(cast):
    answer = caller(cast, "gestionnaire").post("plans/", plan_body(cast))
    assert answer.status_code == 201, answer.content
    plan = answer.json()
    assert (plan["status"], plan["version"], plan["balance"]["balanced"]) == ("projet", 1, True)
    assert [share["amount"] for share in plan["shares"]] == ["17999.90", "20000.00", "12000.10"]
    assert plan["events"][0]["act_label"] == "Créé"
    assert caller(cast, "gestionnaire").get(f"plans/{plan['uuid']}/").json() == plan


def test_a_group_shares_by_its_key(cast):
    plan = caller(cast, "gestionnaire").post("plans/", group_body(cast)).json()
    block, rest = plan["shares"]
    assert [(s["ref"], s["amount"]) for s in block["children"]] == [("a", "18000.00"), ("b", "12000.00")]
    assert block["children"][0]["allocation_key"]["source"] == "saisie"
    assert rest["amount"] == "20000.00"
    assert plan["covered"] == "50000.00"


def test_replacing_a_plan_needs_the_version_one_has_read(cast):
    person = caller(cast, "gestionnaire")
    plan = person.post("plans/", plan_body(cast)).json()
    path = f"plans/{plan['uuid']}/"
    first = plan_body(cast, version=1, costs=[{"amount": "60000"}])
    saved = person.put(path, first)
    assert saved.status_code == 200, saved.content
    assert (saved.json()["version"], saved.json()["balance"]["total"]) == (2, "60000.00")
    late = person.put(path, plan_body(cast, version=1, costs=[{"amount": "70000"}]))
    assert late.status_code == 409
    assert "a enregistré ce plan" in late.json()["detail"]
    assert person.get(path).json()["balance"]["total"] == "60000.00"
    without = person.put(path, plan_body(cast))
    assert (without.status_code, without.json()["place"]) == (400, "version")


def test_what_an_act_printed_stays_with_its_line(cast):
    person = caller(cast, "gestionnaire")
    plan = person.post("plans/", plan_body(cast)).json()
    with cast.acting("gestionnaire"):
        row = FundingPlan.objects.get(uuid=plan["uuid"]).shares.get(ref="epci")
        row.stated = {"amount": "12000.00"}
        row.save()
    saved = person.put(f"plans/{plan['uuid']}/", plan_body(cast, version=1)).json()
    assert [share["stated"] for share in saved["shares"]] == [{}, {}, {"amount": "12000.00"}]


def test_a_committed_plan_is_not_rewritten(cast):
    plan = cast.plan["a"]
    answer = caller(cast, "gestionnaire").put(f"plans/{plan.uuid}/", plan_body(cast, version=plan.version))
    assert answer.status_code == 409
    assert "engagé" in answer.json()["detail"]


BAD_PLANS = {
    "year": ({"year": "l'an prochain"}, 400, "year"),
    "period": ({"period_end": f"{NEXT + 1}-01-31"}, 400, "period_start"),
    "no posts": ({"posts": []}, 400, "posts"),
    "not a uuid": ({"employer": "62"}, 400, "employer"),
    "negative": ({"costs": [{"amount": "-1"}]}, 400, "costs[0].amount"),
    "a float too fine": ({"costs": [{"amount": 1.234}]}, 400, "costs[0].amount"),
    "over 100": ({"shares": [{"ref": "x", "mode": "percentage", "percent": "101"}]}, 400, "shares[0].percent"),
    "no financer": ({"shares": [{"ref": "x"}]}, 400, "shares[x].financer"),
    "shares of what": ({"shares": {"ref": "x"}}, 400, "shares"),
}


def test_a_plan_that_cannot_be_is_refused_where_it_errs(cast):
    person = caller(cast, "gestionnaire")
    for name, (changes, status, place) in BAD_PLANS.items():
        answer = person.post("plans/", plan_body(cast, **changes))
        assert answer.status_code == status, (name, answer.content)
        assert answer.json()["place"] == place, (name, answer.json())
        assert answer.json()["detail"], name
    with cast.acting("gestionnaire"):
        assert not FundingPlan.objects.filter(year=NEXT).exists()


def test_groups_do_not_nest_without_end(cast):
    share = {"ref": "x0", "financer": str(cast.org["epci_a"].uuid)}
    for level in range(1, 5):
        share = {"ref": f"x{level}", "children": [share]}
    answer = caller(cast, "gestionnaire").post("plans/", plan_body(cast, shares=[share]))
    assert (answer.status_code, answer.json()["place"]) == (400, "shares")


def test_another_territory_s_organisation_cannot_be_named(cast):
    body = plan_body(cast, employer=str(cast.org["epci_there"].uuid))
    answer = caller(cast, "gestionnaire").post("plans/", body)
    assert answer.status_code == 400
    assert answer.json()["place"] == "employer"
    assert "Aucun objet visible" in answer.json()["detail"]


def test_every_mistake_of_a_body_is_listed(cast):
    answer = caller(cast, "gestionnaire").post("plans/", {"label": "", "year": 1})
    body = answer.json()
    assert {error["place"] for error in body["errors"]} >= {"label", "year", "employer", "posts", "shares"}
    assert body["detail"] == f"{body['errors'][0]['place']} : {body['errors'][0]['message']}"


def test_a_body_that_is_no_json_is_refused(cast):
    answer = cast.client("gestionnaire").post(f"{ROOT}plans/", "{pas du JSON", content_type=JSON)
    assert answer.status_code == 400
    assert set(answer.json()) == {"detail", "place"}


# --- Who may do what --------------------------------------------------------------------------------------------------

WRITES = {
    "create a plan": ("post", "plans/", {"gestionnaire"}),
    "replace a plan": ("put", "plans/{plan}/", {"gestionnaire"}),
    "propose titres": ("post", "plans/{plan}/titres/", {"gestionnaire", "finances_a"}),
    "export titres": ("post", "titres-exports/", {"finances_a", "finances_b"}),
    "verify titres": ("post", "titres/verify/", {"gestionnaire", "finances_a", "finances_b"}),
    "issue a titre": ("post", "titres/{titre}/issue/", {"finances_a"}),
    "receipts a titre": ("post", "titres/{titre}/receipts/", {"finances_a"}),
    "reverse-receipt a titre": ("post", "titres/{titre}/reverse-receipt/", {"finances_a"}),
    "reduce a titre": ("post", "titres/{titre}/reduce/", {"finances_a"}),
    "cancel a titre": ("post", "titres/{titre}/cancel/", {"finances_a"}),
    "withdraw a titre": ("post", "titres/{titre}/withdraw/", {"finances_a"}),
    "reissue a titre": ("post", "titres/{titre}/reissue/", {"finances_a"}),
    "cancel a batch": ("post", "titres-exports/{batch}/cancel/", set()),
    "apply a return": ("post", "titres-returns/", {"finances_a", "finances_b"}),
    "create a convention": ("post", "conventions/", {"gestionnaire"}),
    "edit a convention": ("patch", "conventions/{convention}/", {"gestionnaire"}),
    "submit": ("post", "conventions/{convention}/submit/", {"gestionnaire"}),
    "send back": ("post", "conventions/{convention}/send-back/", {"instructeur"}),
    "approve": ("post", "conventions/{convention}/approve/", {"instructeur"}),
    "comment": ("post", "conventions/{convention}/comments/", {"instructeur"}),
    "circulate": ("post", "conventions/{convention}/start-signature/", {"gestionnaire"}),
    "sign": ("post", "conventions/{convention}/signatures/", {"gestionnaire"}),
    "check a dossier": ("post", "dossier/check/", {"gestionnaire"}),
}


@pytest.mark.parametrize("role", [*MEMBERS, "anonymous", "sans_role"])
def test_only_the_roles_that_may_get_past_the_door(cast, role):
    """An empty body tells them apart: 403 or 404 for those who may not, something about the body or the state else."""
    person = caller(cast, role)
    places = {
        "plan": cast.plan["a"].uuid,
        "convention": cast.convention["a"].uuid,
        "titre": cast.titre["a_departement"].uuid,
        "batch": uuid.uuid4(),
    }
    for act, (method, path, allowed) in WRITES.items():
        answer = getattr(person, method)(path.format(**places), {})
        if role in allowed:
            assert answer.status_code in (200, 400, 409), (act, answer.content)
        else:
            assert answer.status_code in ((401,) if role == "anonymous" else (403, 404)), (act, answer.content)
            assert set(answer.json()) == {"detail", "place"}, act


def test_a_session_s_writing_needs_its_csrf_token(cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.user["gestionnaire"])
    answer = Caller(client).post("plans/", plan_body(cast))
    assert answer.status_code == 403
    assert "CSRF" in answer.json()["detail"]


def test_a_method_nobody_offers(cast):
    answer = cast.client("gestionnaire").delete(f"{ROOT}plans/{cast.plan['d'].uuid}/")
    assert answer.status_code == 405
    assert set(answer.json()) == {"detail", "place"}


# --- The circuit, end to end ------------------------------------------------------------------------------------------


@pytest.fixture
def models(db):
    load_shipped_models()


def enforceable_votes(cast, uuid):
    """Every local authority votes; done by services, the API does not write votes yet."""
    with cast.acting("gestionnaire"):
        for party in Party.objects.filter(convention__uuid=uuid).select_related("organisation", "convention"):
            if not party.organisation.is_local_authority:
                continue
            vote = Deliberation.objects.create(
                organisation=party.organisation, key=f"vote-{party.pk}", number="12", date=dt.date(YEAR, 1, 10),
                transmitted_on=dt.date(YEAR, 1, 11), published_on=dt.date(YEAR, 1, 12), title="Autorisation de signer",
            )  # fmt: skip
            save_party(
                party=party,
                roles=party.roles,
                representative=party.representative,
                signatory=party.representative,
                deliberation=vote,
                by=cast.actor("gestionnaire"),
            )


def test_from_a_plan_to_its_titres(cast, models, jobs, time_machine):
    time_machine.move_to(dt.datetime(YEAR, 2, 1, 12, tzinfo=dt.UTC))
    desk, prefecture = caller(cast, "gestionnaire"), caller(cast, "instructeur")
    plan = desk.post("plans/", plan_body(cast)).json()
    body = {
        "reference": "62-API",
        "plans": [plan["uuid"]],
        "period_start": f"{NEXT}-01-01",
        "period_end": f"{NEXT}-12-31",
        "place": "Arras",
    }
    made = desk.post("conventions/", body)
    assert made.status_code == 201, made.content
    convention = made.json()
    path = f"conventions/{convention['uuid']}/"
    assert {party["organisation"]["label"] for party in convention["parties"]} == {
        "Préfecture", "GGD", "Département", "Sud-Artois",
    }  # fmt: skip
    assert [act["name"] for act in convention["open_acts"]] == ["submit", "abandon"]
    assert prefecture.get(path).status_code == 404

    changed = desk.patch(path, {"lock_version": convention["lock_version"], "notice_months": 6})
    assert changed.json()["notice_months"] == 6
    stale = desk.patch(path, {"lock_version": convention["lock_version"], "notice_months": 2})
    assert stale.status_code == 409
    assert desk.patch(path, {"notice_months": 2}).json()["place"] == "lock_version"

    enforceable_votes(cast, convention["uuid"])
    submitted = desk.post(f"{path}submit/")
    assert submitted.status_code == 200, submitted.content
    assert submitted.json()["status"] == "soumise"
    assert desk.post(f"{path}submit/").status_code == 409

    comment = prefecture.post(f"{path}comments/", {"text": "Précisez le lieu."})
    assert comment.status_code == 201, comment.content
    assert prefecture.post(f"{path}approve/").status_code == 409
    back = prefecture.post(f"{path}send-back/")
    assert (back.status_code, back.json()["status"]) == (200, "a_corriger")
    answer = desk.post(f"{path}comments/{comment.json()['uuid']}/answer/", {"answer": "C'est fait."})
    assert (answer.status_code, answer.json()["answer"], answer.json()["resolved"]) == (200, "C'est fait.", False)
    assert desk.post(f"{path}submit/").status_code == 200

    draft = prefecture.get(f"{path}content/").json()
    assert (draft["version"], draft["sha256"], draft["problems"]) == (None, "", [])
    approved = prefecture.post(f"{path}approve/")
    assert (approved.status_code, approved.json()["status"]) == (200, "approuvee"), approved.content
    assert [name for name, _ in jobs.waiting()] == ["reporting.publish_version"]
    assert desk.get(f"plans/{plan['uuid']}/").json()["status"] == "arrete"
    (version,) = desk.get(f"{path}versions/").json()
    content = desk.get(f"{path}content/").json()
    assert content["sha256"] == version["sha256"]
    canonical = json.dumps(content["content"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(canonical.encode()).hexdigest() == version["sha256"]
    assert desk.get(f"{path}versions/1/").json() == content

    started = desk.post(f"{path}start-signature/")
    assert (started.status_code, started.json()["status"]) == (200, "en_signature"), started.content
    for signatory in started.json()["signatories"]:
        signed = desk.post(f"{path}signatures/", {"signatory": signatory["uuid"], "signed_on": f"{YEAR}-02-01"})
        assert signed.status_code == 201, signed.content
    assert len(desk.get(f"{path}signatures/").json()) == 4
    assert [t["act"] for t in desk.get(f"{path}transitions/").json()] == [
        "submit", "send_back", "submit", "approve", "circulate", "complete",
    ]  # fmt: skip
    final = desk.get(path).json()
    assert (final["status"], final["signed_on"]) == ("signee", f"{YEAR}-02-01")

    finances = caller(cast, "finances_a")
    assert finances.get(f"plans/{plan['uuid']}/").json()["status"] == "engage"
    titres = finances.get("titres/", plan=plan["uuid"]).json()["results"]
    assert {titre["base"] for titre in titres} == {"17999.90", "20000.00"}
    again = finances.post(f"plans/{plan['uuid']}/titres/")
    assert again.status_code == 200, again.content
    assert {titre["uuid"] for titre in again.json()} == {titre["uuid"] for titre in titres}


def test_the_pdf_is_served_to_the_parties_only(cast, models):
    desk = caller(cast, "gestionnaire")
    plan = desk.post("plans/", plan_body(cast)).json()
    body = {"reference": "62-P", "plans": [plan["uuid"]]}
    body |= {"period_start": f"{NEXT}-01-01", "period_end": f"{NEXT}-12-31"}
    convention = desk.post("conventions/", body).json()
    path = f"{ROOT}conventions/{convention['uuid']}/document/"
    answer = desk.client.get(path, headers={"Accept": "application/pdf"})
    assert answer.status_code == 200
    assert answer.content.startswith(b"%PDF-")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="convention-62-P-projet.pdf"'
    refused = cast.client("finances_a").get(path, headers={"Accept": "application/pdf"})
    assert (refused.status_code, refused.headers["Content-Type"]) == (404, "application/json")


def test_variables_of_the_text_are_added_changed_and_taken_away(cast):
    desk, act = caller(cast, "gestionnaire"), cast.convention["d"]
    path = f"conventions/{act.uuid}/"
    first = {"reports": ["un bilan annuel"], "budget_deadline": f"{NEXT}-03-31", "committee": {"name": "comité local"}}
    saved = desk.patch(path, {"lock_version": act.lock_version, "variables": first}).json()
    assert saved["variables"] == first
    change = {"lock_version": saved["lock_version"], "variables": {"reports": [], "software": "Tableur"}}
    rest = {name: value for name, value in first.items() if name != "reports"}
    assert desk.patch(path, change).json()["variables"] == {**rest, "software": "Tableur"}
    unknown = desk.patch(path, {**change, "variables": {"prix": "3"}})
    assert (unknown.status_code, unknown.json()["place"]) == (400, "variables.prix")


def test_a_convention_needs_a_plan_and_dates_in_order(cast, models):
    desk = caller(cast, "gestionnaire")
    body = {"reference": "62-X", "plans": [], "period_start": f"{NEXT}-01-01", "period_end": f"{NEXT}-12-31"}
    assert desk.post("conventions/", body).json()["place"] == "plans"
    body |= {"plans": [str(cast.plan["d"].uuid)], "period_end": f"{YEAR}-01-01"}
    assert desk.post("conventions/", body).json()["place"] == "period_end"
    body |= {"reference": "62-A", "period_end": f"{NEXT}-12-31"}
    assert desk.post("conventions/", body).json() == {
        "detail": "La référence 62-A est déjà prise.",
        "place": "reference",
    }


def test_sending_back_needs_a_reason(cast):
    answer = caller(cast, "instructeur").post(f"conventions/{cast.convention['e'].uuid}/send-back/")
    assert (answer.status_code, answer.json()["place"]) == (400, "reason")


def test_a_signatory_of_another_convention_does_not_sign(cast):
    with cast.acting("gestionnaire"):
        stranger = cast.convention["a"].signatories.first()
    body = {"signatory": str(stranger.uuid), "signed_on": f"{YEAR}-03-01"}
    answer = caller(cast, "gestionnaire").post(f"conventions/{cast.convention['b'].uuid}/signatures/", body)
    assert (answer.status_code, answer.json()["place"]) == (400, "signatory")


# --- Titres -----------------------------------------------------------------------------------------------------------


def test_titres_leave_once(cast):
    person = caller(cast, "finances_a")
    assert person.post(f"plans/{cast.plan['a'].uuid}/titres/").status_code == 200
    made = person.post("titres-exports/", {"year": YEAR, "format": "csv"})
    assert made.status_code == 201, made.content
    batch = made.json()
    file = person.get(f"titres-exports/{batch['uuid']}/file/")
    content = file.getvalue()
    assert hashlib.sha256(content).hexdigest() == batch["sha256"]
    assert content.count(b"\r\n") == batch["count"] + 1
    exported = person.get("titres/", batch=batch["uuid"]).json()["results"]
    assert {titre["status"] for titre in exported} == {"exporte"}
    again = person.post("titres-exports/", {"year": YEAR, "format": "csv"})
    assert again.status_code == 409
    assert "Rien de nouveau" in again.json()["detail"]
    assert caller(cast, "finances_b").get(f"titres-exports/{batch['uuid']}/file/").status_code == 404


def test_an_unknown_format_is_refused(cast):
    answer = caller(cast, "finances_a").post("titres-exports/", {"year": YEAR, "format": "pdf"})
    assert (answer.status_code, answer.json()["place"]) == (400, "format")


def test_the_debtor_does_not_prepare_the_titres_it_owes(cast):
    answer = caller(cast, "finances_b").post(f"plans/{cast.plan['c'].uuid}/titres/")
    assert answer.status_code == 403
    with cast.acting("gestionnaire"):
        assert Titre.objects.filter(plan=cast.plan["c"]).count() == 2


# --- Activity ---------------------------------------------------------------------------------------------------------


def activity_body(cast, post="a", **changes):
    counts = {"women": 4, "men": 1, "children": None, "interviews_in_person": 5}
    return {"post": str(cast.post[post].uuid), "year": YEAR - 1, "month": 5, **counts, **changes}


def test_a_month_of_activity_is_recorded_once_however_often_it_is_sent(cast):
    person = caller(cast, "employeur_a")
    first = person.put("activity/", activity_body(cast))
    assert first.status_code == 200, first.content
    assert (first.json()["changed"], first.json()["activity"]["women"]) == (True, 4)
    assert person.put("activity/", activity_body(cast)).json()["changed"] is False
    assert person.put("activity/", activity_body(cast, women=6)).json()["activity"]["women"] == 6
    with cast.acting("gestionnaire"):
        row = ActivityReturn.objects.get(post=cast.post["a"])
        assert (row.women, row.children, row.zone) == (6, None, "")


def test_activity_refusals_name_the_field(cast):
    person = caller(cast, "employeur_a")
    for changes, place in (
        ({"month": 13}, "month"),
        ({"women": -1}, "women"),
        ({"zone": "police"}, "zone"),
        ({"zone": "mer"}, "zone"),
        ({"interviews_partners": 9, "interviews_phone": 2}, "interviews_partners"),
        ({"year": 1899}, "year"),
    ):
        answer = person.put("activity/", activity_body(cast, **changes))
        assert (answer.status_code, answer.json()["place"]) == (400, place), answer.content


def test_activity_of_whom_one_employs_only(cast):
    seen_not_employed = caller(cast, "employeur_d").put("activity/", activity_body(cast, post="a"))
    assert (seen_not_employed.status_code, seen_not_employed.json()["place"]) == (400, "post")
    for role in ("instructeur", "finances_a", "partenaire"):
        post = "b" if role == "partenaire" else "a"
        assert caller(cast, role).put("activity/", activity_body(cast, post=post)).status_code == 403, role
    assert caller(cast, "gestionnaire").put("activity/", activity_body(cast, post="b")).status_code == 200


# --- Dossier ----------------------------------------------------------------------------------------------------------


def test_a_broken_dossier_is_told_place_by_place_and_changes_nothing(cast):
    client = cast.client("gestionnaire")
    answer = client.post(f"{ROOT}dossier/check/", '{"territory": ', content_type=JSON)
    assert answer.status_code == 200
    assert answer.json()["valid"] is False
    assert answer.json()["errors"][0]["message"]
    answer = client.post(f"{ROOT}dossier/check/", json.dumps({"inconnu": 1}), content_type=JSON)
    assert "inconnu" in {error["path"] for error in answer.json()["errors"]}


def test_a_dossier_may_come_as_a_file(cast):
    from django.core.files.uploadedfile import SimpleUploadedFile

    from reporting.dossier.exporter import dumps, export_territory

    client = cast.client("gestionnaire")
    with cast.acting("gestionnaire"):
        content = dumps(export_territory(cast.territory["here"])).encode()
    sent = client.post(f"{ROOT}dossier/check/", {"file": SimpleUploadedFile("dossier.json", content)})
    whole = client.post(f"{ROOT}dossier/check/", content, content_type=JSON)
    assert sent.status_code == 200, sent.content
    assert sent.json() == whole.json()
    assert (sent.json()["valid"], sent.json()["errors"], sent.json()["created"]) == (True, [], 0), sent.json()
    missing = client.post(f"{ROOT}dossier/check/", {"autre": "x"})
    assert (missing.status_code, missing.json()["place"]) == (400, "file")
