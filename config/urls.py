from django.urls import include, path

urlpatterns = [
    path("", include("parties.urls")),
    path("", include("posts.urls")),
    path("", include("funding.urls")),
    path("", include("conventions.urls")),
    path("", include("reporting.urls")),
]
