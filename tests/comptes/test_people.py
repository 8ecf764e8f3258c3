"""Making people known, their roles, their accounts: what holds whoever asks and however often."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from portal import clock, security
from portal.comptes import commands, entree, queries
from portal.comptes.models import Jeton, NomRole, Personne, Session
from portal.db import db
from portal.journal import EntreeJournal
from tests import builders as make

ADMIN, BIENVEILLANT, TRESORIER = NomRole.ADMIN, NomRole.BIENVEILLANT, NomRole.TRESORIER


@pytest.fixture
def admin(app) -> Personne:
    return make.personne("Ada Robert", [ADMIN])


def journal(event: str) -> list[EntreeJournal]:
    return list(db.session.scalars(select(EntreeJournal).where(EntreeJournal.evenement == event)))


def roles(personne: Personne) -> set[str]:
    db.session.commit()
    found = queries.holder(personne.email)
    assert found
    return {role.nom.value for role in found.roles}


# --- being added -----------------------------------------------------------------------------------------------


def test_a_person_added_by_an_admin_is_invited(admin, outbox):
    with clock.freeze(clock.now()):
        awa = commands.add_person(nom="Awa Payet", email="Awa@Example.org", roles=[BIENVEILLANT], by=admin)
        [message] = outbox()
        assert (message.genre, message.adresse) == ("invitation", "Awa@Example.org")
        jeton = db.session.get_one(Jeton, message.faits["jeton"])
        assert message.faits == {"personne": awa.id, "nom": "Awa Payet", "jeton": jeton.id, "par": admin.id}
        assert (jeton.personne_id, jeton.suite) == (awa.id, "/comptes/mot-de-passe")
        assert jeton.expire_le == clock.now() + timedelta(days=7)
    assert roles(awa) == {"bienveillant"}
    assert [entry.personne_id for entry in journal("personne.ajouter")] == [None, admin.id]


def test_the_invitation_opens_the_choice_of_a_password_once(admin, client):
    awa = commands.add_person(nom="Awa Payet", email="awa@example.org", roles=[BIENVEILLANT], by=admin)
    link = f"/comptes/lien/{security.seal('connexion', jeton_of(awa).id, 1)}"
    assert client.get(link).status_code == 200
    first = client.post(link)
    assert (first.status_code, first.location) == (303, "/comptes/mot-de-passe")
    assert client.get("/comptes/mot-de-passe").status_code == 200
    assert client.post(link).status_code == 410


def test_an_invitation_is_good_for_a_week(admin, client):
    awa = commands.add_person(nom="Awa Payet", email="awa@example.org", by=admin)
    link = f"/comptes/lien/{security.seal('connexion', jeton_of(awa).id, 1)}"
    now = clock.now()
    with clock.freeze(now + timedelta(days=7, seconds=1)):
        assert client.get(link).status_code == 410
    with clock.freeze(now + timedelta(days=6, hours=23)):
        assert client.get(link).status_code == 200


def jeton_of(personne: Personne) -> Jeton:
    return db.session.scalars(select(Jeton).where(Jeton.personne_id == personne.id)).one()


def test_nobody_is_invited_by_the_machine(app, outbox):
    make.personne("Awa Payet", [BIENVEILLANT])
    assert outbox() == []


@pytest.mark.parametrize("typed", ["awa@example.org", "AWA@Example.org", "ａｗａ@example.org"])
def test_an_address_belongs_to_one_person(admin, typed):
    commands.add_person(nom="Awa Payet", email="awa@example.org", by=admin)
    with pytest.raises(commands.AddressTaken):
        commands.add_person(nom="Une autre", email=typed, by=admin)
    assert queries.people("autre", 1).total == 0


def test_the_address_of_a_deactivated_person_stays_theirs(admin):
    awa = commands.add_person(nom="Awa Payet", email="awa@example.org", by=admin)
    commands.set_active(awa, False, by=admin)
    with pytest.raises(commands.AddressTaken):
        commands.add_person(nom="Awa encore", email="awa@example.org", by=admin)


def test_a_provisional_person_does_not_hold_an_address(admin):
    commands.introduce(nom="Inconnu", email="awa@example.org")
    awa = commands.add_person(nom="Awa Payet", email="awa@example.org", by=admin)
    assert queries.confirmed("awa@example.org") is awa


@pytest.mark.both
def test_two_admins_adding_the_same_address_at_once_make_one_person(app, admin):
    db.session.commit()
    outcomes = both_at_once(app, lambda _: commands.add_person(nom="Awa", email="awa@example.org", by=None))
    assert sorted(outcomes) == ["AddressTaken", "ok"]
    assert queries.people("awa", 1).total == 1


def both_at_once(app, act) -> list[str]:
    """Run act(0) and act(1) in two threads of their own transaction; says how each ended."""
    barrier, outcomes = Barrier(2), []

    def run(number: int) -> None:
        with app.app_context():
            barrier.wait()
            try:
                act(number)
                db.session.commit()
                outcomes.append("ok")
            except Exception as error:
                db.session.rollback()
                outcomes.append(type(error).__name__)
            db.session.remove()

    threads = [Thread(target=run, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


# --- being corrected -------------------------------------------------------------------------------------------


def test_correcting_a_person_is_journaled_with_what_changed(admin):
    awa = make.personne("Awa Payet")
    commands.edit_person(awa, nom="Awa Hoarau", telephone="", by=admin)
    commands.edit_person(awa, nom="Awa Hoarau", telephone="", by=admin)
    [entry] = journal("personne.modifier")
    assert (entry.sujet, entry.personne_id, entry.faits) == (f"personne:{awa.id}", admin.id, {"champs": ["nom"]})


def test_a_corrected_name_is_the_one_searched(admin):
    awa = make.personne("Awa Payet")
    commands.edit_person(awa, nom="Éloïse Çelik", telephone="", by=admin)
    assert [p.nom for p in queries.people("eloise celik", 1).items] == ["Éloïse Çelik"]
    assert queries.people("payet", 1).items == []


# --- roles -----------------------------------------------------------------------------------------------------


def test_roles_are_given_and_taken(admin):
    awa = make.personne("Awa Payet", [BIENVEILLANT])
    commands.set_roles(awa, [TRESORIER, ADMIN], by=admin)
    assert roles(awa) == {"tresorier", "admin"}
    [entry] = journal("personne.roles")
    assert (entry.avant, entry.apres, entry.personne_id) == ("bienveillant", "admin,tresorier", admin.id)


def test_the_same_roles_again_change_nothing(admin):
    awa = make.personne("Awa Payet", [BIENVEILLANT])
    commands.set_roles(awa, [BIENVEILLANT], by=admin)
    assert journal("personne.roles") == []


def test_nobody_grants_themself_a_role(admin):
    with pytest.raises(commands.OwnRole):
        commands.set_roles(admin, [ADMIN, TRESORIER], by=admin)
    assert roles(admin) == {"admin"}


def test_an_admin_may_step_down_when_another_stays(admin):
    make.personne("Bob Técher", [ADMIN])
    commands.set_roles(admin, [], by=admin)
    assert roles(admin) == set()


def test_the_last_admin_stays(admin):
    with pytest.raises(commands.LastAdmin):
        commands.set_roles(admin, [], by=admin)
    with pytest.raises(commands.LastAdmin):
        commands.set_active(admin, False, by=admin)
    assert roles(admin) == {"admin"}


def test_a_deactivated_admin_does_not_count(admin):
    bob = make.personne("Bob Técher", [ADMIN])
    commands.set_active(bob, False, by=admin)
    with pytest.raises(commands.LastAdmin):
        commands.set_roles(admin, [], by=admin)
    commands.set_roles(bob, [], by=admin)  # this one administers nothing any more
    assert roles(bob) == set()


@pytest.mark.both
def test_two_admins_leaving_at_once_leave_one(app, admin):
    bob = make.personne("Bob Técher", [ADMIN])
    ids = [admin.id, bob.id]
    db.session.commit()

    def step_down(number: int) -> None:
        mine = db.session.get_one(Personne, ids[number], options=queries.WITH_ROLES)
        if number:
            commands.set_roles(mine, [], by=mine)
        else:
            commands.set_active(mine, False, by=mine)

    assert sorted(both_at_once(app, step_down)) == ["LastAdmin", "ok"]


# --- accounts --------------------------------------------------------------------------------------------------


def test_deactivating_closes_sessions_and_links(admin):
    awa = make.personne("Awa Payet", password="trois mots au hasard")
    entree.open_session(awa)
    jeton = entree.ask_link(awa.email, suite="/")
    commands.set_active(awa, False, by=admin)
    db.session.flush()
    assert db.session.scalars(select(Session)).all() == []
    assert queries.confirmed(awa.email) is None
    commands.set_active(awa, True, by=admin)
    with pytest.raises(entree.LinkUsed):  # what was sent before does not open again with the account
        entree.use_link(jeton.id, 1)
    assert [entry.personne_id for entry in journal("personne.desactiver")] == [admin.id]


def test_deactivating_twice_is_journaled_once(admin):
    awa = make.personne("Awa Payet")
    commands.set_active(awa, False, by=admin)
    when = awa.desactive_le
    commands.set_active(awa, False, by=admin)
    assert awa.desactive_le == when
    assert len(journal("personne.desactiver")) == 1


def test_a_deactivated_person_comes_back_with_their_roles(admin):
    awa = make.personne("Awa Payet", [BIENVEILLANT])
    commands.set_active(awa, False, by=admin)
    commands.set_active(awa, True, by=admin)
    assert queries.confirmed(awa.email) is awa
    assert roles(awa) == {"bienveillant"}


def test_a_closed_account_is_sent_no_link_and_is_not_replaced(admin, outbox):
    awa = make.personne("Awa Payet", email="awa@example.org")
    commands.set_active(awa, False, by=admin)
    provisional = commands.introduce(nom="Awa", email="awa@example.org")
    entree.ask_link("awa@example.org", suite="/")
    assert outbox() == []
    with pytest.raises(commands.AccountClosed):
        commands.confirm(provisional)
    assert provisional.confirme_le is None


# --- the list --------------------------------------------------------------------------------------------------


def test_people_are_listed_as_a_dictionary_would(app):
    for nom in ("zoé", "Émile", "Awa", "éric", "Zoa"):
        make.personne(nom, email=f"x{len(nom)}{ord(nom[0])}{ord(nom[-1])}@example.org")
    assert [p.nom for p in queries.people("", 1).items] == ["Awa", "Émile", "éric", "Zoa", "zoé"]


@pytest.mark.both
@pytest.mark.parametrize("search", ["hoarau", "HOARAU", "zoé", "ZOE", "hoarau zoe", "zoe.h@", "o"])
def test_a_search_finds_names_however_they_are_typed(app, search):
    make.personne("Zoé Hoarau", email="zoe.h@example.org")
    make.personne("Guy Laval", email="guy@pays.example.com")
    found = [p.nom for p in queries.people(search, 1).items]
    assert found == (["Guy Laval", "Zoé Hoarau"] if search == "o" else ["Zoé Hoarau"])


@pytest.mark.parametrize("search", ["%", "_", "zo%h", "\\", "x" * 200, "'; DROP TABLE personne; --"])
def test_what_is_typed_is_only_text(app, search):
    make.personne("Zoé Hoarau")
    assert queries.people(search, 1).items == []


def test_a_provisional_person_is_not_listed(app):
    commands.introduce(nom="Inconnu", email="inconnu@example.org")
    assert queries.people("", 1).total == 0


def test_the_list_comes_in_pages_of_fifty(app):
    for number in range(51):
        make.personne(f"Personne {number:02d}", email=f"p{number}@example.org")
    first, second = queries.people("", 1), queries.people("", 2)
    assert (len(first.items), first.total, first.pages) == (50, 51, 2)
    assert [p.nom for p in second.items] == ["Personne 50"]


def test_two_people_are_never_equal(admin):
    awa = make.personne()
    assert awa != admin
    assert awa not in [admin]
    assert awa in [admin, awa]
