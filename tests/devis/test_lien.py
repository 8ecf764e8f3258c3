"""The demandeur's link: read by anybody who has it, changed by nobody who only reads, clear once nothing can be answered."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup

from portal import clock, reglage
from portal.actions import commands as actions
from portal.actions import depot, effacement, suivi
from portal.actions import queries as requests
from portal.actions.models import Etat as ActionEtat
from portal.actions.processus import annuler
from portal.db import db
from portal.devis import accords, commands, envoi, lien, queries
from portal.devis.models import Etat, Unite, Voie
from portal.notifications import messages
from portal.notifications.echeances import pass_time
from tests import builders
from tests.cells import fingerprint

READERS = [
    ("HEAD", {}),
    ("GET", {"Sec-Purpose": "prefetch;prerender", "Purpose": "prefetch"}),
    ("GET", {"User-Agent": "SafeLinks/1.0 (scanner)", "X-Forwarded-For": "203.0.113.9"}),
]


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture
def devis(zoe):
    made = builders.sent(builders.validated(zoe, debut=builders.in_days(60), fin=builders.in_days(60, 18)))
    for texte, words in ((reglage.TELEPHONE, "0262 12 34 56"), (reglage.COURRIEL, "bonjour@example.org")):
        reglage.change(texte, words, by=zoe)
    db.session.commit()
    return made


def url(devis, end: str = "") -> str:
    return f"/devis/lien/{lien.page_token(devis)}{end}"


def agreed(devis, **said):
    return {"nom": "Armelle Gigan", "accord": "y", "empreinte": devis.empreinte} | said


def words(answer) -> str:
    main = BeautifulSoup(answer.text, "html5lib").main
    assert main
    return " ".join(main.get_text(" ").replace("\u202f", " ").split()).replace("\u00a0", " ")


def newer(devis, zoe):
    made = commands.draft(queries.fresh(devis.id).action, by=zoe)
    envoi.send(made, by=zoe, force="Dit de vive voix")
    db.session.commit()
    return made


# --- reading and answering -------------------------------------------------------------------------------------


@pytest.mark.both
def test_it_is_read_without_an_account_and_accepted_once(client, devis):
    assert "1 080,00 €" in words(client.get(url(devis)))
    assert client.get(url(devis, "/devis.pdf")).data == devis.pdf
    for _ in range(2):
        assert client.post(url(devis, "/accepter"), data=agreed(devis)).status_code == 303
    found = queries.fresh(devis.id)
    [accord] = queries.accords_of(found)
    assert (found.etat, found.action.etat) == (Etat.ACCEPTE, ActionEtat.CONFIRMEE)
    assert (accord.nom, accord.adresse, accord.empreinte, accord.par) == ("Armelle Gigan", "127.0.0.1", found.empreinte, None)
    assert "Vous avez accepté ce devis" in words(client.get(url(devis)))


def test_all_that_is_agreed_to_is_read_before_the_name_is_asked(client, zoe):
    action = builders.validated(zoe)
    action.demandeur.particulier = True
    said = {reglage.CONDITIONS: "Toute heure commencée est due.", reglage.MEDIATEUR: "CM2C, Paris"}
    for texte, text in said.items():
        reglage.change(texte, text, by=zoe)
    devis = builders.sent(action)
    db.session.commit()
    shown = words(client.get(url(devis)))
    asked = shown.index("Accepter ce devis")
    house, client_, tax = "12 rue du Moulin", "3 chemin Bruniquel", "TVA non applicable, article 261-7"
    for text in (*said.values(), house, client_, tax, "SIRET", "Sous-total"):
        assert 0 <= shown.find(text) < asked, text
    assert shown.index("1 080,00 €") < shown.index("Heure de site")


@pytest.mark.both
@pytest.mark.parametrize(("method", "headers"), READERS)
def test_whoever_only_reads_changes_nothing(client, devis, method, headers):
    before = fingerprint()
    for end in ("", "/devis.pdf"):
        answer = client.open(url(devis, end), method=method, headers=headers)
        assert answer.status_code == 200
    for end in ("/accepter", "/refuser", "/demander_un_changement"):
        assert client.open(url(devis, end), method=method, headers=headers).status_code in {404, 405}
    assert fingerprint() == before


def test_neither_page_nor_paper_is_kept_nor_says_where_one_comes_from(client, devis):
    for end in ("", "/devis.pdf"):
        headers = client.get(url(devis, end)).headers
        assert (headers["Cache-Control"], headers["Referrer-Policy"]) == ("no-store", "same-origin")
    assert BeautifulSoup(client.get(url(devis)).text, "html5lib").select_one('meta[name="robots"][content="noindex"]')


def test_its_page_names_nobody_of_the_team(client, devis, zoe):
    signature = accords.Signature("Dal", voie=Voie.PAPIER, preuve="Classeur 4")
    accords.accept(devis, signature=signature, empreinte=devis.empreinte, by=zoe)
    db.session.commit()
    page = client.get(url(devis)).text
    for name in (zoe.nom, zoe.email, "Classeur 4", "vive voix"):
        assert name not in page
    assert "sur papier" in page


def test_a_paper_that_was_not_the_one_shown_is_not_accepted(client, devis):
    answer = client.post(url(devis, "/accepter"), data=agreed(devis, empreinte="autre"))
    assert answer.status_code == 409
    assert "a changé pendant que vous le lisiez" in answer.text
    assert queries.fresh(devis.id).etat is Etat.ENVOYE


@pytest.mark.parametrize("wrong", [{"nom": ""}, {"nom": "\u200b \u00a0"}, {"nom": "x" * 121}, {"accord": ""}])
def test_a_name_and_the_conditions_are_wanted_and_what_was_typed_stays(client, devis, wrong):
    before = fingerprint()
    said = {name: text for name, text in agreed(devis, **wrong).items() if text}
    answer = client.post(url(devis, "/accepter"), data=said)
    assert answer.status_code == 422
    assert said.get("nom", "").strip("\u200b \u00a0") in answer.text
    assert fingerprint() == before


@pytest.mark.both
def test_a_change_that_is_asked_for_lands_in_their_exchange_once(client, as_, devis, zoe, outbox):
    asked = {"mot": "Sans le repas, et dès 14 h.", "cle": "une-cle-de-changement"}
    for _ in range(2):
        assert client.post(url(devis, "/demander_un_changement"), data=asked).status_code == 303
    found = queries.fresh(devis.id)
    assert found.etat is Etat.ENVOYE
    [said] = requests.exchange(found.action)
    assert (said.texte, said.personne_id) == (f"À propos du devis {found.numero}\u00a0: Sans le repas, et dès 14 h.", None)
    assert said.texte in client.get(f"/actions/suivi/{suivi.page_token(found.action)}").text
    [letter] = [m for m in outbox() if m.genre == "devis_repondu"]
    assert f"/actions/{found.action_id}/echanges" in messages.render(letter.genre, letter.faits).texte
    assert said.texte in as_(zoe).get(f"/actions/{found.action_id}/echanges").text


def test_the_change_is_read_on_both_sides_until_another_version_leaves(client, as_, devis, zoe):
    client.post(url(devis, "/demander_un_changement"), data={"mot": "Sans le repas."})
    pages = [lambda: client.get(url(devis)), lambda: as_(zoe).get(f"/devis/{devis.id}")]
    for read in pages:
        assert "Sans le repas." in read().text
    envoi.send(commands.draft(queries.fresh(devis.id).action, by=zoe), by=zoe)
    db.session.commit()
    for read in pages:
        assert "Sans le repas." not in read().text


def test_a_refusal_is_said_in_words(client, devis):
    assert client.post(url(devis, "/refuser"), data={"motif": ""}).status_code == 422
    for _ in range(2):
        assert client.post(url(devis, "/refuser"), data={"motif": "Trop cher"}).status_code == 303
    assert queries.fresh(devis.id).etat is Etat.REFUSE
    more = client.post(url(devis, "/refuser"), data={"motif": "Et trop loin"})
    assert (more.status_code, "Et trop loin" in more.text) == (409, True)


# --- nothing can be answered any more --------------------------------------------------------------------------


def refused(devis, zoe):
    accords.refuse(devis, mot="Trop cher", by=None)


def replaced(devis, zoe):
    newer(devis, zoe)


def cancelled(devis, zoe):
    actions.decide(devis.action, annuler, by=zoe, motif="Cyclone")


def given_up(devis, zoe):
    depot.give_up(devis.action, mot="Trop loin")


def accepted(devis, zoe):
    accords.accept(devis, signature=accords.Signature("Dal"), empreinte=devis.empreinte, by=None)


def begun(devis, zoe):
    accepted(devis, zoe)
    newer(devis, zoe)
    devis.action.etat = ActionEtat.EN_COURS


DEAD = {
    refused: "Vous avez refusé ce devis",
    replaced: "Une version plus récente la remplace",
    given_up: "L’évènement n’aura pas lieu",
    cancelled: "L’évènement n’aura pas lieu",
    accepted: "Vous avez accepté ce devis",
}


@pytest.mark.both
@pytest.mark.parametrize("what", DEAD, ids=lambda what: what.__name__)
def test_a_dead_state_says_so_with_whom_to_call_and_gives_words_back(client, devis, zoe, what):
    what(devis, zoe)
    db.session.commit()
    shown = words(client.get(url(devis)))
    for text in (DEAD[what], "0262 12 34 56", "bonjour@example.org", "votre page", "1 080,00 €"):
        assert text in shown
    assert "J’accepte ce devis" not in shown
    before = fingerprint()
    late = [client.post(url(devis, end), data=data) for end, data in (
        ("/refuser", {"motif": "Finalement non"}), ("/demander_un_changement", {"mot": "Finalement non"}),
    )]  # fmt: skip
    if what is not accepted:
        late.append(client.post(url(devis, "/accepter"), data=agreed(devis)))
    for answer in late:
        assert answer.status_code == 409
        assert DEAD[what] in words(answer)
    assert "Finalement non" in late[1].text
    assert fingerprint() == before


@pytest.mark.parametrize("worker", [False, True])
def test_after_its_last_day_it_has_expired_whether_or_not_the_worker_has_passed(client, devis, worker):
    last = devis.valable_jusqu_au
    with clock.freeze(clock.start_of(last) + timedelta(hours=23, minutes=59)):
        assert "J’accepte ce devis" in words(client.get(url(devis)))
    with clock.freeze(clock.start_of(last) + timedelta(hours=24)):
        if worker:
            pass_time()
        shown = words(client.get(url(devis)))
        assert "Ce devis a expiré" in shown
        assert "0262 12 34 56" in shown
        assert client.post(url(devis, "/accepter"), data=agreed(devis)).status_code == 409
    assert queries.fresh(devis.id).etat is (Etat.EXPIRE if worker else Etat.ENVOYE)


def test_what_was_replaced_leads_to_what_replaces_it(client, devis, zoe):
    first, last = devis, [newer(devis, zoe) for _ in range(2)][-1]
    link = BeautifulSoup(client.get(url(first)).text, "html5lib").select_one("main a.primaire")
    assert link
    assert (link.get_text(), link["href"]) == ("Lire la dernière version", url(last))
    assert "J’accepte ce devis" in words(client.get(url(last)))


def test_an_acceptance_that_was_undone_is_told_and_the_devis_waits_again(client, devis, zoe):
    accepted(devis, zoe)
    accords.undo(devis, by=zoe, motif="Erreur de Paul")
    db.session.commit()
    shown = words(client.get(url(devis)))
    assert "L’accord noté avant a été annulé" in shown
    assert "J’accepte ce devis" in shown
    assert "Paul" not in shown


def test_once_the_site_is_open_a_version_that_waits_is_answered_no_more(client, devis, zoe):
    begun(devis, zoe)
    last = queries.last_sent(devis.action)
    db.session.commit()
    assert "ce devis ne s’accepte plus en ligne" in words(client.get(url(last)))
    assert client.post(url(last, "/accepter"), data=agreed(last)).status_code == 409


def test_once_the_event_is_over_it_is_accepted_online_no_more(client, zoe):
    devis, no = builders.sent(builders.validated(zoe)), "Finalement non"
    db.session.commit()
    with clock.freeze(devis.action.fin - timedelta(minutes=1)):
        assert "J’accepte ce devis" in words(client.get(url(devis)))
    with clock.freeze(devis.action.fin):
        assert "ce devis ne s’accepte plus en ligne" in words(client.get(url(devis)))
        for end, said in (("/accepter", agreed(devis)), ("/refuser", {"motif": no}), ("/demander_un_changement", {"mot": no})):
            assert client.post(url(devis, end), data=said).status_code == 409
    assert queries.fresh(devis.id).etat is Etat.ENVOYE


@pytest.mark.parametrize("what", ["a newer one was accepted", "cancelled"])
def test_sent_again_when_it_counts_no_more_nobody_is_thanked(client, devis, zoe, what):
    accepted(devis, zoe)
    if what == "cancelled":
        cancelled(devis, zoe)
    else:
        accepted(newer(devis, zoe), zoe)
    db.session.commit()
    answer = client.post(url(devis, "/accepter"), data=agreed(devis))
    assert answer.status_code == 409
    assert "Merci" not in words(answer)


def test_the_link_opens_no_longer_than_the_demandeur_s_own_page(client, devis, zoe):
    old = url(devis)
    depot.send_link(devis.action, by=zoe)
    db.session.commit()
    assert client.get(old).status_code == 410
    assert client.get(url(devis)).status_code == 200
    with clock.freeze(devis.action.fin + timedelta(days=400)):
        assert client.get(url(devis)).status_code == 410
    given_up(devis, zoe)
    effacement.erase(devis.action, by=zoe)
    db.session.commit()
    for end in ("", "/devis.pdf"):
        assert client.get(url(devis, end)).status_code == 410


@pytest.mark.parametrize("jeton", ["x", "1-1.x", "0-0.x", "é", "9" * 300])
def test_a_link_of_our_own_making_alone_opens(client, devis, jeton):
    assert client.get(f"/devis/lien/{jeton}").status_code == 404
    assert client.post(f"/devis/lien/{jeton}/accepter", data=agreed(devis)).status_code == 404


def test_a_draft_has_no_link(client, devis, zoe):
    draft = commands.draft(devis.action, by=zoe)
    db.session.commit()
    assert client.get(url(draft)).status_code == 404


def test_answers_are_limited_and_reading_is_not(client, devis, settings):
    settings(rate_limits=True)
    answers = [client.post(url(devis, "/accepter"), data={}).status_code for _ in range(11)]
    assert answers == [422] * 10 + [429]
    assert client.get(url(devis)).status_code == 200


# --- the demandeur's own page ----------------------------------------------------------------------------------


def test_their_own_page_leads_to_the_last_version_and_says_where_it_stands(client, devis, zoe):
    page = f"/actions/suivi/{suivi.page_token(devis.action)}"
    assert "Lire le devis et y répondre" in words(client.get(page))
    assert url(devis) in client.get(page).text
    last = newer(devis, zoe)
    assert url(last) in client.get(page).text
    accepted(last, zoe)
    db.session.commit()
    assert "Relire le devis" in words(client.get(page))


def test_a_draft_is_not_spoken_of_on_their_page(client, zoe):
    action = builders.validated(zoe)
    devis = builders.devis(action)
    db.session.commit()
    assert devis.numero not in client.get(f"/actions/suivi/{suivi.page_token(action)}").text


# --- what it costs ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("many", [1, 30])
def test_its_page_costs_the_same_for_one_line_or_thirty(client, as_, zoe, count_queries, many):
    """What was frozen says its lines. Whoever is signed in costs their session and their roles more."""
    builders.identity(zoe)
    made = builders.devis(builders.validated(zoe, debut=builders.in_days(60), fin=builders.in_days(60, 18)))
    for n in range(many):
        commands.add(made, by=zoe, libelle=f"Ligne {n}", unite=Unite.FORFAIT, quantite=100, prix=10_00, taux=0)
    envoi.send(made, by=zoe, force="Dit de vive voix")
    db.session.commit()
    page, spent = url(made), []
    for replaced in (False, True):
        if replaced:
            newer(made, zoe)
        for reader in (client, as_(zoe)):
            with count_queries() as statements:
                assert reader.get(page).status_code == 200
            spent.append(len(statements))
    assert spent == [4, 6, 4, 6]
