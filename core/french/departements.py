"""The 101 départements: code, name and how French articles them.

Marks: `l` le, `a` la, `e` l', `s` les, `-` no article at all (Paris, Mayotte, La Réunion). An upper-case mark keeps the
article when the name stands alone ("la Seine-et-Marne") but drops it after "de" ("Département de Seine-et-Marne"): the
usage of the préfectures and councils concerned.
"""

_TABLE = """
01 e Ain|02 e Aisne|03 e Allier|04 s Alpes-de-Haute-Provence|05 s Hautes-Alpes|06 s Alpes-Maritimes|07 e Ardèche
08 s Ardennes|09 e Ariège|10 e Aube|11 e Aude|12 e Aveyron|13 s Bouches-du-Rhône|14 l Calvados|15 l Cantal
16 a Charente|17 a Charente-Maritime|18 l Cher|19 a Corrèze|2A a Corse-du-Sud|2B a Haute-Corse|21 a Côte-d'Or
22 s Côtes-d'Armor|23 a Creuse|24 a Dordogne|25 l Doubs|26 a Drôme|27 e Eure|28 E Eure-et-Loir|29 l Finistère
30 l Gard|31 a Haute-Garonne|32 l Gers|33 a Gironde|34 e Hérault|35 E Ille-et-Vilaine|36 e Indre|37 E Indre-et-Loire
38 e Isère|39 l Jura|40 s Landes|41 L Loir-et-Cher|42 a Loire|43 a Haute-Loire|44 a Loire-Atlantique|45 l Loiret
46 l Lot|47 L Lot-et-Garonne|48 a Lozère|49 L Maine-et-Loire|50 a Manche|51 a Marne|52 a Haute-Marne|53 a Mayenne
54 A Meurthe-et-Moselle|55 a Meuse|56 l Morbihan|57 a Moselle|58 a Nièvre|59 l Nord|60 e Oise|61 e Orne
62 l Pas-de-Calais|63 l Puy-de-Dôme|64 s Pyrénées-Atlantiques|65 s Hautes-Pyrénées|66 s Pyrénées-Orientales
67 l Bas-Rhin|68 l Haut-Rhin|69 l Rhône|70 a Haute-Saône|71 A Saône-et-Loire|72 a Sarthe|73 a Savoie
74 a Haute-Savoie|75 - Paris|76 a Seine-Maritime|77 A Seine-et-Marne|78 s Yvelines|79 s Deux-Sèvres|80 a Somme
81 l Tarn|82 L Tarn-et-Garonne|83 l Var|84 L Vaucluse|85 a Vendée|86 a Vienne|87 a Haute-Vienne|88 s Vosges
89 e Yonne|90 l Territoire de Belfort|91 e Essonne|92 s Hauts-de-Seine|93 a Seine-Saint-Denis|94 l Val-de-Marne
95 l Val-d'Oise|971 a Guadeloupe|972 a Martinique|973 a Guyane|974 - La Réunion|976 - Mayotte
"""

ARTICLES = {"l": "le", "a": "la", "e": "l'", "s": "les", "-": ""}
MASCULINE_WITH_ELISION = {"03", "12", "34"} | {"01"}  # Allier, Aveyron, Hérault, Ain
MASCULINE_PLURAL = {"92"}  # Hauts-de-Seine

DEPARTEMENTS: dict[str, tuple[str, str, bool]] = {}
"""Code → (name, article, whether the article falls after "de")."""

for _entry in _TABLE.strip().replace("\n", "|").split("|"):
    _code, _mark, _name = _entry.split(" ", 2)
    DEPARTEMENTS[_code] = (_name, ARTICLES[_mark.lower()], _mark.isupper())
