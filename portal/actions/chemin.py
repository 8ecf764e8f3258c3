"""Where an action stands on the way of the house (domain.md, The process), and whose move it is."""

from __future__ import annotations

from dataclasses import dataclass

from portal import clock
from portal.actions.models import Action, Etat
from portal.filters import moment

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


def way(action: Action) -> list[Step]:
    """The steps in order; none for an action that was stopped on its way."""
    here = next((n for n, (_, etats) in enumerate(STEPS) if action.etat in etats), None)
    if here is None:
        return []
    return [Step(label, n < here, n == here) for n, (label, _) in enumerate(STEPS)]


def awaited(action: Action, reader_id: int | None = None) -> str:
    """What is awaited now and from whom, in one sentence, "tu" to the one who sets it up; "" when nothing is."""
    who, s = _who(action, reader_id)
    sentences = {
        Etat.SOLLICITEE: _of_a_request(action, who, s),
        Etat.PROPOSEE: f"{action.pole_porteur.sujet} dit s’il la porte."
        if action.pole_porteur
        else f"{who} la propose{s} à un pôle.",
        Etat.EN_VALIDATION: _of_a_validation(action),
        Etat.VALIDEE: f"{who} confirme{s} les besoins avec les pôles et prépare{s} le devis.",
        Etat.DEVIS_ENVOYE: f"{action.demandeur.nom} répond au devis.",
        Etat.CONFIRMEE: _of_a_confirmed(action, who, s),
        Etat.EN_COURS: "Le référent suit le programme, puis ferme le site.",
        Etat.TERMINEE: "Les heures se valident, puis la facture part.",
        Etat.FACTUREE: f"{action.demandeur.nom} paie la facture.",
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


def _of_a_confirmed(action: Action, who: str, s: str) -> str:
    if action.is_late:
        return "Sa date est passée\u00a0: ferme le site depuis la page du jour."
    if clock.local(action.debut).date() <= clock.today():
        return "Le référent ouvre le site."
    return f"{who} publie{s} les missions et prépare{s} le jour J."
