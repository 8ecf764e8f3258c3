"""Pôles, their members, spaces: what may be said of them."""

from __future__ import annotations

from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.comptes import commands as comptes
from portal.comptes.models import NomRole, Personne
from portal.db import db
from portal.journal import EntreeJournal
from portal.poles import commands, queries
from portal.poles.models import Adhesion, Espace, Genre, Pole, named
from tests import builders as make


@pytest.fixture
def admin(app) -> Personne:
    return make.personne("Ada Robert", [NomRole.ADMIN])


def space(nom: str, parent: Espace | None = None, of: Espace | None = None, **more: Any) -> Espace:
    typical = {"capacite": None, "avant_min": 0, "apres_min": 0, "by": None}
    made = commands.save_space(of, nom=nom, parent=parent, **(typical | more))
    db.session.flush()
    return made


def names(branches: list[queries.Branch]) -> list[Any]:
    return [(b.espace.nom, names(b.inside)) if b.inside else b.espace.nom for b in branches]


# --- pôles -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how_many", "said"),
    [
        (1, "le pôle jardin"),
        (2, "le pôle jardin et le groupe cuisine"),
        (3, "le pôle jardin, le groupe cuisine et le pôle sport"),
    ],
)
def test_poles_are_named_in_a_sentence(how_many, said):
    poles = [Pole(nom="jardin", genre=Genre.POLE), Pole(nom="cuisine", genre=Genre.GROUPE), Pole(nom="sport", genre=Genre.POLE)]
    assert named(poles[:how_many]) == said


def test_a_pole_is_created_then_corrected(admin):
    pole = commands.save_pole(None, nom="Culture", genre=Genre.POLE, description="", by=admin)
    commands.save_pole(pole, nom="Cultures", genre=Genre.GROUPE, description="Musique", by=admin)
    [found] = queries.poles()
    assert (found.nom, found.genre, found.description, found.label) == (
        "Cultures",
        Genre.GROUPE,
        "Musique",
        "Groupe Cultures",
    )
    entries = db.session.scalars(select(EntreeJournal).where(EntreeJournal.evenement == "pole.enregistrer")).all()
    assert [(entry.sujet, entry.personne_id) for entry in entries] == [(f"pole:{pole.id}", admin.id)] * 2


@pytest.mark.both
@pytest.mark.parametrize("nom", ["Énergie", "énergie", "ENERGIE", "Énergie  "])
def test_two_names_that_read_alike_are_one(app, nom):
    make.pole("Énergie")
    with pytest.raises(commands.NameTaken):
        make.pole(nom, Genre.GROUPE)


def test_a_pole_may_keep_its_own_name(app):
    pole = make.pole("Énergie")
    commands.save_pole(pole, nom="énergie", genre=Genre.POLE, description="", by=None)
    assert pole.nom == "énergie"


def test_poles_come_first_then_groupes_by_name(app):
    for nom, genre in (("Zen", Genre.POLE), ("Accueil", Genre.GROUPE), ("Énergie", Genre.POLE), ("Culture", Genre.POLE)):
        make.pole(nom, genre)
    assert [pole.nom for pole in queries.poles()] == ["Culture", "Énergie", "Zen", "Accueil"]


# --- members ---------------------------------------------------------------------------------------------------


def test_an_erased_person_is_welcomed_nowhere(admin):
    awa, culture = make.personne("Awa Payet"), make.pole("Culture")
    comptes.erase(awa, by=admin)
    with pytest.raises(comptes.Erased):
        commands.add_member(culture, awa, by=admin)


def test_a_member_enters_and_leaves_and_their_rights_follow(admin):
    awa, culture, jardin = make.personne("Awa Payet"), make.pole("Culture"), make.pole("Jardin")
    commands.add_member(culture, awa, by=admin)
    commands.add_member(jardin, awa, by=admin)
    assert awa.is_pole_member
    assert [pole.nom for pole in queries.poles_of(awa)] == ["Culture", "Jardin"]
    for pole, still in ((culture, True), (jardin, False)):
        adhesion = queries.adhesion(pole, awa.id)
        assert adhesion
        commands.remove_member(adhesion, by=admin)
        assert awa.is_pole_member is still
    assert queries.poles_of(awa) == []


def test_entering_twice_is_entering_once(admin):
    awa, culture = make.personne("Awa Payet"), make.pole("Culture")
    commands.add_member(culture, awa, by=admin)
    commands.add_member(culture, awa, by=admin)
    assert db.session.scalar(select(func.count()).select_from(Adhesion)) == 1
    entries = select(EntreeJournal.faits).where(EntreeJournal.evenement == "pole.accueillir")
    assert db.session.scalars(entries).all() == [{"personne": awa.id}]


def test_members_are_read_by_name(app):
    people = [make.personne(nom, email=f"m{n}@example.org") for n, nom in enumerate(("Zoé", "Émile", "awa"))]
    make.pole("Culture", members=people)
    [culture] = queries.poles_with_members()
    assert [p.nom for p in culture.members] == ["awa", "Émile", "Zoé"]


@pytest.mark.both
def test_entering_and_leaving_at_once_keeps_rights_true(app):
    """Whatever comes first, someone who is still member of a pôle keeps the rights of a member."""
    awa, culture, jardin = make.personne("Awa Payet"), make.pole("Culture"), make.pole("Jardin")
    commands.add_member(culture, awa, by=None)
    ids, barrier = (awa.id, culture.id, jardin.id), Barrier(2)
    db.session.commit()

    def enter() -> None:
        commands.add_member(db.session.get_one(Pole, ids[2]), db.session.get_one(Personne, ids[0]), by=None)

    def leave() -> None:
        adhesion = queries.adhesion(db.session.get_one(Pole, ids[1]), ids[0])
        assert adhesion
        commands.remove_member(adhesion, by=adhesion.personne)

    def run(act) -> None:
        with app.app_context():
            barrier.wait()
            act()
            db.session.commit()
            db.session.remove()

    threads = [Thread(target=run, args=(act,)) for act in (enter, leave)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.refresh(awa)
    assert [pole.nom for pole in queries.poles_of(awa)] == ["Jardin"]
    assert awa.is_pole_member


# --- spaces ----------------------------------------------------------------------------------------------------


def test_spaces_hold_one_another(app):
    site = space("La Raffinerie", capacite=300)
    case = space("La case", site, capacite=80, avant_min=30, apres_min=60)
    space("Étage", case)
    space("Cuisine", site)
    space("Parking")
    assert names(queries.space_tree()) == [("La Raffinerie", ["Cuisine", ("La case", ["Étage"])]), "Parking"]
    assert (case.capacite, case.avant_min, case.apres_min) == (80, 30, 60)


@pytest.mark.both
def test_a_space_is_never_inside_itself(app):
    site = space("Site")
    case = space("Case", site)
    room = space("Salle", case)
    for parent in (site, case, room):
        with pytest.raises(commands.SpaceLoop):
            space("Site", parent, of=site)
    assert names(queries.space_tree()) == [("Site", [("Case", ["Salle"])])]


def test_a_space_may_move_and_come_out(app):
    site = space("Site")
    case = space("Case", site)
    room = space("Salle", case)
    space("Salle", site, of=room)
    space("Case", None, of=case)
    assert names(queries.space_tree()) == ["Case", ("Site", ["Salle"])]


def test_two_spaces_do_not_share_a_name(app):
    space("Étage")
    with pytest.raises(commands.NameTaken):
        space("etage")


def test_a_refused_space_is_not_created(app):
    space("Case")
    with pytest.raises(commands.NameTaken):
        space("Case")
    assert len(queries.espaces()) == 1
