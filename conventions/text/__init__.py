"""From rows to sentences: the values and conditions clauses read, and the canonical content that gets approved."""

from .content import build_content, canonical_bytes, content_hash, model_content, preview_content

__all__ = ["build_content", "canonical_bytes", "content_hash", "model_content", "preview_content"]
