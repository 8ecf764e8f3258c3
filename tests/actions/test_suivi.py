"""The demandeur's own page: who opens it, what it says at each step and what is sent of it, what they may do there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select, update

from portal import clock, filters, security
from portal.actions import commands, depot, echanges, interpole, relais
from portal.actions.models import Action, Etat
from portal.actions.processus import annuler, decliner, enregistrer, refuser
from portal.actions.suivi import LINE, STEP, page_token
from portal.db import db
from portal.journal import EntreeJournal
from portal.notifications import messages
from portal.notifications.genres import Outdated
from portal.outbox import Message
from tests import builders


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture
def asked(app):
    return builders.request()


def url(action: Action, end: str = "") -> str:
    return f"/actions/suivi/{page_token(action)}{end}"


def page(answer) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html5lib")


def words(answer) -> str:
    main = page(answer).main
    assert main
    return " ".join(main.get_text(" ").split()).replace("\u00a0", " ")


# --- the link --------------------------------------------------------------------------------------------------


def test_its_page_is_private(client, asked):
    answer = client.get(url(asked))
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert page(answer).select_one('meta[name="robots"][content="noindex"]')


def test_reading_writes_nothing(client, asked):
    for _ in range(2):
        client.get(url(asked))  # the client fails on a write
    assert asked.repondue_le is None


@pytest.mark.parametrize("spoil", ["x", ".", "=", "A"])
def test_an_altered_link_is_as_absent(client, asked, spoil):
    assert client.get(f"{url(asked)}{spoil}").status_code == 404


def test_a_candidature_s_link_does_not_open_a_request(client, asked):
    for purpose in ("candidature", "candidature.mail"):
        assert client.get(f"/actions/suivi/{security.seal(purpose, asked.id, 1)}").status_code == 404


def test_one_that_nobody_sent_yet_is_as_absent(client, asked):
    assert client.get(f"/actions/suivi/{security.seal('demandeur', asked.id, 2)}").status_code == 404


def test_a_new_link_voids_the_older_ones_which_say_so(client, as_, zoe, asked, outbox):
    relais.take(asked, by=zoe)
    old = url(asked)
    assert as_(zoe).post(f"/actions/{asked.id}/lien").status_code == 303
    for answer in (client.get(old), client.post(f"{old}/renoncer"), client.post(f"{old}/ecrire", data={"texte": "x"})):
        assert answer.status_code == 410
        assert "Ce lien a été remplacé" in words(answer)
    db.session.expire_all()
    assert client.get(url(asked)).status_code == 200
    assert (outbox()[-1].genre, outbox()[-1].adresse) == ("demande_lien", "vwa@example.org")
    assert url(asked) in messages.render("demande_lien", outbox()[-1].faits).texte


def test_without_an_address_there_is_nowhere_to_send_it(as_, zoe):
    asked = builders.request(email="")
    relais.take(asked, by=zoe)
    answer = as_(zoe).post(f"/actions/{asked.id}/lien")
    assert answer.status_code == 422
    assert "n’a pas d’adresse e-mail" in words(answer)


def test_a_year_after_the_day_it_opens_nothing_any_more(client, asked):
    with clock.freeze(asked.fin + timedelta(days=366)):
        answer = client.get(url(asked))
    assert answer.status_code == 410
    assert "plus d’un an" in words(answer)


# --- what it says ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("etat", list(Etat))
def test_each_state_has_its_plain_words_and_its_place_on_the_line(client, asked, etat):
    asked.etat = Etat.SOLLICITEE
    db.session.execute(update(Action).values(etat=etat))
    answer = client.get(url(asked))
    html = page(answer)
    assert etat.label not in [b.get_text(strip=True) for b in html.select("main .badge")]  # our words, not theirs
    here = [li.get_text(strip=True) for li in html.select('.parcours [aria-current="step"]')]
    assert here == ([LINE[STEP[etat]]] if etat in STEP else [])
    assert html.select_one("main section strong").get_text(strip=True)


def test_it_says_who_follows_it_and_what_is_awaited_of_them(client, zoe, asked):
    promised = filters.jour_long(asked.cree_le + timedelta(days=5)).replace("\u00a0", " ")
    assert f"vous répond au plus tard {promised}" in words(client.get(url(asked)))
    assert "Vous n’avez rien à faire" in words(client.get(url(asked)))
    relais.take(asked, by=zoe)
    echanges.write(asked, texte="À quelle heure ?", cle="", by=zoe)
    shown = words(client.get(url(asked)))
    assert "Zoé Hoarau suit votre demande." in shown
    assert "L’équipe vous a écrit" in shown
    assert "Vous n’avez rien à faire" not in shown
    assert "au plus tard" not in shown  # they have their answer
    echanges.write(asked, texte="À 15 h.", cle="", by=None)
    assert "L’équipe vous a écrit" not in words(client.get(url(asked)))


def test_it_names_the_pole_that_looks_at_it_then_the_one_that_carries_it(client, zoe, asked):
    house = builders.interpole("Culture", "Jardin")
    relais.take(asked, by=zoe)
    interpole.propose(asked, house["Jardin"].pole, by=zoe)
    assert "Le pôle Jardin regarde s’il peut la porter." in words(client.get(url(asked)))
    interpole.pass_on(asked, by=house["Jardin"].member, motif="Trop de monde.")
    shown = words(client.get(url(asked)))
    assert "L’équipe cherche quel pôle de la maison peut la porter." in shown
    assert "Trop de monde" not in shown  # a pôle's reason is for the house
    interpole.propose(asked, house["Culture"].pole, by=zoe)
    interpole.take(asked, by=house["Culture"].member)
    until = filters.jour_long(asked.avis_avant).replace("\u00a0", " ")
    carried = "Le pôle Culture la porte. Les pôles de la maison donnent leur avis"
    assert f"{carried}, jusqu’au {until}." in words(client.get(url(asked)))
    with clock.freeze(asked.avis_avant + timedelta(minutes=1)):
        assert f"{carried}." in words(client.get(url(asked)))


def test_a_promise_that_was_not_kept_is_owned_up_to(client):
    with clock.freeze(clock.now() - timedelta(days=6)):
        late = builders.request()
    assert "La réponse tarde : l’équipe a été relancée." in words(client.get(url(late)))


def test_a_refusal_thanks_and_gives_its_reason_on_the_page_and_by_mail(client, zoe, asked, outbox):
    relais.take(asked, by=zoe)
    commands.decide(asked, refuser, by=zoe, motif="La cour est en travaux.")
    shown = words(client.get(url(asked)))
    assert "Merci d’avoir pensé à nous." in shown
    assert "La cour est en travaux." in shown
    letter = messages.render("demande_suite", outbox()[-1].faits)
    assert "La cour est en travaux." in letter.texte
    assert outbox()[-1].adresse == "vwa@example.org"
    assert not page(client.get(url(asked))).select("#partir")


def test_what_they_asked_for_is_there_to_read_again(client):
    ticked = builders.prestation("Un repas créole")
    shown = words(client.get(url(builders.request(souhaits=[ticked.id], souple=True))))
    asked = ("Chorale Vwa Kréol", "Armelle Gigan", "0692 00 00 48", "120", "Un concert", "Un repas créole", "Date à voir")
    for word in asked:
        assert word in shown


@pytest.mark.parametrize("many", [1, 3])
def test_it_costs_the_same_however_much_was_said(client, zoe, count_queries, many):
    asked = builders.request(souhaits=[builders.prestation(f"Chose {n}").id for n in range(many)])
    relais.take(asked, by=zoe)
    for n in range(many):
        echanges.write(asked, texte=f"{n} ?", cle="", by=None)
        echanges.write(asked, texte=f"{n} !", cle="", by=builders.bienveillant(f"Rose {n}"))
    page_ = url(asked)
    with count_queries() as statements:
        client.get(page_)
    assert len(statements) == 4  # the action, the messages, what was ticked, the delay


# --- mending, giving up ----------------------------------------------------------------------------------------


def test_they_mend_how_to_reach_them_and_a_new_address_receives_the_link(client, asked, outbox):
    fields = {"contact": "Zaza", "email": "zaza@example.org", "telephone": ""}
    assert client.post(url(asked, "/corriger"), data=fields).status_code == 303
    db.session.expire_all()
    client_ = asked.demandeur
    assert (client_.nom, client_.contact, client_.email, client_.telephone) == (
        "Chorale Vwa Kréol", "Zaza", "zaza@example.org", "",
    )  # fmt: skip
    assert [(m.genre, m.adresse) for m in outbox()][1:] == [("demande_lien", "zaza@example.org")]
    told = db.session.scalars(select(EntreeJournal).where(EntreeJournal.evenement == "action.corriger")).one()
    assert told.faits == {"champs": ["contact", "email", "telephone"]}


def test_they_stay_reachable(client, asked):
    answer = client.post(url(asked, "/corriger"), data={"contact": "Zaza", "email": "", "telephone": ""})
    assert answer.status_code == 422
    assert page(answer).select_one("#contact")["value"] == "Zaza"
    assert page(answer).select_one("details[open] #email-erreur")


def test_nobody_sends_links_to_address_after_address(client, asked, outbox, settings):
    settings(rate_limits=True)
    for n in range(5):
        client.post(url(asked, "/corriger"), data={"email": f"victime{n}@example.org"})
    assert len([m for m in outbox() if m.genre == "demande_lien"]) == 3


def test_nobody_s_mailbox_is_flooded_by_links_from_many_requests(client, outbox, settings):
    settings(rate_limits=True)
    for n in range(4):
        builders.request(email=f"robot{n}@example.org")
    for action in db.session.scalars(select(Action)).all():
        client.post(url(action, "/corriger"), data={"email": "Victime@example.org"})
    for _ in range(4):
        builders.request(email="victime@example.org")
    assert len([m for m in outbox() if m.adresse.lower() == "victime@example.org"]) == 5


@pytest.mark.both
def test_they_give_it_up_with_a_word_and_twice_is_once(client, zoe, asked, outbox):
    relais.take(asked, by=zoe)
    answers = [client.post(url(asked, "/renoncer"), data={"mot": "Pas de budget"}) for _ in range(2)]
    assert [a.status_code for a in answers] == [303, 303]
    db.session.expire_all()
    assert asked.etat is Etat.DECLINEE
    told = db.session.scalars(select(EntreeJournal).where(EntreeJournal.evenement == decliner.key)).one()
    assert (told.motif, told.personne_id) == ("Pas de budget", None)
    [message] = [m for m in outbox() if m.genre == "action_arretee"]
    assert message.adresse == zoe.email
    assert "Pas de budget" in messages.render(message.genre, message.faits).texte
    assert "Vous y avez renoncé" in words(client.get(url(asked)))
    assert not [m for m in outbox() if m.genre == "demande_suite"]  # they know


def test_giving_up_asks_for_no_reason(client, asked):
    assert client.post(url(asked, "/renoncer")).status_code == 303
    db.session.expire_all()
    assert asked.etat is Etat.DECLINEE


def test_once_it_is_confirmed_the_team_alone_cancels(client, zoe, asked):
    relais.take(asked, by=zoe)
    commands.decide(asked, enregistrer, by=zoe, motif="vu en réunion")
    assert not page(client.get(url(asked))).select("#partir")
    assert client.post(url(asked, "/renoncer")).status_code == 409
    db.session.expire_all()
    assert asked.etat is Etat.CONFIRMEE


def test_once_it_is_stopped_nothing_is_mended(client, zoe, asked):
    commands.decide(asked, annuler, by=zoe, motif="Cyclone")
    assert client.post(url(asked, "/corriger"), data={"email": "z@example.org"}).status_code == 409
    with pytest.raises(depot.RequestClosed):
        depot.send_link(asked, by=zoe)


# --- never a lie -----------------------------------------------------------------------------------------------


def written(genre: str) -> Message:
    found = db.session.scalars(select(Message).where(Message.genre == genre).order_by(Message.id.desc())).first()
    assert found
    return found


def is_outdated(genre: str) -> bool:
    try:
        messages.render(genre, written(genre).faits)
    except Outdated:
        return True
    return False


def test_the_acknowledgement_repeats_nothing_that_was_typed(app):
    """Anybody may type anybody's address: its owner is sent our words, and no advertisement."""
    builders.request(nom="Gagnez", titre="http://spam.example", description="Achetez", contact="Maintenant")
    letter = messages.render("demande_recue", written("demande_recue").faits)
    for typed in ("Gagnez", "spam", "Achetez", "Maintenant"):
        assert typed not in letter.objet + letter.texte + letter.html


