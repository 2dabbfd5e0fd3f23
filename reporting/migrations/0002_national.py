"""What is said across territories: counts and sums, and technical facts. Computed as the owner, told to one role each.

The functions read every territory, which nobody may by the tables: each begins by asking whether the account acting
holds the role, from the rows that say so (``cosigne_holds``), and returns nothing otherwise.
"""

from django.db import migrations

POSTS = """
CREATE FUNCTION cosigne_national_posts(day date)
RETURNS TABLE (dimension text, value text, territories bigint, posts bigint, etp numeric, filled bigint, vacant bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH post AS (
    SELECT p.territory_id, p.etp, p.kind, o.kind AS employer,
      EXISTS (SELECT FROM posts_occupancy f WHERE f.post_id = p.id AND f.start <= day
              AND (f."end" IS NULL OR f."end" >= day)) AS is_filled,
      coalesce(
        (SELECT string_agg(DISTINCT u.zone, '+' ORDER BY u.zone) FROM posts_postunit l
          JOIN posts_serviceunit u ON u.id = l.unit_id WHERE l.post_id = p.id),
        CASE p.kind WHEN 'ISC' THEN 'police' WHEN 'ISG' THEN 'gendarmerie' WHEN 'ISCG' THEN 'gendarmerie+police'
          ELSE '' END) AS zone
      FROM posts_post p JOIN parties_organisation o ON o.id = p.employer_id
     WHERE (p.created_on IS NULL OR p.created_on <= day) AND (p.closed_on IS NULL OR p.closed_on >= day)
  ), counted AS (
    SELECT CASE WHEN grouping(zone) = 0 THEN 'zone' WHEN grouping(employer) = 0 THEN 'employer'
             WHEN grouping(kind) = 0 THEN 'kind' ELSE 'all' END AS dimension,
           coalesce(zone, employer, kind, '') AS value, count(DISTINCT territory_id) AS territories,
           count(*) AS posts, coalesce(sum(etp), 0) AS etp, count(*) FILTER (WHERE is_filled) AS filled,
           count(*) FILTER (WHERE NOT is_filled) AS vacant
      FROM post GROUP BY GROUPING SETS ((zone), (employer), (kind), ())
  )
  SELECT * FROM counted WHERE (SELECT cosigne_scope()) = 'national' AND (SELECT cosigne_holds('national'))
$$;
"""

CONVENTIONS = """
CREATE FUNCTION cosigne_national_conventions() RETURNS TABLE (status text, territories bigint, conventions bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT c.status::text, count(DISTINCT c.territory_id), count(*) FROM conventions_convention c
   WHERE (SELECT cosigne_scope()) = 'national' AND (SELECT cosigne_holds('national'))
   GROUP BY c.status
$$;
"""

