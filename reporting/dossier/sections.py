"""What a dossier holds, section by section, and where it lives in the database. The one source of the format.

Sections are in the order an import follows: an object comes after those it points at.
"""

from __future__ import annotations

from conventions.enums import Channel, DecisionKind, Family, PartyRole, Status
from conventions.models import (
    Convention,
    ConventionClause,
    ConventionPlan,
    ConventionPost,
    Decision,
    DecisionConvention,
    Deliberation,
    Party,
    Signatory,
)
from funding.enums import (
    Breakdown,
    CostKind,
    KeyBasis,
    KeySource,
    PlanStatus,
    ProrataBasis,
    RoundingMethod,
    RoundingUnit,
    RuleMark,
    ShareMode,
    Source,
)
from funding.models import (
    AllocationKey,
    AllocationKeyLine,
    BudgetImputation,
    BudgetLine,
    CostComponent,
    FundingPlan,
    PlanPost,
    Share,
    StateRate,
)
from parties.enums import AssociationForm, Capacity, Gender, LegalForm, OrganisationKind
from parties.models import Mandate, Organisation
from posts.enums import PostKind, UnitKind, Zone
from posts.models import ActivityReturn, Occupancy, Post, PostCoverage, PostUnit, ServiceUnit

from . import stated
from .activity import CELLS, MONTH_STEPS, PEOPLE
from .avenants import AVENANTS, ENDINGS
from .campaigns import REPORT_SCHEDULES, REPORT_STEPS
from .fields import (
    Field,
    Group,
    boolean,
    choice,
    choices,
    code,
    date,
    decimal,
    figures,
    integer,
    key,
    ref,
    strings,
    text,
)
from .structure import LOCAL_PARTY, TEMPLATES, Children, Links, Section

TEMPLATE_SCHEMA = {
    "anyOf": [
        {
            "type": "object",
            "properties": {
                "family": {"type": "string", "enum": list(Family.values), "description": "Family of the model."},
                "version": {"type": "integer", "minimum": 1, "description": "Version of the model."},
                "own": {"type": "boolean", "description": "The territory's own model, not the national one."},
            },
            "required": ["family", "version"],
            "additionalProperties": False,
        },
        {"type": "null"},
    ],
    "description": "Model the text comes from; absent in a new convention: the latest of its family.",
}


def _period(description: str, prefix: str = "period_") -> Group:
    first = date("start", "First day.", attr=f"{prefix}start", required=True)
    last = date("end", "Last day, included.", attr=f"{prefix}end", required=True)
    return Group("period", (first, last), description, required=True)


ORGANISATIONS = Section(
    "organisations",
    Organisation,
    (
        key(),
        choice("kind", OrganisationKind, "What the body is.", required=True),
        choice("legal_form", LegalForm, "Legal form; required for an EPCI.", blank=True),
        text("name", 'Short official form of the name: "CC du Sud-Artois".', most=200, required=True),
        text("short_name", "Name used in tables.", most=60),
        code("siren", "siren", "SIREN; empty when unknown."),
        code("siret", "siret", "SIRET of the seat; empty when unknown."),
        text("rna", "RNA number of an association; empty when unknown.", pattern="^(W[0-9A-Z]{2}[0-9]{7})?$"),
        choice("association_form", AssociationForm, "Statute of an association.", blank=True),
        text("statutory_object", "Object of an association, as its statutes say it."),
        date("declared_on", "Day an association was declared; null when unknown."),
        text("seat", "Seat as the acts print it.", most=240),
        text("address1", "Postal address, first line.", most=38),
        text("address2", "Postal address, second line.", most=38),
        text("postal_code", "Postal code.", most=5),
        text("city", "City of the postal address.", most=38),
        ref("parent", "organisations", "Legal person a service without legal personality belongs to."),
        figures("finance", "Codes of its finance software.", {}, stated.FINANCE),
    ),
    "Bodies: State services, département, EPCI, associations…",
    self_refs=("parent",),
)

