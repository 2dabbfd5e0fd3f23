"""Is this file, or this sheet of paper, an approved version? Answered to anybody; nothing is kept of the question."""

from reporting.verification.answers import Answer, Finding, known_version, verify_file, verify_mark

__all__ = ["Answer", "Finding", "known_version", "verify_file", "verify_mark"]
