from django.apps import AppConfig


class ReportingConfig(AppConfig):
    name = "reporting"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from conventions.calendar import handed
        from reporting import receivers  # noqa: F401  (listens to what conventions tells)
        from reporting.campaigns.handed import handed_keys

        handed.register(handed_keys)
