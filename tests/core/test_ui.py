"""Components of the interface, rendered as pages render them. The test settings refuse undefined variables."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest
from django import forms
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.urls import path
from django.utils import timezone

from core import ui_support
from core.findings import Finding, Mark, Severity
from core.views import styleguide

pytestmark = pytest.mark.urls(__name__)


def _ok(request):
    return HttpResponse("ok")


urlpatterns = [
    path(f"{name}/", _ok, name=name)
    for name in ["search", "switch-membership", "logout", "account", "directory", "interchange", "help"]
]

NNBSP = "\u202f"


def render(source: str, query: str = "", **context) -> str:
    request = RequestFactory().get(f"/{query}")
    template = Template("{% load ui %}" + source)
    return template.render(Context({"request": request, "csrf_token": "jeton", **context}))


def words(html: str) -> str:
    """The text a reader gets, spaces collapsed."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


class PostForm(forms.Form):
    name = forms.CharField(label="Nom", help_text="La commune.")
    cost = forms.DecimalField(label="Coût", min_value=0, required=False)
    unit = forms.ChoiceField(label="Service", widget=forms.RadioSelect, choices=[("p", "Police"), ("g", "Gendarmerie")])
    filled = forms.BooleanField(label="Pourvu", required=False)
    token = forms.CharField(widget=forms.HiddenInput, required=False)


def finding(**changes) -> Finding:
    values = {
        "code": "R12",
        "severity": Severity.EXPLAIN,
        "place": "conventions[62-A15]",
        "message": "La part ne suit pas sa clé.",
        "stated": "15095.00",
        "computed": "15106.00",
        "source": "Annexe financière",
        "mark": Mark.VERIFIED,
    }
    return Finding(**(values | changes))


# --- Icons, words and figures


def test_icon_is_local_and_hidden_unless_labelled():
    assert 'href="/static/icons.svg#pencil"' in render('{% icon "pencil" %}')
    assert 'aria-hidden="true"' in render('{% icon "pencil" %}')
    assert 'role="img" aria-label="Modifier"' in render('{% icon "pencil" "Modifier" %}')


def test_unknown_icon_is_refused():
    with pytest.raises(ValueError, match="crayon"):
        render('{% icon "crayon" %}')


@pytest.mark.parametrize("tone", ["success", "info", "warning", "danger", "neutral"])
def test_status_has_a_word_and_an_icon(tone):
    html = render('{% ui_status "Approuvée" tone %}', tone=tone)
    assert f"tone-{tone}" in html
    assert "<svg" in html
    assert words(html) == "Approuvée"


def test_amount_without_explanation_is_plain():
    html = render("{% ui_amount value %}", value=Decimal("12345.67"))
    assert f"12{NNBSP}345,67" in html
    assert "<details" not in html


def test_amount_absent_says_so():
    assert "sans montant" in render("{% ui_amount value %}", value=None)


def test_amount_zero_is_printed():
    assert "0,00" in render("{% ui_amount value %}", value=Decimal(0))


@pytest.mark.parametrize(
    ("explanation", "expected"),
    [
        ("Un tiers du coût.", "Un tiers du coût."),
        ([("Coût du poste", Decimal("52510"))], f"Coût du poste 52{NNBSP}510"),
        ({"formula": "1/3", "source": "article 4", "changed": "Modifié par Mme Martin."}, "Source : article 4"),
        (SimpleNamespace(formula="", lines=["Part fixe"], source="", changed=""), "Part fixe"),
    ],
)
def test_amount_explains_itself(explanation, expected):
    html = render("{% ui_amount value explanation %}", value=Decimal("17503.33"), explanation=explanation)
    assert "<details" in html
    assert "voir le calcul" in html
    assert expected.replace(NNBSP, " ") in words(html).replace(NNBSP, " ")


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("2023", "2023"),
        ("7", "7"),
        ("59109", f"59{NNBSP}109"),
        ("5095.00", f"5{NNBSP}095,00"),
        (Decimal("12219"), f"12{NNBSP}219"),
        ("A03, A04", "A03, A04"),
        ("90.0000", "90"),
        ("81.3200", "81,32"),
        ("2023-07-03", "3 juillet 2023"),
        ("2023-02-30", "2023-02-30"),
        ("", ""),
        (None, ""),
    ],
)
def test_figures_of_findings_are_readable(raw, shown):
    assert ui_support.readable(raw) == shown


