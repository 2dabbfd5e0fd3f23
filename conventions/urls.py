from django.urls import include, path, re_path

from conventions.views import (
    acts,
    budget,
    clauses,
    deliberations,
    drafting,
    grants,
    lists,
    page,
    parties,
    review,
)

CONVENTION = "conventions/<uuid:uuid>/"

urlpatterns = [
    path("", include("conventions.urls_avenants")),
    path("subventions/plans/<uuid:uuid>/preparer/", grants.grants_prepare, name="grant-plan-prepare"),
    path("conventions/", lists.convention_list, name="conventions"),
    re_path(r"^conventions/export\.(?P<file_format>csv|xlsx)$", lists.convention_export, name="conventions-export"),
    path("conventions/nouvelle/", drafting.convention_create, name="convention-create"),
    path(CONVENTION, page.convention_page, name="convention"),
    path(f"{CONVENTION}modifier/", drafting.convention_edit, name="convention-edit"),
    path(f"{CONVENTION}renouveler/", drafting.convention_renew, name="convention-renew"),
    path(f"{CONVENTION}clauses/<slug:kind>/", clauses.clause_edit, name="convention-clause"),
    path(f"{CONVENTION}clauses/<slug:kind>/retirer/", clauses.clause_remove, name="convention-clause-remove"),
    path(f"{CONVENTION}clauses/<slug:kind>/retablir/", clauses.clause_restore, name="convention-clause-restore"),
    path(f"{CONVENTION}parties/nouvelle/", parties.party_add, name="convention-party-add"),
    path(f"{CONVENTION}parties/<uuid:party>/", parties.party_edit, name="convention-party-edit"),
    path(f"{CONVENTION}parties/<uuid:party>/deliberation/", parties.party_vote, name="convention-party-vote"),
    path(f"{CONVENTION}parties/<uuid:party>/retirer/", parties.party_remove, name="convention-party-remove"),
    path(f"{CONVENTION}soumettre/", acts.convention_submit, name="convention-submit"),
    path(f"{CONVENTION}mettre-en-signature/", acts.convention_circulate, name="convention-circulate"),
    path(f"{CONVENTION}ecarter-les-mentions/", acts.convention_set_aside, name="convention-set-aside"),
    path(f"{CONVENTION}reprendre/", acts.convention_reopen, name="convention-reopen"),
    path(f"{CONVENTION}abandonner/", acts.convention_abandon, name="convention-abandon"),
    path(f"{CONVENTION}signatures/<uuid:signatory>/", acts.convention_sign, name="convention-sign"),
    path(f"{CONVENTION}revue/", review.convention_review, name="convention-review"),
    path(f"{CONVENTION}renvoyer/", review.convention_send_back, name="convention-send-back"),
    path(f"{CONVENTION}commentaires/", review.comment_add, name="convention-comment"),
    path(f"{CONVENTION}commentaires/<uuid:comment>/", review.comment_answer, name="convention-comment-answer"),
    path(
        f"{CONVENTION}commentaires/<uuid:comment>/clore/", review.comment_withdraw, name="convention-comment-withdraw"
    ),
    path("deliberations/", deliberations.deliberation_list, name="deliberations"),
    path("deliberations/nouvelle/", deliberations.deliberation_create, name="deliberation-create"),
    path("deliberations/<uuid:uuid>/", deliberations.deliberation_page, name="deliberation"),
    path("deliberations/<uuid:uuid>/modifier/", deliberations.deliberation_edit, name="deliberation-edit"),
    path("budget/", budget.budget, name="budget"),
    path("budget/nouvelle/", budget.budget_line_create, name="budget-line-create"),
    path("budget/<uuid:uuid>/", budget.budget_line, name="budget-line"),
    path("budget/<uuid:uuid>/modifier/", budget.budget_line_edit, name="budget-line-edit"),
    path("budget/<uuid:uuid>/imputer/", budget.budget_line_charge, name="budget-line-charge"),
]
