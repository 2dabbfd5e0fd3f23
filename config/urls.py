from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from core.views import styleguide

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include("config.api")),
    path("", include("parties.urls")),
    path("", include("posts.urls")),
    path("", include("funding.urls")),
    path("", include("conventions.urls")),
    path("", include("reporting.urls")),
]

handler400 = "config.errors.bad_request"
handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"

# The components of the interface on one page, for those who write pages.
if settings.DEBUG:
    urlpatterns.append(path("composants/", styleguide, name="styleguide"))
