"""The dossier: a territory's whole scheme in one JSON file, in and out (docs/dossier.md).

`sections` says once what the file holds and where it lives in the database; the published schema, the validation, the
import and the export are all read from it.
"""
