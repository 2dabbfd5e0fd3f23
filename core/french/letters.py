"""The first letter of a text: French puts no capital inside a sentence, and one at its beginning."""


def lower_first(text: str) -> str:
    """« Conseil communautaire » → « conseil communautaire »; the rest as it is."""
    return text[:1].lower() + text[1:]


def upper_first(text: str) -> str:
    """« l'État » → « L'État »; the rest as it is, unlike ``str.capitalize``."""
    return text[:1].upper() + text[1:]
