"""What leaves the house: the word for the demandeur, never the minute, a clash of spaces, or another demandeur's name."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import update

from portal import clock
from portal.actions import depot, interpole, relais
from portal.actions.deliberation import Ou
from portal.actions.models import Action, Etat
from portal.actions.suivi import page_token
from portal.besoins import commands as besoins
from portal.besoins.models import confirmer
from portal.besoins.occupations import Taken, Twice
from portal.besoins.prets import NotEnough
from portal.db import db
from portal.notifications import messages
from tests import builders

MINUTE = "Trop cher pour eux, et Paul ne veut pas."
WORD = "Nos salles sont trop petites pour 120 personnes."


@pytest.fixture
def house(app):
    return builders.interpole("Culture", "Jardin")


@pytest.fixture
def asked(app, house) -> Action:
    """What a stranger asks for, that the interpôle looks at."""
    zoe, made = builders.bienveillant(), builders.request()
    relais.take(made, by=zoe)
    interpole.propose(made, house["Culture"].pole, by=zoe)
    interpole.take(made, by=house["Culture"].member)
    db.session.commit()
    return made


def url(action: Action, end: str = "") -> str:
    return f"/actions/suivi/{page_token(action)}{end}"


def words(answer) -> str:
    main = BeautifulSoup(answer.text, "html5lib").main
    assert main
    return " ".join(main.get_text(" ").split()).replace("\u00a0", " ")


def note(as_, action: Action, by, **fields: str):
    said = {"ou": "reunion", "le": clock.today().isoformat(), "presents": "Tous", "compte_rendu": MINUTE}
    return as_(by).post(f"/actions/{action.id}/decision", data=said | fields)


def letter_to(outbox, address: str) -> str:
    message = [m for m in outbox() if m.adresse == address][-1]
    assert MINUTE not in str(message.faits)
    return messages.render(message.genre, message.faits).texte


# --- the decision ----------------------------------------------------------------------------------------------


@pytest.mark.both
@pytest.mark.parametrize("verdict", ["favorable", "defavorable"])
def test_the_minute_stays_in_the_house_and_the_word_is_theirs(as_, client, asked, house, outbox, verdict):
    assert note(as_, asked, house["Jardin"].member, favorable=verdict, mot=WORD).status_code == 303
    for shown in (words(client.get(url(asked))), letter_to(outbox, "vwa@example.org")):
        assert WORD in shown
        assert MINUTE not in shown
    assert MINUTE in words(as_(house["Culture"].member).get(f"/actions/{asked.id}/validation"))


def test_without_a_word_they_read_no_reason(as_, client, asked, house, outbox):
    note(as_, asked, house["Jardin"].member, favorable="defavorable")
    shown = words(client.get(url(asked)))
    assert "La maison ne peut pas y donner suite." in shown
    assert "La raison" not in shown
    assert MINUTE not in shown
    assert "La raison" not in letter_to(outbox, "vwa@example.org")


def test_a_decision_that_does_not_pass_gives_the_word_back(as_, asked, house):
    answer = note(as_, asked, house["Jardin"].member, favorable="", mot=WORD)
    assert answer.status_code == 422
    field = BeautifulSoup(answer.text, "html5lib").select_one("#mot")
    assert field
    assert field.get_text().strip() == WORD


def test_the_preview_shows_the_word_as_it_would_leave(as_, asked, house):
    answer = note(as_, asked, house["Jardin"].member, favorable="defavorable", mot=WORD, apercu="1")
    assert answer.status_code == 200
    letters = [a.get_text() for a in BeautifulSoup(answer.text, "html5lib").select("article") if "vwa@" in a.get_text()]
    assert WORD in letters[0]
    assert MINUTE not in letters[0]


def test_online_nobody_wrote_anything(client, asked, house, outbox):
    for voice in house.values():
        builders.opinion(asked, voice, builders.doubtful("ethique", "Le voisin se plaindra."))
    interpole.close(asked, by=house["Jardin"].member)
    db.session.commit()
    shown = words(client.get(url(asked)))
    assert "C’est oui sur le principe." in shown
    assert "Un mot de l’équipe" not in shown
    assert "voisin" not in shown + letter_to(outbox, "vwa@example.org")


# --- the others ------------------------------------------------------------------------------------------------


def test_another_action_of_that_hour_is_nobody_s_business(client, asked):
    """The team is told that the date is taken, and by whom; the demandeur is not."""
    zoe = asked.bienveillant
    other = builders.action(
        zoe,
        titre="Assemblée secrète",
        debut=asked.debut,
        fin=asked.fin,
        demandeur={"nom": "Ligue Bidule", "contact": "Gaspard", "email": asked.demandeur.email, "telephone": ""},
    )
    groupe, case = builders.pole("Mobilier", builders.Genre.GROUPE, [builders.personne("Gina")]), builders.espace()
    for action in (other, asked):
        builders.besoin(action, groupe, case, mot="Attention au budget")
    db.session.commit()
    pages = [client.get(url(asked))]
    pages += [client.post(url(asked, end), data={}) for end in ("/ecrire", "/corriger")]
    pages += [client.post(url(asked, "/renoncer"), follow_redirects=True)]
    for answer in pages:
        for name in ("Assemblée secrète", "Ligue Bidule", "Gaspard", "La case", "budget", "Mobilier"):
            assert name not in answer.text
    assert depot.GIVEN_UP not in words(pages[-1])


def test_a_decision_in_a_meeting_names_no_one_who_was_there(client, asked, house):
    said = {"ou": Ou.REUNION, "le": clock.today(), "compte_rendu": MINUTE, "presents": "Paul, Gina"}
    interpole.decide(asked, by=house["Jardin"].member, favorable=False, mot=WORD, **said)
    db.session.commit()
    assert "Gina" not in client.get(url(asked)).text


def test_what_is_promised_elsewhere_has_words_for_those_outside(asked):
    """Whatever way a demandeur's own gesture meets it, errors.py says these to them."""
    groupe, case = builders.pole("Mobilier", builders.Genre.GROUPE, [builders.personne("Gina")]), builders.espace()
    other = builders.action(asked.bienveillant, titre="Assemblée secrète", debut=asked.debut, fin=asked.fin)
    taken = builders.besoin(other, groupe, case)
    besoins.answer(taken, confirmer, by=builders.personne())
    mine = builders.besoin(asked, groupe, case)
    with pytest.raises(Taken) as refusal:
        besoins.answer(mine, confirmer, by=builders.personne())
    assert "Assemblée secrète" in refusal.value.sentence
    assert "Assemblée" not in refusal.value.outside
    assert {bool(kind.outside) for kind in (Taken, Twice, NotEnough)} == {True}


