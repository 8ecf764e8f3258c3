"""What a pôle has promised stays true when the sheet of the action, or the house itself, changes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import event

from portal.actions import commands as actions
from portal.actions.models import reading
from portal.actions.processus import annuler, enregistrer
from portal.besoins import commands
from portal.besoins.models import confirmer
from portal.besoins.occupations import Crossed
from portal.besoins.reactions import Outgrown
from portal.db import db
from portal.poles.commands import save_space
from tests import builders

HOUR = timedelta(hours=1)


def promised(house, action, thing, **fields):
    made = builders.besoin(action, house.groupe, thing, **fields)
    commands.answer(made, confirmer, by=house.gina)
    return made


def expect(action, personnes):
    sheet = {name: value for name, value in action.sheet.items() if not name.startswith("demandeur_")}
    read = reading(action.sheet)
    actions.edit(action, by=action.bienveillant, read=read, demandeur={}, **sheet | {"personnes": personnes})


def change(espace, **fields):
    names = ("nom", "parent", "capacite", "avant_min", "apres_min")
    save_space(espace, by=None, **{name: getattr(espace, name) for name in names} | fields)


# --- how many are expected -----------------------------------------------------------------------------------


@pytest.mark.both
def test_more_people_than_the_promised_space_holds_are_not_expected(house):
    action = house.action(personnes=30)
    promised(house, action, house.salle)
    with pytest.raises(Outgrown, match="attendrait 41 personnes, et La salle n’en reçoit que 40"):
        expect(action, 41)


def test_as_many_as_it_holds_are(house):
    action = house.action(personnes=30)
    promised(house, action, house.salle)
    expect(action, 40)
    assert action.personnes == 40


def test_more_are_when_the_pole_was_told_why_it_holds(house):
    action = house.action(personnes=30)
    promised(house, action, house.salle, depassement="Dehors aussi.")
    expect(action, 60)
    assert action.personnes == 60


def test_more_are_while_nobody_was_asked(house):
    action = house.action(personnes=30)
    builders.besoin(action, house.groupe, house.salle, asked=False)
    expect(action, 60)
    assert action.personnes == 60


def test_refused_on_the_sheet_every_word_is_kept(house, as_):
    action = house.action(personnes=30)
    promised(house, action, house.salle)
    sheet = {name: value for name, value in action.sheet.items() if value is not None}
    day = {name: f"{action.sheet[name] + 4 * HOUR:%Y-%m-%dT%H:%M}" for name in ("debut", "fin")}
    sent = sheet | day | {"lu": reading(action.sheet), "personnes": "41", "titre": "Fête du sucre"}
    answer = as_(house.zoe).post(f"/actions/{action.id}/modifier", data=sent)
    page = BeautifulSoup(answer.text, "html5lib")
    assert answer.status_code == 422
    assert [page.select_one(f"#{name}")["value"] for name in ("personnes", "titre")] == ["41", "Fête du sucre"]
    assert "reprends d’abord ce besoin" in page.select_one(".resume-erreurs").get_text()
    db.session.expire_all()
    assert (action.personnes, action.titre) == (30, "Fête du moulin")


# --- the house -----------------------------------------------------------------------------------------------


@pytest.mark.both
def test_a_space_is_not_moved_into_one_that_another_action_has(house):
    promised(house, house.action("Bal"), house.case)
    promised(house, house.action("Marché"), house.jardin)
    with pytest.raises(Crossed, match="«\u00a0Marché\u00a0» et «\u00a0Bal\u00a0» auraient alors le même espace"):
        change(house.jardin, parent=house.case)


def test_it_is_when_they_come_at_other_hours(house):
    bal, market = house.action("Bal"), house.action("Marché")
    promised(house, bal, house.case, fin=bal.debut + 2 * HOUR)
    promised(house, market, house.jardin, debut=market.debut + 2 * HOUR)
    change(house.jardin, parent=house.case)
    assert house.jardin.parent is house.case


def test_it_is_when_one_is_only_an_option(house):
    promised(house, house.action("Bal"), house.case)
    promised(house, house.action("Marché", confirmed=False), house.jardin)
    change(house.jardin, parent=house.case)
    assert house.jardin.parent is house.case


@pytest.mark.both
def test_longer_margins_do_not_reach_the_next_booking(house):
    bal, market = house.action("Bal"), house.action("Marché")
    promised(house, bal, house.jardin, fin=bal.debut + 2 * HOUR)
    promised(house, market, house.jardin, debut=market.debut + 3 * HOUR)
    change(house.jardin, apres_min=60)
    with pytest.raises(Crossed):
        change(house.jardin, apres_min=61)


def test_bookings_that_met_the_older_margins_keep_nobody_from_renaming_the_space(house):
    """They were options when the margins grew, and what was promised then did not change."""
    bal, market = (house.action(titre, confirmed=False) for titre in ("Bal", "Marché"))
    promised(house, bal, house.jardin, fin=bal.debut + 2 * HOUR)
    promised(house, market, house.jardin, debut=market.debut + 2 * HOUR)
    change(house.jardin, apres_min=30)
    for action in (bal, market):
        actions.decide(action, enregistrer, by=house.zoe, motif="Vu en réunion.")
    change(house.jardin, nom="Le grand jardin", capacite=50)
    assert house.jardin.nom == "Le grand jardin"
    with pytest.raises(Crossed):
        change(house.jardin, apres_min=45)


@pytest.mark.both
def test_a_space_that_shrinks_while_its_pole_says_yes_is_looked_at_under_its_lock(house):
    """What another transaction has just committed is seen from the lock on."""
    besoin = builders.besoin(house.action(personnes=30), house.groupe, house.salle)

    def shrink(connection, _cursor, statement, *_rest):
        if "FROM espace ORDER BY espace.id" in " ".join(statement.split()):
            connection.exec_driver_sql("UPDATE espace SET capacite = 20 WHERE nom = 'La salle'")

    event.listen(db.engine, "before_cursor_execute", shrink)
    try:
        with pytest.raises(commands.TooSmall, match="20 personnes au plus"):
            commands.answer(besoin, confirmer, by=house.gina)
    finally:
        event.remove(db.engine, "before_cursor_execute", shrink)


def test_it_holds_no_fewer_than_those_who_were_promised_it(house):
    action = house.action(personnes=30)
    promised(house, action, house.salle)
    change(house.salle, capacite=30)
    with pytest.raises(Outgrown):
        change(house.salle, capacite=29)


def test_what_is_cancelled_or_past_keeps_nothing_back(house):
    action = house.action(personnes=30)
    promised(house, action, house.salle)
    actions.decide(action, annuler, by=house.zoe, motif="pluie")
    change(house.salle, capacite=10)
    assert house.salle.capacite == 10


def test_refused_in_the_settings_it_says_why_and_keeps_what_was_typed(house, as_):
    promised(house, house.action("Bal"), house.case)
    promised(house, house.action("Marché"), house.jardin)
    db.session.commit()
    sent = {"nom": "Le grand jardin", "parent": str(house.case.id), "avant_min": "0", "apres_min": "0"}
    admin = as_(builders.personne("Ada Robert", [builders.ADMIN]))
    answer = admin.post(f"/reglages/espaces/{house.jardin.id}", data=sent)
    page = BeautifulSoup(answer.text, "html5lib")
    assert answer.status_code == 422
    assert "auraient alors le même espace" in page.select_one(".resume-erreurs").get_text()
    assert page.select_one("#nom")["value"] == "Le grand jardin"
    db.session.expire_all()
    assert (house.jardin.nom, house.jardin.parent) == ("Le jardin", house.site)
