"""Lists come in pages."""

from rest_framework.pagination import PageNumberPagination


class Pages(PageNumberPagination):
    page_size_query_param = "page_size"
    max_page_size = 200
    page_query_description = "Numéro de page, à partir de 1."
    page_size_query_description = "Nombre de lignes par page, 200 au plus."