# --- « vous » --------------------------------------------------------------------------------------------------

TU = re.compile(r"\b(?:tu|te|toi|ton|ta|tes|tien|tienne)\b|\b[tT]’", re.IGNORECASE)
ORDERS = re.compile(r"\b(?:Écris|Choisis|Dis|Donne|Corrige|Reviens|Recharge|Attends|Essaie|Recommence|Demande-|Ajoute|Garde)\b")


def bad_sendings() -> list[dict[str, str]]:
    """Everything that the public form refuses, one way or another."""
    blank: dict[str, str] = {}
    wrong = {"nom": "x" * 121, "contact": "x" * 121, "email": "pas une adresse", "telephone": "12", "titre": "x" * 121}
    wrong |= {"jour": "2020-01-01", "de": "10:00", "a": "10:00", "personnes": "-3", "description": "x" * 5001}
    unread = {"jour": "demain", "de": "midi", "a": "plus tard", "personnes": "beaucoup", "souhaits": "zéro", "email": "é@é"}
    return [blank, wrong, unread]


@pytest.mark.parametrize("n", range(3))
def test_the_public_form_says_vous_whatever_is_wrong(client, n):
    for answer in (client.get("/actions/solliciter"), client.post("/actions/solliciter", data=bad_sendings()[n])):
        shown = BeautifulSoup(answer.text, "html5lib").get_text(" ")
        assert not TU.search(shown), TU.search(shown)
        assert not ORDERS.search(shown), ORDERS.search(shown)
    assert answer.status_code == 422


@pytest.mark.parametrize("etat", list(Etat))
def test_the_demandeur_s_page_says_vous_in_each_state(client, asked, etat):
    db.session.execute(update(Action).values(etat=etat))
    db.session.commit()
    answers = [client.get(url(asked))]
    answers += [client.post(url(asked, end), data=data) for end, data in (
        ("/ecrire", {"texte": ""}), ("/ecrire", {"texte": "x" * 5001}), ("/corriger", {"email": "", "telephone": ""}),
        ("/corriger", {"email": "non", "telephone": "12", "contact": "x" * 121}), ("/renoncer", {"mot": "x" * 501}),
    )]  # fmt: skip
    for answer in answers:
        shown = BeautifulSoup(answer.text, "html5lib").get_text(" ")
        assert not TU.search(shown), TU.search(shown)
        assert not ORDERS.search(shown), ORDERS.search(shown)


def test_a_link_that_opens_nothing_says_vous_and_offers_another_way(client, asked):
    asked.generation, old = 2, url(asked)
    db.session.commit()
    replaced = client.get(old)
    with clock.freeze(asked.fin + timedelta(days=400)):
        over = client.get(url(asked))
    for answer, status in ((replaced, 410), (over, 410), (client.get("/actions/suivi/rien"), 404)):
        assert answer.status_code == status
        assert not TU.search(words(answer)), TU.search(words(answer))
        assert BeautifulSoup(answer.text, "html5lib").select_one('main a[href="/actions/solliciter"]')


@pytest.mark.parametrize("genre", ["demande_recue", "demande_lien", "demande_message", "demande_suite", "demande_decalee"])
def test_their_letters_say_vous(app, genre):
    for end in ("txt", "html"):
        source = app.jinja_env.loader.get_source(app.jinja_env, f"messages/{genre}.{end}")[0]
        prose = re.sub(r"{[{%#].*?[}%#]}|<[^>]+>", " ", source, flags=re.DOTALL)
        assert not TU.search(prose), TU.search(prose)
        assert "ous" in prose
