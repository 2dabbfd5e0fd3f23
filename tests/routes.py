"""The addresses of the application, read from its URL configuration, and a world that has something behind each.

``ROUTES`` is every page and every API address. ``Scene`` is the cast with one of everything per owner ("a" and "b", two
EPCIs of one territory, and "there", another territory); ``scene.address(route, "a")`` fills an address in with the
objects of that owner. Building a scene costs a second: ``shared_scene`` builds one for all the tests of a module and
undoes it at the end.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from pypdf import PdfWriter

from conventions.enums import Anchor, AnnexKind
from conventions.models import (
    Annex,
    Avenant,
    Comment,
    Convention,
    ConventionPost,
    ConventionVersion,
    Party,
    ReadingRequest,
    Signatory,
    SigningDelegation,
    Template,
)
from conventions.services.annexes import FILES as ANNEXES
from conventions.services.calendar import renew_feed
from conventions.services.deliberations import attach_file
from conventions.services.model_drafts import start_draft
from conventions.services.models_library import load_shipped_models, national_model
from conventions.text import preview_content
from core import rls
from funding.enums import PlanStatus
from funding.models import (
    BudgetLine,
    DedicatedFund,
    Grant,
    GrantAccount,
    GrantAccountLine,
    ReturnFile,
    ReturnImport,
    Scenario,
    StateRate,
)
from funding.services.grants import settle_grants
from funding.services.scenarios import create_scenario
from funding.services.schedules import add_rates
from parties import links, services
from parties.enums import OrganisationKind
from parties.jobs import keep_file, start_job
from parties.models import ApiToken, Invitation, Job, Mandate, Organisation
from posts.models import ImportMapping, Occupancy
from reporting.circuit import links as signing_links
from reporting.circuit.opening import make_link
from reporting.circuit.record import keep_proof, proof
from reporting.contributions import contribute
from reporting.forecast import by_year, forecast_lines
from reporting.forecast.documents import content_of, data_digest, render_forecast
from reporting.models import (
    Document,
    ForecastStatement,
    PaperCopy,
    ScanBatch,
    ScanPage,
    SignatureCircuit,
    SignatureEvidence,
    SignatureStep,
)
from reporting.services_documents import keep
from tests.api.world import World
from tests.cast import YEAR, Cast, build_cast, make_access, make_plan, make_post
from tests.funding.grant_world import SIGNED, terms
from tests.tokens import make_token

OWNERS = ("a", "b", "there")
EPCI = {"a": "epci_a", "b": "epci_b", "there": "epci_there"}
STAFF = {"a": "gestionnaire", "b": "gestionnaire", "there": "gestionnaire_there"}
ANONYMOUS = "anonymous"
#: A past year, for which activity is known.
PAST = YEAR - 1


@dataclass(frozen=True)
class Route:
    """One named address; ``kwargs`` are the parts that vary, ``path`` starts without a slash."""

    name: str
    path: str
    kwargs: tuple[str, ...]

    @property
    def is_api(self) -> bool:
        return self.path.startswith("api/")

    @property
    def names_object(self) -> bool:
        """The address designates somebody's object."""
        return any(name in ("uuid", "party", "signatory", "comment", "period") for name in self.kwargs)


def _walk(patterns: list[Any], prefix: str = "", kwargs: tuple[str, ...] = (), namespace: str = "") -> Iterator[Route]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern).removeprefix("^")
        names = (*kwargs, *pattern.pattern.regex.groupindex)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern.url_patterns, path, names, inner)
        elif isinstance(pattern, URLPattern):
            yield Route(f"{namespace}{pattern.name or ''}", path, names)


ROUTES: dict[str, Route] = {}
#: Addresses that no test could name.
UNNAMED: list[str] = []
for _route in _walk(get_resolver().url_patterns):
    if not _route.name or _route.name in ROUTES:
        UNNAMED.append(_route.path)
    ROUTES[_route.name] = _route


#: The least a file must be to pass for one.
#: Digest of a statement's data → its PDF: rendered once for all the scenes of a run.
STATEMENTS: dict[str, bytes] = {}