@pytest.mark.parametrize(("days", "expected"), [(0, "aujourd’hui"), (1, "hier"), (2, "il y a 2\xa0jours")])
def test_when_is_relative_with_the_date_in_the_title(days, expected):
    html = render("{% ui_when day %}", day=timezone.localdate() - dt.timedelta(days=days))
    assert f">{expected}</time>" in html
    assert 'title="' in html


def test_when_far_away_is_the_date():
    assert "3 juillet 2023</time>" in render("{% ui_when day %}", day=dt.date(2023, 7, 3)).replace("\xa0", " ")


def test_kpi_is_a_link_only_with_an_address():
    assert '<a class="kpi" href="/x">' in render('{% ui_kpi "À signer" "4" "2 en retard" "danger" "/x" %}')
    assert "<a" not in render('{% ui_kpi "À signer" "4" %}')


def test_definitions_say_what_is_missing():
    text = words(render("{% ui_definitions rows %}", rows=[("Employeur", "CC"), ("Préavis", None), ("Titres", 0)]))
    assert text == "Employeur CC Préavis non renseigné Titres 0"


def test_dates_show_label_note_and_status():
    dates = [
        {"date": dt.date(2023, 9, 1), "label": "A03", "note": "à renouveler", "status": "En retard", "tone": "danger"}
    ]
    assert words(render("{% ui_dates dates %}", dates=dates)).replace("\xa0", " ") == (
        "1er septembre 2023 A03 En retard à renouveler"
    )


# --- Blocks


def test_alert_escapes_its_message():
    html = render('{% ui_alert "danger" message %}', message="<b>non</b>")
    assert "&lt;b&gt;non" in html


def test_block_components_keep_their_markup():
    assert "<p>gras</p>" in render('{% ui_callout "info" "Titre" %}<p>gras</p>{% endui_callout %}')
    assert "<h3>Titre</h3>" in render('{% ui_card "Titre" level=3 %}<p>x</p>{% endui_card %}')
    assert "<summary>Clauses</summary>" in render('{% ui_fold "Clauses" %}x{% endui_fold %}')


def test_block_components_escape_variables():
    assert "<script" not in render('{% ui_card "T" %}{{ bad }}{% endui_card %}', bad="<script>")


def test_table_can_be_reached_and_is_named():
    html = render('{% ui_table "Postes" cards=True %}<tbody></tbody>{% endui_table %}')
    assert 'tabindex="0"' in html
    assert 'aria-label="Postes"' in html
    assert "table-cards" in html


def test_breadcrumb_marks_the_current_page():
    html = render('{% ui_breadcrumb "Postes" "/postes/" "Arras" %}')
    assert '<a href="/postes/">Postes</a>' in html
    assert re.search(r'aria-current="page">Arras', html)


def test_steps_are_said_aloud():
    steps = [
        {"label": "Brouillon", "state": "done", "date": dt.date(2023, 7, 3), "by": "Mme Martin"},
        {"label": "Approbation", "state": "current"},
        {"label": "Signature", "state": "next"},
    ]
    html = render("{% ui_steps steps %}", steps=steps)
    assert html.count('aria-current="step"') == 1
    text = words(html).replace("\xa0", " ")
    assert "Brouillon fait 3 juillet 2023 Mme Martin" in text
    assert "Approbation en cours" in text
    assert "Signature à venir" in text


