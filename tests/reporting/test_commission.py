"""The commission dossier of the published act: its articles, its annexes, its figures, one document."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from io import BytesIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from pypdf import PdfReader

from conventions.commission import planned_decisions
from conventions.enums import DecisionKind
from conventions.models import CommissionFile, Convention, Deliberation
from conventions.services.commission import prepare_deliberation, save_commission_file
from conventions.services.deliberations import save_deliberation
from conventions.text import preview_content
from core import rls
from core.errors import BusinessError, Conflict, InvalidInput
from funding.models import BudgetLine
from parties.actors import Actor
from parties.enums import JobState
from parties.models import Job, Membership, Organisation, Territory, User
from reporting.commission import commission_findings, content_of, read_commission
from reporting.commission.document import commission_pdf
from reporting.demo import DOSSIER
from reporting.dossier.territory import import_file

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> Actor:
    call_command("load_models", verbosity=0)
    import_file(DOSSIER.read_bytes())
    territory = Territory.objects.get(code="62")
    with rls.acting(Actor.system(territory).context):
        body = Organisation.objects.get(key="departement-62")
        user = User.objects.create_user("g@exemple.fr", "un mot de passe long", name="Gestionnaire")
        return Actor.of(Membership.objects.create(user=user, organisation=body, role="gestionnaire"))


def test_the_27_articles_of_the_act_are_found_again(staff: Actor):
    with rls.acting(staff.context):
        body = Organisation.objects.get(key="departement-62")
        planned = planned_decisions(body, list(Convention.objects.all()))
        voted = list(Deliberation.objects.get(number="2023-332").decisions.prefetch_related("conventions"))
        assert len(planned) == len(voted) == 27
        for ours, theirs in zip(planned, voted, strict=True):
            named = {c.reference for c in theirs.conventions.all()}
            if named:
                assert {c.reference for c in ours.conventions} == named
            assert (ours.kind, ours.amount, ours.beneficiary) == (theirs.kind, theirs.amount, theirs.beneficiary)
    assert planned[-1].amount == Decimal(123_687)
    assert planned[0].subject == "12 postes (3 du Département, 5 d'intercommunalités et 4 d'associations)"


def test_prepared_twice_writes_once(staff: Actor):
    with rls.acting(staff.context):
        body = Organisation.objects.get(key="departement-62")
        line = BudgetLine.objects.get()
        chosen = list(Convention.objects.all())
        first = prepare_deliberation(
            organisation=body, date=dt.date(2023, 7, 3), conventions=chosen, budget_line=line, by=staff
        )
        again = prepare_deliberation(
            organisation=body, date=dt.date(2023, 7, 10), conventions=chosen, deliberation=first, by=staff
        )
        assert (again.pk, again.decisions.count(), again.date) == (first.pk, 27, dt.date(2023, 7, 10))
        kinds = [d.kind for d in again.decisions.all()]
        assert kinds.count(DecisionKind.ATTRIBUTION) == 10
        again.number = "2023-333"
        again.save()
        with pytest.raises(BusinessError, match="votée"):
            prepare_deliberation(
                organisation=body, date=dt.date(2023, 7, 3), conventions=chosen, deliberation=again, by=staff
            )


def test_a_body_votes_on_its_own_conventions_only(staff: Actor):
    with rls.acting(staff.context):
        ternois = Organisation.objects.get(key="cc-ternois")
        everything = list(Convention.objects.all())
        with pytest.raises(InvalidInput, match="n'est pas partie à"):
            prepare_deliberation(organisation=ternois, date=dt.date(2023, 7, 3), conventions=everything, by=staff)
        own = list(Convention.objects.filter(reference="62-A08"))
        made = prepare_deliberation(organisation=ternois, date=dt.date(2023, 6, 20), conventions=own, by=staff)
        assert made.body == "Conseil communautaire"
        # It employs: nothing to attribute, nothing to charge.
        assert [d.kind for d in made.decisions.all()] == [DecisionKind.RENEWAL, DecisionKind.AUTHORISATION]


def voted() -> Deliberation:
    return Deliberation.objects.select_related("organisation", "budget_line").get(number="2023-332")


def test_what_the_dossier_of_the_act_says(staff: Actor):
    with rls.acting(staff.context):
        vote = voted()
        CommissionFile.objects.create(
            deliberation=vote, bilan_year=2022, bilan_version="", points="Un poste est vacant."
        )
        found = read_commission(vote, by=staff)
        content = content_of(found)
    assert [(annex.number, annex.title) for annex in found.annexes[:3]] == [
        (1, "Bilan d'activité 2022"),
        (2, "Financement 2022–2023 des postes"),
        (3, "Convention 62-A03"),
    ]
    # The act numbers its annexes 3 to 17 in the same order.
    assert [annex.convention.reference for annex in found.annexes[2:] if annex.convention] == [
        f"62-A{number:02}" for number in range(3, 18)
    ]
    report = {section["title"]: section["blocks"] for section in content["report"]["sections"]}
    assert len(report["Présentation"][1]["rows"]) == 13
    (budget,) = report["Financement proposé"][1]["rows"]
    assert plain(budget) == [
        "C02-421K01 6568//934213", "172 500,00 €", "149 800,00 €", "123 687,00 €", "26 113,00 €"
    ]  # fmt: skip
    assert report["Points d'attention"][0]["text"] == "Un poste est vacant."
    articles = [plain([article["text"]])[0] for article in content["deliberation"]["articles"]]
    assert len(articles) == 27
    assert articles[6] == (
        "D'attribuer à la Communauté de communes du Ternois une participation de 14 333,00 € (quatorze mille trois cent"
        " trente-trois euros) au titre de l'année 2023, pour le poste ISG Ternois."
    )
    assert "la convention 62-A08 jointe en annexe 8 avec l'État" in articles[7]
    assert "les conventions 62-A06 jointe en annexe 6 et 62-A07 jointe en annexe 7" in articles[5]
    assert articles[26].startswith(
        "D'imputer les dépenses décidées aux articles 7, 9, 11, 13, 15, 17, 19, 21, 23 et 25,"
    )
    assert "soit 123 687,00 €" in articles[26]
    assert content["deliberation"]["vote"] == "Présents : 33 ; pour : 43 ; contre : 0 ; abstentions : 0."


def plain(row: list[str]) -> list[str]:
    """With ordinary spaces, as a person types."""
    return [text.replace("\u202f", " ").replace("\u00a0", " ") for text in row]


def codes(vote: Deliberation, by: Actor) -> list[tuple[str, str]]:
    found = commission_findings(read_commission(vote, by=by))
    return [(finding.code, finding.place.split("].", 1)[1]) for finding in found]


def test_a_dossier_that_agrees_is_silent_and_each_mistake_is_named(staff: Actor):
    with rls.acting(staff.context):
        convention = Convention.objects.get(reference="62-A08")
        departement = Organisation.objects.get(key="departement-62")
        vote = prepare_deliberation(
            organisation=departement,
            date=dt.date(2023, 7, 3),
            conventions=[convention],
            budget_line=BudgetLine.objects.get(),
            by=staff,
        )
        assert codes(vote, staff) == []
        attribution = vote.decisions.get(kind=DecisionKind.ATTRIBUTION)
        attribution.amount = Decimal("14334.00")
        attribution.save()
        authorisation = vote.decisions.get(kind=DecisionKind.AUTHORISATION)
        authorisation.annex = "7"
        authorisation.save()
        convention.template = None
        convention.save()
        assert codes(vote, staff) == [
            ("R03", f"decisions[{attribution.position}].amount"),
            # The charge is the sum of what was attributed before.
            ("R04", "decisions"),
            ("R42", "annexes[2]"),
            ("R42", "decisions.annex"),
        ]


def test_the_file_is_one_document_with_bookmarks_and_is_the_same_twice(staff: Actor):
    with rls.acting(staff.context):
        departement = Organisation.objects.get(key="departement-62")
        vote = prepare_deliberation(
            organisation=departement,
            date=dt.date(2023, 7, 3),
            conventions=list(Convention.objects.filter(reference__in=["62-A03", "62-A14"])),
            by=staff,
        )
        save_commission_file(
            deliberation=vote,
            data={"context": "Une phrase d'introduction.", "points": "", "visas": "la délibération n° 2021-257"}
            | {"bilan_year": 2022, "bilan_version": "publique"},
            by=staff,
        )
        found = read_commission(vote, by=staff)
        first, again = commission_pdf(found), commission_pdf(read_commission(vote, by=staff))
    assert first == again
    reader = PdfReader(BytesIO(first))
    bookmarks = [entry.title for entry in reader.outline if not isinstance(entry, list)]
    for wanted in ("Rapport du Président du Conseil départemental", "Projet de délibération"):
        assert wanted in bookmarks
    assert [title for title in bookmarks if title.startswith("Annexe")] == [
        "Annexe 1 – Bilan d’activité 2022 (version publique)",
        "Annexe 2 – Financement 2022–2023 des postes",
        "Annexe 3 – Convention 62-A03",
        "Annexe 4 – Convention 62-A14",
    ]
    text = " ".join(page.extract_text() for page in reader.pages)
    total = len(reader.pages)
    assert f"{total} / {total}" in text
    assert "Une phrase d’introduction." in text
    assert "Vu la délibération n° 2021-257" in plain([text])[0]
    # Only a convention on its own is signed in its fields.
    assert "/AcroForm" not in reader.trailer["/Root"]


def test_another_assembly_has_its_own_forms(staff: Actor):
    with rls.acting(staff.context):
        epci = Organisation.objects.get(key="ca-boulonnais")
        own = list(Convention.objects.filter(reference__in=["62-A04"]))
        vote = prepare_deliberation(organisation=epci, date=dt.date(2023, 6, 20), conventions=own, by=staff)
        save_commission_file(
            deliberation=vote,
            data={"context": "", "points": "", "visas": "", "bilan_year": 2022, "bilan_version": ""},
            by=staff,
        )
        found = read_commission(vote, by=staff)
        content = content_of(found)
    assert content["report"]["title"] == "Rapport du Président"
    assert content["deliberation"]["decides"] == "Le conseil communautaire, après en avoir délibéré, décide :"
    assert "L.5211-1" in content["deliberation"]["visas"][0]
    kinds = [decision.kind for decision in found.decisions]
    assert kinds == [
        DecisionKind.RENEWAL, DecisionKind.ATTRIBUTION, DecisionKind.AUTHORISATION, DecisionKind.IMPUTATION
    ]  # fmt: skip
    # Its bilan is that of the posts it votes on.
    assert found.bilan is not None
    assert {row.label for row in found.bilan.bilan.rows} == {"Poste ISC Boulonnais"}


def test_a_file_saved_over_anothers_is_refused(staff: Actor):
    data = {"context": "A", "points": "", "visas": "", "bilan_year": None, "bilan_version": "publique"}
    with rls.acting(staff.context):
        vote = voted()
        saved = save_commission_file(deliberation=vote, data=data, by=staff, expected=1)
        save_commission_file(deliberation=vote, data=data | {"context": "B"}, by=staff, expected=saved.lock_version)
        with pytest.raises(Conflict):
            save_commission_file(deliberation=vote, data=data | {"context": "C"}, by=staff, expected=saved.lock_version)
        assert CommissionFile.objects.get(deliberation=vote).context == "B"


def test_pages_prepare_show_write_and_produce(staff: Actor, jobs, client, django_capture_on_commit_callbacks):
    client.force_login(staff.user)
    with rls.acting(staff.context):
        body = Organisation.objects.get(key="departement-62")
        chosen = Convention.objects.get(reference="62-A14")
    data = {"organisation": body.pk, "date": "2023-07-03", "conventions": [chosen.pk]}
    refused = client.post(reverse("commission-prepare"), data | {"conventions": []})
    assert refused.status_code == 422
    assert "Choisissez au moins une convention." in refused.content.decode()
    page = client.post(reverse("commission-prepare"), data, follow=True)
    text = plain([page.content.decode()])[0]
    assert page.status_code == 200
    assert "Les chiffres et les annexes concordent" in text
    assert "une participation de 11 221,00 €" in text
    with rls.acting(staff.context):
        vote = Deliberation.objects.get(number="", organisation=body)
    url = reverse("commission", args=[vote.uuid])
    kept = client.post(url, {"context": "Voici.", "bilan_year": "2022", "bilan_version": "", "lock_version": "1"})
    assert kept.status_code == 302
    with django_capture_on_commit_callbacks(execute=True):
        started = client.post(reverse("commission-produce", args=[vote.uuid]))
    assert started.status_code == 302
    with django_capture_on_commit_callbacks(execute=True):
        jobs.run()
    with rls.acting(staff.context):
        job = Job.objects.get(kind="commission.dossier")
    assert (job.state, job.result_name) == (JobState.DONE, f"dossier-{vote.key}.pdf")
    answer = client.get(reverse("job-file", args=[job.uuid]))
    assert b"".join(answer.streaming_content if answer.streaming else [answer.content])[:5] == b"%PDF-"


def test_after_the_vote_its_facts_are_entered_once_and_found_everywhere(staff: Actor):
    with rls.acting(staff.context):
        departement = Organisation.objects.get(key="departement-62")
        convention = Convention.objects.get(reference="62-A14")
        party = convention.parties.get(organisation=departement)
        party.deliberation = None
        party.save()
        vote = prepare_deliberation(
            organisation=departement, date=dt.date(2024, 1, 8), conventions=[convention], by=staff
        )
        before = content_of(read_commission(vote, by=staff))
        assert (before["cover"]["number"], before["cover"]["draft"]) == ("Projet de délibération", True)
        held = {"number": "2024-17", "date": dt.date(2024, 1, 15), "present": 30, "delegations": 4}
        held |= {"votes_for": 34, "votes_against": 0, "abstentions": 0}
        save_deliberation(deliberation=vote, data=held, by=staff)
        content = content_of(read_commission(vote, by=staff))
        assert (content["cover"]["number"], content["cover"]["draft"]) == ("Délibération n° 2024-17", False)
        assert "15 janvier 2024" in content["cover"]["session"]
        assert content["deliberation"]["vote"].startswith("Présents : 30 ; pouvoirs : 4 ; pour : 34")
        # In the convention the vote allows, too: its recitals and the designation of the party.
        assert convention.is_editable
        text = str(preview_content(convention).content)
        assert text.count("n° 2024-17") == 2


def test_command(staff: Actor, tmp_path, capsys):
    file = tmp_path / "dossier.pdf"
    with rls.acting(staff.context):
        departement = Organisation.objects.get(key="departement-62")
        prepare_deliberation(
            organisation=departement,
            date=dt.date(2024, 1, 8),
            conventions=list(Convention.objects.filter(reference="62-A14")),
            by=staff,
        )
    call_command("commission_dossier", deliberation="departement-62-2024-01-08", output=file, territory="62")
    assert file.read_bytes()[:5] == b"%PDF-"
    assert "4 articles, 2 annexes" in capsys.readouterr().out
    with pytest.raises(CommandError, match="inconnue") as refused:
        call_command("commission_dossier", deliberation="nulle", output=file, territory="62")
    assert refused.value.returncode == 2
