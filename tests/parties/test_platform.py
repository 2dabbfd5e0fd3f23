"""The platform's administrators: opening, suspending, what they see, what is kept of what they do."""

from __future__ import annotations

import re
from io import StringIO
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse

from core import rls
from core.errors import InvalidInput, NotAllowed
from parties import services
from parties.actors import Actor, PlatformActor
from parties.journal import verify_journal
from parties.models import (
    Invitation,
    JournalEntry,
    Membership,
    Organisation,
    PlatformEvent,
    PlatformMembership,
    RefDepartement,
    RefEpci,
    RefEpciYear,
    Territory,
    User,
)
from tests.cast import Cast
from tests.tokens import make_token, program

SIREN = "225900018"  # the Nord's
OPEN = "/plateforme/territoires/ouvrir/"
LIST = "/plateforme/territoires/"
FORM = {"code": "59", "siren": "225 900 018", "admin_email": "Nord@exemple.fr"}


@pytest.fixture
def reference(db: None) -> None:
    """The Nord with three EPCI, one of which the newest vintage no longer counts."""
    nord = RefDepartement.objects.create(code="59", name="Nord", region="32")
    RefDepartement.objects.create(code="62", name="Pas-de-Calais", region="32")
    for siren, name, form, vintages in (
        ("200093201", "Métropole Européenne de Lille", "ME", (2025, 2026)),
        ("200040715", "CC Flandre Intérieure", "CC", (2025, 2026)),
        ("245900758", "CC disparue", "CC", (2025,)),
    ):
        epci = RefEpci.objects.create(siren=siren, name=name, search_name=name, legal_form=form, departement=nord)
        for vintage in vintages:
            RefEpciYear.objects.create(
                epci=epci, vintage=vintage, name=f"{name} {vintage}", legal_form=form, source_form=form,
                population_municipale=1, population_totale=1, members_count=1, source_vintage=vintage,
            )  # fmt: skip


def organisations(code: str) -> dict[str, tuple[str, str, str]]:
    with rls.acting(Actor.system(Territory.objects.get(code=code)).context):
        rows = Organisation.objects.values_list("key", "name", "siren", "legal_form")
        return {key: (name, siren, form) for key, name, siren, form in rows}


def events() -> list[tuple[str, str | None, str]]:
    with rls.acting(rls.Context(scope=rls.PLATFORM)):
        rows = PlatformEvent.objects.order_by("pk").select_related("about")
        return [(e.act, e.about.code if e.about else None, e.by_label) for e in rows]


