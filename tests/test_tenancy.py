"""Isolation, seen from the database: no page, no filter, only PostgreSQL and the runtime role."""

from posts.models import Post


def test_cast_builds(cast):
    with cast.acting("finances_a"):
        assert set(Post.objects.all()) == {cast.post["a"], cast.post["e"]}
