"""The messages that a person was sent, and those that told others of them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select

from portal.comptes.models import Personne
from portal.donnees import each, section
from portal.outbox import Message


def _read(message: Message) -> tuple[object, ...]:
    return message.envoye_le, message.adresse, message.objet, message.texte


@section(
    "messages",
    "Les messages que tu as reçus",
    ("Le", "À l’adresse", "Objet", "Texte"),
    each(_read),
    tient=["outbox.personne_id"],
)
def received(personne: Personne) -> Select[Any]:
    """What has not left yet may still be taken back: it is nobody's news."""
    return select(Message).where(Message.personne_id == personne.id, Message.envoye_le.is_not(None)).order_by(Message.id)


@section(
    "a_ton_sujet", "Les messages qui ont parlé de toi à l’équipe", ("Le", "Objet"), each(lambda m: (m.envoye_le, m.objet)),
    tient=["outbox.sur_id"],
)  # fmt: skip
def about(personne: Personne) -> Select[Any]:
    """What they say more is written to somebody else."""
    mine = Message.sur_id == personne.id, Message.personne_id.is_distinct_from(personne.id)
    return select(Message).where(*mine, Message.envoye_le.is_not(None)).order_by(Message.id)