def test_what_is_no_longer_so_is_not_sent(app, zoe, asked):
    assert not is_outdated("demande_a_prendre")
    relais.take(asked, by=zoe)
    assert is_outdated("demande_a_prendre")
    bruno = builders.bienveillant("Bruno Ozoux")
    relais.offer(asked, to=bruno, by=zoe)
    assert not is_outdated("relais_propose")
    relais.leave(asked, by=zoe)
    assert is_outdated("relais_propose")
    depot.give_up(asked)
    assert is_outdated("demande_recue")


def test_a_request_that_is_confirmed_at_once_is_told_so_but_not_one_that_was_recorded_as_such(zoe, asked, outbox):
    builders.action(zoe)
    told = len(outbox())
    relais.take(asked, by=zoe)
    commands.decide(asked, enregistrer, by=zoe, motif="vu en réunion")
    assert [(m.genre, m.adresse) for m in outbox()[told:]] == [("demande_suite", asked.demandeur.email)]
    text = messages.render("demande_suite", outbox()[-1].faits)
    assert text.objet.replace("\u00a0", " ") == "C’est confirmé : Vingt ans de la chorale"
    assert ("la date est à vous" in text.texte, "vu en réunion" in text.texte) == (True, False)


def test_a_validated_request_is_told_yes_in_principle(app, zoe, asked):
    db.session.execute(update(Action).values(etat=Etat.VALIDEE))
    db.session.refresh(asked)
    faits = {"action": asked.id, "etat": "validee", "motif": ""}
    letter = messages.render("demande_suite", faits)
    assert letter.objet.startswith("C’est oui sur le principe")
    assert "devis" in letter.texte