# Which returns count, as in a département's bilan: a post's year is its twelve months when they are all known, else its
# annual figures when there are some, else the months known. A count of people under 11 is not told (statistical
# secrecy), nor then the total of people, from which it would be taken by subtraction.
ACTIVITY = """
CREATE FUNCTION cosigne_national_activity()
RETURNS TABLE (year integer, territories bigint, posts bigint, women bigint, men bigint, children bigint, people bigint,
               interviews bigint, vif_count bigint, vif_base bigint, hidden text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH told AS (
    SELECT a.*, CASE WHEN a.women IS NOT NULL AND a.men IS NOT NULL AND a.children IS NOT NULL THEN 1 END AS is_whole,
      CASE WHEN a.interviews_in_person IS NOT NULL AND a.interviews_phone IS NOT NULL
        THEN a.interviews_in_person + a.interviews_phone ELSE a.interviews_total END AS met,
      CASE WHEN a.vif_count IS NOT NULL AND a.vif_base IS NOT NULL THEN 1 END AS has_vif
      FROM posts_activityreturn a
     WHERE (SELECT cosigne_scope()) = 'national' AND (SELECT cosigne_holds('national'))
       AND coalesce(a.women, a.men, a.children, a.interviews_in_person, a.interviews_phone, a.interviews_total,
                    a.vif_count, a.vif_base) IS NOT NULL
  ), counted AS (
    -- The post as a whole stands for its zones, where both were entered.
    SELECT t.* FROM told t WHERE t.zone = '' OR NOT EXISTS (
      SELECT FROM told w WHERE w.post_id = t.post_id AND w.year = t.year AND w.month IS NOT DISTINCT FROM t.month
        AND w.zone = '')
  ), basis AS (
    SELECT post_id, year, count(DISTINCT month) FILTER (WHERE is_whole = 1) = 12 OR bool_and(month IS NOT NULL) AS by_month
      FROM counted GROUP BY post_id, year
  ), used AS (
    SELECT c.* FROM counted c JOIN basis b USING (post_id, year) WHERE (c.month IS NOT NULL) = b.by_month
  ), summed AS (
    SELECT year::integer AS year, count(DISTINCT territory_id) AS territories, count(DISTINCT post_id) AS posts,
      sum(women) FILTER (WHERE is_whole = 1) AS women, sum(men) FILTER (WHERE is_whole = 1) AS men,
      sum(children) FILTER (WHERE is_whole = 1) AS children, sum(met) AS interviews,
      sum(vif_count) FILTER (WHERE has_vif = 1) AS vif_count, sum(vif_base) FILTER (WHERE has_vif = 1) AS vif_base
      FROM used GROUP BY year
  ), small AS (
    SELECT s.*, array_remove(ARRAY[
        CASE WHEN s.women BETWEEN 1 AND 10 THEN 'women' END, CASE WHEN s.men BETWEEN 1 AND 10 THEN 'men' END,
        CASE WHEN s.children BETWEEN 1 AND 10 THEN 'children' END,
        CASE WHEN s.women BETWEEN 1 AND 10 OR s.men BETWEEN 1 AND 10 OR s.children BETWEEN 1 AND 10 THEN 'people' END,
        CASE WHEN s.vif_count BETWEEN 1 AND 10 THEN 'vif_count' END,
        CASE WHEN s.vif_base BETWEEN 1 AND 10 THEN 'vif_base' END], NULL) AS hidden
      FROM summed s
  )
  SELECT year, territories, posts,
    CASE WHEN 'women' = ANY (hidden) THEN NULL ELSE women END, CASE WHEN 'men' = ANY (hidden) THEN NULL ELSE men END,
    CASE WHEN 'children' = ANY (hidden) THEN NULL ELSE children END,
    CASE WHEN 'people' = ANY (hidden) THEN NULL ELSE women + men + children END, interviews,
    CASE WHEN 'vif_count' = ANY (hidden) THEN NULL ELSE vif_count END,
    CASE WHEN 'vif_base' = ANY (hidden) THEN NULL ELSE vif_base END, hidden
    FROM small ORDER BY year DESC
$$;
"""

# Technical facts only: how many people may enter, the day something last changed, what the documents weigh.
TERRITORIES = """
CREATE FUNCTION cosigne_platform_territories()
RETURNS TABLE (territory_id bigint, members bigint, managers bigint, last_activity date, documents_bytes bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH living AS (
    SELECT m.territory_id, m.user_id, m.role FROM parties_membership m JOIN parties_user u ON u.id = m.user_id
     WHERE u.is_active AND m.closed_at IS NULL
       AND (m.start IS NULL OR m.start <= (now() AT TIME ZONE 'Europe/Paris')::date)
       AND (m."end" IS NULL OR m."end" >= (now() AT TIME ZONE 'Europe/Paris')::date)
  )
  SELECT t.id, (SELECT count(DISTINCT l.user_id) FROM living l WHERE l.territory_id = t.id),
    (SELECT count(DISTINCT l.user_id) FROM living l WHERE l.territory_id = t.id AND l.role = 'gestionnaire'),
    (SELECT (e.at AT TIME ZONE 'Europe/Paris')::date FROM parties_journalentry e WHERE e.territory_id = t.id
      ORDER BY e.seq DESC NULLS LAST LIMIT 1),
    (SELECT coalesce(sum(d.size), 0)::bigint FROM reporting_document d WHERE d.territory_id = t.id)
    FROM parties_territory t
   WHERE (SELECT cosigne_scope()) = 'administrator' AND (SELECT cosigne_holds('plateforme'))
$$;
"""
DROP = """
DROP FUNCTION cosigne_national_posts(date);
DROP FUNCTION cosigne_national_conventions();
DROP FUNCTION cosigne_national_activity();
DROP FUNCTION cosigne_platform_territories();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("reporting", "0001_initial"),
        ("parties", "0007_platform"),
        ("posts", "0002_journal"),
        ("conventions", "0002_journal"),
    ]

    operations = [migrations.RunSQL(POSTS + CONVENTIONS + ACTIVITY + TERRITORIES, DROP)]
