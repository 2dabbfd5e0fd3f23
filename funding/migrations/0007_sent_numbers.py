from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("funding", "0006_modes")]

    operations = [
        migrations.AddField("titre", "sent_slip", models.CharField("bordereau envoyé", max_length=20, blank=True)),
        migrations.AddField("titre", "sent_number", models.CharField("numéro envoyé", max_length=20, blank=True)),
    ]
