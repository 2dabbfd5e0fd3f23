from django.urls import path

from funding.views import debts, editor, finance, findings, grid, grid_import, plan_import, plans, titre_exports, titres

plan_urls = [
    path("financements/", plans.plan_list, name="plans"),
    path("financements/nouveau/", editor.plan_create, name="plan-create"),
    path("financements/importer/", plan_import.plans_import, name="plans-import"),
    path("financements/modele/", plan_import.plans_template, name="plans-template"),
    path("financements/lignes.<str:file_format>", plan_import.plans_rows, name="plans-rows"),
    path("financements/apercu/", editor.plan_preview, name="plan-preview"),
    path("financements/<uuid:uuid>/", plans.plan, name="plan"),
    path("financements/<uuid:uuid>/modifier/", editor.plan_edit, name="plan-edit"),
    path("financements/<uuid:uuid>/copier/", plans.plan_copy, name="plan-copy"),
    path("financements/<uuid:uuid>/tableau/", grid.plan_grid, name="plan-grid"),
    path("financements/<uuid:uuid>/tableau/apercu/", grid.plan_grid_preview, name="plan-grid-preview"),
    path("financements/<uuid:uuid>/tableau/annuler/", grid.plan_grid_undo, name="plan-grid-undo"),
    path("financements/<uuid:uuid>/tableau/xlsx/", grid.plan_grid_sheet, name="plan-grid-sheet"),
    path("financements/<uuid:uuid>/tableau/importer/", grid_import.plan_grid_import, name="plan-grid-import"),
    path("constats/expliquer/", findings.finding_explain, name="finding-explain"),
]

titre_urls = [
    path("titres/", titres.titre_list, name="titres"),
    path("titres/preparer/", titres.titres_propose, name="titres-propose"),
    path("titres/exporter/", titre_exports.titres_export, name="titres-export"),
    path("titres/lots/", titre_exports.batch_list, name="batches"),
    path("titres/lots/<uuid:uuid>/", titre_exports.batch_download, name="batch-download"),
    path("titres/a-payer/", debts.debts, name="debts"),
    path("titres/<uuid:uuid>/", titres.titre, name="titre"),
    path("titres/<uuid:uuid>/emission/", titres.titre_issue, name="titre-issue"),
    path("titres/<uuid:uuid>/encaissement/", titres.titre_receive, name="titre-receive"),
]

finance_urls = [
    path("annuaire/<uuid:uuid>/finances/", finance.finance, name="organisation-finance"),
    path("annuaire/<uuid:uuid>/finances/<slug:step>/", finance.finance_step, name="organisation-finance-step"),
]

urlpatterns: list = [*plan_urls, *titre_urls, *finance_urls]
