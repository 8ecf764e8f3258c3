"""Revisions: up, down and up again on full tables lose nothing of what stays; one that breaks leaves the schema as it was."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, create_engine, func, inspect, select, text, update
from sqlalchemy.exc import OperationalError

from portal import clock, copie, demo
from portal.actions.deliberation import CRITERES, Avis, Decision, Ou, Sens
from portal.actions.models import Action, Echange
from portal.actions.tache import Tache, TacheTrame, Trame
from portal.besoins.models import Besoin, Occupation, Pret
from portal.candidatures.models import Candidature, Offre
from portal.comptes import cles, entree, second, totp
from portal.comptes import commands as comptes
from portal.comptes.models import CleAcces, Consultation, NomRole, Note, Personne, Profil, Vue
from portal.config import ROOT
from portal.contributions.models import Attestation
from portal.db import Base, apart, db, upsert
from portal.factures.models import Depot, Exercice, Facture, Relance, Statut
from portal.jour_j.models import Consommation, Entree, LigneModele, Modele, Phase, Photo
from portal.missions.lexique import INDEX
from portal.missions.models import Invitation, Mission
from portal.outbox import Battement
from portal.partage.models import Cle, Depense, Ecriture, Justificatif, Partage
from portal.partage.models import Etat as Partages
from portal.partage.models import Nature as Poste
from portal.poles.models import Espace, Materiel, Pole, Prestation, Ressource
from portal.reglage import Reglage
from portal.security import RateLimit
from tests.services import bound_socket

pytestmark = pytest.mark.both

MIGRATIONS = ROOT / "migrations"
BROKEN = '''"""Broken half-way."""
from alembic import op
import sqlalchemy as sa

revision = "cassee"
down_revision = {head!r}


def upgrade():
    op.create_table("a_moitie", sa.Column("id", sa.Integer, primary_key=True))
    op.execute("UPDATE personne SET nom = 'perdu'")
    with op.batch_alter_table("pole") as batch:
        batch.drop_column("description")
    op.execute("SELECT * FROM une_table_qui_n_existe_pas")
'''
REBUILT = '''"""Rebuilds a table that others point at."""
from alembic import op
import sqlalchemy as sa

revision = "refaite"
down_revision = {head!r}


def upgrade():
    with op.batch_alter_table("personne") as batch:
        batch.add_column(sa.Column("surnom", sa.Text()))
        batch.alter_column("nom", type_=sa.String(400))
'''


@contextmanager
def looked_at(database):
    """A connection of nobody's, closed at the end: the portal holds none meanwhile."""
    db.session.remove()
    db.engine.dispose()
    engine = create_engine(database.url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def plain(found: Any) -> Any:
    """The same as text that can be compared."""
    if isinstance(found, dict):
        return sorted((key, plain(value)) for key, value in found.items())
    return sorted(map(str, map(plain, found))) if isinstance(found, list) else str(found)


GUARDS = {  # the name of each trigger, and all that it says
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": (
        "SELECT pg_get_triggerdef(t.oid), pg_get_functiondef(t.tgfoid) FROM pg_trigger AS t WHERE NOT t.tgisinternal"
    ),
}


def schema(database) -> dict[str, Any]:
    """Every table with its columns, keys, indexes and checks, in no order."""
    with looked_at(database) as connection:
        looking = inspect(connection)
        return {
            table: {
                "columns": {c["name"]: plain(c) for c in looking.get_columns(table)},
                "primary": plain(looking.get_pk_constraint(table)),
                "foreign": plain(looking.get_foreign_keys(table)),
                "indexes": plain(looking.get_indexes(table)),
                "unique": plain(looking.get_unique_constraints(table)),
                "checks": plain(looking.get_check_constraints(table)),
            }
            for table in looking.get_table_names()
            if table != "alembic_version" and not table.startswith(INDEX)
        }


def guards(database) -> list[tuple[str, str]]:
    """Every trigger, which the models know nothing of."""
    with looked_at(database) as connection:
        return sorted((name, said) for name, said in connection.execute(text(GUARDS[connection.dialect.name])))


