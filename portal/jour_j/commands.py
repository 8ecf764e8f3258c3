"""Every write of the day: taps are received, days prepared, versions moved on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import update

from portal import clock, outbox, policy
from portal.actions.models import Action, Etat
from portal.actions.processus import clore, ouvrir, rouvrir
from portal.comptes.models import Personne
from portal.db import db, insert_once, lock_one
from portal.jour_j import modeles, queries
from portal.jour_j.droits import Droits, NotYourTap, check_arrival
from portal.jour_j.models import LIBRES, VALEURS, Entree, Genre, Jour, Phase, Point, ecrire
from portal.jour_j.pli import Site, correct
from portal.workflow import Refusal, fire

UUID_SHAPE = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
LONGEST = 2000
EARLIEST = timedelta(hours=36)  # before the start; a tap is never dated earlier
TRAVEL = timedelta(minutes=1)  # a phone gives a sending up sooner
FOLLOWING = {  # the site moved, the action follows
    (Site.OUVERT, Etat.CONFIRMEE): ouvrir,
    (Site.OUVERT, Etat.TERMINEE): rouvrir,
    (Site.CLOS, Etat.EN_COURS): clore,
}

# an incident may be noted at any time
OF_THE_DAY = frozenset({Genre.SITE, Genre.COCHE, Genre.PRESENCE, Genre.ETAPE, Genre.CONFIE, Genre.MESSAGE})
TOLD = {ouvrir: "jour_ouverture", clore: "jour_fermeture"}  # to the bienveillant, when critical lines stay open


class NotATap(Refusal):
    status = 422
    sentence = "Ce geste n’est pas compris. Recharge la page, puis recommence."


class NotYours(Refusal):
    status = 403
    sentence = "Tu n’agis plus sur cette journée\u00a0: ce geste n’est pas compté. Préviens le référent."


class NotOfThisDay(Refusal):
    status = 422
    sentence = "Cette ligne ne fait plus partie de la journée. Recharge la page."


class TooLong(Refusal):
    status = 422
    sentence = f"Ce texte est trop long\u00a0: {LONGEST} caractères au plus."


class WordsMissing(Refusal):
    status = 422
    sentence = "Écris ce qui s’est passé."


class DayOver(Refusal):
    sentence = "Cette journée n’est plus ouverte à la saisie\u00a0: elle se lit seulement."


class TooEarly(Refusal):
    sentence = "La journée commence au plus tôt la veille de l’action\u00a0: ce n’est pas encore le moment."


class NotOpen(Refusal):
    sentence = "Le site n’est pas ouvert."


class AnotherDay(Refusal):
    sentence = "Le site a été fermé un autre jour\u00a0: il ne se rouvre plus."


class SiteStays(Refusal):
    """The action's state follows the site, and its table of transitions knows no way back from an opening."""

    sentence = "Une ouverture ou une fermeture ne s’annule pas\u00a0: ferme le site, ou rouvre-le."


class ReasonWanted(Refusal):
    """Never a no: the same tap with a word is accepted. `left` are the lines it leaves open."""

    status = 422

    def __init__(self, valeur: str, left: Sequence[Point]):
        super().__init__(
            "Des lignes importantes restent ouvertes\u00a0: dis en quelques mots pourquoi tu ouvres."
            if valeur == "ouvrir"
            else "Des lignes ne sont pas cochées\u00a0: laisse un mot pour la suite."
        )
        self.valeur, self.left = valeur, left


class Statut(StrEnum):
    RECUE = "reçue"
    DEJA_RECUE = "déjà reçue"
    REFUSEE = "refusée"


@dataclass(frozen=True)
class Tap:
    """What a phone or a form says; `saisi_le` by its own clock."""

    uuid: str
    genre: str
    saisi_le: datetime
    cible: str = ""
    valeur: str = ""
    mot: str = ""


def undoing(uuid: str, *, at: datetime) -> Tap:
    """The tap that takes another back; undoing twice is the same tap."""
    return Tap(str(uuid5(UUID(uuid), Genre.ANNULE)), Genre.ANNULE, at, cible=uuid)


@dataclass(frozen=True)
class Outcome:
    uuid: str
    statut: Statut
    refusal: Refusal | None = None


