from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import french
from core.french import Name


@pytest.mark.parametrize(
    ("kind", "form", "name", "le", "de", "a"),
    [
        ("epci", "CC", "CC du Sud-Artois", "la Communauté de communes du Sud-Artois", "de la Comm", "à la Comm"),
        (
            "epci",
            "CA",
            "CA de Béthune-Bruay, Artois-Lys Romane",
            "la Communauté d'agglomération de Béthune-Bruay, Artois-Lys Romane",
            "de la Comm",
            "à la Comm",
        ),
        ("epci", "CU", "CU d'Arras", "la Communauté urbaine d'Arras", "de la Comm", "à la Comm"),
        ("epci", "CC", "Osartis Marquion", "la Communauté de communes Osartis Marquion", "de la Comm", "à la Comm"),
        ("epci", "ME", "Métropole Européenne de Lille", "la Métropole Européenne de Lille", "de la Mét", "à la Mét"),
        ("epci", "ME", "Eurométropole de Strasbourg", "l'Eurométropole de Strasbourg", "de l'Euro", "à l'Euro"),
        ("epci", "ME", "Bordeaux Métropole", "Bordeaux Métropole", "de Bordeaux", "à Bordeaux"),
        ("epci", "CU", "Le Mans Métropole", "Le Mans Métropole", "du Mans Métropole", "au Mans Métropole"),
        (
            "cias",
            None,
            "CIAS de la CC de Desvres-Samer",
            "le Centre intercommunal d'action sociale de la Communauté de communes de Desvres-Samer",
            "du Centre",
            "au Centre",
        ),
        ("ccas", None, "CCAS d'Arras", "le Centre communal d'action sociale d'Arras", "du Centre", "au Centre"),
        ("departement", None, "Département du Pas-de-Calais", "le Département du Pas-de-Calais", "du D", "au D"),
        ("departement", None, "Oise", "le Département de l'Oise", "du Département de l'Oise", "au Département"),
        ("departement", None, "Paris", "la Ville de Paris", "de la Ville", "à la Ville"),
        ("prefecture", None, "État (préfecture du Pas-de-Calais)", "l'État", "de l'État", "à l'État"),
        ("commune", None, "Arras", "la commune d'Arras", "de la commune", "à la commune"),
        ("commune", None, "Le Touquet-Paris-Plage", "la commune du Touquet-Paris-Plage", "de la c", "à la c"),
        ("association", None, "France Victimes 62 (loi 1901)", "l'association France Victimes 62", "de l'a", "à l'a"),
        ("association", None, "Association Solidarité", "l'association Solidarité", "de l'a", "à l'a"),
        ("police", None, "État – police nationale (DDSP)", "la police nationale", "de la police", "à la police"),
        (
            "gendarmerie",
            None,
            "État – groupement de gendarmerie départementale du Pas-de-Calais",
            "le groupement de gendarmerie départementale du Pas-de-Calais",
            "du groupement",
            "au groupement",
        ),
        (
            "parquet",
            None,
            "Parquet près le tribunal judiciaire de Saint-Omer",
            "le parquet près le tribunal judiciaire de Saint-Omer",
            "du parquet",
            "au parquet",
        ),
        ("caf", None, "CAF du Pas-de-Calais", "la Caisse d'allocations familiales du Pas-de-Calais", "de la", "à la"),
        ("cpam", None, "CPAM de l'Artois", "la Caisse primaire d'assurance maladie de l'Artois", "de la", "à la"),
        ("ars", None, "ARS Hauts-de-France", "l'Agence régionale de santé Hauts-de-France", "de l'Ag", "à l'Ag"),
    ],
)
def test_organisations_take_their_full_name_and_article(kind, form, name, le, de, a):
    organisation = Name.of_organisation(kind, form, name)
    assert organisation.le() == le
    assert organisation.de().startswith(de)
    assert organisation.a().startswith(a)


