"""Contents of two real conventions of 2023: 62-A13 (an EPCI employer) and 62-A15 (an association)."""

from typing import Any

from conventions.clauses import example_context, render_clauses, shipped_set

OSARTIS_FLAGS = {"gendarmerie", "employer_epci", "creation", "short_period", "under_one_year"}
OSARTIS_FLAGS |= {"remainder_known", "state_financer", "titre", "has_parquet"}
CALAIS_FLAGS = {"gendarmerie", "employer_association", "association", "several_epci", "renewal"}
CALAIS_FLAGS |= {"key_split", "state_financer", "grant", "personal_data_software"}


def osartis_content(**changes: Any) -> dict[str, Any]:
    """Convention 62-A13: four parties, four months, a third each."""
    context = example_context() | {"annexes.sentence": "", "post.split_label": ""}
    table = {
        "type": "table",
        "caption": "Contributions pour la période du 1er septembre au 31 décembre 2023",
        "head": ["Financeur", "Part", "Année entière", "Période (4/12)"],
        "rows": [
            ["État (FIPD)", "1/3", "14 000,00 €", "4 666,67 €"],
            ["Département du Pas-de-Calais", "1/3", "14 000,00 €", "4 666,67 €"],
            ["CC Osartis Marquion (employeur)", "solde", "14 000,00 €", "4 666,66 €"],
        ],
        "foot": ["Total", "", "42 000,00 €", "14 000,00 €"],
        "align": ["l", "l", "r", "r"],
    }
    parties = [
        _party("L'État", "représenté par M. Jacques BILLANT, Préfet du Pas-de-Calais", "l'État", "financeur"),
        _party(
            "Le Département du Pas-de-Calais",
            "dont le siège est Hôtel du Département, rue Ferdinand Buisson, 62018 Arras Cedex 9, représenté par "
            "M. Jean-Claude LEROY, Président du Conseil départemental, dûment habilité par délibération n° 2023-332 de "
            "la commission permanente du 3 juillet 2023",
            "le Département",
            "financeur",
        ),
        _party(
            "La Communauté de communes Osartis Marquion",
            "représentée par M. Pierre GEORGET, Président, dûment habilité par délibération du 23 juin 2023",
            "la Communauté de communes",
            "employeur, financeur",
        ),
        _party(
            "Le Groupement de gendarmerie départementale du Pas-de-Calais",
            "service de l'État, représenté par le Général Frantz TAVART, commandant de groupement",
            "la Gendarmerie",
            "service d'accueil, autorité fonctionnelle",
        ),
    ]
    signatories = [
        _signatory(1, "Jacques BILLANT", "Préfet du Pas-de-Calais", "Pour l'État"),
        _signatory(
            2, "Jean-Claude LEROY", "Président du Conseil départemental", "Pour le Département du Pas-de-Calais"
        ),
        _signatory(3, "Pierre GEORGET", "Président", "Pour la Communauté de communes Osartis Marquion"),
        _signatory(4, "Frantz TAVART", "Général, commandant de groupement", "Pour la gendarmerie nationale"),
    ]
    return (
        _content("F2", context, OSARTIS_FLAGS, table)
        | {
            "reference": "62-A13",
            "title": "Convention relative à l'emploi et au financement d'un poste d'intervenant social en gendarmerie",
            "subtitle": "Communauté de communes Osartis Marquion – du 1er septembre au 31 décembre 2023",
            "status_label": "Projet",
            "draft": True,
            "version": 1,
            "parties": parties,
            "closing": {
                "place": "Vitry-en-Artois",
                "copies_sentence": "Fait à Vitry-en-Artois, en quatre exemplaires originaux, le",
            },
            "signatories": signatories,
            "annexes": [],
        }
        | changes
    )


