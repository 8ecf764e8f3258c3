"""How long requests take, counted by all the web processes together, when somebody measures (PORTAL_METRICS_PORT)."""

from __future__ import annotations

import shutil
from functools import cache
from typing import TYPE_CHECKING

from portal.config import Settings, hand_down, private_folder

if TYPE_CHECKING:
    from prometheus_client import Histogram

BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15)  # seconds


def join(settings: Settings) -> None:
    """Where this process and the others put their counts in common, as prometheus_client asks for it."""
    folder = settings.instance_dir / "mesures"
    private_folder(folder)
    hand_down("PROMETHEUS_MULTIPROC_DIR", str(folder))


def begin(settings: Settings) -> None:
    """Count from nothing, before any of them starts."""
    shutil.rmtree(settings.instance_dir / "mesures", ignore_errors=True)
    join(settings)


def saw(page: str, status: int, seconds: float) -> None:
    """Count a request to that page."""
    _requests().labels(page, f"{status // 100}xx").observe(seconds)


@cache
def _requests() -> Histogram:
    from prometheus_client import Histogram

    return Histogram("portal_requete_seconds", "Durée des requêtes", ["page", "statut"], buckets=BUCKETS)
