"""From the price list to a line: which price a need has, and how many of its unit."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from portal.actions.models import Action
from portal.besoins.models import Besoin
from portal.devis.models import MOST, LigneDevis, Tarif, Unite
from portal.fields import quantite
from portal.poles.models import Ressource

HALF_DAY = timedelta(hours=5)  # what a half-day lasts at most
COPIED = ("libelle", "detail", "unite", "prix", "taux", "cout", "pole_id", "ressource", "site", "comprise")
VERY = 4  # how near a price is to a need when it names its very space or equipment
PEOPLE = (Unite.HEURE, Unite.DEMI_JOURNEE, Unite.JOUR)  # units that count time, and so each person's


def of_tarif(tarif: Tarif) -> LigneDevis:
    """One unit of it."""
    return LigneDevis(tarif_id=tarif.id, quantite=100, **{name: getattr(tarif, name) for name in COPIED})


def of_site(tarif: Tarif, action: Action) -> LigneDevis:
    line = of_tarif(tarif)
    line.quantite = _time(tarif.unite, action.fin - action.debut)
    return line


def of_need(besoin: Besoin, listed: Iterable[Tarif]) -> LigneDevis:
    """At the price of its space, of its equipment, else of that kind of thing at that pôle.

    Without one, or when a line does not hold so many of its unit, it is to be priced.
    """
    tarif = max(listed, key=lambda t: _suits(t, besoin), default=None)
    found = tarif and _fits(tarif, besoin) and _many(tarif, besoin) <= MOST
    line = _listed(tarif, besoin) if tarif and found else _unlisted(besoin)
    line.besoin_id = besoin.id
    return line


def _suits(tarif: Tarif, besoin: Besoin) -> tuple[int, int]:
    """The nearest; of several prices of that very space or thing (the half-day, the day), the one that comes to less."""
    fits = _fits(tarif, besoin)
    return fits, -tarif.prix * _many(tarif, besoin) if fits == VERY else 0


def _listed(tarif: Tarif, besoin: Besoin) -> LigneDevis:
    line = of_tarif(tarif)
    line.libelle = besoin.titre if besoin.ressource is Ressource.HUMAIN else tarif.libelle
    line.pole_id = besoin.pole_id or tarif.pole_id
    line.quantite = _many(tarif, besoin)
    return line


def _unlisted(besoin: Besoin) -> LigneDevis:
    line = LigneDevis(ressource=besoin.ressource, libelle=besoin.titre, unite=_unit(besoin), prix=0, pole_id=besoin.pole_id)
    many = 100 * (besoin.quantite_confirmee or besoin.quantite)
    if many > MOST:
        line.unite, line.detail = Unite.FORFAIT, f"{quantite(many)} en tout"
    line.quantite = 100 if line.unite is Unite.FORFAIT else many
    return line


def _fits(tarif: Tarif, besoin: Besoin) -> int:
    """0: not at all; the nearer, the higher."""
    if tarif.site or tarif.ressource is not besoin.ressource:
        return 0
    if tarif.espace_id or tarif.materiel_id:
        return VERY * ((tarif.espace_id, tarif.materiel_id) == (besoin.espace_id, besoin.materiel_id))
    if besoin.ressource in {Ressource.ESPACE, Ressource.MATERIEL}:
        return 0
    return (1 + (tarif.pole_id == besoin.pole_id)) * (tarif.pole_id in {None, besoin.pole_id})


def _unit(besoin: Besoin) -> Unite:
    return Unite.UNITE if besoin.ressource in {Ressource.MATERIEL, Ressource.CONSOMMABLE} else Unite.FORFAIT


def _many(tarif: Tarif, besoin: Besoin) -> int:
    """Hundredths of its unit: so much time, for each person or thing of a need that counts some."""
    if tarif.unite is Unite.FORFAIT:
        return 100
    many = 1 if besoin.ressource is Ressource.ESPACE else besoin.quantite_confirmee or besoin.quantite
    return many * (_time(tarif.unite, besoin.fin - besoin.debut) if tarif.unite in PEOPLE else 100)


def _time(unite: Unite, lasts: timedelta) -> int:
    """Hundredths of hours, or whole half-days and days begun."""
    if unite is Unite.HEURE:
        return max(1, round(100 * lasts / timedelta(hours=1)))
    if unite is Unite.DEMI_JOURNEE:
        return 100 * max(1, -(-lasts // HALF_DAY))
    return 100 * max(1, -(-lasts // timedelta(days=1))) if unite is Unite.JOUR else 100
