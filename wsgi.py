"""What gunicorn and the flask command load."""

import gc
import sys

from portal import create_app, verrou
from portal.config import BadSetting
from portal.copie import Unusable

serves = "gunicorn.arbiter" in sys.modules
try:
    app = create_app()
    lock = verrou.running(app.config["PORTAL"]) if serves else None  # for the life of this process
except (BadSetting, Unusable) as error:
    sys.stderr.write(f"{error}\n")
    sys.exit(3 if serves else 1)  # after any other status gunicorn would try again for ever

gc.collect()
gc.freeze()  # to look again at what lives as long as the process would stop its threads for a tenth of a second
