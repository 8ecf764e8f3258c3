"""/reglages/retroplanning/: the tasks that the house proposes to its actions, changed a version at a time."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.actions import echeancier, retroplanning
from portal.actions.modeles import EVERY, MODELES, Modele
from portal.actions.models import TypeAction
from portal.actions.tache import TacheTrame, Trame
from portal.db import db
from portal.journal import EntreeJournal
from tests import builders

PATH = "/reglages/retroplanning/"
PAIN = Modele("pain", "Commander le pain", 3, "Chez Awa.", frozenset({"autre", "formation"}))


@pytest.fixture
def ada(app):
    return builders.personne("Ada Dijoux", [builders.ADMIN])


@pytest.fixture
def office(ada, as_):
    return as_(ada)


def main(answer) -> Tag:
    found = BeautifulSoup(answer.text, "html5lib").main
    assert found
    return found


def words(part: Tag) -> str:
    return " ".join(part.get_text(" ").replace("\u00a0", " ").split())


def typed(answer) -> dict[str, Any]:
    """What the form of that page would send."""
    form = main(answer).select_one("form")
    said: dict[str, Any] = {}
    for field in form.select("input[name], textarea[name]"):
        name = str(field["name"])
        if field.get("type") == "checkbox":
            said.setdefault(name, []).extend([field["value"]] if field.has_attr("checked") else [])
        elif name != "csrf_token":
            said[name] = field.get_text().removeprefix("\n") if field.name == "textarea" else field.get("value", "")
    return said


def tasks(answer) -> list[str]:
    """ "J-62 Déposer le dossier en mairie", each."""
    return [words(summary) for summary in main(answer).select("summary")]


def proposed() -> list[Modele]:
    db.session.expire_all()
    return echeancier.proposed(echeancier.trames()[0])


def line(n: int, titre: str, jours: str = "J-5", types: Any = ("autre",), cle: str = "") -> dict[str, Any]:
    named = {"titre": titre, "jours": jours, "types": list(types), "cle": cle}
    return {f"taches-{n}-{name}": value for name, value in named.items()}


# --- reading and changing ----------------------------------------------------------------------------------------


def test_a_house_that_touched_nothing_has_what_it_begins_with_by_date(office):
    page = office.get(PATH)
    assert "Version 1, le modèle de départ." in words(main(page))
    assert tasks(page)[0] == "J-62 Déposer le dossier en mairie Manifestation thématique, Autre"
    assert len(tasks(page)) == len(MODELES)
    assert tasks(page)[-1].startswith("J+7")
    assert db.session.scalars(select(Trame)).all() == []


@pytest.mark.both
def test_a_change_is_another_version_and_the_one_it_began_with_comes_back(office, ada):
    page = office.get(PATH)
    said = typed(page) | {"taches-0-titre": "Prévenir la mairie", "taches-0-jours": "J-70", "taches-0-types": ["autre"]}
    answer = office.post(PATH, data=said)
    assert (answer.status_code, answer.location) == (303, PATH)
    first = proposed()[0]
    assert (first.cle, first.titre, first.jours, first.types) == ("mairie", "Prévenir la mairie", 70, {"autre"})
    assert "Version 2, du" in words(main(office.get(PATH)))
    told = db.session.scalars(select(EntreeJournal).where(EntreeJournal.evenement == "trame.enregistrer")).one()
    assert (told.personne_id, told.faits) == (ada.id, {"version": 2})
    link = main(office.get(PATH)).select_one("a.bouton")
    assert words(link) == "Revenir au modèle de départ"
    beginning = office.get(link["href"])
    assert "Voici le modèle de départ." in words(main(beginning))
    assert office.post(PATH, data=typed(beginning)).status_code == 303
    assert proposed() == echeancier.by_day(MODELES)
    assert [(t.version, len(t.taches)) for t in echeancier.trames()] == [(3, 22), (2, 22), (1, 22)]


def test_saved_as_it_is_nothing_changes(office):
    assert office.post(PATH, data=typed(office.get(PATH))).status_code == 303
    assert [t.version for t in echeancier.trames()] == [1]


def test_a_task_is_added_and_another_goes_and_they_are_put_by_date(office):
    added = office.post(PATH, data=typed(office.get(PATH)) | {"geste": "ajouter"})
    assert added.status_code == 200
    new = main(added).select("details[open]")
    assert len(new) == 1
    assert new[0].select_one("[autofocus]")["name"] == "taches-22-titre"
    said = typed(added) | line(22, "Réserver le pain", "j - 100", ["formation"])
    gone = office.post(PATH, data=said | {"geste": "retirer-0"})
    assert len(tasks(gone)) == 22
    assert len(proposed()) == 22  # looked at, saved by nobody
    assert office.post(PATH, data=typed(gone)).status_code == 303
    first, *others = proposed()
    assert (first.titre, first.jours, first.types) == ("Réserver le pain", 100, {"formation"})
    assert len(first.cle) == 12
    assert "mairie" not in {m.cle for m in others}
    assert len(others) == 21


def test_one_left_empty_is_none_and_none_at_all_is_a_template_too(office):
    said = {"lu": "1"} | line(0, "", "", [])
    assert office.post(PATH, data=said).status_code == 303
    assert proposed() == []
    assert "Aucune tâche" in words(main(office.get(PATH)))
    assert echeancier.of_type(TypeAction.AUTRE) == []


# --- refusals ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "field", "sentence"),
    [
        (line(0, "", "J-5"), "titre", "Dis ce qu’il y a à faire."),
        (line(0, "Pain", ""), "jours", "Dis pour quand"),
        (line(0, "Pain", "demain"), "jours", "Écris J-15, ou J+2."),
        (line(0, "Pain", "29/10/2026"), "jours", "Écris J-15, ou J+2."),
        (line(0, "Pain", "J-800"), "jours", "Entre deux ans avant"),
        (line(0, "Pain", "J+61"), "jours", "Entre deux ans avant"),
        (line(0, "Pain", types=[]), "types", "Coche au moins un type"),
        (line(0, "Pain " * 40), "titre", "trop long"),
        (line(0, "Pain", types=["rave"]), "types", ""),
    ],
)
def test_what_is_missing_is_said_beside_it_and_every_word_stays(office, wrong, field, sentence):
    said = {"lu": "1"} | wrong | line(1, "L’autre, qui va bien")
    answer = office.post(PATH, data=said)
    assert answer.status_code == 422
    assert sentence in words(main(answer).select_one(f"#taches-0-{field}-erreur"))
    assert [bool(d.get("open") is not None) for d in main(answer).select("details")] == [True, False]
    back = typed(answer)
    for name in ("titre", "jours"):
        assert back[f"taches-0-{name}"].replace("\u00a0", " ") == wrong[f"taches-0-{name}"].strip()
    assert back["taches-1-titre"] == "L’autre, qui va bien"
    assert proposed() == echeancier.by_day(MODELES)


def test_the_small_buttons_lose_nothing_that_is_wrong(office):
    said = {"lu": "1", "geste": "ajouter"} | line(0, "Pain", "demain", ["formation"])
    back = typed(office.post(PATH, data=said))
    assert (back["taches-0-jours"], back["taches-0-types"]) == ("demain", ["formation"])
    for gesture in ("retirer-9", "retirer-x", "brûler-0", "retirer-"):
        assert len(tasks(office.post(PATH, data=said | {"geste": gesture}))) == 1


def test_changed_meanwhile_it_says_so_keeps_what_is_typed_and_saves_it_the_second_time(office, ada):
    said = typed(office.get(PATH)) | {"taches-0-titre": "Le mien"}
    retroplanning.save_template([PAIN], read=1, by=ada)
    db.session.commit()
    answer = office.post(PATH, data=said)
    assert answer.status_code == 409
    assert "a changé pendant que tu écrivais" in words(main(answer))
    assert typed(answer)["taches-0-titre"] == "Le mien"
    assert proposed() == [PAIN]
    assert office.post(PATH, data=typed(answer)).status_code == 303
    assert proposed()[0].titre == "Le mien"


@pytest.mark.parametrize("number", ["²", "１", "٣", "-1", "9" * 5000, "x", ""])
@pytest.mark.parametrize(("path", "name"), [(PATH, "taches-{}-titre"), ("/reglages/listes/ouverture", "lignes-{}-texte")])
def test_a_row_that_only_looks_numbered_is_none(office, path, name, number):
    said = typed(office.get(path))
    assert office.post(path, data=said | {name.format(number): "Pain"}).status_code == 303
    assert "Pain" not in office.get(path).text


def test_a_key_sent_twice_or_made_of_anything_is_one_of_ours(office):
    said = {"lu": "1"} | line(0, "Un", cle="devis") | line(1, "Deux", cle="devis") | line(2, "Trois", cle="<svg/onload=1>")
    assert office.post(PATH, data=said).status_code == 303
    assert [m.cle == "devis" for m in proposed()] == [True, False, False]
    assert len({m.cle for m in proposed()}) == 3


@pytest.mark.both
@pytest.mark.parametrize(
    "wrong",
    [{"cle": ""}, {"titre": ""}, {"jours": 731}, {"jours": -61}, {"cle": "pain"}],
    ids=["cle", "titre", "tôt", "tard", "deux"],
)
def test_the_database_refuses_what_the_form_does(app, wrong):
    whole = {"cle": "riz", "titre": "Riz", "jours": 3, "types": ["autre"]}
    db.session.add(Trame(version=1, taches=[echeancier.row(PAIN), TacheTrame(**whole | wrong)]))
    with pytest.raises(IntegrityError):
        db.session.flush()


# --- the actions -------------------------------------------------------------------------------------------------


@pytest.mark.both
def test_an_action_is_proposed_what_the_house_has_now_and_keeps_what_it_has(office, ada, as_):
    zoe = builders.bienveillant()
    begun = builders.action(zoe, type=TypeAction.AUTRE)
    retroplanning.apply_template(begun, by=zoe)
    before = {(t.modele, t.titre, t.jours) for t in echeancier.tasks_of(begun)}
    devis = next(m for m in MODELES if m.cle == "devis")
    kept = Modele("devis", "Écrire le devis", 40, devis.aide, EVERY)
    retroplanning.save_template([PAIN, kept], read=1, by=ada)
    db.session.commit()
    assert {(t.modele, t.titre, t.jours) for t in echeancier.tasks_of(begun)} == before
    page = as_(zoe).get(f"/actions/{begun.id}/retroplanning")
    assert "Une tâche du modèle n’est pas dans cette liste : Commander le pain." in words(main(page))  # "devis" is there
    new = builders.action(zoe, type=TypeAction.AUTRE)
    retroplanning.apply_template(new, by=zoe)
    found = {t.modele: (t.titre, t.jours, t.aide) for t in echeancier.tasks_of(new)}
    assert found == {"pain": ("Commander le pain", 3, "Chez Awa."), "devis": ("Écrire le devis", 40, devis.aide)}
    assert echeancier.of_type(TypeAction.MANIFESTATION) == [kept]


def test_special_tasks_keep_their_keys_from_one_version_to_the_next(office):
    office.post(PATH, data=typed(office.get(PATH)) | {"taches-0-titre": "Autre titre"})
    assert {m.cle for m in proposed()} == {m.cle for m in MODELES}


# --- who, what, how much -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["9", "0", "x"])
def test_a_version_that_is_not_there(office, version):
    assert office.get(f"{PATH}?version={version}").status_code == (404 if version == "9" else 200)


def test_nobody_else_enters(app, as_):
    zoe = builders.bienveillant()
    assert as_(zoe).get(PATH).status_code == 403
    assert as_(zoe).post(PATH, data={"lu": "1"}).status_code == 403


def test_hostile_words_stay_words(office):
    hostile = '"><svg/onload=alert(1)> {{7*7}}'
    office.post(PATH, data={"lu": "1"} | line(0, hostile) | {"taches-0-aide": hostile})
    page = office.get(PATH)
    assert main(page).select("svg[onload]") == []
    assert typed(page)["taches-0-titre"] == hostile
    assert typed(page)["taches-0-aide"] == hostile


@pytest.mark.parametrize("more", [0, 3])
def test_the_page_costs_the_same_for_one_version_or_many(office, ada, count_queries, more):
    for n in range(1, more + 1):
        retroplanning.save_template([Modele("pain", f"Pain {n}", n)], read=n, by=ada)
    if not more:
        db.session.add(Trame(version=1, taches=[echeancier.row(PAIN)]))
    db.session.commit()
    with count_queries() as statements:
        assert office.get(PATH).status_code == 200
    assert len(statements) == 3
