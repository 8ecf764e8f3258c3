"""Ten thousand rows whose every word is hostile: each list answers, and their words stay words."""

from __future__ import annotations

from datetime import timedelta
from itertools import cycle, islice
from time import perf_counter
from typing import Any

import pytest
from sqlalchemy import insert, text

from portal.actions.models import Action
from portal.candidatures.models import Candidature
from portal.comptes.models import Personne
from portal.db import Base, db
from portal.missions.models import Mission
from tests import builders

WORDS = (
    "\"'><svg/onload=alert(1)>",
    "</title><script>alert(1)</script>",
    '<b hx-post="/actions/1/annuler" hx-trigger="load">',
    "javascript:alert(1)//",
    "=cmd|' /C calc'!A0",
    "{{7*7}}${7*7}<%= 7*7 %>%s",
    "\u202e\u2066gnp.exe" + "a" * 90,
    '","role":"admin&decision=accepter',
    "À" * 100,
)
LISTS = (
    "/",
    "/missions/",
    "/missions/?q=alert",
    "/missions/?page=2",
    "/missions/flux.atom",
    "/actions/",
    "/actions/?qui=toutes",
    "/actions/tableau",
    "/actions/reunion",
    "/actions/agenda",
    "/actions/agenda?vue=liste",
    "/candidatures/",
    "/candidatures/?etat=toutes",
    "/candidatures/?etat=toutes&page=3",
    "/equipe/",
    "/equipe/?q=alert",
    "/reglages/personnes/",
    "/reglages/personnes/?q=alert",
    "/jour-j/",
    "/moi/missions",
    "/devis/",
)


def again(row: Base, many: int, **changed: Any) -> list[int]:
    """So many copies of that row, but for what changes with the number of each; their ids."""
    model, table = type(row), row.__table__
    same = {column.name: getattr(row, column.key) for column in table.columns if column.name != "id"}
    start = 100_000
    made = [
        same | {"id": start + n} | {name: each(n) if callable(each) else each for name, each in changed.items()}
        for n in range(many)
    ]
    for chunk in range(0, many, 500):
        db.session.execute(insert(model), made[chunk : chunk + 500])
    return [one["id"] for one in made]


@pytest.fixture
def ada(app, size):
    ada = builders.personne("Ada", [builders.ADMIN, builders.BIENVEILLANT])
    action = builders.action(ada)
    mission = builders.mission(action, places=500)
    candidature = builders.candidature(mission)
    db.session.flush()
    many = size(40, 10_000)
    words = list(islice(cycle(WORDS), many))
    address = "h{}@example.org".format
    people = again(
        candidature.personne, many, nom=words.__getitem__, email=address, adresse=address, confirme_le=ada.confirme_le
    )  # fmt: skip
    actions = again(
        action, many, titre=words.__getitem__, description=words.__getitem__, lieu=words.__getitem__,
        debut=lambda n: action.debut + timedelta(hours=n % 2000), fin=lambda n: action.fin + timedelta(hours=n % 2000),
    )  # fmt: skip
    missions = again(
        mission, many, titre=words.__getitem__, description=words.__getitem__, action_id=actions.__getitem__,
        debut=lambda n: action.debut + timedelta(hours=n % 2000), fin=lambda n: action.fin + timedelta(hours=n % 2000),
    )  # fmt: skip
    again(
        candidature, many, cle=lambda n: f"hostile-{n:016d}", message=words.__getitem__, personne_id=people.__getitem__,
        mission_id=missions.__getitem__,
    )  # fmt: skip
    assert (
        db.session.query(Action).count()
        == many + 1
        == db.session.query(Mission).count()
        == db.session.query(Candidature).count()
    )
    assert db.session.query(Personne).count() > many
    db.session.execute(text("ANALYZE"))  # what PostgreSQL does by itself within a minute of so many rows
    db.session.commit()
    return ada


@pytest.mark.both
@pytest.mark.proof
def test_every_list_of_hostile_rows_answers_and_their_words_stay_words(ada, as_, record_property):
    """The slowest is told; the client that asks also reads each page as a browser would, outside of what is told."""
    client, taken = as_(ada), {}
    for path in LISTS:
        last = "page=" in path  # of few rows, it is past their last, and leads there
        begun = perf_counter()
        answer = client.get(path, headers={"Accept-Encoding": "gzip"}, follow_redirects=last)
        taken[path] = perf_counter() - begun
        assert answer.status_code == 200, path
        shown = client.get(path, follow_redirects=last).text
        for hostile in ("<svg/onload", "<script>alert", "<b hx-post"):
            assert hostile not in shown, path
    slowest = sorted(taken, key=taken.__getitem__, reverse=True)[:3]
    record_property("les plus lentes, ms", ", ".join(f"{path} {taken[path] * 1000:.0f}" for path in slowest))