class Scene:
    """The cast and, for each owner, one object of every kind an address can name."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.world = World(cast)
        self.version: dict[str, ConventionVersion] = {}
        self.document: dict[str, Document] = {}
        self.comment: dict[str, Comment] = {}
        self.party: dict[str, Party] = {}
        self.annex: dict[str, Annex] = {}
        self.signatory: dict[str, Signatory] = {}
        self.invitation: dict[str, Invitation] = {}
        self.occupancy: dict[str, Occupancy] = {}
        self.token: dict[str, ApiToken] = {}
        self.return_file: dict[str, ReturnFile] = {}
        self.return_import: dict[str, ReturnImport] = {}
        self.job: dict[str, Job] = {}
        self.mapping: dict[str, ImportMapping] = {}
        self.scenario: dict[str, Scenario] = {}
        self.line: dict[str, BudgetLine] = {}
        self.grant: dict[str, Grant] = {}
        self.fund: dict[str, DedicatedFund] = {}
        self.account: dict[str, GrantAccount] = {}
        self.statement: dict[str, ForecastStatement] = {}
        self.rate: dict[str, StateRate] = {}
        self.model: dict[str, Template] = {}
        self.reading: dict[str, ReadingRequest] = {}
        self.delegation: dict[str, SigningDelegation] = {}
        self.link: dict[str, Any] = {}
        self.scan: dict[str, ScanBatch] = {}
        self.copy: dict[str, PaperCopy] = {}
        self.proof: dict[str, SignatureEvidence] = {}
        self.avenant: dict[str, Avenant] = {}
        self.amending: dict[str, Signatory] = {}
        self.feed: dict[str, str] = {}
        self.reported: dict[str, ConventionPost] = {}
        # Everybody signed in from the start: a session opened inside ``undone`` would end with it.
        self.clients = {ANONYMOUS: Client()} | {name: cast.client(name) for name in (*cast.user, "exceptionnel")}
        for person in ("gestionnaire", "gestionnaire_there"):
            with cast.acting(person):
                contribute(year=PAST, by=cast.actor(person), today=dt.date(YEAR, 3, 1))
        self.access = {
            "a": make_access(cast, "plateforme", "here"),
            "b": make_access(cast, "plateforme", "here"),
            "there": make_access(cast, "plateforme", "there"),
        }
        with cast.acting("gestionnaire"):
            load_shipped_models()
        for owner in OWNERS:
            with cast.acting(STAFF[owner]):
                self._complete(owner)
                self._fund_association(owner)

    def _complete(self, owner: str) -> None:
        """A text to read, approved, and a remark the préfecture made on it."""
        convention = self.cast.convention[owner]
        convention.template = Template.objects.filter(family=convention.family, territory=None).latest("version")
        convention.save()
        # One draft per family and territory: the two owners of one territory have a family each.
        source = national_model({"b": "F3"}.get(owner, "F2"))
        assert source is not None
        self.model[owner] = start_draft(source=source, by=self.cast.actor(STAFF[owner]))
        self.version[owner] = ConventionVersion.objects.create(
            convention=convention,
            number=2,
            content=preview_content(convention).content,
            sha256="1" * 64,
            approved_by_label="Instructeur (Préfecture)",
            approved_at=dt.datetime(YEAR, 2, 20, 9, 0, tzinfo=dt.UTC),
        )
        self.comment[owner] = Comment.objects.create(
            convention=convention, anchor=Anchor.CONVENTION, text="Revoir le préavis", by_label="Instructeur"
        )
        self._mandates(owner)
        employer = convention.parties.get(organisation=self.cast.org[EPCI[owner]])
        self.party[owner] = employer
        self.annex[owner] = self._annex(owner)
        self.signatory[owner] = employer.signatories.get()
        self.amending[owner] = self._amend(convention, employer)
        self.avenant[owner] = Avenant.objects.get(pk=self.amending[owner].avenant_id)
        self.invitation[owner] = services.invite(
            organisation=self.cast.org[EPCI[owner]], by=self.cast.actor(STAFF[owner]), email=f"{owner}@exemple.fr",
            role="employeur", is_admin=False, link=lambda token: token,
        )  # fmt: skip
        self._circuit(owner)
        self.reported[owner] = convention.convention_posts.get()
        self.line[owner] = BudgetLine.objects.create(
            organisation=self.cast.org[EPCI[owner]], key=f"budget-{owner}", year=YEAR, label="Intervenants sociaux"
        )
        self.statement[owner] = self._statement(owner)
        # Any PDF does: what matters is who gets it.
        self.document[owner] = Document.objects.create(
            convention_version=self.version[owner], kind="cachet", title="X", filename=f"{owner}.pdf",
            sha256=self.statement[owner].sha256, size=self.statement[owner].size,
        )  # fmt: skip
        self.occupancy[owner] = self.cast.post[owner].occupancies.get()
        self.scenario[owner] = create_scenario(
            label=f"Étude {owner}", plans=[self.cast.plan[owner]], by=self.cast.actor(STAFF[owner])
        )
        self.mapping[owner] = ImportMapping.objects.create(
            organisation=self.cast.org[EPCI[owner]], name="Export", layout="long"
        )
        asker = self.cast.actor("finances_there" if owner == "there" else f"finances_{owner}")
        job = self.job[owner] = start_job(kind="test", label=f"Export de {owner}", by=asker)
        job.result_file, job.state = keep_file(content=b"a", by=asker, suffix=".csv"), "done"
        job.save()
        [self.rate[owner]] = add_rates(
            post=self.cast.post[owner], first_year=YEAR + 5, percents=[Decimal(80)], source="Lettre", mark="U",
            by=self.cast.actor(STAFF[owner]),
        )  # fmt: skip
        with rls.acting(asker.context):
            _feed, self.feed[owner] = renew_feed(by=asker)
        self.return_file[owner] = ReturnFile.objects.create(
            issuer=self.cast.org[EPCI[owner]], filename="retour.csv", sha256="3" * 64, source="csv",
            headers=["id_ecriture"], rows=[["x"]], numbers=[2], by_label="X",
        )  # fmt: skip
        self.return_import[owner] = ReturnImport.objects.create(
            issuer=self.cast.org[EPCI[owner]], source="csv", by_label="X"
        )
        self.token[owner] = make_token(self.cast, "finances_there" if owner == "there" else f"finances_{owner}")[0]

    def _mandates(self, owner: str) -> None:
        """The EPCI was asked to read the text, lets somebody sign for its head, and sent its vote as a PDF."""
        epci, by = self.cast.org[EPCI[owner]], self.cast.actor(STAFF[owner])
        self.reading[owner] = ReadingRequest.objects.create(
            convention=self.cast.convention[owner], organisation=epci, by_label="Gestionnaire"
        )
        deputy = Mandate.objects.create(
            organisation=epci, key=f"vice-{owner}", person="Dominique Adjoint", function="vice-président"
        )
        self.delegation[owner] = SigningDelegation.objects.create(
            organisation=epci, delegator=self.cast.mandate[EPCI[owner]], delegate=deputy, number="12",
            date=dt.date(PAST, 1, 5), scope="Conventions", start=dt.date(PAST, 1, 5),
        )  # fmt: skip
        attach_file(
            deliberation=self.world.deliberation[owner], content=two_pages(f"vote {owner}"), filename="vote.pdf", by=by
        )

    def _circuit(self, owner: str) -> None:
        """A circuit on the last version, the employer's signature with its link and proof, a scan of two pages."""
        version = self.cast.convention[owner].versions.latest("number")
        signatory, by = self.signatory[owner], self.cast.actor(STAFF[owner])
        assert signatory.mandate is not None
        circuit = SignatureCircuit.objects.create(version=version, site="https://cosigne.example", by_label="X")
        step = SignatureStep.objects.create(
            circuit=circuit, signatory=signatory, organisation=signatory.party.organisation, mandate=signatory.mandate,
            field="sig-1", awaited_since=circuit.opened_at,
        )  # fmt: skip
        self.link[owner] = make_link(step, f"signataire.{owner}@exemple.fr", by=by)
        self.proof[owner] = keep_proof(step, proof(step, mode="code", moment=circuit.opened_at), mode="code")
        digest = keep(two_pages(owner))
        batch = self.scan[owner] = ScanBatch.objects.create(
            territory=version.territory, filename="lot.pdf", sha256=digest, size=1, pages_count=2, by_label="X"
        )
        for number in (1, 2):
            ScanPage.objects.create(
                batch=batch, number=number, version=version, page=number, pages=2, verdict="illisible"
            )
        self.copy[owner] = PaperCopy.objects.create(
            version=version, batch=batch, filename="papier.pdf", sha256=digest, size=1, by_label="X"
        )

    def _annex(self, owner: str) -> Annex:
        """A file attached while the text was being written."""
        convention = self.cast.convention[owner]
        content = two_pages(f"annexe {owner}")
        digest = ANNEXES.keep(content)
        return Annex.objects.create(
            convention=convention, kind=AnnexKind.FILE, title="Règlement", sha256=digest, filename="reglement.pdf",
            size=len(content), position=1,
        )  # fmt: skip

    def _amend(self, convention: Convention, employer: Party) -> Signatory:
        """An approved avenant its employer signs, so that everyone who reads the convention reads it."""
        avenant = Avenant.objects.create(
            convention=convention, number=1, title="Montants", status="approuvee", place="Arras",
            effective_on=dt.date(YEAR, 7, 1), submitted_at=dt.datetime(YEAR, 2, 21, 9, 0, tzinfo=dt.UTC),
        )  # fmt: skip
        party = Party.objects.create(
            convention=convention, avenant=avenant, organisation=employer.organisation, roles=employer.roles,
            representative=employer.representative,
        )  # fmt: skip
        ConventionVersion.objects.create(
            convention=convention, avenant=avenant, number=1, content=preview_content(convention).content,
            sha256="2" * 64, approved_by_label="Instructeur (Préfecture)",
            approved_at=dt.datetime(YEAR, 2, 22, 9, 0, tzinfo=dt.UTC),
        )  # fmt: skip
        return Signatory.objects.create(
            convention=convention, avenant=avenant, party=party, mandate=employer.representative, position=1
        )

    def _fund_association(self, owner: str) -> None:
        """The owner pays a grant to an association, which keeps its dedicated funds and has accounted for it."""
        key = "association_there" if owner == "there" else "association"
        if key not in self.cast.org:
            territory, kind = self.cast.org[EPCI[owner]].territory, OrganisationKind.ASSOCIATION
            self.cast.org[key] = Organisation.objects.create(territory=territory, key=key, kind=kind, name="Là-bas")
        unit = "police_there" if owner == "there" else "police"
        make_post(self.cast, f"grant-{owner}", employer=key, unit=unit, filled_since=dt.date(PAST, 1, 1))
        plan = make_plan(
            self.cast, f"grant-{owner}", post=f"grant-{owner}", cost=Decimal(12000), financers=[EPCI[owner]],
            status=PlanStatus.ENGAGE,
        )  # fmt: skip
        by = self.cast.actor(STAFF[owner])
        [self.grant[owner]] = settle_grants(plan=plan, terms=terms(signed_on=SIGNED), by=by)
        bodies = {"beneficiary": self.cast.org[key], "financer": self.cast.org[EPCI[owner]]}
        self.fund[owner] = DedicatedFund.objects.create(**bodies, year=YEAR)
        account = self.account[owner] = GrantAccount.objects.create(plan=plan, beneficiary=plan.employer, year=YEAR)
        GrantAccountLine.objects.create(account=account, code="64", label="Personnel")
        account.status, account.submission = "soumis", 1
        account.save()

    def _statement(self, owner: str) -> ForecastStatement:
        """As if issued."""
        debtor = self.cast.org[EPCI[owner]]
        number, moment = f"EP-{owner}-0001", dt.datetime(YEAR, 3, 1, 9, tzinfo=dt.UTC)
        years = by_year(forecast_lines(first=YEAR, debtor=debtor), YEAR)
        content = content_of(
            number=number, debtor=debtor, issuer="Département", situation_on=moment.date(), years=years
        )
        key = data_digest(content)
        data = STATEMENTS[key] = STATEMENTS.get(key) or render_forecast(content=content, issued_at=moment)
        return ForecastStatement.objects.create(
            debtor=debtor, number=number, year=YEAR, sequence=OWNERS.index(owner) + 1, first_year=YEAR,
            situation_on=moment.date(), issued_at=moment, content=content, data_sha256=key,
            filename=f"{number}.pdf", sha256=keep(data), size=len(data), by_label="X",
        )  # fmt: skip

    def client(self, role: str) -> Client:
        """The person's browser."""
        return self.clients[role]

    def object_of(self, route: Route, owner: str) -> Any:
        """What ``<uuid>`` designates in this address."""
        cast, world = self.cast, self.world
        epci = EPCI[owner]
        titre = {"a": "a_departement", "b": "c_prefecture", "there": "there"}[owner]
        by_kind: dict[str, Callable[[], Any]] = {
            "territor": lambda: epci and cast.org[epci].territory,
            "mandate-edit": lambda: cast.mandate[epci],
            "mandate-create": lambda: cast.org[epci],
            "mandate": lambda: cast.mandate[epci],
            "organisation": lambda: cast.org[epci],
            "token": lambda: self.token[owner],
            "job": lambda: self.job[owner],
            "scenario": lambda: self.scenario[owner],
            "unit": lambda: cast.unit["police_there" if owner == "there" else "gendarmerie"],
            "activity-edit": lambda: cast.post[owner],
            "activity-detail": lambda: world.activity[owner] if route.is_api else cast.post[owner],
            "activity-reopen": lambda: cast.post[owner],
            "activity-people": lambda: cast.post[owner],
            "activity-mapping-forget": lambda: self.mapping[owner],
            "activity": lambda: world.activity[owner],
            "bilan-post": lambda: cast.post[owner],
            "post": lambda: cast.post[owner],
            "plan": lambda: cast.plan[owner],
            "state-rate": lambda: self.rate[owner],
            "allocation-key": lambda: world.key[owner],
            "convention": lambda: cast.convention[owner],
            "model": lambda: self.model[owner],
            "deliberation": lambda: world.deliberation[owner],
            "commission": lambda: world.deliberation[owner],
            "signing-delegation": lambda: self.delegation[owner],
            "avenant": lambda: self.avenant[owner],
            "budget-line": lambda: self.line[owner],
            "forecast-statement": lambda: self.statement[owner],
            "titre-export": lambda: world.batch[owner],
            "batch": lambda: world.batch[owner],
            "return": lambda: self.return_file[owner],
            "titre-return": lambda: self.return_import[owner],
            "titre": lambda: cast.titre[titre],
            "grant-account": lambda: self.account[owner],
            "grant-fund": lambda: self.fund[owner],
            "grant-form": lambda: self.grant[owner].plan,
            "grant-plan": lambda: self.grant[owner].plan,
            "grant": lambda: self.grant[owner],
            "member": lambda: cast.membership["finances_" + owner],
            "invitation": lambda: self.invitation[owner],
            "platform": lambda: cast.org[epci].territory,
            "scan": lambda: self.scan[owner],
            "paper-copy": lambda: self.copy[owner],
            "signature-proof": lambda: self.proof[owner],
            "access": lambda: self.access[owner],
            "report-schedule": lambda: cast.convention[owner],
            "report": lambda: self.reported[owner],
        }
        name = route.name.removeprefix("api-")
        found = next((make for prefix, make in by_kind.items() if name.startswith(prefix)), None)
        if found is None:
            raise LookupError(f"tests.routes: say which object the address {route.name!r} names")
        return found()

    def signing(self, route: Route, owner: str) -> Signatory:
        """The convention's signatory, or the avenant's in an avenant's address."""
        return self.amending[owner] if route.name.startswith("avenant") else self.signatory[owner]

    def token_of(self, route: Route, owner: str) -> str:
        """The secret of an address sent by mail; that of a forgotten password is worth nothing here."""
        if route.name.startswith("signing"):
            return signing_links.token_of(self.link[owner])
        return links.token_of(self.invitation[owner]) if route.name == "invitation" else "set-password"

    def address(self, route: Route, owner: str, **given: Any) -> str:
        """The address about the things of ``owner``; ``given`` replaces some of its parts."""
        values: dict[str, Callable[[], Any]] = {
            "uuid": lambda: self.object_of(route, owner).uuid,
            "period": lambda: self.occupancy[owner].uuid,
            "party": lambda: self.signing(route, owner).party.uuid,
            "annex": lambda: self.annex[owner].uuid,
            "signatory": lambda: self.signing(route, owner).uuid,
            "comment": lambda: self.comment[owner].uuid,
            "kind": lambda: "duree",
            "document": lambda: self.document[owner].uuid,
            "variant": lambda: "standard",
            "change": lambda: "montant",
            "form": lambda: "demande",
            "year": lambda: PAST,
            "month": lambda: 3,
            "file_format": lambda: "csv",
            "open_file": lambda: "donnees.csv",
            "list_name": lambda: "mode",
            "item_code": lambda: "bailleur",
            "version": lambda: self.version[owner].uuid if route.name == "verify-page" else "publique",
            "code": lambda: self.version[owner].sha256[:12],
            "pages": lambda: 3,
            "number": lambda: 2,
            "page": lambda: 2 if route.name == "verify-page" else "index",
            "step": lambda: "imputation",
            "token": lambda: self.token_of(route, owner),
            "uidb64": lambda: "MQ",
            "secret": lambda: self.feed[owner],
            "key": lambda: f"trimestriel-{YEAR}-01-01",
            "section": lambda: "partenariat",
        }
        unknown = set(route.kwargs) - set(values)
        if unknown:
            raise LookupError(f"tests.routes: say what {sorted(unknown)} are in the address {route.name!r}")
        return reverse(route.name, kwargs={name: given.get(name) or values[name]() for name in route.kwargs})

    def nowhere(self, route: Route) -> str:
        """The same address about objects that do not exist."""
        random = {name: uuid.uuid4() for name in ("uuid", "period", "party", "signatory", "comment", "annex")}
        return self.address(route, "a", **random)


