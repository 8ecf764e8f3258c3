"""The actions of before the portal: what each line of a file would do, and doing it. They come in settled."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms.validators import DataRequired, Optional, ValidationError

from portal import clock
from portal.actions import commands as actions
from portal.actions import queries
from portal.actions.forms import MOST, at_most
from portal.actions.models import LONGEST, Canal, TypeAction
from portal.comptes.models import Personne
from portal.fields import Form, Line, LocalDateTime, Whole, name_key
from portal.filters import jour_long
from portal.poles import queries as poles
from portal.poles.models import Genre, Pole
from portal.reglages.lecture import Rangee, Tableau
from portal.reglages.plan import Ligne, Plan, Sort, first_error

COLONNES = {
    "titre": ("titre", "action", "évènement", "nom"),
    "debut": ("début", "date", "date de début", "jour"),
    "fin": ("fin", "date de fin"),
    "lieu": ("lieu", "espace"),
    "pole": ("pôle porteur", "pôle"),
    "organisation": ("organisation", "demandeur", "client", "structure"),
    "personnes": ("jauge", "personnes", "public", "participants"),
    "type": ("type",),
    "canal": ("arrivée par", "canal"),
}
WANTED = ("titre", "debut", "lieu")
MODELE = (
    ("Fête du moulin", "29/10/2022 9h", "29/10/2022 21h30", "La grande cour", "Culture", "DAL974", "120"),
    ("Atelier vannerie", "12/03/2023", "", "La case", "", "", ""),
)
TETE = ("titre", "début", "fin", "lieu", "pôle porteur", "organisation", "jauge")
NOBODY = "Organisation non notée"
DATE = "«\u00a0{}\u00a0» n’est pas une date qui existe\u00a0: par exemple 29/10/2022, ou 29/10/2022 9h30."


class ActionLine(Form):
    class Meta(Form.Meta):
        csrf = False

    titre = Line("Titre", [DataRequired("Il manque le titre."), at_most(120, "Ce titre")])
    debut = Line("Début", [DataRequired("Il manque la date.")])
    fin = Line("Fin")
    lieu = Line("Lieu", [DataRequired("Il manque le lieu."), at_most(200, "Ce lieu")])
    organisation = Line("Organisation", [at_most(120, "Ce nom")])
    personnes = Whole("Jauge", [Optional()], least=1, most=MOST)
    type = Line("Type")
    canal = Line("Arrivée par")
    slot: tuple[datetime, datetime]

    def validate_fin(self, _fin: Line) -> None:
        """Without an hour it is the whole day; an hour alone is the first one of that name after it begins."""
        said = self.debut.data or ""
        debut = _instant(said)
        if debut is None:
            raise ValidationError(DATE.format(said[:30]))
        said = self.fin.data or re.split("[ T]", said)[0]
        fin = _instant(said, end=True) if re.search("[/-]", said) else _hour(said, debut)
        if fin is None:
            raise ValidationError(DATE.format(said[:30]))
        self.slot = debut, fin
        _check(debut, fin)


def _instant(words: str, *, end: bool = False) -> datetime | None:
    """The instant that these words say; of a day alone, its midnight or, at the `end`, the next one."""
    if " " in words or "T" in words:
        return LocalDateTime.read(words)
    for midnight in (f"{words} 00:00", f"{words}T00:00"):
        if found := LocalDateTime.read(midnight):
            return clock.end_of(clock.local(found).date()) if end else found
    return None


def _hour(words: str, debut: datetime) -> datetime | None:
    """That hour of the day of `debut`; of the next one when it is over by then, as many an evening is."""
    words = re.sub(r"^(24h(00)?|minuit)$", "0h", words.replace(" ", ""))
    day = clock.local(debut)
    fin = _instant(f"{day:%d/%m/%Y} {words}")
    return fin if fin is None or fin >= debut else _instant(f"{day + timedelta(days=1):%d/%m/%Y} {words}")


def _check(debut: datetime, fin: datetime) -> None:
    if fin <= debut:
        raise ValidationError("Elle finit avant de commencer.")
    if fin - debut > LONGEST:
        raise ValidationError(f"Elle dure plus de {LONGEST.days} jours\u00a0: fais-en plusieurs lignes.")
    if fin > clock.now():
        raise ValidationError("Elle n’est pas finie\u00a0: une action à venir se note depuis «\u00a0Nouvelle action\u00a0».")


Jumelle = tuple[str, str]  # the title and the day by which two are one


def plan(tableau: Tableau) -> Plan:
    """Two queries, however many lines."""
    carrying = {name_key(said): p for p in poles.poles() if p.genre is Genre.POLE for said in (p.nom, p.label)}
    read = [(rangee, ActionLine(MultiDict(rangee.cellules))) for rangee in tableau.rangees]
    slots = [form.slot for _, form in read if not first_error(form)]
    known = {_twin(*there) for there in queries.titles_between(slots)}
    return Plan([_line(rangee, form, carrying, known) for rangee, form in read], tableau.ignorees)


def _twin(titre: str, debut: datetime) -> Jumelle:
    return name_key(titre), f"{clock.local(debut):%Y-%m-%d}"


def _line(rangee: Rangee, form: ActionLine, carrying: dict[str, Pole], known: set[Jumelle]) -> Ligne:
    quoi = (form.titre.data or "sans titre")[:120]
    named, unknown = _named(rangee, carrying)
    if refusal := rangee.faute or first_error(form) or unknown:
        return Ligne(rangee.numero, quoi, Sort.REFUSEE, refusal)
    debut, fin = form.slot
    if (twin := _twin(quoi, debut)) in known:
        return Ligne(rangee.numero, quoi, Sort.INCHANGEE, "Une action de ce titre, ce jour-là. Rien ne change.")
    known.add(twin)
    said = {"titre": quoi, "debut": debut, "fin": fin, "lieu": form.lieu.data, "personnes": form.personnes.data}
    organisation = form.organisation.data or NOBODY
    return Ligne(rangee.numero, quoi, Sort.CREEE, jour_long(debut), named | said | {"organisation": organisation})


def _named(rangee: Rangee, carrying: dict[str, Pole]) -> tuple[dict[str, Any], str]:
    """What the line calls by its name, then "" or what nobody knows by that name."""
    kinds: dict[str, dict[str, Any]] = {
        "type": {name_key(t.label): t for t in TypeAction},
        "canal": {name_key(c.label): c for c in Canal},
        "pole": {name: pole.id for name, pole in carrying.items()},
    }
    fait: dict[str, Any] = {"type": TypeAction.AUTRE, "canal": Canal.PERMANENCE, "pole": None}
    for column, known in kinds.items():
        if asked := rangee.cellules.get(column):
            if name_key(asked) not in known:
                return {}, f"{COLONNES[column][0].capitalize()}\u00a0: rien ne s’appelle «\u00a0{asked[:60]}\u00a0»."
            fait[column] = known[name_key(asked)]
    return fait, ""


def apply(plan: Plan, *, source: str, by: Personne) -> None:
    for ligne in plan.to_do:
        said = dict(ligne.fait)
        actions.take_in(by=by, source=source, pole_porteur_id=said.pop("pole"), **said)
