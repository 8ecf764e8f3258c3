"""What the messages say: each genre in text and in HTML, true when it leaves, harmless whatever people typed."""

from __future__ import annotations

import email.policy
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from email.message import EmailMessage
from html import unescape
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from html5lib import HTMLParser
from sqlalchemy import select

from portal import clock, outbox, reglage
from portal.actions import commands as actions
from portal.actions import decalage, echanges, relais, retroplanning
from portal.actions import depot as request_links
from portal.actions import interpole as validation
from portal.actions.deliberation import Ou
from portal.actions.models import reading
from portal.actions.processus import annuler as annuler_action
from portal.actions.processus import refuser as refuser_action
from portal.besoins import commands as besoins
from portal.besoins import models as besoins_models
from portal.besoins import promesses
from portal.candidatures import attente, commands, depot
from portal.candidatures.models import Candidature, Etat, accepter, mettre_en_attente, refuser
from portal.comptes import commands as comptes
from portal.comptes import entree
from portal.comptes.models import NomRole
from portal.config import ROOT
from portal.contributions import commands as contributions
from portal.contributions.models import Line, sheet_of, valider
from portal.contributions.queries import of_action as hours_of
from portal.db import db
from portal.devis import accords, envoi
from portal.devis.models import rappeler
from portal.equipe import commands as equipe
from portal.factures import commands as invoices
from portal.factures import emission, relances
from portal.factures.models import Nature as NatureFacture
from portal.jour_j import commands as day
from portal.jour_j import queries as jour_j
from portal.jour_j.commands import Tap
from portal.jour_j.models import Genre as DayGenre
from portal.jour_j.models import Jour
from portal.missions import commands as missions
from portal.missions.models import Nature, annuler
from portal.notifications import commands as worker_commands
from portal.notifications import messages
from portal.notifications.echeances import pass_time
from portal.notifications.genres import GENRES, Outdated
from portal.notifications.messages import Letter
from portal.outbox import Message
from tests import builders
from tests.factures.conftest import agreed

LINK = re.compile(r"https?://[^\s<>\"]+")
MAP = "https://www.openstreetmap.org"


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture
def mission(zoe):
    return builders.mission(builders.action(zoe), titre="Accueil du public")


def last(genre: str) -> Message:
    found = db.session.scalars(select(Message).where(Message.genre == genre).order_by(Message.id.desc())).first()
    assert found, f"no {genre} in the outbox"
    return found


def letter(genre: str) -> Letter:
    message = last(genre)
    return messages.render(genre, message.faits)


def composed(row: Message) -> EmailMessage:
    return messages.compose(row, messages.render(row.genre, row.faits))


def sent(genre: str) -> EmailMessage:
    """The last message of that genre as it is read at the other end."""
    return email.message_from_bytes(composed(last(genre)).as_bytes(), EmailMessage, policy=email.policy.default)


def links(text: str) -> set[str]:
    return {link.rstrip(".") for link in LINK.findall(text)}


# --- every genre ---------------------------------------------------------------------------------------------


def typical(zoe) -> None:
    """A house where everything that is written about has happened, with all its details."""
    awa = builders.personne("Awa Payet", telephone="+262692123456")
    entree.ask_link(awa.email, suite="/")
    comptes.add_person(nom="Inès", email="ines@example.org", roles=list(NomRole), by=zoe)
    action = builders.action(zoe)
    commands.decide(builders.candidature(builders.referent_mission(action), awa), accepter, by=zoe)
    mission = builders.mission(action, contrepartie="8 h de monnaie temps")
    for transition in (accepter, mettre_en_attente, refuser):
        commands.decide(builders.candidature(mission), transition, by=zoe, motif="Complet", mot="Une autre fois\nZoé")
    depot.send_links(awa.email)
    endings(zoe, action, "Pluie")
    builders.mission(action, titre="Parking")  # left to offer


