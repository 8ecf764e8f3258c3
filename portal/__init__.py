"""The portal of La Raffinerie: create_app() puts the house together."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module

from flask import Flask

from portal.config import EVENTS, ROOT, BadSetting, Settings, environment, private_folder

FEATURES = (
    "comptes",
    "poles",
    "actions",
    "besoins",
    "devis",
    "missions",
    "candidatures",
    "jour_j",
    "contributions",
    "factures",
    "partage",
    "equipe",
    "notifications",
    "moi",
    "reglages",
    "accueil",
)


def create_app(environ: Mapping[str, str] | None = None) -> Flask:
    """The WSGI application, from PORTAL_* settings: those given, or the process's own and .env's.

    Raises BadSetting or RuntimeError rather than start unsafe.
    """
    from portal import assets, cache, cli, compression, db, errors, filters, layout, policy, security, traces, web

    settings = Settings.from_env(environment(os.environ) if environ is None else environ)
    app = Flask(__name__, template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    app.config.from_mapping(settings.flask())
    app.url_map.converters["int"] = web.RowId
    _set_clock(settings)
    private_folder(settings.instance_dir)
    for kernel in (traces, db, security, compression, cache, assets, filters):
        kernel.init_app(app)
    _load_features(app)
    policy.check_facts()
    _check_events(settings)
    for edge in (layout, errors, cli):
        edge.init_app(app)
    return app


def _set_clock(settings: Settings) -> None:
    from portal import clock

    clock.stand_in(settings.territoire)
    try:
        clock.set_from(settings.now)
    except (ValueError, OverflowError):
        raise BadSetting(f"PORTAL_NOW vaut {settings.now!r}\u00a0: 2026-12-20T09:00 ou +3600 est attendu.") from None


def _load_features(app: Flask) -> None:
    """Import each package's rooms: models, donnees and reactions register themselves, routes bring a blueprint `bp`."""
    for name in FEATURES:
        for room in ("models", "queries", "donnees", "reactions", "routes"):
            if (ROOT / "portal" / name / f"{room}.py").exists():
                module = import_module(f"portal.{name}.{room}")
                if room == "routes":
                    app.register_blueprint(module.bp)


def _check_events(settings: Settings) -> None:
    """What another program is to hear of has to be something that happens: known once the features are."""
    from portal import workflow

    told = [key for key, event in workflow.EVENTS.items() if isinstance(event, workflow.Transition) and key.startswith(EVENTS)]
    if wrong := [name for name in settings.webhook_events if not any(key.startswith(name) for key in told)]:
        raise BadSetting(
            f"PORTAL_WEBHOOK_EVENTS nomme {wrong[0]!r}\u00a0: le début d’un passage est attendu, action.… ou mission.… "
            "(action.annuler, mission.)."
        )
