"""`portal doctor` says what is wrong, each thing by its name, and what to do; of a portal in good health, nothing."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
from contextlib import closing
from datetime import timedelta
from threading import Thread
from types import SimpleNamespace

import pytest
from sqlalchemy import select, text

from portal import clock, diagnostic, prometheus, sauvegarde
from portal.db import db
from portal.diagnostic import Ton
from portal.outbox import Battement
from tests import builders
from tests.test_outbox import post


@pytest.fixture
def whole(app, site, settings, smtp, tmp_path):
    """A portal in good health: `whole()` is what is found of it, by its first words."""
    builders.personne("Ada Dijoux", [builders.ADMIN])
    db.session.add(Battement(nom="worker", quand=clock.now()))
    db.session.commit()
    site.serve()
    settings(base_url=site.url, backup_recipient=sauvegarde.new_key()[1])
    db.session.remove()
    sauvegarde.make(tmp_path, recipient=app.config["PORTAL"].backup_recipient)
    for path in (site.instance, site.database.path if site.database.engine == "sqlite" else site.instance):
        path.chmod(0o700)

    def found() -> list[diagnostic.Constat]:
        db.session.rollback()
        constats = list(diagnostic.examine(app.config["PORTAL"], tmp_path))
        db.session.rollback()
        return constats

    return found


def wrong(found) -> dict[str, str]:
    return {constat.dit: constat.faire for constat in found() if constat.ton is not Ton.BON}


@pytest.mark.both
def test_of_a_portal_in_good_health_nothing_is_wrong(whole):
    assert wrong(whole) == {}
    assert len(whole()) == 9


def test_how_long_ago_the_worker_was_at_work_is_said(whole):
    last = db.session.scalars(select(Battement.quand).where(Battement.nom == "worker")).one()
    with clock.freeze(last + timedelta(seconds=70)):
        assert "Le facteur travaillait il y a 70\u00a0s." in [constat.dit for constat in whole()]


def test_a_worker_that_is_down_is_said_and_since_when(whole):
    last = clock.now() - timedelta(hours=3)
    db.session.query(Battement).update({"quand": last})
    db.session.commit()
    [(said, _)] = wrong(whole).items()
    assert said.startswith(f"Le facteur ne travaille pas depuis le {clock.local(last):%d/%m/%Y à %H:%M}")
    db.session.query(Battement).delete()
    db.session.commit()
    assert list(wrong(whole)) == ["Le facteur ne travaille pas\u00a0: il n’a jamais tourné."]


def test_a_sign_of_the_worker_that_is_yet_to_come_says_that_a_clock_is_wrong(whole):
    db.session.query(Battement).update({"quand": clock.now() + timedelta(hours=12)})
    db.session.commit()
    [(said, what)] = wrong(whole).items()
    assert said.endswith("plus tard que maintenant.")
    assert "l’heure de la machine" in what


def test_a_mail_server_that_is_down_is_said_without_its_password(whole, settings):
    settings(mail_url="smtp://moi:un-secret@127.0.0.1:9")
    [(said, todo)] = wrong(whole).items()
    assert said.startswith("Le serveur d’envoi ne répond pas")
    assert "un-secret" not in said + todo
    settings(mail_url=None)
    assert list(wrong(whole).values()) == ["PORTAL_MAIL_URL"]


def test_an_address_that_does_not_answer_is_said(whole, settings):
    settings(base_url="http://127.0.0.1:9")
    assert next(iter(wrong(whole))).startswith("http://127.0.0.1:9 ne répond pas")


def test_a_database_of_another_revision_is_said(whole):
    for revision, todo in (("0001", "Redémarrer le portail"), ("9999", "Mettre le code à jour")):
        db.session.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": revision})
        db.session.commit()
        assert [one.startswith(todo) for one in wrong(whole).values()] == [True]


@pytest.mark.sqlite
def test_a_database_that_does_not_answer_hides_nothing_else(whole, site, settings):
    db.session.remove()
    db.engine.dispose()
    site.database.path.write_bytes(b"ceci n'est pas une base" * 400)
    settings(mail_url=None)
    said = list(wrong(whole))
    assert any("La base est abîmée" in one for one in said)
    assert any("Aucun serveur d’envoi" in one for one in said)


@pytest.mark.sqlite
def test_while_somebody_else_writes_the_database_is_not_said_to_be_down(app, whole, site):
    with closing(sqlite3.connect(site.database.path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        assert [
            said for said in wrong(whole) if "localhost" not in said
        ] == []  # /sante does wait: it proves that one can write
        measures = {family.name: family.samples[0].value for family in prometheus.House(app).collect()}
    assert measures["portal_base_repond"] == 1


def test_what_answers_there_and_is_no_portal_is_said(whole, settings):
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        Thread(target=_greet, args=[other], daemon=True).start()
        settings(base_url=f"http://127.0.0.1:{other.getsockname()[1]}")
        said = next(iter(wrong(whole)))
    assert "ne répond pas" in said


def _greet(server: socket.socket) -> None:
    line, _ = server.accept()
    line.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
    line.close()


def test_a_disk_nearly_full_is_said(whole, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(total=100 * 1024**3, free=50 * 1024**2))
    assert list(wrong(whole).values()) == ["Faire de la place, ou agrandir le disque."]


def test_files_that_others_may_read_are_said(whole, site):
    site.instance.chmod(0o755)
    assert list(wrong(whole).values()) == [f"chmod go= {site.instance}"]


def test_copies_that_are_old_missing_or_in_the_clear_are_said(app, site, whole, tmp_path, settings):
    [copy] = sauvegarde.made_in(tmp_path, sauvegarde.signature(app.config["PORTAL"]))
    os.utime(copy, (0, 0))
    assert [said.startswith("La dernière sauvegarde a") for said in wrong(whole)] == [True]
    copy.unlink()
    assert list(wrong(whole)) == [f"Aucune sauvegarde de {site.url} dans {tmp_path}."]
    settings(backup_recipient="")
    sauvegarde.make(tmp_path)
    assert list(wrong(whole)) == ["Les sauvegardes ne sont pas chiffrées."]


def test_messages_that_wait_are_said(whole):
    post(due=clock.now() - timedelta(hours=2))
    db.session.commit()
    assert ["auraient dû partir" in said for said in wrong(whole)] == [True]


def test_a_house_that_nobody_administers_is_said(whole):
    db.session.execute(text("DELETE FROM role"))
    db.session.commit()
    assert list(wrong(whole).values()) == ["python -m portal create-admin"]


def test_the_command_ends_in_error_when_something_is_wrong(app, whole, tmp_path):
    run = app.test_cli_runner()
    good = run.invoke(args=["portal", "doctor", "--sauvegardes", str(tmp_path)])
    assert (good.exit_code, {line[0] for line in good.output.splitlines()}) == (0, {"✓"})
    db.session.query(Battement).delete()
    db.session.commit()
    bad = run.invoke(args=["portal", "doctor", "--sauvegardes", str(tmp_path)])
    assert bad.exit_code == 1
    assert "✗ Le facteur ne travaille pas\u00a0: il n’a jamais tourné.\n  → Lancer" in bad.output
