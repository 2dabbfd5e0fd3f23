"""Contracts, the votes that authorise them and the models of their text: under the journal."""

from django.db import migrations

from core.journal import journalled


class Migration(migrations.Migration):
    dependencies = [
        ("parties", "0004_journal"),
        ("conventions", "0001_initial"),
    ]

    operations = [
        *journalled("conventions_template"),
        *journalled("conventions_clause", root="conventions_template", column="template_id"),
        *journalled("conventions_convention", ignored=["lock_version"]),
        *journalled("conventions_conventionpost", root="conventions_convention", column="convention_id"),
        *journalled("conventions_conventionplan", root="conventions_convention", column="convention_id"),
        *journalled("conventions_party", root="conventions_convention", column="convention_id"),
        *journalled("conventions_signatory", root="conventions_convention", column="convention_id"),
        *journalled("conventions_conventionclause", root="conventions_convention", column="convention_id"),
        *journalled("conventions_deliberation"),
        *journalled("conventions_decision", root="conventions_deliberation", column="deliberation_id"),
        *journalled("conventions_decisionconvention", root="conventions_convention", column="convention_id"),
    ]
