"""Whoever asks learns nothing of an address: known or not, the same answer, in the same time."""

from __future__ import annotations

import re
from statistics import median
from time import perf_counter

import pytest

from portal.db import db
from tests import builders

KNOWN, UNKNOWN = "awa.payet@example.org", "nul.payet@example.org"  # of one length
FORMS = {
    "/comptes/connexion": {"mot_de_passe": "ce n’est pas le sien"},
    "/comptes/lien": {},
    "/candidatures/retrouver": {},
}


@pytest.fixture
def awa(app):
    """She has a password, a candidature, and may ask for a link."""
    awa = builders.personne("Awa Payet", email=KNOWN, password="trois mots au hasard")
    builders.candidature(builders.mission(builders.action(builders.bienveillant())), awa)
    db.session.commit()
    return awa


def ask(app, path: str, email: str):
    return app.test_client().post(path, data={"email": email} | FORMS[path])


def said(answer, email: str) -> tuple[object, ...]:
    """All that comes back, but for what is new in each answer."""
    body = re.sub(r'(content|value)="[\w.-]{60,}"', "", answer.text.replace(email, ""))
    cookies = [(name, re.sub(r"=[^;]*|Expires[^;]*", "", value)) for name, value in answer.headers if name == "Set-Cookie"]
    return (
        answer.status_code,
        [h for h in answer.headers if h[0] not in ("Set-Cookie", "Content-Length", "X-Request-Id")],
        cookies,
        body,
    )


@pytest.mark.both
@pytest.mark.parametrize("path", FORMS)
def test_the_answer_is_the_same_to_the_letter(app, awa, path):
    assert said(ask(app, path, KNOWN), KNOWN) == said(ask(app, path, UNKNOWN), UNKNOWN)


@pytest.mark.both
@pytest.mark.proof
@pytest.mark.parametrize("path", FORMS)
def test_so_is_the_time_it_takes(app, awa, size, record_property, path):
    """The two medians are told, in milliseconds, one try of each in turn; a machine that is busy is no fault of ours."""
    taken: dict[str, list[float]] = {KNOWN: [], UNKNOWN: []}
    for _ in range(size(2, 100)):
        for email in taken:
            begun = perf_counter()
            ask(app, path, email)
            taken[email].append(perf_counter() - begun)
    known, unknown = (median(times) * 1000 for times in taken.values())
    record_property(f"{path} ms", f"connue {known:.1f}, inconnue {unknown:.1f}, écart {abs(known - unknown):.1f}")
