"""Every obligation of one convention, from its facts and the dated rules. Pure: same facts, same rules, same list.

One small function per family of duties. Days are inclusive. The source of each says the clause, the variable or the
dated rule it comes from; nothing is done here about whether it is late, which depends on the day one looks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from conventions.enums import CalendarRuleKind, ObligationKind
from core.findings import Mark
from core.french import date_long
from core.french.dates import add_months

from .endings import amendments, ends, steps, tacit_terms
from .facts import ConventionFacts, GrantFacts, PlanFacts
from .making import duty
from .network import network_reports
from .obligation import Body, Obligation
from .rules import CalendarRules
from .schedule import Found, Span, spans_of


def obligations_of(facts: ConventionFacts, rules: CalendarRules, today: dt.date) -> list[Obligation]:
    """All of them, past ones included, by day. ``today`` bounds tacit renewals only, which may have no end."""
    found: list[Obligation] = [
        *votes(facts),
        *signatures(facts, rules),
        *requests(facts, rules),
        *steps(facts),
        *amendments(facts),
    ]
    if facts.signed:
        found += [
            *payments(facts, rules),
            *titres(facts, rules),
            *figures(facts, rules, today),
            *committees(facts, rules),
            *accounts(facts),
            *publications(facts),
            *ends(facts, today),
            *network_reports(facts, today),
        ]
    return sorted(found, key=lambda each: each.order)


# --- Before it is signed ----------------------------------------------------------------------------------------------


def votes(facts: ConventionFacts) -> Iterator[Obligation]:
    """Every local authority has voted, and the vote is enforceable, before the convention takes effect."""
    for party in facts.parties:
        if not party.must_vote:
            continue
        yield duty(
            facts,
            ObligationKind.VOTE,
            str(party.body.pk),
            facts.start,
            f"Délibération sur la convention {facts.reference} – {party.body.label}",
            bodies=[party.body],
            source="Prise d'effet de la convention ; délibération exécutoire avant signature (CGCT L.2131-1, L.3131-1)",
            mark=Mark.VERIFIED,
            done=party.enforceable_on is not None or facts.signed,
            done_on=party.enforceable_on or party.voted_on,
            url=party.url,
        )


def signatures(facts: ConventionFacts, rules: CalendarRules) -> Iterator[Obligation]:
    """Each signatory, so many days after the text was approved."""
    if facts.approved_on is None or not facts.circulating:
        return
    rule = rules.on(CalendarRuleKind.SIGNATURE_DAYS, facts.approved_on)
    due = facts.approved_on + dt.timedelta(days=rule.number)
    seen: dict[int, tuple[Body, dt.date | None]] = {}
    for body, signed_on in facts.signatures:
        # An organisation that signs twice has signed once its last person has.
        before = seen.get(body.pk)
        seen[body.pk] = (body, signed_on if before is None or (before[1] and signed_on) else None)
    for body, signed_on in seen.values():
        yield duty(
            facts,
            ObligationKind.SIGNATURE,
            str(body.pk),
            due,
            f"Signature de la convention {facts.reference} – {body.label}",
            bodies=[body],
            source=f"{rule.number} jours après l'approbation du {date_long(facts.approved_on)} ({rule.source})",
            mark=rule.mark,
            done=signed_on is not None,
            done_on=signed_on,
            url=f"{facts.url}?onglet=signatures",
        )


def requests(facts: ConventionFacts, rules: CalendarRules) -> Iterator[Obligation]:
    """What the employer asks each year: the FIPD, and its grants when it is an association."""
    for plan in facts.plans:
        if plan.fipd and not facts.bipartite:
            due, rule = rules.of_year(CalendarRuleKind.FIPD_DAY, plan.year)
            asked = next((g.requested_on for g in plan.grants if g.is_state and g.requested_on), None)
            yield duty(
                facts,
                ObligationKind.FIPD,
                plan.key,
                due,
                f"Demande de FIPD {plan.year} pour « {plan.label} »",
                bodies=[plan.employer],
                source=rule.source,
                mark=rule.mark,
                # A plan the State has signed was asked for.
                done=bool(asked or plan.settled),
                done_on=asked,
                url=plan.url,
            )
        if plan.is_association and facts.signed:
            yield from _grant_requests(facts, plan, rules)


def _grant_requests(facts: ConventionFacts, plan: PlanFacts, rules: CalendarRules) -> Iterator[Obligation]:
    typed = facts.budget_deadline if facts.budget_deadline and facts.budget_deadline.year == plan.year else None
    day, source, mark = rules.grant_day("request_day", plan.year)
    if typed:
        day, source, mark = typed, f"Convention {facts.reference}, date limite de demande", Mark.STATED
    if not plan.grants:
        yield duty(
            facts,
            ObligationKind.REQUEST,
            plan.key,
            day,
            f"Budget et demande de subvention {plan.year} pour « {plan.label} »",
            bodies=[plan.employer],
            source=source,
            mark=mark,
            url=plan.url,
        )
    for grant in plan.grants:
        yield duty(
            facts,
            ObligationKind.REQUEST,
            grant.uuid,
            grant.request_deadline or day,
            f"Demande de subvention {plan.year} pour « {plan.label} » – {grant.financer.label}",
            bodies=[plan.employer],
            source="Échéancier de la subvention" if grant.request_deadline else source,
            mark=Mark.STATED if grant.request_deadline else mark,
            done=grant.requested_on is not None,
            done_on=grant.requested_on,
            url=grant.url,
        )


# --- While it runs ----------------------------------------------------------------------------------------------------


def payments(facts: ConventionFacts, rules: CalendarRules) -> Iterator[Obligation]:
    """Grants paid to an association: their own instalments, else the day of the text or of the rules."""
    for plan in facts.plans:
        if not plan.is_association:
            continue
        day, source, mark = rules.grant_day("payment_day", plan.year)
        if facts.payment_deadline and facts.payment_deadline.year == plan.year:
            day, source, mark = (
                facts.payment_deadline,
                f"Convention {facts.reference}, date limite de versement",
                Mark.STATED,
            )
        followed = {grant.financer.pk: grant for grant in plan.grants}
        for payer in plan.payers:
            grant = followed.get(payer.pk)
            if grant is None or not grant.instalments:
                yield _payment(facts, plan, payer, grant, str(payer.pk), day, source, mark, None)
                continue
            for rank, (due, paid) in enumerate(grant.instalments, start=1):
                detail = f"{grant.uuid}-{rank}"
                yield _payment(facts, plan, payer, grant, detail, due, "Échéancier de la subvention", Mark.STATED, paid)


def _payment(
    facts: ConventionFacts,
    plan: PlanFacts,
    payer: Body,
    grant: GrantFacts | None,
    detail: str,
    due: dt.date,
    source: str,
    mark: Mark,
    paid: bool | None,
) -> Obligation:
    return duty(
        facts,
        ObligationKind.PAYMENT,
        f"{plan.key}-{detail}",
        due,
        f"Versement {plan.year} pour « {plan.label} » – {payer.label}",
        bodies=[payer],
        source=source,
        mark=mark,
        done=paid,
        url=grant.url if grant else plan.url,
    )


def titres(facts: ConventionFacts, rules: CalendarRules) -> Iterator[Obligation]:
    """A public employer claims each financer's share before the exercise closes."""
    for plan in facts.plans:
        if not plan.issues_titres or facts.bipartite:
            continue
        due, rule = rules.of_year(CalendarRuleKind.TITRE_DAY, plan.year)
        source, mark = rule.source, rule.mark
        if facts.payment_deadline and facts.payment_deadline.year == plan.year:
            due, source, mark = facts.payment_deadline, f"Convention {facts.reference}, date limite", Mark.STATED
        sent: dict[int, bool] = {}
        for titre in plan.titres:
            sent[titre.debtor.pk] = sent.get(titre.debtor.pk, True) and titre.sent
        for payer in plan.payers:
            yield duty(
                facts,
                ObligationKind.TITRE,
                f"{plan.key}-{payer.pk}",
                due,
                f"Titre {plan.year} pour « {plan.label} » – débiteur : {payer.label}",
                bodies=[plan.employer],
                source=source,
                mark=mark,
                # Who does not see a claim cannot say whether it left.
                done=sent.get(payer.pk, False) if payer.pk in plan.claims_seen else None,
                url=plan.url,
            )