# --- what came back ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("end", "data", "field"), [("/ecrire", {"texte": " "}, "texte"), ("/renoncer", {"mot": "x" * 501}, "mot")]
)
def test_what_is_missing_is_said_first_and_leads_to_its_field(client, asked, end, data, field):
    answer = client.post(url(asked, end), data=data)
    assert answer.status_code == 422
    [summary] = page(answer).select(".resume-erreurs[autofocus]")
    assert [link["href"] for link in summary.select("a")] == [f"#{field}"]
    assert page(answer).find(id=field)["aria-invalid"] == "true"


def test_the_link_that_is_kept_opens_the_page_wherever_it_was_copied(app, client, asked):
    for answer in (client.get(url(asked, "?utm_source=x")), client.post(url(asked, "/ecrire"), data={"texte": ""})):
        kept = page(answer).select_one("[data-partager]")["data-partager"]
        assert kept == f"{app.config['PORTAL'].base_url}{url(asked)}"


def test_once_the_quote_is_sent_they_have_something_to_do(client, asked):
    assert "Vous n’avez rien à faire" in words(client.get(url(asked)))
    db.session.execute(update(Action).values(etat=Etat.DEVIS_ENVOYE))
    db.session.commit()
    said = words(client.get(url(asked)))
    assert "c’est à vous d’y répondre" in said
    assert "Vous n’avez rien à faire" not in said