def minimal(zoe) -> None:
    """The same with as little as can be said: no place, no word, no roles, nobody else, nothing else to do."""
    entree.ask_link(builders.personne().email, suite="/")
    comptes.add_person(nom="Inès", email="ines@example.org", by=zoe)
    action = builders.action(zoe, lieu="")
    mission = builders.mission(action, places=1, fourni="", description="")
    for transition in (accepter, mettre_en_attente, refuser):
        commands.decide(builders.candidature(mission, email="lea@example.org"), transition, by=zoe, motif="-")
    depot.send_links("Lea@Example.org")
    endings(zoe, action, "")


def quoted(zoe, motif: str) -> None:
    """A devis that waits for a groupe, one that expires soon, one that is refused, one that is agreed to."""
    kitchen = builders.pole("Cuisine", builders.Genre.GROUPE, [builders.personne("Gina")])
    waiting, soon, refused, agreed = (builders.validated(zoe, titre=titre) for titre in ("Bal", "Stage", "Noce", "Kabar"))
    envoi.ask_poles(builders.devis(waiting, pole_id=kitchen.id), by=zoe)
    rappeler.tell(builders.sent(soon), by=None)
    accords.refuse(builders.sent(refused), mot=motif or "-", by=None)
    builders.devis(agreed, pole_id=kitchen.id)
    builders.accepted(agreed)
    undone = builders.validated(zoe, titre="Baptême")
    accords.undo(builders.accepted(undone), by=builders.bienveillant("Rose"), motif=motif or "-")


def invoiced(zoe, motif: str) -> None:
    """A deposit that nobody pays; another, that an avoir took back."""
    rita = builders.personne("Rita Payet", [builders.TRESORIER])
    with clock.freeze(clock.now() - timedelta(days=120)):
        late = agreed(zoe, rita).issued(NatureFacture.ACOMPTE)
    for rang, days in ((1, 60), (2, 30), (3, 1)):
        with clock.freeze(clock.now() - timedelta(days=days)):
            relances.remind(late, rang, by=rita, mot=motif)
    avoir = invoices.credit(agreed(zoe, rita).issued(NatureFacture.ACOMPTE), by=rita)
    avoir.mot = "-"
    emission.emit(avoir, by=rita, read=emission.reading(avoir))


def endings(zoe, action, motif: str) -> None:
    """What ends, with its reason; a reason that the rules ask for is at least a dash."""
    freed, left = (builders.candidature(builders.mission(action, places=1)) for _ in range(2))
    for candidature in (freed, left):
        commands.decide(candidature, accepter, by=zoe)
    commands.free(freed, by=zoe, motif=motif or "-")
    commands.leave(left, motif=motif)
    changes(zoe, action, motif)
    waiting_list(action)
    needs(zoe, action, motif)
    cancelled, taken, back = builders.mission(action), builders.referent_mission(action), builders.referent_mission(action)
    for mission in (cancelled, taken, back):
        builders.candidature(mission)
    missions.decide(cancelled, annuler, by=zoe, motif=motif or "-")
    missions.take(taken, by=zoe)
    missions.take(back, by=zoe)
    missions.give_back(back, by=zoe)
    held = builders.referent_mission(action, take_post=True)
    missions.decide(held, annuler, by=builders.bienveillant("Rose"), motif=motif or "-")
    admin = builders.personne("Ada", [builders.ADMIN])
    missions.decide(builders.mission(action), annuler, by=admin, motif=motif or "-")
    missions.give_back(builders.referent_mission(action, take_post=True), by=admin, motif=motif or "-")
    short = builders.mission(action, places=1, minimum=1, alerte=20)
    equipe.invite(short, [builders.personne().id], by=zoe)
    retroplanning.add(action, by=zoe, titre="Coller les affiches", jours=20)
    db.session.commit()
    pass_time()
    stopped = builders.action(zoe, titre="Autre fête")
    retroplanning.add(stopped, by=zoe, titre="Acheter le pain", jours=2, responsable_id=builders.personne().id)
    actions.decide(stopped, annuler_action, by=admin, motif=motif or "-")
    hours(zoe, motif)
    asked_for(zoe, admin, motif)
    interpole(zoe, motif)
    quoted(zoe, motif)
    invoiced(zoe, motif)
    for genre in ("jour_ouverture", "jour_fermeture"):
        outbox.post(genre, genre, to=zoe.email, action=action.id, par=zoe.id, motif=motif, lignes=["Gaz", "Issues"])
    broken = Tap(str(uuid4()), DayGenre.INCIDENT, clock.now(), "", "grave", motif or "Feu", "La case", motif)
    runs = builders.personne("Noé Rivière")
    builders.hold(builders.referent_mission(action), runs)
    day.receive(db.session.get(Jour, action.id), [broken], by=runs)
    fault = {"action": action.id, "par": zoe.id, "quand": clock.now().isoformat(), "ligne": "Gaz coupé", "motif": motif or "-"}
    outbox.post("point_non_conforme", "point", to=zoe.email, **fault)
    line = {"personne_id": zoe.id, "voie": outbox.Voie.RESUME, "action": action.id, "par": zoe.id, "motif": motif, "lignes": []}
    outbox.post("jour_ouverture", "ligne", to=zoe.email, **line)
    worker_commands.gather(zoe.id)
    coming = builders.mission(action, fourni="" if not motif else "Repas", apporter="" if not motif else "Un chapeau")
    worker_commands.plan_reminders(builders.hold(coming, builders.personne()).id)
    with clock.freeze(action.debut):
        written = Tap(str(uuid4()), DayGenre.MESSAGE, clock.now(), str(coming.id) if motif else "", "", motif or "-")
        day.receive(jour_j.read(action.id).jour, [written], by=zoe)


