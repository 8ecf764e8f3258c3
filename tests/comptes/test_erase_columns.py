"""A name that was typed anywhere goes with the person: each column of text is struck when they are erased, or says why not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Column, Enum, Text, select, update
from sqlalchemy.exc import DBAPIError

from portal import demo
from portal.comptes import commands
from portal.db import Base, db
from tests import builders

KEPT = {
    "what somebody else is called and where they are reached": """
        personne.nom personne.nom_cle personne.email personne.adresse personne.telephone personne.siret personne.structure
        demandeur.nom demandeur.contact demandeur.email demandeur.telephone demandeur.adresse demandeur.siret
        mineur.responsable mineur.telephone outbox.adresse accord.adresse""",
    "what the house has, does and says of itself": """
        espace.nom pole.nom materiel.nom prestation.titre tarif.libelle tarif.detail etape.piste besoin.unite tache.aide
        reglage.texte""",
    "a paper, which stays as it is": """
        devis.mot devis.empreinte ligne_devis.libelle ligne_devis.detail ligne_devis.motif ligne_devis.reserve
        accord.nom accord.empreinte accord.preuve""",
    "nothing that anybody types": """
        personne.mot_de_passe action.cle echange.cle candidature.cle outbox.cle outbox.genre outbox.erreur
        jeton.code jeton.suite entree.cible entree.valeur tache.modele""",
}


def texts() -> Iterator[Column[str]]:
    for table in Base.metadata.sorted_tables:
        yield from (column for column in table.columns if isinstance(column.type, Text) and not isinstance(column.type, Enum))


def planted(column: Column[str], words: str) -> list | None:
    """Where these words now are: in a row of the table. None of an empty one, or when a guard refuses it."""
    keys = list(column.table.primary_key.columns)
    row = db.session.execute(select(*keys).limit(1)).first()
    if row is None:
        return None
    where = [key == value for key, value in zip(keys, row, strict=True)]
    try:
        with db.session.begin_nested():
            db.session.execute(update(column.table).where(*where).values({column.name: words}))
    except DBAPIError:
        return None
    return where


@pytest.mark.sqlite
def test_every_column_of_text_is_struck_or_says_why_it_is_not(app):
    demo.load()
    ada, awa = builders.personne("Ada Dijoux", [builders.ADMIN]), builders.personne("Awa Unique")
    places = {column: where for column in texts() if (where := planted(column, "Demander à Awa Unique")) is not None}
    db.session.commit()
    commands.erase(awa, by=ada)
    db.session.commit()
    left = {
        f"{column.table}.{column.name}"
        for column, where in places.items()
        if "Awa Unique" in (db.session.scalar(select(column).where(*where)) or "")
    }
    assert left == {name for names in KEPT.values() for name in names.split()}
