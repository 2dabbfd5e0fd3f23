"""Families F0, F4 and F6: names Django keeps of a column, nothing changes in the database."""

from django.db import migrations, models

FAMILIES = [
    ("F0", "F0 – Modèle national triennal, à compléter"),
    ("F1", "F1 – Agent du Département affecté en police ou gendarmerie"),
    ("F2", "F2 – Employeur EPCI"),
    ("F3", "F3 – Employeur association"),
    ("F4", "F4 – Dispositif départemental, tous postes et tous financeurs"),
    ("F5", "F5 – Convention bipartite d'attribution"),
    ("F6", "F6 – Partenariat national avec une tête de réseau"),
]


class Migration(migrations.Migration):
    dependencies = [("conventions", "0007_calendar")]

    operations = [
        migrations.AlterField(
            model_name=name,
            name="family",
            field=models.CharField(choices=FAMILIES, max_length=2, verbose_name="famille"),
        )
        for name in ("convention", "template")
    ]