def interpole(zoe, motif: str) -> None:
    """Actions on the way to a pôle, passed on, waiting for opinions on the last day, refused by a pôle, validated."""
    house = builders.interpole("Culture", "Jardin")
    culture, jardin = house.values()
    with clock.freeze(clock.now() - timedelta(days=8)):
        builders.proposed(zoe, culture.pole)
    for other in (jardin.pole, None):
        validation.pass_on(builders.proposed(zoe, culture.pole), by=culture.member, motif=motif or "-", to=other)
    with clock.freeze(clock.now() - timedelta(days=7)):
        waited_for = builders.in_validation(zoe, culture)
    builders.opinion(waited_for, culture, builders.against("ethique", motif or "-"))
    validated = builders.in_validation(zoe, culture)
    said = {"ou": Ou.REUNION, "le": clock.today(), "compte_rendu": motif or "-"}
    validation.decide(validated, by=culture.member, favorable=True, **said)
    db.session.commit()
    pass_time()


def changes(zoe, action, motif: str) -> None:
    """Somebody leaves at the last moment; a mission moves, another gets shorter."""
    late = builders.candidature(builders.mission(action, places=1, preavis=720))
    commands.decide(late, accepter, by=zoe)
    late.dite_le = clock.now()
    commands.leave(late, motif=motif)
    hour = timedelta(hours=1)
    for debut, fin in ((action.debut + hour, action.fin + hour), (action.debut, action.fin - hour)):
        mission = builders.mission(action)
        builders.hold(mission, builders.personne())
        builders.candidature(mission)
        slot = mission.sheet | {"debut": debut, "fin": fin}
        missions.edit(mission, by=zoe, read=reading(mission.sheet), announced=True, **slot)
    slot = {"debut": action.debut + hour, "fin": action.fin + hour}
    decalage.shift(builders.action(zoe), by=zoe, motif=motif or "-", dire=bool(motif), **slot)