def seal() -> None:
    """What the end of the transaction does, and a test's never comes: number and chain the journal's entries."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def main_of(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode().split("<main")[1])


# --- Opening ----------------------------------------------------------------------------------------------------------


def test_what_would_be_created_is_seen_before_anything_is(cast: Cast, reference: None):
    client = cast.client("plateforme")
    page = main_of(client.post(OPEN, {**FORM, "etape": "apercu"}))
    for words in (
        "Département du Nord",
        "État (préfecture du Nord)",
        "Métropole Européenne de Lille 2026",
        "200093201",
    ):
        assert words in page
    assert "4 organisations, dont 2 EPCI du millésime 2026" in page
    assert "CC disparue" not in page
    assert 'value="225 900 018"' in page
    assert not Territory.objects.filter(code="59").exists()
    assert mail.outbox == []


def test_opening_creates_the_directory_and_invites_its_first_manager(cast: Cast, reference: None):
    client = cast.client("plateforme")
    answer = client.post(OPEN, {**FORM, "etape": "ouvrir"}, follow=True)
    assert "territoire ouvert, 4 organisations créées. L&#x27;invitation est envoyée à nord@exemple.fr." in main_of(
        answer
    )
    assert organisations("59") == {
        "departement-59": ("Département du Nord", SIREN, ""),
        "prefecture-59": ("État (préfecture du Nord)", "", ""),
        "epci-200093201": ("Métropole Européenne de Lille 2026", "200093201", "ME"),
        "epci-200040715": ("CC Flandre Intérieure 2026", "200040715", "CC"),
    }
    [message] = mail.outbox
    assert message.to == ["nord@exemple.fr"]
    link = re.search(r"http://testserver(/invitation/\S+)", message.body)
    assert link
    label = cast.outside("plateforme").label
    assert events() == [("opened", "59", label), ("invited", "59", label)]
    # The person who opened it does not come in.
    assert client.get("/annuaire/").status_code == 403
    services.accept_as_new(token=link[1].split("/")[2], name="Nora", password="un mot de passe long 59")
    with rls.acting(Actor.system(Territory.objects.get(code="59")).context):
        assert Membership.objects.get().role == "gestionnaire"
        assert {entry.actor for entry in JournalEntry.objects.filter(table_name="parties_organisation")} == {label}


def test_opening_again_adds_what_lacks_and_changes_nothing_else(cast: Cast, reference: None):
    by, link = cast.outside("plateforme"), str
    first = services.open_territory(code="59", siren=SIREN, admin_email="n@exemple.fr", by=by, link=link)
    assert (first.is_new, len(first.created), first.invitation is not None) == (True, 4, True)
    with rls.acting(Actor.system(first.territory).context):
        Organisation.objects.filter(key="departement-59").update(name="Le Nord", siren="")
        Organisation.objects.filter(key="epci-200040715").delete()
    again = services.open_territory(code="59", siren=SIREN, admin_email="n@exemple.fr", by=by, link=link)
    assert (again.is_new, [row.key for row in again.created], again.invitation) == (False, ["epci-200040715"], None)
    assert organisations("59")["departement-59"] == ("Le Nord", "", "")
    assert services.open_territory(code="59", siren=SIREN, admin_email="n@exemple.fr", by=by, link=link).created == ()
    assert [act for act, _, _ in events()] == ["opened", "invited", "completed"]
    with rls.acting(Actor.system(first.territory).context):
        assert Invitation.objects.count() == 1


def test_a_territory_with_a_manager_is_not_entered_by_inviting_oneself(cast: Cast, reference: None):
    client = cast.client("plateforme")
    refused = client.post(OPEN, {**FORM, "admin_email": "enquete@exemple.fr", "etape": "ouvrir"})
    assert refused.status_code == 422
    assert "administrateur de la plateforme" in main_of(refused)
    assert not Territory.objects.filter(code="59").exists(), "nothing half opened"
    here = cast.territory["here"]
    answer = client.post(reverse("platform-invite", args=[here.uuid]), {"admin_email": "moi@exemple.fr"}, follow=True)
    assert "déjà ses gestionnaires" in main_of(answer)
    assert mail.outbox == []


def test_a_collectivity_that_is_no_departement_is_not_opened(cast: Cast, reference: None):
    RefDepartement.objects.create(code="975", name="Saint-Pierre-et-Miquelon")
    with pytest.raises(InvalidInput, match="n'est pas celui d'un département"):
        services.plan_opening(code="975", siren=SIREN)
    assert "Miquelon" not in main_of(cast.client("plateforme").get(OPEN))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"siren": "225900019"}, "n&#x27;est pas un SIREN"),
        ({"siren": ""}, "Indiquez le SIREN"),
        ({"code": "999"}, "Choisissez un département de la liste"),
        ({"admin_email": "nord"}, "n&#x27;est pas complète"),
    ],
)
def test_a_mistake_is_said_and_nothing_typed_is_lost(cast: Cast, reference: None, change: dict[str, str], said: str):
    answer = cast.client("plateforme").post(OPEN, {**FORM, **change, "etape": "ouvrir"})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    kept = next(value for name, value in FORM.items() if name not in change and name != "code")
    assert f'value="{kept}"' in answer.content.decode()
    assert not Territory.objects.filter(code="59").exists()


def test_the_command_does_the_same(cast: Cast, reference: None):
    out = StringIO()
    asked = {"code": "59", "siren": SIREN, "admin_email": "nord@exemple.fr", "site": "https://cosigne.example.fr/"}
    call_command("open_territory", **asked, preview=True, stdout=out)
    assert "200093201          Métropole, Métropole Européenne de Lille 2026" in out.getvalue()
    assert not Territory.objects.filter(code="59").exists()
    out = StringIO()
    call_command("open_territory", **asked, stdout=out)
    assert "Nord (59) : ouvert." in out.getvalue()
    assert "https://cosigne.example.fr/invitation/" in mail.outbox[0].body
    out = StringIO()
    call_command("open_territory", **asked, stdout=out)
    assert "0 organisation créée." in out.getvalue()
    assert "Aucune invitation" in out.getvalue()
    with pytest.raises(CommandError, match="n'est pas un SIREN") as refused:
        call_command("open_territory", **{**asked, "siren": "1"}, stdout=out)
    assert refused.value.returncode == 2
    assert [by for _, _, by in events()] == ["Commande d'exploitation"] * 2


# --- What is seen -----------------------------------------------------------------------------------------------------


def test_the_register_tells_technical_facts_only(cast: Cast, django_assert_num_queries: Any):
    client = cast.client("plateforme")
    page = main_of(client.get(LIST))
    assert "Pas-de-Calais (62)" in page
    assert "Somme (80)" in page
    detail = main_of(client.get(reverse("platform-territory", args=[cast.territory["here"].uuid])))
    for word in ("Sud-Artois", "Boulonnais", "Poste A", "62-A", "14 000", "finances_a@exemple.fr", "Camille"):
        assert word not in page + detail, word
    with cast.acting("gestionnaire"):
        people = Membership.objects.filter(territory=cast.territory["here"]).values("user").distinct().count()
    assert f'data-label="Membres">{people}<' in page


def test_the_register_asks_the_same_number_of_queries_whatever_its_length(cast: Cast):
    from django.test.utils import CaptureQueriesContext

    client = cast.client("plateforme")
    client.get(LIST)

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            client.get(LIST)
        return len(asked)

    two = queries()
    for code in ("01", "02", "03"):
        Territory.objects.create(code=code, name=code)
    assert queries() == two


def test_the_home_page_of_each_role_is_its_own(cast: Cast):
    assert cast.client("plateforme").get("/")["Location"] == LIST
    assert cast.client("national").get("/")["Location"] == "/national/"


def test_the_switch_covers_every_kind_of_role(cast: Cast):
    """One account, a membership and a role outside: one list, and only what one holds."""
    with rls.acting(rls.Context(scope=rls.PLATFORM)):
        role = PlatformMembership.objects.create(user=cast.user["gestionnaire"], role="national")
    client = cast.client("gestionnaire")
    home = client.get("/").content.decode()
    assert "Tous les territoires : Observatoire national" in home
    answer = client.post("/changer-d-organisation/", {"membership": role.uuid}, follow=True)
    assert answer.redirect_chain[-1][0] == "/national/"
    assert "Vous agissez maintenant pour Observatoire national." in answer.content.decode()
    assert client.get("/postes/").status_code == 403
    assert "Observatoire national" in main_of(client.get("/mon-compte/"))
    client.post("/changer-d-organisation/", {"membership": cast.membership["gestionnaire"].uuid})
    assert client.get("/postes/").status_code == 200
    assert client.get("/national/").status_code == 403
    other = cast.client("finances_a")
    assert other.post("/changer-d-organisation/", {"membership": role.uuid}).status_code == 404


# --- Suspending -------------------------------------------------------------------------------------------------------


def test_a_suspended_territory_stops_pages_and_tokens_at_once_and_comes_back_whole(cast: Cast):
    staff, there = cast.client("gestionnaire"), cast.client("gestionnaire_there")
    _, secret = make_token(cast, "finances_a")
    caller, platform = program(secret), cast.client("plateforme")
    here = cast.territory["here"]
    assert staff.get("/postes/").status_code == 200
    assert caller.get("posts/").status_code == 200
    page = platform.post(reverse("platform-suspend", args=[here.uuid]), {"reason": "Demande de la DPO"}, follow=True)
    assert "est suspendu" in main_of(page)
    refused = staff.get("/postes/")
    assert refused.status_code == 403
    assert "suspendu : Pas-de-Calais (62)" in refused.content.decode()
    assert caller.get("posts/").status_code == 401
    assert there.get("/postes/").status_code == 200
    platform.post(reverse("platform-reopen", args=[here.uuid]))
    assert "Poste A" in staff.get("/postes/").content.decode()
    assert caller.get("posts/").status_code == 200
    assert [act for act, _, _ in events()] == ["suspended", "reopened"]


def test_suspending_needs_a_reason_and_the_role(cast: Cast):
    here = cast.territory["here"]
    address = reverse("platform-suspend", args=[here.uuid])
    cast.client("plateforme").post(address, {"reason": "  "})
    assert cast.client("gestionnaire").post(address, {"reason": "X"}).status_code == 403
    with pytest.raises(NotAllowed):
        services.suspend_territory(territory=here, reason="X", by=cast.outside("national"))
    here.refresh_from_db()
    assert here.suspended_at is None
    assert events() == []


def test_commands_still_enter_a_suspended_territory(cast: Cast):
    services.suspend_territory(territory=cast.territory["here"], reason="X", by=cast.outside("plateforme"))
    seal()
    out = StringIO()
    call_command("verify_journal", territory="62", stdout=out)
    assert "intact" in out.getvalue()
    with rls.acting(Actor.system(cast.territory["here"]).context):
        assert Organisation.objects.count() == 7


# --- A token and its maker --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["closed", "over", "role", "account"])
def test_a_token_does_not_outlive_its_maker_s_access(cast: Cast, end: str):
    _, secret = make_token(cast, "finances_a")
    caller = program(secret)
    assert caller.get("posts/").status_code == 200
    mine = Membership.objects.filter(pk=cast.membership["finances_a"].pk)
    with cast.acting("gestionnaire"):
        if end == "closed":
            services.close_membership(membership=cast.membership["finances_a"], by=cast.actor("gestionnaire"))
        elif end == "over":
            mine.update(end="2020-01-01")
        elif end == "role":
            mine.update(role="partenaire")
        else:
            User.objects.filter(pk=cast.user["finances_a"].pk).update(is_active=False)
    answer = caller.get("posts/")
    assert answer.status_code == 401
    assert "Ce jeton n'est pas valable" in answer.json()["detail"]
    with cast.acting("gestionnaire"):
        mine.update(end=None, role="finances", closed_at=None)
        User.objects.filter(pk=cast.user["finances_a"].pk).update(is_active=True)
    assert caller.get("posts/").status_code == 200, "the access came back, and its tokens"


# --- The log, and who holds the roles ---------------------------------------------------------------------------------


def test_the_log_is_read_exported_and_chained(cast: Cast):
    services.suspend_territory(territory=cast.territory["here"], reason="=1+1", by=cast.outside("plateforme"))
    client = cast.client("plateforme")
    assert "Territoire suspendu" in main_of(client.get("/plateforme/journal/"))
    assert "'=1+1" in client.get("/plateforme/journal/journal.csv").content.decode("utf-8-sig")
    assert client.get("/plateforme/journal/journal.pdf").status_code == 404
    seal()
    found = verify_journal(None)
    assert (found.problems, found.count > 0) == ([], True)
    with rls.acting(rls.Context(scope=rls.PLATFORM)):
        entry = JournalEntry.objects.get(table_name="parties_platformevent")
        assert (entry.territory_id, entry.actor) == (None, cast.outside("plateforme").label)
        assert entry.hash


def test_roles_are_given_and_taken_by_the_command_line(cast: Cast):
    out = StringIO()
    given = {"email": "ops@exemple.fr", "name": "Ops", "role": "plateforme"}
    call_command("add_member", **given, stdout=out)
    assert "ops@exemple.fr : Administrateur de la plateforme." in out.getvalue()
    assert "Premier mot de passe" in out.getvalue()
    again = StringIO()
    call_command("add_member", **given, stdout=again)
    assert "mot de passe" not in again.getvalue()
    client = cast.client("sans_role")
    client.force_login(User.objects.get(email="ops@exemple.fr"))
    assert client.get(LIST).status_code == 200
    call_command("account", withdraw="ops@exemple.fr", stdout=out)
    assert client.get(LIST).status_code == 403
    with pytest.raises(CommandError, match="aucun rôle hors territoire"):
        call_command("account", withdraw="ops@exemple.fr", stdout=out)
    with pytest.raises(CommandError, match="retirez --territory"):
        call_command("add_member", **given, territory="62", stdout=out)
    with pytest.raises(CommandError, match="Il manque : --territory, --organisation"):
        call_command("add_member", **{**given, "role": "gestionnaire"}, stdout=out)
    assert [act for act, _, _ in events()] == ["appointed", "withdrawn"]


def test_nobody_has_such_a_role_by_default(db: None):
    with rls.acting(PlatformActor.system().context):
        assert not PlatformMembership.objects.exists()
