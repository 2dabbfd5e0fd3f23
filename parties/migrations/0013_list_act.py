"""One more act in the platform's log: a closed list of activity changed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("parties", "0012_first_steps"),
    ]

    operations = [
        migrations.AlterField(
            model_name="platformevent",
            name="act",
            field=models.CharField(
                choices=[
                    ("appointed", "Rôle donné"),
                    ("withdrawn", "Rôle retiré"),
                    ("opened", "Territoire ouvert"),
                    ("completed", "Annuaire complété"),
                    ("invited", "Premier gestionnaire invité"),
                    ("suspended", "Territoire suspendu"),
                    ("reopened", "Territoire rouvert"),
                    ("asked", "Accès exceptionnel demandé"),
                    ("started", "Accès exceptionnel ouvert d'office"),
                    ("ended", "Accès exceptionnel arrêté"),
                    ("listed", "Liste d'activité modifiée"),
                ],
                max_length=10,
                verbose_name="acte",
            ),
        ),
    ]
