"""Who signed in a signatory's place: the signatory's own mandate may change later, the signature does not."""

import django.db.models.deletion
from django.db import migrations, models

from core import rls


class Migration(migrations.Migration):
    dependencies = [
        ("conventions", "0008_families"),
        ("parties", "0010_own_finance"),
    ]

    operations = [
        migrations.AddField(
            model_name="signature",
            name="mandate",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="parties.mandate",
                verbose_name="signée par délégation",
            ),
        ),
        *rls.same_territory("conventions_signature", mandate_id="parties_mandate"),
    ]
