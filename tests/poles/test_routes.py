"""/poles/: what the house reads of itself."""

from __future__ import annotations

import pytest

from portal.comptes.commands import set_active
from portal.comptes.models import NomRole
from portal.poles.commands import save_space
from tests import builders as make


def space(nom, parent=None, capacite=None):
    return save_space(None, nom=nom, parent=parent, capacite=capacite, avant_min=0, apres_min=0, by=None)


def test_an_empty_house_says_what_will_come(app, as_):
    page = as_(make.bienveillant()).get("/poles/").text
    assert "Pas encore de pôle" in page
    assert "Pas encore d’espace" in page


def test_the_house_reads_its_poles_members_and_spaces(app, as_):
    awa, gone = make.personne("Awa Payet"), make.personne("Guy Laval")
    make.pole("Culture", members=[awa, gone])
    set_active(gone, False, by=awa)
    space("La case", space("Le site"), 80)
    page = as_(awa).get("/poles/").text
    assert "Pôle Culture" in page
    assert "Awa Payet" in page.partition("<main")[2]
    assert "Guy Laval" not in page
    assert awa.email not in page.partition("<main")[2]
    assert page.index("Le site") < page.index("La case") < page.index("80 personnes au plus")


@pytest.mark.parametrize("role", [NomRole.BIENVEILLANT, NomRole.TRESORIER, NomRole.ADMIN])
def test_people_with_a_role_enter(app, as_, role):
    assert as_(make.personne(roles=[role])).get("/poles/").status_code == 200


def test_only_an_admin_is_shown_the_way_to_change_a_pole(app, as_):
    culture = make.pole("Culture")
    link = f'href="/reglages/poles/{culture.id}"'
    assert link in as_(make.personne(roles=[NomRole.ADMIN])).get("/poles/").text
    assert link not in as_(make.bienveillant()).get("/poles/").text


def test_others_do_not_enter(app, client, as_):
    assert as_(make.personne()).get("/poles/").status_code == 403
    answer = client.get("/poles/")
    assert (answer.status_code, answer.location) == (303, "/comptes/connexion?next=/poles/")


@pytest.mark.both
def test_the_page_costs_the_same_whatever_the_house_holds(app, as_, count_queries):
    def grow(n: int) -> None:
        people = [make.personne(email=f"p{n}-{i}@example.org") for i in range(n)]
        site = space(f"Site {n}")
        for i in range(n):
            make.pole(f"Pôle {n}-{i}", members=people)
            space(f"Salle {n}-{i}", site)

    reader = as_(make.bienveillant())
    grow(1)
    with count_queries() as one:
        assert reader.get("/poles/").status_code == 200
    grow(3)
    with count_queries() as many:
        reader.get("/poles/")
    assert (len(one), len(many)) == (3, 3)


def test_what_people_wrote_stays_text(app, as_):
    hostile = "<img src=x onerror=alert(1)>\"'"
    awa = make.personne(hostile)
    make.pole(f"Culture {hostile}", members=[awa])
    space(hostile)
    assert "<img src=x" not in as_(make.bienveillant()).get("/poles/").text