@pytest.mark.parametrize(
    ("code", "le", "de", "a"),
    [
        ("62", "le Pas-de-Calais", "du Pas-de-Calais", "au Pas-de-Calais"),
        ("60", "l'Oise", "de l'Oise", "à l'Oise"),
        ("01", "l'Ain", "de l'Ain", "à l'Ain"),
        ("34", "l'Hérault", "de l'Hérault", "à l'Hérault"),
        ("05", "les Hautes-Alpes", "des Hautes-Alpes", "aux Hautes-Alpes"),
        ("80", "la Somme", "de la Somme", "à la Somme"),
        ("52", "la Haute-Marne", "de la Haute-Marne", "à la Haute-Marne"),
        ("89", "l'Yonne", "de l'Yonne", "à l'Yonne"),
        ("78", "les Yvelines", "des Yvelines", "aux Yvelines"),
        ("77", "la Seine-et-Marne", "de Seine-et-Marne", "à la Seine-et-Marne"),
        ("35", "l'Ille-et-Vilaine", "d'Ille-et-Vilaine", "à l'Ille-et-Vilaine"),
        ("75", "Paris", "de Paris", "à Paris"),
        ("974", "La Réunion", "de La Réunion", "à La Réunion"),
        ("976", "Mayotte", "de Mayotte", "à Mayotte"),
    ],
)
def test_departements_contract(code, le, de, a):
    name = Name.of_departement(code)
    assert (name.le(), name.de(), name.a()) == (le, de, a)


def test_every_departement_is_there_and_elides_like_its_article_says():
    assert len(french.DEPARTEMENTS) == 101
    metropolitan = {f"{n:02}" for n in range(1, 96)} - {"20"} | {"2A", "2B"}
    assert set(french.DEPARTEMENTS) == metropolitan | {"971", "972", "973", "974", "976"}
    for name, article, _bare in french.DEPARTEMENTS.values():
        if article in ("le", "la", "l'"):
            assert (article == "l'") == french.elides(name), name


@pytest.mark.parametrize(
    ("place", "de"),
    [
        ("Audruicq", "d'Audruicq"),
        ("Hesdin", "d'Hesdin"),
        ("Hénin-Beaumont", "d'Hénin-Beaumont"),
        ("Haubourdin", "d'Haubourdin"),
        ("Osartis", "d'Osartis"),
        ("Œuilly", "d'Œuilly"),
        ("Yvetot", "d'Yvetot"),
        ("Saint-Omer", "de Saint-Omer"),
        ("Pays d'Opale", "du Pays d'Opale"),
        ("Haut Pays du Montreuillois", "du Haut Pays du Montreuillois"),
        ("Région d'Audruicq", "de la Région d'Audruicq"),
        ("7 Vallées", "des 7 Vallées"),
        ("Campagnes de l'Artois", "des Campagnes de l'Artois"),
        ("Le Portel", "du Portel"),
        ("Les Sables-d'Olonne", "des Sables-d'Olonne"),
        ("La Rochelle", "de La Rochelle"),
        ("L'Haÿ-les-Roses", "de L'Haÿ-les-Roses"),
        ("Vosges", "des Vosges"),
    ],
)
def test_places_after_de(place, de):
    assert Name.of_place(place).de() == de


def test_participles_agree_with_the_organisation():
    assert Name.of_organisation("epci", "CC", "CC du Ternois").agree("représenté") == "représentée"
    assert Name.of_organisation("departement", None, "Somme").agree("représenté") == "représenté"
    assert Name.of_place("Hautes-Alpes").agree("représenté") == "représentées"
    assert Name.of_organisation("prefecture", None, "État").capitalised() == "L'État"


@pytest.mark.parametrize(
    ("masculine", "feminine"),
    [
        ("Président du Conseil départemental", "Présidente du Conseil départemental"),
        ("Préfet du Pas-de-Calais", "Préfète du Pas-de-Calais"),
        ("Sous-préfet de Calais", "Sous-préfète de Calais"),
        (
            "Directeur départemental de la sécurité publique",
            "Directrice départementale de la sécurité publique",
        ),
        ("Général, commandant le groupement", "Générale, commandante le groupement"),
        ("Maire", "Maire"),
        ("Procureur de la République", "Procureure de la République"),
        ("Vice-président délégué", "Vice-présidente déléguée"),
        ("Secrétaire général", "Secrétaire générale"),
    ],
)
def test_functions_agree_both_ways(masculine, feminine):
    assert french.agree_function(masculine, "f") == feminine
    assert french.agree_function(feminine, "m") == masculine


def test_function_with_article():
    assert french.function_with_article("Président", "f") == "la Présidente"
    assert french.function_with_article("Administrateur général", "f") == "l'Administratrice générale"
    assert french.function_with_article("Préfet", "m") == "le Préfet"


