from django.urls import path

from reporting import views_statements

urlpatterns = [
    path("titres/<uuid:uuid>/decompte.pdf", views_statements.titre_statement, name="titre-statement"),
]
