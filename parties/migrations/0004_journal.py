"""The journal: its tables, the triggers that write and seal it, and who is kept from touching it (docs/adr/0006)."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import parties.models.journal
from core import rls
from core.journal import journalled

# One trigger function for every table. SECURITY DEFINER: the runtime role may not insert into the journal, this
# function may. Its arguments: the root object's table, the column pointing to it, columns ignored, columns masked.
WRITE = """
CREATE FUNCTION cosigne_journal() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  before jsonb := CASE WHEN TG_OP = 'INSERT' THEN '{}'::jsonb ELSE to_jsonb(OLD) END;
  after jsonb := CASE WHEN TG_OP = 'DELETE' THEN '{}'::jsonb ELSE to_jsonb(NEW) END;
  this jsonb := CASE WHEN TG_OP = 'DELETE' THEN before ELSE after END;
  ignored text[] := string_to_array(TG_ARGV[2], ',') || '{id,uuid,created_at,updated_at}'::text[];
  masked text[] := string_to_array(TG_ARGV[3], ',');
  person bigint := public.cosigne_user();
  diff jsonb;
  root bigint;
BEGIN
  IF TG_TABLE_SCHEMA <> 'public' THEN
    RAISE EXCEPTION 'permission denied: % is not a table of the application', TG_TABLE_NAME;
  END IF;
  IF TG_OP <> 'UPDATE' THEN
    ignored := ignored || 'territory_id'::text;
  END IF;
  SELECT jsonb_object_agg(f.key, jsonb_build_array(
           CASE WHEN f.key = ANY (masked) AND f.old <> 'null' THEN '"***"' ELSE f.old END,
           CASE WHEN f.key = ANY (masked) AND f.new <> 'null' THEN '"***"' ELSE f.new END))
    INTO diff
    FROM (SELECT key, coalesce(o.value, 'null') AS old, coalesce(n.value, 'null') AS new
            FROM jsonb_each(before) o FULL JOIN jsonb_each(after) n USING (key)) f
   WHERE f.old <> f.new AND f.key <> ALL (ignored);
  IF diff IS NULL AND TG_OP = 'UPDATE' THEN
    RETURN NULL;
  END IF;
  IF TG_ARGV[0] <> '' THEN
    root := (this ->> TG_ARGV[1])::bigint;
  END IF;
  INSERT INTO public.parties_journalentry (territory_id, at, action, table_name, row_id, row_uuid, root_table, root_id,
                                           changes, user_id, actor, transaction)
  VALUES (
    -- An account belongs to no territory: its change is told in the one where the person acting was.
    CASE WHEN this ? 'territory_id' THEN (this ->> 'territory_id')::bigint ELSE public.cosigne_territory() END,
    clock_timestamp(), lower(TG_OP), TG_TABLE_NAME, (this ->> 'id')::bigint, (this ->> 'uuid')::uuid,
    CASE WHEN root IS NULL THEN TG_TABLE_NAME ELSE TG_ARGV[0] END, coalesce(root, (this ->> 'id')::bigint),
    coalesce(diff, '{}'), person,
    left(coalesce(nullif(current_setting('cosigne.actor', true), ''),
                  (SELECT name FROM public.parties_user WHERE id = person),
                  'SQL direct (' || session_user || ')'), 200),
    txid_current());
  RETURN NULL;
END $$;
"""

# At the end of the transaction, under a lock held for that instant only: a lock taken at the first write would make
# every writer of a territory wait for the longest import, and could deadlock with the row locks of the services.
# In two steps, for the same reason: the checks of foreign keys, deferred too, wait for row locks. The first step
# queues the second behind all of them, so that nothing is waited for once the lock is held.
SEAL = """
CREATE FUNCTION cosigne_journal_queue() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_TABLE_SCHEMA <> 'public' THEN
    RAISE EXCEPTION 'permission denied: % is not a table of the application', TG_TABLE_NAME;
  END IF;
  -- Once per transaction: the first entry seals the others with it.
  PERFORM FROM public.parties_journalentry
    WHERE transaction = NEW.transaction AND seq IS NULL AND id < NEW.id LIMIT 1;
  IF NOT FOUND THEN
    UPDATE public.parties_journalentry SET transaction = NEW.transaction WHERE id = NEW.id AND seq IS NULL;
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION cosigne_journal_seal() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  entry public.parties_journalentry;
  chain bigint;
  chains bigint[];
  last bigint;
  chained text;
