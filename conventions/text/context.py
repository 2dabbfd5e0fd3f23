"""The values clauses may name: exactly the keys of conventions.clauses.variables.VARIABLES."""

from __future__ import annotations

import datetime as dt

from conventions.clauses.variables import VARIABLES
from core.french.dates import date_long, date_range, duration
from core.french.names import Name
from core.french.numbers import counted, enumerate_fr, number_in_words
from core.french.people import de as french_de
from core.french.people import officers
from posts.enums import Zone

from .annex_list import annex_titles
from .annexes import annexes_sentence
from .dossier import Draft
from .flags import flags_of
from .money import funding_variables, per_year
from .names import listed, party_variables, short_name, unit_name, units_of
from .posts import etp_label, hours_label, kind_label, lower_function, split_label, zone_label

__all__ = ["context_of", "flags_of", "per_year"]

_NOTICE_FORM = "lettre recommandée avec demande d'avis de réception"


def context_of(draft: Draft) -> dict[str, str]:
    """Every variable, as a finished French string; empty when the data do not give it."""
    values = dict.fromkeys(VARIABLES, "")
    values.update(party_variables("departement", draft.departement))
    values.update(party_variables("etat", draft.state))
    values.update(party_variables("employeur", draft.employer))
    values.update(party_variables("beneficiaire", draft.beneficiary))
    values.update(party_variables("financeur", draft.granting))
    values.update(_several(draft))
    values.update(_local(draft))
    values.update(_service(draft))
    values.update(_post(draft))
    values.update(_period(draft))
    values.update(funding_variables(draft))
    values.update(_renewal(draft))
    values.update(_parent(draft))
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


def _several(draft: Draft) -> dict[str, str]:
    employers = draft.employers
    return {
        "financeurs.liste": listed([o.french for o in draft.financers]),
        "employeurs.liste": listed([o.french for o in employers]),
        "employeurs.count_words": number_in_words(len(employers)) if employers else "",
        "posts.count_words": number_in_words(len(draft.posts)) if draft.posts else "",
    }


def _service(draft: Draft) -> dict[str, str]:
    names = [o.french for o in draft.hosts] or [unit_name(u) for u in units_of(draft.posts)]
    return {f"service.{form}": listed(names, form) for form in ("le", "de", "a")}


def _post(draft: Draft) -> dict[str, str]:
    if not draft.posts:
        return {}
    post = draft.posts[0]
    zones = draft.zones
    kind = kind_label(post)
    units = [unit_name(u) for u in units_of(draft.posts)]
    base = unit_name(post.post_units.all()[0].unit).le() if post.post_units.all() else ""
    return {
        "post.kind_label": kind,
        "post.kind_de": french_de(kind),
        "post.label": enumerate_fr([p.label for p in draft.posts]),
        "post.units": listed(units),
        "post.base": draft.convention.variables.get("base") or base,
        "post.split_label": split_label(post),
        "post.etp_label": etp_label(post),
        "post.hours_label": hours_label(post),
        "post.residence": post.residence,
        "post.hierarchical_authority": lower_function(post.hierarchical_authority),
        "post.functional_authority": lower_function(post.functional_authority),
        "post.zone_label": zone_label(draft, draft.posts),
        "post.agents": officers(police=Zone.POLICE in zones, gendarmerie=Zone.GENDARMERIE in zones) or "agents",
    }


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


def _renewal(draft: Draft) -> dict[str, str]:
    """When the convention renews itself: how many times, up to when, and the day to object by."""
    tacit = draft.tacit
    if tacit is None:
        return {}
    return {
        "renewal.period_de": tacit.period_words,
        "renewal.times_words": tacit.times_words,
        "renewal.limit": date_long(tacit.last_day) if tacit.last_day else "",
        "renewal.exit_date": date_long(tacit.object_by),
    }


def _parent(draft: Draft) -> dict[str, str]:
    parent = draft.convention.parent
    if parent is None:
        return {}
    return {
        "parent.reference": parent.reference,
        "parent.title": parent.title,
        "parent.label": date_range(parent.period_start, parent.period_end),
    }


def _typed(draft: Draft) -> dict[str, str]:
    """What people typed for this convention (Convention.variables), or the usual wording."""
    convention, typed = draft.convention, draft.convention.variables
    months = convention.notice_months
    committee = typed.get("committee") or {}
    default_members = _short_names(draft)
    last_year = max((view.plan.year for view in draft.plans), default=convention.period_end.year)
    return {
        "notice.months_words": f"{number_in_words(months)} mois" if months else "",
        "notice.form": convention.notice_form or _NOTICE_FORM,
        "tribunal": typed.get("tribunal") or _court(convention.territory.administrative_court),
        "originals.count_words": number_in_words(len(draft.parties)) if draft.parties else "",
        "dates.budget_deadline": _date(typed.get("budget_deadline")),
        "dates.payment_deadline": _date(typed.get("payment_deadline")),
        "dates.account_deadline": date_long(dt.date(last_year + 1, 6, 30)),
        "committee.name": committee.get("name") or "comité de pilotage",
        "committee.members": enumerate_fr(committee.get("members") or default_members),
        "reports.sentence": enumerate_fr(typed.get("reports") or []) or _default_reports(draft),
        "board.seats_words": counted(seats, "siège") if isinstance(seats := typed.get("board_seats"), int) else "",
        "software.name": typed.get("software") or "",
        "annexes.sentence": annexes_sentence(annex_titles(draft)),
    }


def _short_names(draft: Draft) -> list[str]:
    """The parties by their short name; in full when two would be called the same."""
    short = [short_name(party.organisation) for party in draft.parties]
    texts = [name.text for name in short]
    return [
        (name if texts.count(name.text) == 1 else party.organisation.french).le()
        for name, party in zip(short, draft.parties, strict=True)
    ]


def _court(name: str) -> str:
    """ "Lille" or "Tribunal administratif de Lille" → "tribunal administratif de Lille"; empty stays empty."""
    if not name or "tribunal" in name.lower():
        return lower_function(name)
    return f"tribunal administratif {Name.of_place(name).de()}"


def _default_reports(draft: Draft) -> str:
    if draft.months < 6:
        return "un bilan d'activité en fin de convention"
    return "une synthèse trimestrielle et un bilan d'activité annuel"


def _date(value: str | None) -> str:
    return date_long(dt.date.fromisoformat(value)) if value else ""