MANDATES = Section(
    "mandates",
    Mandate,
    (
        key(),
        ref("organisation", "organisations", "Body the person may bind.", required=True),
        text("person", "First name and name.", most=120, required=True),
        choice("gender", Gender, "Grammatical gender of the function."),
        text("function", "Function, as signed.", most=200, required=True),
        text("rank", "Rank, if any.", most=60),
        choice("capacity", Capacity, "In what capacity."),
        date("start", "First day of the mandate; null when unknown."),
        date("end", "Last day of the mandate; null when it has no known end."),
        text("delegation", "Reference of the delegation of signature, if any.", most=200),
    ),
    "Who may sign for a body, from a date to a date.",
)

UNITS = Section(
    "units",
    ServiceUnit,
    (
        key(),
        ref("organisation", "organisations", "Police or gendarmerie body it belongs to.", required=True),
        ref("parent", "units", "Unit above it."),
        choice("kind", UnitKind, "Kind of unit.", required=True),
        choice("zone", Zone, "Zone it serves.", required=True),
        text("name", "Name of the unit.", most=160, required=True),
        strings("communes", "INSEE codes of the communes it serves.", "^[0-9AB]{5}$"),
    ),
    "Police stations, companies, brigades.",
    self_refs=("parent",),
)

POSTS = Section(
    "posts",
    Post,
    (
        key(),
        text("label", "Name of the post.", most=120, required=True),
        choice("kind", PostKind, "Kind of post.", required=True),
        ref("employer", "organisations", "Employer.", required=True),
        decimal("etp", "ratio", "Full-time equivalent.", nullable=False),
        decimal("weekly_hours", "hours", "Hours a week; null when not fixed."),
        text("residence", "Administrative residence.", most=240),
        text("hierarchical_authority", "Hierarchical authority.", most=240),
        text("functional_authority", "Functional authority.", most=240),
        date("created_on", "Day the post was created; null when unknown."),
        date("closed_on", "Day the post was closed; null when open."),
        text("note", "Internal note. Never names the person."),
    ),
    "Funded positions. The person holding one is never named.",
    children=(
        Children(
            "units",
            PostUnit,
            "post",
            (
                ref("unit", "units", "Unit where the post works.", required=True),
                decimal("percent", "percent", "Part of its time; null when not fixed."),
            ),
            ("unit",),
            "Units where the post works.",
            position="position",
        ),
        Children(
            "occupancies",
            Occupancy,
            "post",
            (
                date("start", "First day filled.", required=True),
                date("end", "Last day filled; null when still filled."),
                decimal("working_time", "ratio", "Part of the post's time.", nullable=False),
                text("note", "Remark. Never names the person.", most=240),
            ),
            ("start",),
            "Periods the post was filled; what lies between two is a vacancy.",
            order=("start",),
        ),
    ),
    links=(Links("epcis", PostCoverage, "post", "organisation", "organisations", "EPCI the post serves."),),
)

ALLOCATION_KEYS = Section(
    "allocation_keys",
    AllocationKey,
    (
        key(),
        text("label", "Name of the key.", most=160, required=True),
        choice("basis", KeyBasis, "What is counted.", required=True),
        integer(
            "vintage", "Year the populations are in force; null when the text does not say.", least=2000, most=2100
        ),
        choice("source", KeySource, "Where the percentages come from."),
    ),
    "Percentages by which EPCI split a part.",
    children=(
        Children(
            "lines",
            AllocationKeyLine,
            "allocation_key",
            (
                ref("organisation", "organisations", "EPCI.", required=True),
                integer("population", "Inhabitants counted; null when unknown."),
                decimal("percent", "percent", "Percentage; null: computed from the inhabitants.", places=4),
                strings("communes", "INSEE codes of the communes counted; empty: all of them."),
            ),
            ("organisation",),
            "One line per EPCI.",
            position="position",
        ),
    ),
)

STATE_RATES = Section(
    "state_rates",
    StateRate,
    (
        key(),
        ref("post", "posts", "Post; null: the whole territory."),
        integer("year", "Calendar year.", least=2000, most=2100, required=True),
        decimal("percent", "percent", "Part of the cost the State pays.", required=True, places=4),
        choice("mark", RuleMark, "How sure the rate is."),
        text("source", "What announces it.", most=200, required=True),
    ),
    "Degressive share of the State, year by year.",
)

