"""Addresses of the API, one version at a time: everything below is ``/api/v1/…``."""

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.routers import SimpleRouter

from config.api_docs import documentation
from conventions.api import ConventionViewSet, DeliberationViewSet, ModelViewSet
from core.api.views import UUID_PATTERN, AnyAccept
from funding.api import AllocationKeyViewSet, ExportBatchViewSet, PlanViewSet, ReturnImportViewSet, TitreViewSet
from parties.api import MandateViewSet, MeView, OrganisationViewSet, TerritoryViewSet
from posts.api import ActivityViewSet, PostViewSet, UnitViewSet
from posts.api_detail import CountedView
from reporting.api import BilanView, BilanYearsView, DossierCheckView, PublicationViewSet
from reporting.campaigns.api import ReportSubmitView, ReportsView
from reporting.contributions.api import ContributionsView
from reporting.national.api import NationalView, NationalYearView
from reporting.steering.api import CostsView, RisksView

CONVENTION = rf"^conventions/(?P<uuid>{UUID_PATTERN})/"


class Router(SimpleRouter):
    """Collections may be written to as a whole (``PUT activity/``), where the set defines ``record``."""

    def get_routes(self, viewset):  # type: ignore[no-untyped-def]
        routes = super().get_routes(viewset)
        return [
            route._replace(mapping={**route.mapping, "put": "record"}) if route.name == "{basename}-list" else route
            for route in routes
        ]


router = Router()
router.register("territories", TerritoryViewSet, basename="api-territory")
router.register("organisations", OrganisationViewSet, basename="api-organisation")
router.register("mandates", MandateViewSet, basename="api-mandate")
router.register("units", UnitViewSet, basename="api-unit")
router.register("posts", PostViewSet, basename="api-post")
router.register("activity", ActivityViewSet, basename="api-activity")
router.register("plans", PlanViewSet, basename="api-plan")
router.register("allocation-keys", AllocationKeyViewSet, basename="api-allocation-key")
router.register("conventions", ConventionViewSet, basename="api-convention")
router.register("models", ModelViewSet, basename="api-model")
router.register("deliberations", DeliberationViewSet, basename="api-deliberation")
router.register("titres", TitreViewSet, basename="api-titre")
router.register("titres-exports", ExportBatchViewSet, basename="api-titre-export")
router.register("titres-returns", ReturnImportViewSet, basename="api-titre-return")

v1 = [
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("docs/", documentation, name="api-docs"),
    path("me/", MeView.as_view(), name="api-me"),
    path("activity-lists/", CountedView.as_view(), name="api-activity-lists"),
    path("bilans/", BilanYearsView.as_view(), name="api-bilans"),
    path("bilans/<int:year>/", BilanView.as_view(), name="api-bilan"),
    path("contributions/", ContributionsView.as_view(), name="api-contributions"),
    path("steering/risks/<int:year>/", RisksView.as_view(), name="api-steering-risks"),
    path("steering/costs/<int:year>/", CostsView.as_view(), name="api-steering-costs"),
    path("national/", NationalView.as_view(), name="api-national"),
    path("national/<int:year>/", NationalYearView.as_view(), name="api-national-year"),
    path("reports/", ReportsView.as_view(), name="api-reports"),
    path("reports/submit/", ReportSubmitView.as_view(), name="api-reports-submit"),
    path("dossier/check/", DossierCheckView.as_view(), name="api-dossier-check"),
    re_path(f"{CONVENTION}approve/$", PublicationViewSet.as_view({"post": "approve"}), name="api-convention-approve"),
    re_path(
        f"{CONVENTION}document/$",
        PublicationViewSet.as_view(
            {"get": "document"}, content_negotiation_class=AnyAccept, filter_backends=[], pagination_class=None
        ),
        name="api-convention-document",
    ),
    re_path(
        f"{CONVENTION}docx/$",
        PublicationViewSet.as_view(
            {"get": "docx"}, content_negotiation_class=AnyAccept, filter_backends=[], pagination_class=None
        ),
        name="api-convention-docx",
    ),
    path("", include(router.urls)),
]

urlpatterns = v1
