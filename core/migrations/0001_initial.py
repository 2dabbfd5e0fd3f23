"""The functions that row-level security policies of every app read the context with."""

from django.db import migrations

from core.rls import CONTEXT_SQL


class Migration(migrations.Migration):
    initial = True
    dependencies: list = []
    operations = [migrations.RunSQL(CONTEXT_SQL, migrations.RunSQL.noop)]