BUDGET_LINES = Section(
    "budget_lines",
    BudgetLine,
    (
        key(),
        ref("organisation", "organisations", "Body whose budget it is.", required=True),
        integer("year", "Budget year.", least=2000, most=2100, required=True),
        text("operation", "Operation code.", most=40),
        text("imputation", "Budget account as acts write it; its parts are in imputations.", most=40),
        text("label", "Name of the line.", most=200, required=True),
        decimal("voted", "amount", "Credits voted."),
        decimal("available", "amount", "Credits available before what is proposed."),
        decimal("engaged", "amount", "Committed, as the finance software says; null when unknown."),
        decimal("liquidated", "amount", "Liquidated, as the finance software says; null when unknown."),
        decimal("paid", "amount", "Paid, as the finance software says; null when unknown."),
        date("situation_on", "Day these amounts are those of."),
        text("source", "Where these amounts were read.", most=200),
        figures("stated", "What a published report prints.", stated.BUDGET_LINE),
    ),
    "Lines of a budget that attributions draw on. What is proposed on a line is computed, never read.",
    children=(
        Children(
            "imputations",
            BudgetImputation,
            "budget_line",
            (
                date("since", "First day these codes are in force.", required=True),
                text("nature", "Account by nature.", most=12),
                text("function", "Functional code.", most=10),
                text("chapter", "Budget chapter.", most=10),
                text("programme", "Programme.", most=40),
                text("envelope", "Envelope.", most=40),
                text("service", "Service that manages the line.", most=40),
            ),
            ("since",),
            "Accounting codes, part by part, each from a date on.",
            order=("since",),
        ),
    ),
)

_SHARE_FIELDS: tuple[Field | Group, ...] = (
    text("ref", "Name of the share in its plan.", most=40, required=True, pattern="^[A-Za-z0-9][A-Za-z0-9._-]*$"),
    text("label", "Label, when it is not the financer's name.", most=160),
    ref("financer", "organisations", "Who pays; null for a group, whose part its children split."),
    choice("source", Source, "Budget the money comes from."),
    choice("mode", ShareMode, "How the share is computed."),
    decimal("fixed_amount", "amount", "Fixed amount (mode fixed)."),
    boolean("fixed_is_annual", "The fixed amount is for a full year and follows the prorata."),
    decimal("percent", "percent", "Percentage (mode percentage).", places=4),
    text("percent_note", "Where the percentage comes from (mode schedule).", most=400),
    integer("parts", "One part out of so many (mode equal); null: as many as there are.", least=1, most=100),
    text("percent_of", "Share the percentage applies to; empty: the shared cost; *: the whole cost.", most=40),
    ref("allocation_key", "allocation_keys", "Key (mode key)."),
    ref("budget_line", "budget_lines", "Line of the financer's budget."),
    text("footnote", "Footnote in the funding table.", most=300),
    figures("stated", "What a published text prints for this share.", stated.SHARE),
)

