"""The pages of an invoice: what differs from the devis is in sight, nothing typed is lost, what left is read."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup

from portal import clock, reglage
from portal.actions.processus import annuler
from portal.db import db
from portal.factures.models import Etat, Facture
from portal.jour_j import consommations, queries
from portal.workflow import fire
from tests import builders
from tests.actions.test_routes import shown, shown_in
from tests.factures.conftest import agreed


def soup(answer) -> BeautifulSoup:
    assert answer.status_code in {200, 409, 422}, answer.status_code
    return BeautifulSoup(answer.text, "html5lib")


@pytest.fixture
def rita(affaire, as_):
    return as_(affaire.rita)


@pytest.fixture
def url(affaire, rita) -> str:
    """Of the draft that Rita has just prepared."""
    answer = rita.post(f"/factures/action/{affaire.action.id}/preparer/facture")
    assert answer.status_code == 303
    return answer.location


def fields(client, url: str, **said: str) -> dict[str, str]:
    """The whole page as it is sent, with what is said otherwise; `l_quantite` is of its first line."""
    found = shown_in(soup(client.get(url)).select_one("#facture"))
    line = next(name for name in found if name.endswith("-quantite")).partition("-")[0]
    return found | {name.replace("l_", f"{line}-"): value for name, value in said.items()}


def test_from_its_action_to_its_paper(affaire, rita, url):
    tab = soup(rita.get(f"/factures/action/{affaire.action.id}"))
    assert tab.select_one(".cartes a")["href"] == url
    answer = rita.post(f"{url}/emettre", data=fields(rita, url))
    assert answer.status_code == 303
    page = soup(rita.get(url))
    assert page.h1.text.startswith("Facture F-")
    paper = rita.get(f"{url}.pdf")
    assert (paper.mimetype, paper.data[:5]) == ("application/pdf", b"%PDF-")
    assert page.h1.text.removeprefix("Facture ") in paper.headers["Content-Disposition"]


def test_a_tab_with_nothing_in_it_says_why(as_, people):
    """To whoever prepares nothing too: an admin reads them all."""
    coming, over, stopped, never = agreed(*people), agreed(*people).end(), agreed(*people), builders.validated(people[0])
    fire(annuler, stopped.action, by=stopped.zoe, motif="Cyclone.")
    db.session.commit()
    rita, admin = as_(people[1]), as_(builders.personne("Ada Dijoux", [builders.ADMIN]))
    for client in (rita, admin):
        for action, why in (
            (coming.action, "Rien n’est encore facturé"),  # its deposit may be
            (over.action, "Rien n’est encore facturé"),
            (stopped.action, "plus rien ne s’y facture"),
            (never, "une facture suit un devis que le demandeur a accepté"),
        ):
            page = soup(client.get(f"/factures/action/{action.id}"))
            assert why in page.select_one(".vide").get_text()
            assert bool(page.select_one(".barre form")) is (client is rita and action in (coming.action, over.action))
    assert soup(rita.get(f"/factures/action/{stopped.action.id}")).select_one(".onglets [aria-current]").text == "Facture"


def test_where_it_goes_is_said_before_and_once_it_left(affaire, rita, url):
    address = affaire.action.demandeur.email
    assert f"Elle part aussitôt par e-mail, à {address}." in soup(rita.get(url)).select_one("#emission").text
    page = soup(rita.post(f"{url}/emettre", data=fields(rita, url), follow_redirects=True))
    assert f"émise. Elle part par e-mail à {address}." in page.select_one("#toasts").text


def test_without_an_address_nothing_is_said_to_leave(affaire, rita, url):
    affaire.action.demandeur.email = ""
    db.session.commit()
    assert "donne-lui le PDF" in soup(rita.get(url)).select_one("#emission").text
    page = soup(rita.post(f"{url}/emettre", data=fields(rita, url), follow_redirects=True))
    assert page.select_one("#toasts").text.strip().endswith("émise.")


def test_a_draft_says_that_nothing_tells_how_to_pay(affaire, rita, url, as_):
    """A link to the setting for whoever may write it; no word once it is written."""

    def warned(client):
        return soup(client.get(url)).select_one("#emission .ton-attention")

    assert "Elle ne dira pas comment payer" in warned(rita).text
    assert warned(rita).a is None
    both = builders.personne("Nadia Hoarau", [builders.TRESORIER, builders.ADMIN])
    assert warned(as_(both)).a["href"] == "/reglages/factures"
    reglage.change(reglage.FACTURE_PAIEMENT, "IBAN FR76", by=affaire.rita)
    db.session.commit()
    assert warned(as_(affaire.rita)) is None


def test_a_draft_has_a_paper_that_says_it_is_worth_nothing(rita, url):
    assert rita.get(f"{url}.pdf").data[:5] == b"%PDF-"


def test_a_difference_is_shown_then_explained(rita, url):
    rita.post(f"{url}/enregistrer", data=fields(rita, url, l_quantite="10"))
    page = soup(rita.get(url))
    assert page.select_one(".obstacles").get_text().count("écris pourquoi") == 1
    refused = soup(rita.post(f"{url}/emettre", data=fields(rita, url)))
    assert "écris pourquoi" in refused.select_one(".resume-erreurs").text
    rita.post(f"{url}/enregistrer", data=fields(rita, url, l_motif="Une heure de plus."))
    assert rita.post(f"{url}/emettre", data=fields(rita, url)).status_code == 303
    assert "Une heure de plus." in rita.get(url).text


def test_what_was_typed_just_before_issuing_is_kept_and_read_again_first(affaire, rita, url):
    typed = fields(rita, url, mot="Merci de votre venue.")
    looked_at = soup(rita.post(f"{url}/emettre", data=typed | {"apercu": "Émettre"}))
    assert "Enregistre d’abord" in looked_at.select_one(".resume-erreurs").text
    assert looked_at.select_one("[name=mot]").text.strip() == "Merci de votre venue."
    page = soup(rita.post(f"{url}/emettre", data=typed, follow_redirects=True))
    assert "rien n’est parti" in page.select_one("#toasts").text
    assert page.select_one("[name=mot]").text.strip() == "Merci de votre venue."
    assert db.session.query(Facture).one().is_draft
    assert rita.post(f"{url}/emettre", data=fields(rita, url)).status_code == 303
    assert "Merci de votre venue." in rita.get(url).text


def test_what_somebody_else_changed_before_issuing_is_not_said_to_be_ones_own(affaire, rita, url, as_):
    mine = fields(rita, url, commande="EJ-42")
    zoe = as_(affaire.zoe)
    zoe.post(f"{url}/enregistrer", data=fields(zoe, url, mot="Au plaisir."))
    answer = rita.post(f"{url}/emettre", data=mine)
    assert answer.status_code == 409
    assert "a changé pendant que tu la lisais" in answer.text
    assert db.session.query(Facture).one().is_draft


def test_what_is_not_understood_is_given_back(rita, url):
    answer = rita.post(f"{url}/enregistrer", data=fields(rita, url, l_quantite="beaucoup", mot="Merci de votre venue."))
    page = soup(answer)
    assert answer.status_code == 422
    assert page.select_one("[name$=-quantite]")["value"] == "beaucoup"
    assert page.select_one("[name=mot]").text.strip() == "Merci de votre venue."


@pytest.mark.parametrize(("prix", "status"), [("150 000", 303), ("10 000 000", 303), ("10 000 000,01", 422)])
def test_a_price_is_bounded_as_the_whole_is(rita, url, prix, status):
    answer = rita.post(f"{url}/enregistrer", data=fields(rita, url, l_quantite="1", l_prix=prix))
    assert answer.status_code == status
    if status == 422:
        assert soup(answer).select_one("[name$=-prix]")["value"] == prix


def test_two_people_on_one_draft_lose_neither_word(affaire, rita, url, as_):
    zoe = as_(affaire.zoe)
    hers = fields(zoe, url, mot="Au plaisir.")
    rita.post(f"{url}/enregistrer", data=fields(rita, url, mot="Merci."))
    page = soup(zoe.post(f"{url}/enregistrer", data=hers))
    assert page.select_one("[name=mot]").text.strip() == "Au plaisir."
    assert "Merci." in page.get_text()


def test_what_was_typed_while_it_left_is_given_back(affaire, rita, url, as_):
    zoe = as_(affaire.zoe)
    late = fields(zoe, url, l_quantite="12", l_prix="99", mot="Encore un mot.", livraison="Salle verte", commande="EJ-42")
    rita.post(f"{url}/emettre", data=fields(rita, url))
    answer = zoe.post(f"{url}/enregistrer", data=late)
    said = soup(answer).select_one(".resume-erreurs").get_text()
    assert answer.status_code == 409
    assert all(words in said for words in ("Encore un mot.", "12", "99", "Salle verte", "EJ-42", "ne change plus"))


def test_what_was_typed_of_a_line_that_somebody_removed_is_given_back(affaire, rita, url, as_):
    extra = shown(rita, f"{url}/ligne") | {"libelle": "Sono", "prix": "50", "motif": "Demandée le matin."}
    rita.post(f"{url}/ligne", data=extra)
    line = max(db.session.query(Facture).one().lignes, key=lambda one: one.id)
    zoe = as_(affaire.zoe)
    mine = fields(zoe, url) | {f"l{line.id}-prix": "75", f"l{line.id}-motif": "Pour deux soirées."}
    rita.post(f"{url}/lignes/{line.id}/retirer", data=fields(rita, url))
    answer = zoe.post(f"{url}/enregistrer", data=mine)
    said = soup(answer).select_one(".resume-erreurs").get_text()
    assert answer.status_code == 409
    assert all(words in said for words in ("75", "Pour deux soirées.", "retirée"))


def test_what_the_day_used_is_proposed(affaire, rita, url):
    jour = queries.read(affaire.action.id).jour
    consommations.note_used(jour, {}, more=("Assiettes", 12_00), by=affaire.zoe, read="")
    db.session.commit()
    link = soup(rita.get(url)).select_one("#ajouter .obstacles a")["href"]
    form = shown(rita, link)
    assert (form["libelle"], form["quantite"]) == ("Assiettes", "12")
    rita.post(link.partition("?")[0], data=form | {"prix": "3,50"})
    assert "Assiettes" in soup(rita.get(url)).select_one(".lignes-devis").text


def test_a_line_more_that_is_wrong_is_given_back(rita, url):
    answer = rita.post(f"{url}/ligne", data=shown(rita, f"{url}/ligne") | {"libelle": "Sono", "prix": "cher"})
    assert answer.status_code == 422
    assert soup(answer).select_one("[name=libelle]")["value"] == "Sono"


def test_a_draft_given_up_leaves_its_action_as_it_was(affaire, rita, url):
    """In two taps, since nothing brings its words back."""
    assert "est perdu" in soup(rita.get(url)).select_one(f"details:not([open]):has(form[action='{url}/abandonner'])").text
    assert rita.post(f"{url}/abandonner").location.endswith(f"/factures/action/{affaire.action.id}")
    assert db.session.query(Facture).count() == 0


def test_the_list_by_what_is_to_be_done(affaire, rita, url, as_):
    assert "Brouillon de facture" in rita.get("/factures/").text
    rita.post(f"{url}/emettre", data=fields(rita, url))
    assert "Rien à émettre" in rita.get("/factures/").text
    assert "F-" in soup(rita.get("/factures/?vue=a_encaisser")).select_one(".cartes").text
    other = as_(builders.bienveillant("Bruno Ozoux"))
    assert soup(other.get("/factures/?vue=toutes")).select_one(".cartes") is None


def test_once_its_last_day_is_over_its_badge_says_late(affaire, as_):
    facture = affaire.issued()
    db.session.commit()
    for days, badge in ((0, "Émise"), (1, "En retard")):
        with clock.freeze(clock.start_of(facture.echeance) + timedelta(days=days)):
            for page in (f"/factures/{facture.id}", "/factures/?vue=toutes", f"/factures/action/{affaire.action.id}"):
                assert soup(as_(affaire.rita).get(page)).select(".badge")[-1].text.strip() == badge, page


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_asks_as_much_whatever_it_holds(people, rita, rows, count_queries):
    for _ in range(rows):
        agreed(*people).end().draft()
    db.session.commit()
    with count_queries() as queries_:
        rita.get("/factures/")
    assert len(queries_) == 6


def test_issued_its_state_is_said(affaire, rita, url):
    rita.post(f"{url}/emettre", data=fields(rita, url))
    assert db.session.query(Facture).one().etat is Etat.EMISE
    assert "à payer au plus tard" in rita.get(url).text
