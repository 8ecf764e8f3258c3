"""The lists that a house begins with, for an opening and a closing: the first version of its own, which it then adapts.

Drawn from the lists that public venues publish.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Ligne:
    """One line; a critical one left open at the opening asks for a reason."""

    texte: str
    critique: bool = False


OUVERTURE = (
    Ligne("Issues de secours déverrouillées, barres anti-panique essayées", critique=True),
    Ligne("Chemins d’évacuation dégagés, aucun câble en travers", critique=True),
    Ligne("Portes coupe-feu fermées, sans cale", critique=True),
    Ligne("Extincteurs à leur place et visibles", critique=True),
    Ligne("Blocs de secours et panneaux de sortie allumés", critique=True),
    Ligne("L’équipe sait qui donne l’alerte et où est le point de rassemblement", critique=True),
    Ligne("Trousse de secours et téléphone à portée de main", critique=True),
    Ligne("Sols et escaliers sûrs, poubelles en place, rien qui brûle facilement près du public"),
    Ligne("Salles et matériel installés comme prévu, accueil tenu"),
)
FERMETURE = (
    Ligne("Plus personne sur le site, toilettes comprises", critique=True),
    Ligne("Gaz coupé, appareils de cuisine éteints, frigos vérifiés", critique=True),
    Ligne("Tour dehors : ni mégot ni braise qui couve", critique=True),
    Ligne("Robinets fermés"),
    Ligne("Tables, chaises et matériel rangés"),
    Ligne("Déchets triés et sortis, sols balayés"),
    Ligne("Caisse remise, objets trouvés mis de côté"),
    Ligne("Dégâts et trousse de secours entamée : notés ici comme incidents"),
    Ligne("Lumières et ventilateurs éteints, fenêtres fermées"),
    Ligne("Portes verrouillées, alarme mise, clés rendues", critique=True),
)
DEPART = {"ouverture": OUVERTURE, "fermeture": FERMETURE}  # by phase
