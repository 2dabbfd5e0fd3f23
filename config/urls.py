from django.urls import include, path

urlpatterns = [
    path("api/v1/", include("config.api")),
    path("", include("parties.urls")),
    path("", include("posts.urls")),
    path("", include("funding.urls")),
    path("", include("conventions.urls")),
    path("", include("reporting.urls")),
]