def needs(zoe, action, motif: str) -> None:
    """What a groupe is asked, answers, and has promised for nothing; what somebody is given to do."""
    washer = builders.personne("Vanille Técher")
    retroplanning.add(action, by=zoe, titre="Laver les nappes", jours=3, responsable_id=washer.id)
    groupe, case = (
        builders.pole(f"Mobilier {motif}", members=[builders.personne("Gina"), zoe]),
        builders.espace(f"La case {motif}"),
    )
    two = [builders.action(zoe, titre=titre, confirmed=False) for titre in ("Kabar", "Bal")]
    first, second = (builders.besoin(one, groupe, case, mot=motif) for one in two)
    seats, hands, late = (builders.besoin(action, groupe) for _ in range(3))
    gone = builders.besoin(action, groupe)
    for besoin in (first, second, hands, gone):
        besoins.answer(besoin, besoins_models.confirmer, by=builders.personne(), quantite=None)
    besoins.answer(late, besoins_models.confirmer, by=builders.personne(), quantite=1, motif="-")
    besoins.answer(gone, besoins_models.desister, by=builders.personne(), motif=motif or "-")
    promesses.shift(action, timedelta(), by=zoe)
    besoins.take_back(hands, by=zoe)
    besoins.answer(seats, besoins_models.refuser, by=builders.personne(), motif=motif or "-")
    third = builders.besoin(
        builders.action(zoe, confirmed=False, debut=builders.in_days(5)), groupe, builders.espace(f"La cour {motif}")
    )
    besoins.answer(third, besoins_models.confirmer, by=builders.personne())
    with clock.freeze(third.action.debut):
        promesses.expire(third.id)


def waiting_list(action) -> None:
    """A place held for somebody, one that was let go, one that was taken."""
    waiting, silent, quick = (builders.in_line(builders.mission(action, places=1)) for _ in range(3))
    for candidature in (waiting, silent, quick):
        offre = builders.offer(candidature)
        if candidature is silent:
            with clock.freeze(offre.expire_le):
                attente.expire(offre.id)
    attente.take_place(quick)


def asked_for(zoe, admin, motif: str) -> None:
    """A request that waits for too long; another that is taken, spoken of, handed over, then stopped."""
    detail = {"souple": True} if motif else {"personnes": None, "contact": "", "telephone": ""}
    with clock.freeze(builders.in_days(-6)):
        late = builders.request(**detail)
    builders.request(**detail)
    worker_commands.tell_it_is_unanswered(late.id)
    taken = builders.request(**detail)
    echanges.write(taken, texte="À quelle heure ouvrez-vous ?\nMerci", cle="", by=None)
    relais.take(taken, by=zoe)
    echanges.write(taken, texte="À 8 h.", cle="", by=zoe)
    request_links.send_link(taken, by=zoe)
    rose, bruno = builders.bienveillant("Rose Técher"), builders.bienveillant("Bruno Ozoux")
    relais.offer(taken, to=bruno, by=zoe)
    relais.leave(taken, by=bruno)
    relais.offer(taken, to=rose, by=zoe)
    relais.accept(taken, by=rose)
    relais.offer(taken, to=bruno, by=rose)
    stopped = builders.request(**detail)
    actions.decide(stopped, refuser_action, by=admin, motif=motif or "-")


def hours(zoe, motif: str) -> None:
    """A day that is over: one settled and mended, one still to be looked at; and a paid mission that wants a status."""
    debut, fin = builders.in_days(-3, 9), builders.in_days(-3, 13)
    with clock.freeze(builders.in_days(-10)):
        action = builders.action(zoe, debut=debut, fin=fin)
        mission = builders.mission(action)
        builders.hold(builders.referent_mission(action), builders.personne("Rémi Fontaine"))
        builders.hold(mission, builders.personne("Léa Grondin"))
    contributions.propose(action)
    releves = hours_of(action)
    said = {r.id: Line(r.minutes, r.constat) for r in releves if r.mission is mission}
    contributions.settle(action, said, valider, by=zoe, read=reading(sheet_of(releves)))
    [releve] = [r for r in releves if r.mission is mission]
    contributions.correct(releve, Line(120, releve.constat), motif=motif or "-", by=zoe, read=reading(sheet_of([releve])))
    paid = builders.mission(builders.action(zoe), nature=Nature.CHARGE_DE_MISSION, montant=5000)
    depot.ask_statut(builders.candidature(paid), by=zoe)


def still_true() -> Iterator[tuple[Message, Letter]]:
    """The messages of the outbox, but for those that what came after them has outdated."""
    for message in db.session.scalars(select(Message).order_by(Message.id)).all():
        with suppress(Outdated):
            yield message, messages.render(message.genre, message.faits)


def test_every_genre_has_its_two_templates_and_every_template_its_genre():
    found = {path.name for path in (ROOT / "templates/messages").iterdir() if not path.name.startswith("_")}
    assert found == {f"{genre}.{kind}" for genre in GENRES for kind in ("txt", "html")}