def test_post_kinds_and_forces():
    assert french.post_title("ISC") == "intervenant social en commissariat"
    assert french.post_title("ISG", "f") == "intervenante sociale en gendarmerie"
    assert french.post_title("ISCG", "f", 2) == "intervenantes sociales en commissariat et gendarmerie"
    assert french.post_title("ISG", "m", 3) == "intervenants sociaux en gendarmerie"
    assert french.officers(police=True, gendarmerie=True) == "policiers et gendarmes"
    assert french.officers(police=False, gendarmerie=True) == "gendarmes"
    assert french.forces(police=True, gendarmerie=False) == "la police nationale"
    assert french.forces(police=True, gendarmerie=True) == "la police et la gendarmerie nationales"


def test_numbers_and_nouns():
    assert french.number_in_words(1, "f") == "une"
    assert french.number_in_words(21, "f") == "vingt et une"
    assert french.number_in_words(31) == "trente et un"
    assert french.counted(4, "exemplaire original") == "quatre exemplaires originaux"
    assert french.counted(1, "exemplaire original") == "un exemplaire original"
    assert french.counted(1, "commune", gender="f") == "une commune"
    assert french.counted(3, "EPCI", "EPCI") == "trois EPCI"
    assert french.plural(0, "convention") == "convention"
    assert french.plural(2, "titre de recettes") == "titres de recettes"
    assert french.pluralise("avis d'échéance") == "avis d'échéance"
    assert french.pluralise("bureau central") == "bureaux centraux"
    assert french.ordinal(1) == "1er"
    assert french.ordinal(1, "f") == "1re"
    assert french.ordinal(2) == "2e"


def test_enumerations():
    assert french.enumerate_fr([]) == ""
    assert french.enumerate_fr(["a"]) == "a"
    assert french.enumerate_fr(["a", "b"]) == "a et b"
    assert french.enumerate_fr(["a", "b", "c"]) == "a, b et c"
    assert french.enumerate_fr(["a", "b"], "ou") == "a ou b"
    assert french.enumerate_fr(["x, y", "b", "c"]) == "x, y\u00a0; b et c"


def test_dates():
    assert french.date_long(date(2023, 7, 3)) == "3 juillet 2023"
    assert french.date_long(date(2023, 1, 1)) == "1er janvier 2023"
    assert french.date_in_words(date(2023, 7, 3)) == "trois juillet deux mille vingt-trois"
    assert french.date_in_words(date(2023, 8, 1)) == "premier août deux mille vingt-trois"
    assert french.date_range(date(2023, 9, 1), date(2023, 12, 31)) == "du 1er septembre au 31 décembre 2023"
    assert french.date_range(date(2022, 12, 3), date(2023, 12, 2)) == "du 3 décembre 2022 au 2 décembre 2023"
    assert french.date_range(date(2023, 9, 1), date(2023, 9, 30)) == "du 1er au 30 septembre 2023"
    with pytest.raises(ValueError, match="before"):
        french.date_range(date(2023, 9, 2), date(2023, 9, 1))


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (date(2022, 12, 3), date(2023, 12, 2), "un an"),
        (date(2023, 9, 1), date(2023, 12, 31), "quatre mois"),
        (date(2021, 1, 1), date(2023, 12, 31), "trois ans"),
        (date(2023, 1, 1), date(2024, 3, 10), "un an, deux mois et dix jours"),
        (date(2023, 1, 1), date(2023, 1, 1), "un jour"),
        (date(2023, 1, 31), date(2023, 2, 27), "un mois"),
        (date(2024, 2, 29), date(2025, 2, 27), "un an"),
    ],
)
def test_durations_include_the_last_day(start, end, words):
    assert french.duration(start, end) == words


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(0, 3000))
def test_a_duration_walks_back_to_the_end_date(start, days):
    end = start + timedelta(days=days)
    years, months, rest = french.split_duration(start, end)
    assert french.add_months(start, 12 * years + months) + timedelta(days=rest - 1) == end
    assert 0 <= months < 12
    assert 0 <= rest <= 31


def test_template_filters():
    from core.templatetags import core as filters

    assert filters.date_fr(date(2023, 1, 1)) == "1er janvier 2023"
    assert filters.date_fr(None) == ""
    assert filters.date_range_fr(date(2023, 9, 1), None) == "à compter du 1er septembre 2023"
    assert filters.date_range_fr(None, date(2023, 9, 1)) == "jusqu'au 1er septembre 2023"
    assert filters.duration_fr(date(2023, 9, 1), date(2023, 12, 31)) == "quatre mois"
    assert filters.duration_fr(date(2023, 9, 1), date(2022, 12, 31)) == ""
    assert filters.euros(None) == ""
    assert filters.in_words(2) == "deux euros"
    assert filters.euros(0).startswith("0,00")
