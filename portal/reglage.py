"""What the collective itself sets: numbers, texts and choices, each with its default, kept in the database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import g, has_request_context
from sqlalchemy import ForeignKey, ScalarSelect, select, text
from sqlalchemy.orm import Mapped, mapped_column

from portal import clock, journal
from portal.db import Base, db
from portal.journal import Person
from portal.shown import Shown
from portal.workflow import Event

changer = Event("reglage.changer", "Changer un réglage", "changé", "settings")


class Reglage(Base):
    """What somebody changed; a setting that nobody touched has no row."""

    __tablename__ = "reglage"
    cle: Mapped[str] = mapped_column(primary_key=True)
    valeur: Mapped[int] = mapped_column(default=0)  # of a number
    texte: Mapped[str] = mapped_column(default="")  # of a text, of a choice
    modifie_le: Mapped[datetime] = mapped_column(default=clock.now, onupdate=clock.now)
    par_id: Mapped[int | None] = mapped_column(ForeignKey("personne.id"))

    @property
    def id(self) -> str:
        """The journal names a row by its id."""
        return self.cle


LABELS: dict[str, str] = {}  # of every setting, by its key: the journal names each as its page does


class _Named:
    cle: str
    label: str

    def __post_init__(self) -> None:
        LABELS[self.cle] = self.label


@dataclass(frozen=True)
class Nombre(_Named):
    """A whole number, as its form says it."""

    cle: str
    label: str
    aide: str
    defaut: int
    least: int
    most: int

    @property
    def valeur(self) -> int:
        row = _stored().get(self.cle)
        return row[0] if row else self.defaut


@dataclass(frozen=True)
class Texte(_Named):
    """A text of so many characters at most, on one line or on several."""

    cle: str
    label: str
    aide: str = ""
    defaut: str = ""
    most: int = 200
    lignes: int = 1

    @property
    def valeur(self) -> str:
        row = _stored().get(self.cle)
        return row[1] if row else self.defaut


class Profil(Shown):
    """How the house stands before the TVA; its accountant knows."""

    EXONEREE = "exoneree", "Association non lucrative, exonérée (art. 261-7 du CGI)"
    FRANCHISE = "franchise", "Franchise en base (art. 293 B du CGI)"
    ASSUJETTIE = "assujettie", "Assujettie à la TVA"


@dataclass(frozen=True)
class Choix(_Named):
    """One value of a closed list."""

    cle: str
    label: str
    aide: str
    defaut: Shown

    @property
    def valeur(self) -> Any:
        row = _stored().get(self.cle)
        return type(self.defaut)(row[1]) if row else self.defaut


QUORUM = Nombre("quorum", "Avis pour clore une validation en ligne", "Le nombre de pôles qui doivent avoir répondu.", 3, 1, 30)
DELAI_AVIS = Nombre(
    "delai_avis",
    "Jours pour donner un avis",
    "Après, un pôle qui n’a rien dit n’est plus attendu et ne répond plus en ligne\u00a0: la réunion l’entend.",
    7,
    1,
    60,
)
DELAI_REPONSE = Nombre(
    "delai_reponse", "Jours pour répondre à une demande", "Après, la demande ressort dans la liste.", 5, 1, 60
)
DUREE_OPTION = Nombre(
    "duree_option", "Jours que dure une option sur un espace", "Après, l’espace est de nouveau libre.", 30, 1, 365
)
GARDE_CANDIDATURE = Nombre(
    "garde_candidature",
    "Mois pendant lesquels une candidature sans suite est gardée",
    "Après l’action. Ensuite, ce qui dit de qui elle venait est effacé.",
    12,
    1,
    24,
)
GARDE_PERSONNE = Nombre(
    "garde_personne",
    "Années pendant lesquelles une personne est gardée sans nouvelles",
    "Après son dernier contact. Qui a un rôle ou un pôle reste.",
    3,
    1,
    10,
)
GARDE_CONSULTATION = Nombre(
    "garde_consultation",
    "Mois pendant lesquels le portail sait qui a regardé une fiche ou un numéro",
    "Chaque personne le lit dans ses données.",
    12,
    1,
    36,
)
GARDE_DEMANDE = Nombre(
    "garde_demande",
    "Mois pendant lesquels une demande sans suite est gardée",
    "Après son refus, son abandon ou son annulation. Ensuite, le demandeur et ce qu’il a écrit sont effacés.",
    12,
    1,
    36,
)
GARDE_CLIENT = Nombre(
    "garde_client",
    "Années pendant lesquelles un demandeur facturé ou soldé est gardé",
    "Ensuite, ses coordonnées et ses messages sont effacés. Les factures, et le nom qu’elles portent, restent dix ans.",
    3,
    1,
    10,
)
NOMBRES = (
    QUORUM,
    DELAI_AVIS,
    DELAI_REPONSE,
    DUREE_OPTION,
    GARDE_CANDIDATURE,
    GARDE_PERSONNE,
    GARDE_DEMANDE,
    GARDE_CLIENT,
    GARDE_CONSULTATION,
)
GARDES = {  # read by the pages that say how long
    "candidature": GARDE_CANDIDATURE,
    "personne": GARDE_PERSONNE,
    "demande": GARDE_DEMANDE,
    "client": GARDE_CLIENT,
    "consultation": GARDE_CONSULTATION,
}

MAJORITE = 18  # years: the law's, unlike the two below
AGE_MINIMUM = Nombre(
    "mineurs_age_minimum",
    "Âge pour candidater à une mission",
    "Le jour de la mission, à confirmer avec l’assureur. 0\u00a0: pas d’âge minimum.",
    16,
    0,
    MAJORITE,
)
AGE_AUTORISATION = Nombre(
    "mineurs_age_autorisation",
    "Âge en dessous duquel il faut une autorisation écrite",
    "Celle du responsable légal, reçue avant d’accepter. 0\u00a0: jamais demandée.",
    MAJORITE,
    0,
    MAJORITE,
)
MINEURS = (AGE_MINIMUM, AGE_AUTORISATION)

MAISON = Texte(
    "maison_nom", "Nom du lieu", "Court, comme on le dit. Il est en haut de chaque page et signe les messages.", most=60
)  # fmt: skip
LIEU = Texte(
    "maison_lieu", "Où il est", "Le lieu, le quartier, la commune\u00a0: proposé pour chaque nouvelle action.", most=200
)  # fmt: skip
ACCROCHE = Texte("maison_accroche", "Titre de l’accueil", "La première ligne que lit le public.", "Bienvenue", most=80)
PRESENTATION = Texte(
    "maison_presentation", "Présentation", "Sous ce titre, en deux phrases\u00a0: ce qu’est le lieu.",
    "Un tiers-lieu où s’organisent des évènements, et qui tient grâce aux personnes qui donnent un coup de main.",
    most=600, lignes=4,
)  # fmt: skip
ACCUEIL = Texte(
    "maison_accueil", "Ce qui s’y organise", "Pour qui a un projet\u00a0: ce qu’on peut faire chez vous, et où.",
    "Formation, atelier, fête, résidence\u00a0: nos espaces s’ouvrent aux projets qui nous ressemblent.", most=400, lignes=3,
)  # fmt: skip
LE_LIEU = (MAISON, LIEU, ACCROCHE, PRESENTATION, ACCUEIL)
SANS_NOM = "Notre tiers-lieu"  # until it has a name

NOM = Texte("identite_nom", "Nom de l’association")
FORME = Texte("identite_forme", "Forme", defaut="Association loi 1901")
ADRESSE = Texte("identite_adresse", "Adresse du siège", most=400, lignes=3)
SIRET = Texte("identite_siret", "SIRET", "Quatorze chiffres.")
RNA = Texte("identite_rna", "Numéro RNA", "Un W et neuf caractères.")
TVA_INTRA = Texte("identite_tva", "Numéro de TVA intracommunautaire", "Si l’association en a un.")
COURRIEL = Texte("identite_email", "Adresse e-mail", "On y écrit aussi au sujet de ses données.")
TELEPHONE = Texte("identite_telephone", "Téléphone")
IDENTITE = (NOM, FORME, ADRESSE, SIRET, RNA, TVA_INTRA, COURRIEL, TELEPHONE)
RESPONSABLE = Texte("publication_responsable", "Personne responsable de la publication", "Nommée dans les mentions légales.")
HEBERGEUR = Texte(
    "publication_hebergeur", "Hébergeur du portail", "Son nom, son adresse, son téléphone\u00a0: pour les mentions légales.",
    most=400, lignes=3,
)  # fmt: skip

PROFIL = Choix("profil_fiscal", "Régime de TVA", "À confirmer avec la personne qui tient les comptes.", Profil.EXONEREE)
ASSOCIATION = (*IDENTITE, PROFIL, RESPONSABLE, HEBERGEUR)
TAUX = Texte(
    "taux_tva", "Taux de TVA proposés, en %", "Séparés par des points-virgules\u00a0: 8,5\u00a0; 2,1", "8,5\u00a0; 2,1"
)
PAIEMENT = Texte("devis_paiement", "Paiement", "Sous les totaux du devis.", most=1_000, lignes=3)
CONDITIONS = Texte(
    "devis_conditions", "Conditions générales", "Le demandeur les lit avant d’accepter. Un devis envoyé garde les siennes.",
    most=20_000, lignes=12,
)  # fmt: skip
MEDIATEUR = Texte("devis_mediateur", "Médiateur de la consommation", "Nommé sur le devis d’un particulier.", most=400, lignes=2)
VALIDITE = Nombre("devis_validite", "Jours pendant lesquels un devis est valable", "Jusqu’à la fin du dernier.", 30, 1, 365)
ACOMPTE = Nombre("devis_acompte", "Acompte à l’accord, en %", "Du total à payer. 0\u00a0: aucun.", 30, 0, 100)
REMISE_SEULE = Nombre(
    "devis_remise_seule", "Remise qu’une personne accorde seule, en %", "Au-delà, une deuxième personne l’approuve.", 15, 0, 100
)
RELANCE = Nombre("devis_relance", "Jours sans réponse à un devis", "Après, il ressort parmi ceux à relancer.", 10, 1, 90)
SITE_LEAST = Nombre("site_heure_min", "Heure de site, au moins, en €", "En dehors, le devis demande pourquoi.", 100, 0, 10_000)
SITE_MOST = Nombre("site_heure_max", "Heure de site, au plus, en €", "Le poste de référent est compris.", 150, 0, 10_000)
PART_COMMUN = Nombre(
    "part_commun",
    "Part du bénéfice qui va au commun, en %",
    "Le reste va aux pôles et aux groupes qui ont pris part.",
    50,
    0,
    100,
)
DEVIS = (
    TAUX,
    VALIDITE,
    RELANCE,
    ACOMPTE,
    PAIEMENT,
    REMISE_SEULE,
    SITE_LEAST,
    SITE_MOST,
    PART_COMMUN,
    CONDITIONS,
    MEDIATEUR,
)


class Exigibilite(Shown):
    """When the TVA of a service is owed."""

    ENCAISSEMENTS = "encaissements", "À l’encaissement"
    DEBITS = "debits", "D’après les débits, sur option"


class Relances(Shown):
    """Who reminds of a late invoice."""

    A_LA_MAIN = "a_la_main", "Non\u00a0: une personne les envoie"
    SEULES = "seules", "Oui\u00a0: elles partent seules"


FACTURE_DELAI = Nombre("facture_delai", "Jours pour payer une facture", "Trente au plus, sauf accord écrit.", 30, 0, 120)
FACTURE_PAIEMENT = Texte("facture_paiement", "Comment payer", "IBAN, chèque à l’ordre de…", most=1_000, lignes=3)
PENALITES = Texte(
    "facture_penalites", "Pénalités de retard", "Écrites sur la facture d’un professionnel.",
    "En cas de retard, pénalités au taux de trois fois l’intérêt légal.", most=400, lignes=2,
)  # fmt: skip
ESCOMPTE = Texte(
    "facture_escompte",
    "Escompte",
    "Écrit sur la facture d’un professionnel.",
    "Pas d’escompte pour paiement anticipé.",
    most=400,
)
EXIGIBILITE = Choix("tva_exigibilite", "Exigibilité de la TVA", "Si l’association y est assujettie.", Exigibilite.ENCAISSEMENTS)
RELANCES = Choix(
    "facture_relances", "Relances automatiques", "À 7, 21 puis 45 jours de retard, le matin, tant que rien n’est arrivé.",
    Relances.A_LA_MAIN,
)  # fmt: skip
SEUIL_FRANCHISE = Nombre(
    "seuil_franchise", "Plafond de la franchise en base (293 B), en € par an", "37\u202f500 pour des services. 0\u00a0: aucun.",
    37_500, 0, 10_000_000,
)  # fmt: skip
SEUIL_EXONERATION = Nombre(
    "seuil_exoneration", "Plafond des recettes lucratives accessoires (261-7), en € par an",
    "Il change chaque année. 0\u00a0: aucun.", 80_011, 0, 10_000_000,
)  # fmt: skip
VALEUR_POINT = Nombre(
    "partage_point",
    "Ce que coûte un point à l’association, en centimes",
    "0\u00a0: les points ne comptent pas en euros. Un partage décidé garde le prix de ce jour-là.",
    0,
    0,
    100_000,
)
FACTURES = (
    FACTURE_DELAI,
    FACTURE_PAIEMENT,
    PENALITES,
    ESCOMPTE,
    EXIGIBILITE,
    RELANCES,
    SEUIL_FRANCHISE,
    SEUIL_EXONERATION,
    VALEUR_POINT,
)

Setting = Nombre | Texte | Choix


def maison() -> str:
    """The short name of the place, as each page says it: read with whoever is signed in (`know_the_house`), else a query."""
    return _known("maison", MAISON) or SANS_NOM


def ici() -> str:
    """Where an action takes place unless it says otherwise."""
    return LIEU.valeur or maison()


def association() -> str:
    """Who signs papers and publishes the portal: the legal name, the place's own until it is said."""
    return _known("association", NOM) or maison()


