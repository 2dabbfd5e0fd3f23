"""What every API view shares: who acts, references by uuid, pages, errors, and how the schema is written.

Views belong to the apps (``<app>/api``). Reads start from ``visible_to``; writes call the same services as the pages,
which check abilities themselves: an act refused there comes back as JSON, with the status its error names.
Several modules, because the framework imports some of them (pages, schema) before its own views exist.
"""
