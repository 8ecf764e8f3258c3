"""Where an action stands on the way of the house (docs/guides/bienveillant.md), and whose move it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from portal import clock
from portal.actions.models import Action, Etat
from portal.filters import jour_long, moment

STEPS: tuple[tuple[str, frozenset[Etat]], ...] = (
    ("Demande", frozenset({Etat.SOLLICITEE})),
    ("Pôle porteur", frozenset({Etat.PROPOSEE})),
    ("Interpôle", frozenset({Etat.EN_VALIDATION})),
    ("Devis", frozenset({Etat.VALIDEE, Etat.DEVIS_ENVOYE})),
    ("Préparation", frozenset({Etat.CONFIRMEE})),
    ("Jour J", frozenset({Etat.EN_COURS})),
    ("Facture", frozenset({Etat.TERMINEE, Etat.FACTUREE})),
    ("Soldée", frozenset({Etat.SOLDEE})),
)


@dataclass(frozen=True)
class Step:
    """One step of the way: behind us, the present one, or ahead."""

    label: str
    is_done: bool
    is_here: bool


class Reponse(StrEnum):
    """What came of the devis that the demandeur received last."""

    ATTENDUE = "attendue"
    REFUS = "refus"
    EXPIRE = "expire"


@dataclass(frozen=True)
class Chiffrage:
    """Where the devis of an action stands: whether one is being prepared, what came of the last that left, until when."""

    is_drafted: bool = False
    reponse: Reponse | None = None
    jusqu_au: date | None = None


Reads = Callable[[Action], Chiffrage]
_reads: list[Reads] = []


def reads_the_devis(function: Reads) -> Reads:
    """Decorator: the package of the devis, above this one, says where that of an action stands."""
    _reads.append(function)
    return function


def chiffrage(action: Action) -> Chiffrage:
    """One query, for an action whose devis is in question; none for the others."""
    return _reads[0](action) if action.etat in _QUOTED else Chiffrage()


_QUOTED = frozenset({Etat.VALIDEE, Etat.DEVIS_ENVOYE})


def way(action: Action) -> list[Step]:
    """The steps in order; none for an action that was stopped on its way."""
    here = next((n for n, (_, etats) in enumerate(STEPS) if action.etat in etats), None)
    if here is None:
        return []
    return [Step(label, n < here, n == here) for n, (label, _) in enumerate(STEPS)]


def awaited(action: Action, reader_id: int | None = None) -> str:
    """What is awaited now and from whom, in one sentence, "tu" to the one who sets it up; "" when nothing is."""
    (who, s), devis = _who(action, reader_id), chiffrage(action)
    sentences = {
        Etat.SOLLICITEE: _of_a_request(action, who, s),
        Etat.PROPOSEE: f"{action.pole_porteur.sujet} dit s’il la porte."
        if action.pole_porteur
        else f"{who} la propose{s} à un pôle.",
        Etat.EN_VALIDATION: _of_a_validation(action),
        Etat.VALIDEE: _of_a_validated(devis, who, s),
        Etat.DEVIS_ENVOYE: _of_a_devis(devis, action.demandeur.nom, who, s),
        Etat.CONFIRMEE: _of_a_confirmed(action, who, s),
        Etat.EN_COURS: "Le référent suit le programme, puis ferme le site.",
        Etat.TERMINEE: "Les heures se valident, puis la facture part.",
        Etat.FACTUREE: "Elle se solde quand le trésor clôt le partage, une fois la facture payée.",
    }
    return sentences.get(action.etat, "")


def _who(action: Action, reader_id: int | None) -> tuple[str, str]:
    """Its bienveillant as the sentence names them, and how the verbs then end."""
    if action.is_to_take or not action.bienveillant:
        return "Quelqu’un", ""
    return ("Tu", "s") if action.bienveillant.id == reader_id else (action.bienveillant.nom, "")


def _of_a_request(action: Action, who: str, s: str) -> str:
    if action.is_to_take:
        return "Une personne bienveillante la prend et répond."
    return f"{who} la propose{s} à un pôle." if action.repondue_le else f"{who} répond{s} à {action.demandeur.nom}."


def _of_a_validation(action: Action) -> str:
    if action.avis_avant and action.avis_avant < clock.now():
        return "L’interpôle décide\u00a0: le délai pour donner un avis est passé."
    return f"Chaque pôle donne son avis{f', avant {moment(action.avis_avant)}' if action.avis_avant else ''}."


def _of_a_validated(devis: Chiffrage, who: str, s: str) -> str:
    if devis.is_drafted:
        return f"{who} termine{s} le devis, et l’envoie{s} dès que les pôles ont confirmé leurs lignes."
    return f"{who} confirme{s} les besoins avec les pôles et prépare{s} le devis."


def _of_a_devis(devis: Chiffrage, demandeur: str, who: str, s: str) -> str:
    if devis.is_drafted:
        return f"{who} prépare{s} une autre version du devis."
    if devis.reponse is Reponse.REFUS:
        return f"{demandeur} a refusé le devis\u00a0: {_lower(who)} en prépare{s} une autre version, ou l’action s’arrête là."
    if devis.reponse is Reponse.EXPIRE:
        return f"Le devis n’est plus valable\u00a0: {_lower(who)} en envoie{s} une autre version."
    until = f", valable jusqu’au {jour_long(devis.jusqu_au)} inclus" if devis.jusqu_au else ""
    return f"{demandeur} répond au devis{until}."


def _lower(who: str) -> str:
    """Within a sentence: "tu", "quelqu’un", or a name as it is."""
    return who.lower() if who in {"Tu", "Quelqu’un"} else who


def _of_a_confirmed(action: Action, who: str, s: str) -> str:
    if action.is_late:
        return "Sa date est passée\u00a0: ferme le site depuis la page du jour."
    if clock.local(action.debut).date() <= clock.today():
        return "Le référent ouvre le site."
    return f"{who} ouvre{s} les missions et prépare{s} le jour J."
