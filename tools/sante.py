"""Is the portal of this machine well? 0 or 1, for the engine of its container."""

import os
import sys

from portal.config import Settings, environment
from portal.supervise import answers

if __name__ == "__main__":
    settings = Settings.from_env(environment(os.environ))
    sys.exit(not answers(f"http://127.0.0.1:{settings.port}", settings.authority))
