from django.urls import path

from funding.views import editor, findings, plans

plan_urls = [
    path("financements/", plans.plan_list, name="plans"),
    path("financements/nouveau/", editor.plan_create, name="plan-create"),
    path("financements/apercu/", editor.plan_preview, name="plan-preview"),
    path("financements/<uuid:uuid>/", plans.plan, name="plan"),
    path("financements/<uuid:uuid>/modifier/", editor.plan_edit, name="plan-edit"),
    path("financements/<uuid:uuid>/copier/", plans.plan_copy, name="plan-copy"),
    path("constats/expliquer/", findings.finding_explain, name="finding-explain"),
]

urlpatterns: list = [*plan_urls]
