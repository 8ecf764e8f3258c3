"""What happens to needs, spaces and equipment when their action moves, or the house changes."""

from __future__ import annotations

from datetime import timedelta

from portal.actions import effacement
from portal.actions import processus as actions
from portal.actions.decalage import Dated, Line, Part, has_other_dates, tells
from portal.actions.models import Action
from portal.actions.programme import Slot
from portal.besoins import commands, occupations, promesses, queries
from portal.besoins.models import Besoin, Etat
from portal.comptes import models as comptes
from portal.comptes import queries as people
from portal.db import strike
from portal.poles.models import enregistrer_espace, enregistrer_materiel
from portal.workflow import News, Refusal


class StockPromised(Refusal):
    """Less of it would be left than the house has promised."""

    status = 422

    def __init__(self, promised: int):
        super().__init__(f"{promised} sont promis en même temps à des actions à venir\u00a0: le stock ne descend pas plus bas.")


class Outgrown(Refusal):
    """More people than its space holds would come to an action, and no pôle was told."""

    status = 422

    def __init__(self, besoin: Besoin):
        assert besoin.espace
        super().__init__(
            f"«\u00a0{besoin.action.titre}\u00a0» attendrait {besoin.action.personnes} personnes, et {besoin.espace.nom} n’en "
            f"reçoit que {besoin.espace.capacite}\u00a0: reprends d’abord ce besoin, choisis plus grand, ou écris-y pourquoi "
            "cela tient."
        )


@actions.solliciter.react
def draft_the_wishes(news: News) -> None:
    """What the demandeur ticked on the public page."""
    commands.draft_from(news.subject, news.facts.get("souhaits", ()), by=news.by)


@actions.corriger.react
def draft_them_again(news: News) -> None:
    """The public form came back and was sent again with other ticks, for another day or more people."""
    if not {"souhaits", "debut", "fin", "personnes"}.isdisjoint(news.facts["champs"]):
        commands.redraft(news.subject)


@actions.confirmer.react
def keep_what_can_be(news: News) -> None:
    """The demandeur accepts, and has no say in spaces: one that was taken since stops nothing.

    Nobody took it back: whoever records the agreement hears of it too.
    """
    promesses.settle(news.subject, by=None, yielding=True)


@actions.confirmer_sans_devis.react
@actions.enregistrer.react
@actions.revenir_au_devis.react
def keep_the_spaces(news: News) -> None:
    """Options become firm with the action, and options again when the agreement is undone."""
    promesses.settle(news.subject, by=news.by)


@actions.modifier.react
def keep_the_dates(news: News) -> None:
    """What was asked of the pôles, or promised by them, is for that day."""
    if has_other_dates(news) and queries.of_action(news.subject):
        raise Dated


@actions.modifier.react
def count_who_comes(news: News) -> None:
    """What a pôle is asked for, or has promised, still holds all those who are expected."""
    if "personnes" in news.facts["champs"]:
        for besoin in queries.of_action(news.subject):
            if not besoin.is_editable and not besoin.is_past and besoin.is_overfull:
                raise Outgrown(besoin)


@actions.decaler.react
def follow_the_action(news: News) -> None:
    """What was promised is promised by as much later, or the action does not move."""
    if delta := timedelta(minutes=news.facts["minutes"]):
        promesses.shift(news.subject, delta, by=news.by)


@tells
def what_is_kept_elsewhen(action: Action, avant: Slot) -> Part | None:
    """The needs that have just followed their action: which of them a pôle has promised, or promises again.

    Of an action that only lasts longer, the spaces that it fills no more: none of them follows.
    """
    delta = action.debut - avant.debut
    needs = queries.of_action(action)
    short = {b.id for b in needs if b.espace_id and b.fin - delta >= avant.fin and b.fin < action.fin}
    told = needs if delta else [b for b in needs if b.id in short]
    if not told:
        return None
    lines = [Line(b.titre, Slot(b.debut, b.fin).later(-delta), Slot(b.debut, b.fin), _note(b, b.id in short)) for b in told]
    return Part("Les besoins", lines, _summary(told, delta), ",".join(line.note for line in lines))


def _summary(needs: list[Besoin], delta: timedelta) -> str:
    if delta and any(b.is_promised for b in needs):
        return "Ce qui est promis l’est pour la nouvelle date\u00a0; les pôles sont prévenus."
    return "Les pôles sont prévenus." if delta and any(b.etat is Etat.A_CONFIRMER for b in needs) else ""


def _note(besoin: Besoin, short: bool) -> str:
    """Who has promised it, or is asked to again; whether it ends too early now."""
    pole = besoin.pole.nomme if besoin.pole else ""
    said = f"promis par le {pole}" if besoin.is_promised else f"à redire par le {pole}" if _is_asked_again(besoin) else ""
    ends = "finit maintenant avant l’action\u00a0: reprends-le pour l’allonger" if short else ""
    return ", ".join(filter(None, (said, ends)))


def _is_asked_again(besoin: Besoin) -> bool:
    return besoin.etat is Etat.A_CONFIRMER and besoin.motif == promesses.OTHER_DAY


@actions.annuler.react
@actions.refuser.react
@actions.decliner.react
def free_the_spaces(news: News) -> None:
    promesses.free_all(news.subject, by=news.by, motif=news.motif)


@comptes.effacer.react
def name_them_no_more(news: News) -> None:
    """What was asked and answered stays the house's; a name or a number in those words goes."""
    for personne in people.by_ids(news.facts["personnes"]):
        for column in (Besoin.titre, Besoin.mot, Besoin.motif, Besoin.depassement):
            strike(column, people.signs(personne))


@actions.effacer_demandeur.react
def name_the_demandeur_no_more(news: News) -> None:
    for column in (Besoin.titre, Besoin.mot, Besoin.motif, Besoin.depassement):
        strike(column, effacement.signs(news.subject.demandeur), Besoin.action_id == news.subject.id)


@enregistrer_materiel.react
def keep_what_is_promised(news: News) -> None:
    """The stock never falls under what is lent at once."""
    promised = queries.promised_at_most(news.subject)
    if promised > news.subject.stock:
        raise StockPromised(promised)


@enregistrer_espace.react
def keep_what_is_booked(news: News) -> None:
    """A space that is placed elsewhere keeps the firm bookings apart; any holds all those who were promised it."""
    if news.facts["deplace"]:
        occupations.check_space(news.subject)
    for besoin in queries.promised_spaces():
        if besoin.espace_id == news.subject.id and besoin.is_overfull:
            raise Outgrown(besoin)
