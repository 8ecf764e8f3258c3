"""What happens to needs, spaces and equipment when their action moves, or the stock changes."""

from __future__ import annotations

from datetime import timedelta

from portal.actions import models as actions
from portal.actions.decalage import Line, Part, tells
from portal.actions.models import Action
from portal.actions.programme import Slot
from portal.besoins import commands, queries
from portal.besoins.models import Besoin, Etat
from portal.poles.models import enregistrer_materiel
from portal.workflow import News, Refusal


class StockPromised(Refusal):
    """Less of it would be left than the house has promised."""

    status = 422

    def __init__(self, promised: int):
        super().__init__(f"{promised} sont promis en même temps à des actions à venir\u00a0: le stock ne descend pas plus bas.")


@actions.solliciter.react
def draft_the_wishes(news: News) -> None:
    """What the demandeur ticked on the public page."""
    commands.draft_from(news.subject, news.facts.get("souhaits", ()), by=news.by)


@actions.confirmer.react
@actions.confirmer_sans_devis.react
@actions.enregistrer.react
@actions.revenir_au_devis.react
def keep_the_spaces(news: News) -> None:
    """Options become firm with the action, and options again when the agreement is undone."""
    commands.settle(news.subject, by=news.by)


@actions.decaler.react
def follow_the_action(news: News) -> None:
    """What was promised is promised by as much later, or the action does not move."""
    if delta := timedelta(minutes=news.facts["minutes"]):
        commands.shift(news.subject, delta, by=news.by)


@tells
def what_is_kept_elsewhen(action: Action, delta: timedelta) -> Part | None:
    """The needs that have just followed their action, and which of them a pôle has promised."""
    needs = queries.of_action(action)
    if not needs or not delta:
        return None
    lines = [Line(b.titre, Slot(b.debut, b.fin).later(-delta), Slot(b.debut, b.fin), _promised(b)) for b in needs]
    return Part("Les besoins", lines, "Ce qui est promis l’est pour la nouvelle date ; les pôles sont prévenus.")


def _promised(besoin: Besoin) -> str:
    return f"promis par {besoin.pole.label}" if besoin.etat is Etat.CONFIRME and besoin.pole else ""


@actions.annuler.react
@actions.refuser.react
@actions.decliner.react
def free_the_spaces(news: News) -> None:
    commands.free_all(news.subject, by=news.by, motif=news.motif)


@enregistrer_materiel.react
def keep_what_is_promised(news: News) -> None:
    """The stock never falls under what is lent at once."""
    promised = queries.promised_at_most(news.subject)
    if promised > news.subject.stock:
        raise StockPromised(promised)
