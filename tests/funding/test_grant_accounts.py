"""The compte rendu financier: planned from the plan, realised by the association, certified, reviewed, then fixed."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from core.errors import BusinessError, Conflict, InvalidInput, NotAllowed
from funding import grant_forms
from funding.enums_grants import AccountStatus
from funding.grants import accounts_due
from funding.models import GrantAccount
from funding.services import grant_accounts as services
from funding.services.grant_accounts import Entry
from tests.cast import YEAR, Cast
from tests.funding.grant_world import finances_of, grants_of

DAY = dt.date(YEAR, 11, 2)


def begun(cast: Cast) -> GrantAccount:
    grants_of(cast)
    with cast.acting("employeur_d"):
        return services.open_account(plan=cast.plan["v"], by=cast.actor("employeur_d"))


def typed(cast: Cast, account: GrantAccount, *, payroll: str = "33663", why: str = "") -> GrantAccount:
    entries = {}
    for line in account.lines.all():
        if line.code == "64":
            entries[str(line.uuid)] = Entry(Decimal(payroll), why)
        elif line.planned:
            entries[str(line.uuid)] = Entry(line.planned)
    return services.save_account(
        account=account, entries=entries, narrative="412 personnes reçues.", expected=account.version,
        by=cast.actor("employeur_d"),
    )  # fmt: skip


def handed_in(cast: Cast) -> GrantAccount:
    account = begun(cast)
    with cast.acting("employeur_d"):
        account = typed(cast, account)
        return services.submit_account(
            account=account, mandate=cast.mandate["association"], certified_on=DAY, by=cast.actor("employeur_d")
        )


def test_planned_comes_from_the_plan_and_balances(cast: Cast):
    account = begun(cast)
    with cast.acting("employeur_d"):
        planned = {(line.code, line.financer_id): line.planned for line in account.lines.all() if line.planned}
        assert planned == {
            ("64", None): Decimal(33663),
            **{("74", cast.org[key].pk): Decimal(11221) for key in ("prefecture", "departement", "epci_b")},
        }
        assert services.open_account(plan=cast.plan["v"], by=cast.actor("employeur_d")).pk == account.pk
        [due] = accounts_due(cast.actor("employeur_d"))
        assert due.due_on == dt.date(YEAR + 1, 6, 30)
        assert not due.is_late(dt.date(YEAR + 1, 6, 30))
        assert due.is_late(dt.date(YEAR + 1, 7, 1))


def test_a_gap_over_the_threshold_must_be_explained(cast: Cast):
    account = begun(cast)
    with cast.acting("employeur_d"):
        account = typed(cast, account, payroll="30296.70")  # exactly 10 % less: nothing to explain
        assert services.obstacles(account) == []
        account = typed(cast, account, payroll="30296.69")
        [message] = services.obstacles(account)
        assert "Expliquez l'écart" in message
        with pytest.raises(BusinessError, match="pas complet"):
            services.submit_account(
                account=account, mandate=cast.mandate["association"], certified_on=DAY, by=cast.actor("employeur_d")
            )
        assert services.obstacles(typed(cast, account, payroll="30296.69", why="Poste vacant en mai")) == []


def test_only_the_association_types_it_and_one_at_a_time(cast: Cast):
    account = begun(cast)
    with cast.acting("gestionnaire"), pytest.raises(NotAllowed):
        services.save_account(account=account, entries={}, narrative="", expected=1, by=cast.actor("gestionnaire"))
    with cast.acting("employeur_d"), pytest.raises(Conflict):
        services.save_account(account=account, entries={}, narrative="", expected=7, by=cast.actor("employeur_d"))
    with cast.acting("employeur_d"), pytest.raises(InvalidInput, match="ne représente pas"):
        services.submit_account(
            account=typed(cast, account), mandate=cast.mandate["epci_b"], certified_on=DAY, by=cast.actor("employeur_d")
        )


def test_it_is_accepted_once_every_financer_has(cast: Cast):
    account = handed_in(cast)
    for name in (finances_of(cast, "prefecture"), finances_of(cast, "departement")):
        with cast.acting(name):
            services.review_account(account=account, accept=True, by=cast.actor(name))
            assert GrantAccount.objects.get().status == AccountStatus.SOUMIS
    with cast.acting("finances_b"):
        services.review_account(account=account, accept=True, by=cast.actor("finances_b"))
        assert GrantAccount.objects.get().status == AccountStatus.ACCEPTE
    with cast.acting("gestionnaire"):
        for change in ({"narrative": "x"}, {"status": AccountStatus.RENVOYE}):
            with pytest.raises(DatabaseError, match="ne se modifie pas"), transaction.atomic():
                GrantAccount.objects.update(**change)
        with pytest.raises(DatabaseError, match="ne se modifie pas"), transaction.atomic():
            account.lines.update(realised=1)


def test_one_sent_back_is_taken_up_again_and_needs_every_acceptance_anew(cast: Cast):
    account, by = handed_in(cast), cast.actor("finances_b")
    with cast.acting("finances_b"):
        services.review_account(account=account, accept=True, by=by)
    name = finances_of(cast, "departement")
    with cast.acting(name):
        with pytest.raises(InvalidInput):
            services.review_account(account=account, accept=False, by=cast.actor(name))
        services.review_account(account=account, accept=False, reason="Le 62 manque", by=cast.actor(name))
    with cast.acting("employeur_d"):
        again = GrantAccount.objects.get()
        assert again.status == AccountStatus.RENVOYE
        services.submit_account(
            account=again, mandate=cast.mandate["association"], certified_on=DAY, by=cast.actor("employeur_d")
        )
        assert services.accepted_by(GrantAccount.objects.get()) == []
    with cast.acting("finances_a"):
        assert not GrantAccount.objects.exists()
    with cast.acting("gestionnaire"):
        services.review_account(account=account, accept=True, by=cast.actor("gestionnaire"))
        assert GrantAccount.objects.get().status == AccountStatus.ACCEPTE


def test_the_forms_hold_what_is_known_and_list_the_rest(cast: Cast):
    grants_of(cast)
    with cast.acting("employeur_d"):
        data = grant_forms.form_data(cast.plan["v"], grant_forms.REQUEST)
        values = {(f.section, f.label): f.value for f in data.fields}
        assert values["Montant demandé", "Département du Pas-de-Calais"] == Decimal(11221)
        assert values["Représentant légal", "Nom et prénom"] == "Camille Association"
        assert data.total("charges") == data.total("produits") == Decimal(33663)
        missing = {f.label for f in data.missing}
        assert {"Numéro SIRET", "Téléphone et courriel", "Relevé d'identité bancaire"} <= missing
        told = grant_forms.as_json(data)
        assert (told["formulaire"], told["total_charges"]) == ("12156*06", "33663.00")
        with pytest.raises(LookupError):
            grant_forms.form_data(cast.plan["v"], "autre")


def test_pages_of_the_association_and_of_a_financer(cast: Cast):
    grants = grants_of(cast)
    employer, payer = cast.client("employeur_d"), cast.client("finances_b")
    assert "Subventions" in employer.get(reverse("home")).text
    opened = employer.post(reverse("grant-accounts-open"), {"plan": cast.plan["v"].uuid}, follow=True)
    assert "Saisir le compte rendu" in opened.text
    form = opened.context["form"]
    data = {"version": 1, "narrative": "Bilan"} | {
        f"realised-{line.uuid}": "33 663" if line.code == "64" else "douze" for line in form.lines if line.planned
    }
    address = reverse("grant-account-edit", args=[opened.context["account"].uuid])
    refused = employer.post(address, data)
    assert refused.status_code == 422
    assert 'value="33 663"' in refused.text
    assert 'value="douze"' in refused.text
    url = reverse("grant-pay", args=[grants["epci_b"].uuid])
    with cast.acting("finances_b"):
        instalment = grants["epci_b"].instalments.get().uuid
    line = {"instalment": instalment, "amount": "5 000,01", "paid_on": "2026-03-02", "number": "77"}
    assert payer.post(url, line | {"amount": "99 999"}).status_code == 422
    assert "5\u202f000,01" in payer.post(url, line, follow=True).text
    assert payer.get(reverse("grant", args=[grants["departement"].uuid])).status_code == 404
    assert employer.post(url, line).status_code == 403