def receive(jour: Jour, taps: Sequence[Tap], *, by: Personne, sent: datetime | None = None) -> list[Outcome]:
    """Write the taps, in their order; each answers for itself, and one sent again is one row.

    `sent` is when the phone says it sends, None when the server's clock dated them. What `by` may tap is asked under the
    lock: they may have left the team meanwhile. Locks: the action when the site may move, then the day.
    """
    if any(tap.genre == Genre.SITE for tap in taps):
        lock_one(jour.action)
    reception = Reception(lock_one(jour), by, clock.now(), sent)
    policy.forget()
    outcomes = [reception.take(tap) for tap in taps]
    if any(o.statut is Statut.RECUE for o in outcomes):
        jour.version += 1
    return outcomes


class Reception:
    """One sending of taps, under the lock of its day."""

    def __init__(self, jour: Jour, by: Personne, now: datetime, sent: datetime | None):
        self.jour, self.by, self.now, self.sent = jour, by, now, sent or now
        self.day = queries.Day(jour, now)

    def take(self, tap: Tap) -> Outcome:
        try:
            new = self._take(tap)
        except Refusal as refusal:
            return Outcome(tap.uuid, Statut.REFUSEE, refusal)
        return Outcome(tap.uuid, Statut.RECUE if new else Statut.DEJA_RECUE)

    def _take(self, tap: Tap) -> bool:
        if not UUID_SHAPE.fullmatch(tap.uuid):
            raise NotATap
        if known := queries.entry(tap.uuid):
            if known.jour_id != self.jour.id:
                raise NotOfThisDay
            return False
        _check(self, tap)
        before = self.day
        values = self._values(tap)
        if not insert_once(Entree, **values):
            return False
        self.day = before.after(Entree(**values))
        if tap.genre == Genre.SITE:
            self._follow(tap, before)
        if tap.genre == Genre.MESSAGE:
            ecrire.tell(self.jour, by=self.by, entree=tap.uuid)
        return True

    def _values(self, tap: Tap) -> dict[str, object]:
        quand = self.instant(tap)
        return {
            "uuid": tap.uuid, "jour_id": self.jour.id, "personne_id": self.by.id, "genre": Genre(tap.genre),
            "cible": tap.cible, "valeur": tap.valeur, "mot": tap.mot,
            "quand": quand, "saisi_le": tap.saisi_le, "recu_le": self.now,
        }  # fmt: skip

    @property
    def droits(self) -> Droits:
        return Droits(self.day, self.by)

    def instant(self, tap: Tap) -> datetime:
        """When it was tapped. How long a sending travels is never known: what one person tapped later stays later."""
        earliest = self.jour.action.debut - EARLIEST
        quand = correct(tap.saisi_le, sent=self.sent, received=self.now, earliest=earliest)
        sooner = [e.quand for e in self.day.entries if e.personne_id == self.by.id and e.saisi_le <= tap.saisi_le]
        if sooner and timedelta() <= max(sooner) - quand < TRAVEL:
            quand = max(sooner)
        while quand in {e.quand for e in self.day.entries}:  # of two taps at the same instant, the first received comes first
            quand += timedelta(microseconds=1)
        return quand

    def _follow(self, tap: Tap, before: queries.Day) -> None:
        """The action's state follows the site's, in the same transaction."""
        action = self.jour.action
        transition = FOLLOWING.get((self.day.state.site, action.etat))
        if transition is None:
            return
        left = _left_open(before, tap)
        fire(transition, action, by=self.by, motif=tap.mot, lignes=[point.texte for point in left])
        critical = [point.texte for point in left if point.critique]
        if critical and action.bienveillant:
            outbox.post(
                TOLD[transition],
                f"jour:{self.jour.id}:{transition.slug}:{tap.uuid}",
                to=action.bienveillant.email,
                action=action.id,
                par=self.by.id,
                motif=tap.mot,
                lignes=critical,
            )


# --- what is refused -----------------------------------------------------------------------------------------


