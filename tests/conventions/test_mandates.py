"""Who may sign, on which day, in whose name; acts older than the software; deliberations."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.urls import reverse

from conventions import services
from conventions.enforceability import enforceability
from conventions.models import Convention, Deliberation, DeliberationFile, Signatory, SigningDelegation
from conventions.services.deliberations import attached_bytes
from conventions.text import preview_content
from core.errors import BusinessError, InvalidInput
from parties.enums import Capacity
from parties.models import Mandate
from tests.cast import YEAR, Cast
from tests.conventions.pages import approved, in_signature, make_draft, submitted, vote

pytestmark = pytest.mark.django_db

#: Between the approval of ``pages.approved`` (20 January) and today.
DAY = dt.date(YEAR, 3, 2)
PDF = b"%PDF-1.7\nvote\n%%EOF\n"


def mandate(cast: Cast, name: str, *, capacity: str = Capacity.ELECTED, **dates) -> Mandate:
    """Somebody else of EPCI A, in office before its representative. Inside ``cast.acting("gestionnaire")``."""
    dates.setdefault("start", dt.date(YEAR - 4, 1, 1))
    return Mandate.objects.create(
        organisation=cast.org["epci_a"], key=name, person=f"Dominique {name.capitalize()}", function="vice-présidente",
        capacity=capacity, gender="f", **dates,
    )  # fmt: skip


def delegation(cast: Cast, delegate: Mandate, **changes) -> SigningDelegation:
    data = {
        "organisation": cast.org["epci_a"],
        "delegator": cast.mandate["epci_a"],
        "delegate": delegate,
        "number": "2026-4",
        "date": dt.date(YEAR, 1, 5),
        "scope": "Conventions de partenariat",
        "start": dt.date(YEAR, 1, 10),
        "end": None,
    }
    return services.save_delegation(delegation=SigningDelegation(), data=data | changes, by=cast.actor("gestionnaire"))


def of_epci(convention: Convention) -> Signatory:
    return convention.signatories.get(party__organisation__key="epci-a")


def sign(cast: Cast, convention: Convention, signatory: Signatory, day: dt.date = DAY):
    return services.record_signature(
        convention=convention, signatory=signatory, signed_on=day, by=cast.actor("gestionnaire")
    )


def signed_by(cast: Cast, delegate: Mandate, held: SigningDelegation | None) -> Convention:
    """The convention in signature, the EPCI's signature being ``delegate``'s. As the gestionnaire."""
    draft = make_draft(cast)
    vote(cast, draft)
    by = cast.actor("gestionnaire")
    draft.refresh_from_db()
    services.save_signatory(
        party=draft.parties.get(organisation=cast.org["epci_a"]), signatory=of_epci(draft), mandate=delegate,
        delegation=held, by=by,
    )  # fmt: skip
    services.submit_convention(convention=draft, by=by)
    with time_machine.travel(dt.datetime(YEAR, 1, 20, 9, tzinfo=dt.UTC)), cast.acting("instructeur"):
        services.approve_convention(convention=draft, by=cast.actor("instructeur"))
    return services.start_signature(convention=draft, by=by)


# --- The day of a signature -------------------------------------------------------------------------------------------


def test_a_signature_is_not_dated_before_the_approval_even_once_in_force(cast: Cast):
    convention = in_signature(cast)
    with cast.acting("gestionnaire"):
        with pytest.raises(InvalidInput, match="approuvé le 20 janvier 2026"):
            sign(cast, convention, of_epci(convention), dt.date(YEAR, 1, 19))
        assert sign(cast, convention, of_epci(convention), dt.date(YEAR, 1, 20)).signed_on == dt.date(YEAR, 1, 20)


def test_somebody_else_than_the_representative_needs_a_delegation(cast: Cast):
    with cast.acting("gestionnaire"):
        convention = signed_by(cast, mandate(cast, "adjointe"), None)
        with pytest.raises(InvalidInput, match="enregistrez la délégation"):
            sign(cast, convention, of_epci(convention))


def test_a_signature_by_delegation_says_on_whose_behalf(cast: Cast):
    with cast.acting("gestionnaire"):
        deputy = mandate(cast, "adjointe")
        convention = signed_by(cast, deputy, delegation(cast, deputy))
        signatory = of_epci(convention)
        printed = convention.versions.get().content["signatories"]
        mention = next(block["mention"] for block in printed if block["uuid"] == str(signatory.uuid))
        assert mention == "Pour la représentante légale et par délégation (arrêté 2026-4 du 5 janvier 2026)"
        assert sign(cast, convention, signatory).signatory.delegation.delegator == cast.mandate["epci_a"]


@pytest.mark.parametrize(("changes", "message"), [
    ({"end": dt.date(YEAR, 2, 1)}, "La délégation de Dominique Adjointe .* ne couvre pas"),
    ({"date": dt.date(YEAR, 5, 1), "start": dt.date(YEAR, 5, 1)}, "ne couvre pas"),
])  # fmt: skip
def test_a_delegation_covers_the_day_or_nothing_is_signed(cast: Cast, changes, message):
    with cast.acting("gestionnaire"):
        deputy = mandate(cast, "adjointe")
        convention = signed_by(cast, deputy, delegation(cast, deputy, **changes))
        with pytest.raises(InvalidInput, match=message):
            sign(cast, convention, of_epci(convention))


def test_a_delegation_falls_with_the_mandate_of_who_gave_it(cast: Cast):
    with cast.acting("gestionnaire"):
        deputy = mandate(cast, "adjointe")
        convention = signed_by(cast, deputy, delegation(cast, deputy))
        Mandate.objects.filter(pk=cast.mandate["epci_a"].pk).update(end=dt.date(YEAR, 2, 28))
        with pytest.raises(InvalidInput, match="tombe avec son mandat"):
            sign(cast, convention, of_epci(convention))
        assert sign(cast, convention, of_epci(convention), dt.date(YEAR, 2, 28))


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"start": dt.date(YEAR, 1, 1)}, "start"),
        ({"end": dt.date(YEAR, 1, 2)}, "end"),
        ({"delegator": "prefecture"}, "delegator"),
    ],
)
def test_a_delegation_that_does_not_hold_together_is_refused(cast: Cast, changes, place):
    with cast.acting("gestionnaire"):
        if "delegator" in changes:
            changes = {"delegator": cast.mandate[changes["delegator"]]}
        with pytest.raises(InvalidInput) as refused:
            delegation(cast, mandate(cast, "adjointe"), **changes)
        assert refused.value.place == place
        with pytest.raises(InvalidInput, match="à soi-même"):
            delegation(cast, cast.mandate["epci_a"])


def test_a_delegation_somebody_signed_under_only_ends(cast: Cast):
    with cast.acting("gestionnaire"):
        deputy = mandate(cast, "adjointe")
        held = delegation(cast, deputy)
        convention = signed_by(cast, deputy, held)
        sign(cast, convention, of_epci(convention))
        by = cast.actor("gestionnaire")
        with pytest.raises(BusinessError, match="seule sa fin"):
            services.save_delegation(delegation=held, data={"number": "2026-5"}, by=by)
        held.refresh_from_db()
        services.save_delegation(delegation=held, data={"end": dt.date(YEAR, 12, 31)}, by=by)


def test_an_organisation_that_signs_twice_needs_both_signatories_and_both_signatures(cast: Cast):
    by = cast.actor("gestionnaire")
    with cast.acting("gestionnaire"):
        services.set_practice(organisation=cast.org["epci_a"], double_signature=True, by=by)
        draft = make_draft(cast)
        vote(cast, draft)
        draft.refresh_from_db()
        services.submit_convention(convention=draft, by=by)
    with time_machine.travel(dt.datetime(YEAR, 1, 20, 9, tzinfo=dt.UTC)), cast.acting("instructeur"):
        services.approve_convention(convention=draft, by=cast.actor("instructeur"))
    with cast.acting("gestionnaire"):
        with pytest.raises(BusinessError, match="il manque un responsable administratif"):
            services.start_signature(convention=draft, by=by)
        services.reopen_convention(convention=draft, reason="Second signataire.", by=by)
        services.save_signatory(
            party=draft.parties.get(organisation=cast.org["epci_a"]), delegation=None, by=by,
            mandate=mandate(cast, "directrice", capacity=Capacity.ADMINISTRATIVE),
        )  # fmt: skip
        services.submit_convention(convention=draft, by=by)
    with time_machine.travel(dt.datetime(YEAR, 1, 21, 9, tzinfo=dt.UTC)), cast.acting("instructeur"):
        services.approve_convention(convention=draft, by=cast.actor("instructeur"))
    with cast.acting("gestionnaire"):
        services.start_signature(convention=draft, by=by)
        *others, last = draft.signatories.order_by("position")
        for signatory in others:
            sign(cast, draft, signatory)
        draft.refresh_from_db()
        assert draft.status == "en_signature"
        sign(cast, draft, last)
        draft.refresh_from_db()
        assert draft.status == "signee"


def test_changing_the_first_signatory_of_a_party_keeps_the_second(cast: Cast):
    by = cast.actor("gestionnaire")
    with cast.acting("gestionnaire"):
        draft = make_draft(cast)
        party = draft.parties.get(organisation=cast.org["epci_a"])
        second, third = mandate(cast, "directrice"), mandate(cast, "adjointe")
        row = services.save_signatory(party=party, mandate=second, delegation=None, by=by)
        services.save_party(
            party=party,
            roles=party.roles,
            representative=party.representative,
            signatory=third,
            deliberation=None,
            by=by,
        )
        assert [s.mandate for s in party.signatories.order_by("position")] == [third, second]
        services.remove_signatory(signatory=row, by=by)
        with pytest.raises(BusinessError, match="plus de signataire"):
            services.remove_signatory(signatory=party.signatories.get(), by=by)


# --- Acts older than the software -------------------------------------------------------------------------------------


def test_an_older_act_is_taken_over_with_its_date_and_says_so(cast: Cast):
    day = dt.date(YEAR - 1, 7, 3)
    by = cast.actor("gestionnaire")
    with cast.acting("gestionnaire"):
        draft = make_draft(cast)
        vote(cast, draft, published=dt.date(YEAR, 1, 12))
        draft.refresh_from_db()
        version = services.take_over_convention(
            convention=draft, approved_on=day, source="Délibération 12, annexe 3", by=by
        )
        assert version.approved_at.date() == day
        assert version.taken_from == "Délibération 12, annexe 3"
        last = draft.transitions.last()
        assert (last.act, last.to_status) == ("take_over", "approuvee")
        assert last.reason == f"Délibération 12, annexe 3 (texte approuvé le 3 juillet {YEAR - 1})"
        services.start_signature(convention=draft, by=by)
        sign(cast, draft, of_epci(draft), dt.date(YEAR, 1, 13))


@pytest.mark.parametrize(("day", "source", "message"), [
    (None, "Délibération 12", "se soumet à la préfecture"), (dt.date(2023, 7, 3), " ", "Citez l'acte"),
])  # fmt: skip
def test_taking_over_is_no_way_round_the_prefecture(cast: Cast, day, source, message):
    with cast.acting("gestionnaire"):
        draft = make_draft(cast)
        came = cast.territory["here"].created_at.date()
        with pytest.raises(InvalidInput, match=message):
            services.take_over_convention(
                convention=draft, approved_on=day or came, source=source, by=cast.actor("gestionnaire")
            )


def test_what_was_submitted_here_is_not_taken_over(cast: Cast):
    convention = submitted(cast)
    with cast.acting("instructeur"):
        services.send_back_convention(convention=convention, reason="À revoir.", by=cast.actor("instructeur"))
    with cast.acting("gestionnaire"), pytest.raises(BusinessError, match="c'est elle qui l'approuve"):
        services.take_over_convention(
            convention=convention, approved_on=dt.date(2023, 7, 3), source="Acte", by=cast.actor("gestionnaire")
        )


# --- Deliberations ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("transmitted", "published", "words"), [
    (None, None, "Pas exécutoire : manquent la date de transmission au préfet et la date de publication."),
    (dt.date(2026, 1, 15), None, "Pas exécutoire : manque la date de publication."),
    (dt.date(2026, 1, 15), dt.date(2026, 1, 20), "Exécutoire depuis le 20 janvier 2026."),
    (dt.date(2026, 1, 15), dt.date(2026, 6, 1), "Exécutoire à partir du 1er juin 2026."),
])  # fmt: skip
@pytest.mark.parametrize(("body", "article"), [("epci_a", "CGCT L.2131-1"), ("departement", "CGCT L.3131-1")])
def test_a_deliberation_says_since_when_or_why_not(cast: Cast, transmitted, published, words, body, article):
    row = Deliberation(
        organisation=cast.org[body], date=dt.date(2026, 1, 12), transmitted_on=transmitted, published_on=published
    )
    state = enforceability(row)
    assert state.words(DAY) == words
    assert state.source == article
    assert state.on(DAY) is row.enforceable_on(DAY)


def test_dates_under_a_signature_stay_enforceable_that_day(cast: Cast):
    convention = in_signature(cast)
    with cast.acting("gestionnaire"):
        sign(cast, convention, of_epci(convention))
        voted = of_epci(convention).party.deliberation
        with pytest.raises(BusinessError, match="n'était pas exécutoire ce jour-là"):
            services.save_deliberation(
                deliberation=voted, data={"published_on": dt.date(YEAR, 4, 1)}, by=cast.actor("gestionnaire")
            )


@pytest.fixture
def voted(cast: Cast) -> Deliberation:
    with cast.acting("gestionnaire"):
        return Deliberation.objects.create(
            organisation=cast.org["departement"], number="2026-1", date=dt.date(YEAR, 1, 12)
        )


def test_votes_do_not_exceed_members_and_proxies(cast: Cast, voted):
    browser = cast.client("gestionnaire")
    url = reverse("deliberation-edit", args=[voted.uuid])
    data = {"number": "2026-1", "date": f"{YEAR}-01-12", "present": 33, "delegations": 10, "votes_for": 44}
    refused = browser.post(url, data)
    assert refused.status_code == 422
    assert "44 votes et abstentions pour 33 présents et 10 pouvoirs" in refused.content.decode()
    assert browser.post(url, data | {"votes_for": 43}).status_code == 302


def test_decisions_are_kept_article_by_article(cast: Cast, voted):
    browser = cast.client("gestionnaire")
    url = reverse("deliberation-decisions", args=[voted.uuid])
    data = {
        "position": 3, "kind": "attribution", "amount": "12 220,00", "beneficiary": cast.org["association"].pk,
        "conventions": [cast.convention["a"].pk],
    }  # fmt: skip
    assert browser.post(url, data).status_code == 302
    assert "déjà un article 3" in browser.post(url, data).content.decode()
    assert browser.post(f"{url}?article=3", data | {"amount": "12 300"}).status_code == 302
    with cast.acting("gestionnaire"):
        decision = voted.decisions.get()
        assert (decision.amount, list(decision.conventions.all())) == (Decimal(12300), [cast.convention["a"]])
    page = browser.get(voted.get_absolute_url()).content.decode()
    assert "62-A<" in page
    browser.post(reverse("deliberation-decision-remove", args=[voted.uuid]), {"article": "3"})
    with cast.acting("gestionnaire"):
        assert not voted.decisions.exists()


def test_the_document_is_attached_kept_and_read_by_those_who_read_the_vote(cast: Cast, voted):
    browser = cast.client("gestionnaire")
    attach, read = (reverse(f"deliberation-{name}", args=[voted.uuid]) for name in ("attach", "file"))
    assert "joint à cette délibération" in browser.get(read, follow=True).content.decode()
    for content in (PDF, PDF, PDF + b"2"):
        browser.post(attach, {"document": SimpleUploadedFile("vote.pdf", content)})
    with cast.acting("gestionnaire"):
        assert [attached_bytes(file) for file in voted.files.order_by("pk")] == [PDF, PDF + b"2"]
        with pytest.raises(DatabaseError, match="ajoutez-en un"), transaction.atomic():
            DeliberationFile.objects.filter(deliberation=voted).update(filename="autre.pdf")
    answer = browser.get(read)
    assert (answer["Content-Type"], answer.content) == ("application/pdf", PDF + b"2")
    assert cast.client("instructeur").get(read).content == PDF + b"2"
    assert cast.client("finances_a").get(read).status_code == 404
    refused = browser.post(attach, {"document": SimpleUploadedFile("vote.pdf", b"du texte")}, follow=True)
    assert "pas un fichier PDF lisible" in refused.content.decode()


def test_approved_text_names_the_delegation_only_when_there_is_one(cast: Cast):
    convention = approved(cast)
    with cast.acting("gestionnaire"):
        assert {block["mention"] for block in preview_content(convention).content["signatories"]} == {""}