#: The nature of a report in the calendar, by months between two.
NATURES = {
    1: ObligationKind.MONTH,
    3: ObligationKind.QUARTER,
    6: ObligationKind.HALF,
    12: ObligationKind.YEAR,
}


def life_of(facts: ConventionFacts, today: dt.date) -> tuple[dt.date, dt.date]:
    """First and last day reports are asked for; of tacit renewals, up to the term a year ahead of ``today``."""
    if facts.tacit is None:
        return facts.start, facts.end
    ahead = add_months(today, 12)
    terms = list(tacit_terms(facts, today))
    return facts.start, next((term for term in terms if term >= ahead), terms[-1] if terms else facts.end)


def reports_asked(facts: ConventionFacts, rules: CalendarRules, today: dt.date) -> Found:
    """The periods of every report the convention asks for.

    None of a bipartite one, which repeats its parent, nor of a network head's, which employs no worker, unless it names
    some (see ``network``).
    """
    if facts.bipartite or (facts.network and not (facts.reports or facts.schedules)):
        return Found(())
    start, end = life_of(facts, today)
    return spans_of(
        reference=facts.reference,
        start=start,
        end=end,
        reports=facts.reports,
        settings=facts.schedules,
        rules=rules,
    )


def figures(facts: ConventionFacts, rules: CalendarRules, today: dt.date) -> Iterator[Obligation]:
    """The reports of each post: handed in, or known for the whole year as a published bilan gives it."""
    life = life_of(facts, today)
    for span in reports_asked(facts, rules, today).spans:
        if span.due_on is None:
            continue
        months = span.months(life)
        for post in facts.posts:
            known = bool(months) and all(year in post.years for year, _month in months)
            yield duty(
                facts,
                NATURES.get(span.every, ObligationKind.PERIOD),
                f"{post.key}-{_identity(span)}",
                span.due_on,
                f"Chiffres {span.of_label}, {post.label}",
                bodies=[post.employer],
                source=span.source,
                mark=span.mark,
                done=known or span.key in post.handed,
                url=report_url(post.link, span.key) if post.link else post.url,
            )


