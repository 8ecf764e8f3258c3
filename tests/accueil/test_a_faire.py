"""« À faire » leads to the thing itself: one opens its own page, several the list of them alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup

from portal import clock, reglage
from portal.actions import echanges, relais, retroplanning
from portal.besoins import commands as besoins
from portal.besoins.models import confirmer, refuser
from portal.db import db
from portal.devis import accords, envoi
from portal.devis import commands as quotes
from portal.factures import reglements
from portal.factures.models import Facture, Moyen
from tests import builders
from tests.factures.conftest import Affaire

ZOE, GINA, RITA = "Zoé Hoarau", "Gina Mussard", "Rita Payet"


class House:
    """Zoé sets actions up, Gina is of the pôle Jardin, Rita keeps the money."""

    culture: builders.Voice  # once an opinion is asked

    def __init__(self) -> None:
        self.zoe, self.gina = builders.bienveillant(ZOE), builders.personne(GINA)
        self.rose = builders.bienveillant("Rose Técher")
        self.rita = builders.personne(RITA, [builders.TRESORIER])
        self.jardin = builders.pole("Jardin", members=[self.gina])
        other = builders.action(self.rose, titre="Kabar de Rose", pole_porteur=self.jardin)  # nothing of it awaits them
        retroplanning.add(other, by=self.rose, titre="Pain de Rose", jours=10)

    def action(self, n: int) -> Any:
        return builders.action(self.zoe, titre=f"Fête {n}")

    def over(self, n: int) -> Affaire:
        action = builders.validated(self.zoe, titre=f"Fête {n}")
        return Affaire(action, builders.accepted(action), self.zoe, self.rita).end()


def a_relay(house: House, n: int) -> str:
    action = builders.action(house.rose, titre=f"Relais {n}")
    relais.offer(action, to=house.zoe, by=house.rose)
    return f"/actions/{action.id}"


def a_request(house: House, n: int) -> str:
    return f"/actions/{builders.request(titre=f'Demande {n}').id}"


def a_refused_need(house: House, n: int) -> str:
    besoin = builders.besoin(house.action(n), house.jardin)
    besoins.answer(besoin, refuser, by=house.gina, motif="Personne ce jour-là.")
    return f"/besoins/action/{besoin.action_id}#besoin-{besoin.id}"


def a_changed_need(house: House, n: int) -> str:
    besoin = builders.besoin(house.action(n), house.jardin)
    besoins.answer(besoin, confirmer, by=house.gina, quantite=1, motif="Une seule.")
    return f"/besoins/action/{besoin.action_id}#besoin-{besoin.id}"


def a_late_task(house: House, n: int) -> str:
    action = house.action(n)
    task = retroplanning.add(action, by=house.zoe, titre=f"Tâche {n}", jours=20)
    return f"/actions/{action.id}/retroplanning/{task.id}"


def an_action_to_carry(house: House, n: int) -> str:
    return f"/actions/{builders.proposed(house.zoe, house.jardin, titre=f'Fête {n}').id}/validation#porteur"


def an_opinion(house: House, n: int) -> str:
    if not n:
        house.culture = builders.interpole("Culture")["Culture"]
    return f"/actions/{builders.in_validation(house.zoe, house.culture, titre=f'Fête {n}').id}/validation#avis"


def a_need_to_confirm(house: House, n: int) -> str:
    return f"/besoins/#besoin-{builders.besoin(house.action(n), house.jardin).id}"


def an_answered_request(house: House, n: int) -> str:
    action = builders.request(titre=f"Fête {n}")
    relais.take(action, by=house.zoe)
    echanges.note_answer(action, by=house.zoe)
    return f"/actions/{action.id}/validation#porteur"


def a_validated_action(house: House, n: int) -> str:
    return f"/devis/action/{builders.validated(house.zoe, titre=f'Fête {n}').id}"


def a_devis_to_confirm(house: House, n: int) -> str:
    devis = builders.devis(builders.validated(house.zoe, titre=f"Fête {n}"), pole_id=house.jardin.id)
    envoi.ask_poles(devis, by=house.zoe)
    return f"/devis/{devis.id}#nos-lignes"


def a_refused_devis(house: House, n: int) -> str:
    devis = builders.sent(builders.validated(house.zoe, titre=f"Fête {n}"))
    accords.refuse(devis, mot="Trop cher", by=None)
    return f"/devis/{devis.id}"


def a_devis_to_change(house: House, n: int) -> str:
    devis = builders.sent(builders.validated(house.zoe, titre=f"Fête {n}"))
    accords.ask_for_a_change(devis, mot="Sans le repas")
    return f"/devis/{devis.id}"


def a_devis_that_expires(house: House, n: int) -> str:
    reglage.change(reglage.VALIDITE, 3, by=house.zoe)
    return f"/devis/{builders.sent(builders.validated(house.zoe, titre=f'Fête {n}')).id}"


def a_discount(house: House, n: int) -> str:
    devis = builders.devis(builders.validated(house.rose, titre=f"Fête {n}"))
    quotes.discount(devis, by=house.rose, remise=50_00)
    return f"/devis/{devis.id}"


def an_invoice_to_prepare(house: House, n: int) -> str:
    return f"/factures/action/{house.over(n).action.id}"


def a_deposit_to_prepare(house: House, n: int) -> str:
    action = builders.validated(house.zoe, titre=f"Fête {n}")
    builders.accepted(action)
    return f"/factures/action/{action.id}"


def an_invoice_to_issue(house: House, n: int) -> str:
    return f"/factures/{house.over(n).draft().id}"


def a_late_invoice(house: House, n: int) -> str:
    with clock.freeze(clock.now() - timedelta(days=90)):
        return f"/factures/{house.over(n).issued().id}"


def a_share_to_decide(house: House, n: int) -> str:
    facture: Facture = house.over(n).issued()
    reglements.receive(facture, by=house.rita, montant=facture.reste, moyen=Moyen.VIREMENT, le=clock.today())
    unpaid = house.over(n + 10)
    unpaid.action.titre = "Repas de Rose"
    unpaid.issued()
    return f"/partage/action/{facture.action_id}"


#    what awaits          whom   how it is said                several lead to             of which it names
KINDS = (
    (a_relay,            ZOE,  "action que l’on te confie",  "/actions/?qui=relais",     "Relais {n}"),
    (a_request,          ZOE,  "demande à prendre",          "/actions/?qui=a_prendre",  "Demande {n}"),
    (an_answered_request, ZOE, "action à proposer",          "/actions/",                "Fête {n}"),
    (a_validated_action, ZOE,  "action à chiffrer",          "/actions/",                 "Fête {n}"),
    (a_refused_need,     ZOE,  "besoin refusé ou changé",    "/besoins/reponses",        "Fête {n}"),
    (a_changed_need,     ZOE,  "besoin refusé ou changé",    "/besoins/reponses",        "Fête {n}"),
    (a_late_task,        ZOE,  "tâche à faire",              "/actions/taches",          "Tâche {n}"),
    (a_refused_devis,    ZOE,  "devis à revoir",             "/devis/?etat=a_revoir",    "Fête {n}"),
    (a_devis_to_change,  ZOE,  "devis à revoir",             "/devis/?etat=a_revoir",    "Fête {n}"),
    (a_devis_that_expires, ZOE, "devis à relancer",          "/devis/?etat=a_relancer",  "Fête {n}"),
    (a_discount,         ZOE,  "remise à approuver",         "/devis/?etat=a_approuver&qui=toutes", "Fête {n}"),
    (an_action_to_carry, GINA, "action à porter",            "/poles/",                  "Fête {n}"),
    (an_opinion,         GINA, "avis à donner",              "/poles/",                  "Fête {n}"),
    (a_need_to_confirm,  GINA, "besoin à confirmer",         "/besoins/",                "Fête {n}"),
    (a_devis_to_confirm, GINA, "devis à confirmer",          "/poles/",                  "Fête {n}"),
    (an_invoice_to_prepare, ZOE, "facture à préparer",       "/factures/?vue=a_preparer", "Fête {n}"),
    (a_deposit_to_prepare, RITA, "facture à préparer",       "/factures/?vue=a_preparer", "Fête {n}"),
    (an_invoice_to_issue, RITA, "facture à émettre",         "/factures/?vue=a_emettre", "Fête {n}"),
    (a_late_invoice,     RITA, "facture en retard de paiement", "/factures/?vue=en_retard", "Fête {n}"),
    (a_share_to_decide,  RITA, "partage à décider",          "/partage/",                "Fête {n}"),
)  # fmt: skip
each_kind = pytest.mark.parametrize(("make", "who", "said", "listed", "named"), KINDS, ids=[k[0].__name__ for k in KINDS])


def row(client, said: str) -> str:
    """Where the home page leads from there."""
    stem = said.split()[0].removesuffix("s")
    rows = BeautifulSoup(client.get("/").text, "html5lib").select(".rangees li")
    [found] = [r for r in rows if r.get_text().strip().lstrip("0123456789").strip().startswith(stem)]
    assert found.a
    return str(found.a["href"])


def reader(as_, house: House, who: str) -> Any:
    db.session.commit()
    return as_({ZOE: house.zoe, GINA: house.gina, RITA: house.rita}[who])


@each_kind
def test_one_leads_to_itself(as_, app, make: Callable[[House, int], str], who, said, listed, named):
    house = House()
    expected = make(house, 0)
    client = reader(as_, house, who)
    assert row(client, said) == expected
    answer, anchor = client.get(expected), urlsplit(expected).fragment
    assert answer.status_code == 200
    assert not anchor or BeautifulSoup(answer.text, "html5lib").find(id=anchor)


@each_kind
def test_several_lead_to_the_list_of_them_alone(as_, app, make, who, said, listed, named):
    house = House()
    for n in range(3):
        make(house, n)
    client = reader(as_, house, who)
    assert row(client, said) == listed
    main = BeautifulSoup(client.get(listed).text, "html5lib").main
    assert main
    assert [named.format(n=n) in main.get_text() for n in range(3)] == [True] * 3
    assert "de Rose" not in main.get_text()


def test_a_bienveillant_who_is_of_the_administration_counts_what_they_may_act_on(as_, app):
    """Their lists show others' too."""
    zoe = House().over(0).zoe
    builders.candidature(builders.mission(builders.action(zoe)))
    both = builders.personne("Ada Dijoux", [builders.ADMIN, builders.BIENVEILLANT])
    db.session.commit()
    client = as_(both)
    assert not BeautifulSoup(client.get("/").text, "html5lib").select(".rangees li")
    builders.candidature(builders.mission(builders.action(both)))
    db.session.commit()
    assert row(client, "candidature à valider")


@pytest.mark.parametrize("path", ["/actions/taches", "/besoins/reponses", "/actions/?qui=relais"])
def test_a_list_with_nothing_in_it_says_so_kindly(as_, app, path):
    answer = as_(builders.bienveillant()).get(path)
    assert answer.status_code == 200
    assert BeautifulSoup(answer.text, "html5lib").select_one(".vide")


@pytest.mark.parametrize("n", [1, 3])
@pytest.mark.parametrize("make", [a_refused_need, a_late_task, a_relay])
def test_a_list_costs_the_same_for_one_or_many(as_, app, count_queries, make, n):
    house = House()
    for i in range(n):
        make(house, i)
    path = {a_refused_need: "/besoins/reponses", a_late_task: "/actions/taches", a_relay: "/actions/?qui=relais"}[make]
    client = reader(as_, house, ZOE)
    with count_queries() as statements:
        client.get(path)
    assert len(statements) == (3 if make is a_relay else 2), statements
