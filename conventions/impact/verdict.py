"""What a change entails, according to how far the convention is and who has signed it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from conventions.enums import Status
from core.french import upper_first

from .changes import Change, Kind


class Outcome(IntEnum):
    """From the lightest to the heaviest: the whole takes the heaviest of its parts."""

    NOTHING = 0
    CORRECTION = 1
    NEW_SIGNATURE = 2
    REAPPROVAL = 3
    AVENANT = 4

    @property
    def label(self) -> str:
        return {
            Outcome.NOTHING: "Rien à refaire",
            Outcome.CORRECTION: "Correction de forme",
            Outcome.NEW_SIGNATURE: "Nouvelle version à signer",
            Outcome.REAPPROVAL: "Nouvelle approbation",
            Outcome.AVENANT: "Avenant",
        }[self]

    @property
    def follows(self) -> str:
        """What saving will then do."""
        return {
            Outcome.NOTHING: "Rien ne sera enregistré : l'acte signé reste ce qu'il est.",
            Outcome.CORRECTION: "La correction est journalisée et donne une nouvelle version, sans nouvelle revue.",
            Outcome.NEW_SIGNATURE: "Une nouvelle version est faite, sans revue ; elle n'hérite d'aucune signature.",
            Outcome.REAPPROVAL: "La convention revient en rédaction avec ce changement : elle sera soumise de nouveau.",
            Outcome.AVENANT: "Rien n'est changé ici : un avenant porte le changement, approuvé et signé à son tour.",
        }[self]


@dataclass(frozen=True)
class Situation:
    """How far the convention is. ``signed``: the bodies that signed the version in hand, ``parties``: all of them."""

    status: str
    parties: tuple[str, ...] = ()
    signed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Judged:
    """One change and what it entails alone; ``signers``: who signs because of it."""

    change: Change
    outcome: Outcome
    reason: str
    signers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    judged: tuple[Judged, ...]

    @property
    def outcome(self) -> Outcome:
        return max((one.outcome for one in self.judged), default=Outcome.NOTHING)

    @property
    def signers(self) -> tuple[str, ...]:
        """Everyone who will have to sign, or sign again, each once."""
        return tuple(dict.fromkeys(name for one in self.judged for name in one.signers))

    @property
    def fingerprint(self) -> str:
        """Of what was shown: only what a person read is confirmed."""
        shown = [[j.change.kind, j.change.label, j.change.after, int(j.outcome), list(j.signers)] for j in self.judged]
        return hashlib.sha256(json.dumps(shown, ensure_ascii=False).encode()).hexdigest()

    def __bool__(self) -> bool:
        return bool(self.judged)


def verdict_on(changes: Iterable[Change], situation: Situation) -> Verdict:
    """Each change judged, in the order given. Meaningless while the text is being written: it is then simply saved."""
    return Verdict(tuple(_judge(change, situation) for change in changes))


def _judge(change: Change, situation: Situation) -> Judged:
    if situation.status in (Status.SIGNEE, Status.DENONCEE, Status.RESILIEE):
        return _after_signature(change, situation)
    again = situation.signed
    if change.kind is Kind.SIGNATORY:
        return Judged(
            change,
            Outcome.NEW_SIGNATURE,
            "Qui signe pour une partie est son affaire : les termes approuvés ne changent pas, mais l'acte nomme la"
            " personne.",
            tuple(dict.fromkeys([*again, change.who])),
        )
    if change.form_only or change.kind is Kind.VOTE:
        why = (
            "Une délibération se vise sans nouvelle revue : c'est l'acte de la collectivité."
            if change.kind is Kind.VOTE
            else "Seule la frappe change : ni chiffre, ni variable, ni mot qui compte."
        )
        if again:
            return Judged(change, Outcome.NEW_SIGNATURE, f"{why} Mais {_signed(again)}.", again)
        return Judged(change, Outcome.CORRECTION, f"{why} Personne n'a encore signé.")
    reason = _SUBSTANCE[change.kind]
    if again:
        said = _signed(again)
        reason += f" {upper_first(said)} : la nouvelle version devra l'être de nouveau."
    return Judged(change, Outcome.REAPPROVAL, reason, again)


_SUBSTANCE = {
    Kind.TEXT: "Le sens du texte approuvé peut changer : la préfecture le relit.",
    Kind.FIGURE: "Un montant approuvé change : la préfecture l'approuve de nouveau.",
    Kind.PARTY: "Qui s'engage change : la préfecture l'approuve de nouveau.",
    Kind.DATES: "La période approuvée change : la préfecture l'approuve de nouveau.",
    Kind.ANNEX: "Les annexes font partie de l'acte approuvé.",
}


def _after_signature(change: Change, situation: Situation) -> Judged:
    if change.kind is Kind.SIGNATORY:
        return Judged(
            change,
            Outcome.NOTHING,
            "L'acte signé reste valable quand la personne change : la suivante signera les avenants.",
        )
    if change.kind is Kind.VOTE:
        return Judged(change, Outcome.NOTHING, "Chaque partie a signé avec les pouvoirs qu'elle avait ce jour-là.")
    what = "Même une faute de frappe" if change.form_only else "Ce qui est signé"
    return Judged(
        change,
        Outcome.AVENANT,
        f"{what} ne se change qu'avec l'accord de toutes les parties, par un avenant.",
        situation.parties,
    )


def _signed(names: Sequence[str]) -> str:
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} et {names[-1]}"
    return f"{listed} {'a' if len(names) == 1 else 'ont'} déjà signé la version en cours"
