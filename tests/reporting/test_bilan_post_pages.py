"""The bilan of a post on screen and as files: who reads which version, the same figures everywhere, its words."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook
from pypdf import PdfReader

from core.errors import Conflict, InvalidInput, NotAllowed
from posts.models import ActivityReturn
from posts.services.periods import record_people
from reporting.bilan.publication import Version
from reporting.bilan.service import territory_bilan
from reporting.bilan_post.documents import bilan_file, bilan_pdf
from reporting.bilan_post.people import record_people_detail
from reporting.bilan_post.publication import published
from reporting.bilan_post.sections import blocks, confirm_text, save_text
from reporting.bilan_post.service import post_bilan
from reporting.demo_detail import people_cells
from reporting.models import BilanText
from tests.cast import YEAR, Cast
from tests.reporting.bilan_post_world import ZONES, fill_year

PAST = YEAR - 1


@pytest.fixture
def full(cast: Cast) -> Cast:
    """Post a with two years detailed month by month, each zone apart."""
    with cast.acting("gestionnaire"):
        for year in (PAST, PAST - 1):
            fill_year(cast.post["a"], year, size=30, zones=ZONES)
    return cast


def url(name: str, cast: Cast, *more: str, post: str = "a", year: int = PAST) -> str:
    return reverse(name, args=[year, cast.post[post].uuid, *more])


def test_the_same_figures_in_every_format_and_on_the_page(full):
    by = full.actor("gestionnaire")
    with full.acting("gestionnaire"):
        bilan = post_bilan(post=full.post["a"], year=PAST, by=by)
        for found in (bilan, published(bilan, Version.PUBLISHED, by=by)):
            data = json.loads(bilan_file(found, file_format="json"))
            book = load_workbook(io.BytesIO(bilan_file(found, file_format="xlsx")), data_only=True)
            assert len(book.sheetnames) == len(found.tables) + 1
            for number, table in enumerate(found.tables):
                wanted = [[line.label, *(_value(box.value) for box in line.boxes)] for line in table.lines]
                text = bilan_file(found, file_format="csv", table=table.key).decode("utf-8-sig")
                rows = list(csv.reader(io.StringIO(text), delimiter=";"))[1:]
                assert [[row[0], *(_value(_number(cell)) for cell in row[1:-1])] for row in rows] == wanted
                lines = data["tableaux"][number]["lignes"]
                assert [[one["libelle"], *(_value(v) for v in one["valeurs"])] for one in lines] == wanted
                sheet = list(book.worksheets[number + 1].iter_rows(min_row=2, values_only=True))
                assert [[row[0], *(_value(cell) for cell in row[1:-1])] for row in sheet] == wanted
    page = full.client("gestionnaire").get(url("bilan-post", full)).content.decode()
    for table in bilan.tables:
        for box in table.cells:
            assert f">{box.text}<" in page, (table.key, box)
    assert "<svg" in page


def _number(text: str) -> Decimal | None:
    return Decimal(text.replace(",", ".")) if text else None


def _value(value: object) -> Decimal | None:
    """Numbers as one kind; an empty cell for what is not said."""
    return None if value in (None, "") else Decimal(str(value)).normalize()


def test_who_reads_which_version(full):
    complete, shared, public = (), ("partagee",), ("publique",)
    readers = {
        "employeur_a": (200, 200, 200),
        "finances_a": (403, 200, 403),
        "finances_b": (404, 404, 404),
    }
    for name, expected in readers.items():
        client = full.client(name)
        for more, status in zip((complete, shared, public), expected, strict=True):
            address = url("bilan-post-version" if more else "bilan-post", full, *more)
            assert client.get(address).status_code == status, (name, more)
    client = full.client("finances_a")
    assert client.get(url("bilan-post-version-export", full, "partagee", "csv")).status_code == 200
    assert client.get(url("bilan-post-export", full, "csv")).status_code == 403
    # The link of the post's page leads each reader to the version that is theirs.
    page = client.get(reverse("post", args=[full.post["a"].uuid])).content.decode()
    assert url("bilan-post-version", full, "partagee") in page
    page = full.client("employeur_a").get(reverse("post", args=[full.post["a"].uuid])).content.decode()
    assert url("bilan-post", full) in page
    # A host reads of its posts what it is party to.
    assert full.client("partenaire").get(url("bilan-post-version", full, "partagee", post="c")).status_code == 200
    assert full.client("partenaire").get(url("bilan-post", full, post="c")).status_code == 403


def test_a_version_that_leaves_holds_no_small_count_and_nothing_of_absences(full):
    by = full.actor("gestionnaire")
    with full.acting("gestionnaire"):
        full.post["a"].occupancies.update(end=f"{PAST}-08-31")
        bilan = post_bilan(post=full.post["a"], year=PAST, by=by)
        out = published(bilan, Version.PUBLISHED, by=by)
    assert "243 jours pourvus, 122 jours vacants" in dict(bilan.identity)[f"Occupation en {PAST}"]
    assert not any("Occupation" in label for label, _text in out.identity)
    assert {"mois", "personnes-mois"} <= {table.key for table in bilan.tables}
    assert not {"mois", "personnes-mois", "trimestres"} & {table.key for table in out.tables}
    labels = {line.label for table in out.tables for line in table.lines}
    assert "Jours travaillés" not in labels
    assert "masqués" in out.notice
    assert any(box.hidden for table in out.tables for box in table.cells)
    # The figures of the territory's bilan hide as they do there.
    client = full.client("gestionnaire")
    page = client.get(url("bilan-post-version", full, "publique")).content.decode()
    assert 'abbr title="masqué' in page


def test_an_annual_return_alone_makes_a_good_bilan(cast):
    counts = {"women": 427, "men": 68, "children": 103, "interviews_in_person": 398, "interviews_phone": 737}
    with cast.acting("gestionnaire"):
        ActivityReturn.objects.create(post=cast.post["a"], year=PAST, **counts)
        bilan = post_bilan(post=cast.post["a"], year=PAST, by=cast.actor("gestionnaire"))
    assert [table.key for table in bilan.tables] == ["chiffres"]
    assert [line.boxes[0].value for line in bilan.tables[0].lines][:4] == [427, 68, 103, 598]
    page = cast.client("gestionnaire").get(url("bilan-post", cast)).content.decode()
    assert page.count("Le détail n’est pas connu pour cette année") == 1
    assert page.count("<table") == 1
    assert cast.client("gestionnaire").get(url("bilan-post", cast, year=YEAR + 3)).status_code == 404
    assert cast.client("gestionnaire").get(url("bilan-post-version", cast, "secrete")).status_code == 404


def test_the_plan_of_the_year_what_was_planned_called_and_received(cast):
    bilans = {}
    for name in ("gestionnaire", "instructeur", "employeur_a"):
        with cast.acting(name):
            bilans[name] = post_bilan(post=cast.post["a"], year=YEAR, by=cast.actor(name))
    table = bilans["gestionnaire"].table("financement")
    assert table is not None
    assert [column.label for column in table.columns] == ["Prévu", "Appelé par titres", "Encaissé"]
    assert [box.value for box in table.lines[-1].boxes] == [Decimal("42000.00"), Decimal(0), Decimal(0)]
    assert any("12/12 mois" in note and "42" in note for note in table.inside_notes)
    leaves = table.leaving(())
    assert [column.label for column in leaves.columns] == ["Prévu"]
    assert leaves.inside_notes == ()
    planned = bilans["instructeur"].table("financement")
    assert planned is not None
    assert [column.label for column in planned.columns] == ["Prévu"]
    assert bilans["employeur_a"].table("financement") is None


def test_the_number_of_queries_does_not_grow_with_the_detail(cast, django_assert_max_num_queries):
    with cast.acting("gestionnaire"):
        fill_year(cast.post["a"], PAST)
        with django_assert_max_num_queries(60):
            post_bilan(post=cast.post["a"], year=PAST, by=cast.actor("gestionnaire"))


# --- People of the year -----------------------------------------------------------------------------------------------


def test_the_people_of_the_year_are_entered_as_such_and_make_the_tables(full):
    people = {"people": 300, "women": 200, "men": 70, "children": 30}
    cells = people_cells(people)
    typed = {":".join(cell): str(value) for cell, value in cells.items()}
    client, address = full.client("employeur_a"), url("bilan-post-people", full)
    with full.acting("employeur_a"):
        record_people(post=full.post["a"], year=PAST, people={None: people}, by=full.actor("employeur_a"))
    wrong = client.post(address, typed | {"I6:inconnue:": "99"})
    assert wrong.status_code == 422
    assert "le total est 300" in wrong.content.decode()
    assert 'value="99"' in wrong.content.decode()
    assert client.post(address, typed | {"I4:26_40:f": "douze"}).status_code == 422
    assert client.post(address, typed).status_code == 302
    assert client.post(address, typed).status_code == 302  # twice is once
    with full.acting("gestionnaire"):
        by, post = full.actor("gestionnaire"), full.post["a"]
        assert record_people_detail(post=post, year=PAST, cells=cells, by=by) is False
        bilan = post_bilan(post=post, year=PAST, by=by)
        rows = territory_bilan(year=PAST, by=by, only={post.pk}).bilan
    ages, rates = bilan.table("I4"), bilan.table("taux")
    assert ages is not None
    assert rates is not None
    assert [line.boxes[-1].value for line in ages.lines if line.total] == [300]
    unknown = next(line for line in rates.lines if line.label.startswith("Personnes inconnues"))
    assert unknown.boxes[0].value == cells["I6", "inconnue", ""]
    assert unknown.boxes[1].value == 300 - cells["I6", "nr", ""]
    assert "Âge et sexe des personnes" in client.get(url("bilan-post", full)).content.decode()
    # The territory's bilan still has its two zones, and says nothing of a year it has no figure of.
    assert [row.zone for row in rows.rows] == ["police", "gendarmerie"]
    assert not rows.remarks
    assert full.client("finances_a").get(address).status_code == 403


# --- Words ------------------------------------------------------------------------------------------------------------


def test_paragraphs_and_lists_are_all_a_text_may_be():
    found = blocks("Un paragraphe\nsur deux lignes.\n\n- un\n– deux\n\nFin <b>sans</b> gras.")
    assert [(block.lines, block.is_list) for block in found] == [
        (("Un paragraphe sur deux lignes.",), False),
        (("un", "deux"), True),
        (("Fin <b>sans</b> gras.",), False),
    ]
    assert blocks("") == []


def test_a_section_is_written_read_again_and_only_then_leaves(cast):
    client = cast.client("employeur_a")
    address = url("bilan-post-write", cast, "difficultes")
    typed = {"text": "Mme Durand attend un bureau.\n\n- un téléphone", "lock_version": "0"}
    answer = client.post(address, typed, follow=True)
    page = answer.content.decode()
    assert "Ce texte semble désigner quelqu’un" in page
    assert "Durand" in page
    with cast.acting("gestionnaire"):
        row = BilanText.objects.get()
        assert (row.lock_version, row.reviewed_at) == (1, None)
    assert "Durand" in client.get(url("bilan-post", cast)).content.decode()
    assert "Durand" not in client.get(url("bilan-post-version", cast, "publique")).content.decode()
    client.post(address, {"text": "Il manque un bureau.", "lock_version": "1"})
    client.post(address, {"relu": "1", "lock_version": "2"})
    page = client.get(url("bilan-post-version", cast, "publique")).content.decode()
    assert "Il manque un bureau." in page
    assert "relu par Employeur_a" in page
    # A party that reads the shared version reads it too; written again, it leaves no more.
    shared = url("bilan-post-version", cast, "partagee")
    assert "Il manque un bureau." in cast.client("finances_a").get(shared).content.decode()
    client.post(address, {"text": "Il manque deux bureaux.", "lock_version": "2"})
    assert "bureau" not in cast.client("finances_a").get(shared).content.decode()


def test_somebody_else_s_save_is_shown_and_nothing_typed_is_lost(cast):
    with cast.acting("gestionnaire"):
        save_text(post=cast.post["a"], year=PAST, section="faits", text="Premier", by=cast.actor("gestionnaire"))
    answer = cast.client("employeur_a").post(
        url("bilan-post-write", cast, "faits"), {"text": "Le mien", "lock_version": "0"}
    )
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Premier" in page
    assert "Le mien</textarea>" in page
    assert "Gestionnaire (Département)" in page
    with cast.acting("gestionnaire"):
        by, post = cast.actor("gestionnaire"), cast.post["a"]
        assert BilanText.objects.get().text == "Premier"
        again = save_text(post=post, year=PAST, section="faits", text=" Premier \n", by=by, expected=1)
        assert (again.changed, again.text.lock_version) == (False, 1)
        with pytest.raises(Conflict):
            confirm_text(post=post, year=PAST, section="faits", by=by, expected=7)
        with pytest.raises(InvalidInput, match="6000 au plus"):
            save_text(post=post, year=PAST, section="faits", text="a" * 6001, by=by)


def test_the_opinion_is_written_by_those_who_lead_the_work_and_never_leaves(full):
    text = {"text": "Présence appréciée des unités.", "lock_version": "0"}
    assert full.client("employeur_a").post(url("bilan-post-write", full, "avis"), text).status_code == 403
    full.client("instructeur").post(url("bilan-post-write", full, "avis"), text)
    # The police host post c, not post a.
    full.client("partenaire").post(url("bilan-post-write", full, "avis", post="c"), text)
    assert full.client("partenaire").post(url("bilan-post-write", full, "avis"), text).status_code == 404
    assert full.client("partenaire").post(url("bilan-post-write", full, "faits", post="c"), text).status_code == 403
    with full.acting("gestionnaire"):
        assert sorted(BilanText.objects.values_list("post__key", "section")) == [("post-a", "avis"), ("post-c", "avis")]
        by, post = full.actor("gestionnaire"), full.post["a"]
        with pytest.raises(NotAllowed):
            confirm_text(post=post, year=PAST, section="avis", by=by, expected=1)
        bilan = post_bilan(post=post, year=PAST, by=by)
        for version in Version:
            out = bilan_file(published(bilan, version, by=by), file_format="json").decode()
            assert "appréciée" not in out
        assert "appréciée" in bilan_file(bilan, file_format="json").decode()
    # The funder of post c sees the post, not the opinion on it.
    with full.acting("finances_b"):
        assert not BilanText.objects.exists()
    assert "appréciée" in full.client("employeur_a").get(url("bilan-post", full)).content.decode()


# --- Documents --------------------------------------------------------------------------------------------------------


def test_the_document_holds_its_data_and_the_same_data_give_the_same_document(full):
    by = full.actor("gestionnaire")
    with full.acting("gestionnaire"):
        bilan = post_bilan(post=full.post["a"], year=PAST, by=by)
        out = published(bilan, Version.PUBLISHED, by=by)
        first = bilan_pdf(out)
    reader = PdfReader(io.BytesIO(first))
    stem = f"bilan-62-{PAST}-post-a-publique"
    assert list(reader.attachments) == [f"{stem}.csv", f"{stem}.json"]
    assert reader.attachments[f"{stem}.json"][0] == bilan_file(out, file_format="json")
    words = "".join(page.extract_text() for page in reader.pages)
    assert "Saisines par mode" in words
    assert "Mois par mois" not in words
    assert len(reader.pages) <= 5


def test_the_command_writes_the_bilan_of_a_post(full, tmp_path, capsys):
    target = tmp_path / "poste.json"
    post = full.post["a"].key
    call_command("bilan_post", territory="62", year=PAST, post=post, output=target)
    assert json.loads(target.read_text())["poste"] == post
    call_command("bilan_post", territory="62", year=PAST, post=post, output=target, readers="publique")
    assert json.loads(target.read_text())["version"] == "publique"
    with pytest.raises(CommandError, match="Poste inconnu : nulle-part"):
        call_command("bilan_post", territory="62", year=PAST, post="nulle-part", output=target)
    with pytest.raises(CommandError, match="n'est pas possible"):
        call_command("bilan_post", territory="62", year=timezone.localdate().year + 4, post=post, output=target)
