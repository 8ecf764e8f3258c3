"""Deciding a share-out on its page: the keys that come with it are never left behind, nor others decided than those read."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import update

from portal import clock
from portal.actions import commands as actions
from portal.actions.models import Canal, TypeAction
from portal.db import db
from portal.devis.models import LigneDevis
from portal.factures import commands as invoices
from portal.factures import emission
from portal.partage import commands, queries
from portal.partage.models import Etat
from tests import builders
from tests.partage.conftest import expense, soup
from tests.partage.test_partages import give_back


def sent_to_decide(page: BeautifulSoup) -> dict[str, str]:
    """What « Décider ce partage » sends: the keys, and what was read."""
    fields = page.select("#les-cles [name]:not([name=csrf_token]), [form=les-cles][name]")
    return {field["name"]: field.get("value", "") for field in fields}


def test_keys_that_were_typed_and_not_kept_are_never_left_behind_by_deciding(fete, url, as_):
    """« Décider » sends the keys too: what differs from what stands is shown again, and nothing is decided."""
    fete.invoiced()
    db.session.commit()
    rita = as_(fete.rita)
    page = soup(rita.get(url))
    assert page.select_one("#decider button")["form"] == page.select_one("#cles form")["id"] == "les-cles"
    sent = sent_to_decide(page)
    key = next(name for name in sent if name.endswith("-part"))
    answer = rita.post(f"{url}/decider", data=sent | {key: "40", "motif": "Entendu en réunion"})
    assert answer.status_code == 409
    shown = soup(answer)
    assert shown.select_one(".resume-erreurs h2").text.strip() == commands.KeysNotKept.sentence
    assert shown.select_one("#cles[open]")
    assert shown.select_one(f"[name={key}]")["value"] == "40"
    assert shown.select_one("#cles [name=motif]")["value"] == "Entendu en réunion"
    assert rita.post(f"{url}/decider", data=sent | {key: "douze"}).status_code == 409
    assert rita.post(f"{url}/decider", data=sent).status_code == 303


def test_keys_that_were_typed_while_somebody_else_decided_are_given_back(fete, url, as_):
    fete.invoiced()
    db.session.commit()
    rita = as_(fete.rita)
    sent = sent_to_decide(soup(rita.get(url)))
    fete.decide()
    db.session.commit()
    said = soup(rita.post(f"{url}/decider", data=sent | {f"p{fete.scene.id}-part": "40", "motif": "Entendu en réunion"}))
    assert said.select_one(".resume-erreurs h2").text.strip() == commands.AlreadyDecided.sentence
    typed = ["Pôle Scène\u00a0: 40\u00a0%", "Groupe Cuisine\u00a0: 7,25\u00a0%", "Entendu en réunion"]
    assert [li.text for li in said.select(".resume-erreurs li")] == typed


def test_what_is_decided_is_what_the_form_holds_whatever_was_shown_in_between(fete, url, as_):
    """Rita reads some keys, somebody keeps others; she types a third, is refused, and types the first ones back."""
    fete.invoiced()
    db.session.commit()
    rita, scene = as_(fete.rita), f"p{fete.scene.id}-part"
    first = sent_to_decide(soup(rita.get(url)))
    fete.set_keys(cles={fete.scene.id: 40_00}, motif="Entendu en réunion.")
    db.session.commit()
    page = soup(rita.post(f"{url}/decider", data=first | {scene: "30", "motif": "Non."}))
    assert page.select_one(".resume-erreurs h2").text.strip() == commands.KeysMoved.sentence
    assert page.select_one(f"[name={scene}]")["value"] == "30"
    back = {name: first[name] for name in first if name not in ("lu", "tout")}
    answer = rita.post(f"{url}/decider", data=sent_to_decide(page) | back)
    assert answer.status_code == 409
    assert soup(answer).select_one(".resume-erreurs h2").text.strip() == commands.KeysNotKept.sentence
    unkept = soup(rita.post(f"{url}/cles", data=first | {scene: "30"}))  # no reason is given: the page keeps what it read
    answer = rita.post(f"{url}/decider", data=sent_to_decide(unkept) | back)
    assert answer.status_code == 409
    assert fete.compte().etat is Etat.PROVISOIRE


def test_a_key_that_rounds_to_nothing_hinders_nobody(fete, url, as_):
    draft = fete.draft()
    cent = {"quantite": 100, "unite": draft.lignes[0].unite, "prix": 1, "taux": 0, "pole_id": builders.pole("Jardin").id}
    invoices.add(draft, by=fete.rita, libelle="Un brin", motif="Pour un centime.", **cent)
    emission.emit(draft, by=fete.rita, read=emission.reading(draft))
    fete.pay(draft)
    db.session.commit()
    assert 0 in fete.compte().cles.values()
    db.session.rollback()
    rita = as_(fete.rita)
    assert rita.post(f"{url}/decider", data=sent_to_decide(soup(rita.get(url)))).status_code == 303


def test_keys_that_somebody_else_changed_meanwhile_are_shown_again_before_deciding(fete, url, as_):
    """Nobody is told that they typed what they did not."""
    fete.invoiced()
    db.session.commit()
    rita = as_(fete.rita)
    sent = sent_to_decide(soup(rita.get(url)))
    fete.set_keys(cles={fete.scene.id: 40_00}, motif="Entendu en réunion.")
    db.session.commit()
    answer = rita.post(f"{url}/decider", data=sent)
    assert answer.status_code == 409
    shown = soup(answer)
    assert commands.Reread.sentence in shown.select_one("main").text
    assert "ne sont pas enregistrées" not in shown.text
    assert shown.select_one(f"[name=p{fete.scene.id}-part]")["value"] == "40"
    assert rita.post(f"{url}/decider", data=sent_to_decide(shown)).status_code == 303


def test_foreseen_costs_of_which_none_is_noted_are_said_where_it_is_decided(fete, url, as_):
    fete.invoiced()
    db.session.commit()
    rita, forgotten = as_(fete.rita), "80,00 € de dépenses étaient prévus, aucune n’est notée."
    assert forgotten in " ".join(soup(rita.get(url)).select_one("#decider").text.split())
    assert rita.post(f"{url}/depense", data=expense(montant="12")).status_code == 303
    assert "étaient prévus" not in rita.get(url).text


def test_without_foreseen_costs_nothing_is_said_of_them(fete, url, as_):
    db.session.execute(update(LigneDevis).values(cout=0))
    fete.invoiced()
    db.session.commit()
    said = soup(as_(fete.rita).get(url)).select_one("#decider").text
    assert "étaient prévus" not in said


def test_it_is_decided_then_closed_on_its_page(fete, url, as_):
    fete.invoiced()
    db.session.commit()
    rita = as_(fete.rita)
    page = soup(rita.get(url))
    tout = page.select_one("#decider [name=tout]")["value"]
    assert rita.post(f"{url}/decider", data={"tout": "autre"}).status_code == 409
    assert rita.post(f"{url}/decider", data={"tout": tout}).status_code == 303
    assert rita.post(f"{url}/decider", data={"tout": tout}).status_code == 409  # the second tap
    shown = rita.get(url).text
    assert "Partage décidé" in shown
    assert "Noter une dépense" in shown
    assert "Changer les clés" not in shown
    assert rita.post(f"{url}/clore").status_code == 303
    assert queries.compte(fete.action).etat is Etat.CLOS
    assert fete.action.titre in rita.get("/partage/?vue=clos").text
    assert "Cuisine" in rita.get("/partage/annees").text


def test_closing_is_offered_once_nothing_is_left_to_leave_nor_to_give_back(fete, url, as_):
    facture = fete.invoiced()
    fete.decide()
    db.session.commit()
    rita = as_(fete.rita)
    assert "Clore le partage" in rita.get(url).text
    fete.credit(facture)
    db.session.commit()
    assert "Clore le partage" not in rita.get(url).text
    give_back(fete)
    db.session.commit()
    assert "Clore le partage" in rita.get(url).text
    fete.draft()
    db.session.commit()
    page = rita.get(url).text
    assert "Clore le partage" not in page
    assert "Une facture est en préparation" in page


def test_keys_that_pass_the_whole_are_refused_and_given_back(fete, url, as_):
    lu = soup(as_(fete.zoe).get(url)).select_one("#cles [name=lu]")["value"]
    form = {"lu": lu, f"p{fete.cuisine.id}-part": "60", f"p{fete.scene.id}-part": "40,01", "motif": "Essai <b>"}
    answer = as_(fete.zoe).post(f"{url}/cles", data=form)
    assert answer.status_code == 422
    page = soup(answer)
    assert "100,01" in page.select_one("#cles .resume-erreurs").text
    assert page.select_one("[name=motif]")["value"] == "Essai <b>"
    assert page.select_one(f"[name=p{fete.scene.id}-part]")["value"] == "40,01"
    assert as_(fete.zoe).post(f"{url}/cles", data=form | {f"p{fete.scene.id}-part": "40"}).status_code == 303
    assert "Ces clés ne suivent pas les lignes" in as_(fete.chef).get(url).text
    again = form | {f"p{fete.scene.id}-part": "40"}
    assert as_(fete.zoe).post(f"{url}/cles", data=again).status_code == 303  # the second tap says the same
    assert as_(fete.zoe).post(f"{url}/cles", data=again | {"motif": "Un autre"}).status_code == 409
    late = as_(fete.zoe).post(f"{url}/cles", data=form | {f"p{fete.scene.id}-part": "30"})
    assert late.status_code == 409
    blank = as_(fete.zoe).post(f"{url}/cles", data=form | {"motif": ""})  # refused for another reason, it still reads the old
    assert (blank.status_code, soup(blank).select_one("#cles [name=lu]")["value"]) == (422, lu)
    assert "Compare, puis renvoie" in soup(late).select_one("#cles").text
    assert soup(late).select_one(f"[name=p{fete.scene.id}-part]")["value"] == "30"
    assert soup(late).select_one("#cles [name=lu]")["value"] != lu  # sent again, they pass
    assert as_(fete.zoe).post(f"{url}/cles/devis").status_code == 303
    assert queries.compte(fete.action).cles == queries.compte(fete.action).cles_des_lignes


@pytest.mark.parametrize("typed", ["150", "-5", "abc", "33,333"])
def test_a_key_that_is_none_is_said_where_it_was_typed(fete, as_, typed):
    url = f"/partage/action/{fete.action.id}"
    answer = as_(fete.zoe).post(f"{url}/cles", data={f"p{fete.scene.id}-part": typed, "motif": "La scène a tout porté"})
    block = soup(answer).select_one("#cles")
    assert answer.status_code == 422
    assert block.has_attr("open")
    assert fete.scene.label in block.select_one(".resume-erreurs").text
    assert block.select_one(f"[name=p{fete.scene.id}-part]")["value"] == typed


def test_what_an_action_of_before_the_portal_cost_is_decided_then_closed(as_, fete):
    debut = clock.now() - timedelta(days=400)
    when = {"debut": debut, "fin": debut + timedelta(hours=5), "lieu": "La case", "personnes": None}
    kind = {"type": TypeAction.AUTRE, "canal": Canal.PERMANENCE, "pole_porteur_id": None}
    ancienne = actions.take_in(by=fete.rita, source="liste.csv", organisation="DAL", titre="Vieille fête", **when, **kind)
    db.session.commit()
    url, rita = f"/partage/action/{ancienne.id}", as_(fete.rita)
    assert "Elle n’a rien coûté ni rapporté" in rita.get(url).text
    assert rita.post(f"{url}/depense", data=expense()).status_code == 303
    assert ancienne.titre in rita.get("/partage/").text
    page = soup(rita.get(url))
    assert page.select_one("#decider textarea[name=perte]")
    assert "ne rapporte\u00a0: aucun bénéfice ne se partage." in page.select_one(".erreur").text
    assert "Le commun porte la perte" in page.select_one("#decider").text
    assert rita.post(f"{url}/decider", data=sent_to_decide(page) | {"perte": "Avant le portail."}).status_code == 303
    assert rita.post(f"{url}/clore").status_code == 303
    assert ancienne.titre in rita.get("/partage/?vue=clos").text
