"""Where a house may stand: the hour on its walls, its public holidays, its phone numbers."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

ABOLITION = "Abolition de l’esclavage"  # of which each has its own day (law 83-550, decree 83-1003)


@dataclass(frozen=True)
class Territoire:
    """`feries`: its fixed holidays beside those of all France; `vendredi_saint`: whether Good Friday is one too."""

    fuseau: ZoneInfo
    region: str  # by which phonenumbers knows its numbers
    feries: tuple[tuple[int, int, str], ...] = ()
    vendredi_saint: bool = False


PARIS = ZoneInfo("Europe/Paris")
TERRITOIRES = {
    "RE": Territoire(ZoneInfo("Indian/Reunion"), "RE", ((12, 20, ABOLITION),)),
    "GP": Territoire(ZoneInfo("America/Guadeloupe"), "GP", ((5, 27, ABOLITION),)),
    "MQ": Territoire(ZoneInfo("America/Martinique"), "MQ", ((5, 22, ABOLITION),)),
    "GF": Territoire(ZoneInfo("America/Cayenne"), "GF", ((6, 10, ABOLITION),)),
    "YT": Territoire(ZoneInfo("Indian/Mayotte"), "YT", ((4, 27, ABOLITION),)),
    "FX": Territoire(PARIS, "FR"),
    "AM": Territoire(PARIS, "FR", ((12, 26, "Saint-Étienne"),), vendredi_saint=True),  # Alsace and Moselle (L3134-13)
}
