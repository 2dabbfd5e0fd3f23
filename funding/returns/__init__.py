"""The forms in which the finance software and the accountant answer: tables, PES_ACQUIT, PES Retour."""
