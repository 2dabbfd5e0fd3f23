"""The journal's beginning can be removed once kept long enough; nothing else of it ever can."""

import django.db.models.deletion
from django.db import migrations, models

from core import rls

# Five years whatever the settings say: who could run any SQL as the application may not cut anything younger.
# SECURITY DEFINER: the runtime role has no right to delete entries, nor to write in parties_journalcut.
CUT = """
CREATE FUNCTION cosigne_journal_cut(chain bigint, before timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  last public.parties_journalentry;
  removed bigint;
BEGIN
  IF before > now() - interval '5 years' THEN
    RAISE EXCEPTION 'Le journal se garde cinq ans au moins.' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM pg_advisory_xact_lock(1668246375, coalesce(chain, 0)::int);
  -- Only a beginning without a gap: an old entry sealed after a younger one waits for it.
  SELECT * INTO last FROM public.parties_journalentry e
   WHERE e.territory_id IS NOT DISTINCT FROM chain AND e.at < before AND e.seq < coalesce(
           (SELECT min(y.seq) FROM public.parties_journalentry y
             WHERE y.territory_id IS NOT DISTINCT FROM chain AND y.at >= before), 9223372036854775807)
   ORDER BY e.seq DESC LIMIT 1;
  IF last.id IS NULL THEN
    RETURN 0;
  END IF;
  PERFORM set_config('cosigne.journal_cut', 'on', true);
  DELETE FROM public.parties_journalentry e
   WHERE e.territory_id IS NOT DISTINCT FROM chain AND e.seq <= last.seq;
  GET DIAGNOSTICS removed = ROW_COUNT;
  PERFORM set_config('cosigne.journal_cut', '', true);
  INSERT INTO public.parties_journalcut (territory_id, at, before, seq, hash, count)
  VALUES (chain, clock_timestamp(), before, last.seq, last.hash, removed);
  RETURN removed;
END $$;

CREATE OR REPLACE FUNCTION cosigne_journal_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' AND pg_trigger_depth() > 1 THEN
    RETURN NEW;
  END IF;
  IF TG_OP = 'UPDATE' AND OLD.seq IS NULL AND pg_trigger_depth() > 1 THEN
    RETURN NEW;
  END IF;
  IF TG_OP = 'DELETE' AND current_setting('cosigne.journal_cut', true) = 'on'
     AND OLD.at < now() - interval '5 years' THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'Le journal ne s''écrit pas et ne se modifie pas directement.'
    USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""

# What the runtime role was given by default is taken back, whatever its name: it reads where the journal begins.
REVOKE = """
DO $$
DECLARE
  held record;
BEGIN
  FOR held IN
    SELECT DISTINCT pg_get_userbyid(a.grantee) AS name FROM pg_class c, aclexplode(c.relacl) a
     WHERE c.relname = 'parties_journalcut' AND a.grantee NOT IN (0, c.relowner)
  LOOP
    EXECUTE format('REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON parties_journalcut FROM %I', held.name);
  END LOOP;
END $$;
"""

#: As the journal's own tables: staff of the territory, and the platform's scope for what belongs to none.
READABLE: dict[str, str] = {
    "in_territory": f"({rls.IN_TERRITORY} OR (territory_id IS NULL AND (SELECT cosigne_scope()) = 'platform'))",
    "read": f"{rls.IS_STAFF} OR (SELECT cosigne_scope()) = 'platform'",
    "write": "false",
}


class Migration(migrations.Migration):
    dependencies = [
        ("parties", "0005_job"),
    ]

    operations = [
        migrations.CreateModel(
            name="JournalCut",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(verbose_name="fait le")),
                ("before", models.DateTimeField(verbose_name="écritures antérieures au")),
                ("seq", models.BigIntegerField(verbose_name="dernier numéro retiré")),
                ("hash", models.CharField(max_length=64, verbose_name="son empreinte")),
                ("count", models.BigIntegerField(verbose_name="écritures retirées")),
                (
                    "territory",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="parties.territory",
                    ),
                ),
            ],
            options={
                "verbose_name": "début du journal",
                "verbose_name_plural": "débuts du journal",
                "ordering": ["-seq"],
            },
        ),
        migrations.RunSQL(CUT, migrations.RunSQL.noop),
        migrations.RunSQL(REVOKE, migrations.RunSQL.noop),
        *rls.protect("parties_journalcut", **READABLE),
        *rls.append_only("parties_journalcut", "Ce que le journal a perdu ne se réécrit pas."),
    ]