def report_url(link: str, key: str) -> str:
    """The report's page; the floor above serves it."""
    return f"/activite/comptes-rendus/{link}/{key}/"


def _identity(span: Span) -> str:
    """As calendars already hold it: « 2026-1 » for a quarter, « 2026 » for a year or its first half."""
    first, last = span.whole
    if first.day != 1 or (first.month - 1) % span.every or first.year != last.year:
        return span.key
    rank = (first.month - 1) // span.every + 1
    if span.every == 12 or (span.every == 6 and rank == 1):
        return str(first.year)
    return f"{first.year}-{rank}" if span.every == 3 else span.key


def committees(facts: ConventionFacts, rules: CalendarRules) -> Iterator[Obligation]:
    """The committee meets on the year that ended. Whether it met is not in the data."""
    if facts.bipartite:
        return
    for year in range(facts.start.year, facts.end.year + 1):
        due, rule = rules.of_year(CalendarRuleKind.COMMITTEE_DAY, year + 1)
        name = facts.committee or "comité de pilotage"
        yield duty(
            facts,
            ObligationKind.COMMITTEE,
            str(year),
            due,
            f"{name[:1].upper()}{name[1:]} sur l'année {year}",
            bodies=[party.body for party in facts.parties],
            source=rule.source,
            mark=rule.mark,
        )


def accounts(facts: ConventionFacts) -> Iterator[Obligation]:
    """The association accounts for what it received, six months after the year."""
    for plan in facts.plans:
        if not plan.is_association or plan.account_by is None:
            continue
        yield duty(
            facts,
            ObligationKind.ACCOUNT,
            plan.key,
            plan.account_by,
            f"Compte rendu financier {plan.year} de « {plan.label} »",
            bodies=[plan.employer],
            source="Loi n° 2000-321 du 12 avril 2000, article 10",
            mark=Mark.VERIFIED,
            done=plan.account_on is not None,
            done_on=plan.account_on,
            url=plan.account_url or plan.url,
        )


def publications(facts: ConventionFacts) -> Iterator[Obligation]:
    """Above the threshold, each authority puts the essential data of its grant online."""
    for plan in facts.plans:
        for grant in plan.grants:
            if grant.publish_by is None:
                continue
            yield duty(
                facts,
                ObligationKind.PUBLICATION,
                grant.uuid,
                grant.publish_by,
                f"Publication des données de la subvention {plan.year} – {grant.financer.label}",
                bodies=[grant.financer],
                source="Décret n° 2017-779 du 5 mai 2017, article 2",
                mark=Mark.VERIFIED,
                done=grant.published_on is not None,
                done_on=grant.published_on,
                url=grant.url,
            )