BEGIN
  IF TG_TABLE_SCHEMA <> 'public' THEN
    RAISE EXCEPTION 'permission denied: % is not a table of the application', TG_TABLE_NAME;
  END IF;
  SELECT array_agg(DISTINCT coalesce(territory_id, 0)) INTO chains  -- DISTINCT sorts: locks are taken in one order
    FROM public.parties_journalentry WHERE seq IS NULL AND transaction = NEW.transaction;
  FOREACH chain IN ARRAY coalesce(chains, '{}') LOOP
    PERFORM pg_advisory_xact_lock(1668246375, chain::int);
  END LOOP;
  FOREACH chain IN ARRAY coalesce(chains, '{}') LOOP
    last := 0;
    chained := '';
    SELECT h.seq, h.hash INTO last, chained FROM public.parties_journalhead h WHERE coalesce(h.territory_id, 0) = chain;
    last := coalesce(last, 0);
    chained := coalesce(chained, '');
    FOR entry IN
      SELECT * FROM public.parties_journalentry e
       WHERE e.seq IS NULL AND e.transaction = NEW.transaction AND coalesce(e.territory_id, 0) = chain ORDER BY e.id
    LOOP
      last := last + 1;
      entry.seq := last;
      entry.previous_hash := chained;
      chained := encode(sha256(convert_to(public.cosigne_journal_text(entry), 'UTF8')), 'hex');
      UPDATE public.parties_journalentry
         SET seq = last, previous_hash = entry.previous_hash, hash = chained WHERE id = entry.id;
    END LOOP;
    INSERT INTO public.parties_journalhead (territory_id, seq, hash) VALUES (nullif(chain, 0), last, chained)
      ON CONFLICT (territory_id) DO UPDATE SET seq = EXCLUDED.seq, hash = EXCLUDED.hash;
  END LOOP;
  RETURN NULL;
END $$;

-- What is hashed: everything the entry says, its number, and the hash before it. parties/journal.py has its own copy
-- of this expression, so that a changed function is found out.
CREATE FUNCTION cosigne_journal_text(e public.parties_journalentry) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_array(
    e.previous_hash, e.territory_id, e.seq, e.id, to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
    e.action, e.table_name, e.row_id, e.row_uuid, e.root_table, e.root_id, e.changes, e.user_id, e.actor, e.transaction
  )::text
$$;

CREATE CONSTRAINT TRIGGER parties_journalentry_queue AFTER INSERT ON parties_journalentry
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION cosigne_journal_queue();
CREATE CONSTRAINT TRIGGER parties_journalentry_seal AFTER UPDATE ON parties_journalentry
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.seq IS NULL) EXECUTE FUNCTION cosigne_journal_seal();
"""

# For the owner too, unless triggers are switched off on purpose; the chain then tells.
GUARD = """
CREATE FUNCTION cosigne_journal_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' AND pg_trigger_depth() > 1 THEN
    RETURN NEW;
  END IF;
  IF TG_OP = 'UPDATE' AND OLD.seq IS NULL AND pg_trigger_depth() > 1 THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'Le journal ne s''écrit pas et ne se modifie pas directement.'
    USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER parties_journalentry_guard BEFORE INSERT OR UPDATE OR DELETE ON parties_journalentry
  FOR EACH ROW EXECUTE FUNCTION cosigne_journal_guard();
"""

# Rights given by default to the runtime role are taken back, whatever its name. EXECUTE too: it may create a temporary
# table, and a trigger on it calling the function would let it write entries of its own making. The functions refuse
# such a table by themselves as well, in case a restoration gives the default rights again.
REVOKE = """
DO $$
DECLARE
  held record;
