from django.contrib.auth.views import LogoutView
from django.urls import path

from parties.views import guide, mandates, organisations, session, tokens

urlpatterns = [
    path("connexion/", session.SignIn.as_view(), name="login"),
    path("deconnexion/", LogoutView.as_view(), name="logout"),
    path("changer-d-organisation/", session.switch_membership, name="switch-membership"),
    path("mon-compte/", session.account, name="account"),
    path("jetons/", tokens.token_list, name="tokens"),
    path("jetons/nouveau/", tokens.token_create, name="token-create"),
    path("jetons/<uuid:uuid>/revoquer/", tokens.token_revoke, name="token-revoke"),
    path("aide/", session.help_page, name="help"),
    path("aide/<slug:page>/", guide.guide, name="guide"),
    path("accessibilite/", guide.accessibility, name="accessibility"),
    path("annuaire/", organisations.organisation_list, name="organisations"),
    path("annuaire/export.<str:file_format>", organisations.organisation_export, name="organisations-export"),
    path("annuaire/nouvelle/", organisations.organisation_create, name="organisation-create"),
    path("annuaire/referentiel/", organisations.organisation_reference, name="organisation-reference"),
    path("annuaire/<uuid:uuid>/modifier/", organisations.organisation_edit, name="organisation-edit"),
    path("annuaire/<uuid:uuid>/mandats/nouveau/", mandates.mandate_create, name="mandate-create"),
    path("annuaire/mandats/<uuid:uuid>/modifier/", mandates.mandate_edit, name="mandate-edit"),
]