def columns(database) -> dict[tuple[str, str], tuple[int, str]]:
    """By table and column: how many rows, and a digest of all its values."""
    found = {}
    with looked_at(database) as connection:
        known = MetaData()
        known.reflect(connection)
        for table in known.tables.values():
            rows = connection.execute(select(table).order_by(*table.primary_key)).mappings().all()
            for column in table.columns if table.name != "alembic_version" else ():
                values = "\n".join(repr(row[column]) for row in rows)
                found[table.name, column.name] = (len(rows), hashlib.sha256(values.encode()).hexdigest())
    return found


def revisions() -> list[str]:
    """From the newest to the first."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]


def migrate(action: Any, *arguments: str, directory: Path = MIGRATIONS) -> None:
    db.session.remove()
    db.engine.dispose()
    action(str(directory), *arguments)


def version(database) -> str:
    with looked_at(database) as connection:
        return str(connection.scalar(text("SELECT version_num FROM alembic_version")))


def prepared(action: Action, ada: Personne) -> list[Any]:
    """What comes before a confirmed action: the request, the opinions, the needs, the tasks."""
    pole, espace = db.session.scalars(select(Pole)).first(), db.session.scalars(select(Espace)).first()
    chairs = Materiel(nom="Chaises de la migration", stock=80, pole=pole)
    slot = {"debut": action.debut, "fin": action.fin}
    hall, seats = (
        Besoin(action=action, titre=titre, ressource=ressource, pole=pole, **slot)
        for titre, ressource in (("La case", Ressource.ESPACE), ("Chaises", Ressource.MATERIEL))
    )
    opinion = dict.fromkeys(CRITERES, Sens.FAVORABLE)
    return [
        Reglage(cle="quorum", valeur=4, par_id=ada.id),
        Prestation(titre="Le gradin", ressource=Ressource.ESPACE, pole=pole, espace=espace),
        Echange(action=action, texte="Bonjour"),
        Avis(action=action, pole=pole, personne=ada, **opinion),
        Decision(action=action, ou=Ou.REUNION, le=clock.today(), favorable=True, avis={}, par=ada),
        Tache(action=action, titre="Débit de boissons", jours=30),
        Trame(version=1, taches=[TacheTrame(cle="pain", titre="Commander le pain", jours=3, types=["autre"])]),
        Occupation(besoin=hall, espace=espace, ferme=True, **slot),
        Pret(besoin=seats, materiel=chairs, quantite=40, **slot),
    ]


def the_money(action, ada):
    """What it cost, and how it is shared."""
    cost = {"action": action, "nature": Poste.AUTRE, "libelle": "Marché", "montant": 10_00, "le": clock.today(), "par": ada}
    pole = db.session.scalars(select(Pole)).first()
    return [
        Depense(**cost, justificatif=Justificatif(mime="application/pdf", contenu=b"%PDF-", taille=5)),
        Partage(
            action=action,
            motif="Accord des pôles.",
            cles=[Cle(pole_id=pole.id, part=5_000)],
            ecritures=[Ecriture(rang=1, montant=10_00, motif="Partage décidé", par=ada)],
        ),
    ]


def the_day(ada):
    entree = db.session.scalars(select(Entree)).first()
    return [
        Modele(phase=Phase.OUVERTURE, version=100, lignes=[LigneModele(texte="Portail ouvert", ordre=0)]),
        Photo(entree_uuid=entree.uuid, contenu=b"JPEG", largeur=4, hauteur=3),
        Consommation(jour_id=entree.jour_id, libelle="Café", quantite=100, par_id=ada.id),
    ]


@pytest.fixture
def full(app):
    """At least one row in every table: the demo, and what only a running portal writes."""
    demo.load()
    ada = db.session.scalars(select(Personne).where(Personne.email == "admin@example.org")).one()
    cle = CleAcces(
        personne_id=ada.id, identifiant="AAAA", cle_publique=b"COSE", compteur=2**32 - 1, porteur="BBBB", nom="Phone"
    )
    db.session.add(cle)
    db.session.flush()
    entree.open_session(ada, cle=cle)
    entree.ask_link(ada.email, suite="/")
    cles.challenge()
    second.prepare(ada, by=ada)
    second.confirm(ada, totp.code(second.waiting(ada), totp.step_at(clock.now())), by=ada)
    facture = db.session.scalars(select(Facture)).first()
    sent, mission = db.session.scalars(select(Candidature)).first(), db.session.scalars(select(Mission)).first()
    db.session.add_all(
        [
            Profil(personne_id=ada.id, disponibilites=["samedi-matin"], competences=[], envies=[]),
            Note(personne_id=ada.id, texte="Préfère le matin.", par_id=ada.id),
            Consultation(personne_id=sent.personne_id, par_id=ada.id, page=Vue.FICHE),
            Offre(candidature_id=sent.id, expire_le=clock.now()),
            Attestation(code="AAAAA-BBBBB", personne_id=ada.id, annee=2026, rang=1, initiales="A. D.", minutes=60, contenu={}),
            Exercice(annee=2020, clos_le=clock.now(), par_id=ada.id, contenu={"factures": {}}, empreinte="0" * 64),
            Invitation(mission_id=mission.id, personne_id=ada.id, par_id=ada.id),
            *prepared(mission.action, ada),
            Relance(facture_id=facture.id, rang=1, quand=clock.now(), par_id=ada.id),
            Depot(facture_id=facture.id, statut=Statut.DEPOSEE, quand=clock.now(), par_id=ada.id),
            *the_day(ada),
            *the_money(mission.action, ada),
        ]
    )
    db.session.flush()
    decided = {"etat": Partages.DECIDE, "decide_le": clock.now(), "decide_par_id": ada.id, "valeur_point": 200}
    db.session.execute(update(Partage).values(**decided))
    db.session.commit()
    with apart() as connection:
        connection.execute(upsert(RateLimit).values(cle="x", nombre=1, fin=clock.now()))
        connection.execute(upsert(Battement).values(nom="facteur", quand=clock.now()))


def test_each_revision_undone_then_done_again_loses_nothing_of_what_stays(app, full, database):
    """Tables and columns that outlive a revision keep every row; and the schema comes back as it was."""
    for table in Base.metadata.sorted_tables:
        assert db.session.scalar(select(func.count()).select_from(table)), f"{table} is empty: fill it in full()"
    original, guarded, steps = schema(database), guards(database), len(revisions())
    for down in range(1, steps + 1):
        before = columns(database)
        migrate(flask_migrate.downgrade, f"-{down}")
        below = columns(database)
        kept = before.keys() & below.keys()
        assert bool(kept) == (down < steps)
        assert {key: below[key] for key in kept} == {key: before[key] for key in kept}
        migrate(flask_migrate.upgrade)
        again = columns(database)
        assert {key: again[key] for key in kept} == {key: before[key] for key in kept}
        assert schema(database) == original
        assert guards(database) == guarded
    migrate(flask_migrate.downgrade, "base")
    assert (schema(database), guards(database)) == ({}, [])


def test_what_a_search_reads_is_made_for_the_rows_that_were_there(app, full, database):
    made = columns(database)
    migrate(flask_migrate.downgrade, "0002")
    migrate(flask_migrate.upgrade)
    again = columns(database)
    for table in ("mission", "action"):
        assert again[table, "recherche"] == made[table, "recherche"]


def test_models_and_revisions_say_the_same(app, database):
    """What alembic compares, then what it does not: the constraints, which the models alone would make the same."""
    migrate(flask_migrate.check)
    migrated = schema(database)
    migrate(flask_migrate.downgrade, "base")
    Base.metadata.create_all(db.engine)
    assert schema(database) == migrated


def with_one_more(tmp_path: Path, revision: str) -> Path:
    """A copy of the revisions, and this one after them."""
    copy = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, copy)
    (copy / "versions" / "essai.py").write_text(revision.format(head=revisions()[0]))
    return copy


@pytest.fixture
def awa(app) -> None:
    awa = comptes.add_person(nom="Awa Payet", email="awa@example.org", roles=[NomRole.ADMIN], by=None)
    entree.open_session(awa)
    db.session.commit()


def test_a_revision_that_breaks_half_way_leaves_all_as_it_was(awa, database, tmp_path):
    before, rows = schema(database), columns(database)
    with pytest.raises(Exception, match="une_table_qui_n_existe_pas"):
        migrate(flask_migrate.upgrade, directory=with_one_more(tmp_path, BROKEN))
    assert schema(database) == before
    assert columns(database) == rows
    assert version(database) == revisions()[0]


def test_a_table_that_is_rebuilt_keeps_what_points_at_it(awa, database, tmp_path):
    """SQLite rebuilds a table to change it: with foreign keys on, dropping the old one would empty its children."""
    rows = columns(database)
    migrate(flask_migrate.upgrade, directory=with_one_more(tmp_path, REBUILT))
    assert columns(database).items() >= rows.items()
    assert "surnom" in schema(database)["personne"]["columns"]
    with looked_at(database) as connection:
        assert [connection.scalar(text(f"SELECT count(*) FROM {table}")) for table in ("role", "session")] == [1, 1]


@pytest.mark.sqlite
@pytest.mark.parametrize("table", ["mission", "journal", "facture"])
def test_a_table_that_is_rebuilt_keeps_what_guards_it(app, database, tmp_path, table):
    guards = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name")
    with looked_at(database) as connection:
        before = connection.execute(guards).all()
    assert any(f"ON {table}" in sql or f"OF {table}" in sql for _, sql in before)
    rebuilt = (
        REBUILT.replace('"personne"', f'"{table}"')
        .replace('alter_column("nom"', 'alter_column("id"')
        .replace("String(400)", "BigInteger()")
    )
    migrate(flask_migrate.upgrade, directory=with_one_more(tmp_path, rebuilt))
    assert "surnom" in schema(database)[table]["columns"]
    with looked_at(database) as connection:
        assert connection.execute(guards).all() == before


@pytest.mark.sqlite
def test_a_column_that_a_guard_names_does_not_go_without_it(app, database, tmp_path):
    """SQLite would read the guard at the next write, and refuse it, and all those after it."""
    before, rebuilt = schema(database), REBUILT.replace('"personne"', '"mission"')
    gone = re.sub(r"batch\.add.*\n.*batch\.alter.*", 'batch.drop_column("reserve_majeurs")', rebuilt)
    with pytest.raises(OperationalError, match="reserve_majeurs"):
        migrate(flask_migrate.upgrade, directory=with_one_more(tmp_path, gone))
    assert schema(database) == before


@pytest.mark.both
def test_portals_that_start_at_once_bring_one_database_up_to_date_once(app, site, database):
    """Each revision is done by one of them; the others find it done."""
    db.session.remove()
    db.engine.dispose()
    database.empty()
    told = "import logging; logging.basicConfig(level='INFO')"
    code = f"{told}; import flask_migrate, portal; portal.create_app().app_context().push(); flask_migrate.upgrade()"
    command = [sys.executable, "-c", code]
    started = [
        subprocess.Popen(command, cwd=ROOT, env=os.environ | site.environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    said = [one.communicate(timeout=120)[1].decode() for one in started]
    assert [one.returncode for one in started] == [0, 0, 0], said
    assert sum("Running upgrade  -> 0001" in words for words in said) == 1
    with db.engine.connect() as connection:
        assert copie.revision(connection) == ScriptDirectory(str(ROOT / "migrations")).get_current_head()


def test_the_database_of_a_later_portal_is_left_as_it_is(app, site, settings):
    with closing(bound_socket()) as free:
        settings(port=free.getsockname()[1])
    db.session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    db.session.commit()
    for command in (["run"], ["worker", "--once"]):
        said = app.test_cli_runner().invoke(args=["portal", *command])
        assert said.exit_code == 1
        assert said.output.startswith("La base vient d’un portail plus récent (version 9999)")
    command = [sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:0", "wsgi:app"]
    served = subprocess.run(
        command, cwd=ROOT, env=os.environ | site.environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert served.returncode == 3
    assert "La base vient d’un portail plus récent (version 9999)" in served.stderr