@pytest.mark.parametrize("story", [typical, minimal])
def test_every_message_of_a_house_is_whole_in_text_and_in_html(zoe, story):
    story(zoe)
    said = list(still_true())
    assert {message.genre for message, _ in said} == GENRES.keys()
    answers = {message.faits["etat"] for message, _ in said if message.genre == "candidature_reponse"}
    assert answers == {"acceptee", "liste_attente", "refusee", "liberee"}
    for message, letter in said:
        for text in (letter.objet, letter.texte, letter.html):
            assert not re.search(r"None|\{\{|\{%|Undefined|«\s*»|:\s*[.:]|\[\]", text), text
        assert len(letter.objet.splitlines()) == 1
        assert letter.texte.startswith("Bonjour")
        assert not re.search(r"<|&#|\n\n\n", letter.texte), letter.texte
        HTMLParser(strict=True).parse(letter.html)
        in_text, in_html = links(letter.texte), {unescape(link) for link in links(letter.html)}
        assert in_text <= in_html, message.genre
        assert all(link.startswith(MAP) for link in in_html - in_text), message.genre


def test_spaces_before_french_signs_do_not_break(app):
    for path in (ROOT / "templates/messages").iterdir():
        prose = re.sub(r"<style>.*?</style>|\{[{%#].*?[}%#]\}|<[^>]*>", "", path.read_text(), flags=re.DOTALL)
        assert not re.search(r" [:;!?»]|« ", prose), path.name


# --- what they say -------------------------------------------------------------------------------------------


def test_accepted_when_where_whom_to_call_what_to_find_and_how_to_step_back(zoe):
    action = builders.action(zoe, debut=builders.in_days(10), fin=builders.in_days(10, 18), lieu="La Raffinerie")
    awa = builders.personne("Awa Payet", telephone="+262692123456")
    builders.hold(builders.referent_mission(action), awa)
    mission = builders.mission(action, fourni="Repas partagé", contrepartie="8 h de monnaie temps")
    candidature = builders.candidature(mission)
    commands.decide(candidature, accepter, by=zoe, mot="Gare-toi derrière.\nÀ samedi !")
    said = letter("candidature_reponse")
    assert said.objet.startswith("C’est oui : Accueil du public")
    for words in (
        "9\u00a0h\u00a0à\u00a018\u00a0h",
        "La Raffinerie",
        "Awa Payet",
        "0692\u00a012\u00a034\u00a056",
        "Repas partagé",
    ):
        assert words in said.texte
        assert words in said.html
    assert "> Gare-toi derrière.\n> À samedi" in said.texte
    assert "8 h de monnaie temps" in said.texte
    assert f"{MAP}/search?query=La%20Raffinerie" in said.texte
    assert "Tu ne peux plus venir" in said.texte
    assert 'href="tel:+262692123456"' in said.html


def test_the_accepted_one_gets_the_slot_for_their_agenda(zoe, mission):
    commands.decide(builders.candidature(mission), accepter, by=zoe)
    [part] = sent("candidature_reponse").iter_attachments()
    assert (part.get_content_type(), part.get_filename()) == ("text/calendar", "mission.ics")
    calendar = part.get_payload(decode=True).decode()
    assert calendar.startswith("BEGIN:VCALENDAR\r\n")
    assert f"UID:mission-{mission.id}@localhost" in calendar
    assert "/candidatures/suivi/" not in calendar  # a calendar is shared, a personal link is not


def test_the_referent_is_not_told_to_call_themselves(zoe):
    awa = builders.personne("Awa Payet", telephone="+262692123456")
    commands.decide(builders.candidature(builders.referent_mission(builders.action(zoe)), awa), accepter, by=zoe)
    said = letter("candidature_reponse")
    assert "0692" not in said.texte
    assert "Ta page du jour" in said.texte


