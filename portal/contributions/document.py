"""What leaves the portal: the ledger as a spreadsheet, what an attestation says and its PDF."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from portal import clock, tableur
from portal.comptes.commands import ERASED
from portal.comptes.models import Personne
from portal.contributions.models import Attestation, Contribution, Unite
from portal.filters import date_longue, duree

LAYOUT = Path(__file__).with_name("attestation.typ")
SOMEBODY = "une personne de l’équipe"  # who validated, once they were erased
HEAD = ("Date", "Personne", "Action", "Mission", "Rôle", "Pôle", "Quantité", "Unité", "Correction", "Écrit le")
PER = {Unite.HEURES: (60, "heures"), Unite.POINTS: (1, "points"), Unite.CENTIMES: (100, "euros")}


def spreadsheet(lines: Iterable[Contribution]) -> bytes:
    """Lines of the ledger, hours and euros in decimals."""
    return tableur.table(HEAD, (_row(line) for line in lines))


def _row(line: Contribution) -> tuple[object, ...]:
    per, unit = PER[line.unite]
    quantity = (Decimal(line.quantite) / per).quantize(Decimal("0.01")) if per > 1 else line.quantite
    return (
        f"{clock.local(line.mission.debut):%d/%m/%Y}",
        line.personne.nom,
        line.action.titre,
        line.mission.titre,
        line.nature.label,
        line.pole.label if line.pole else "",
        quantity,
        unit,
        line.motif,
        f"{clock.local(line.cree_le):%d/%m/%Y %H:%M}",
    )


def body(counted: Iterable[Contribution]) -> dict[str, Any]:
    """What an attestation of these lines says: each place with its time, and who validated them."""
    lines = list(counted)
    who = {str(line.par_id): SOMEBODY if line.par.nom == ERASED else line.par.nom for line in lines}
    return _validated_by(who) | {"lignes": _places(lines)}


def _validated_by(who: dict[str, str]) -> dict[str, Any]:
    """Names as they were then, and whose they are: people are renamed."""
    return {"validateurs": who, "valide_par": sorted(set(who.values()))}


def without(contenu: dict[str, Any], validator: Personne) -> dict[str, Any]:
    """What it says once this validator is erased; the first attestations know them by their name alone."""
    if "validateurs" in contenu:
        id = str(validator.id)
        return contenu | _validated_by({key: SOMEBODY if key == id else nom for key, nom in contenu["validateurs"].items()})
    return contenu | {"valide_par": sorted({SOMEBODY if nom == validator.nom else nom for nom in contenu["valide_par"]})}


def _places(counted: Iterable[Contribution]) -> list[dict[str, Any]]:
    """One entry for each place, earliest first; corrections are counted into it."""
    found: dict[int, dict[str, Any]] = {}
    for line in sorted(counted, key=lambda c: (c.mission.debut, c.id)):
        entry = found.setdefault(
            line.mission_id,
            {
                "le": clock.local(line.mission.debut).date().isoformat(),
                "action": line.action.titre,
                "mission": line.mission.titre,
                "role": line.nature.label,
                "minutes": 0,
            },
        )
        entry["minutes"] += line.quantite
    return [entry for entry in found.values() if entry["minutes"]]


def initials(nom: str) -> str:
    """ "A. P.", what the public page says of a person."""
    return " ".join(f"{part[0].upper()}." for part in nom.replace("-", " ").split()[:4])


def pdf(attestation: Attestation, url: str) -> bytes:
    """The document, the same to the byte each time: all it says was frozen when it was issued.

    What people typed goes in as data, which typst never reads as its own language.
    """
    import typst  # heavy, for the few who ask

    said = attestation.contenu
    issued = clock.local(attestation.emise_le)
    facts = {
        "maison": said["maison"],
        "nom": said["nom"],
        "objet": f"l’année {attestation.annee}" if attestation.action_id is None else "l’action ci-dessous",
        "lignes": [
            [date_longue(date.fromisoformat(line["le"])), line["action"], line["mission"], line["role"], duree(line["minutes"])]
            for line in said["lignes"]
        ],
        "valide_par": ", ".join(said["valide_par"]),
        "total": duree(attestation.minutes),
        "le": date_longue(issued),
        "jour": [issued.year, issued.month, issued.day],
        "code": attestation.code,
        "url": url,
    }
    made = typst.compile(LAYOUT.read_bytes(), sys_inputs={"faits": json.dumps(facts)}, ignore_system_fonts=True)
    assert isinstance(made, bytes)
    return made
