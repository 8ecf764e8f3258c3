"""What leaves the portal: the ledger as a spreadsheet, an attestation as a PDF."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path

from portal import clock, tableur
from portal.contributions.models import Attestation, Contribution, Unite
from portal.filters import date_longue, duree

LAYOUT = Path(__file__).with_name("attestation.typ")
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
