"""The grammar conventions rest on, case by case: names, representatives, trades, amounts and dates in words."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import french
from core.french import Name
from core.money import in_words


def rows(text: str) -> list[tuple[str, ...]]:
    """One case a line, its columns parted by bars; a line that begins with a bar goes on with the one above."""
    lines = text.strip().replace("\n|", " |").splitlines()
    return [tuple(cell.strip() for cell in line.split("|")) for line in lines]


#: Place → alone, after "de", after "à".
PLACES = [
    ("Oise", "l'Oise", "de l'Oise", "à l'Oise"),
    ("Côte-d'Or", "la Côte-d'Or", "de la Côte-d'Or", "à la Côte-d'Or"),
    ("Hautes-Alpes", "les Hautes-Alpes", "des Hautes-Alpes", "aux Hautes-Alpes"),
    ("Bouches-du-Rhône", "les Bouches-du-Rhône", "des Bouches-du-Rhône", "aux Bouches-du-Rhône"),
    ("Deux-Sèvres", "les Deux-Sèvres", "des Deux-Sèvres", "aux Deux-Sèvres"),
    ("Val-d'Oise", "le Val-d'Oise", "du Val-d'Oise", "au Val-d'Oise"),
    ("La Réunion", "La Réunion", "de La Réunion", "à La Réunion"),
    ("Réunion", "la Réunion", "de la Réunion", "à la Réunion"),
    ("Mayotte", "Mayotte", "de Mayotte", "à Mayotte"),
    ("Île-de-France", "l'Île-de-France", "de l'Île-de-France", "à l'Île-de-France"),
    ("Hauts-de-France", "les Hauts-de-France", "des Hauts-de-France", "aux Hauts-de-France"),
    ("Pays de la Loire", "les Pays de la Loire", "des Pays de la Loire", "aux Pays de la Loire"),
    ("Pays d'Opale", "le Pays d'Opale", "du Pays d'Opale", "au Pays d'Opale"),
    ("Le Touquet", "Le Touquet", "du Touquet", "au Touquet"),
    ("Le Havre", "Le Havre", "du Havre", "au Havre"),
    ("Le Mans", "Le Mans", "du Mans", "au Mans"),
    ("Les Herbiers", "Les Herbiers", "des Herbiers", "aux Herbiers"),
    ("La Rochelle", "La Rochelle", "de La Rochelle", "à La Rochelle"),
    ("L'Haÿ-les-Roses", "L'Haÿ-les-Roses", "de L'Haÿ-les-Roses", "à L'Haÿ-les-Roses"),
    ("Audruicq", "Audruicq", "d'Audruicq", "à Audruicq"),
    ("Écully", "Écully", "d'Écully", "à Écully"),
    ("Œuilly", "Œuilly", "d'Œuilly", "à Œuilly"),
    ("Aÿ-Champagne", "Aÿ-Champagne", "d'Aÿ-Champagne", "à Aÿ-Champagne"),
    ("Yerres", "Yerres", "d'Yerres", "à Yerres"),
    ("Yutz", "Yutz", "de Yutz", "à Yutz"),
    ("Onzain", "Onzain", "d'Onzain", "à Onzain"),
    # h: silent, then aspirated.
    ("Hénin-Beaumont", "Hénin-Beaumont", "d'Hénin-Beaumont", "à Hénin-Beaumont"),
    ("Hyères", "Hyères", "d'Hyères", "à Hyères"),
    ("Hendaye", "Hendaye", "d'Hendaye", "à Hendaye"),
    ("Hautmont", "Hautmont", "d'Hautmont", "à Hautmont"),
    ("Houdain", "Houdain", "d'Houdain", "à Houdain"),
    ("Haguenau", "Haguenau", "de Haguenau", "à Haguenau"),
    ("Honfleur", "Honfleur", "de Honfleur", "à Honfleur"),
    ("Houdan", "Houdan", "de Houdan", "à Houdan"),
    ("Ham", "Ham", "de Ham", "à Ham"),
    ("Hem", "Hem", "de Hem", "à Hem"),
]

#: Kind, legal form, name as typed → alone, after "de", after "à".
BODIES = rows("""
prefecture |  | préfecture de l'Oise | l'État | de l'État | à l'État
departement |  | Oise | le Département de l'Oise | du Département de l'Oise | au Département de l'Oise
departement |  | Côte-d'Or | le Département de la Côte-d'Or | du Département de la Côte-d'Or
| au Département de la Côte-d'Or
departement |  | Hautes-Alpes | le Département des Hautes-Alpes | du Département des Hautes-Alpes
| au Département des Hautes-Alpes
epci | CC | CC de la Région d'Audruicq | la Communauté de communes de la Région d'Audruicq
| de la Communauté de communes de la Région d'Audruicq | à la Communauté de communes de la Région d'Audruicq
epci | CC | CC du Pays d'Opale | la Communauté de communes du Pays d'Opale
| de la Communauté de communes du Pays d'Opale | à la Communauté de communes du Pays d'Opale
commune |  | Les Herbiers | la commune des Herbiers | de la commune des Herbiers | à la commune des Herbiers
commune |  | La Rochelle | la commune de La Rochelle | de la commune de La Rochelle | à la commune de La Rochelle
ccas |  | CCAS de Le Portel | le Centre communal d'action sociale du Portel
| du Centre communal d'action sociale du Portel | au Centre communal d'action sociale du Portel
association |  | Le Relais | l'association Le Relais | de l'association Le Relais | à l'association Le Relais
other |  | Union départementale | l'Union départementale | de l'Union départementale | à l'Union départementale
other |  | Réseau national | le Réseau national | du Réseau national | au Réseau national
""")

FUNCTIONS = rows("""
Président | Présidente | Présidents | Présidentes
Vice-président délégué | Vice-présidente déléguée | Vice-présidents délégués | Vice-présidentes déléguées
Maire | Maire | Maires | Maires
Maire-adjoint | Maire-adjointe | Maires-adjoints | Maires-adjointes
Adjoint au maire | Adjointe au maire | Adjoints au maire | Adjointes au maire
Préfet | Préfète | Préfets | Préfètes
Sous-préfet | Sous-préfète | Sous-préfets | Sous-préfètes
Procureur de la République | Procureure de la République | Procureurs de la République | Procureures de la République
Vice-procureur | Vice-procureure | Vice-procureurs | Vice-procureures
Directeur général des services | Directrice générale des services | Directeurs généraux des services
| Directrices générales des services
Président-directeur général | Présidente-directrice générale | Présidents-directeurs généraux
| Présidentes-directrices générales
Directeur interdépartemental | Directrice interdépartementale | Directeurs interdépartementaux
| Directrices interdépartementales
Lieutenant-colonel | Lieutenante-colonelle | Lieutenants-colonels | Lieutenantes-colonelles
Chef de service | Cheffe de service | Chefs de service | Cheffes de service
Commissaire divisionnaire | Commissaire divisionnaire | Commissaires divisionnaires | Commissaires divisionnaires
""")

AMOUNTS = [
    ("0", "zéro euro"),
    ("0.01", "un centime"),
    ("1", "un euro"),
    ("1.01", "un euro et un centime"),
    ("21", "vingt et un euros"),
    ("71", "soixante et onze euros"),
    ("80", "quatre-vingts euros"),
    ("81", "quatre-vingt-un euros"),
    ("200", "deux cents euros"),
    ("201", "deux cent un euros"),
    ("300.80", "trois cents euros et quatre-vingts centimes"),
    ("1000", "mille euros"),
    ("4666.67", "quatre mille six cent soixante-six euros et soixante-sept centimes"),
    ("80000", "quatre-vingt mille euros"),
    ("1000000", "un million d'euros"),
    ("2000000", "deux millions d'euros"),
    ("1000000.50", "un million d'euros et cinquante centimes"),
    ("1001000", "un million mille euros"),
    ("3000080", "trois millions quatre-vingts euros"),
]

DAYS = [
    (date(2024, 1, 1), "1er janvier 2024", "premier janvier deux mille vingt-quatre"),
    (date(2023, 7, 3), "3 juillet 2023", "trois juillet deux mille vingt-trois"),
    (date(2023, 12, 21), "21 décembre 2023", "vingt et un décembre deux mille vingt-trois"),
    (date(1999, 8, 31), "31 août 1999", "trente et un août mille neuf cent quatre-vingt-dix-neuf"),
    (date(2080, 2, 29), "29 février 2080", "vingt-neuf février deux mille quatre-vingts"),
]

TRADES = rows("""
ISC | intervenant social en commissariat | intervenantes sociales en commissariat
ISG | intervenant social en gendarmerie | intervenantes sociales en gendarmerie
ISCG | intervenant social en commissariat et gendarmerie | intervenantes sociales en commissariat et gendarmerie
""")


@pytest.mark.parametrize(("place", "le", "de", "a"), PLACES)
def test_places(place, le, de, a):
    name = Name.of_place(place)
    assert (name.le(), name.de(), name.a()) == (le, de, a)


@pytest.mark.parametrize(("kind", "form", "typed", "le", "de", "a"), BODIES)
def test_bodies(kind, form, typed, le, de, a):
    name = Name.of_organisation(kind, form, typed)
    assert (name.le(), name.de(), name.a()) == (le, de, a)


@pytest.mark.parametrize(("one", "woman", "several", "women"), FUNCTIONS)
def test_representatives_agree_in_gender_and_number(one, woman, several, women):
    assert french.agree_function(one, "m") == one
    assert french.agree_function(one, "f") == woman
    assert french.agree_function(woman, "m") == one
    assert french.agree_function(woman, "f") == woman
    assert french.agree_function(one, "m", 2) == several
    assert french.agree_function(woman, "f", 3) == women


@pytest.mark.parametrize(("amount", "words"), AMOUNTS)
def test_amounts_in_words(amount, words):
    assert in_words(Decimal(amount)) == words


@pytest.mark.parametrize(("day", "written", "words"), DAYS)
def test_dates(day, written, words):
    assert french.date_long(day) == written
    assert french.date_in_words(day) == words


@pytest.mark.parametrize(("kind", "one", "women"), TRADES)
def test_trades(kind, one, women):
    assert french.post_title(kind) == one
    assert french.post_title(kind, "f", 2) == women
    assert french.post_title(kind, "m", 2) == one.replace("intervenant social", "intervenants sociaux")


def test_officers_of_one_zone_or_of_both():
    assert french.officers(police=True, gendarmerie=False) == "policiers"
    assert french.officers(police=False, gendarmerie=True) == "gendarmes"
    assert french.officers(police=True, gendarmerie=True) == "policiers et gendarmes"
    assert french.officers(police=False, gendarmerie=False) == ""


#: Letters and signs names are made of, plus the articles that must never be left beside a preposition.
WORDS = st.text(alphabet="aàeéèiïoœuyhlmnrstzAÉHILMORSŒY'-", min_size=2, max_size=12).filter(
    lambda word: word[0].isalpha() and word[-1].isalpha()
)
NAMES = st.one_of(
    WORDS,
    st.builds("{} {}".format, st.sampled_from(["Le", "La", "Les", "Pays", "Val", "Vallée"]), WORDS),
    st.builds("{} {} {}".format, WORDS, st.sampled_from(["de", "du", "des"]), WORDS),
)


@given(NAMES, st.sampled_from("mf"), st.sampled_from("sp"), st.booleans())
def test_prepositions_and_articles_always_contract(text, gender, number, is_place):
    name = Name.of_place(text) if is_place else Name.common(text, gender, number)
    le, de, a = name.le(), name.de(), name.a()

    assert not de.lower().startswith(("de le ", "de les ", "d'le ", "d'les "))
    assert not a.lower().startswith(("à le ", "à les "))
    contracted = {"le ": ("du ", "au "), "les ": ("des ", "aux "), "la ": ("de la ", "à la "), "l'": ("de l'", "à l'")}
    for article, (of, to) in contracted.items():
        if name.article and le.startswith(article) and not name.bare_after_de:
            rest = le.removeprefix(article)
            assert (de, a) == (of + rest, to + rest)
    if not name.article and not le.startswith(("Le ", "Les ")):
        assert de in (f"de {text}", f"d'{text}")
        assert de.startswith("d'") == french.elides(text)
        assert a == f"à {text}"


@given(st.decimals(min_value=0, max_value=10**9, places=2))
def test_amounts_agree_whatever_they_are(amount):
    words = in_words(amount)
    assert "zéro centimes" not in words
    assert "  " not in words
    assert words.endswith(("euro", "euros", "centime", "centimes"))
    if amount >= 2:
        assert "euros" in words


@given(st.lists(st.text(alphabet="abc", min_size=1, max_size=3), min_size=1, max_size=6))
def test_a_list_names_each_item_once(items):
    text = french.enumerate_fr(items)
    assert text.replace(" et ", ", ").split(", ") == items
    assert text.count(" et ") == (1 if len(items) > 1 else 0)
