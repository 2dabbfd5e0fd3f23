"""The range of a territory's posts: what a month is compared with, without telling anybody's own figures."""

from django.db import migrations

#: Parts of children and men, rounded outward to five points; nothing under three posts of fifty people each, since a
#: range of one or two would be their figures. Runs as the owner: an employer's people see their own posts only.
RANGE = """
CREATE FUNCTION cosigne_people_range(of_year int)
RETURNS TABLE (children_low int, children_high int, men_low int, men_high int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH whole AS (
    SELECT r.post_id, bool_or(r.month IS NOT NULL) AS by_month FROM public.posts_activityreturn r
    WHERE r.territory_id = (SELECT public.cosigne_territory()) AND r.year = of_year
      AND r.women IS NOT NULL AND r.men IS NOT NULL AND r.children IS NOT NULL
    GROUP BY r.post_id
  ), people AS (
    SELECT r.post_id, sum(r.men) AS men, sum(r.children) AS children, sum(r.women + r.men + r.children) AS everybody
    FROM public.posts_activityreturn r JOIN whole w ON w.post_id = r.post_id
    WHERE r.territory_id = (SELECT public.cosigne_territory()) AND r.year = of_year
      AND (r.month IS NOT NULL) = w.by_month
      AND r.women IS NOT NULL AND r.men IS NOT NULL AND r.children IS NOT NULL
    GROUP BY r.post_id
    HAVING sum(r.women + r.men + r.children) >= 50
  )
  SELECT (floor(min(children * 20.0 / everybody)) * 5)::int, (ceil(max(children * 20.0 / everybody)) * 5)::int,
         (floor(min(men * 20.0 / everybody)) * 5)::int, (ceil(max(men * 20.0 / everybody)) * 5)::int
  FROM people HAVING count(*) >= 3
$$;
REVOKE EXECUTE ON FUNCTION cosigne_people_range(int) FROM PUBLIC;
"""


class Migration(migrations.Migration):
    dependencies = [("posts", "0004_periods_and_guards")]

    operations = [migrations.RunSQL(RANGE, "DROP FUNCTION cosigne_people_range(int);")]
