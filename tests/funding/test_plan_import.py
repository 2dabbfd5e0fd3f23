"""Plans by spreadsheet: what is exported comes back unchanged, mistakes are located, all or nothing is written."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from funding.adapter import data_of
from funding.enums import PlanStatus
from funding.models import FundingPlan, PlanEvent
from funding.plan_sheets.importing import apply, plans_file, review, table_of
from funding.plan_sheets.layout import COLUMNS
from parties.enums import JobState
from parties.models import Job
from tests.cast import YEAR, Cast
from tests.funding.table_world import sixteen, texts, two
from tests.jobs import Jobs

URL = reverse("plans-import")
NAMES = [column.header for column in COLUMNS]


@pytest.fixture
def client(cast: Cast) -> Client:
    return cast.client("gestionnaire")


def csv_rows(client: Client) -> list[dict[str, str]]:
    content = client.get(reverse("plans-rows", args=["csv"])).content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(content, newline=""), delimiter=";"))


def csv_of(rows: list[dict[str, str]]) -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, NAMES, delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue().encode("utf-8-sig")


def sent(client: Client, content: bytes, name: str = "plans.csv") -> Any:
    return client.post(URL, {"file": SimpleUploadedFile(name, content)})


def agreed(page: Any) -> str:
    from lxml import html

    [field] = html.fromstring(page.content.decode()).xpath("//input[@name='agreed']/@value")
    return field


def state(cast: Cast) -> list[Any]:
    with cast.acting("gestionnaire"):
        plans = FundingPlan.objects.order_by("pk")
        return [
            (p.key, p.version, data_of(p), list(p.shares.order_by("pk").values_list("pk", "amount"))) for p in plans
        ]


def table(content: bytes, name: str = "plans.csv") -> Any:
    return table_of(filename=name, content=content)


def test_what_is_exported_comes_back_without_a_change(cast: Cast, client: Client):
    sixteen(cast)
    two(cast)
    before = state(cast)
    for file_format in ("csv", "xlsx"):
        content = client.get(reverse("plans-rows", args=[file_format])).content
        page = sent(client, content, f"plans.{file_format}")
        assert page.status_code == 200, texts(page)[:2000]
        assert "il n’y a rien à changer" in texts(page)
        assert 'name="agreed"' not in page.content.decode()
    assert state(cast) == before


def test_a_new_plan_and_a_changed_one_are_shown_then_written_once(cast: Cast, client: Client, jobs: Jobs):
    plan = two(cast)
    rows = [row for row in csv_rows(client) if row["plan"] == plan.key]
    state_row = next(row for row in rows if row["repère"] == "etat")
    new = [
        row | {"plan": "deux-2027", "année": str(YEAR + 1), "du": "", "au": "", "libellé du plan": "Deux – 2027"}
        for row in rows
    ]
    state_row["montant"] = "21 000,50 €"
    state_row["note"] = "Avenant n° 1"
    content = csv_of(rows + new)
    page = sent(client, content)
    words = texts(page)
    assert page.status_code == 200, words
    assert "montant fixe = 20 045,00 €" in words
    assert "montant fixe = 21 000,50 € (note : Avenant n° 1)" in words
    # The employer's remainder moves too, though no cell of its row changed.
    assert "reste = 24 955,00 €" in words
    assert "reste = 23 999,50 €" in words
    agreement = agreed(page)
    assert client.post(URL, {"agreed": agreement}).status_code == 302
    with cast.acting("gestionnaire"):
        fresh = FundingPlan.objects.get(pk=plan.pk)
        assert (fresh.version, fresh.shares.get(ref="etat").amount) == (2, Decimal("21000.50"))
        made = FundingPlan.objects.get(key="deux-2027")
        assert (made.year, made.period_end.isoformat(), made.shares.count()) == (YEAR + 1, "2027-12-31", 2)
        assert PlanEvent.objects.filter(plan=made).count() == 1
    # The same agreement again is stale: what it agreed to is done. The same file again changes nothing.
    again = client.post(URL, {"agreed": agreement})
    assert again.status_code == 422
    assert "Des plans ont changé depuis l’aperçu" in texts(again).replace("'", "’")
    assert "il n’y a rien à changer" in texts(sent(client, content))


def test_a_stale_review_writes_nothing(cast: Cast, client: Client):
    plan = two(cast)
    rows = [row for row in csv_rows(client) if row["plan"] == plan.key]
    rows[1]["montant"] = "21 000"
    agreement = agreed(sent(client, csv_of(rows)))
    with cast.acting("gestionnaire"):
        FundingPlan.objects.filter(pk=plan.pk).update(version=7)
    answer = client.post(URL, {"agreed": agreement})
    assert answer.status_code == 422
    with cast.acting("gestionnaire"):
        assert FundingPlan.objects.get(pk=plan.pk).shares.get(ref="etat").amount == Decimal("20045.00")


def test_every_mistake_is_located_and_nothing_is_written(cast: Cast, client: Client):
    plan = two(cast)
    sixteen(cast)
    rows = [row for row in csv_rows(client) if row["plan"] == plan.key]
    good = [dict(row, plan="bon") for row in rows]
    rows[0]["montant"] = "12.345,67"
    rows[1] |= {"financeur": "Personne", "mode": "au pif", "pourcentage": "120"}
    rows[2]["écart à"] = "etat"
    lost = dict(good[1], plan="perdu", repère="")
    member = dict(good[1], plan="orphelin", ligne="membre", bloc="rien", repère="m")
    double = [dict(good[1], plan="double"), dict(good[2], plan="double", repère="etat")]
    borne = [dict(good[0], plan="porte", **{"supporté par": "absent"}), dict(good[1], plan="porte")]
    before = state(cast)
    page = sent(client, csv_of([*rows, *good, lost, member, *double, *borne]))
    words = texts(page)
    assert page.status_code == 422
    for expected in (
        "Ligne 2 montant « 12.345,67 » n'est pas un montant",
        "Ligne 3 financeur « Personne » n'est pas dans l'annuaire",
        "Ligne 3 mode « au pif » n'est pas reconnu",
        "Ligne 3 pourcentage « 120 » n'est pas un pourcentage",
        "Ligne 8 repère Donnez un repère à cette part",
        "Ligne 9 bloc Aucune ligne « bloc » de ce plan n'a le repère « rien »",
        "Ligne 11 repère Le repère « etat » est déjà celui de la ligne 10",
        "Ligne 12 supporté par Ce coût est supporté par une part absente.",
    ):
        assert expected.replace("’", "'") in words.replace("’", "'"), expected
    assert 'name="agreed"' not in page.content.decode()
    assert state(cast) == before


def test_rows_of_one_plan_must_agree(cast: Cast, client: Client):
    plan = two(cast)
    rows = [row for row in csv_rows(client) if row["plan"] == plan.key]
    rows[2]["année"] = str(YEAR + 1)
    assert "Ligne 4 année Cette case dit autre chose que la ligne 2 du même plan." in texts(sent(client, csv_of(rows)))


def test_a_frozen_plan_is_refused_only_when_it_changes(cast: Cast, client: Client):
    plan = two(cast)
    with cast.acting("gestionnaire"):
        FundingPlan.objects.filter(pk=plan.pk).update(status=PlanStatus.ENGAGE)
    rows = [row for row in csv_rows(client) if row["plan"] == plan.key]
    assert "rien à changer" in texts(sent(client, csv_of(rows)))
    rows[1]["montant"] = "1"
    assert "Ligne 2 plan Ce plan est engagé" in texts(sent(client, csv_of(rows)))


def copies(cast: Cast, names: list[str]) -> bytes:
    """The file of the plan of two financers under other keys; call inside ``cast.acting``."""
    content = plans_file(FundingPlan.objects.filter(label__startswith="Deux"), file_format="csv").decode("utf-8-sig")
    head, *rows = content.splitlines()
    key = rows[0].partition(";")[0]
    return "\r\n".join([head, *(row.replace(key, name, 1) for name in names for row in rows)]).encode()


def test_the_apply_is_all_or_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    """A refusal in the second lot, once the first is written, undoes the first and says where."""
    from core.errors import InvalidInput
    from funding.services import plan_writing

    two(cast)
    with cast.acting("gestionnaire"):
        by = cast.actor("gestionnaire")
        read = table(copies(cast, ["un", "autre"]))
        digest = review(table=read, by=by).digest
        real, written = plan_writing._write, []

        def then_refuses(drafts: Any, ground: Any) -> None:
            real(drafts, ground)
            written.extend(FundingPlan.objects.filter(key__in=["un", "autre"]).values_list("key", flat=True))

            def refused(*args: Any, **kwargs: Any) -> Any:
                raise InvalidInput("Refusé.", place="shares[etat].fixed_amount")

            monkeypatch.setattr(plan_writing, "drafted_keys", refused)

        monkeypatch.setattr(plan_writing, "LOT", 1)
        monkeypatch.setattr(plan_writing, "_write", then_refuses)
        with pytest.raises(InvalidInput, match=r"Ligne 6, colonne montant : Refusé\."):
            # The review inside sees nothing wrong: the refusal comes once the first plan is written.
            apply(table=read, by=by, expected=digest)
        assert written == ["un"]
        assert not FundingPlan.objects.filter(key__in=["un", "autre"]).exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a;b\r\n1;2\r\n", "Il manque les colonnes plan, année, employeur"),
        (b"", "Le fichier est vide"),
    ],
)
def test_another_file_is_refused_in_words(client: Client, content: bytes, words: str):
    answer = sent(client, content or b"\r\n")
    assert answer.status_code == 422
    assert words in texts(answer)


def test_a_long_file_goes_through_a_work_and_is_imported_by_another(
    cast: Cast, client: Client, jobs: Jobs, monkeypatch: pytest.MonkeyPatch
):
    from funding.views import plan_import

    monkeypatch.setattr(plan_import, "AT_ONCE", 5)
    plan = two(cast)
    rows = [row for row in csv_rows(client) if row["plan"] == plan.key]
    new = [dict(row, plan=f"lot-{n}") for n in range(3) for row in rows]
    wrong = [dict(new[1], montant="mille", plan="faux")]
    answer = sent(client, csv_of(new + wrong))
    assert answer.status_code == 302
    with cast.acting("gestionnaire"):
        check = Job.objects.get(kind="plans.check")
    jobs.run()
    words = texts(client.get(URL, {"travail": str(check.uuid)}))
    assert "« mille » n’est pas un montant" in words.replace("'", "’")
    file = client.get(reverse("job-file", args=[check.uuid])).content.decode("utf-8-sig")
    assert file.splitlines()[1].startswith("11;montant;")

    sent(client, csv_of(new))
    jobs.run()
    with cast.acting("gestionnaire"):
        check = Job.objects.filter(kind="plans.check").latest("pk")
    page = client.get(URL, {"travail": str(check.uuid)})
    assert cast.client("finances_a").get(URL, {"travail": str(check.uuid)}).status_code == 403
    assert cast.client("gestionnaire_there").get(URL, {"travail": str(check.uuid)}).status_code == 404
    client.post(URL, {"agreed": agreed(page)})
    jobs.run()
    with cast.acting("gestionnaire"):
        done = Job.objects.get(kind="plans.import")
        assert (done.state, done.message) == (JobState.DONE, "3 plans créés, 0 modifiés, 0 inchangés.")
        assert done.done == done.total == 18
        assert FundingPlan.objects.filter(key__startswith="lot-").count() == 3


def test_the_template_holds_every_column_and_is_a_text_for_codes(cast: Cast, client: Client):
    two(cast)
    book = load_workbook(io.BytesIO(client.get(reverse("plans-template")).content))
    assert [cell.value for cell in book.worksheets[0][1]] == NAMES
    assert "Ce que contient chaque colonne" in texts(client.get(URL))
