"""What gunicorn and the flask command load."""

import gc
import sys
from contextlib import suppress
from typing import IO

from flask import Flask
from sqlalchemy.exc import DBAPIError

from portal import copie, create_app, verrou
from portal.config import BadSetting
from portal.copie import Unusable
from portal.db import db, reading

serves = "gunicorn.arbiter" in sys.modules


def hold(app: Flask) -> IO[bytes]:
    """For the life of this process: the database is of this code, and nobody puts a copy in its place. Raises Unusable."""
    lock = verrou.running(app.config["PORTAL"])
    with (
        app.app_context(),
        reading(),
        suppress(DBAPIError),
        db.engine.connect() as connection,
    ):  # a down one comes back
        copie.refuse_a_later_one(connection)
    with app.app_context():
        db.engine.dispose()  # each process that is born of this one has connections of its own
    return lock


gc.disable()  # of what the start makes, less than a hundredth goes: looking for it takes a tenth of its time

try:
    app = create_app()
    lock = hold(app) if serves else None
except (BadSetting, Unusable) as error:
    sys.stderr.write(f"{error}\n")
    sys.exit(3 if serves else 1)  # a worker that ends with another status is started again for ever

gc.freeze()  # to look again at what lives as long as the process would stop its threads for a tenth of a second
gc.enable()
