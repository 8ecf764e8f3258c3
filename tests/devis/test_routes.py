"""The devis on the team's side: built line by line, counted as one types, sent."""

from __future__ import annotations

import pytest

from portal.actions.models import reading
from portal.devis import queries
from portal.devis.models import Etat
from tests import builders


@pytest.fixture
def zoe(app):
    made = builders.bienveillant()
    builders.identity(made)
    builders.tarif(by=made)
    return made


@pytest.fixture
def action(zoe):
    made = builders.validated(zoe)
    made.demandeur.adresse = "3 chemin Bruniquel"
    return made


@pytest.fixture
def client(as_, zoe):
    """Its bienveillant, signed in."""
    return as_(zoe)


@pytest.fixture
def page(client, action):
    """Where the devis is built."""
    return client.post(f"/devis/action/{action.id}/preparer").location


def test_it_is_prepared_built_and_sent(client, page, action):
    assert "Heure de site" in client.get(page).text
    devis = queries.of_action(action)[0]
    line = devis.lignes[0]
    typed = {"quantite": "7,5", "prix": "110", "remise": "0", "lu": reading(line.numbers)}
    sent = {f"l{line.id}-{name}": words for name, words in typed.items()}
    counted = client.post(f"{page}/calcul", data=sent, headers={"HX-Request": "true"})
    assert "825,00" in counted.text
    assert devis.ht == 9 * 120_00
    assert client.post(f"{page}/lignes", data=sent).status_code == 303
    assert client.post(f"{page}/envoyer").status_code == 303
    assert queries.fresh(devis.id).etat is Etat.ENVOYE
    assert queries.fresh(devis.id).ht == 825_00
    assert client.get(f"{page}.pdf").data.startswith(b"%PDF")
    assert "825,00" in client.get(page).text
