"""Money, under the journal. What is computed from the rest (`explanation`) is not followed; its result is."""

from django.db import migrations

from core.journal import journalled


class Migration(migrations.Migration):
    dependencies = [
        ("parties", "0004_journal"),
        ("funding", "0001_initial"),
    ]

    operations = [
        *journalled("funding_allocationkey"),
        *journalled("funding_allocationkeyline", root="funding_allocationkey", column="allocation_key_id"),
        *journalled("funding_budgetline", root="parties_organisation", column="organisation_id"),
        *journalled("funding_fundingplan", ignored=["version"]),
        *journalled("funding_planpost", root="funding_fundingplan", column="plan_id"),
        *journalled("funding_costcomponent", root="funding_fundingplan", column="plan_id"),
        *journalled("funding_share", root="funding_fundingplan", column="plan_id", ignored=["explanation"]),
        *journalled("funding_titre"),
    ]
