"""The signature circuit of an approved version, whatever the channel: opening, links, codes, files, paper, following.

Everything hangs on a ``ConventionVersion``: the base text or an avenant alike, and nothing passes from one version to
the next. A signatory often has no account: what they do is written by the territory itself, on behalf of who opened the
circuit, and the log names them (:mod:`reporting.circuit.acting`).
"""
