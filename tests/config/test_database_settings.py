"""Who logs in to which database, from the environment."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.database import RoleRouter, database_settings, migrating, parse_database_url


def test_every_part_of_the_url_is_read():
    settings = parse_database_url("postgresql://jean:p%40ss%2Fmot@base.example.org:5433/cosigne?sslmode=require")
    assert settings == {
        "NAME": "cosigne",
        "USER": "jean",
        "PASSWORD": "p@ss/mot",
        "HOST": "base.example.org",
        "PORT": "5433",
        "OPTIONS": {"sslmode": "require"},
    }


def test_a_socket_directory_is_a_host():
    settings = parse_database_url("postgresql://jean@/cosigne?host=/run/postgresql")
    assert (settings["HOST"], settings["PORT"], settings["OPTIONS"]) == ("/run/postgresql", "", {})


@pytest.mark.parametrize(
    "url", ["mysql://jean@localhost/cosigne", "postgresql://localhost", "cosigne", "postgresql:///"]
)
def test_another_kind_of_url_is_refused_with_the_expected_form(url):
    with pytest.raises(ImproperlyConfigured, match="postgresql://utilisateur:motdepasse@machine:5432/base"):
        parse_database_url(url)


def test_each_role_has_its_url():
    databases = database_settings(
        {"DATABASE_URL": "postgresql://app@db/cosigne", "DATABASE_OWNER_URL": "postgresql://owner@db/cosigne"}
    )
    assert (databases["default"]["USER"], databases["owner"]["USER"]) == ("app", "owner")
    assert databases["default"]["ATOMIC_REQUESTS"] is True


def test_one_url_alone_serves_both():
    databases = database_settings({"DATABASE_URL": "postgresql://app@db/cosigne"})
    assert (databases["default"]["USER"], databases["owner"]["USER"]) == ("app", "app")


def test_without_url_both_roles_use_the_embedded_server():
    databases = database_settings({})
    assert (databases["default"]["USER"], databases["owner"]["USER"]) == ("cosigne_app", "cosigne_owner")
    assert databases["default"]["HOST"] == databases["owner"]["HOST"]


def test_only_migrations_reach_the_owner():
    router = RoleRouter()
    assert router.db_for_write(object) == "default"
    with migrating():
        assert (router.db_for_read(object), router.db_for_write(object)) == ("owner", "owner")
    assert router.db_for_read(object) == "default"
    assert [router.allow_migrate(alias, "posts") for alias in ("default", "owner")] == [False, True]