def test_a_refusal_thanks_says_why_and_offers_two_other_missions(zoe, mission):
    others = [builders.mission(mission.action, titre=f"Autre {i}") for i in range(3)]
    commands.decide(builders.candidature(mission), refuser, by=zoe, motif="Toutes les places sont prises.")
    said = letter("candidature_reponse")
    assert "Merci d’avoir proposé ton aide" in said.texte
    assert "Toutes les places sont prises." in said.texte
    assert sum(m.titre in said.texte for m in others) == 2


def test_applying_to_a_full_mission_speaks_of_the_waiting_list(zoe, mission):
    assert "liste d’attente" not in letter_of(mission)
    for _ in range(mission.places):
        commands.decide(builders.candidature(mission), accepter, by=zoe)
    assert "liste d’attente" in letter_of(mission)


def letter_of(mission) -> str:
    builders.candidature(mission)
    return letter("candidature_recue").texte


def test_an_invitation_says_what_each_role_opens(zoe):
    comptes.add_person(nom="Inès", email="ines@example.org", roles=[builders.TRESORIER], by=zoe)
    said = letter("invitation").texte
    assert "Zoé Hoarau" in said
    assert "factures" in said
    assert "candidatures" not in said


def test_who_left_and_who_waits(zoe, mission):
    left = builders.candidature(mission, nom="Léa Grondin")
    commands.decide(left, accepter, by=zoe)
    commands.decide(builders.candidature(mission), mettre_en_attente, by=zoe)
    builders.candidature(mission)
    commands.leave(left, motif="Malade")
    said = letter("desistement").texte
    for words in ("Léa Grondin ne vient plus", "Malade", "2 sur 2", "sans réponse\u00a0: 1", "d’attente\u00a0: 1"):
        assert words in said


# --- their links ---------------------------------------------------------------------------------------------


def path_in(said: Letter, start: str) -> str:
    [link] = [link for link in links(said.texte) if urlsplit(link).path.startswith(start)]
    return urlsplit(link).path


def test_the_link_to_sign_in_opens_and_signs_in(client):
    awa = builders.personne("Awa Payet")
    entree.ask_link(awa.email, suite="/moi/")
    lien = path_in(letter("connexion"), "/comptes/lien/")
    assert client.get(lien).status_code == 200
    assert client.post(lien).location == "/moi/"
    assert "Awa Payet" in client.get("/moi/").text


def test_the_code_of_the_mail_signs_in(client):
    awa = builders.personne()
    client.post("/comptes/lien", data={"email": awa.email})
    [code] = re.findall(r"\b\d{6}\b", letter("connexion").texte)
    assert client.post("/comptes/code", data={"code": code}).status_code == 303


def test_the_personal_link_opens_the_candidature_and_proves_the_address(client, mission):
    candidature = builders.candidature(mission)
    suivi = path_in(letter("candidature_recue"), "/candidatures/suivi/")
    assert "Accueil du public" in client.get(suivi).text
    client.post(f"{suivi}/confirmer")
    db.session.expire_all()
    assert candidature.personne.confirme_le


def test_every_link_of_every_message_leads_somewhere(zoe, as_):
    typical(zoe)
    found = {link for _, letter in still_true() for link in links(letter.texte) if not link.startswith(MAP)}
    paths = {urlsplit(link)._replace(scheme="", netloc="").geturl() for link in found}
    assert {path.split("/")[1] for path in paths} == {
        "",
        "actions",
        "besoins",
        "comptes",
        "devis",
        "factures",
        "missions",
        "candidatures",
        "contributions",
        "jour-j",
        "equipe",
        "moi",
    }
    client = as_(zoe)
    for path in paths:
        answer = client.get(path)
        assert answer.status_code == 200 or (answer.status_code, answer.location) == (303, "/"), path


@pytest.mark.parametrize("base", ["https://portail.exemple.re", "https://exemple.re/portail"])
def test_links_follow_the_configured_address_whatever_the_host(app, mission, settings, base):
    settings(base_url=base)
    builders.candidature(mission)
    with app.test_request_context(base_url="http://mechant.example", headers={"X-Forwarded-Host": "mechant.example"}):
        said = letter("candidature_recue")
    assert all(link.startswith((f"{base}/", MAP)) for link in links(said.texte) | links(said.html))


