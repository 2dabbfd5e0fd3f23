"""The first steps of a role: what a person ticked and put away, theirs alone."""

from __future__ import annotations

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLE = "parties_firststeps"
OWN = "user_id = (SELECT cosigne_user())"
#: A plain foreign key is checked behind row-level security's back: the membership must be one's own too.
ONE_S_OWN = f"""{OWN}
  AND (membership_id IS NULL OR membership_id IN (SELECT id FROM parties_membership WHERE {OWN}))
  AND (platform_membership_id IS NULL
    OR platform_membership_id IN (SELECT id FROM parties_platformmembership WHERE {OWN}))"""
POLICIES = f"""
ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY;
CREATE POLICY {TABLE}_read ON {TABLE} FOR SELECT USING ({OWN});
CREATE POLICY {TABLE}_insert ON {TABLE} FOR INSERT WITH CHECK ({ONE_S_OWN});
CREATE POLICY {TABLE}_update ON {TABLE} FOR UPDATE USING ({OWN}) WITH CHECK ({ONE_S_OWN});
CREATE POLICY {TABLE}_delete ON {TABLE} FOR DELETE USING ({OWN});
"""


class Migration(migrations.Migration):
    dependencies = [
        ("parties", "0010_own_finance"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="FirstSteps",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="créé le")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="modifié le")),
                (
                    "ticked",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.SlugField(max_length=40),
                        default=list,
                        size=None,
                        verbose_name="étapes cochées",
                    ),
                ),
                ("hidden_at", models.DateTimeField(null=True, verbose_name="masqué le")),
                (
                    "membership",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="first_steps",
                        to="parties.membership",
                        verbose_name="appartenance",
                    ),
                ),
                (
                    "platform_membership",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="first_steps",
                        to="parties.platformmembership",
                        verbose_name="rôle",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="compte",
                    ),
                ),
            ],
            options={
                "verbose_name": "premiers pas",
                "verbose_name_plural": "premiers pas",
                "ordering": ["pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("membership", None), ("platform_membership__isnull", False)),
                            models.Q(("membership__isnull", False), ("platform_membership", None)),
                            _connector="OR",
                        ),
                        name="parties_firststeps_one",
                    )
                ],
            },
        ),
        migrations.RunSQL(POLICIES, migrations.RunSQL.noop),
    ]
