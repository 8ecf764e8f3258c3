"""/reglages/messages/: the house writes its own words; what they say of facts is replaced, and nothing in them is evaluated."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup, Tag
from sqlalchemy import select

from portal import clock, reglage
from portal.candidatures import commands as candidatures
from portal.candidatures.models import accepter
from portal.db import db
from portal.filters import jour_long
from portal.journal import EntreeJournal
from portal.notifications import messages, mots, worker
from portal.notifications.mots import GABARITS
from portal.outbox import Message
from portal.reglage import Reglage
from tests import builders

LIST = "/reglages/messages/"
ACCEPTED = f"{LIST}candidature_acceptee"
HOSTILE = "{{7*7}} {0.__class__} {prenom.__class__} %(x)s {{prenom}} <script>alert(1)</script> \"'><img src=x onerror=alert(1)>"


@pytest.fixture
def office(app, as_):
    return as_(builders.personne("Ada Dijoux", [builders.ADMIN]))


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


def main(answer) -> Tag:
    found = BeautifulSoup(answer.text, "html5lib").main
    assert found
    return found


def said(part: Tag) -> str:
    return " ".join(part.get_text(" ").replace("\u00a0", " ").split())


def typed(answer) -> dict[str, str]:
    """What the form of that page would send."""
    form = main(answer).select_one("form")
    found = {str(i["name"]): str(i["value"]) for i in form.select("input[type=hidden]") if i["name"] != "csrf_token"}
    return found | {str(t["name"]): t.get_text().removeprefix("\n") for t in form.select("textarea")}


def write(office, cle: str, ouverture: str, fin: str = ""):
    page = office.get(LIST + cle)
    return office.post(LIST + cle, data=typed(page) | {f"mots_{cle}_ouverture": ouverture, f"mots_{cle}_fin": fin})


def changes():
    rows = select(EntreeJournal).where(EntreeJournal.evenement == "reglage.changer").order_by(EntreeJournal.id)
    return [(e.sujet, e.avant, e.apres) for e in db.session.scalars(rows)]


def accepted(zoe, titre: str = "Accueil du public", nom: str = "Léa Grondin"):
    """Somebody whose address is sure, taken on a mission; their message."""
    mission = builders.mission(builders.action(zoe, titre="Fête du moulin", lieu="La grande salle"), titre=titre)
    candidatures.decide(builders.candidature(mission, builders.personne(nom)), accepter, by=zoe)
    return db.session.scalars(select(Message).where(Message.genre == "candidature_reponse")).one()


# --- what leaves -------------------------------------------------------------------------------------------------


@pytest.mark.both
def test_the_house_s_words_leave_in_both_forms_and_the_facts_stay_the_portal_s(office, zoe, smtp):
    assert (
        write(office, "candidature_acceptee", "Chouette {prenom} !\n\nÀ {date}, {lieu}.", "L’équipe de {maison}").status_code
        == 303
    )
    message = accepted(zoe)
    message.du_le = clock.now()
    db.session.commit()
    worker.run_once()
    mail = next(m.message for m in smtp.mails if "oui" in m.text)
    day = clock.local(clock.now() + timedelta(days=10))
    text, html = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert text.splitlines()[4:8] == ["Chouette Léa !", "", f"À {jour_long(day)}, La grande salle.", ""]
    assert "<p>Chouette Léa" in html
    assert "L’équipe de Notre tiers-lieu" in text
    assert "L’équipe de Notre tiers-lieu" in html
    for part in (text, html):
        assert "On compte sur toi" not in part
        assert "/candidatures/suivi/" in part
        assert "Accueil du public" in part


def test_without_a_word_of_the_house_a_message_says_what_it_began_with(zoe):
    message = accepted(zoe)
    assert "C’est oui.\n\nOn compte sur toi.\n" in messages.render(message.genre, message.faits).texte


def test_the_words_are_read_when_the_message_leaves(office, zoe):
    message = accepted(zoe)
    write(office, "candidature_acceptee", "Bienvenue {prenom}.")
    assert "Bienvenue Léa." in messages.render(message.genre, message.faits).texte


def test_a_line_of_a_digest_has_them_too(office, zoe):
    write(office, "candidature_acceptee", "Bienvenue {prenom}.")
    message = accepted(zoe)
    line = messages.render(message.genre, message.faits, line=True)
    assert "Bienvenue Léa." in line.texte
    assert "<p>Bienvenue Léa.</p>" in line.html
    assert "Bonjour" not in line.texte


def test_a_name_that_nobody_is_sure_of_is_left_out_with_its_space(office, zoe):
    write(office, "candidature_recue", "Merci {prenom}, à bientôt.")
    builders.candidature(builders.mission(builders.action(zoe)), nom="Gagnez-ici http://mechant.example")
    message = db.session.scalars(select(Message).where(Message.genre == "candidature_recue")).one()
    text = messages.render(message.genre, message.faits).texte
    assert "Merci, à bientôt." in text
    assert "mechant" not in text


@pytest.mark.parametrize("name", ["action", "lieu", "nom", "prenom"])
def test_what_a_stranger_typed_is_not_offered_to_the_message_that_answers_them(office, name):
    assert write(office, "demande_recue", f"Bonjour {{{name}}}").status_code == 422


def test_each_message_of_the_list_has_its_words_and_a_template_that_shows_them(app):
    """In the text and in HTML, whichever state it speaks of; and each name of its list is known."""
    for gabarit in GABARITS.values():
        names = " ".join(f"{{{nom}}}" for nom in gabarit.noms)
        letter = messages.sample(gabarit, {gabarit.ouverture.cle: f"DÉBUT {names}", gabarit.fin.cle: f"FIN {names}"})
        for part in (letter.texte, letter.html):
            assert part.count("DÉBUT") == part.count("FIN") == 1, gabarit.cle
            assert part.index("DÉBUT") < part.index("FIN"), gabarit.cle
            assert not re.search(r"\{\w+\}", part), gabarit.cle
        assert letter.objet


def test_each_editable_message_is_found_by_what_it_says(app):
    """One and only one for each genre and state."""
    for gabarit in GABARITS.values():
        for value in gabarit.valeurs or ("",):
            faits = {gabarit.fait: value} if gabarit.fait else {}
            assert [g.cle for g in GABARITS.values() if g.is_of(gabarit.genre, faits)] == [gabarit.cle]


def test_a_message_reads_the_settings_as_often_whatever_the_words(office, zoe, count_queries):
    message = accepted(zoe)
    genre, faits, costs = message.genre, message.faits, []
    for ouverture in ("", "Bienvenue {prenom}.", "{date} {lieu} {mission} {action}"):
        if ouverture:
            write(office, "candidature_acceptee", ouverture, ouverture)
        db.session.expire_all()
        with count_queries() as statements:
            messages.render(genre, faits)
        costs.append(len(statements))
        assert sum("FROM reglage" in sql for sql in statements) == 2  # the words, and the house's name
    assert len(set(costs)) == 1


# --- nothing is evaluated ----------------------------------------------------------------------------------------


@pytest.mark.both
def test_what_looks_like_a_program_stays_as_it_is_typed(office, zoe):
    assert write(office, "candidature_acceptee", HOSTILE, HOSTILE).status_code == 303
    message = accepted(zoe)
    letter = messages.render(message.genre, message.faits)
    assert letter.texte.count(HOSTILE) == 2
    html = BeautifulSoup(letter.html, "html5lib")
    assert html.select("script, img") == []
    assert html.get_text().count(HOSTILE) == 2


def test_nor_in_the_preview(office):
    page = office.post(
        f"{ACCEPTED}/apercu", data={"mots_candidature_acceptee_ouverture": HOSTILE, "mots_candidature_acceptee_fin": ""}
    )
    assert page.status_code == 200
    preview = main(page).select_one("#apercu")
    assert preview.select("script, img, [onerror]") == []
    assert [HOSTILE in part.get_text() for part in preview.select("[hx-ignore], .lettre")] == [True, True]


def test_a_fact_that_looks_like_a_name_is_not_replaced_again(office, zoe):
    write(office, "candidature_acceptee", "Pour {mission}.")
    message = accepted(zoe, titre="{maison} {prenom}")
    assert "Pour {maison} {prenom}." in messages.render(message.genre, message.faits).texte


@pytest.mark.parametrize("unknown", ["{xyz}", "{Prenom}", "{prénom}", "{ adresse }", "{0}", "{montant}"])
def test_a_name_that_does_not_exist_is_refused_with_those_that_do(office, unknown):
    answer = write(office, "candidature_acceptee", f"Bonjour {unknown} et {{prenom}}")
    assert answer.status_code == 422
    words = said(main(answer).select_one("#mots_candidature_acceptee_ouverture-erreur"))
    assert "n’existe pas ici" in words
    assert "{prenom}, {mission}, {action}, {date}, {heures}, {lieu}, {maison}" in words
    assert typed(answer)["mots_candidature_acceptee_ouverture"] == f"Bonjour {unknown} et {{prenom}}"
    assert changes() == []


def test_too_long_is_refused_and_every_word_stays(office):
    answer = write(office, "candidature_acceptee", "mot " * 600)
    assert answer.status_code == 422
    assert typed(answer)["mots_candidature_acceptee_ouverture"] == ("mot " * 600).strip()


def test_hostile_braces_are_read_in_no_time(app):
    gabarit = GABARITS["candidature_acceptee"]
    for text in ("{" * 2000, "{a" * 1000, "{" + "a" * 2000, " {" * 1000, "{a}" * 600):
        started = clock.now()
        gabarit.unknown(text)
        assert clock.now() - started < timedelta(seconds=0.2)


# --- the pages ---------------------------------------------------------------------------------------------------


def test_the_preview_shows_subject_text_and_html_of_somebody_invented_and_saves_nothing(office):
    data = {"mots_candidature_acceptee_ouverture": "Chouette {prenom}, {heures}", "mots_candidature_acceptee_fin": ""}
    page = office.post(f"{ACCEPTED}/apercu", data=data)
    preview = main(page).select_one("#apercu")
    assert preview.select_one("h3").get_text().startswith("C’est oui")
    assert [said(part).count("Chouette Léa, 9 h à 17 h") for part in preview.select("[hx-ignore], .lettre")] == [1, 1]
    assert preview.select("[style]") == []
    assert typed(page)["mots_candidature_acceptee_ouverture"] == "Chouette {prenom}, {heures}"
    fragment = office.post(f"{ACCEPTED}/apercu", data=data, headers={"HX-Request": "true"})
    assert BeautifulSoup(fragment.text, "html.parser").select_one("section")["id"] == "apercu"
    assert db.session.scalars(select(Reglage)).all() == []


def test_a_preview_of_what_would_be_refused_says_so(office):
    data = {"mots_candidature_acceptee_ouverture": "{xyz}", "mots_candidature_acceptee_fin": ""}
    for headers in ({}, {"HX-Request": "true"}):
        page = office.post(f"{ACCEPTED}/apercu", data=data, headers=headers)
        assert page.status_code == 422
        assert "{xyz} n’existe pas ici" in page.text


def test_the_words_it_began_with_come_back_and_no_row_stays(office):
    write(office, "candidature_acceptee", "Bienvenue.", "À bientôt.")
    page = office.get(ACCEPTED)
    assert "Les mots de la maison" in said(main(office.get(LIST)))
    assert office.post(ACCEPTED, data=typed(page) | {"depart": "1"}).status_code == 303
    assert db.session.scalars(select(Reglage)).all() == []
    page = office.get(ACCEPTED)
    assert typed(page)["mots_candidature_acceptee_ouverture"] == "On compte sur toi."
    assert "Reprendre" not in said(main(page))
    assert "Les mots de la maison" not in said(main(office.get(LIST)))
    ouverture, fin = ("reglage:mots_candidature_acceptee_ouverture", "reglage:mots_candidature_acceptee_fin")
    assert changes() == [
        (ouverture, "On compte sur toi.", "Bienvenue."),
        (fin, "", "À bientôt."),
        (ouverture, "Bienvenue.", "On compte sur toi."),
        (fin, "À bientôt.", ""),
    ]


@pytest.mark.both
@pytest.mark.parametrize("more", [{}, {"depart": "1"}])
def test_from_an_older_page_it_is_refused_and_nothing_typed_is_lost(office, more):
    old = typed(office.get(ACCEPTED)) | {"mots_candidature_acceptee_ouverture": "Le mien"}
    write(office, "candidature_acceptee", "Celui d’un autre")
    answer = office.post(ACCEPTED, data=old | more)
    assert answer.status_code == 409
    assert typed(answer)["mots_candidature_acceptee_ouverture"] == "Le mien"
    assert "Celui d’un autre" in said(main(answer))
    assert reglage.texts(GABARITS["candidature_acceptee"].textes)["mots_candidature_acceptee_ouverture"] == "Celui d’un autre"
    assert office.post(ACCEPTED, data=typed(answer)).status_code == 303


@pytest.mark.parametrize("path", [LIST, ACCEPTED])
def test_nobody_else_enters(app, as_, path):
    zoe = builders.bienveillant()
    assert as_(zoe).get(path).status_code == 403
    assert as_(zoe).post(ACCEPTED, data={"lu": ""}).status_code == 403
    assert as_(zoe).post(f"{ACCEPTED}/apercu").status_code == 403


def test_what_is_not_a_message_is_a_404(office):
    for cle in ("connexion", "invitation", "x"):
        assert office.get(LIST + cle).status_code == 404


@pytest.mark.parametrize("many", [False, True])
def test_the_pages_cost_the_same_for_none_or_all(office, count_queries, many):
    if many:
        for gabarit in GABARITS.values():
            db.session.add_all(Reglage(cle=texte.cle, texte="Bonjour") for texte in gabarit.textes)
        db.session.commit()
    for path in (LIST, ACCEPTED):
        with count_queries() as statements:
            assert office.get(path).status_code == 200
        assert len(statements) == 2


@pytest.mark.browser
def test_with_htmx_only_the_preview_changes_and_what_is_typed_stays(office, visit):
    page = visit(builders.personne("Max", [builders.ADMIN]))
    page.goto(ACCEPTED)
    page.wait_for_function("() => window.htmx")
    page.get_by_label("Pour commencer").fill("Chouette {prenom}.")
    page.get_by_role("button", name="Aperçu").click()
    page.locator("#apercu").get_by_text("Chouette Léa.").first.wait_for()
    assert page.get_by_label("Pour commencer").input_value() == "Chouette {prenom}."
    page.get_by_role("button", name="Enregistrer").click()
    page.get_by_text("C’est enregistré").wait_for()
    db.session.rollback()
    assert reglage.texts(GABARITS["candidature_acceptee"].textes)["mots_candidature_acceptee_ouverture"] == "Chouette {prenom}."


def test_messages_that_wait_show_the_words_without_another_read_each(office, zoe, count_queries):
    """A page of previews reads the settings once."""
    message = accepted(zoe)
    db.session.commit()
    with count_queries() as statements:
        assert "On compte sur toi." in office.get(f"/notifications/{message.id}").text
    assert sum(sql.startswith("SELECT reglage") for sql in statements) == 1


def test_what_the_portal_alone_says_is_not_the_house_s_to_write(app):
    """Signing in, what the team hears: no words of the house in them."""
    assert {g.genre for g in GABARITS.values()} & {"connexion", "invitation", "desistement", "jour_incident"} == set()
    assert mots.of("connexion", {}, {}) == {}