PLANS = Section(
    "plans",
    FundingPlan,
    (
        key(),
        text("label", "Name of the plan.", most=160, required=True),
        integer("year", "Calendar year.", least=2000, most=2100, required=True),
        ref("employer", "organisations", "Employer of the posts.", required=True),
        _period("Period funded, within the year."),
        choice("prorata", ProrataBasis, "How a partial year is counted."),
        Group(
            "span",
            (
                date("start", "First day; null: the plan is of its year only.", attr="span_start"),
                date("end", "Last day.", attr="span_end"),
            ),
            "Period agreed over several years (prorata span): costs and shares are those of the whole of it.",
        ),
        choice("breakdown", Breakdown, "How the shares divide among the posts."),
        Group(
            "rounding",
            (
                choice("unit", RoundingUnit, "Rounded to.", attr="rounding_unit"),
                choice("method", RoundingMethod, "How.", attr="rounding_method"),
                text("residue", "Share that takes what rounding leaves.", most=40, attr="residue_ref"),
            ),
            "Rounding policy.",
        ),
        choice("status", PlanStatus, "State, read when the plan is created.", on_create_only=True),
        figures("stated", "What a published text prints for this plan.", stated.PLAN),
        text("note", "Internal note."),
    ),
    "What a post, or several, costs in a year and who pays which part. Amounts of shares are computed, never read.",
    children=(
        Children(
            "costs",
            CostComponent,
            "plan",
            (
                choice("kind", CostKind, "Kind of cost."),
                text("label", "Label.", most=120),
                decimal("amount", "amount", "Euros for a full year.", required=True),
                text("borne_by", "Share that bears this cost alone.", most=40),
            ),
            ("position",),
            "Components of the cost.",
            position="position",
        ),
        Children(
            "post_weights",
            PlanPost,
            "plan",
            (
                ref("post", "posts", "One of the posts funded.", required=True),
                decimal("weight", "amount", "Its weight: 1, working time, or cost in euros.", required=True),
            ),
            ("post",),
            "What the shares divide by among the posts: all of them, or none.",
            order=("pk",),
        ),
        Children(
            "shares",
            Share,
            "plan",
            _SHARE_FIELDS,
            ("ref",),
            "Shares of the financers; a group holds its own in children.",
            position="position",
            tree="children",
        ),
    ),
    links=(Links("posts", PlanPost, "plan", "post", "posts", "Posts funded."),),
)

DELIBERATIONS = Section(
    "deliberations",
    Deliberation,
    (
        key(),
        ref("organisation", "organisations", "Body that voted.", required=True),
        text("body", "Assembly.", most=200),
        text("number", "Number.", most=40),
        date("date", "Day of the vote.", required=True),
        text("title", "Subject."),
        date("transmitted_on", "Day received by the préfet; null when unknown."),
        date("published_on", "Day published; null when unknown."),
        integer("present", "Members present."),
        integer("delegations", "Votes by proxy."),
        integer("votes_for", "Votes for."),
        integer("votes_against", "Votes against."),
        integer("abstentions", "Abstentions."),
        ref("budget_line", "budget_lines", "Budget line the attributions draw on."),
        figures("stated", "What the published act prints.", stated.DELIBERATION),
    ),
    "Votes of local bodies.",
    children=(
        Children(
            "decisions",
            Decision,
            "deliberation",
            (
                integer("article", "Number of the article.", least=1, attr="position", required=True),
                choice("kind", DecisionKind, "What it decides.", required=True),
                text("subject", "Its words, in short."),
                decimal("amount", "amount", "Amount attributed."),
                ref("beneficiary", "organisations", "Who receives it."),
                text("annex", "Annex it refers to.", most=40),
            ),
            ("position",),
            "One per article.",
            order=("position",),
            links=(
                Links(
                    "conventions",
                    DecisionConvention,
                    "decision",
                    "convention",
                    "conventions",
                    "Conventions it is about.",
                    later=True,
                ),
            ),
        ),
    ),
)

