"""The audit bundle: everything that proves a convention, the same bytes each time, and checked when it comes back."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import zipfile

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from conventions import services
from conventions.text import canonical_bytes
from core.errors import InvalidInput
from reporting.audit import build_bundle, check_bundle
from reporting.services_documents import approve_and_publish
from tests.cast import build_cast
from tests.conventions.pages import submitted
from tests.jobs import Jobs
from tests.routes import undone


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """Convention 62-NEUVE approved, stored, one signature recorded: (cast, convention, version)."""
    with django_db_blocker.unblock():
        outer = transaction.atomic()
        outer.__enter__()
        try:
            cast, jobs = build_cast(), Jobs()
            convention = submitted(cast)
            with cast.acting("instructeur"):
                version = approve_and_publish(convention=convention, by=cast.actor("instructeur"))
            jobs.run()
            with cast.acting("gestionnaire"):
                by = cast.actor("gestionnaire")
                convention.refresh_from_db()
                services.start_signature(convention=convention, by=by)
                signatory, today = convention.signatories.first(), timezone.localdate()
                services.record_signature(convention=convention, signatory=signatory, signed_on=today, by=by)
                convention.refresh_from_db()
            yield cast, convention, version
        finally:
            transaction.set_rollback(True)
            outer.__exit__(None, None, None)
            connection.close()


@pytest.fixture(autouse=True)
def each_test_is_undone(world):
    with undone():
        yield


def bundle(world, person: str = "gestionnaire"):
    cast, convention, _version = world
    with cast.acting(person):
        return build_bundle(convention=convention, by=cast.actor(person))


def files_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def repacked(files: dict[str, bytes]) -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return output.getvalue()


def test_it_holds_what_proves_the_convention(world):
    _cast, _convention, version = world
    made = bundle(world)
    files = files_of(made.data)
    assert made.missing == ()
    assert files["versions/v1/contenu.json"] == canonical_bytes(version.content)
    assert hashlib.sha256(files["versions/v1/contenu.json"]).hexdigest() == version.sha256
    base = files["versions/v1/convention-62-NEUVE-v1.pdf"]
    assert files["versions/v1/convention-62-NEUVE-v1-cachet.pdf"].startswith(base)
    (signed,) = json.loads(files["versions/v1/signatures.json"])
    assert signed["signed_on"] == str(timezone.localdate())
    assert [act["act"] for act in json.loads(files["vie/actes.json"])] == ["submit", "approve", "circulate"]
    assert any(name.startswith("deliberations/") for name in files)
    entries = json.loads(files["journal/ecritures.json"])
    assert entries
    assert {entry["actor"] for entry in entries} >= {str(_cast.actor("gestionnaire").label)}
    assert set(json.loads(files["journal/verification.json"])) == {"chaine_intacte", "anomalies", "territoire"}


def test_the_index_names_every_file_with_its_digest(world):
    files = files_of(bundle(world).data)
    index = files["index.html"].decode()
    for name, data in files.items():
        if name not in ("index.html", "manifest.json", "manifest.p7s"):
            assert f'href="{name}"' in index
            assert hashlib.sha256(data).hexdigest() in index
    listed = json.loads(files["manifest.json"])["files"]
    assert set(listed) == set(files) - {"manifest.json", "manifest.p7s"}


def test_the_same_state_gives_the_same_bytes_and_another_state_others(world):
    cast, convention, _version = world
    first = bundle(world).data
    assert bundle(world).data == first
    with cast.acting("gestionnaire"):
        type(convention).objects.filter(pk=convention.pk).update(title="Autre titre")
        convention.refresh_from_db()
    assert bundle(world).data != first


def test_a_party_finds_what_it_may_see_and_nothing_else(world):
    files = files_of(bundle(world, "finances_a").data)
    assert "versions/v1/contenu.json" in files
    assert not any(name.startswith("journal/") for name in files)
    assert "vie/commentaires.json" not in files


def test_a_sound_bundle_is_found_sound_and_any_change_is_named(world):
    data = bundle(world).data
    sound = check_bundle(data)
    assert sound.problems == []
    assert sound.files == len(files_of(data)) - 2
    files = files_of(data)
    pdf = next(name for name in files if name.endswith("-v1.pdf"))
    assert check_bundle(repacked(files | {pdf: files[pdf] + b" "})).problems == [f"{pdf} : modifié."]
    assert check_bundle(repacked(files | {"x.txt": b"x"})).problems == ["x.txt : ajouté."]
    assert check_bundle(repacked({k: v for k, v in files.items() if k != pdf})).problems == [f"{pdf} : manque."]
    forged = json.loads(files["manifest.json"])
    forged["files"][pdf]["sha256"] = hashlib.sha256(files[pdf] + b" ").hexdigest()
    changed = files | {pdf: files[pdf] + b" ", "manifest.json": json.dumps(forged).encode()}
    (problem,) = check_bundle(repacked(changed)).problems
    assert "la signature n'est pas valable" in problem
    with pytest.raises(InvalidInput, match="n'est pas un dossier de preuves"):
        check_bundle(b"PK")


def test_the_signature_is_checked_without_this_program(world, tmp_path):
    files = files_of(bundle(world).data)
    for name in ("manifest.json", "manifest.p7s"):
        (tmp_path / name).write_bytes(files[name])
    openssl = shutil.which("openssl")
    assert openssl, "openssl is needed to prove that others can check the signature"
    command = [openssl, "cms", "-verify", "-binary", "-inform", "DER", "-in", "manifest.p7s", "-noverify"]
    command += ["-content", "manifest.json", "-out", "/dev/null"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    (tmp_path / "manifest.json").write_bytes(files["manifest.json"] + b" ")
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode != 0


def test_the_command_writes_it_and_checks_it(world, tmp_path, capsys):
    output = tmp_path / "preuves.zip"
    call_command("audit_bundle", convention="62-NEUVE", territory="62", output=output)
    assert "fichiers" in capsys.readouterr().out
    call_command("audit_bundle", verify=output)
    assert "intacts" in capsys.readouterr().out
    files = files_of(output.read_bytes())
    output.write_bytes(repacked(files | {"index.html": b"autre"}))
    with pytest.raises(CommandError, match=r"index\.html : modifié"):
        call_command("audit_bundle", verify=output)
    with pytest.raises(CommandError, match="inconnue dans le territoire"):
        call_command("audit_bundle", convention="62-RIEN", territory="62", output=output)
    with pytest.raises(CommandError, match=r"\.zip"):
        call_command("audit_bundle", convention="62-NEUVE", territory="62", output=tmp_path / "a.txt")
