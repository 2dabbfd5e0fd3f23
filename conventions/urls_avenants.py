"""Addresses of avenants and of what ends a convention."""

from django.urls import path

from conventions.views import avenants, endings

AVENANT = "avenants/<uuid:uuid>/"

urlpatterns = [
    path("conventions/<uuid:uuid>/avenants/nouveau/", avenants.avenant_create, name="convention-avenant"),
    path("conventions/<uuid:uuid>/fin/", endings.convention_end, name="convention-end"),
    path("conventions/<uuid:uuid>/denoncer/", endings.convention_denounce, name="convention-denounce"),
    path("conventions/<uuid:uuid>/resilier/", endings.convention_terminate, name="convention-terminate"),
    path(AVENANT, avenants.avenant_page, name="avenant"),
    path(f"{AVENANT}modifier/", avenants.avenant_edit, name="avenant-edit"),
    path(f"{AVENANT}changements/<slug:change>/", avenants.avenant_change, name="avenant-change"),
    path(f"{AVENANT}retirer/", avenants.avenant_change_remove, name="avenant-change-remove"),
    path(f"{AVENANT}parties/<uuid:party>/", avenants.avenant_party, name="avenant-party"),
    path(f"{AVENANT}soumettre/", avenants.avenant_submit, name="avenant-submit"),
    path(f"{AVENANT}renvoyer/", avenants.avenant_send_back, name="avenant-send-back"),
    path(f"{AVENANT}mettre-en-signature/", avenants.avenant_circulate, name="avenant-circulate"),
    path(f"{AVENANT}reprendre/", avenants.avenant_reopen, name="avenant-reopen"),
    path(f"{AVENANT}abandonner/", avenants.avenant_abandon, name="avenant-abandon"),
    path(f"{AVENANT}signatures/<uuid:signatory>/", avenants.avenant_sign, name="avenant-sign"),
]