BEGIN
  FOR held IN
    SELECT DISTINCT c.relname, pg_get_userbyid(a.grantee) AS name FROM pg_class c, aclexplode(c.relacl) a
     WHERE c.relname IN ('parties_journalentry', 'parties_journalhead') AND a.grantee NOT IN (0, c.relowner)
  LOOP
    EXECUTE format('REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON %I FROM %I', held.relname, held.name);
  END LOOP;
  FOR held IN
    SELECT DISTINCT p.oid::regprocedure AS signature, pg_get_userbyid(a.grantee) AS name
      FROM pg_proc p, aclexplode(p.proacl) a
     WHERE p.proname IN ('cosigne_journal', 'cosigne_journal_queue', 'cosigne_journal_seal') AND a.grantee NOT IN (0, p.proowner)
  LOOP
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM %I', held.signature, held.name);
  END LOOP;
END $$;
REVOKE EXECUTE ON FUNCTION cosigne_journal(), cosigne_journal_queue(), cosigne_journal_seal() FROM PUBLIC;
"""

#: Entries of no territory: read on purpose only, under the platform's scope.
READABLE: dict[str, str] = {
    "in_territory": f"({rls.IN_TERRITORY} OR (territory_id IS NULL AND (SELECT cosigne_scope()) = 'platform'))",
    "read": f"{rls.IS_STAFF} OR (SELECT cosigne_scope()) = 'platform'",
    "write": "false",
}


class Migration(migrations.Migration):
    dependencies = [
        ("parties", "0003_members"),
    ]

    operations = [
        migrations.CreateModel(
            name="JournalEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("seq", models.BigIntegerField(null=True, verbose_name="numéro")),
                ("at", models.DateTimeField(verbose_name="date et heure")),
                (
                    "action",
                    models.CharField(
                        choices=[("insert", "Création"), ("update", "Modification"), ("delete", "Suppression")],
                        max_length=6,
                        verbose_name="acte",
                    ),
                ),
                ("table_name", models.CharField(max_length=63, verbose_name="table")),
                ("row_id", models.BigIntegerField(verbose_name="ligne")),
                ("row_uuid", models.UUIDField(null=True, verbose_name="identifiant")),
                ("root_table", models.CharField(max_length=63, verbose_name="table de l'objet")),
                ("root_id", models.BigIntegerField(verbose_name="objet")),
                ("changes", models.JSONField(decoder=parties.models.journal.ExactDecoder, verbose_name="changements")),
                ("actor", models.CharField(max_length=200, verbose_name="auteur")),
                ("transaction", models.BigIntegerField(verbose_name="transaction")),
                ("previous_hash", models.CharField(max_length=64, null=True, verbose_name="empreinte précédente")),
                ("hash", models.CharField(max_length=64, null=True, verbose_name="empreinte")),
                (
                    "territory",
                    models.ForeignKey(
                        null=True,
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="parties.territory",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "écriture du journal",
                "verbose_name_plural": "écritures du journal",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["root_table", "root_id"], name="parties_journal_root"),
                    models.Index(
                        condition=models.Q(("seq", None)), fields=["transaction"], name="parties_journal_unsealed"
                    ),
                ],
                "constraints": [models.UniqueConstraint(fields=("territory", "seq"), name="parties_journal_seq")],
            },
        ),
        migrations.CreateModel(
            name="JournalHead",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("seq", models.BigIntegerField(verbose_name="dernier numéro")),
                ("hash", models.CharField(max_length=64, verbose_name="dernière empreinte")),
                (
                    "territory",
                    models.ForeignKey(
                        null=True,
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="parties.territory",
                    ),
                ),
            ],
            options={
                "verbose_name": "tête du journal",
                "verbose_name_plural": "têtes du journal",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("territory",), name="parties_journalhead_once", nulls_distinct=False
                    )
                ],
            },
        ),
        migrations.RunSQL(WRITE + SEAL + GUARD, migrations.RunSQL.noop),
        migrations.RunSQL(REVOKE, migrations.RunSQL.noop),
        *rls.protect("parties_journalentry", **READABLE),
        *rls.protect("parties_journalhead", **READABLE),
        *journalled("parties_organisation"),
        *journalled("parties_mandate", root="parties_organisation", column="organisation_id"),
        *journalled("parties_membership", root="parties_organisation", column="organisation_id"),
        # A sign-in is not a change of the account; that a password changed is told, never its digest.
        *journalled("parties_user", ignored=["last_login"], masked=["password"]),
    ]