CONVENTIONS = Section(
    "conventions",
    Convention,
    (
        key("reference", "reference"),
        text("title", "Title.", required=True),
        choice("family", Family, "Family of the text.", required=True),
        ref("parent", "conventions", "Convention this one executes."),
        ref("previous", "conventions", "Convention this one renews."),
        boolean("is_renewal", "Whether it renews an earlier one."),
        _period("Period of the convention."),
        Group(
            "notice",
            (
                integer("months", "Months; null when the text gives none.", attr="notice_months", most=60),
                text("form", "Form.", most=240, attr="notice_form"),
            ),
            "Notice of termination.",
        ),
        text("place", "Place of signature.", most=80),
        choice("status", Status, "State, read when the convention is created.", on_create_only=True),
        date("signed_on", "Day of the last signature; null when not signed."),
        Field("template", "template", TEMPLATE_SCHEMA, ref=TEMPLATES),
        figures("variables", "Values the clauses use.", stated.VARIABLES, stated.OTHER_VARIABLE),
        figures("stated", "What the published text prints.", stated.CONVENTION),
    ),
    "Agreements.",
    key="reference",
    order=("reference",),
    self_refs=("parent", "previous"),
    children=(
        Children(
            "plans",
            ConventionPlan,
            "convention",
            (
                ref("plan", "plans", "Plan made binding.", required=True),
                ref("only_financer", "organisations", "Narrows the plan to one financer's line (bipartite child)."),
            ),
            ("plan",),
            "Plans the convention makes binding.",
            order=("plan__year", "pk"),
        ),
        Children(
            "parties",
            Party,
            "convention",
            (
                ref("organisation", "organisations", "Body bound.", required=True),
                choices("roles", PartyRole, "In what roles."),
                ref("representative", "mandates", "Who represents it."),
                ref("deliberation", "deliberations", "Vote that authorises it."),
                figures("stated", "What the published text prints.", stated.PARTY),
            ),
            ("organisation",),
            "Parties, in the order of the text.",
            position="position",
        ),
        Children(
            "signatories",
            Signatory,
            "convention",
            (
                Field(
                    "party",
                    "party",
                    {
                        "$ref": "#/$defs/key",
                        "description": "Party signed for: the key of its organisation.",
                    },
                    True,
                    ref=LOCAL_PARTY,
                ),
                ref("mandate", "mandates", "Who signs."),
                choice("channel", Channel, "How."),
                figures("stated", "What the published text prints.", stated.SIGNATORY),
            ),
            ("party", "mandate"),
            "Signature blocks, in order.",
            position="position",
        ),
        Children(
            "clauses",
            ConventionClause,
            "convention",
            (
                text("kind", "Kind of clause.", most=40, required=True),
                text("variant", "Variant chosen; empty: by its conditions.", most=40),
                text("edited_title", "Title edited in this convention.", most=160),
                text("edited_text", "Text edited in this convention."),
                boolean("removed", "Taken out of this convention."),
            ),
            ("kind",),
            "Choices and edits on the clauses of the model.",
            position="position",
        ),
        ENDINGS,
        REPORT_SCHEDULES,
    ),
    links=(Links("posts", ConventionPost, "convention", "post", "posts", "Posts covered."),),
)

ACTIVITY = Section(
    "activity",
    ActivityReturn,
    (
        ref("post", "posts", "Post.", required=True),
        integer("year", "Year.", least=2000, most=2100, required=True),
        integer("month", "Month; null: the year as a whole.", least=1, most=12),
        choice("zone", Zone, "Zone, when counts are told apart; else empty.", blank=True),
        *(
            integer(name, f"{label}; null when unknown.")
            for name, label in (
                ("women", "Women taken in charge"),
                ("men", "Men taken in charge"),
                ("children", "Children taken in charge"),
                ("interviews_in_person", "Interviews in person"),
                ("interviews_phone", "Interviews by phone"),
                ("interviews_partners", "Among those by phone, with partners"),
                ("interviews_total", "Interviews, when not told apart"),
                ("vif_count", "Situations of domestic violence"),
                ("vif_base", "Situations counted for that percentage"),
            )
        ),
        text("note", "Remark. No personal data.", most=400),
        text("missing_reason", "Why there are no figures.", most=240),
        figures("stated", "What a published report prints.", stated.ACTIVITY),
    ),
    "Counts by month or by year. Never a file on a person.",
    key="",
    identity=("post", "year", "month", "zone"),
    order=("post__key", "year", "month", "zone"),
    children=(CELLS,),
)

SECTIONS: tuple[Section, ...] = (
    ORGANISATIONS,
    MANDATES,
    UNITS,
    POSTS,
    ALLOCATION_KEYS,
    STATE_RATES,
    BUDGET_LINES,
    PLANS,
    DELIBERATIONS,
    CONVENTIONS,
    AVENANTS,
    ACTIVITY,
    REPORT_STEPS,
    PEOPLE,
    # Last: a month somebody answered for is written no more.
    MONTH_STEPS,
)
BY_NAME = {section.name: section for section in SECTIONS}
