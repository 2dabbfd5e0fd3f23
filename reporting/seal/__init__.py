"""What ties paper and files to an approved version: the mark of each page, the organisation's seal, verification."""

from reporting.seal.marks import Mark, page_mark, read_mark

__all__ = ["Mark", "page_mark", "read_mark"]