def _known(nom: str, texte: Texte) -> str:
    known: str | None = g.get(nom) if has_request_context() else None
    return texte.valeur if known is None else known


def identite() -> dict[str, str]:
    """Who the house is on paper: nom, forme, adresse, siret, rna, tva, email, telephone."""
    return {texte.cle.removeprefix("identite_"): texte.valeur for texte in IDENTITE}


def said(texte: Texte) -> ScalarSelect[str]:
    """What was said of it, None if nothing, as a part of somebody else's query."""
    return select(Reglage.texte).where(Reglage.cle == texte.cle).scalar_subquery()


def know_the_house(maison: str | None, association: str | None) -> None:
    """Its names, as they were read along with whoever asks: the pages of this request pay no query for them."""
    g.maison, g.association = maison or "", association or ""


def hold() -> None:
    """Nobody else changes a setting until the end of this transaction; they are read anew."""
    if db.engine.dialect.name == "postgresql":  # whose rows are locked once they are there; SQLite has one writer at a time
        db.session.execute(text("LOCK TABLE reglage IN SHARE ROW EXCLUSIVE MODE"))
    _read_anew()


def change(setting: Setting, valeur: Any, *, by: Person) -> None:
    """Set it, and journal what it was."""
    before = setting.valeur
    if before == valeur:
        return
    said = {"valeur": valeur} if isinstance(setting, Nombre) else {"texte": str(valeur)}
    row = db.session.merge(Reglage(cle=setting.cle, par_id=by.id, **said))
    _read_anew()
    journal.record(changer.key, row, by=by, avant=str(before), apres=str(valeur))


def begin_again(setting: Setting, *, by: Person) -> None:
    """Back to what it begins with: nothing is kept of it but the journal."""
    change(setting, setting.defaut, by=by)
    if row := db.session.get(Reglage, setting.cle):
        db.session.delete(row)
        db.session.flush()
    _read_anew()


def touched() -> set[str]:
    """The keys of what somebody changed."""
    return set(_stored())


def texts(asked: Iterable[Texte]) -> dict[str, str]:
    """What several texts are, by key, in one read."""
    stored = _stored()
    return {t.cle: stored[t.cle][1] if t.cle in stored else t.defaut for t in asked}


def _read_anew() -> None:
    if has_request_context():
        g.pop("reglages", None)
        g.pop("maison", None)
        g.pop("association", None)


def _stored() -> dict[str, tuple[int, str]]:
    """What was changed, read once a request."""
    if not has_request_context():
        return _read()
    if "reglages" not in g:
        g.reglages = _read()
    found: dict[str, tuple[int, str]] = g.reglages
    return found


def _read() -> dict[str, tuple[int, str]]:
    rows = db.session.execute(select(Reglage.cle, Reglage.valeur, Reglage.texte))
    return {cle: (valeur, texte) for cle, valeur, texte in rows}
