from django.urls import path

from funding.views import (
    debts,
    editor,
    finance,
    findings,
    grants,
    grants_accounts,
    grants_funds,
    grants_payments,
    grants_public,
    grid,
    grid_import,
    modes,
    plan_import,
    plans,
    scenarios,
    titre_exports,
    titres,
)

plan_urls = [
    path("financements/", plans.plan_list, name="plans"),
    path("financements/nouveau/", editor.plan_create, name="plan-create"),
    path("financements/importer/", plan_import.plans_import, name="plans-import"),
    path("financements/modele/", plan_import.plans_template, name="plans-template"),
    path("financements/lignes.<str:file_format>", plan_import.plans_rows, name="plans-rows"),
    path("financements/scenarios/", scenarios.scenario_list, name="scenarios"),
    path("financements/scenarios/nouveau/", scenarios.scenario_create, name="scenario-create"),
    path("financements/scenarios/<uuid:uuid>/", scenarios.scenario, name="scenario"),
    path("financements/scenarios/<uuid:uuid>/supposer/", scenarios.scenario_suppose, name="scenario-suppose"),
    path("financements/scenarios/<uuid:uuid>/oublier/", scenarios.scenario_forget, name="scenario-forget"),
    path("financements/scenarios/<uuid:uuid>/retenir/", scenarios.scenario_adopt, name="scenario-adopt"),
    path("financements/scenarios/<uuid:uuid>/supprimer/", scenarios.scenario_remove, name="scenario-remove"),
    path("financements/scenarios/<uuid:uuid>/xlsx/", scenarios.scenario_sheet, name="scenario-sheet"),
    path("financements/apercu/", editor.plan_preview, name="plan-preview"),
    path("financements/<uuid:uuid>/", plans.plan, name="plan"),
    path("financements/<uuid:uuid>/modifier/", editor.plan_edit, name="plan-edit"),
    path("financements/<uuid:uuid>/copier/", plans.plan_copy, name="plan-copy"),
    path("financements/<uuid:uuid>/tableau/", grid.plan_grid, name="plan-grid"),
    path("financements/<uuid:uuid>/tableau/apercu/", grid.plan_grid_preview, name="plan-grid-preview"),
    path("financements/<uuid:uuid>/tableau/annuler/", grid.plan_grid_undo, name="plan-grid-undo"),
    path("financements/<uuid:uuid>/tableau/xlsx/", grid.plan_grid_sheet, name="plan-grid-sheet"),
    path("financements/<uuid:uuid>/tableau/importer/", grid_import.plan_grid_import, name="plan-grid-import"),
    path("financements/<uuid:uuid>/postes/", modes.plan_breakdown, name="plan-breakdown"),
    path("financements/bareme/", modes.rate_list, name="state-rates"),
    path("financements/bareme/<uuid:uuid>/", modes.rate_edit, name="state-rate"),
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

FORM = "subventions/plans/<uuid:uuid>/cerfa/<slug:form>/"
grant_urls = [
    path("subventions/", grants.grant_list, name="grants"),
    path("subventions/echeances/", grants_payments.grants_due, name="grants-due"),
    path("subventions/fonds-dedies/", grants_funds.fund_list, name="grant-funds"),
    path("subventions/fonds-dedies/enregistrer/", grants_funds.fund_save, name="grant-fund-save"),
    path("subventions/fonds-dedies/<uuid:uuid>/arreter/", grants_funds.fund_close, name="grant-fund-close"),
    path("subventions/fonds-dedies/<uuid:uuid>/rouvrir/", grants_funds.fund_reopen, name="grant-fund-reopen"),
    path("subventions/comptes-rendus/", grants_accounts.account_list, name="grant-accounts"),
    path("subventions/comptes-rendus/nouveau/", grants_accounts.account_open, name="grant-accounts-open"),
    path("subventions/comptes-rendus/<uuid:uuid>/", grants_accounts.account, name="grant-account"),
    path("subventions/comptes-rendus/<uuid:uuid>/saisir/", grants_accounts.account_edit, name="grant-account-edit"),
    path(
        "subventions/comptes-rendus/<uuid:uuid>/remettre/", grants_accounts.account_submit, name="grant-account-submit"
    ),
    path(
        "subventions/comptes-rendus/<uuid:uuid>/examiner/", grants_accounts.account_review, name="grant-account-review"
    ),
    path("subventions/autorites/", grants_public.authorities, name="grant-authorities"),
    path("subventions/publication/", grants_public.publication, name="grants-publication"),
    path("subventions/publication/subventions.csv", grants_public.opendata, name="grants-opendata"),
    path("subventions/publication/faite/", grants_public.publish, name="grants-publish"),
    path("subventions/regles/", grants_public.rules, name="grant-rules"),
    path(FORM, grants_public.form_page, name="grant-form"),
    path(f"{FORM}donnees.<str:file_format>", grants_public.form_export, name="grant-form-export"),
    path("subventions/<uuid:uuid>/", grants.grant, name="grant"),
    path("subventions/<uuid:uuid>/demande/", grants.grant_request, name="grant-request"),
    path("subventions/<uuid:uuid>/attribution/", grants.grant_award, name="grant-award"),
    path("subventions/<uuid:uuid>/echeancier/", grants.grant_schedule, name="grant-schedule"),
    path("subventions/<uuid:uuid>/versement/", grants_payments.grant_pay, name="grant-pay"),
    path("subventions/<uuid:uuid>/annulation/", grants_payments.grant_reverse, name="grant-reverse"),
    path("subventions/<uuid:uuid>/reversement/demande/", grants_payments.grant_reclaim, name="grant-reclaim"),
    path("subventions/<uuid:uuid>/reversement/retrait/", grants_payments.grant_withdraw, name="grant-withdraw"),
    path("subventions/<uuid:uuid>/reversement/", grants_payments.grant_repay, name="grant-repay"),
]

finance_urls = [
    path("annuaire/<uuid:uuid>/finances/", finance.finance, name="organisation-finance"),
    path("annuaire/<uuid:uuid>/finances/<slug:step>/", finance.finance_step, name="organisation-finance-step"),
]

urlpatterns: list = [*plan_urls, *titre_urls, *grant_urls, *finance_urls]
