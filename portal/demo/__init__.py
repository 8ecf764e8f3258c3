"""A believable house to visit: people, actions, missions and candidatures around today, made through the commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from sqlalchemy import update

from portal import clock
from portal.comptes.queries import confirmed, everyone
from portal.db import db
from portal.demo import people
from portal.demo.actions import ActionTale
from portal.demo.besoins import NeedTale
from portal.demo.candidatures import CandidatureTale
from portal.demo.day import DayTale, MorningTale
from portal.demo.demandes import RequestTale
from portal.demo.devis import DevisTale
from portal.demo.factures import InvoiceTale
from portal.demo.interpole import ValidationTale
from portal.demo.missions import MissionTale
from portal.demo.partage import CostTale
from portal.demo.story import PAGES, Sheet, Story, page
from portal.outbox import Message
from portal.security import verify_password

PASSWORD = "raffinerie-demo"
ACCOUNTS = {
    "bienveillant@example.org": "monte des actions, valide les candidatures",
    "bienveillant2@example.org": "monte d’autres actions",
    "referent@example.org": "tient le site le jour J",
    "charge@example.org": "a des missions payées",
    "volontaire@example.org": "donne un coup de main",
    "culture@example.org": "membre du pôle culture",
    "cuisine@example.org": "membre du pôle alimentation et du groupe cuisine",
    "tresorier@example.org": (
        "tient le tarif et les factures\u00a0; du pôle communs, des groupes mobilier et location d’équipement"
    ),
    "admin@example.org": "administre le portail",
}


def is_empty() -> bool:
    return not everyone()


def opens() -> bool:
    """Whether it lives in this base: one of its accounts still opens with the password that everybody can read here."""
    people = filter(None, map(confirmed, ACCOUNTS))
    return any(person.mot_de_passe and verify_password(person.mot_de_passe, PASSWORD) for person in people)


def load() -> None:
    """Live the past of the house up to now, the same at each loading; whoever calls commits."""
    story = Story()
    people.plan(story, accounts=ACCOUNTS, password=PASSWORD)
    for path in sorted(PAGES.glob("fiches/*.toml")):
        _plan(story, page(path))
    story.live()
    _hush()


class Tale(Protocol):
    """A part of what an action lived, that its page tells."""

    def plan(self) -> None: ...


Tales = Mapping[str, Callable[[ActionTale, Sheet], Tale]]
ONE: Tales = {"validation": ValidationTale, "journee": DayTale, "matin": MorningTale}
SEVERAL: Tales = {"besoin": NeedTale, "devis": DevisTale, "facture": InvoiceTale, "depense": CostTale}


def _plan(story: Story, sheet: Sheet) -> None:
    action = (RequestTale if sheet["canal"] == "portail" else ActionTale)(story, sheet)
    action.plan()
    for name, tales in SEVERAL.items():
        for part in sheet.get(name, ()):
            tales(action, part).plan()
    for post in sheet.get("mission", ()):
        mission = MissionTale(action, post)
        mission.plan()
        for sent in post.get("candidature", ()):
            CandidatureTale(mission, sent).plan()
    for name, tale in ONE.items():
        if name in sheet:
            tale(action, sheet[name]).plan()


def _hush() -> None:
    """The messages due until now count as sent: nobody lived this past, and the first worker would post months of it."""
    due = Message.envoye_le.is_(None), Message.du_le <= clock.now()
    db.session.execute(update(Message).where(*due).values(envoye_le=Message.du_le))
