"""The « état prévisionnel »: numbered, made once, the same bytes for ever, read by its body and by nobody else."""

from __future__ import annotations

import hashlib
import io
import json
from decimal import Decimal

import pytest
from django.core.files.storage import default_storage
from django.db import Error, connection, transaction
from django.urls import reverse
from pypdf import PdfReader

from core.errors import BusinessError, InvalidInput, NotAllowed
from funding.models import Share
from reporting.forecast.documents import data_bytes, render_forecast
from reporting.models import ForecastStatement
from reporting.services_documents import storage_name
from reporting.services_forecast import issue_forecast, statement_bytes
from tests.cast import YEAR, Cast

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_storage(settings, tmp_path):
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}}
    }


@pytest.fixture
def issued(cast: Cast) -> ForecastStatement:
    with cast.acting("gestionnaire"):
        return issue_forecast(debtor=cast.org["epci_b"], first_year=YEAR, by=cast.actor("gestionnaire"))


def test_cited_later_it_gives_the_same_bytes_whatever_changed(cast: Cast, issued: ForecastStatement):
    by = cast.actor("gestionnaire")
    with cast.acting("gestionnaire"):
        first = statement_bytes(issued)
        Share.objects.filter(plan=cast.plan["c"], financer=cast.org["epci_b"]).update(amount=Decimal(1))
        cast.org["epci_b"].name = "CA renommée"
        cast.org["epci_b"].save()
        assert statement_bytes(ForecastStatement.objects.get(pk=issued.pk)) == first
        default_storage.delete(storage_name(issued.sha256))
        again = statement_bytes(ForecastStatement.objects.get(pk=issued.pk))
        assert again == first, "rendered again from what was kept"
        later = issue_forecast(debtor=cast.org["epci_b"], first_year=YEAR, by=by)
    assert (issued.number, later.number) == (f"EP-62-{issued.year}-0001", f"EP-62-{issued.year}-0002")
    assert later.sha256 != issued.sha256
    assert hashlib.sha256(first).hexdigest() == issued.sha256


def test_asked_again_with_nothing_changed_it_is_the_same_statement(cast: Cast, issued: ForecastStatement):
    with cast.acting("gestionnaire"):
        by = cast.actor("gestionnaire")
        assert issue_forecast(debtor=cast.org["epci_b"], first_year=YEAR, by=by) == issued
        assert issue_forecast(debtor=cast.org["epci_b"], first_year=YEAR - 1, by=by) != issued
        assert ForecastStatement.objects.count() == 2


def test_the_document_says_its_figures_and_carries_its_data(cast: Cast, issued: ForecastStatement):
    with cast.acting("gestionnaire"):
        reader = PdfReader(io.BytesIO(statement_bytes(issued)))
    text = " ".join(page.extract_text() for page in reader.pages).replace("\u202f", " ").replace("\u00a0", " ")
    assert issued.number in text
    assert "16 000,00 €" in text
    attached = {name: files[0] for name, files in reader.attachments.items()}
    assert set(attached) == {f"{issued.number}.json", f"{issued.number}.csv"}
    data = attached[f"{issued.number}.json"]
    digest = hashlib.sha256(data).hexdigest()
    assert digest == issued.data_sha256
    assert digest in text.replace(" ", "").replace("\n", "")
    assert data == data_bytes(issued.content)
    (line,) = [line for year in json.loads(data)["years"] for line in year["lines"]]
    assert (line["due"], line["conventions"], line["state_code"]) == ("16000.00", "62-C", "engage")
    assert b"16000,00" in attached[f"{issued.number}.csv"]


def test_who_may_issue_and_for_whom(cast: Cast):
    for person in ("finances_a", "finances_b", "instructeur"):
        with cast.acting(person), pytest.raises(NotAllowed):
            issue_forecast(debtor=cast.org["epci_b"], first_year=YEAR, by=cast.actor(person))
    with cast.acting("gestionnaire"):
        by = cast.actor("gestionnaire")
        with pytest.raises(BusinessError, match="ne doit rien"):
            issue_forecast(debtor=cast.org["association"], first_year=YEAR, by=by)
        with pytest.raises(InvalidInput):
            issue_forecast(debtor=cast.org["epci_b"], first_year=1, by=by)
        with pytest.raises(InvalidInput):
            issue_forecast(debtor=cast.org["epci_there"], first_year=YEAR, by=by)
        assert not ForecastStatement.objects.exists()


def test_only_its_body_and_the_managers_read_it(cast: Cast, issued: ForecastStatement):
    page, pdf = issued.get_absolute_url(), reverse("forecast-statement-pdf", args=[issued.uuid])
    for person, status in [("gestionnaire", 200), ("finances_b", 200), ("finances_a", 404), ("partenaire", 404)]:
        client = cast.client(person)
        assert (client.get(page).status_code, client.get(pdf).status_code) == (status, status), person
        assert (issued.number in client.get(reverse("forecast-statements")).text) == (status == 200), person
    with cast.acting("finances_a"), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM reporting_forecaststatement")
        assert cursor.fetchone() == (0,)


def test_it_is_never_changed_nor_removed(cast: Cast, issued: ForecastStatement):
    with cast.acting("gestionnaire"):
        for statement in (
            "UPDATE reporting_forecaststatement SET number = 'X'",
            "DELETE FROM reporting_forecaststatement",
        ):
            with pytest.raises(Error, match="ne se modifie"), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)


def test_a_file_that_is_no_longer_the_one_issued_is_refused(cast: Cast, issued: ForecastStatement, monkeypatch):
    monkeypatch.setattr("reporting.services_forecast.kept_bytes", lambda digest: None)
    monkeypatch.setattr("reporting.services_forecast.render_forecast", lambda **_: b"another version of the renderer")
    with cast.acting("gestionnaire"), pytest.raises(BusinessError, match="sauvegarde"):
        statement_bytes(issued)
    answer = cast.client("finances_b").get(reverse("forecast-statement-pdf", args=[issued.uuid]))
    assert answer.status_code == 302


def test_the_page_compares_a_digest(cast: Cast, issued: ForecastStatement):
    client, url = cast.client("finances_b"), issued.get_absolute_url()
    assert "à l’octet près" in client.get(url, {"empreinte": issued.sha256.upper()}).text
    assert "les données de cet état" in client.get(url, {"empreinte": issued.data_sha256}).text
    assert "a été modifiée" in client.get(url, {"empreinte": "0" * 64}).text


def test_issued_from_the_page(cast: Cast):
    client = cast.client("gestionnaire")
    page = client.get(reverse("forecast"), {"annee": YEAR, "debiteur": str(cast.org["epci_b"].uuid)}).text
    assert "Établir l’état" in page
    sent = {"debiteur": str(cast.org["epci_b"].uuid), "annee": str(YEAR)}
    answer = client.post(reverse("forecast-issue"), sent, follow=True)
    assert "peut être cité" in answer.text
    refused = client.post(reverse("forecast-issue"), sent | {"annee": "abc"}, follow=True)
    assert "Indiquez une année" in refused.text


def test_same_content_and_date_same_bytes(cast: Cast, issued: ForecastStatement):
    once, twice = (render_forecast(content=issued.content, issued_at=issued.issued_at) for _ in range(2))
    assert once == twice
    assert once.startswith(b"%PDF-1.7")
