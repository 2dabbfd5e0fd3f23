"""Where documents go, from the environment."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import InMemoryStorage
from django.core.files.storage.handler import StorageHandler

from config.storage import storage_settings


def test_without_variables_files_go_to_a_folder():
    backend = "django.core.files.storage.FileSystemStorage"
    assert storage_settings({}) == {"BACKEND": backend, "OPTIONS": {}}


def test_a_backend_and_its_options_make_a_working_storage():
    environment = {
        "STORAGE_BACKEND": "django.core.files.storage.InMemoryStorage",
        "STORAGE_OPTIONS": '{"file_permissions_mode": 384}',
    }
    storage = StorageHandler({"default": storage_settings(environment)})["default"]
    assert isinstance(storage, InMemoryStorage)
    assert storage.file_permissions_mode == 0o600


@pytest.mark.parametrize("options", ["bucket=cosigne", '["cosigne"]', '"cosigne"'])
def test_options_that_are_no_object_are_refused_with_the_expected_form(options):
    with pytest.raises(ImproperlyConfigured, match=r'STORAGE_OPTIONS.*"bucket_name"'):
        storage_settings({"STORAGE_OPTIONS": options})
