"""The people of a former list: what a file would do of each line, and doing it. A file gives no role and sends no message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms.validators import DataRequired

from portal.actions.forms import at_most
from portal.comptes import commands as comptes
from portal.comptes import queries as people
from portal.comptes.models import Personne
from portal.db import lock
from portal.fields import Email, Form, Line, Phone, address_key, name_key
from portal.poles import commands as house
from portal.poles import queries as poles
from portal.poles.models import Pole
from portal.reglages.lecture import Rangee, Tableau
from portal.reglages.plan import Ligne, Plan, Sort, first_error

COLONNES = {
    "nom": ("nom", "nom complet", "nom et prénom", "prénom et nom"),
    "prenom": ("prénom",),
    "email": ("e-mail", "mail", "courriel", "adresse e-mail", "adresse mail", "adresse électronique"),
    "telephone": ("téléphone", "tél", "tél.", "portable", "mobile", "numéro"),
    "pole": ("pôle", "groupe", "pôle ou groupe"),
}
WANTED = ("nom", "email")
MODELE = (("Léa Grondin", "lea@example.org", "0692 12 34 56", "Culture"), ("Joël Rivière", "joel@example.org", "", ""))
TETE = ("nom", "e-mail", "téléphone", "pôle")


class PersonLine(Form):
    class Meta(Form.Meta):
        csrf = False

    nom = Line("Nom", [DataRequired("Il manque le nom."), at_most(120, "Ce nom")])
    email = Email("Adresse", [DataRequired("Il manque l’adresse e-mail.")])
    telephone = Phone("Téléphone")


@dataclass
class Connue:
    """Somebody as they are, or as the lines above will have made them."""

    telephone: str
    poles: set[int]
    active: bool = True


def plan(tableau: Tableau) -> Plan:
    """Four queries at most, however many lines."""
    standing = {name_key(said): pole for pole in poles.poles() for said in (pole.nom, pole.label)}
    read = [(rangee, _form(rangee)) for rangee in tableau.rangees]
    holders = people.holders({address_key(form.email.data) for _, form in read})
    held = poles.memberships([personne.id for personne in holders.values()])
    known = {adresse: Connue(p.telephone, held[p.id], p.is_active) for adresse, p in holders.items()}
    return Plan([_line(rangee, form, standing, known) for rangee, form in read], tableau.ignorees)


def _form(rangee: Rangee) -> PersonLine:
    said = rangee.cellules
    nom = f"{said.get('prenom', '')} {said.get('nom', '')}".strip()
    return PersonLine(MultiDict({"nom": nom, "email": said.get("email", ""), "telephone": said.get("telephone", "")}))


def _line(rangee: Rangee, form: PersonLine, standing: dict[str, Pole], known: dict[str, Connue]) -> Ligne:
    quoi = (form.nom.data or form.email.data or "sans nom")[:120]
    asked = rangee.cellules.get("pole", "")
    pole = standing.get(name_key(asked))
    unknown = f"Aucun pôle ni groupe ne s’appelle «\u00a0{asked[:60]}\u00a0»." if asked and not pole else ""
    if refusal := rangee.faute or first_error(form) or unknown:
        return Ligne(rangee.numero, quoi, Sort.REFUSEE, refusal)
    adresse = address_key(form.email.data)
    there = known.get(adresse)
    if there and not there.active:
        return Ligne(rangee.numero, quoi, Sort.REFUSEE, "Son compte est désactivé\u00a0: il se rouvre depuis sa fiche.")
    fait: dict[str, Any] = {"nom": form.nom.data, "email": form.email.data, "adresse": adresse, "telephone": "", "pole": None}
    now = known.setdefault(adresse, Connue("", set()))
    added = []
    if form.telephone.data and not now.telephone:
        fait["telephone"] = now.telephone = form.telephone.data
        added.append("téléphone")
    if pole and pole.id not in now.poles:
        fait["pole"] = pole.id
        now.poles.add(pole.id)
        added.append(f"membre de\u00a0: {pole.label}")
    sort = Sort.CREEE if there is None else Sort.COMPLETEE if added else Sort.INCHANGEE
    return Ligne(rangee.numero, quoi, sort, ", ".join(added) or ("" if there is None else "Rien ne change."), fait)


def apply(plan: Plan, *, source: str, by: Personne) -> None:
    """Raises comptes.AddressTaken when somebody else has just added one of them."""
    standing = {pole.id: pole for pole in poles.poles()}
    known = people.holders({ligne.fait["adresse"] for ligne in plan.to_do})
    lock(Personne, *(personne.id for personne in known.values()))
    for ligne in plan.to_do:
        fait = ligne.fait
        personne = known.get(fait["adresse"])
        if personne is None:
            said = {"nom": fait["nom"], "email": fait["email"], "telephone": fait["telephone"]}
            personne = known[fait["adresse"]] = comptes.take_in(**said, source=source, by=by)
        elif personne.is_erased:  # meanwhile: nothing of theirs comes back
            continue
        else:
            comptes.complete(personne, telephone=fait["telephone"], source=source, by=by)
        if fait["pole"]:
            house.add_member(standing[fait["pole"]], personne, by=by)