def _check(reception: Reception, tap: Tap) -> None:
    if tap.genre not in CHECKS or (tap.genre not in LIBRES and tap.valeur not in VALEURS[Genre(tap.genre)]):
        raise NotATap
    if len(tap.mot) > LONGEST:
        raise TooLong
    if "\0" in tap.mot + tap.cible:
        raise NotATap
    if not reception.jour.is_live:
        raise DayOver
    if not reception.droits.allows(tap.genre, tap.cible):
        raise NotYourTap
    if tap.genre in OF_THE_DAY and reception.day.is_too_early:
        raise TooEarly
    CHECKS[Genre(tap.genre)](reception, tap)


def _check_site(reception: Reception, tap: Tap) -> None:
    day = reception.day
    if tap.valeur == "ouvrir" and day.state.site is Site.CLOS and not day.may_reopen:
        raise AnotherDay
    if tap.valeur == "fermer" and day.state.site is Site.FERME:
        raise NotOpen
    if not tap.mot and (left := _left_open(day, tap)):
        raise ReasonWanted(tap.valeur, left)


def _left_open(day: queries.Day, tap: Tap) -> list[Point]:
    """The lines that this opening or closing leaves open, and owes a word for."""
    if tap.valeur == "ouvrir":
        return day.unsafe
    return day.left(Phase.FERMETURE) if day.state.site is Site.OUVERT else []


def _among(rows: Callable[[Reception], Iterable[Any]]) -> Callable[[Reception, Tap], None]:
    """The target is one of these rows of the day."""

    def check(reception: Reception, tap: Tap) -> None:
        if tap.cible not in {str(row.id) for row in rows(reception)}:
            raise NotOfThisDay

    return check


def _check_presence(reception: Reception, tap: Tap) -> None:
    _among(lambda r: r.day.team)(reception, tap)
    if tap.valeur == "arrive" and not reception.droits.runs:
        check_arrival(next(a for a in reception.day.team if str(a.id) == tap.cible), reception.instant(tap))


def _check_handing(reception: Reception, tap: Tap) -> None:
    _among(lambda r: r.jour.points)(reception, tap)
    if tap.valeur not in {"", *(str(a.id) for a in reception.day.team)}:
        raise NotOfThisDay


def _check_message(reception: Reception, tap: Tap) -> None:
    if not tap.mot:
        raise WordsMissing
    if tap.cible not in {"", *(str(a.mission_id) for a in reception.day.team)}:
        raise NotOfThisDay


def _check_incident(_reception: Reception, tap: Tap) -> None:
    if not tap.mot:
        raise WordsMissing


def _check_undoing(reception: Reception, tap: Tap) -> None:
    """An undoing may come before what it undoes: another phone may not have sent that yet."""
    if not UUID_SHAPE.fullmatch(tap.cible):
        raise NotATap
    target = queries.entry(tap.cible)
    if target and target.jour_id != reception.jour.id:
        raise NotOfThisDay
    if target and target.genre is Genre.SITE:
        raise SiteStays


CHECKS: dict[Genre, Callable[[Reception, Tap], None]] = {
    Genre.SITE: _check_site,
    Genre.COCHE: _among(lambda r: r.jour.points),
    Genre.PRESENCE: _check_presence,
    Genre.ETAPE: _among(lambda r: r.jour.action.programme),
    Genre.CONFIE: _check_handing,
    Genre.MESSAGE: _check_message,
    Genre.INCIDENT: _check_incident,
    Genre.ANNULE: _check_undoing,
}


# --- the day itself ------------------------------------------------------------------------------------------


def prepare(action: Action) -> None:
    """Give a confirmed action its day and its checklists, once."""
    if not insert_once(Jour, action_id=action.id, version=0):
        return
    for phase, lines in ((Phase.OUVERTURE, modeles.OUVERTURE), (Phase.FERMETURE, modeles.FERMETURE)):
        for ordre, line in enumerate(lines):
            db.session.add(Point(jour_id=action.id, phase=phase, texte=line.texte, critique=line.critique, ordre=ordre))
    db.session.flush()


def touch(action_id: int) -> None:
    """What the day shows has changed elsewhere: its team, its programme. The day's row is always locked last."""
    db.session.execute(update(Jour).where(Jour.action_id == action_id).values(version=Jour.version + 1))
