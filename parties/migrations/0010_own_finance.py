"""An organisation's people change its own finance settings, and nothing else of its record."""

from __future__ import annotations

from django.db import migrations

from core import rls

OWN = f"{rls.IN_TERRITORY} AND (SELECT cosigne_scope()) = '{rls.ORGANISATION}' AND id = (SELECT cosigne_organisation())"

POLICY = f"""
CREATE POLICY parties_organisation_own_finance ON parties_organisation FOR UPDATE USING ({OWN}) WITH CHECK ({OWN});
CREATE FUNCTION parties_organisation_own_finance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF cosigne_scope() = '{rls.ORGANISATION}'
    AND to_jsonb(NEW) - 'finance' - 'updated_at' IS DISTINCT FROM to_jsonb(OLD) - 'finance' - 'updated_at' THEN
    RAISE EXCEPTION 'La fiche d''une organisation se modifie par les gestionnaires du dispositif.'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER parties_organisation_own_finance BEFORE UPDATE ON parties_organisation
  FOR EACH ROW EXECUTE FUNCTION parties_organisation_own_finance();
"""


class Migration(migrations.Migration):
    dependencies = [("parties", "0009_sign_in")]

    operations = [migrations.RunSQL(POLICY, migrations.RunSQL.noop)]
