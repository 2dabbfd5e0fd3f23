"""The life of a territory's model: copied, written by several people, published, chosen, kept by the database."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import Error, connection, transaction

from conventions import services
from conventions.clauses.sets import MODELS
from conventions.library.data import as_data
from conventions.models import Clause, ModelChoice, Template
from conventions.services import model_drafts as drafts
from conventions.services.models_library import NATIONAL, choose_model, model_for, national_model
from core import rls
from core.errors import BusinessError, Conflict, InvalidInput, NotAllowed
from tests.cast import Cast
from tests.conventions.model_files import load_two_models
from tests.conventions.pages import make_draft


@pytest.fixture(autouse=True)
def shipped(db) -> None:
    load_two_models()


def copied(cast: Cast, family: str = "F2", name: str = "gestionnaire") -> Template:
    """A draft of the national model. Inside ``cast.acting(name)``."""
    source = national_model(family)
    assert source is not None
    return drafts.start_draft(source=source, by=cast.actor(name))


def row(template: Template, kind: str) -> Clause:
    return template.clauses.get(kind=kind)


def kinds(template: Template) -> list[str]:
    return list(template.clauses.order_by("position").values_list("kind", flat=True))


def write(cast: Cast, template: Template, kind: str, text: str, **options: Any) -> Clause:
    return drafts.save_variant(
        clause=row(template, kind), key="standard", label="Courante", text=text, when=[],
        by=cast.actor("gestionnaire"), **options,
    )  # fmt: skip


# --- From the national model to a published version -------------------------------------------------------------------


def test_a_copy_says_the_same_as_the_national_model_and_is_published_as_it_is(cast: Cast):
    by = cast.actor("gestionnaire")
    with cast.acting("gestionnaire"):
        draft = copied(cast)
        national = national_model("F2")
        assert national is not None
        assert as_data(draft)["clauses"] == as_data(national)["clauses"]
        assert (draft.version, draft.based_on, draft.is_draft) == (1, national, True)
        published = drafts.publish_draft(template=draft, by=by)
        assert published.published_by_label == "Gestionnaire (Département)"
        second = drafts.start_draft(source=published, by=by)
        assert (second.version, second.based_on) == (2, published)


def test_one_draft_per_family(cast: Cast):
    with cast.acting("gestionnaire"):
        copied(cast)
        with pytest.raises(BusinessError, match="existe déjà"):
            copied(cast)
        copied(cast, "F3")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Auprès {{ service.du }}.", 1),
        ("Ouvert {{ post.base", 1),
        ("{{ ref:nulle_part }} et {{ x.__class__ }}", 2),
        ("[si la lune est pleine] Texte.", 1),
    ],
)
def test_publication_is_refused_while_a_problem_stands_and_nothing_is_lost(cast: Cast, text: str, count: int):
    with cast.acting("gestionnaire"):
        draft = copied(cast)
        write(cast, draft, "deontologie", text)
        with pytest.raises(drafts.NotPublishable) as refused:
            drafts.publish_draft(template=draft, by=cast.actor("gestionnaire"))
        assert refused.value.count == count
        draft.refresh_from_db()
        assert draft.is_draft
        [block] = row(draft, "deontologie").variants[0]["blocks"]
        assert text.endswith(block["text"])


def test_a_mandatory_clause_removed_forbids_publication_until_it_is_back(cast: Cast):
    by = cast.actor("gestionnaire")
    with cast.acting("gestionnaire"):
        draft = copied(cast, "F3")
        drafts.remove_clause(clause=row(draft, "communication"), by=by)
        drafts.remove_clause(clause=row(draft, "emploi_fonds"), by=by)
        with pytest.raises(drafts.NotPublishable):
            drafts.publish_draft(template=draft, by=by)
        national = national_model("F3")
        assert national is not None
        drafts.add_clause(template=draft, source=national.clauses.get(kind="emploi_fonds"), by=by)
        drafts.publish_draft(template=draft, by=by)
        assert "communication" not in kinds(draft)
        assert kinds(draft)[-1] == "emploi_fonds"


# --- Clauses and variants ---------------------------------------------------------------------------------------------


def test_clauses_are_ordered_and_the_head_stays(cast: Cast):
    by = cast.actor("gestionnaire")
    with cast.acting("gestionnaire"):
        draft = copied(cast)
        before = kinds(draft)
        drafts.move_clause(clause=row(draft, "missions"), up=True, by=by)
        assert kinds(draft) == [*before[:2], "missions", "objet", *before[4:]]
        drafts.move_clause(clause=row(draft, "missions"), up=True, by=by)
        assert kinds(draft)[2] == "missions"
        drafts.move_clause(clause=row(draft, "missions"), up=False, by=by)
        assert kinds(draft) == before
        drafts.move_clause(clause=row(draft, "objet"), after="litiges", by=by)
        assert kinds(draft)[kinds(draft).index("litiges") + 1] == "objet"
        drafts.move_clause(clause=row(draft, "annexes"), after="", by=by)
        assert kinds(draft)[:3] == ["visas", "preambule", "annexes"]
        with pytest.raises(BusinessError, match="restent en tête"):
            drafts.move_clause(clause=row(draft, "visas"), up=False, by=by)
        with pytest.raises(InvalidInput):
            drafts.move_clause(clause=row(draft, "objet"), after="nulle_part", by=by)


def test_a_clause_of_one_s_own_is_referred_to_by_a_name_made_from_its_title(cast: Cast):
    by = cast.actor("gestionnaire")
    with cast.acting("gestionnaire"):
        draft = copied(cast)
        own = drafts.add_clause(template=draft, title="Véhicule de service", by=by)
        twin = drafts.add_clause(template=draft, title="Véhicule de service", by=by)
        assert (own.kind, twin.kind) == ("vehicule_de_service", "vehicule_de_service_2")
        drafts.remove_clause(clause=twin, by=by)
        with pytest.raises(drafts.NotPublishable):
            drafts.publish_draft(template=draft, by=by)  # its text is still to be written
        write(cast, draft, own.kind, "Un véhicule est mis à disposition.")
        write(cast, draft, "deontologie", "Voir l'{{ ref:vehicule_de_service }}.")
        drafts.publish_draft(template=draft, by=by)


def test_a_variant_added_under_a_condition_comes_before_the_one_that_always_fits(cast: Cast):
    by = cast.actor("gestionnaire")
    with cast.acting("gestionnaire"):
        draft = copied(cast)
        clause = row(draft, "duree")
        key = drafts.add_variant(clause=clause, label="Période courte", text="Court.", when=["short_period"], by=by)
        assert [v["key"] for v in row(draft, "duree").variants] == [key, "standard"]
        drafts.move_variant(clause=row(draft, "duree"), key=key, up=False, by=by)
        with pytest.raises(drafts.NotPublishable):
            drafts.publish_draft(template=draft, by=by)  # it could never be chosen
        drafts.remove_variant(clause=row(draft, "duree"), key=key, by=by)
        with pytest.raises(BusinessError, match="au moins une variante"):
            drafts.remove_variant(clause=row(draft, "duree"), key="standard", by=by)
        drafts.publish_draft(template=draft, by=by)


def test_two_people_write_without_losing_anything(cast: Cast):
    with cast.acting("gestionnaire"):
        draft = copied(cast)
        seen = row(draft, "duree").lock_version
        looked_at = draft.lock_version
        write(cast, draft, "duree", "Texte de Camille.", expected=seen)
        # Another clause is nobody's conflict; the same one is.
        write(cast, draft, "litiges", "Autre texte.", expected=row(draft, "litiges").lock_version)
        with pytest.raises(Conflict, match="votre saisie est gardée"):
            write(cast, draft, "duree", "Texte de Sacha.", expected=seen)
        assert row(draft, "duree").variants[0]["blocks"] == [{"type": "p", "text": "Texte de Camille."}]
        # Nor is a version published that is not the one looked at.
        with pytest.raises(Conflict):
            drafts.publish_draft(template=draft, by=cast.actor("gestionnaire"), expected=looked_at)


# --- Published: nobody changes it -------------------------------------------------------------------------------------


def test_the_database_keeps_what_is_published(cast: Cast):
    by = cast.actor("gestionnaire")
    with cast.acting("gestionnaire"):
        draft = copied(cast)
        drafts.publish_draft(template=draft, by=by)
        duree = row(draft, "duree")
        with pytest.raises(BusinessError, match="ne se modifie plus"):
            write(cast, draft, "duree", "Autre.")
        with pytest.raises(BusinessError, match="ne se modifie plus"):
            drafts.discard_draft(template=draft, by=by)
        for statement, values in (
            ("UPDATE conventions_template SET name = 'Pris' WHERE id = %s", [draft.pk]),
            ("UPDATE conventions_template SET published_at = NULL WHERE id = %s", [draft.pk]),
            ("DELETE FROM conventions_template WHERE id = %s", [draft.pk]),
            ("UPDATE conventions_clause SET title = 'Pris' WHERE id = %s", [duree.pk]),
            ("DELETE FROM conventions_clause WHERE id = %s", [duree.pk]),
        ):
            with pytest.raises(Error, match="publié"), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement, values)
        duree.pk = duree.uuid = None
        with pytest.raises(Error), transaction.atomic():
            Clause.objects.create(template=draft, territory=draft.territory, kind="neuve", title="X", position=99)


def test_the_national_models_are_nobody_s_in_a_territory(cast: Cast):
    by = cast.actor("gestionnaire")
    national = None
    with cast.acting("gestionnaire"):
        national = national_model("F2")
        assert national is not None
        with pytest.raises(NotAllowed, match="copiez-le"):
            drafts.save_clause_settings(
                clause=national.clauses.select_related("template").first(), title="X", when=[], mandatory_when=[], by=by
            )
        assert Template.objects.filter(territory=None).update(name="Pris") == 0
        assert Clause.objects.filter(territory=None).update(title="Pris") == 0
        assert Clause.objects.filter(territory=None).delete()[0] == 0
        with pytest.raises(Error), transaction.atomic():
            Clause.objects.create(template=national, territory=cast.territory["here"], kind="x", title="X", position=99)
    # Even the command that loads them does not write a published one again.
    with rls.acting(rls.Context(scope="platform")), pytest.raises(Error), transaction.atomic():
        Template.objects.filter(pk=national.pk).update(name="Autre")


# --- Between territories, and between roles ---------------------------------------------------------------------------


def test_a_draft_is_read_by_the_staff_of_its_territory_only(cast: Cast):
    with cast.acting("gestionnaire"):
        draft = copied(cast)
    for name in ("instructeur", "finances_a", "employeur_a", "partenaire", "gestionnaire_there", "plateforme"):
        with cast.acting(name):
            assert not Template.objects.filter(pk=draft.pk).exists(), name
            assert not Clause.objects.filter(template_id=draft.pk).exists(), name
    with cast.acting("gestionnaire"):
        drafts.publish_draft(template=draft, by=cast.actor("gestionnaire"))
    for name, seen in (("instructeur", True), ("finances_a", True), ("gestionnaire_there", False)):
        with cast.acting(name):
            assert Template.objects.filter(pk=draft.pk).exists() is seen, name
            assert Clause.objects.filter(template_id=draft.pk).exists() is seen, name


def test_a_draft_cannot_be_reached_from_another_territory_in_sql(cast: Cast):
    with cast.acting("gestionnaire"):
        draft = copied(cast)
        duree = row(draft, "duree")
    there = cast.territory["there"]
    with cast.acting("gestionnaire_there"):
        assert Template.objects.filter(pk=draft.pk).update(name="Pris") == 0
        assert Clause.objects.filter(pk=duree.pk).delete()[0] == 0
        with pytest.raises(Error), transaction.atomic():
            Clause.objects.create(template_id=draft.pk, territory=there, kind="x", title="X", position=99)
        with pytest.raises(Error), transaction.atomic():
            ModelChoice.objects.create(territory=there, family="F2", template_id=draft.pk)
        with pytest.raises(Error), transaction.atomic():
            Template.objects.create(territory=there, family="F2", name="X", version=9, based_on_id=draft.pk)


@pytest.mark.parametrize("name", ["instructeur", "finances_a", "partenaire", "employeur_a"])
def test_only_the_managers_write_models(cast: Cast, name: str):
    with cast.acting("gestionnaire"):
        draft = copied(cast)
        national = national_model("F3")
    assert national is not None
    by = cast.actor(name)
    for act in (
        lambda: drafts.start_draft(source=national, by=by),
        lambda: drafts.publish_draft(template=draft, by=by),
        lambda: drafts.import_draft(data=as_data(national), by=by),
        lambda: choose_model(family="F2", template=None, rule=NATIONAL, by=by),
    ):
        with cast.acting(name), pytest.raises(NotAllowed, match="écrire les modèles de convention"):
            act()


# --- What new conventions follow --------------------------------------------------------------------------------------


def test_new_conventions_follow_the_latest_published_and_the_others_keep_theirs(cast: Cast):
    by = cast.actor("gestionnaire")
    with cast.acting("gestionnaire"):
        national = national_model("F2")
        before = make_draft(cast)
        assert before.template == national
        draft = copied(cast)
        assert model_for("F2", by) == national, "a draft is followed by nobody"
        drafts.publish_draft(template=draft, by=by)
        assert model_for("F2", by) == draft
        assert model_for("F3", by) == national_model("F3")
        after = services.create_convention(
            by=by, reference="62-APRES", plans=[cast.plan["e"]], period_start=before.period_start,
            period_end=before.period_end,
        )  # fmt: skip
        before.refresh_from_db()
        assert (before.template, after.template) == (national, draft)
    with cast.acting("gestionnaire_there"):
        assert model_for("F2", cast.actor("gestionnaire_there")) == national


def test_the_territory_chooses_another_rule_or_a_version(cast: Cast):
    by = cast.actor("gestionnaire")
    with cast.acting("gestionnaire"):
        national = national_model("F2")
        first = drafts.publish_draft(template=copied(cast), by=by)
        second = drafts.start_draft(source=first, by=by)
        with pytest.raises(InvalidInput, match="version publiée"):
            choose_model(family="F2", template=second, by=by)
        drafts.publish_draft(template=second, by=by)
        assert model_for("F2", by) == second
        choose_model(family="F2", template=first, by=by)
        choose_model(family="F2", template=first, by=by)
        assert model_for("F2", by) == first
        choose_model(family="F2", template=None, rule=NATIONAL, by=by)
        assert model_for("F2", by) == national
        choose_model(family="F2", template=None, by=by)
        assert model_for("F2", by) == second
        with pytest.raises(InvalidInput):
            choose_model(family="F3", template=first, by=by)


# --- Files ------------------------------------------------------------------------------------------------------------


def test_an_exported_model_is_imported_as_it_was(cast: Cast):
    with cast.acting("gestionnaire"):
        draft = copied(cast)
        write(cast, draft, "deontologie", "[si police] Un **mot** {{ post.base }}.\n\n- a\n- [si mixed] b")
        data = json.loads(json.dumps(as_data(draft)))
        drafts.discard_draft(template=draft, by=cast.actor("gestionnaire"))
        again = drafts.import_draft(data=data, by=cast.actor("gestionnaire"))
        assert as_data(again)["clauses"] == data["clauses"]
        assert again.is_draft


def corrupt(**changes: Any) -> dict[str, Any]:
    data = json.loads((MODELS / "F2.json").read_text(encoding="utf-8"))
    first = data["clauses"][3]["variants"][0]
    for name, value in changes.items():
        if name == "text":
            first["blocks"][0]["text"] = value
        elif name == "when":
            first["when"] = value
        elif name in ("kind", "title", "numbered"):
            data["clauses"][3][name] = value
        else:
            data[name] = value
    return data


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (corrupt(text="{{ ici }}"), "variable inconnue : « ici »"),
        (corrupt(text="zéro \0"), "clauses[3].variants[0].blocks[0].text"),
        (corrupt(text="moitié \ud800"), "clauses[3].variants[0].blocks[0].text"),
        (corrupt(when=["polise"]), "clauses[3].variants[0].when : condition « polise » inconnue"),
        (corrupt(kind="a b/../c"), "clauses[3].kind"),
        (corrupt(title="x" * 161), "clauses[3].title : 161 signes"),
        (corrupt(numbered="non"), "clauses[3].numbered : attendu : true ou false"),
        (corrupt(numbered=False), "clauses[3].numbered : seuls les visas"),
        (corrupt(kind=["a"]), "clauses[3].kind"),
        (corrupt(family="F9"), "family : « F9 » n'est pas une famille"),
        (corrupt(family={}), "$.family"),
        (corrupt(clauses=[{}] * 121), "clauses : 121 éléments"),
        (None, "attendu : un objet JSON"),
        ([1], "attendu : un objet JSON"),
    ],
)
def test_a_file_with_mistakes_writes_nothing(cast: Cast, data: Any, place: str):
    with cast.acting("gestionnaire"):
        with pytest.raises(InvalidInput) as refused:
            drafts.import_draft(data=data, by=cast.actor("gestionnaire"))
        assert place in refused.value.message
        assert not Template.objects.filter(territory=cast.territory["here"]).exists()
