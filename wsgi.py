"""What gunicorn and the flask command load."""

import gc
import sys

from portal import create_app
from portal.config import BadSetting

try:
    app = create_app()
except BadSetting as error:
    sys.stderr.write(f"{error}\n")
    sys.exit(3 if "gunicorn.arbiter" in sys.modules else 1)  # after any other status gunicorn would try again for ever

gc.collect()
gc.freeze()  # to look again at what lives as long as the process would stop its threads for a tenth of a second