def two_pages(owner: str) -> bytes:
    """A PDF of two blank pages, another one for each owner."""
    writer, stream = PdfWriter(), io.BytesIO()
    for _ in range(2):
        writer.add_blank_page(100, 100)
    writer.add_metadata({"/Title": owner})
    writer.write(stream)
    return stream.getvalue()


@pytest.fixture(scope="module")
def shared_scene(django_db_setup: None, django_db_blocker: Any) -> Iterator[Scene]:
    """One scene for a whole module, inside one transaction that is undone at the end.

    A module using it must not use the ``db`` fixture: the connection stays open, and in that transaction, all along.
    """
    with django_db_blocker.unblock():
        outer = transaction.atomic()
        outer.__enter__()
        try:
            yield Scene(build_cast())
        finally:
            transaction.set_rollback(True)
            outer.__exit__(None, None, None)
            connection.close()


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside is rolled back to here."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


#: Filled by reading under an exceptional access, which is what it is for.
WATCHED = {"parties_accessuse", "parties_journalentry", "parties_journalhead"}


def fingerprints(cast: Cast, *, without: Collection[str] = ()) -> dict[str, tuple[int, str]]:
    """Every row of every protected table of both territories, and the accounts: table → (count, digest)."""
    found: dict[str, tuple[int, str]] = {}
    for territory in ("gestionnaire", "gestionnaire_there"):
        with cast.acting(territory), connection.cursor() as cursor:
            cursor.execute(
                "SELECT relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid WHERE c.relkind = 'r'"
                " AND c.relnamespace = 'public'::regnamespace AND a.attname = 'territory_id' ORDER BY 1"
            )
            tables = [name for (name,) in cursor.fetchall() if name not in without] + [
                "parties_user",
                "procrastinate_jobs",
            ]
            cursor.execute(
                " UNION ALL ".join(
                    f"SELECT '{table}', count(*), md5(coalesce(string_agg(t::text, '|' ORDER BY t.id), ''))"
                    f' FROM "{table}" t'
                    for table in tables
                )
            )
            found |= {f"{territory}:{table}": (count, digest) for table, count, digest in cursor.fetchall()}
    return found


_CHANGING = re.compile(r"[A-Za-z0-9]{64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def plain(response: Any) -> str:
    """The answer's text without what differs each time: CSRF tokens, identifiers."""
    return _CHANGING.sub("…", response.content.decode())
