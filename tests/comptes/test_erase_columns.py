"""A name that was typed anywhere goes with the person: each column of text is struck when they are erased, or says why not.

What is kept as JSON is not read here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest
from sqlalchemy import Column, Enum, Text, select, update
from sqlalchemy.exc import DBAPIError

from portal import clock, demo
from portal.actions.tache import TacheTrame, Trame
from portal.comptes import commands
from portal.comptes.models import Personne
from portal.db import Base, db
from portal.factures.models import Depot, Facture, Relance, Statut
from portal.jour_j.models import Consommation, Jour
from portal.partage.models import Partage
from tests import builders

KEPT = {
    "what somebody else is called and where they are reached": """
        personne.nom personne.nom_cle personne.email personne.adresse personne.telephone personne.siret personne.structure
        demandeur.nom demandeur.contact demandeur.email demandeur.telephone demandeur.adresse demandeur.siret
        mineur.responsable mineur.telephone outbox.adresse accord.adresse""",
    "what the house has, does and says of itself": """
        espace.nom pole.nom materiel.nom prestation.titre tarif.libelle tarif.detail etape.piste besoin.unite
        reglage.texte""",
    "a paper, which stays as it is": """
        devis.mot devis.empreinte ligne_devis.libelle ligne_devis.detail ligne_devis.motif ligne_devis.reserve
        accord.nom accord.empreinte accord.preuve facture.serie facture.empreinte""",
    "nothing that anybody types": """
        personne.mot_de_passe action.cle echange.cle candidature.cle outbox.cle outbox.genre outbox.erreur
        jeton.code jeton.suite entree.cible entree.valeur tache.modele tache_trame.cle""",
}
UNTRIED = {  # no row of theirs takes another word, or none is in the demonstration
    "what the database lets nobody change": """
        contribution.motif reglement.motif reglement.reference reglement.empreinte reglement.precedente
        ecriture.motif journal.avant journal.apres journal.evenement journal.sujet""",
    "nothing that anybody types": """
        attestation.code attestation.initiales battement.nom defi.empreinte exercice.empreinte justificatif.mime
        rate_limit.cle""",
    "deleted with the account": """
        session.appareil session.empreinte cle_acces.nom cle_acces.identifiant cle_acces.porteur
        code_secours.empreinte second_facteur.secret second_facteur.a_garder""",
}


def texts() -> Iterator[Column[str]]:
    for table in Base.metadata.sorted_tables:
        yield from (column for column in table.columns if isinstance(column.type, Text) and not isinstance(column.type, Enum))


def planted(column: Column[str], words: str) -> list | None:
    """Where these words now are: in the first row of the table that takes them. None when there is none."""
    keys = list(column.table.primary_key.columns)
    for row in db.session.execute(select(*keys)).all():
        where = [key == value for key, value in zip(keys, row, strict=True)]
        with suppress(DBAPIError), db.session.begin_nested():
            db.session.execute(update(column.table).where(*where).values({column.name: words}))
            return where
    return None


def what_the_demonstration_lacks(by: Personne) -> None:
    """A row of each table that it leaves empty and where somebody types."""
    issued = db.session.scalars(select(Facture).where(Facture.rang.is_not(None)).limit(1)).one()
    jour = db.session.scalars(select(Jour).limit(1)).one()
    task = TacheTrame(cle="cles", titre="Demander les clés", jours=3, types=["autre"])
    db.session.add_all([
        Trame(version=1, taches=[task], par=by),
        Consommation(jour_id=jour.action_id, libelle="Du pain", quantite=100, par=by),
        Partage(action_id=issued.action_id, motif="Le pain"),
        Depot(facture=issued, statut=Statut.DEPOSEE, quand=clock.now(), par=by),
        Relance(facture=issued, rang=1, quand=clock.now(), mot="Bonjour"),
    ])  # fmt: skip
    db.session.flush()


def named(table: dict[str, str]) -> set[str]:
    return {name for names in table.values() for name in names.split()}


@pytest.mark.sqlite
def test_every_column_of_text_is_struck_or_says_why_it_is_not(app):
    demo.load()
    ada, awa = builders.personne("Ada Dijoux", [builders.ADMIN]), builders.personne("Awa Unique")
    what_the_demonstration_lacks(ada)
    places = {column: where for column in texts() if (where := planted(column, "Demander à Awa Unique")) is not None}
    assert {f"{column.table}.{column.name}" for column in texts()} - {f"{c.table}.{c.name}" for c in places} == named(UNTRIED)
    db.session.commit()
    commands.erase(awa, by=ada)
    db.session.commit()
    left = {
        f"{column.table}.{column.name}"
        for column, where in places.items()
        if "Awa Unique" in (db.session.scalar(select(column).where(*where)) or "")
    }
    assert left == named(KEPT)
