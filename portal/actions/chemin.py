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


def awaited(action: Action) -> str:
    """What is awaited now and from whom, in one sentence; "" when nothing is."""
    who = action.bienveillant.nom if action.bienveillant else "Quelqu’un"
    sentences = {
        Etat.SOLLICITEE: _of_a_request(action, who),
        Etat.PROPOSEE: f"{action.pole_porteur.label} dit s’il la porte."
        if action.pole_porteur
        else f"{who} la propose à un pôle.",
        Etat.EN_VALIDATION: f"Chaque pôle donne son avis{f', avant {moment(action.avis_avant)}' if action.avis_avant else ''}.",
        Etat.VALIDEE: f"{who} confirme les besoins avec les pôles et prépare le devis.",
        Etat.DEVIS_ENVOYE: f"{action.demandeur.nom} répond au devis.",
        Etat.CONFIRMEE: _of_a_confirmed(action, who),
        Etat.EN_COURS: "Le référent suit le programme, puis ferme le site.",
        Etat.TERMINEE: "Les heures se valident, puis la facture part.",
        Etat.FACTUREE: f"{action.demandeur.nom} paie la facture.",
    }
    return sentences.get(action.etat, "")


def _of_a_request(action: Action, who: str) -> str:
    if not action.bienveillant_id:
        return "Une personne bienveillante la prend et répond."
    return f"{who} la propose à un pôle." if action.repondue_le else f"{who} répond à {action.demandeur.nom}."


def _of_a_confirmed(action: Action, who: str) -> str:
    if action.is_late:
        return "Sa date est passée\u00a0: ferme le site depuis la page du jour."
    if clock.local(action.debut).date() <= clock.today():
        return "Le référent ouvre le site."
    return f"{who} publie les missions et prépare le jour J."
