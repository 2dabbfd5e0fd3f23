"""Preparing a convention on screen: list, creation, heading, clauses, parties."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from conventions import services
from conventions.models import Convention, Deliberation
from conventions.services.models_library import load_shipped_models
from tests.cast import YEAR
from tests.conventions.pages import make_draft

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(cast) -> Convention:
    with cast.acting("gestionnaire"):
        return make_draft(cast)


@pytest.fixture
def browser(cast):
    return cast.client("gestionnaire")


def reread(cast, convention: Convention) -> Convention:
    with cast.acting("gestionnaire"):
        return Convention.objects.get(pk=convention.pk)


def text(response) -> str:
    return response.content.decode()


class TestList:
    def test_shows_what_the_reader_may_see(self, cast):
        seen = text(cast.client("finances_a").get(reverse("conventions")))
        assert "62-A<" in seen
        assert "62-B<" not in seen
        assert "Préparer une convention" not in seen

    @pytest.mark.parametrize(
        ("query", "shown"),
        [
            ("etat=brouillon", {"62-D"}),
            ("q=62-B", {"62-B"}),
            ("q=boulonnais", {"62-B", "62-C"}),
            (f"annee={YEAR + 1}", {"62-A", "62-B", "62-D", "62-E"}),
            ("annee=0", {"62-A", "62-B", "62-C", "62-D", "62-E"}),
            ("annee=9223372036854775808", {"62-A", "62-B", "62-C", "62-D", "62-E"}),
            ("famille=F1", set()),
            ("etat=inconnu", {"62-A", "62-B", "62-C", "62-D", "62-E"}),
        ],
    )
    def test_filters_are_in_the_address(self, cast, browser, query, shown):
        page = browser.get(f"{reverse('conventions')}?{query}").context["page_obj"]
        assert {c.reference for c in page.object_list} == shown

    def test_filter_by_employer(self, cast, browser):
        page = browser.get(reverse("conventions"), {"employeur": cast.org["epci_a"].uuid}).context["page_obj"]
        assert {c.reference for c in page.object_list} == {"62-A", "62-E"}

    def test_sort(self, browser):
        page = browser.get(f"{reverse('conventions')}?tri=-reference").context["page_obj"]
        assert [c.reference for c in page.object_list] == ["62-E", "62-D", "62-C", "62-B", "62-A"]

    def test_number_of_queries_does_not_depend_on_the_number_of_rows(
        self, cast, browser, django_assert_max_num_queries, django_assert_num_queries
    ):
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as one:
            browser.get(f"{reverse('conventions')}?q=62-B")
        with CaptureQueriesContext(connection) as five:
            browser.get(reverse("conventions"))
        assert len(one) == len(five)

    def test_the_file_holds_what_the_list_shows(self, browser):
        response = browser.get(f"{reverse('conventions-export', args=['xlsx'])}?etat=signee")
        rows = list(load_workbook(io.BytesIO(response.content)).active.values)
        assert [row[0] for row in rows[1:]] == ["62-A", "62-C"]
        assert rows[1][5] == 4
        csv = browser.get(f"{reverse('conventions-export', args=['csv'])}?etat=signee").content.decode("utf-8-sig")
        assert csv.splitlines()[1].startswith("62-A;")

    def test_empty_list_says_how_to_begin(self, cast, browser):
        assert "Aucune convention ne répond" in text(browser.get(f"{reverse('conventions')}?q=introuvable"))


class TestCreation:
    def test_a_plan_named_in_the_address_is_ticked_and_gives_the_period(self, cast, browser):
        response = browser.get(reverse("convention-create"), {"plan": str(cast.plan["d"].uuid)})
        form = response.context["form"]
        assert form["plans"].value() == [cast.plan["d"].pk] or form.initial["plans"] == [cast.plan["d"]]
        assert form.initial["period_end"] == dt.date(YEAR, 12, 31)
        assert form.initial["reference"] == f"62-{YEAR}-01"
        assert "checked" in text(response)

    def test_creates_and_lands_on_the_page(self, cast, browser):
        load_shipped_models()
        with cast.acting("gestionnaire"):
            cast.convention["d"].convention_plans.all().delete()
        data = {
            "reference": "62-N1",
            "plans": [cast.plan["d"].pk],
            "period_start": f"{YEAR}-01-01",
            "period_end": f"{YEAR}-12-31",
            "place": "Arras",
            "notice_months": 3,
        }
        response = browser.post(reverse("convention-create"), data, follow=True)
        assert response.redirect_chain[-1][0].startswith("/conventions/")
        assert "62-N1 est préparée" in text(response)
        with cast.acting("gestionnaire"):
            made = Convention.objects.get(reference="62-N1")
            assert [party.organisation.key for party in made.parties.all()][-1] == "association"

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"plans": []}, "Choisissez au moins un plan"),
            ({"period_end": f"{YEAR - 1}-01-01"}, "précède sa prise d&#x27;effet"),
            ({"period_end": f"{YEAR}-06-30"}, "doit le contenir"),
            ({"reference": "62-A"}, "est déjà prise"),
            ({"period_start": "demain"}, "Écrivez une date"),
        ],
    )
    def test_bad_input_is_named_and_kept(self, cast, browser, changes, message):
        data = {
            "reference": "62-N1",
            "plans": [cast.plan["d"].pk],
            "period_start": f"{YEAR}-01-01",
            "period_end": f"{YEAR}-12-31",
            "place": "Lieu gardé",
        } | changes
        response = browser.post(reverse("convention-create"), data)
        assert response.status_code == 422
        assert message in text(response)
        assert "Lieu gardé" in text(response)

    @pytest.mark.parametrize("person", ["instructeur", "finances_a", "partenaire", "employeur_a"])
    def test_others_may_not(self, cast, person):
        assert cast.client(person).get(reverse("convention-create")).status_code == 403


class TestHeading:
    def data(self, draft, **changes):
        return {
            "title": draft.title,
            "template": draft.template_id,
            "period_start": draft.period_start.isoformat(),
            "period_end": draft.period_end.isoformat(),
            "place": "Vimy",
            "notice_months": 2,
            "committee_name": "comité technique",
            "committee_members": "le Département\n\nla préfecture",
            "lock_version": draft.lock_version,
        } | changes

    def test_saves_head_and_variables(self, cast, browser, draft):
        response = browser.post(reverse("convention-edit", args=[draft.uuid]), self.data(draft))
        assert response.status_code == 302
        saved = reread(cast, draft)
        assert (saved.place, saved.notice_months) == ("Vimy", 2)
        assert saved.variables == {
            "committee": {"name": "comité technique", "members": ["le Département", "la préfecture"]}
        }

    def test_a_stale_form_is_refused_and_keeps_what_was_typed(self, cast, browser, draft):
        with cast.acting("gestionnaire"):
            services.update_convention(
                convention=draft, data={"place": "Lens"}, by=cast.actor("gestionnaire"), expected=draft.lock_version
            )
        response = browser.post(reverse("convention-edit", args=[draft.uuid]), self.data(draft))
        assert response.status_code == 409
        assert "modifiée pendant que vous" in text(response)
        assert "Vimy" in text(response)
        assert reread(cast, draft).place == "Lens"
        again = self.data(draft, lock_version=response.context["form"]["lock_version"].value())
        assert browser.post(reverse("convention-edit", args=[draft.uuid]), again).status_code == 302
        assert reread(cast, draft).place == "Vimy"

    def test_a_text_without_model_leads_to_choosing_one(self, cast, browser):
        load_shipped_models()
        convention = cast.convention["d"]
        edit = reverse("convention-edit", args=[convention.uuid])
        assert edit in text(browser.get(convention.get_absolute_url()))
        choice = browser.get(edit).context["form"].fields["template"].queryset.first()
        data = self.data(convention, template=choice.pk, committee_members="", committee_name="")
        assert browser.post(edit, data).status_code == 302
        assert "Article 1" in text(browser.get(convention.get_absolute_url()))

    def test_a_bipartite_convention_says_where_its_text_is(self, cast, browser):
        with cast.acting("gestionnaire"):
            Convention.objects.filter(pk=cast.convention["d"].pk).update(family="F5", parent=cast.convention["a"])
        page = text(browser.get(cast.convention["d"].get_absolute_url()))
        assert "convention de partenariat dont elle dépend" in page
        assert cast.convention["a"].get_absolute_url() in page
        assert "Télécharger le PDF" not in page
        assert browser.get(reverse("convention-edit", args=[cast.convention["d"].uuid])).status_code == 200

    def test_an_approved_convention_is_edited_after_a_verdict_and_one_under_review_is_not(self, cast, browser):
        signed = text(browser.get(reverse("convention-edit", args=[cast.convention["a"].uuid])))
        assert "avant d’enregistrer, la page dit ce que le changement entraîne" in signed
        url = reverse("convention-edit", args=[cast.convention["e"].uuid])
        assert "ne se modifie pas dans cet état" in text(browser.get(url, follow=True))


class TestClauses:
    def url(self, draft, kind="communication", name="convention-clause"):
        return reverse(name, args=[draft.uuid, kind])

    def edit(self, browser, draft, body, **changes):
        data = {"title": "Communication", "text": body, "lock_version": draft.lock_version} | changes
        return browser.post(self.url(draft), data)

    def test_the_editor_opens_on_the_models_text(self, browser, draft):
        response = browser.get(self.url(draft))
        assert "concours de chaque Financeur" in text(response)
        assert "{{ departement.le }}" in text(response)

    def test_an_edit_shows_as_an_edit_with_its_redline(self, cast, browser, draft):
        assert self.edit(browser, draft, "Les parties en parlent avec {{ departement.le }}.").status_code == 302
        page = text(browser.get(draft.get_absolute_url()))
        assert "avec le Département du Pas-de-Calais" in page
        assert "Modifiée" in page
        assert "supprimé : " in page
        assert "ajouté : " in page

    def test_saving_without_change_leaves_the_model(self, cast, browser, draft):
        shown = browser.get(self.url(draft)).context["form"].initial
        assert self.edit(browser, draft, shown["text"], title=shown["title"]).status_code == 302
        with cast.acting("gestionnaire"):
            assert not draft.clauses.exists()

    def test_an_unknown_variable_is_refused_and_the_text_kept(self, cast, browser, draft):
        response = self.edit(browser, draft, "Voir {{ departement.nom }}.")
        assert response.status_code == 422
        assert "departement.nom" in text(response)
        with cast.acting("gestionnaire"):
            assert not draft.clauses.exists()

    def test_line_ends_of_a_browser_are_no_change(self, cast, browser, draft):
        assert self.edit(browser, draft, "Un.\r\n\r\nDeux.").status_code == 302
        with cast.acting("gestionnaire"):
            assert draft.clauses.get().edited_text == "Un.\n\nDeux."
        conflict = self.edit(browser, draft, "Un.\r\n\r\nDeux et demi.").context["conflict"]
        changed = [piece.text for paragraph in conflict for piece in paragraph if piece.op != "same"]
        assert "".join(changed).split() == ["et", "demi"]

    def test_two_people_at_once(self, cast, browser, draft):
        assert self.edit(browser, draft, "Première rédaction.").status_code == 302
        response = self.edit(browser, draft, "Seconde rédaction.")
        assert response.status_code == 409
        page = text(response)
        assert "Votre saisie est conservée" in page
        assert "Seconde" in page
        with cast.acting("gestionnaire"):
            assert draft.clauses.get().edited_text == "Première rédaction."

    def test_remove_then_restore(self, cast, browser, draft):
        browser.post(self.url(draft, name="convention-clause-remove"), {"lock_version": draft.lock_version})
        page = text(browser.get(draft.get_absolute_url()))
        assert "Clauses du modèle retirées" in page
        assert "concours de chaque Financeur" not in page
        browser.post(self.url(draft, name="convention-clause-restore"), {})
        assert "concours de chaque Financeur" in text(browser.get(draft.get_absolute_url()))

    def test_a_reference_to_a_removed_clause_is_shown_in_its_place(self, cast, browser, draft):
        browser.post(self.url(draft, "financement", "convention-clause-remove"), {})
        page = text(browser.get(draft.get_absolute_url()))
        assert "<mark>[à corriger : renvoi à une clause retirée]</mark>" in page

    def test_an_unknown_clause_is_not_found(self, browser, draft):
        assert browser.get(self.url(draft, "inconnue")).status_code == 404

    def test_what_is_typed_is_never_markup(self, browser, draft):
        self.edit(browser, draft, "<script>alerte()</script> & suite")
        page = text(browser.get(draft.get_absolute_url()))
        assert "<script>alerte" not in page
        assert "&lt;script&gt;alerte" in page


class TestParties:
    def party(self, cast, draft, key):
        with cast.acting("gestionnaire"):
            return draft.parties.get(organisation=cast.org[key])

    def test_a_deliberation_is_typed_in_the_same_form(self, cast, browser, draft):
        party = self.party(cast, draft, "epci_a")
        data = {
            "roles": ["employeur", "financeur"],
            "representative": cast.mandate["epci_a"].pk,
            "new_number": "12",
            "new_date": f"{YEAR}-01-12",
            "lock_version": draft.lock_version,
        }
        url = reverse("convention-party-edit", args=[draft.uuid, party.uuid])
        assert browser.post(url, data).status_code == 302
        with cast.acting("gestionnaire"):
            party.refresh_from_db()
            assert party.deliberation.number == "12"
            assert party.deliberation.organisation == cast.org["epci_a"]
            assert party.signatories.get().mandate == cast.mandate["epci_a"]
        page = text(browser.get(f"{draft.get_absolute_url()}?onglet=parties"))
        assert "transmission au préfet et publication non renseignées" in page

    def test_a_refused_party_leaves_no_deliberation_behind(self, cast, browser, draft):
        party = self.party(cast, draft, "epci_a")
        data = {"roles": ["financeur"], "new_date": f"{YEAR}-01-12", "lock_version": 99}
        response = browser.post(reverse("convention-party-edit", args=[draft.uuid, party.uuid]), data)
        assert response.status_code == 409
        with cast.acting("gestionnaire"):
            assert not Deliberation.objects.filter(organisation=cast.org["epci_a"]).exists()

    def test_only_its_own_people_represent_it(self, cast, browser, draft):
        party = self.party(cast, draft, "epci_a")
        data = {"roles": ["financeur"], "representative": cast.mandate["epci_b"].pk}
        response = browser.post(reverse("convention-party-edit", args=[draft.uuid, party.uuid]), data)
        assert response.status_code == 422

    def test_a_body_that_needs_no_vote_is_not_asked_for_one(self, cast, browser, draft):
        state, council = self.party(cast, draft, "prefecture"), self.party(cast, draft, "epci_a")
        edit = reverse("convention-party-edit", args=[draft.uuid, state.uuid])
        assert "Délibération qui autorise" not in text(browser.get(edit))
        assert "Délibération qui autorise" in text(
            browser.get(reverse("convention-party-edit", args=[draft.uuid, council.uuid]))
        )
        data = {"roles": ["financeur"], "new_date": f"{YEAR}-01-12", "lock_version": draft.lock_version}
        assert browser.post(edit, data).status_code == 302
        with cast.acting("gestionnaire"):
            assert not Deliberation.objects.filter(organisation=cast.org["prefecture"]).exists()
        vote = reverse("convention-party-vote", args=[draft.uuid, state.uuid])
        assert browser.get(vote).status_code == 404

    def test_add_and_remove(self, cast, browser, draft):
        url = reverse("convention-party-add", args=[draft.uuid])
        data = {"organisation": cast.org["epci_b"].pk, "roles": ["financeur"], "lock_version": draft.lock_version}
        assert browser.post(url, data).status_code == 302
        added = self.party(cast, draft, "epci_b")
        assert browser.post(reverse("convention-party-remove", args=[draft.uuid, added.uuid])).status_code == 302
        with cast.acting("gestionnaire"):
            assert draft.parties.count() == 4

    def test_an_organisation_is_party_once(self, cast, browser, draft):
        url = reverse("convention-party-add", args=[draft.uuid])
        data = {"organisation": cast.org["epci_a"].pk, "roles": ["financeur"]}
        assert browser.post(url, data).status_code == 422


class TestTabs:
    @pytest.mark.parametrize("tab", ["texte", "plan", "parties", "controles", "historique", "nimporte"])
    def test_every_tab_of_a_draft(self, browser, draft, tab):
        response = browser.get(f"{draft.get_absolute_url()}?onglet={tab}")
        assert response.status_code == 200
        assert "62-NEUVE" in text(response)

    def test_plan_amounts_explain_themselves(self, browser, draft):
        page = text(browser.get(f"{draft.get_absolute_url()}?onglet=plan"))
        assert "12\u202f000,00" in page or "12 000,00" in page

    def test_a_finding_leads_to_the_place_that_mends_it(self, cast, browser, draft):
        findings = browser.get(f"{draft.get_absolute_url()}?onglet=controles").context["findings"]
        (vote,) = [f for f in findings if f.code == "R32" and "Sud-Artois" in f.message]
        page, anchor = vote.url.split("#")
        assert f'id="{anchor}"' in text(browser.get(page))

    def test_the_reviewer_gets_no_link_to_the_editor(self, cast, draft):
        with cast.acting("gestionnaire"):
            services.submit_convention(convention=draft, by=cast.actor("gestionnaire"))
        client = cast.client("instructeur")
        findings = client.get(f"{draft.get_absolute_url()}?onglet=controles").context["findings"]
        assert findings
        assert not any(finding.url or finding.explain_url for finding in findings)

    @pytest.mark.parametrize("key", ["a", "b", "c", "d", "e"])
    @pytest.mark.parametrize("tab", ["texte", "plan", "parties", "controles", "signatures", "historique"])
    def test_every_state(self, cast, browser, key, tab):
        url = f"{cast.convention[key].get_absolute_url()}?onglet={tab}"
        assert browser.get(url).status_code == 200


def test_a_convention_imported_as_sent_back_has_its_page(cast):
    convention = cast.convention["d"]
    with cast.acting("gestionnaire"):
        type(convention).objects.filter(pk=convention.pk).update(status="a_corriger")
    page = cast.client("gestionnaire").get(convention.get_absolute_url())
    assert page.status_code == 200
    assert "À corriger" in page.content.decode()
