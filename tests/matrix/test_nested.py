"""A number that is another's is answered as one that is nobody's: under every address that holds two."""

from __future__ import annotations

import re

import pytest

from tests.cells import fingerprint
from tests.matrix.tables import ROWS
from tests.test_policy_answers import bare
from tests.test_routes import PART, rules, takes, url

# For each address of two parts: whose it is asked under, the child of somebody else, and one that is not there.
ELSEWHERE = {
    "etape_id": ("asked", "etape"),
    "tache_id": ("asked", "tache"),
    "line_id": ("discounted", "ligne"),
    "reglement_id": ("draft_invoice", "paid"),
    "personne_id": ("po", "pm_member"),
    "cle": ("begun", "entree"),
}
OWN = {  # the same name, another table
    "/factures/<int:id>/lignes/<int:line_id>/retirer": ("left_invoice", "extra"),
}
UUID = r"[\w-]{36}"
ABSENT = {"cle": "00000000-0000-4000-8000-000000000009"}
# A pôle belongs to no action, and a reminder is the first, the second or the third: no other row can be named there.
NO_CHILD = {"pole_id", "rang"}
NOT_YET = {"/reglages/poles/<int:id>/membres/<int:personne_id>"}  # whoever is not there is added: that is what it is for


def pairs(app) -> list[tuple[str, str, str]]:
    """(method, rule, name of the second part) of each address that holds two rows."""
    found = []
    for rule in rules(app):
        parts = [part["name"] for part in PART.finditer(rule.rule) if part["kind"] in ("int", "uuid")]
        if len(parts) > 1 and rule.rule not in NOT_YET:
            assert len(parts) == 2, rule
            found += [(method, rule.rule, parts[1]) for method in ("GET", "POST") if takes(rule, method)]
    return found


def test_every_address_of_two_rows_is_known(world):
    names = {name for _, _, name in pairs(world.site.app)}
    assert names == ELSEWHERE.keys() | NO_CHILD


@pytest.mark.parametrize("who", ["BA", "TR", "AD"])
def test_a_number_that_belongs_elsewhere_is_answered_as_an_absent_one(world, who):
    before, visitor, tried = fingerprint(), world.visitor(who), 0
    by_rule = {rule.rule: rule for rule in rules(world.site.app)}
    for method, rule, name in pairs(world.site.app):
        if name in NO_CHILD:
            continue
        under, child = OWN.get(rule) or ELSEWHERE[name]
        first = next(part["name"] for part in PART.finditer(rule) if part["kind"] in ("int", "uuid"))
        theirs, nobody_s = (
            url(by_rule[rule], **{first: str(world.ids[under]), name: str(id)})
            for id in (world.ids[child], ABSENT.get(name, "999"))
        )
        answers = [visitor.open(path, method=method) for path in (theirs, nobody_s)]
        assert answers[0].status_code == answers[1].status_code, theirs
        assert answers[0].status_code in {403, 404, 409, 422} or "refusée" in answers[0].json["resultats"][0]["statut"], theirs
        assert said(answers[0], theirs) == said(answers[1], nobody_s), theirs
        tried += 1
    assert fingerprint() == before
    assert tried > 15


def said(answer, path: str) -> str:
    """Without what is new in each answer, nor what was asked."""
    text = re.sub(r'value="[\w-]{22}"', "", bare(answer.text))
    for part in (path, path.rsplit("/", 1)[0], *re.findall(UUID, path)):
        text = text.replace(part, "")
    return text


@pytest.mark.parametrize("row", [row for row in ROWS if "/999" in row.asked], ids=lambda row: row.asked)
def test_one_absent_number_is_as_good_as_another(world, row):
    for who in row.cells:
        one, other = (world.visitor(who).open(row.path(world.ids).replace("999", n), method=row.method) for n in ("999", "998"))
        assert one.status_code == other.status_code
        assert bare(one.text) == bare(other.text)
