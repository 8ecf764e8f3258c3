"""`python -m portal …`: the portal's commands. They need no setting until one of them runs, so that help is always there."""

from __future__ import annotations

from flask.cli import ScriptInfo

from portal import create_app
from portal.cli import portal

portal(obj=ScriptInfo(create_app=create_app), prog_name="python -m portal")
