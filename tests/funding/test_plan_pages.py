"""The pages of the plans: what each role sees, what the editor keeps, what a fragment answers."""

from __future__ import annotations

import csv
import io
import re
from decimal import Decimal

import pytest
from django.urls import reverse

from core.findings import Finding, Severity
from funding.checks import explain_url
from funding.models import CostComponent, FindingAnswer, FundingPlan, Share
from tests.cast import YEAR, make_plan

LIST = reverse("plans")
CREATE = reverse("plan-create")
PREVIEW = reverse("plan-preview")


def page(cast, name, key):
    with cast.acting("gestionnaire"):
        return reverse(name, args=[cast.plan[key].uuid])


def text_of(response) -> str:
    """The page's words, spaces of any kind made plain."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).replace("\u202f", " ").split())


def form(cast, **changes) -> dict:
    """A valid plan of thirds for the post d, as a browser posts it."""
    org = cast.org
    fields = {
        "plan-label": "",
        "plan-posts": [str(cast.post["d"].uuid)],
        "plan-year": "2027",
        "plan-employer": str(org["association"].uuid),
        "plan-period_start": "2027-01-01",
        "plan-period_end": "2027-12-31",
        "plan-prorata": "none",
        "plan-rounding_unit": "euro",
        "plan-rounding_method": "largest_remainder",
        "plan-residue_ref": "",
        "plan-note": "",
        "plan-version": "",
        "costs-0-kind": "payroll",
        "costs-0-label": "",
        "costs-0-amount": "52 500,00 €",
        "costs-0-borne_by": "",
        "costs-1-kind": "travel",
        "costs-1-label": "",
        "costs-1-amount": "10",
        "costs-1-borne_by": "departement",
    }
    for rank, (ref, name) in enumerate([("etat", "prefecture"), ("departement", "departement"), ("epci", "epci_b")]):
        row = {"ref": ref, "parent": "", "block": "", "financer": str(org[name].uuid), "label": "", "mode": "equal"}
        fields |= {f"shares-{rank}-{key}": value for key, value in row.items()}
    return fields | changes


class TestList:
    def test_shows_plans_and_their_total(self, cast):
        response = cast.client("gestionnaire").get(LIST)
        words = text_of(response)
        assert "5 plans" in words
        assert "201 000,00 €" in words  # 42 000 + 45 000 + 48 000 + 30 000 + 36 000
        assert "PLAN THERE" not in words.upper()

    def test_a_finance_officer_sees_only_what_concerns_the_organisation(self, cast):
        words = text_of(cast.client("finances_a").get(LIST))
        assert "Plan A" in words
        assert "Plan B" not in words
        assert "Créer un plan" not in words

    @pytest.mark.parametrize(
        ("query", "shown", "hidden"),
        [
            ("q=Plan+C", "Plan C", "Plan B"),
            ("q=Sud-Artois", "Plan A", "Plan B"),
            ("statut=engage", "Plan C", "Plan D"),
            (f"annee={YEAR}", "Plan A", "Aucun plan"),
        ],
    )
    def test_filters(self, cast, query, shown, hidden):
        words = text_of(cast.client("gestionnaire").get(f"{LIST}?{query}"))
        assert shown in words
        assert hidden not in words

    def test_filters_by_employer_and_sorts(self, cast):
        response = cast.client("gestionnaire").get(f"{LIST}?employeur={cast.org['epci_a'].uuid}&tri=-total")
        assert [plan.key for plan in response.context["page_obj"]] == ["plan-a", "plan-e"]
        response = cast.client("gestionnaire").get(f"{LIST}?employeur={cast.org['epci_a'].uuid}&tri=total")
        assert [plan.key for plan in response.context["page_obj"]] == ["plan-e", "plan-a"]

    def test_nothing_found_says_how_to_go_on(self, cast):
        assert "Aucun plan ne répond à ces filtres" in text_of(cast.client("gestionnaire").get(f"{LIST}?q=zzz"))

    @pytest.mark.parametrize("query", ["annee=abc", "statut=zzz", "employeur=1", "tri=zzz", "page=99"])
    def test_strange_addresses_are_harmless(self, cast, query):
        assert cast.client("gestionnaire").get(f"{LIST}?{query}").status_code == 200

    def test_exports_what_is_shown(self, cast):
        response = cast.client("gestionnaire").get(f"{LIST}?statut=engage&tri=total&format=csv")
        rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig")), delimiter=";"))
        assert [(row[0], row[7]) for row in rows[1:]] == [
            (f"Plan A {YEAR}", "42000,00"),
            (f"Plan C {YEAR}", "48000,00"),
        ]
        workbook = cast.client("gestionnaire").get(f"{LIST}?format=xlsx")
        assert workbook.content.startswith(b"PK")
        assert "attachment" in workbook["Content-Disposition"]

    def test_as_many_queries_for_one_plan_as_for_five(self, cast, django_assert_max_num_queries):
        client = cast.client("gestionnaire")
        with django_assert_max_num_queries(100) as one:
            client.get(f"{LIST}?q=Plan+D")
        with django_assert_max_num_queries(100) as all_five:
            client.get(f"{LIST}?q=Plan")
        assert len(one) == len(all_five)


class TestPlan:
    def test_shows_amounts_and_their_calculation(self, cast):
        words = text_of(cast.client("finances_a").get(page(cast, "plan", "a")))
        assert "14 000,00 €" in words
        assert "1/3 de 42 000,00 €" in words
        assert "Le plan est équilibré" in words
        assert "Contrôles" not in words
        assert "Modifier le plan" not in words

    def test_links_its_conventions(self, cast):
        assert "62-A" in text_of(cast.client("finances_a").get(page(cast, "plan", "a")))

    def test_shows_what_a_document_states_beside(self, cast):
        with cast.acting("gestionnaire"):
            Share.objects.filter(plan=cast.plan["d"], ref="prefecture").update(stated={"amount": "14999.00"})
            cast.plan["d"].stated = {"total": "29999.00", "label": "coût annoncé"}
            cast.plan["d"].save()
        words = text_of(cast.client("gestionnaire").get(page(cast, "plan", "d")))
        assert "1,00 € de moins que le calcul" in words
        assert "coût annoncé" in words

    def test_another_organisation_finds_nothing(self, cast):
        assert cast.client("finances_b").get(page(cast, "plan", "a")).status_code == 404
        assert cast.client("finances_there").get(page(cast, "plan", "a")).status_code == 404

    def test_another_territory_finds_nothing_to_edit(self, cast):
        client = cast.client("gestionnaire_there")
        assert client.get(page(cast, "plan-edit", "e")).status_code == 404
        assert client.post(page(cast, "plan-edit", "e"), form(cast)).status_code == 404
        assert client.post(page(cast, "plan-copy", "e")).status_code == 404

    def test_nobody_creates_a_plan_with_another_territory_s_posts(self, cast):
        response = cast.client("gestionnaire_there").post(CREATE, form(cast))
        assert response.status_code == 422

    def test_copies_to_the_next_year(self, cast):
        response = cast.client("gestionnaire").post(page(cast, "plan-copy", "a"))
        with cast.acting("gestionnaire"):
            copy = FundingPlan.objects.get(year=YEAR + 1)
        assert response["Location"] == reverse("plan-edit", args=[copy.uuid])
        again = cast.client("gestionnaire").post(page(cast, "plan-copy", "a"), follow=True)
        assert f"finance déjà ce poste en {YEAR + 1}" in text_of(again)

    @pytest.mark.parametrize("person", ["finances_a", "instructeur", "partenaire"])
    def test_only_the_gestionnaire_edits(self, cast, person):
        client = cast.client(person)
        assert client.get(page(cast, "plan-edit", "e")).status_code == 403
        assert client.get(CREATE).status_code == 403
        assert client.post(PREVIEW, form(cast)).status_code == 403
        assert client.post(page(cast, "plan-copy", "e")).status_code == 403


class TestExplain:
    finding = Finding("R35", Severity.EXPLAIN, "plans[plan-e].shares[x]", "Reste sans coût.")

    def answers(self, cast):
        with cast.acting("gestionnaire"):
            return list(FindingAnswer.objects.values_list("code", "reason", "by_label"))

    def post(self, cast, finding, person="gestionnaire", **data):
        data = {"code": finding.code, "place": finding.place, "fingerprint": finding.fingerprint} | data
        url = explain_url(finding, page(cast, "plan", "e"))
        return cast.client(person).post(url, {"reason": "L'employeur ne l'a pas encore voté."} | data)

    def test_keeps_the_reason_and_comes_back(self, cast):
        response = self.post(cast, self.finding)
        assert response["Location"] == page(cast, "plan", "e")
        assert self.answers(cast) == [("R35", "L'employeur ne l'a pas encore voté.", "Gestionnaire (Département)")]

    def test_a_blocking_finding_is_mended_not_explained(self, cast):
        blocking = Finding("R01", Severity.BLOCKING, "plans[plan-e]", "Il manque 12 €.")
        client = cast.client("gestionnaire")
        response = client.post(explain_url(blocking), {"reason": "Tant pis"}, follow=True)
        assert "est bloquant : il se corrige" in text_of(response)
        assert self.answers(cast) == []

    def test_once_given_it_stays(self, cast):
        self.post(cast, self.finding)
        self.post(cast, self.finding, reason="Autre chose")
        assert [reason for _, reason, _ in self.answers(cast)] == ["L'employeur ne l'a pas encore voté."]

    def test_needs_a_reason(self, cast):
        self.post(cast, self.finding, reason="  ")
        assert self.answers(cast) == []

    def test_a_forged_address_is_refused(self, cast):
        for url in (reverse("finding-explain"), reverse("finding-explain") + "?constat=abc"):
            cast.client("gestionnaire").post(url, {"reason": "Rien", "fingerprint": "0" * 64})
        assert self.answers(cast) == []

    @pytest.mark.parametrize("person", ["instructeur", "finances_a"])
    def test_needs_the_role(self, cast, person):
        assert self.post(cast, self.finding, person).status_code == 403

    def test_never_leads_out_of_the_site(self, cast):
        response = self.post(cast, self.finding, next="https://ailleurs.example/")
        assert response["Location"] == page(cast, "plan", "e")

    def test_the_plan_page_shows_the_answer(self, cast):
        with cast.acting("gestionnaire"):
            plan = make_plan(
                cast, "f", post="d", cost=Decimal(30000), financers=["epci_b"], status="projet", year=YEAR + 1
            )
            CostComponent.objects.filter(plan=plan).delete()
            Share.objects.filter(plan=plan).update(mode="remainder", amount=None)
        client = cast.client("gestionnaire")
        shown = client.get(page(cast, "plan", "f"))
        url = re.search(r'action="(/constats/expliquer/[^"]+)"', shown.content.decode())[1]
        assert "R35" in text_of(shown)
        back = client.post(url, {"reason": "Coût demandé à l'employeur"}, follow=True)
        words = text_of(back)
        assert "Coût demandé à l&#x27;employeur" in words
        assert "dont 1 expliqué" in words


class TestEditor:
    def plan(self, cast):
        with cast.acting("gestionnaire"):
            return FundingPlan.objects.get(year=2027)

    def test_a_new_plan_starts_from_its_post(self, cast):
        response = cast.client("gestionnaire").get(f"{CREATE}?poste={cast.post['b'].uuid}&annee=2027")
        editor = response.context["editor"]
        assert [node.title for node in editor.tree] == ["Préfecture", "Département", "Boulonnais"]
        assert editor.head["employer"].value() == str(cast.org["epci_b"].uuid)
        assert editor.head["year"].value() == "2027"

    def test_creates(self, cast):
        response = cast.client("gestionnaire").post(CREATE, form(cast))
        plan = self.plan(cast)
        assert response["Location"] == plan.get_absolute_url()
        with cast.acting("gestionnaire"):
            amounts = {s.ref: s.amount for s in plan.shares.all()}
        assert amounts == {"etat": 17500, "departement": 17510, "epci": 17500}
        assert plan.label == "Poste D – 2027"
        assert "Plan enregistré par Gestionnaire (Département)" in text_of(
            cast.client("gestionnaire").get(response["Location"])
        )

    def test_a_block_shares_by_key(self, cast):
        rows = {
            "shares-2-financer": "",
            "shares-2-block": "1",
            "shares-2-label": "EPCI",
            "shares-2-key_source": "saisie",
            "shares-2-key_basis": "population",
        }
        for rank, (name, weight) in enumerate([("epci_a", "18,68"), ("epci_b", "81,32 %")], start=3):
            row = {"ref": f"m{rank}", "parent": "epci", "financer": str(cast.org[name].uuid), "mode": "key"}
            rows |= {f"shares-{rank}-{key}": value for key, value in (row | {"percent": weight}).items()}
        cast.client("gestionnaire").post(CREATE, form(cast, **rows))
        plan = self.plan(cast)
        with cast.acting("gestionnaire"):
            amounts = {s.ref: s.amount for s in plan.shares.all()}
        assert (amounts["epci"], amounts["m3"], amounts["m4"]) == (17500, 3269, 14231)
        shown = cast.client("gestionnaire").get(reverse("plan-edit", args=[plan.uuid])).context["editor"]
        assert [m.form["percent"].value() for m in shown.tree[2].members] == ["18,68", "81,32"]

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"costs-0-amount": "douze"}, "n&#x27;est pas un montant"),
            ({"costs-0-amount": "-12"}, "n&#x27;est pas négatif"),
            ({"plan-posts": []}, "Choisissez au moins un poste"),
            ({"plan-year": "deux mille"}, "quatre chiffres"),
            ({"plan-period_end": "2026-12-31"}, "précède"),
            ({"shares-0-financer": "", "shares-0-label": "Mystère"}, "Choisissez le financeur"),
            ({"shares-0-mode": "fixed"}, "Indiquez le montant de cette part"),
            ({"shares-0-mode": "percentage", "shares-0-percent": "120"}, "entre 0 et 100"),
            ({"shares-0-mode": "percentage", "shares-0-percent": ""}, "Indiquez le pourcentage"),
            ({"shares-2-block": "1", "shares-2-financer": ""}, "aucun membre"),
        ],
    )
    def test_mistakes_are_named_and_nothing_typed_is_lost(self, cast, change, words):
        response = cast.client("gestionnaire").post(CREATE, form(cast, **{"plan-note": "à garder"}, **change))
        assert response.status_code == 422
        assert words in response.content.decode()
        assert "à garder" in response.content.decode()
        assert "data-error-summary" in response.content.decode()
        with cast.acting("gestionnaire"):
            assert not FundingPlan.objects.filter(year=2027).exists()

    def test_rows_are_added_and_removed_by_plain_posts(self, cast):
        client = cast.client("gestionnaire")

        def refs(gesture):
            editor = client.post(CREATE, form(cast, geste=gesture, **{"costs-0-amount": "douze"})).context["editor"]
            assert editor.costs[0]["amount"].value() == "douze"
            return [(node.ref, [member.ref for member in node.members]) for node in editor.tree]

        three = [("etat", []), ("departement", []), ("epci", [])]
        assert refs("ajouter-part") == [*three, ("p1", [])]
        assert refs("ajouter-bloc") == [*three, ("p1", ["p1-1", "p1-2"])]
        assert refs("retirer-part:departement") == [three[0], three[2]]
        assert refs("recalculer") == three
        assert refs("ajouter-membre:absent") == three

    def test_a_removed_cost_leaves_the_others(self, cast):
        response = cast.client("gestionnaire").post(CREATE, form(cast, geste="retirer-cout:0"))
        assert [cost["amount"].value() for cost in response.context["editor"].costs] == ["10"]

    def test_thirds_are_filled_from_the_chosen_post(self, cast):
        change = {"plan-posts": [str(cast.post["a"].uuid)], "plan-employer": "", "geste": "tiers"}
        editor = cast.client("gestionnaire").post(CREATE, form(cast, **change)).context["editor"]
        assert [node.title for node in editor.tree] == ["Préfecture", "Département", "Sud-Artois"]
        assert editor.head["employer"].value() == str(cast.org["epci_a"].uuid)

    def test_htmx_receives_the_rows_alone(self, cast):
        client = cast.client("gestionnaire")
        response = client.post(CREATE, form(cast, geste="ajouter-part"), headers={"HX-Request": "true"})
        body = response.content.decode()
        assert "<html" not in body
        assert 'id="part-p1"' in body
        assert "data-focus" in body

    def test_saves_and_tells_the_second_of_two_people(self, cast):
        client = cast.client("gestionnaire")
        client.post(CREATE, form(cast))
        plan = self.plan(cast)
        url = reverse("plan-edit", args=[plan.uuid])
        first = client.post(url, form(cast, **{"plan-version": "1", "plan-label": "Le premier"}))
        assert first.status_code == 302
        second = client.post(url, form(cast, **{"plan-version": "1", "plan-label": "Le second"}))
        words = text_of(second)
        assert second.status_code == 409
        assert "a enregistré ce plan le" in words
        editor = second.context["editor"]
        assert (editor.head["label"].value(), editor.head["version"].value()) == ("Le second", "2")
        assert self.plan(cast).label == "Le premier"
        knowingly = client.post(url, form(cast, **{"plan-version": "2", "plan-label": "Le second"}))
        assert knowingly.status_code == 302
        assert self.plan(cast).label == "Le second"

    def test_a_settled_plan_sends_back_to_its_page(self, cast):
        response = cast.client("gestionnaire").get(page(cast, "plan-edit", "b"))
        assert response["Location"] == page(cast, "plan", "b")


class TestPreview:
    def words(self, cast, **changes):
        response = cast.client("gestionnaire").post(PREVIEW, form(cast, **changes))
        assert response.status_code == 200
        return response, text_of(response)

    def test_gives_the_balance_and_each_amount(self, cast):
        response, words = self.words(cast)
        assert "Le plan est équilibré" in words
        body = response.content.decode().replace("\u202f", " ")
        assert '<strong id="montant-departement" hx-swap-oob="true">17 510,00 €</strong>' in body
        assert "<input" not in body

    def test_says_what_is_missing(self, cast):
        fixed = {f"shares-{rank}-mode": "fixed" for rank in range(3)}
        parts = {"shares-0-fixed_amount": "17500", "shares-1-fixed_amount": "17500", "shares-2-fixed_amount": "10000"}
        _, words = self.words(cast, **fixed, **parts)
        assert "Il manque 7 500,00 €" in words

    @pytest.mark.parametrize(
        "changes",
        [
            {"plan-year": "", "plan-posts": [], "plan-employer": ""},
            {"plan-period_end": "n'importe quoi"},
            {"costs-0-amount": "douze"},
            {"shares-0-financer": "", "shares-1-ref": "etat", "shares-2-ref": "é !"},
            {"shares-0-parent": "departement", "shares-1-parent": "etat"},
            {"shares-0-percent_of": "absent", "shares-0-mode": "percentage"},
            {"shares-9999-ref": "loin"},
        ],
    )
    def test_never_fails_on_what_is_being_typed(self, cast, changes):
        self.words(cast, **changes)

    def test_writes_nothing(self, cast):
        with cast.acting("gestionnaire"):
            before = FundingPlan.objects.count()
        self.words(cast)
        with cast.acting("gestionnaire"):
            assert FundingPlan.objects.count() == before
