"""What a visitor reads when something goes wrong, and the guard that keeps a GET from writing."""

from html import unescape

import pytest
from django.core.exceptions import SuspiciousOperation
from django.http import HttpResponse
from django.urls import include, path

from core.errors import Conflict, NotAllowed
from parties.access import ability_required
from parties.models import Organisation
from tests.cast import Cast

pytestmark = pytest.mark.urls(__name__)


def breaks(request):
    raise ZeroDivisionError


def refuses(request):
    raise NotAllowed("Votre rôle ne permet pas de signer ici.")


def conflicts(request):
    # The view writes, then fails: nothing of it may stay.
    Organisation.objects.filter(siren="200035442").update(name="Écrit à moitié")
    raise Conflict("Quelqu'un a enregistré avant vous.")


def strange(request):
    raise SuspiciousOperation("forged")


def writes(request):
    Organisation.objects.update(name="Écrit par une lecture")
    return HttpResponse("done")


def reads(request):
    return HttpResponse(str(Organisation.objects.count()))


@ability_required("titre.export")
def exports(request):
    return HttpResponse("exported")


urlpatterns = [
    path("casse/", breaks),
    path("refuse/", refuses),
    path("conflit/", conflicts),
    path("etrange/", strange),
    path("ecrit/", writes),
    path("lit/", reads),
    path("exporte/", exports),
    path("", include("config.urls")),
]


@pytest.mark.parametrize(
    ("url", "status", "sentence"),
    [
        ("/nulle-part/", 404, "Cette page est introuvable"),
        ("/annuaire/00000000-0000-4000-8000-000000000000/", 404, "Cette page est introuvable"),
        ("/exporte/", 403, "Votre rôle ne permet pas d'exporter les titres de recettes."),
        ("/refuse/", 403, "Votre rôle ne permet pas de signer ici."),
        ("/etrange/", 400, "La demande n’a pas été comprise"),
        ("/casse/", 500, "Cosigne n’a pas pu répondre"),
    ],
)
def test_errors_are_pages_in_french(cast: Cast, url, status, sentence):
    client = cast.client("gestionnaire")
    client.raise_request_exception = False
    answer = client.get(url)
    html = answer.content.decode()
    assert answer.status_code == status
    assert sentence in unescape(html)
    assert '<html lang="fr">' in html
    assert f"Erreur {status}" in html
    assert html.count("<h1") == 1
    assert "Traceback" not in html


def test_a_business_error_undoes_what_its_view_wrote(cast: Cast):
    client = cast.client("gestionnaire")
    answer = client.post("/conflit/")
    assert answer.status_code == 409
    assert "Quelqu&#x27;un a enregistré avant vous." in answer.content.decode()
    with cast.acting("gestionnaire"):
        assert Organisation.objects.get(siren="200035442").name == "CC du Sud-Artois"


def test_a_get_that_writes_raises(cast: Cast):
    client = cast.client("gestionnaire")
    with pytest.raises(RuntimeError, match="a GET request tried to write"):
        client.get("/ecrit/")
    assert client.get("/lit/").content == b"7"
    assert client.post("/ecrit/").status_code == 200