def test_tabs_mark_the_current_one():
    tabs = [
        {"label": "Texte", "url": "/t", "active": True},
        {"label": "Plan", "url": "/p", "active": False, "count": 3},
    ]
    html = render("{% ui_tabs tabs %}", tabs=tabs)
    assert html.count("aria-current") == 1
    assert "Plan 3" in words(html)


def test_timeline_takes_objects_too():
    event = SimpleNamespace(title="Soumise", by="Mme Martin", at=dt.date(2023, 7, 3), text="", tone="success", icon="")
    text = words(render("{% ui_timeline events %}", events=[event])).replace("\xa0", " ")
    assert text == "Soumise Mme Martin · 3 juillet 2023"


def test_running_job_polls_and_can_be_cancelled():
    job = {"label": "Rendu", "state": "running", "done": 6, "total": 15, "cancel_url": "/c", "poll_url": "/p"}
    html = render("{% ui_job job %}", job=job)
    assert '<progress aria-label="Avancement : Rendu" max="15" value="6">' in html
    assert 'hx-get="/p"' in html
    assert '<form method="post" action="/c">' in html


def test_interrupted_job_can_be_taken_up_again():
    html = render("{% ui_job job %}", job={"label": "Rendu", "state": "interrupted", "resume_url": "/r"})
    assert "Interrompu" in html
    assert '<form method="post" action="/r">' in html


def test_finished_job_is_still():
    job = {"label": "Rendu", "state": "done", "done": 15, "total": 15, "result_url": "/r", "poll_url": "/p"}
    html = render("{% ui_job job %}", job=job)
    assert "<progress" not in html
    assert "hx-get" not in html
    assert 'href="/r"' in html


def test_worklist_lines_are_links_with_what_is_known():
    items = [
        {"title": "Signer", "url": "/s", "status": "En retard", "tone": "danger", "date": dt.date(2023, 9, 30)},
        {"title": "Préparer", "url": "/p", "text": "Quatre plans.", "amount": Decimal("17500")},
    ]
    html = render("{% ui_worklist items %}", items=items)
    assert html.count('<a href="') == 2
    text = words(html).replace("\xa0", " ").replace(NNBSP, " ")
    assert text == "Signer 30 septembre 2023 En retard Préparer Quatre plans. 17 500 €"


# --- Findings


def test_findings_are_counted_and_shown_with_their_figures():
    lines = [finding(severity=Severity.BLOCKING), finding(), finding(place="x")]
    text = words(render("{% ui_findings findings %}", findings=lines)).replace(NNBSP, " ")
    assert text.startswith("1 bloquant 2 à expliquer")
    assert "Écrit 15 095,00" in text
    assert "Calculé 15 106,00" in text


def test_findings_offer_only_the_acts_they_have():
    assert "Corriger" not in render("{% ui_findings findings %}", findings=[finding()])
    html = render("{% ui_findings findings %}", findings=[finding(url="/ici", explain_url="/expliquer")])
    assert 'href="/ici"' in html
    assert re.search(r'<form[^>]+method="post" action="/expliquer"', html)
    assert 'name="csrfmiddlewaretoken" value="jeton"' in html
    assert 'name="reason"' in html


def test_answered_finding_shows_who_and_why():
    answer = SimpleNamespace(reason="L’acte arrondit.", by="Mme Martin", at=dt.date(2023, 7, 3))
    text = words(render("{% ui_findings findings %}", findings=[finding(answer=answer)])).replace("\xa0", " ")
    assert "dont 1 expliqué" in text
    assert "de Mme Martin, 3 juillet 2023 : L’acte arrondit." in text


def test_no_finding_is_said():
    assert "Aucun constat" in render("{% ui_findings findings %}", findings=[])
    assert "Rien à signaler" in render('{% ui_findings findings empty="Rien à signaler" %}', findings=[])


# --- Forms


def test_field_ties_label_help_and_control():
    html = render("{% ui_field form.name %}", form=PostForm())
    assert '<label class="form-label" for="id_name">Nom' in html
    assert 'aria-describedby="id_name_helptext"' in html
    assert "(obligatoire)" in html


