"""What anybody may learn of an approved version who holds its number and code, or one of its files."""

from django.db import migrations

#: Runs as the owner, for a visitor without account: it answers about one version, named by something only its holders
#: have (122 random bits and the beginning of the text's digest, or the digest of the file), and gives of it a closed
#: list of facts. No amount, no name of a person, no text.
VERIFY = """
CREATE FUNCTION cosigne_verify(p_digests text[], p_version uuid, p_code text) RETURNS jsonb
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH named AS (
    SELECT v.*, NULL::text AS document_kind, NULL::text AS document_sha256
    FROM conventions_conventionversion v
    WHERE v.uuid = p_version AND length(p_code) = 12 AND left(v.sha256, 12) = p_code
    UNION ALL
    SELECT v.*, d.kind, d.sha256
    FROM reporting_document d JOIN conventions_conventionversion v ON v.id = d.convention_version_id
    WHERE p_digests IS NOT NULL AND d.sha256 = ANY (p_digests)
  ), found AS (
    -- The last digest given is the whole file's: what it matches tells most.
    SELECT * FROM named ORDER BY array_position(p_digests, document_sha256) DESC NULLS LAST LIMIT 1
  )
  SELECT jsonb_build_object(
    'version', f.uuid,
    'number', f.number,
    'reference', coalesce(f.content->>'reference', c.reference),
    'title', f.content->>'title',
    'territory', t.name,
    'approved_at', f.approved_at,
    'approved_by', (
      SELECT string_agg(o.name, ', ') FROM parties_organisation o
      WHERE o.territory_id = f.territory_id AND o.kind = 'prefecture'
    ),
    'code', left(f.sha256, 12),
    'document', f.document_kind,
    'document_sha256', f.document_sha256,
    'base_sha256', (
      SELECT d.sha256 FROM reporting_document d WHERE d.convention_version_id = f.id AND d.kind = 'convention'
    ),
    'status', c.status,
    'starts', coalesce((f.content->'avenant'->>'effective_on')::date, c.period_start),
    'ends', coalesce(c.runs_until, c.period_end),
    'signed_on', c.signed_on,
    'is_avenant', (to_jsonb(f)->>'avenant_id') IS NOT NULL,
    'parties', (
      SELECT coalesce(jsonb_agg(p->>'name_le'), '[]') FROM jsonb_array_elements(f.content->'parties') p
    ),
    'signatories', (
      SELECT coalesce(jsonb_agg(jsonb_build_object(
        'organisation', s->>'organisation', 'function', s->>'function', 'signed_on', (
          SELECT max(g.signed_on) FROM conventions_signature g JOIN conventions_signatory y ON y.id = g.signatory_id
          WHERE g.version_id = f.id AND y.uuid::text = s->>'uuid'
        ))), '[]')
      FROM jsonb_array_elements(f.content->'signatories') s
    ),
    'later', (
      SELECT coalesce(jsonb_agg(jsonb_build_object(
        'number', l.number, 'title', l.content->>'title', 'approved_at', l.approved_at,
        'same_text', l.text IS NOT DISTINCT FROM to_jsonb(f)->>'avenant_id',
        'signed', (
          SELECT count(*) >= greatest(1, jsonb_array_length(coalesce(l.content->'signatories', '[]')))
          FROM conventions_signature g WHERE g.version_id = l.id
        )) ORDER BY l.approved_at), '[]')
      FROM (
        -- An avenant numbers its own versions: the last one counts. Its column comes with a migration of conventions
        -- that this one does not wait for, hence the JSON.
        SELECT DISTINCT ON (to_jsonb(v)->>'avenant_id')
          v.id, v.number, v.content, v.approved_at, to_jsonb(v)->>'avenant_id' AS text
        FROM conventions_conventionversion v WHERE v.convention_id = f.convention_id
        ORDER BY to_jsonb(v)->>'avenant_id', v.number DESC
      ) l
      WHERE CASE WHEN l.text IS NOT DISTINCT FROM to_jsonb(f)->>'avenant_id' THEN l.number > f.number
        ELSE to_jsonb(f)->>'avenant_id' IS NULL END
    )
  )
  FROM found f
  JOIN conventions_convention c ON c.id = f.convention_id
  JOIN parties_territory t ON t.id = f.territory_id
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("conventions", "0006_avenants"),
        ("reporting", "0003_forecast_statement"),
    ]

    operations = [
        migrations.RunSQL(VERIFY, "DROP FUNCTION cosigne_verify(text[], uuid, text);"),
    ]
