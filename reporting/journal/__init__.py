"""The journal as people read it: which entries (select), in which words (words, present)."""
