"""A territory's own models: how their texts are typed, checked, compared and tried. Reading only; writing is in
``conventions.services.model_drafts``.
"""
