"""The values clauses may name: exactly the keys of conventions.clauses.variables.VARIABLES."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

from conventions.clauses.variables import VARIABLES
from core.french.dates import date_long, date_range, duration
from core.french.names import Name
from core.french.numbers import enumerate_fr, number_in_words
from core.french.people import de as french_de
from core.french.people import officers, post_title
from core.money import percent
from posts.enums import PostKind, Zone
from posts.models import Post

from .dossier import Draft
from .flags import flags_of
from .money import funding_variables, per_year
from .names import listed, party_variables, short_name, unit_name, units_of

__all__ = ["context_of", "flags_of", "per_year"]

_NOTICE_FORM = "lettre recommandée avec demande d'avis de réception"


def context_of(draft: Draft) -> dict[str, str]:
    """Every variable, as a finished French string; empty when the data do not give it."""
    values = dict.fromkeys(VARIABLES, "")
    values.update(party_variables("departement", draft.departement))
    values.update(party_variables("etat", draft.state))
    values.update(party_variables("employeur", draft.employer))
    values.update(_local(draft))
    values.update(_service(draft))
    values.update(_post(draft))
    values.update(_period(draft))
    values.update(funding_variables(draft))
    values.update(_typed(draft))
    unknown = set(values) - set(VARIABLES)
    if unknown:
        raise LookupError(f"variables nobody documented: {sorted(unknown)}")
    return values


def _local(draft: Draft) -> dict[str, str]:
    financers = draft.local_financers
    return {
        "epci.liste": listed([o.french for o in financers]),
        "epci.count_words": number_in_words(len(financers)) if financers else "",
        "territoire.de": Name.of_departement(draft.convention.territory.code).de(),
    }


def _service(draft: Draft) -> dict[str, str]:
    names = [o.french for o in draft.hosts] or [unit_name(u) for u in units_of(draft.posts)]
    return {f"service.{form}": listed(names, form) for form in ("le", "de", "a")}


def _post(draft: Draft) -> dict[str, str]:
    if not draft.posts:
        return {}
    post = draft.posts[0]
    zones = draft.zones
    kind = _kind(post)
    units = [unit_name(u) for u in units_of(draft.posts)]
    base = unit_name(post.post_units.all()[0].unit).le() if post.post_units.all() else ""
    return {
        "post.kind_label": kind,
        "post.kind_de": french_de(kind),
        "post.label": enumerate_fr([p.label for p in draft.posts]),
        "post.units": listed(units),
        "post.base": draft.convention.variables.get("base") or base,
        "post.split_label": _split(post),
        "post.etp_label": _etp(post),
        "post.hours_label": f"{_number(post.weekly_hours)} heures hebdomadaires" if post.weekly_hours else "",
        "post.residence": post.residence,
        "post.hierarchical_authority": _lower(post.hierarchical_authority),
        "post.functional_authority": _lower(post.functional_authority),
        "post.zone_label": _zone(draft),
        "post.agents": officers(police=Zone.POLICE in zones, gendarmerie=Zone.GENDARMERIE in zones) or "agents",
    }


def _kind(post: Post) -> str:
    return "psychologue" if post.kind == PostKind.PSYCHOLOGUE else post_title(post.kind)


def _split(post: Post) -> str:
    links = list(post.post_units.all())
    if len(links) < 2 or any(link.percent is None for link in links):
        return ""
    return enumerate_fr([f"{percent(link.percent)} {unit_name(link.unit).a()}" for link in links if link.percent])


def _etp(post: Post) -> str:
    return "à temps plein" if post.etp == 1 else f"à temps partiel ({percent(post.etp * 100)} d'un temps plein)"


def _number(value: Decimal) -> str:
    return f"{value.normalize():f}".replace(".", ",")


def _zone(draft: Draft) -> str:
    covered = [link.organisation for post in draft.posts for link in post.coverage.all()]
    if not covered:
        return f"le territoire {Name.of_departement(draft.convention.territory.code).de()}"
    names = enumerate_fr([o.french.de() for o in covered])
    head = "le territoire" if len(covered) == 1 else "les territoires"
    if draft.is_mixed:
        zone = ", en zone police et en zone gendarmerie"
    else:
        zone = "".join(f", zone {z}" for z in sorted(draft.zones))
    return f"{head} {names}{zone}"


#: Functions lose their capital inside a sentence; a name that stands for an authority keeps it.
_FUNCTIONS = re.compile(
    r"(?i)(direct|command|commissaire|chef|conjoint|responsable|présid|maire|tribunal|officier|adjoint|sous-|autorité)"
)


def _lower(text: str) -> str:
    """ "Directrice de la MDS" → "directrice de la MDS"; "France Victimes 62" stays."""
    return text[:1].lower() + text[1:] if _FUNCTIONS.match(text) else text


def _period(draft: Draft) -> dict[str, str]:
    start, end = draft.convention.period_start, draft.convention.period_end
    years = sorted({view.plan.year for view in draft.plans})
    return {
        "period.start": date_long(start),
        "period.end": date_long(end),
        "period.duration": duration(start, end),
        "period.label": date_range(start, end),
        "year": enumerate_fr([str(year) for year in years]) or str(start.year),
    }


def _typed(draft: Draft) -> dict[str, str]:
    """What people typed for this convention (Convention.variables), or the usual wording."""
    convention, typed = draft.convention, draft.convention.variables
    months = convention.notice_months
    committee = typed.get("committee") or {}
    default_members = [short_name(p.organisation).le() for p in draft.parties]
    last_year = max((view.plan.year for view in draft.plans), default=convention.period_end.year)
    return {
        "notice.months_words": f"{number_in_words(months)} mois" if months else "",
        "notice.form": convention.notice_form or _NOTICE_FORM,
        "tribunal": typed.get("tribunal") or _lower(convention.territory.administrative_court),
        "originals.count_words": number_in_words(len(draft.parties)) if draft.parties else "",
        "dates.budget_deadline": _date(typed.get("budget_deadline")),
        "dates.payment_deadline": _date(typed.get("payment_deadline")),
        "dates.account_deadline": date_long(dt.date(last_year + 1, 6, 30)),
        "committee.name": committee.get("name") or "comité de pilotage",
        "committee.members": enumerate_fr(committee.get("members") or default_members),
        "reports.sentence": enumerate_fr(typed.get("reports") or []) or _default_reports(draft),
        "software.name": typed.get("software") or "",
        "annexes.sentence": enumerate_fr(
            [f"annexe {n}, {title}" for n, title in enumerate(typed.get("annexes") or [], start=1)]
        ),
    }


def _default_reports(draft: Draft) -> str:
    if draft.months < 6:
        return "un bilan d'activité en fin de convention"
    return "une synthèse trimestrielle et un bilan d'activité annuel"


def _date(value: str | None) -> str:
    return date_long(dt.date.fromisoformat(value)) if value else ""
