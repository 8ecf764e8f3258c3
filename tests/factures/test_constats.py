"""What the day was, beside what its devis foresaw: the hours that the site was open, the people at the most, what was used."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from portal import clock
from portal.db import db
from portal.devis.models import LigneDevis, Unite
from portal.factures import constats
from portal.factures.models import Nature
from portal.jour_j import consommations, queries
from portal.jour_j.models import Consommation, Entree, Genre, Jour
from portal.poles.models import Ressource
from tests import builders
from tests.factures.conftest import Affaire


def noted(affaire: Affaire, *taps: tuple[Genre, str, float]) -> list[Entree]:
    """What was tapped of its day, at these hours."""
    start = clock.start_of(clock.local(affaire.action.debut).date())
    rows = []
    for genre, valeur, hour in taps:
        when = start + timedelta(hours=hour)
        said = {"genre": genre, "valeur": valeur, "quand": when, "saisi_le": when, "recu_le": when}
        rows.append(Entree(uuid=str(uuid4()), jour_id=affaire.action.id, personne_id=affaire.zoe.id, **said))
    db.session.add_all(rows)
    db.session.flush()
    return rows


def foreseen(affaire: Affaire, unite: Unite, **fields) -> LigneDevis:
    """The first line of the devis of its draft, made one of that unit."""
    line = affaire.draft().lignes[0].ligne_devis
    line.unite, line.site = unite, False
    for name, value in fields.items():
        setattr(line, name, value)
    db.session.flush()
    return line


def found(affaire: Affaire) -> dict[int, tuple[int, str]]:
    return {id: tuple(one) for id, one in constats.of_invoice(affaire.draft()).lignes.items()}


def test_the_hours_that_the_site_was_open_by_quarters_begun(affaire):
    line = affaire.draft().lignes[0].ligne_devis
    assert found(affaire) == {}
    noted(
        affaire, (Genre.SITE, "ouvrir", 8), (Genre.SITE, "fermer", 12), (Genre.SITE, "ouvrir", 14), (Genre.SITE, "fermer", 16.1)
    )
    assert found(affaire) == {line.id: (625, "site ouvert 6,25\u00a0h")}


def test_the_people_at_the_most_without_those_that_were_taken_back(affaire):
    line = foreseen(affaire, Unite.PERSONNE)
    assert found(affaire) == {}
    taps = noted(affaire, *((Genre.JAUGE, valeur, hour) for valeur, hour in (("+10", 9), ("+5", 10), ("-10", 11), ("+1", 12))))
    assert found(affaire) == {line.id: (1500, "au plus fort de la journée, d’après la jauge")}
    [undoing] = noted(affaire, (Genre.ANNULE, "", 13))
    undoing.cible = taps[1].uuid
    assert found(affaire) == {line.id: (1000, "au plus fort de la journée, d’après la jauge")}


def test_both_are_what_the_whole_day_says(affaire):
    """The journal is read for its doors alone; an opening is never undone, and an undoing neither."""
    opening, *_, closing = noted(
        affaire, (Genre.SITE, "ouvrir", 8), (Genre.JAUGE, "+10", 9), (Genre.COCHE, "fait", 9), (Genre.SITE, "fermer", 12)
    )
    first, second = noted(affaire, (Genre.ANNULE, "", 13), (Genre.ANNULE, "", 14))
    first.cible, second.cible = closing.uuid, first.uuid
    line, day = affaire.draft().lignes[0].ligne_devis, queries.read(affaire.action.id)
    assert found(affaire) == {line.id: (400, "site ouvert 4\u00a0h")}
    assert not day.line(opening).is_undone
    assert not day.line(closing).is_undone
    line.unite, line.site = Unite.PERSONNE, False
    assert found(affaire)[line.id][0] == 100 * day.jauge.peak[1]


def test_what_was_used_is_of_its_need_or_more(to_come):
    culture = builders.pole()
    needs = [
        builders.besoin(to_come.action, culture, ressource=Ressource.CONSOMMABLE, titre=titre, quantite=3, asked=asked)
        for titre, asked in (("Café", True), ("Thé", True), ("Sucre", False))
    ]
    affaire = to_come.end()
    jour = db.session.get_one(Jour, affaire.action.id)
    for need, titre in ((needs[2], "Sucre, 1 kg"), (None, "Gobelets"), (needs[1], "Thé vert"), (needs[0], "Café moulu")):
        besoin_id = need.id if need else None
        db.session.add(Consommation(jour_id=jour.id, besoin_id=besoin_id, libelle=titre, quantite=200, par_id=affaire.zoe.id))
        db.session.flush()
    said = consommations.said(affaire.action)
    assert [one.libelle for one in said] == ["Café", "Thé", "Sucre, 1 kg", "Gobelets"]
    assert said == [one for one in consommations.consumptions(jour) if one.said]
    line = foreseen(affaire, Unite.UNITE, besoin_id=needs[0].id)
    assert found(affaire) == {line.id: (200, "noté au bilan par Zoé Hoarau")}
    assert constats.of_invoice(affaire.draft()).ajouts == said[1:]


@pytest.mark.parametrize("nature", [Nature.ACOMPTE, Nature.FACTURE])
def test_only_the_whole_follows_the_day(to_come, nature):
    deposit, affaire = to_come.draft(Nature.ACOMPTE), to_come.end()
    noted(affaire, (Genre.SITE, "ouvrir", 8), (Genre.SITE, "fermer", 12))
    consommations.note_used(db.session.get_one(Jour, affaire.action.id), {}, more=("Gobelets", 1_00), by=affaire.zoe, read="")
    seen = constats.of_invoice(deposit if nature is Nature.ACOMPTE else affaire.draft())
    assert bool(seen.lignes) is bool(seen.ajouts) is (nature is Nature.FACTURE)


@pytest.mark.parametrize(("beyond", "asked"), [(0, False), (1, True)], ids=["as the line says", "an hour more"])
def test_why_it_differs_is_asked_when_the_day_says_otherwise_than_the_line(affaire, as_, beyond, asked):
    [line, *_] = affaire.draft().lignes
    noted(affaire, (Genre.SITE, "ouvrir", 1), (Genre.SITE, "fermer", 1 + line.quantite / 100 + beyond))
    page = as_(affaire.zoe).get(f"/factures/{line.facture_id}").text
    assert (f'id="l{line.id}-motif"' in page, "site ouvert" in page) == (asked, True)
