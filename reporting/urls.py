from django.urls import path

from reporting import (
    views_bilan,
    views_conventions,
    views_dossier,
    views_grants,
    views_home,
    views_journal,
    views_national,
    views_organisation,
    views_platform,
    views_search,
    views_statements,
)

urlpatterns = [
    path("", views_home.home, name="home"),
    path("recherche/", views_search.search, name="search"),
    path("annuaire/<uuid:uuid>/", views_organisation.organisation, name="organisation"),
    path("conventions/<uuid:uuid>/approuver/", views_conventions.convention_approve, name="convention-approve"),
    path("conventions/<uuid:uuid>/convention.pdf", views_conventions.convention_document, name="convention-pdf"),
    path("dossier/", views_dossier.dossier, name="dossier"),
    path("dossier/export.json", views_dossier.dossier_export, name="dossier-export"),
    path("journal/", views_journal.journal, name="journal"),
    path("journal/journal.<str:file_format>", views_journal.export, name="journal-export"),
    path("national/", views_national.national, name="national"),
    path("national/tableau.<str:file_format>", views_national.export, name="national-export"),
    path("plateforme/territoires/", views_platform.territories, name="platform"),
    path("plateforme/territoires/<uuid:uuid>/", views_platform.territory, name="platform-territory"),
    path("bilans/", views_bilan.bilans, name="bilans"),
    path("bilans/<int:year>/", views_bilan.bilan, name="bilan"),
    path("bilans/<int:year>/bilan.pdf", views_bilan.pdf, name="bilan-pdf"),
    path("bilans/<int:year>/tableau.<str:file_format>", views_bilan.export, name="bilan-export"),
    path("bilans/<int:year>/<str:version>/", views_bilan.bilan, name="bilan-version"),
    path("bilans/<int:year>/<str:version>/bilan.pdf", views_bilan.pdf, name="bilan-version-pdf"),
    path("bilans/<int:year>/<str:version>/tableau.<str:file_format>", views_bilan.export, name="bilan-version-export"),
    path(
        "subventions/comptes-rendus/<uuid:uuid>/compte-rendu.pdf",
        views_grants.account_document,
        name="grant-account-pdf",
    ),
    path(
        "subventions/plans/<uuid:uuid>/cerfa/<slug:form>/document.pdf",
        views_grants.form_document,
        name="grant-form-pdf",
    ),
    path("titres/<uuid:uuid>/decompte.pdf", views_statements.titre_statement, name="titre-statement"),
]
