from importlib import import_module

from django.apps import AppConfig


class PartiesConfig(AppConfig):
    name = "parties"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("parties.signals")
