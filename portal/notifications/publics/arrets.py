"""Who hears that an action stops, beside its demandeur, its bienveillant and those of its missions."""

from __future__ import annotations

from collections.abc import Iterator

from portal.actions import echeancier
from portal.actions.models import Action, Etat
from portal.besoins import models as besoins
from portal.besoins import queries as needs
from portal.comptes.models import Personne
from portal.notifications.commands import Envoi
from portal.poles import queries as house
from portal.policy import can
from portal.workflow import News


def who_has_no_more_to_do(news: News) -> Iterator[Envoi]:
    """The pôles that carry it, or still had to answer, and the owners of what is left to do, each once.

    What a pôle had promised is told need by need. The minutes of the interpôle are for the house alone: an owner who is not
    of it reads what the demandeur does.
    """
    action: Action = news.subject
    people = {personne.id: personne for personne in (*house.present_in(*_poles(news)), *_owners(action))}
    for personne in people.values():
        if personne is not news.by and personne.id != action.bienveillant_id:
            inside = can(personne, "action.lister")
            motif = news.motif if inside else news.facts.get("mot", news.motif)
            said = {"action": action.id, "fait": news.event.done, "motif": motif, "maison": inside}
            yield Envoi(personne, f"action:{action.id}:{news.event.slug}:{personne.id}", said)


def _poles(news: News) -> set[int]:
    """An interpôle that decides knows what it decided."""
    action: Action = news.subject
    waiting = (b for b in needs.of_action(action) if b.etat is besoins.Etat.A_CONFIRMER and not b.is_past)
    found = {b.pole_id for b in waiting if b.pole_id}
    if "ou" in news.facts:
        return found
    if action.pole_porteur_id and news.avant is not Etat.SOLLICITEE:
        found.add(action.pole_porteur_id)
    return found | {pole.id for pole in house.voices()} if news.avant is Etat.EN_VALIDATION else found


def _owners(action: Action) -> Iterator[Personne]:
    for task in echeancier.tasks_of(action):
        if task.is_open and task.responsable and task.responsable.is_active:
            yield task.responsable
