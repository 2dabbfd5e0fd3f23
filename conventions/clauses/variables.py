"""Every variable a clause may name. The builder of a convention fills exactly these; the model editor lists them.

Values are finished French strings, articles and elisions included, because the clause language has no grammar.
An absent value is the empty string: paragraphs that need it carry the condition ``has:<name>``.
"""

from dataclasses import dataclass

from core.french import upper_first


@dataclass(frozen=True)
class Variable:
    description: str
    example: str


def _party(prefix: str, who: str, le: str, de: str, a: str, name: str, short: str) -> dict[str, Variable]:
    """The six forms under which a party is named in a sentence."""
    return {
        f"{prefix}.le": Variable(f"{who}, avec l'article", le),
        f"{prefix}.Le": Variable(f"{who}, avec l'article, en tête de phrase", upper_first(le)),
        f"{prefix}.de": Variable(f"{who}, précédé de « de »", de),
        f"{prefix}.a": Variable(f"{who}, précédé de « à »", a),
        f"{prefix}.name": Variable(f"{who}, nom sans article", name),
        f"{prefix}.short": Variable(f"{who}, nom d'usage court avec l'article", short),
    }


VARIABLES: dict[str, Variable] = {
    **_party(
        "departement",
        "Le département",
        "le Département du Pas-de-Calais",
        "du Département du Pas-de-Calais",
        "au Département du Pas-de-Calais",
        "Département du Pas-de-Calais",
        "le Département",
    ),
    **_party("etat", "L'État", "l'État", "de l'État", "à l'État", "État", "l'État"),
    **_party(
        "employeur",
        "L'employeur du poste",
        "la Communauté de communes Osartis Marquion",
        "de la Communauté de communes Osartis Marquion",
        "à la Communauté de communes Osartis Marquion",
        "Communauté de communes Osartis Marquion",
        "la Communauté de communes",
    ),
    **_party(
        "beneficiaire",
        "Le bénéficiaire de la contribution ou de la subvention",
        "l'association France Victimes 62",
        "de l'association France Victimes 62",
        "à l'association France Victimes 62",
        "association France Victimes 62",
        "l'association",
    ),
    **_party(
        "financeur",
        "Le financeur qui attribue sa contribution (convention à deux)",
        "la Communauté d'agglomération du Boulonnais",
        "de la Communauté d'agglomération du Boulonnais",
        "à la Communauté d'agglomération du Boulonnais",
        "Communauté d'agglomération du Boulonnais",
        "la Communauté d'agglomération",
    ),
    "financeurs.liste": Variable(
        "Tous les financeurs autres que le bénéficiaire, énumérés avec leurs articles",
        "l'État et le Département du Pas-de-Calais",
    ),
    "employeurs.liste": Variable(
        "Tous les employeurs, énumérés avec leurs articles",
        "le Département du Pas-de-Calais et la Communauté de communes du Sud-Artois",
    ),
    "employeurs.count_words": Variable("Nombre d'employeurs, en lettres", "deux"),
    "epci.liste": Variable(
        "Les EPCI financeurs autres que l'employeur, énumérés avec leurs articles",
        "la Communauté de communes du Pays d'Opale et la Communauté d'agglomération Grand Calais Terres et Mers",
    ),
    "epci.count_words": Variable("Nombre d'EPCI financeurs, en lettres", "deux"),
    "service.le": Variable("Services d'accueil énumérés, avec articles", "la compagnie de gendarmerie d'Arras"),
    "service.de": Variable("Services d'accueil précédés de « de »", "de la compagnie de gendarmerie d'Arras"),
    "service.a": Variable("Services d'accueil précédés de « à »", "à la compagnie de gendarmerie d'Arras"),
    "posts.count_words": Variable("Nombre de postes, en lettres", "douze"),
    "post.kind_label": Variable("Nature du poste, sans article", "intervenant social en gendarmerie"),
    "post.kind_de": Variable("Nature du poste précédée de « de »", "d'intervenant social en gendarmerie"),
    "post.label": Variable("Intitulé du poste", "Poste ISG Osartis Marquion"),
    "post.units": Variable(
        "Unités où le poste exerce, énumérées avec articles",
        "les brigades de Vitry-en-Artois, Vis-en-Artois et Marquion",
    ),
    "post.base": Variable("Lieu principal d'exercice, avec article", "la brigade de gendarmerie de Vitry-en-Artois"),
    "post.split_label": Variable(
        "Partage du temps entre les unités, s'il est fixé",
        "50 % au commissariat central d'Arras et 50 % à la compagnie de gendarmerie d'Arras",
    ),
    "post.etp_label": Variable("Quotité de travail", "à temps plein"),
    "post.hours_label": Variable("Durée hebdomadaire, si elle est fixée", "35 heures hebdomadaires"),
    "post.residence": Variable("Résidence administrative, si elle est fixée", "rue Jean Monnet à Vitry-en-Artois"),
    "post.hierarchical_authority": Variable("Autorité hiérarchique, sans article", "directeur général des services"),
    "post.functional_authority": Variable("Autorité fonctionnelle, sans article", "commandant de la compagnie d'Arras"),
    "post.zone_label": Variable(
        "Ressort du poste, avec article",
        "le territoire de la Communauté de communes Osartis Marquion, zone gendarmerie",
    ),
    "post.agents": Variable("Les agents du service d'accueil, sans article", "gendarmes"),
    "period.start": Variable("Premier jour", "1er septembre 2023"),
    "period.end": Variable("Dernier jour", "31 décembre 2023"),
    "period.duration": Variable("Durée, en lettres", "quatre mois"),
    "period.label": Variable("Période, précédée de « du »", "du 1er septembre 2023 au 31 décembre 2023"),
    "year": Variable("Année ou années de financement", "2023"),
    "funding.total": Variable("Coût total de la période, en chiffres ; vide s'il est inconnu", "14 000,00 €"),
    "funding.total_words": Variable("Coût total, en lettres", "quatorze mille euros"),
    "funding.lines_sentence": Variable(
        "Les contributions fixées, énumérées, en chiffres et en lettres",
        "4 666,67 € (quatre mille six cent soixante-six euros et soixante-sept centimes) pour l'État et 4 666,67 € "
        "(quatre mille six cent soixante-six euros et soixante-sept centimes) pour le Département du Pas-de-Calais",
    ),
    "funding.employer_share": Variable(
        "Reste à charge de l'employeur, en chiffres et en lettres ; vide s'il est inconnu",
        "4 666,66 € (quatre mille six cent soixante-six euros et soixante-six centimes)",
    ),
    "funding.prorata_label": Variable("Fraction d'année appliquée, si la période dure moins d'un an", "4/12"),
    "funding.travel": Variable("Frais de déplacement comptés à part, en chiffres", "10,00 €"),
    "funding.travel_bearer": Variable(
        "Financeur qui les supporte seul, avec article", "le Département du Pas-de-Calais"
    ),
    "funding.key_basis": Variable(
        "Base de la clé de répartition, avec article",
        "le nombre d'habitants des communes situées en zone gendarmerie (population municipale 2020)",
    ),
    "funding.key_sentence": Variable(
        "Pourcentages de la clé, énumérés",
        "41,78 % pour la Communauté de communes du Pays d'Opale et 58,22 % pour la Communauté d'agglomération Grand "
        "Calais Terres et Mers",
    ),
    "notice.months_words": Variable("Durée du préavis, en lettres", "trois mois"),
    "notice.form": Variable("Forme du préavis, sans article", "lettre recommandée avec demande d'avis de réception"),
    "renewal.period_de": Variable("Durée de chaque reconduction tacite, précédée de « de »", "d'un an"),
    "renewal.times_words": Variable(
        "Nombre de reconductions tacites, en lettres ; vide s'il n'y en a pas ou si elles sont sans limite",
        "dans la limite de deux fois",
    ),
    "renewal.limit": Variable("Dernier jour possible, reconductions comprises", "31 décembre 2026"),
    "renewal.exit_date": Variable("Dernier jour pour s'opposer à la première reconduction", "30 septembre 2024"),
    "parent.reference": Variable("Référence de la convention de partenariat", "62-A04"),
    "parent.title": Variable(
        "Intitulé de la convention de partenariat", "Convention relative au poste du commissariat de Boulogne-sur-Mer"
    ),
    "parent.label": Variable(
        "Période de la convention de partenariat, précédée de « du »", "du 1er décembre 2022 au 30 novembre 2023"
    ),
    "board.seats_words": Variable("Sièges réservés aux financeurs, en lettres", "deux sièges"),
    "tribunal": Variable("Tribunal compétent, sans article", "tribunal administratif de Lille"),
    "originals.count_words": Variable("Nombre d'exemplaires originaux, en lettres", "quatre"),
    "dates.budget_deadline": Variable("Date limite de demande de subvention", "28 février 2023"),
    "dates.payment_deadline": Variable("Date limite de versement", "31 juillet 2023"),
    "dates.account_deadline": Variable(
        "Date limite du compte rendu financier (six mois après l'exercice)", "30 juin 2024"
    ),
    "committee.name": Variable("Nom du comité, sans article", "comité de pilotage"),
    "committee.members": Variable(
        "Membres du comité, énumérés avec articles",
        "l'État, le Département, la Communauté de communes et la gendarmerie",
    ),
    "reports.sentence": Variable(
        "Comptes rendus dus, énumérés avec articles", "un compte rendu d'activité mensuel et un bilan annuel"
    ),
    "software.name": Variable("Logiciel contenant des données personnelles", "Progest"),
    "territoire.de": Variable("Le territoire précédé de « de »", "du Pas-de-Calais"),
    "annexes.sentence": Variable(
        "Annexes énumérées ; vide s'il n'y en a pas", "annexe 1, budget prévisionnel du poste"
    ),
}


def example_context() -> dict[str, str]:
    """Every variable with its example: previews of a model in the editor, and tests."""
    return {name: variable.example for name, variable in VARIABLES.items()}
