"""The demonstration's accounts, by the name their button bears on the sign-in page."""

MANAGER = "Gestionnaire du dispositif, Département du Pas-de-Calais"
REVIEWER = "Instruction, préfecture du Pas-de-Calais"
SUD_ARTOIS = "Finances, CC du Sud-Artois"
BOULONNAIS = "Finances, CA du Boulonnais"
DEPARTEMENT = "Finances, Département du Pas-de-Calais"
PARTNER = "Partenaire, groupement de gendarmerie"
EMPLOYER = "Employeur, France Victimes 62"
EVERYBODY = (MANAGER, REVIEWER, SUD_ARTOIS, BOULONNAIS, DEPARTEMENT, PARTNER, EMPLOYER)
NATIONAL = "Observatoire national, chiffres agrégés"
PLATFORM = "Plateforme, ouverture des territoires"
#: What these two find on arriving; everybody else finds « À faire ».
HOMES = {NATIONAL: "Chiffres nationaux", PLATFORM: "Territoires"}
