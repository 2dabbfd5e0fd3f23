"""Posts, the units they work in and the activity recorded: under the journal."""

from django.db import migrations

from core.journal import journalled


class Migration(migrations.Migration):
    dependencies = [
        ("parties", "0004_journal"),
        ("posts", "0001_initial"),
    ]

    operations = [
        *journalled("posts_serviceunit"),
        *journalled("posts_post"),
        *journalled("posts_postunit", root="posts_post", column="post_id"),
        *journalled("posts_postcoverage", root="posts_post", column="post_id"),
        *journalled("posts_occupancy", root="posts_post", column="post_id"),
        *journalled("posts_activityreturn", root="posts_post", column="post_id"),
    ]
