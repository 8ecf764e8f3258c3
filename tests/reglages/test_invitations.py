"""An invitation that nobody has used yet: seen on the list and on the sheet, sent again, withdrawn."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal import clock, security
from portal.comptes import commands, entree, queries
from portal.comptes.commands import MOST_INVITATIONS_AN_HOUR
from portal.comptes.models import Jeton, NomRole, Personne
from portal.db import db
from portal.filters import jour_long
from portal.journal import EntreeJournal
from portal.notifications import messages
from portal.notifications.genres import Outdated
from portal.outbox import Message
from tests import builders
from tests.comptes.test_application import looked_at
from tests.comptes.test_people import both_at_once
from tests.reglages.test_people import main, sheet, words
from tests.test_every_page import AXE

LIST = "/reglages/personnes/"
WAITS, LATE = "Invitation en attente", "Invitation expirée"


@pytest.fixture
def admin(app) -> Personne:
    return builders.personne("Ada Robert", [NomRole.ADMIN])


@pytest.fixture
def office(admin, as_):
    return as_(admin)


@pytest.fixture
def awa(admin) -> Personne:
    return commands.add_person(nom="Awa Payet", email="awa@example.org", roles=[NomRole.BIENVEILLANT], by=admin)


def link(jeton_id: int) -> str:
    return f"/comptes/lien/{security.seal('connexion', jeton_id, 1)}"


def links(personne: Personne) -> list[str]:
    """Those of her invitations, the first one first."""
    sent = select(Message.faits).where(Message.genre == "invitation", Message.personne_id == personne.id).order_by(Message.id)
    return [link(faits["jeton"]) for faits in db.session.scalars(sent)]


def again(client, personne: Personne):
    return client.post(f"{sheet(personne)}/invitation")


def row(office, nom: str) -> str:
    return next(" ".join(li.get_text(" ").split()) for li in main(office.get(LIST)).find_all("li") if nom in li.get_text())


def left() -> None:
    """The worker has sent what waited."""
    db.session.execute(update(Message).values(envoye_le=clock.now()))
    db.session.commit()


# --- seen --------------------------------------------------------------------------------------------------------


@pytest.mark.both
def test_the_list_and_the_sheet_say_since_when_and_until_when(office, awa):
    with clock.freeze(now := clock.now()):
        left()
    with clock.freeze(now + timedelta(days=2)):
        day = jour_long(now + timedelta(days=7)).replace("\u00a0", " ")
        assert WAITS in row(office, "Awa Payet")
        said = words(office.get(sheet(awa)))
        assert WAITS in said
        assert "Partie il y a 2 jours" in said
        assert f"jusqu’au {day}" in said
    with clock.freeze(now + timedelta(days=8)):
        assert LATE in row(office, "Awa Payet")
        said = words(office.get(sheet(awa)))
        assert LATE in said
        assert WAITS not in said
        assert f"n’ouvre plus rien depuis le {day}" in said


def test_one_that_has_not_left_yet_says_so(office, awa):
    page = office.get(sheet(awa))
    assert "Pas encore partie" in words(page)
    assert "Partie" not in words(page)
    assert main(page).find("a", href="/notifications/courrier")


def test_whoever_came_in_waits_no_longer(office, client, awa):
    [first] = links(awa)
    assert client.post(first).status_code == 303
    assert "Invitation" not in row(office, "Awa Payet")
    assert "Invitation" not in words(office.get(sheet(awa)))


def test_nor_does_whoever_came_by_a_link_that_they_asked_for(office, client, awa):
    client.post("/comptes/lien", data={"email": awa.email})
    jeton = db.session.scalars(select(Jeton).order_by(Jeton.id.desc())).first()
    assert client.post(link(jeton.id)).status_code == 303
    assert "Invitation" not in row(office, "Awa Payet")


def test_a_link_to_sign_in_is_no_invitation(office, client):
    zoe = builders.personne("Zoé Hoarau", email="zoe@example.org")
    client.post("/comptes/lien", data={"email": zoe.email, "next": commands.FIRST_STEP})
    assert "Invitation" not in row(office, "Zoé Hoarau")
    assert again(office, zoe).status_code == 409


@pytest.mark.both
def test_the_list_costs_the_same_whoever_waits(office, admin, count_queries):
    for number in range(3):
        commands.add_person(nom=f"Awa {number}", email=f"{number}@example.org", by=admin)
    with count_queries() as statements:
        page = office.get(LIST)
    assert page.text.count(WAITS) == 3
    assert len(statements) == 5


# --- sent again --------------------------------------------------------------------------------------------------


@pytest.mark.both
def test_sent_again_it_has_another_link_for_a_week_and_the_one_before_is_dead(as_, client, admin, awa):
    with clock.freeze(now := clock.now()):
        left()
    with clock.freeze(now + timedelta(days=6)):
        office = as_(admin)
        answer = again(office, awa)
        assert (answer.status_code, answer.location) == (303, sheet(awa))
        said = office.get(sheet(awa)).text
        assert WAITS in said
        assert "Une autre invitation part à awa@example.org" in said
        first, second = links(awa)
        assert client.get(first).status_code == 410
        assert client.post(first).status_code == 410
        assert second in messages.render("invitation", last().faits).texte
    with clock.freeze(now + timedelta(days=12)):
        assert (client.post(second).status_code, client.get("/comptes/mot-de-passe").status_code) == (303, 200)
    line = db.session.scalars(select(EntreeJournal).order_by(EntreeJournal.id.desc())).first()
    assert (line.evenement, line.sujet) == ("personne.inviter", f"personne:{awa.id}")


def last() -> Message:
    return db.session.scalars(select(Message).where(Message.genre == "invitation").order_by(Message.id.desc())).first()


def test_before_the_first_one_left_one_mail_alone_leaves(office, awa):
    first = last().faits
    again(office, awa)
    with pytest.raises(Outdated):
        messages.render("invitation", first)
    assert messages.render("invitation", last().faits)


def test_a_link_that_she_asked_for_meanwhile_still_opens(office, client, awa):
    asked = entree.ask_link(awa.email, suite="/").id
    db.session.commit()
    again(office, awa)
    assert client.post(link(asked)).status_code == 303


def test_whoever_came_in_is_not_invited_again(office, client, awa):
    client.post(links(awa)[0])
    answer = again(office, awa)
    assert answer.status_code == 409
    assert "déjà entrée" in words(answer)
    assert len(links(awa)) == 1


def test_it_leaves_a_few_times_an_hour_at_most(office, awa, settings):
    settings(rate_limits=True)
    statuses = [again(office, awa).status_code for _ in range(MOST_INVITATIONS_AN_HOUR + 1)]
    assert statuses == [303] * MOST_INVITATIONS_AN_HOUR + [429]
    assert len(links(awa)) == MOST_INVITATIONS_AN_HOUR + 1  # with the first
    assert WAITS in row(office, "Awa Payet")


@pytest.mark.both
def test_of_two_admins_at_once_each_sends_one_and_the_last_link_opens(app, client, admin, awa):
    id, by = awa.id, admin.id
    db.session.commit()

    def act(_: int) -> None:
        commands.invite_again(db.session.get_one(Personne, id), by=db.session.get_one(Personne, by))

    assert both_at_once(app, act) == ["ok", "ok"]
    alive = [queries.pending(jeton) is not None for jeton in db.session.scalars(select(Jeton.id).order_by(Jeton.id))]
    assert alive == [False, False, True]


# --- withdrawn ---------------------------------------------------------------------------------------------------


@pytest.mark.both
def test_withdrawn_nothing_opens_any_more_and_reopened_it_is_sent_again(office, client, awa):
    button = main(office.get(sheet(awa))).find("form", action=f"{sheet(awa)}/desactiver")
    assert button.get_text(strip=True) == "Retirer l’invitation"
    assert office.post(button["action"]).status_code == 303
    page = office.get(sheet(awa))
    assert "Invitation retirée" in page.text
    assert WAITS not in row(office, "Awa Payet")
    assert client.post(links(awa)[0]).status_code == 410
    with pytest.raises(Outdated):
        messages.render("invitation", last().faits)
    client.post("/comptes/lien", data={"email": awa.email})
    assert last().genre == "invitation"  # nothing else was written to her
    assert again(office, awa).status_code == 409
    office.post(f"{sheet(awa)}/reactiver")
    assert LATE in row(office, "Awa Payet")
    assert again(office, awa).status_code == 303
    assert client.post(links(awa)[-1]).status_code == 303


def test_the_sheet_of_whoever_waits_closes_the_account_by_one_button_alone(office, awa):
    page = main(office.get(sheet(awa)))
    assert len(page.find_all("form", action=f"{sheet(awa)}/desactiver")) == 1


def test_whoever_is_erased_waits_for_nothing(office, admin, awa):
    commands.erase(awa, by=admin)
    assert "Invitation" not in words(office.get(sheet(awa)))
    assert again(office, awa).status_code == 409


@pytest.mark.browser
def test_it_is_sent_again_on_a_phone_with_the_keyboard(visit, admin, awa):
    page = visit(admin, bypass_csp=True, reduced_motion="reduce")
    page.add_init_script(AXE)
    page.goto(LIST)
    page.get_by_text(WAITS).wait_for()
    looked_at(page)
    page.get_by_role("link", name="Awa Payet").press("Enter")
    page.get_by_role("heading", name="Son invitation").wait_for()
    looked_at(page)
    page.get_by_role("button", name="Renvoyer l’invitation").press("Enter")
    page.get_by_text("Une autre invitation part").wait_for()