# --- never a lie ---------------------------------------------------------------------------------------------


def assert_outdated(genre: str) -> None:
    with pytest.raises(Outdated):
        letter(genre)


def test_an_answer_that_changed_is_not_sent(zoe, mission):
    candidature = builders.candidature(mission)
    commands.decide(candidature, accepter, by=zoe)
    first = last("candidature_reponse")
    first.essais = 1  # the worker has begun, and the server takes its time
    commands.free(candidature, by=zoe, motif="Mission raccourcie")
    with pytest.raises(Outdated):
        composed(first)
    assert "libérée" in composed(last("candidature_reponse"))["Subject"]


def test_an_answer_followed_by_another_never_leaves(zoe, mission):
    """Waiting list, then yes, then undone, then waiting list again, within two minutes: one message, when it is final."""
    candidature = builders.candidature(mission)
    commands.decide(candidature, mettre_en_attente, by=zoe)
    commands.decide(candidature, accepter, by=zoe)
    commands.undo(candidature, by=zoe)
    commands.decide(candidature, mettre_en_attente, by=zoe)
    assert [m.faits["etat"] for m in db.session.scalars(select(Message)) if m.genre == "candidature_reponse"] == [
        "liste_attente"
    ]
    assert candidature.is_undoable


def test_a_candidature_taken_back_is_not_acknowledged(mission):
    commands.leave(builders.candidature(mission))
    assert_outdated("candidature_recue")


def test_a_candidature_answered_meanwhile_still_gets_its_link(zoe, mission):
    commands.decide(builders.candidature(mission), refuser, by=zoe, motif="Complet")
    assert "/candidatures/suivi/" in letter("candidature_recue").texte


def test_what_no_longer_exists_is_not_spoken_of(app):
    for genre in GENRES.keys() - {"candidature_reponse"}:
        with pytest.raises(Outdated):
            messages.render(
                genre,
                {
                    "jeton": 9,
                    "candidature": 9,
                    "action": 9,
                    "affectation": 9,
                    "mission": 9,
                    "releve": 9,
                    "avis": 9,
                    "devis": 9,
                    "facture": 9,
                    "resume": "9",
                    "adresse": "9",
                    "entree": "9",
                    "rappel": "veille",
                    "debut": "",
                },
            )
    with pytest.raises(Outdated):
        messages.render("candidature_reponse", {"candidature": 9, "etat": "acceptee"})


@pytest.mark.parametrize("transition", [accepter, mettre_en_attente])
def test_hope_for_a_mission_that_is_over_is_not_sent(zoe, mission, transition):
    commands.decide(builders.candidature(mission), transition, by=zoe)
    with clock.freeze(mission.fin):
        assert_outdated("candidature_recue")
        assert_outdated("candidature_reponse")


def test_a_refusal_stays_true_after_the_day(zoe, mission):
    commands.decide(builders.candidature(mission), refuser, by=zoe, motif="Complet")
    with clock.freeze(mission.fin):
        assert "n’est pas retenue" in letter("candidature_reponse").texte


def test_a_link_that_no_longer_opens_is_not_sent(app):
    awa = builders.personne()
    jeton = entree.ask_link(awa.email, suite="/")
    with clock.freeze(clock.now() + timedelta(minutes=11)):
        assert_outdated("connexion")
    entree.use_link(jeton.id, jeton.generation)
    assert_outdated("connexion")


# --- hostile text --------------------------------------------------------------------------------------------

NASTY = "Bal\r\nBcc: tous@example.org\u2028'seul\" <img src=x onerror=alert(1)> {{7*7}} {0.__class__} %(x)s"


@pytest.mark.both
def test_a_hostile_title_stays_a_title(zoe):
    mission = builders.mission(builders.action(zoe, titre=NASTY, lieu=NASTY), titre=NASTY, fourni=NASTY)
    commands.decide(builders.candidature(mission), accepter, by=zoe, mot=NASTY)
    mail = sent("candidature_reponse")
    assert mail.get_all("Subject") == [mail["Subject"]]
    assert "Bal Bcc: tous@example.org 'seul\" <img src=x onerror=alert(1)> {{7*7}} {0.__class__} %(x)s" in mail["Subject"]
    assert mail["Bcc"] is None
    assert mail["To"] == last("candidature_reponse").adresse
    html = mail.get_body(("html",)).get_content()
    assert "<img" not in html
    assert "&lt;img src=x" in html
    HTMLParser(strict=True).parse(html.replace("\u2028", ""))
    assert "{{7*7}}" in mail.get_body(("plain",)).get_content()


