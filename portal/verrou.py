"""Who is at work on a portal's database, by locks on files of its instance folder. The kernel lets go of them when their
process ends, however it ends.
"""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import IO

from portal.config import Settings
from portal.copie import Unusable


def running(settings: Settings) -> IO[bytes]:
    """A portal runs, as many of its processes as hold this, until the file is closed. Raises Unusable."""
    busy = "Une restauration ou un déménagement est en cours\u00a0: attendre sa fin, puis démarrer le portail."
    return _take(settings.instance_dir / "en-marche.verrou", fcntl.LOCK_SH, busy)


def stopped(settings: Settings) -> IO[bytes]:
    """No portal runs, nor starts, until the file is closed. Raises Unusable."""
    busy = "Le portail tourne encore (site, facteur ou mesures)\u00a0: l’arrêter d’abord."
    return _take(settings.instance_dir / "en-marche.verrou", fcntl.LOCK_EX, busy)


def copying(settings: Settings) -> IO[bytes]:
    """Nobody else copies the portal, nor puts a copy back, until the file is closed. Raises Unusable."""
    busy = "Une sauvegarde, une restauration ou un déménagement se fait déjà\u00a0: attendre sa fin."
    return _take(settings.instance_dir / "copies.verrou", fcntl.LOCK_EX, busy)


def _take(path: Path, how: int, busy: str) -> IO[bytes]:
    try:
        path.touch(mode=0o600)
        file = path.open("ab")
    except OSError as error:
        raise Unusable(f"{path} ne s’ouvre pas ({error.strerror}).") from None
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise Unusable(busy) from None
    return file