def calais_content(**changes: Any) -> dict[str, Any]:
    """Convention 62-A15: seven parties, grants, a third split by population."""
    context = example_context() | {
        "employeur.le": "l'association France Victimes 62",
        "employeur.Le": "L'association France Victimes 62",
        "employeur.de": "de l'association France Victimes 62",
        "service.le": "les compagnies de gendarmerie de Calais et de Saint-Omer",
        "service.de": "des compagnies de gendarmerie de Calais et de Saint-Omer",
        "post.units": "les brigades d'Ardres, d'Audruicq, de Guînes, de Fréthun et d'Oye-Plage",
        "post.zone_label": "les communes de ces intercommunalités situées en zone gendarmerie",
        "post.base": "la brigade de gendarmerie de Guînes, 8 boulevard Delannoy",
        "post.split_label": "",
        "post.functional_authority": "commandants des compagnies de Calais et de Saint-Omer",
        "post.hierarchical_authority": "",
        "post.residence": "brigade de gendarmerie de Guînes",
        "period.label": "du 1er janvier 2023 au 31 décembre 2023",
        "period.duration": "un an",
        "funding.total": "36 660,00 €",
        "funding.total_words": "trente-six mille six cent soixante euros",
        "funding.lines_sentence": "12 220,00 € (douze mille deux cent vingt euros) pour l'État, la même somme pour le "
        "Département du Pas-de-Calais et la même somme pour les intercommunalités",
        "funding.key_sentence": "41,78 % pour la Communauté de communes du Pays d'Opale, 45,27 % pour la Communauté de "
        "communes de la Région d'Audruicq et 12,95 % pour la Communauté d'agglomération Grand Calais Terres et Mers",
        "reports.sentence": "une synthèse trimestrielle et un bilan annuel",
        "epci.count_words": "trois",
    }
    table = {
        "type": "table",
        "caption": "Subventions pour 2023",
        "head": ["Financeur", "Part", "Clé", "Montant"],
        "rows": [
            ["État (FIPD)", "1/3", "", "12 220,00 €"],
            ["Département du Pas-de-Calais", "1/3", "", "12 220,00 €"],
            ["CC du Pays d'Opale", "1/3", "41,78 %", "5 106,00 €"],
            ["CC de la Région d'Audruicq", "1/3", "45,27 %", "5 532,00 €"],
            ["CA Grand Calais Terres et Mers", "1/3", "12,95 %", "1 582,00 €"],
        ],
        "foot": ["Total", "", "", "36 660,00 €"],
        "align": ["l", "l", "r", "r"],
    }
    people = [
        ("L'État", "Jacques BILLANT", "Préfet du Pas-de-Calais"),
        ("La Gendarmerie nationale", "Frantz TAVART", "Général, commandant de groupement"),
        ("Le Département du Pas-de-Calais", "Jean-Claude LEROY", "Président du Conseil départemental"),
        ("La Communauté de communes du Pays d'Opale", "Ludovic LOQUET", "Président"),
        ("La Communauté de communes de la Région d'Audruicq", "Nicole CHEVALIER", "Présidente"),
        ("La Communauté d'agglomération Grand Calais Terres et Mers", "Natacha BOUCHART", "Présidente"),
        ("L'association France Victimes 62", "Fabrice CREPIN", "Président"),
    ]
    return (
        _content("F3", context, CALAIS_FLAGS, table)
        | {
            "reference": "62-A15",
            "title": "Convention de partenariat et de subvention pour un poste d'intervenant social en gendarmerie",
            "subtitle": "Compagnies de gendarmerie de Calais et de Saint-Omer – année 2023",
            "status_label": "Version approuvée",
            "draft": False,
            "version": 2,
            "parties": [
                _party(
                    organisation, f"ayant pour représentant {name}, {function}", organisation, "partie à la convention"
                )
                for organisation, name, function in people
            ],
            "closing": {"place": "Arras", "copies_sentence": "Fait à Arras, en sept exemplaires originaux, le"},
            "signatories": [
                _signatory(rank, name, function, organisation)
                for rank, (organisation, name, function) in enumerate(people, start=1)
            ],
            "annexes": [
                {
                    "number": 1,
                    "title": "Budget prévisionnel du poste",
                    "blocks": [
                        {"type": "p", "text": "Les montants sont exprimés en euros, toutes taxes comprises."},
                        table,
                    ],
                }
            ],
        }
        | changes
    )


def _content(family: str, context: dict[str, str], flags: set[str], table: dict[str, Any]) -> dict[str, Any]:
    articles = render_clauses(clauses=shipped_set(family).clauses, context=context, flags=flags)
    by_kind = {article.kind: article for article in articles}
    return {
        "visas": [block["text"] for block in by_kind["visas"].blocks],
        "preamble": list(by_kind["preambule"].blocks),
        "articles": [
            article.as_dict()
            | {"blocks": [table if block["type"] == "funding_table" else block for block in article.blocks]}
            for article in articles
            if article.number
        ],
    }


def _party(name: str, rest: str, short: str, roles: str) -> dict[str, str]:
    return {"name_le": name, "designation": f"{name}, {rest}, ci-après dénommé « {short} »,", "roles_label": roles}


def _signatory(rank: int, name: str, function: str, organisation: str) -> dict[str, str]:
    return {"id": f"sig-{rank}", "name": name, "function": function, "organisation": organisation, "mention": ""}
