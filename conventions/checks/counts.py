"""R02 (originals, parties, signature blocks) and R28 (counts a text states)."""

from __future__ import annotations

from collections.abc import Iterator

from conventions.enums import Family
from conventions.text.dossier import Draft
from core.findings import Finding, Mark, Severity
from core.french.numbers import enumerate_fr, plural

from .annexes import attached
from .around import whole
from .places import place, tab


def r02_originals(draft: Draft) -> Iterator[Finding]:
    """As many originals as parties, and one signature block for each party at least."""
    convention = draft.convention
    parties, blocks = len(draft.parties), len(draft.signatories)
    stated = whole(convention.stated.get("originals"))
    signing = {signatory.party_id for signatory in draft.signatories}
    unsigned = [party for party in draft.parties if party.pk not in signing]
    # A party may sign twice (élu and administratif): it keeps one original all the same.
    if stated is not None and stated != parties:
        yield Finding(
            code="R02",
            severity=Severity.BLOCKING,
            place=place(convention, ".stated.originals"),
            message=(
                f"Le texte prévoit {stated} {plural(stated, 'exemplaire original', 'exemplaires originaux')} pour"
                f" {parties} {plural(parties, 'partie')} et {blocks} {plural(blocks, 'bloc')} de signature."
            ),
            stated=str(stated),
            computed=str(parties),
            source="Contrôle R02 de Cosigne",
            mark=Mark.STATED,
            url=tab(convention, "parties"),
        )
    elif stated is None and convention.stated and not convention.stated.get("absent"):
        yield Finding(
            code="R02",
            severity=Severity.EXPLAIN,
            place=place(convention, ".stated.originals"),
            message="Le texte publié n'indique pas le nombre d'exemplaires originaux.",
            computed=str(parties),
            source="Contrôle R02 de Cosigne",
            url=tab(convention, "parties"),
        )
    for party in unsigned:
        yield Finding(
            code="R02",
            severity=Severity.BLOCKING,
            place=place(convention, f".parties[{party.organisation.key}]"),
            message=f"Aucun signataire n'est prévu pour {party.organisation.french.le()}.",
            stated=str(blocks),
            computed=str(parties),
            source="Contrôle R02 de Cosigne",
            url=tab(convention, "parties", f"partie-{party.uuid}"),
        )
    if not draft.parties:
        yield Finding(
            code="R02",
            severity=Severity.BLOCKING,
            place=place(convention, ".parties"),
            message="La convention n'a aucune partie.",
            source="Contrôle R02 de Cosigne",
            url=tab(convention, "parties"),
        )


#: What a text counts, how it is named to people, and what the data give.
_COUNTED = {
    "posts": ("poste", lambda d: len(d.posts)),
    "epcis": ("EPCI", lambda d: len({link.organisation_id for p in d.posts for link in p.coverage.all()})),
    "annexes": ("annexe", lambda d: len(attached(d))),
}


def r28_counts(draft: Draft) -> Iterator[Finding]:
    """Numbers of posts, EPCI and annexes stated in the text against the data, and a model of one post for several."""
    convention = draft.convention
    if convention.template and len(draft.posts) > 1 and convention.family not in SEVERAL_POSTS:
        yield _one_post_model(draft)
    for name, (label, count) in _COUNTED.items():
        # A list of annexes is R42's, which says which one is missing.
        stated = whole(convention.stated.get(name))
        if stated is None:
            continue
        computed = count(draft)
        if stated != computed:
            yield Finding(
                code="R28",
                severity=Severity.BLOCKING,
                place=place(convention, f".stated.{name}"),
                message=f"Le texte compte {stated} {label}, les données en donnent {computed}.",
                stated=str(stated),
                computed=str(computed),
                source="Contrôle R28 de Cosigne",
                url=tab(convention, "texte"),
            )


#: Families whose models speak of several posts, or of none in particular.
SEVERAL_POSTS = (Family.F4, Family.F5, Family.F6)


def _one_post_model(draft: Draft) -> Finding:
    """The shipped models describe one post: its nature, hours, place. Others would be signed under its description."""
    convention = draft.convention
    first, *others = [post.label for post in draft.posts]
    return Finding(
        code="R28",
        severity=Severity.EXPLAIN,
        place=place(convention, ".posts"),
        message=(
            f"Le modèle est écrit pour un seul poste et décrit « {first} » ; la convention finance aussi"
            f" {enumerate_fr([f'« {label} »' for label in others])}. Adaptez les clauses qui décrivent le poste (objet,"
            " temps de travail, locaux), ou faites une convention par poste."
        ),
        stated="1",
        computed=str(len(draft.posts)),
        source="Contrôle R28 de Cosigne",
        url=tab(convention, "texte"),
    )
