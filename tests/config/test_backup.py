"""Backup, change, restore: the same content, under the same protections; and everything that is refused on the way."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connections, transaction
from psycopg import sql

from config.backup import archive, postgres
from config.backup.archive import DATABASE, MANIFEST
from config.database import OWNER, RUNTIME
from conventions.models import Convention
from parties.models import Territory
from tests.config.deployment import PDF, Site, content_of, differences, files_of


def run(*arguments: Any) -> tuple[int, str]:
    """(exit status, what is said)."""
    out = io.StringIO()
    try:
        call_command(*map(str, arguments), stdout=out)
    except CommandError as error:
        return error.returncode, str(error)
    return 0, out.getvalue()


def saved(tmp_path: Path, name: str = "sauvegarde.tar") -> Path:
    path = tmp_path / name
    status, said = run("backup", "--output", path)
    assert status == 0, said
    return path


def spoil(site: Site) -> None:
    """What happens to data between the backup and the day it is needed."""
    with site.as_role(OWNER) as owner:
        owner.execute("ALTER TABLE conventions_transition DISABLE TRIGGER conventions_transition_append_only")
        owner.execute("ALTER TABLE posts_post DISABLE ROW LEVEL SECURITY")
        owner.execute("DROP POLICY funding_titre_read ON funding_titre")
        owner.execute("GRANT TRUNCATE ON funding_titre TO " + RUNTIME)
        owner.execute("DELETE FROM conventions_comment")
        owner.execute("UPDATE parties_organisation SET name = 'Effacée'")
        owner.execute(
            "INSERT INTO parties_territory"
            " (uuid, code, name, administrative_court, suspended_reason, created_at, updated_at)"
            " SELECT gen_random_uuid(), '99', 'Ailleurs', '', '', now(), now()"
        )
        owner.execute("CREATE TABLE left_behind (id bigint REFERENCES parties_territory)")
    default_storage.delete(PDF)


def test_what_was_saved_comes_back_whole_over_a_changed_database(site: Site, tmp_path: Path):
    before = content_of(site)
    path = saved(tmp_path)
    assert differences(before, content_of(site)) == set(), "a backup changes nothing"

    spoil(site)
    changed = content_of(site)
    spoiled = {"files", "policies", "row security", "rights", "triggers", "constraints", "sequences"}
    assert spoiled | {"rows of parties_organisation", "rows of left_behind"} <= differences(before, changed)

    status, said = run("restore", path, "--force")

    assert status == 0, said
    assert "1 remis en place" in said
    assert differences(before, content_of(site)) == set()


def test_a_new_server_is_restored_without_force_then_saved_and_restored_again(site: Site, tmp_path: Path):
    before = content_of(site)
    path = saved(tmp_path)
    for attempt in range(2):
        site.recreate_empty()
        default_storage.delete(PDF)
        status, said = run("restore", path)
        assert status == 0, said
        assert differences(before, content_of(site)) == set()
        path = saved(tmp_path, f"encore-{attempt}.tar")


def test_after_a_restoration_the_protections_are_in_force(site: Site, tmp_path: Path):
    path = saved(tmp_path)
    site.recreate_empty()
    assert run("restore", path)[0] == 0

    cast = site.cast
    with transaction.atomic():
        assert not Convention.objects.exists(), "no context, no row"
    with cast.acting("finances_a"):
        seen = set(Convention.objects.values_list("pk", flat=True))
    assert seen == {cast.convention["a"].pk}
    with site.as_role(RUNTIME) as runtime:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            runtime.execute("TRUNCATE parties_organisation CASCADE")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            runtime.execute("CREATE TABLE intruder (id int)")
    with site.as_role(OWNER) as owner, pytest.raises(psycopg.errors.IntegrityConstraintViolation):
        owner.execute(_touch(owner))
    # Sequences go on where they were: a new row does not collide with a restored one.
    with transaction.atomic():
        last = Territory.objects.latest("pk").pk
        assert Territory.objects.create(code="02", name="Aisne").pk > last


def _touch(owner: psycopg.Connection) -> str:
    table = "conventions_signature"
    assert owner.execute(f"SELECT count(*) FROM {table}").fetchone() != (0,)
    return f"UPDATE {table} SET territory_id = territory_id"


def test_a_database_that_holds_something_is_not_overwritten_without_force(site: Site, tmp_path: Path):
    path = saved(tmp_path)
    with site.as_role(OWNER) as owner:
        owner.execute("DELETE FROM conventions_comment")
        owner.execute("UPDATE parties_territory SET name = 'Autre nom' WHERE code = '62'")
    before = content_of(site)

    status, said = run("restore", path)

    assert status == 1
    assert "n'est pas vide" in said
    assert "--force" in said
    assert differences(before, content_of(site)) == set()


def test_other_files_under_the_same_names_are_not_overwritten_without_force(site: Site, tmp_path: Path):
    path = saved(tmp_path)
    site.recreate_empty()
    default_storage.delete(PDF)
    default_storage.save(PDF, ContentFile(b"autre"))

    status, said = run("restore", path)
    assert status == 1
    assert PDF in said
    assert files_of() == {PDF: b"autre"}

    assert run("restore", path, "--force")[0] == 0
    assert files_of() == {PDF: "%PDF-é".encode()}


def test_files_added_since_the_backup_are_kept(site: Site, tmp_path: Path):
    path = saved(tmp_path)
    default_storage.save("documents/cd/cdef", ContentFile(b"depuis"))
    assert run("restore", path, "--force")[0] == 0
    assert files_of() == {PDF: "%PDF-é".encode(), "documents/cd/cdef": b"depuis"}


def test_a_restoration_that_fails_on_the_way_leaves_everything_as_it_was(site: Site, tmp_path: Path, monkeypatch):
    path = saved(tmp_path)
    spoil(site)
    before = content_of(site)
    # The very last statements fail, once every table has been replaced.
    monkeypatch.setattr("config.backup.restoring.privileges", lambda **_: [sql.SQL("SELECT 1 / 0")])

    status, said = run("restore", path, "--force")

    assert status == 1
    assert "reste comme avant" in said
    assert "division by zero" in said
    assert differences(before, content_of(site)) == set()


def rewritten(path: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """A copy of the archive whose members went through ``change``."""
    with tarfile.open(path) as tar:
        members = {member.name: tar.extractfile(member).read() for member in tar.getmembers()}
    change(members)
    target = path.with_name("autre.tar")
    with tarfile.open(target, "w") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return target


def _alter_file(members: dict[str, bytes]) -> None:
    members[f"fichiers/{PDF}"] = b"%PDF-e "


def _alter_dump(members: dict[str, bytes]) -> None:
    dump = bytearray(members[DATABASE])
    dump[len(dump) // 2] ^= 1
    members[DATABASE] = bytes(dump)


def _remove_file(members: dict[str, bytes]) -> None:
    del members[f"fichiers/{PDF}"]


def _add_file(members: dict[str, bytes]) -> None:
    members["fichiers/intrus"] = b""


def _climb(members: dict[str, bytes]) -> None:
    """A name that leads out of the storage, with a manifest that agrees."""
    name = "fichiers/../../dehors"
    members[name] = b"x"
    manifest = json.loads(members[MANIFEST])
    manifest["parts"][name] = {"size": 1, "sha256": hashlib.sha256(b"x").hexdigest()}
    members[MANIFEST] = json.dumps(manifest).encode()


def _other_manifest(members: dict[str, bytes]) -> None:
    members[MANIFEST] = b'{"format": "autre chose"}'


def _later_format(members: dict[str, bytes]) -> None:
    members[MANIFEST] = json.dumps(json.loads(members[MANIFEST]) | {"version": 99}).encode()


def _later_migrations(members: dict[str, bytes]) -> None:
    manifest = json.loads(members[MANIFEST])
    manifest["migrations"].append(["posts", "0999_later"])
    members[MANIFEST] = json.dumps(manifest).encode()


def _other_roles(members: dict[str, bytes]) -> None:
    members[MANIFEST] = json.dumps(json.loads(members[MANIFEST]) | {"runtime": "quelqu_un"}).encode()


def _no_manifest(members: dict[str, bytes]) -> None:
    del members[MANIFEST]


REFUSED = {
    _alter_file: f"{PDF} : sa somme de contrôle",
    _alter_dump: f"{DATABASE} : sa somme de contrôle",
    _remove_file: PDF,
    _add_file: "fichiers/intrus",
    _climb: "pas un fichier ordinaire",
    _other_manifest: "n'est pas celui d'une sauvegarde de Cosigne",
    _later_format: "format 99",
    _later_migrations: "posts.0999_later",
    _other_roles: "« quelqu_un »",
    _no_manifest: "n'est pas une sauvegarde complète",
}


def test_a_damaged_or_foreign_archive_is_refused_before_anything_is_touched(site: Site, tmp_path: Path):
    path = saved(tmp_path)
    default_storage.delete(PDF)
    before = content_of(site)
    for change, reason in REFUSED.items():
        status, said = run("restore", rewritten(path, change), "--force")
        assert (status, reason in said) == (1, True), said
        assert "rien n'a été restauré" in said.lower() or "Restaurez-la" in said or "recommencez" in said
    cut = tmp_path / "coupée.tar"
    cut.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    text = tmp_path / "texte.tar"
    text.write_text("bonjour")
    for wrong in (cut, text):
        status, said = run("restore", wrong, "--force")
        assert (status, "rien n'a été restauré" in said) == (1, True), said
    assert differences(before, content_of(site)) == set()


def test_an_archive_of_an_earlier_version_says_to_migrate(site: Site, tmp_path: Path):
    def earlier(members: dict[str, bytes]) -> None:
        manifest = json.loads(members[MANIFEST])
        manifest["migrations"].pop()
        members[MANIFEST] = json.dumps(manifest).encode()

    status, said = run("restore", rewritten(saved(tmp_path), earlier), "--force")
    assert status == 0
    assert "bin/manage migrate" in said


def test_the_archive_is_closed_to_others_and_never_half_written(site: Site, tmp_path: Path, monkeypatch):
    path = saved(tmp_path)
    assert path.stat().st_mode & 0o077 == 0
    content = path.read_bytes()

    status, said = run("backup", "--output", path)
    assert (status, "existe déjà" in said) == (2, True)
    assert path.read_bytes() == content

    status, said = run("backup", "--output", tmp_path / "absent" / "x.tar")
    assert (status, "Impossible d'écrire" in said) == (2, True)

    def full(self: archive.Writer, manifest: archive.Manifest) -> str:
        raise OSError(28, "No space left on device")

    present = sorted(tmp_path.iterdir())
    monkeypatch.setattr(archive.Writer, "add_manifest", full)
    status, said = run("backup", "--output", tmp_path / "pleine.tar")
    assert (status, "n'a pas pu être écrite" in said) == (1, True)
    assert sorted(tmp_path.iterdir()) == present


def test_a_missing_archive_is_a_wrong_argument(site: Site, tmp_path: Path):
    status, said = run("restore", tmp_path / "absente.tar")
    assert (status, "introuvable" in said) == (2, True)


def test_an_empty_database_is_not_saved(site: Site, tmp_path: Path):
    site.recreate_empty()
    status, said = run("backup", "--output", tmp_path / "vide.tar")
    assert (status, "vide" in said) == (1, True)
    assert not (tmp_path / "vide.tar").exists()


def test_the_runtime_role_neither_saves_nor_restores(site: Site, tmp_path: Path, monkeypatch):
    path = saved(tmp_path)
    before = content_of(site)
    monkeypatch.setitem(connections["owner"].settings_dict, "USER", RUNTIME)
    status, said = run("backup", "--output", tmp_path / "autre.tar")
    assert (status, "DATABASE_OWNER_URL" in said) == (1, True)
    status, said = run("restore", path, "--force")
    assert (status, "DATABASE_OWNER_URL" in said) == (1, True)
    monkeypatch.undo()
    assert differences(before, content_of(site)) == set()


def test_the_password_is_not_on_the_command_line(monkeypatch):
    seen = {}

    def fake(command, **options):  # type: ignore[no-untyped-def]
        seen.update(command=command, env=options["env"])
        raise FileNotFoundError

    monkeypatch.setitem(connections["owner"].settings_dict, "PASSWORD", "ne pas montrer")
    monkeypatch.setattr(postgres.subprocess, "run", fake)
    with pytest.raises(FileNotFoundError):
        postgres.run(["pg_dump"], failure="")
    assert "ne pas montrer" not in " ".join(seen["command"])
    assert seen["env"]["PGPASSWORD"] == "ne pas montrer"


def test_options_of_the_address_reach_the_connection(site: Site, tmp_path: Path, monkeypatch):
    options = {"connect_timeout": "5", "application_name": "sauvegarde"}
    monkeypatch.setitem(connections["owner"].settings_dict, "OPTIONS", options | {"pool": False})
    with postgres.connect() as connection:
        assert connection.execute("SHOW application_name").fetchone() == ("sauvegarde",)
    saved(tmp_path)
