from django.apps import AppConfig


class ConventionsConfig(AppConfig):
    name = "conventions"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from conventions import plan_guard  # noqa: F401  registers itself with the services that write plans