def test_a_very_long_title_is_one_subject_and_no_line_is_too_long_for_a_server(zoe, settings):
    settings(mail_url="smtp://localhost")
    mission = builders.mission(builders.action(zoe), titre="Très long " * 100)
    builders.candidature(mission)
    mail = sent("candidature_recue")
    assert mail["Subject"].count("Très long") == 100
    assert max(len(line) for line in composed(last("candidature_recue")).as_bytes().splitlines()) < 998


def test_what_a_stranger_typed_is_not_mailed_to_the_address_they_gave(mission):
    builders.candidature(mission, nom="Gagnez-ici http://mechant.example", message="Cliquez http://mechant.example")
    mail = composed(last("candidature_recue")).as_string()
    assert "mechant" not in mail
    assert "Bonjour,\n" in letter("candidature_recue").texte


def test_someone_whose_address_is_proved_is_greeted(mission):
    builders.candidature(mission, builders.personne("Awa Payet"))
    assert letter("candidature_recue").texte.startswith("Bonjour Awa,\n")


# --- the envelope --------------------------------------------------------------------------------------------


def test_a_mail_says_who_sends_it_when_and_that_a_machine_does(mission):
    builders.candidature(mission, email="lea@example.org")
    reglage.change(reglage.MAISON, "L’Usine, la vraie", by=mission.action.bienveillant)
    with clock.freeze(mission.debut - timedelta(days=2)):
        mail = sent("candidature_recue")
        assert mail["Date"].datetime == clock.now()
    assert (mail["To"], mail["Auto-Submitted"]) == ("lea@example.org", "auto-generated")
    [sender] = mail["From"].addresses
    assert (sender.display_name, sender.addr_spec) == ("L’Usine, la vraie", "ne-pas-repondre@localhost")
    assert letter("candidature_recue").texte.rpartition("\n--\n")[2].startswith("L’Usine, la vraie\n")
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


def test_the_message_id_is_the_row_s_own(mission, settings):
    builders.candidature(mission)
    builders.candidature(mission)
    settings(base_url="https://portail.exemple.re")
    rows = db.session.scalars(select(Message)).all()
    ids = [composed(row)["Message-ID"] for row in rows]
    assert ids == [composed(row)["Message-ID"] for row in rows]
    assert len(set(ids)) == 2
    assert all(id.endswith("@portail.exemple.re>") for id in ids)


@pytest.mark.parametrize(
    ("typed", "used"),
    [
        ("ａ.b@exemple.re", "a.b@exemple.re"),
        ("A.b+x@Exemple.re", "A.b+x@exemple.re"),
        ("lea@éclair.re", "lea@xn--clair-9ra.re"),
    ],
)
def test_an_address_is_sent_to_as_servers_know_it(app, typed, used):
    assert messages.recipient(typed) == used


def test_an_answer_of_each_state_has_its_words(zoe, mission):
    seen = {}
    for transition in (accepter, mettre_en_attente, refuser):
        commands.decide(builders.candidature(mission), transition, by=zoe, motif="Complet")
        seen[transition.target] = letter("candidature_reponse").objet.partition(" :")[0]
    commands.free(db.session.scalars(select(Candidature).where(Candidature.etat == Etat.ACCEPTEE)).one(), by=zoe, motif="Pluie")
    seen[Etat.LIBEREE] = letter("candidature_reponse").objet.partition(" :")[0]
    assert seen == {
        Etat.ACCEPTEE: "C’est oui",
        Etat.LISTE_ATTENTE: "Liste d’attente",
        Etat.REFUSEE: "Ta candidature",
        Etat.LIBEREE: "Ta place est libérée",
    }
