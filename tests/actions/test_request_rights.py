"""What the matrix (tests/matrix) does not say of a request: without its token, nothing passes on its page."""

from __future__ import annotations

import pytest

from portal.actions.suivi import page_token
from tests import builders
from tests.cells import fingerprint


@pytest.mark.parametrize("act", ["ecrire", "corriger", "renoncer"])
def test_without_its_token_nothing_passes_on_the_demandeur_s_page(client, app, act):
    asked = builders.request()
    url = f"/actions/suivi/{page_token(asked)}/{act}"
    before = fingerprint()
    fields = {"texte": "Bonjour", "email": "z@example.org"}
    assert client.post(url, data=fields, csrf=False).status_code == 400
    assert fingerprint() == before
    assert client.post(url, data=fields).status_code == 303