def test_field_ties_its_error():
    html = render("{% ui_field form.name %}", form=PostForm({}))
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert 'aria-invalid="true"' in html
    assert 'id="id_name_error"' in html
    assert "is-invalid" in html


def test_choices_are_grouped_under_a_legend():
    html = render("{% ui_field form.unit %}", form=PostForm({"unit": "g"}))
    assert "<legend>Service" in html
    assert re.search(r'value="g" id="id_unit_1" checked', html)


def test_field_may_have_a_unit_and_another_label():
    html = render('{% ui_field form.cost suffix="€" label="Coût annuel" width="short" %}', form=PostForm())
    assert '<span class="input-group-text">€</span>' in html
    assert "Coût annuel" in html
    assert "field--short" in html


def test_form_renders_each_field_once_and_links_its_errors():
    html = render("{% ui_form form %}", form=PostForm({"cost": "-1"}))
    for name in ["name", "cost", "filled", "token"]:
        assert html.count(f'name="{name}"') == 1
    assert '<a href="#id_name">Nom : ' in html
    assert '<a href="#id_unit_0">Service : ' in html
    assert "3 informations sont à corriger" in html


def test_unbound_form_has_no_summary():
    assert "error-summary" not in render("{% ui_form form %}", form=PostForm())


def test_errors_of_formsets_are_gathered():
    formset = forms.formset_factory(PostForm)({"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "0", "form-0-name": "A"})
    assert '<a href="#id_form-0-unit_0">' in render("{% ui_errors formset %}", formset=formset)


# --- Lists


def test_query_keeps_replaces_and_removes():
    html = render("{% ui_query tri='-cost' page=None %}", "?page=3&q=arras&tri=name")
    assert html == "?q=arras&amp;tri=-cost"


@pytest.mark.parametrize(
    ("query", "order", "target"),
    [("", None, "tri=cost"), ("?tri=cost", "ascending", "tri=-cost"), ("?tri=-cost&page=2", "descending", "tri=cost")],
)
def test_sort_turns_over(query, order, target):
    html = render('{% ui_sort "cost" "Coût" num=True %}', query)
    assert f'href="?{target}"' in html
    assert (f'aria-sort="{order}"' in html) if order else ("aria-sort" not in html)


def test_pagination_keeps_the_search():
    page = Paginator(range(100), 10).page(2)
    html = render("{% ui_pagination page %}", "?q=arras&page=2", page=page)
    assert 'href="?q=arras&amp;page=3" rel="next"' in html
    assert 'href="?q=arras" rel="prev"' in html
    assert "11 à 20 sur 100" in html


def test_one_page_has_no_pagination():
    assert render("{% ui_pagination page %}", page=Paginator(range(3), 10).page(1)).strip() == ""


def test_toolbar_keeps_search_and_sort():
    source = '{% ui_toolbar count="3 postes" xlsx_url="/x" %}<i>filtre</i>{% endui_toolbar %}'
    html = render(source, "?q=arras&tri=-cost")
    assert 'value="arras"' in html
    assert '<input type="hidden" name="tri" value="-cost">' in html
    assert "Tout afficher" in html
    assert "<i>filtre</i>" in html
    assert "Tout afficher" not in render(source, "?tri=cost")


# --- Whole pages


def member(pk: int, name: str) -> SimpleNamespace:
    return SimpleNamespace(uuid=pk, name=name, place="Pas-de-Calais", role="Finances", label=name)


def page_request(query: str = "", memberships: int = 2):
    """A request as the sign-in and tenancy middlewares leave it."""
    request = RequestFactory().get(f"/{query}")
    members = [member(1, "CC du Sud-Artois"), member(2, "CA du Boulonnais")][:memberships]
    request.__dict__.update(
        user=SimpleNamespace(is_authenticated=True),
        nav=[{"label": "Postes", "url": "/postes/", "icon": "geo-alt", "active": True, "count": 2}],
        actor=SimpleNamespace(abilities=()),
        held=SimpleNamespace(choices=members),
        choice=members[0],
    )
    return request


@pytest.mark.parametrize("query", ["", "?erreurs=1&page=5&tri=-cost&q=a"])
def test_frame_has_one_heading_and_no_inline_code(query):
    html = styleguide(page_request(query)).content.decode()
    assert html.count("<h1") == 1
    assert '<html lang="fr">' in html
    assert 'href="#contenu"' in html
    assert 'id="contenu"' in html
    assert "style=" not in html
    assert "<style" not in html
    assert not re.search(r"<script(?![^>]*\ssrc=)", html)
    assert not re.search(r"\son\w+=", html)
    assert not re.search(r"""(?:src|href|action)=["']https?://""", html)


def test_ids_are_unique():
    ids = re.findall(r'\sid="([^"]+)"', styleguide(page_request("?erreurs=1")).content.decode())
    # The style page shows one form field twice: in the list's filters and in the form.
    repeated = {name for name in ids if ids.count(name) > 1}
    assert repeated <= {"id_kind", "id_kind_error"}


def test_switch_is_shown_only_with_a_choice():
    assert 'action="/switch-membership/"' in styleguide(page_request()).content.decode()
    assert 'action="/switch-membership/"' not in styleguide(page_request(memberships=1)).content.decode()


def test_frame_works_signed_out():
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    html = styleguide(request).content.decode()
    assert "Se déconnecter" not in html
    assert "sidenav" not in html


@pytest.mark.parametrize("code", ["400", "403", "403_csrf", "404", "500"])
def test_error_pages_need_no_context(code):
    html = render_to_string(f"{code}.html")
    assert code[:3] in html
    assert "Revenir à l’accueil" in html
    assert html.count("<h1") == 1


def test_403_says_why():
    assert "Seul le gestionnaire" in render_to_string("403.html", {"exception": "Seul le gestionnaire peut le faire."})


class LoginForm(forms.Form):
    username = forms.EmailField(label="Adresse électronique")
    password = forms.CharField(label="Mot de passe", widget=forms.PasswordInput)


def test_login_lists_demo_accounts_only_when_given():
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    accounts = [{"email": "a@exemple.fr", "label": "Gestionnaire", "password": "secret-demo"}]
    html = render_to_string("registration/login.html", {"form": LoginForm(), "demo_accounts": accounts}, request)
    assert "Mode démonstration" in html
    assert "en tant que Gestionnaire" in html
    assert html.count('<form method="post"') == 2
    html = render_to_string("registration/login.html", {"form": LoginForm()}, request)
    assert "Mode démonstration" not in html


# --- Files


def test_every_file_named_by_the_style_sheets_exists():
    static = Path(settings.BASE_DIR) / "static"
    named = 0
    for sheet in (static / "css").glob("*.css"):
        for target in re.findall(r'url\("([^"]+)"\)', sheet.read_text()):
            named += 1
            assert (sheet.parent / target).is_file(), f"{sheet.name}: {target}"
    assert named > 5


def test_vendored_files_ask_for_no_source_map():
    vendor = Path(settings.BASE_DIR) / "static" / "vendor"
    assert all("sourceMappingURL" not in file.read_text() for file in [*vendor.rglob("*.css"), *vendor.rglob("*.js")])


def test_pdf_fonts_cover_what_a_french_act_prints():
    from fontTools.ttLib import TTFont

    fonts = sorted((Path(settings.BASE_DIR) / "static" / "fonts" / "pdf").glob("*.ttf"))
    assert len(fonts) == 5
    for file in fonts:
        with TTFont(file, lazy=True) as font:
            missing = {char for char in "\u00a0\u202fœŒ€’«»–—…½²³°№ÉÈÀÇŸ−×✓" if ord(char) not in font.getBestCmap()}
        assert not missing, file.name
