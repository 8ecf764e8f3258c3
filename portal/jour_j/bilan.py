"""What a day came to, once it is over, as data: its page and its paper are made of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any, NamedTuple

from portal import clock
from portal.actions.models import Action
from portal.fields import quantite
from portal.filters import creneau, date_courte, date_longue, duree, heure
from portal.jour_j.consommations import Used
from portal.jour_j.incidents import Incident
from portal.jour_j.jauge import Jauge
from portal.jour_j.models import Entree, Genre, Jour, Phase, Point, named
from portal.jour_j.pli import Presence
from portal.jour_j.queries import Day
from portal.jour_j.sejours import Sejour, sejours
from portal.missions.models import Affectation


class Heures(NamedTuple):
    """The time of one place, as it is proposed or was validated."""

    nom: str
    mission: str
    minutes: int
    etat: str


Reads = Callable[[Action], Sequence[Heures]]
_reads: list[Reads] = []


def reads_the_hours(function: Reads) -> Reads:
    """Decorator: the package of the contributions, above this one, says what hours are proposed."""
    _reads.append(function)
    return function


def content(jour: Jour, used: Iterable[Used]) -> dict[str, Any]:
    """The closing report of a day loaded WITH_DAY, in plain JSON and the words of its page; four queries, whatever it holds."""
    day, action = Day(jour, clock.now()), jour.action
    standing = _standing(day)
    hours = _reads[0](action)
    return {
        "titre": action.titre,
        "quand": f"{date_longue(action.debut)}, {creneau(action.debut, action.fin)}",
        "lieu": action.lieu,
        "site": [_moment(day, e) for e in standing if e.genre is Genre.SITE],
        "charge": list(_charges(day)),
        "programme": [row._asdict() for row in day.deroule.realise],
        "a_l_heure": " sur ".join(map(str, day.deroule.on_time)) if day.deroule.on_time[1] else "",
        "public": _public(day),
        "equipe": list(_crew(day, standing)),
        "heures": [h._asdict() | {"duree": duree(h.minutes)} for h in hours],
        "total": duree(sum(h.minutes for h in hours)),
        "listes": [{"phase": p.label, "restent": [_owed(day, point) for point in day.owed(day.points(p))]} for p in Phase],
        "incidents": [_incident(day, incident) for incident in day.noted],
        "consommations": [_used(line) for line in used],
    }


def _standing(day: Day) -> list[Entree]:
    return [e for e in day.entries if not day.line(e).is_undone]


def _at(day: Day, instant: datetime) -> str:
    """ "9 h", with its date when the action lasts for days."""
    return f"{date_courte(instant)}, {heure(instant)}" if day.lasts_days else heure(instant)


def _moment(day: Day, e: Entree) -> dict[str, str]:
    return {"fait": named(e.genre, e.valeur), "heure": _at(day, e.quand), "par": e.personne.nom, "mot": e.mot}


def _charges(day: Day) -> Iterator[dict[str, str]]:
    """Who was in charge from when to when, one after the other; until nothing while the site is open."""
    moves = [e.quand for e in _standing(day) if e.genre in (Genre.SITE, Genre.CHARGE)]
    spans: list[tuple[str, datetime]] = []
    for instant in moves:
        chief = day.before(instant).in_charge
        name = chief.nom if chief else ""
        if not spans or spans[-1][0] != name:
            spans.append((name, instant))
    for (name, since), (_, until) in zip_longest(spans, spans[1:], fillvalue=("", None)):
        if name and since:
            yield {"nom": name, "de": _at(day, since), "a": _at(day, until) if until else ""}


def _public(day: Day) -> dict[str, Any] | None:
    jauge = Jauge(day.state.passages, day.present, None)
    if not jauge.passages or jauge.peak is None:
        return None
    (quand, pic), curve = jauge.peak, jauge.curve
    return {
        "pic": pic,
        "a": _at(day, quand),
        "entrees": jauge.entries,
        "courbe": [[int((at - curve[0][0]) / timedelta(minutes=1)), public] for at, public in curve],
        "de": _at(day, curve[0][0]),
        "fin": _at(day, curve[-1][0]),
    }


def _crew(day: Day, standing: Sequence[Entree]) -> Iterator[dict[str, str]]:
    """Whoever holds a place, and whoever came on any of its days, unless that was a mistake which the journal puts right."""
    for place in day.places:
        taps = [e for e in standing if e.genre is Genre.PRESENCE and e.cible == str(place.id)]
        stays = sejours(taps)
        if stays or place in day.held:
            yield _place(day, place, stays, missed=not stays and bool(taps) and taps[-1].valeur == Presence.ABSENT)


def _place(day: Day, held: Affectation, stays: Sequence[Sejour], *, missed: bool) -> dict[str, str]:
    """When somebody came and left: their last stay, and those before it in a few words; what was never tapped is empty."""
    *before, last = stays or [Sejour()]
    came, left = (_at(day, instant) if instant else "" for instant in (last.debut, last.fin))
    absent = "Absence" if missed else ""
    told = {"arrivee": came, "depart": left, "avant": ", ".join(_stay(day, stay) for stay in before), "absence": absent}
    return {"nom": held.personne.nom, "mission": held.mission.titre} | told


def _stay(day: Day, stay: Sejour) -> str:
    """ "9 h à 12 h"."""
    told = (_at(day, instant) for instant in (stay.debut, stay.fin) if instant)
    return "\u00a0à\u00a0".join(told) if stay.debut else f"jusqu’à {_at(day, stay.fin)}" if stay.fin else ""


def _owed(day: Day, point: Point) -> str:
    """A line that nobody looked at, or that is not as it should be, with what was said of it."""
    mark = day.mark(point)
    return f"{point.label} (non conforme\u00a0: {mark.mot})" if mark else point.label


def _incident(day: Day, incident: Incident) -> dict[str, Any]:
    e = incident.entree
    return {
        "heure": _at(day, e.quand),
        "lieu": e.lieu,
        "gravite": incident.gravite.label,
        "mot": e.mot,
        "mesures": e.mesures,
        "annule": incident.taken_back,
        "suites": [
            {"mot": f"{_at(day, s.quand)}, {s.personne.nom}\u00a0: {s.mot}", "annule": incident.undoing_of(s)}
            for s in incident.suites
        ],
        "present": ", ".join(personne.nom for personne in incident.present),
        "public": incident.public,
        "par": e.personne.nom,
    }


def _used(line: Used) -> dict[str, str]:
    said = line.said
    real, who = (quantite(said.quantite), said.par.nom) if said else ("", "")
    return {"libelle": line.libelle, "prevu": line.foreseen, "reel": real, "par": who}
