"""Communes served beyond the EPCI covered: named on the post's page, and nothing said of what is not known."""

from __future__ import annotations

import pytest
from django.urls import reverse

from parties.enums import OrganisationKind, Role
from parties.models import RefCommune, RefCommuneYear, RefDepartement, RefEpci, RefEpciYear
from posts.sector import out_of_sector
from tests.posts.builders import add_unit, cover, make_member, make_organisation, make_post, make_territory, make_unit

pytestmark = pytest.mark.django_db
SIREN = "200035442"


@pytest.fixture
def department(db):
    here = RefDepartement.objects.create(code="62", name="Pas-de-Calais")
    epci = RefEpci.objects.create(siren=SIREN, name="Sud-Artois", search_name="x", legal_form="CC", departement=here)
    for vintage in (2024, 2025):
        RefEpciYear.objects.create(
            epci=epci, vintage=vintage, name="Sud-Artois", legal_form="CC", source_form="CC", members_count=1,
            population_municipale=9, population_totale=9, source_vintage=vintage,
        )  # fmt: skip
    for code, name, member in (("62080", "Bapaume", True), ("62041", "Arras", False)):
        commune = RefCommune.objects.create(code=code, name=name, search_name=name.lower(), departement=here)
        RefCommuneYear.objects.create(commune=commune, vintage=2025, population=9, epci=epci if member else None)
    return make_organisation(make_territory(), "Pas-de-Calais", OrganisationKind.DEPARTEMENT)


def post_of(department, *codes, siren=SIREN):
    epci = make_organisation(department.territory, "CC du Sud-Artois", siren=siren)
    post = make_post(epci, "Poste ISG Bapaume")
    add_unit(post, make_unit(department, "Brigade", communes=codes))
    cover(post, epci)
    return post


def test_a_commune_of_no_epci_covered_is_named_on_the_page(client, department):
    post = post_of(department, "62080", "62041")
    found = out_of_sector(post)
    assert (found.vintage, found.communes) == (2025, ("Arras (62041)",))
    client.force_login(make_member(department, Role.GESTIONNAIRE))
    text = client.get(reverse("post", args=[post.uuid])).content.decode()
    assert "Hors secteur" in text
    assert "Arras (62041)" in text


def test_a_post_within_its_sector_is_silent(client, department):
    post = post_of(department, "62080")
    assert out_of_sector(post).communes == ()
    client.force_login(make_member(department, Role.GESTIONNAIRE))
    assert "Hors secteur" not in client.get(reverse("post", args=[post.uuid])).content.decode()


@pytest.mark.parametrize(("codes", "siren"), [((), SIREN), (("62041",), ""), (("62041",), "200033579")])
def test_what_is_not_known_is_not_out_of_sector(department, codes, siren):
    assert out_of_sector(post_of(department, *codes, siren=siren)) is None
