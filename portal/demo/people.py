"""The house: its people, its pôles and groupes, its spaces, what it lends and offers."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from sqlalchemy import select

from portal.actions.models import reading
from portal.comptes import commands as comptes
from portal.comptes import entree
from portal.comptes.models import Jeton, NomRole, Personne
from portal.db import db
from portal.demo.devis import plan_prices
from portal.demo.story import PAGES, Sheet, Story, page
from portal.equipe import commands as equipe
from portal.jour_j import preparation
from portal.jour_j.listes import Place
from portal.jour_j.modeles import Ligne
from portal.jour_j.models import Phase
from portal.moi import commands as moi
from portal.poles import commands as poles
from portal.poles.models import Genre, Ressource


def plan(story: Story, *, accounts: Collection[str], password: str) -> None:
    """Who arrives when; the `accounts` are the addresses that sign in with that password."""
    house = page(PAGES / "maison.toml")
    for number, person in enumerate(house["personnes"], start=1):
        key = person["cle"]
        story.contacts[key] = contact = {
            "nom": person["nom"],
            "email": f"{key}@example.org",  # reserved: no message ever reaches anybody
            "telephone": f"+2626920000{number:02d}",
        }
        if "depuis" in person:
            secret = password if contact["email"] in accounts else ""
            story.at(story.ago(person["depuis"]), partial(_welcome, story, person, contact, secret))
    story.at(story.ago("895 j"), partial(_settle, story, house))
    story.at(story.ago("500 j 19:30"), partial(_list_what_is_checked, story, house))
    plan_prices(story, house)


def _welcome(story: Story, person: Sheet, contact: Sheet, password: str) -> None:
    admin = story.people.get("admin")
    roles = [NomRole(name) for name in person.get("roles", ())]
    known = comptes.add_person(**contact, roles=roles, password=password, by=admin)
    story.people[person["cle"]] = known
    if admin and not person.get("attendue"):
        _come_in(known)
    if note := person.get("note"):
        story.at(story.evening(note["le"]), partial(_keep_in_mind, story, known, note))
    for name in person.get("poles", ()):
        poles.add_member(story.poles[name], known, by=admin)
    if "profil" in person:
        _tell_profile(story, known, person["profil"])


def _come_in(known: Personne) -> None:
    """By the link of their invitation."""
    entree.use_link(db.session.scalars(select(Jeton.id).where(Jeton.personne_id == known.id)).one(), generation=1)


def _tell_profile(story: Story, known: Personne, told: Sheet) -> None:
    """What they told of themself; the pôles that they like by their names."""
    likes = [f"nature:{nature}" for nature in told.get("natures", ())]
    likes += [f"pole:{story.poles[name].id}" for name in told.get("poles", ())]
    lists = {"disponibilites": told.get("libre", []), "competences": told.get("sait", []), "envies": likes}
    moi.tell_profile(known, **lists, sollicitable=True, by=known)


def _keep_in_mind(story: Story, known: Personne, note: Sheet) -> None:
    equipe.annotate(known, by=story.people[note["par"]], read=reading(equipe.sheet_of(None)), texte=note["texte"])


def _settle(story: Story, house: Sheet) -> None:
    """The pôles, the groupes and the spaces, as the first person of the house enters them."""
    admin = story.people["admin"]
    for pole in house["pole"]:
        story.poles[pole["nom"]] = poles.save_pole(
            None, nom=pole["nom"], genre=Genre(pole["genre"]), description=pole["description"], by=admin
        )
    spaces = story.spaces
    for space in house["espaces"]:
        spaces[space["nom"]] = poles.save_space(
            None,
            nom=space["nom"],
            parent=spaces[space["dans"]] if "dans" in space else None,
            capacite=space.get("capacite"),
            avant_min=space.get("avant_min", 0),
            apres_min=space.get("apres_min", 0),
            by=admin,
        )
    _equip(story, house)


def _list_what_is_checked(story: Story, house: Sheet) -> None:
    """The lists of some spaces; those of the whole site are the ones that any house begins with."""
    for sheet in house["liste"]:
        place = Place(story.spaces[sheet["espace"]].id, Phase(sheet["phase"]))
        lines = [Ligne(text.removeprefix("! "), text.startswith("! ")) for text in sheet["lignes"]]
        preparation.save(place, lines, read=0, by=story.people["admin"])


def _equip(story: Story, house: Sheet) -> None:
    """What is lent, then what is offered, in the order of the page."""
    admin = story.people["admin"]
    for thing in house["materiel"]:
        story.equipment[thing["nom"]] = poles.save_equipment(
            None, nom=thing["nom"], stock=thing["stock"], pole=story.poles[thing["pole"]], by=admin
        )
    for ordre, offered in enumerate(house["prestation"]):
        poles.save_prestation(
            None,
            titre=offered["titre"],
            description=offered.get("description", ""),
            ressource=Ressource(offered["ressource"]),
            pole=story.poles.get(offered.get("pole", "")),
            espace=story.spaces.get(offered.get("espace", "")),
            materiel=story.equipment.get(offered.get("materiel", "")),
            ordre=ordre,
            by=admin,
        )
