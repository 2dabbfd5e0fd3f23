"""A key used by a plan that is no longer a draft keeps what it divides by, whoever writes."""

from __future__ import annotations

from django.db import migrations

# 23514 is what Django raises as IntegrityError: the rule is one of integrity, not of rights.
FREEZE = """
CREATE FUNCTION funding_allocationkey_used(wanted bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT 1 FROM funding_share s JOIN funding_fundingplan p ON p.id = s.plan_id
    WHERE s.allocation_key_id = wanted AND p.status <> 'projet'
  )
$$;
CREATE FUNCTION funding_allocationkey_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.basis, NEW.vintage, NEW.source) IS DISTINCT FROM (OLD.basis, OLD.vintage, OLD.source)
    AND funding_allocationkey_used(OLD.id) THEN
    RAISE EXCEPTION 'Cette clé est employée par un plan arrêté : elle ne change plus.' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER funding_allocationkey_frozen BEFORE UPDATE ON funding_allocationkey
  FOR EACH ROW EXECUTE FUNCTION funding_allocationkey_frozen();
CREATE FUNCTION funding_allocationkeyline_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND (NEW.allocation_key_id, NEW.organisation_id, NEW.population, NEW.percent, NEW.communes)
    IS NOT DISTINCT FROM (OLD.allocation_key_id, OLD.organisation_id, OLD.population, OLD.percent, OLD.communes) THEN
    RETURN NEW;
  END IF;
  IF (TG_OP <> 'INSERT' AND funding_allocationkey_used(OLD.allocation_key_id))
    OR (TG_OP <> 'DELETE' AND funding_allocationkey_used(NEW.allocation_key_id)) THEN
    RAISE EXCEPTION 'Cette clé est employée par un plan arrêté : ses lignes ne changent plus.'
      USING ERRCODE = 'check_violation';
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER funding_allocationkeyline_frozen BEFORE INSERT OR UPDATE OR DELETE ON funding_allocationkeyline
  FOR EACH ROW EXECUTE FUNCTION funding_allocationkeyline_frozen();
"""

THAW = """
DROP TRIGGER funding_allocationkeyline_frozen ON funding_allocationkeyline;
DROP TRIGGER funding_allocationkey_frozen ON funding_allocationkey;
DROP FUNCTION funding_allocationkeyline_frozen();
DROP FUNCTION funding_allocationkey_frozen();
DROP FUNCTION funding_allocationkey_used(bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("funding", "0008_titre_acts")]

    operations = [migrations.RunSQL(FREEZE, THAW)]
