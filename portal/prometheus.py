"""What Prometheus reads of the portal, at an address of the machine's own, where no visitor comes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from flask import Flask
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from portal import clock, sauvegarde
from portal.comptes.models import Session
from portal.comptes.queries import SESSION_LIFE
from portal.config import Settings
from portal.db import db, reading
from portal.notifications import queries as mail
from portal.outbox import Battement


def serve(app: Flask, port: int) -> None:
    """Until the process is stopped."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    registry.register(House(app))
    _server, thread = start_http_server(port, addr="127.0.0.1", registry=registry)
    thread.join()


class House:
    """What the database and the disk say, each time that it is asked."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def collect(self) -> Iterator[GaugeMetricFamily]:
        settings: Settings = self._app.config["PORTAL"]
        with self._app.app_context(), reading():
            try:
                read = _of_the_database()
            except DBAPIError:
                read = {}
            finally:
                db.session.remove()
        yield GaugeMetricFamily("portal_base_repond", "1 quand la base répond", value=1 if read else 0)
        for name, (said, value) in (read | _of_the_disk(settings)).items():
            yield GaugeMetricFamily(f"portal_{name}", said, value=value)


def _of_the_database() -> dict[str, tuple[str, float]]:
    now = clock.now()
    tick = db.session.scalar(select(Battement.quand).where(Battement.nom == "worker"))
    seen = select(func.count(Session.id)).where(Session.vue_le > now - SESSION_LIFE)
    late = mail.pending()
    found: dict[str, tuple[str, float]] = {
        "messages_en_retard": ("Messages qui auraient dû partir", late.late),
        "messages_abandonnes": ("Messages qui n’ont pas pu partir", mail.given_up_count()),
        "sessions_ouvertes": ("Connexions ouvertes", db.session.scalar(seen) or 0),
    }
    if tick:
        found["facteur_silence_seconds"] = ("Depuis la dernière ronde du facteur", (now - tick).total_seconds())
    return found


def _of_the_disk(settings: Settings) -> dict[str, tuple[str, float]]:
    found: dict[str, tuple[str, float]] = {
        "disque_libre_bytes": ("Place libre sur le disque des données", shutil.disk_usage(settings.instance_dir).free)
    }
    age = sauvegarde.age(settings.backup_dir, sauvegarde.signature(settings))
    if age is not None:
        found["sauvegarde_age_seconds"] = ("Depuis la dernière sauvegarde", age)
    return found
