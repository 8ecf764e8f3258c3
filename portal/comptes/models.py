"""Personne: anyone the portal knows by e-mail. Their roles, their open sessions, what they sign in with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from flask_login import UserMixin
from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, exists, text
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship, validates

from portal import clock
from portal.comptes.appareil import named
from portal.db import Base
from portal.fields import name_key
from portal.shown import Shown
from portal.workflow import Event

FRESH = timedelta(minutes=15)  # how long one proof of who they are is good for money, roles and exports
NOWHERE = "@example.invalid"  # where no message ever goes: the address of a person who was erased


class NomRole(Shown):
    BIENVEILLANT = "bienveillant", "Bienveillant"
    TRESORIER = "tresorier", "Trésorier"
    ADMIN = "admin", "Administration"


class Reception(Shown):
    """How much the portal writes to a person; what they must know reaches them at once whatever they chose."""

    AUSSITOT = "aussitot", "Aussitôt"
    RESUME = "resume", "Un résumé par jour"
    ESSENTIEL = "essentiel", "L’essentiel seulement"


class Statut(Shown):
    """As what a paid person comes: hired, or with a SIRET to invoice, or through another structure; nothing in between."""

    SALARIE = "salarie", "Salarié"
    INDEPENDANT = "independant", "Indépendant"
    AUTRE_STRUCTURE = "autre_structure", "Payé par une autre structure"


@dataclass(frozen=True)
class Situation:
    """A status with what goes with it: the SIRET of an indépendant, the name of another structure."""

    statut: Statut
    siret: str = ""
    structure: str = ""


class Role(Base):
    __tablename__ = "role"
    id: Mapped[int] = mapped_column(primary_key=True)
    personne_id: Mapped[int] = mapped_column(ForeignKey("personne.id", ondelete="CASCADE"))
    nom: Mapped[NomRole]
    personne: Mapped[Personne] = relationship(back_populates="roles")

    __table_args__ = (UniqueConstraint("personne_id", "nom"),)


class Personne(UserMixin, Base):  # type: ignore[misc]
    """One person. Until a link sent to the address was used, the row is provisional: it proves nothing and joins nothing."""

    __tablename__ = "personne"
    id: Mapped[int] = mapped_column(primary_key=True)
    nom: Mapped[str]
    nom_cle: Mapped[str]  # fields.name_key(nom), kept with it: what lists sort by and searches compare
    email: Mapped[str]  # as typed
    adresse: Mapped[str]  # fields.address_key(email): what is compared
    telephone: Mapped[str] = mapped_column(default="")  # E.164
    mot_de_passe: Mapped[str] = mapped_column(default="")  # argon2id; empty: signs in by link only
    cree_le: Mapped[datetime] = mapped_column(default=clock.now)
    confirme_le: Mapped[datetime | None]
    desactive_le: Mapped[datetime | None]
    roles: Mapped[list[Role]] = relationship(back_populates="personne", order_by="Role.nom")
    is_bienveillant: Mapped[bool] = column_property(  # read with the row: a list asks it of everybody it names
        exists().where(Role.personne_id == id, Role.nom == NomRole.BIENVEILLANT)
    )
    reception: Mapped[Reception] = mapped_column(default=Reception.AUSSITOT)
    sollicitable: Mapped[bool] = mapped_column(default=False)  # they said that the team may write to them to find cover
    repond_plus_tard: Mapped[bool] = mapped_column(default=False)  # their answers to candidatures wait until they send them
    agenda_generation: Mapped[int] = mapped_column(default=1)  # of the secret address of their calendar
    statut: Mapped[Statut | None]  # said before a paid mission is theirs
    siret: Mapped[str] = mapped_column(default="")  # fourteen digits, of an indépendant
    structure: Mapped[str] = mapped_column(default="")  # who pays them, when it is not the house
    profil: Mapped[Profil | None] = relationship(back_populates="personne", lazy="raise_on_sql")
    double_le: Mapped[datetime | None]  # since when an application's code is asked for after the password or the link
    is_pole_member: Mapped[bool] = mapped_column(default=False)  # kept by poles.commands, so that no page pays a query for it

    __table_args__ = (
        Index(
            "uq_personne__adresse_confirmee",
            "adresse",
            unique=True,
            postgresql_where=text("confirme_le IS NOT NULL"),
            sqlite_where=text("confirme_le IS NOT NULL"),
        ),
        Index("ix_personne__adresse", "adresse"),
    )

    @validates("nom")
    def _keep_the_key(self, _name: str, nom: str) -> str:
        self.nom_cle = name_key(nom)
        return nom

    session_token: str = ""  # the secret of the session this object was loaded by
    proved_at: datetime = datetime.min.replace(tzinfo=UTC)  # when whoever holds that session last proved who they are
    by_key: bool = False  # whether that session was opened, or proved, by one of their passkeys
    runs_a_day: bool = False  # around now, as that session was read (layout)
    __eq__ = object.__eq__  # Flask-Login's compares get_id(), which is "" for everybody who is not the visitor
    __hash__ = object.__hash__

    def get_id(self) -> str:
        return self.session_token

    @property
    def is_active(self) -> bool:
        return self.desactive_le is None

    @property
    def is_fresh(self) -> bool:
        """Whether whoever holds the session proved a moment ago who they are."""
        return clock.now() - self.proved_at < FRESH

    @property
    def is_erased(self) -> bool:
        return self.adresse.endswith(NOWHERE)

    @property
    def prenom(self) -> str:
        return self.nom.split(" ")[0]

    @property
    def situation(self) -> Situation | None:
        return Situation(self.statut, self.siret, self.structure) if self.statut else None

    def has_role(self, nom: str) -> bool:
        return any(role.nom == nom for role in self.roles)


class Profil(Base):
    """What a person told of themself, to be shown what suits them and to be found when somebody is missing."""

    __tablename__ = "profil"
    personne_id: Mapped[int] = mapped_column(ForeignKey("personne.id", ondelete="CASCADE"), primary_key=True)
    disponibilites: Mapped[list[str]] = mapped_column(default=list)  # "samedi-matin"
    competences: Mapped[list[str]] = mapped_column(default=list)  # values of missions.models.Competence
    envies: Mapped[list[str]] = mapped_column(default=list)  # "nature:volontaire", "pole:3"
    personne: Mapped[Personne] = relationship(back_populates="profil")

    @property
    def is_told(self) -> bool:
        return bool(self.disponibilites or self.competences or self.envies)


class Note(Base):
    """What the bienveillants keep in mind of a person; they alone read it, and that person when they ask."""

    __tablename__ = "note"
    personne_id: Mapped[int] = mapped_column(ForeignKey("personne.id", ondelete="CASCADE"), primary_key=True)
    texte: Mapped[str]
    par_id: Mapped[int] = mapped_column(ForeignKey("personne.id"))
    modifiee_le: Mapped[datetime] = mapped_column(default=clock.now)
    par: Mapped[Personne] = relationship(foreign_keys=par_id)


class Session(Base):
    """One signed-in browser. Deleting the row signs it out at its next request."""

    __tablename__ = "session"
    id: Mapped[int] = mapped_column(primary_key=True)
    empreinte: Mapped[str] = mapped_column(unique=True)  # security.fingerprint of the cookie's secret
    personne_id: Mapped[int] = mapped_column(ForeignKey("personne.id", ondelete="CASCADE"), index=True)
    ouverte_le: Mapped[datetime] = mapped_column(default=clock.now)
    vue_le: Mapped[datetime] = mapped_column(default=clock.now)
    prouvee_le: Mapped[datetime] = mapped_column(default=clock.now)  # the last password, link or code given by it
    cle_id: Mapped[int | None] = mapped_column(ForeignKey("cle_acces.id", ondelete="SET NULL"))  # the last one that proved it
    appareil: Mapped[str] = mapped_column(default="")
    personne: Mapped[Personne] = relationship()

    @property
    def nom(self) -> str:
        return named(self.appareil)


class SecondFacteur(Base):
    """The application that makes somebody's codes. Its secret is shown until the first code confirms it, never after."""

    __tablename__ = "second_facteur"
    personne_id: Mapped[int] = mapped_column(ForeignKey("personne.id", ondelete="CASCADE"), primary_key=True)
    secret: Mapped[str]  # as `second` encrypts it
    dernier_pas: Mapped[int] = mapped_column(default=0)  # of thirty seconds, whose code served last: none serves twice
    essais: Mapped[int] = mapped_column(default=0)  # wrong codes since `essais_depuis`
    essais_depuis: Mapped[datetime] = mapped_column(default=clock.now)
    a_garder: Mapped[str] = mapped_column(default="")  # the recovery codes, encrypted, until they are said to be kept

    __table_args__ = (CheckConstraint("secret <> ''", name="secret"), CheckConstraint("essais >= 0", name="essais"))


class CodeSecours(Base):
    """A code kept on paper for the day when the application is lost; good once."""

    __tablename__ = "code_secours"
    id: Mapped[int] = mapped_column(primary_key=True)
    personne_id: Mapped[int] = mapped_column(ForeignKey("personne.id", ondelete="CASCADE"))
    empreinte: Mapped[str]  # security.fingerprint of its letters
    utilise_le: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("personne_id", "empreinte"),)


class Vue(Shown):
    """Where somebody's sheet or number was looked at."""

    FICHE = "fiche", "fiche dans l’équipe"
    COMPTE = "compte", "compte dans les réglages"
    EQUIPE = "equipe", "numéro, avec l’équipe d’une action"
    JOUR_J = "jour_j", "numéro, sur la page du jour J"
    CANDIDATURES = "candidatures", "numéro du responsable légal, avec les candidatures"


class Consultation(Base):
    """Who looked at whose sheet or number, once a day of each page; kept a year (retention)."""

    __tablename__ = "consultation"
    id: Mapped[int] = mapped_column(primary_key=True)
    jour: Mapped[date] = mapped_column(default=clock.today, index=True)
    par_id: Mapped[int] = mapped_column(ForeignKey("personne.id", ondelete="CASCADE"))
    personne_id: Mapped[int] = mapped_column(ForeignKey("personne.id", ondelete="CASCADE"))
    page: Mapped[Vue]
    par: Mapped[Personne] = relationship(foreign_keys=par_id)
    personne: Mapped[Personne] = relationship(foreign_keys=personne_id)

    __table_args__ = (
        UniqueConstraint("personne_id", "jour", "par_id", "page"),
        CheckConstraint("par_id <> personne_id", name="autrui"),
    )


class CleAcces(Base):
    """A passkey: the public half of a pair whose other half never leaves its person's device."""

    __tablename__ = "cle_acces"
    id: Mapped[int] = mapped_column(primary_key=True)
    personne_id: Mapped[int] = mapped_column(ForeignKey("personne.id", ondelete="CASCADE"), index=True)
    identifiant: Mapped[str] = mapped_column(unique=True)  # of the pair, as its device says it, in base64url
    cle_publique: Mapped[bytes] = mapped_column(LargeBinary)  # COSE
    compteur: Mapped[int] = mapped_column(BigInteger)  # how often it signed; zero for ever on devices that do not count
    porteur: Mapped[str]  # whom its device takes the person to be: random bytes, in base64url
    nom: Mapped[str]
    transports: Mapped[list[str]] = mapped_column(default=list)  # how a browser reaches the device
    ajoutee_le: Mapped[datetime] = mapped_column(default=clock.now)
    servie_le: Mapped[datetime | None]
    personne: Mapped[Personne] = relationship()

    __table_args__ = (CheckConstraint("nom <> ''", name="nom"), CheckConstraint("compteur >= 0", name="compteur"))


class Defi(Base):
    """What a browser was given for a passkey to sign; spent, the row goes."""

    __tablename__ = "defi"
    empreinte: Mapped[str] = mapped_column(primary_key=True)  # security.fingerprint of it
    expire_le: Mapped[datetime] = mapped_column(index=True)


class Jeton(Base):
    """A link or a short code to sign in with, once: ten minutes, seven days for an invitation.

    `personne_id` is None for an address nobody has.
    """

    __tablename__ = "jeton"
    id: Mapped[int] = mapped_column(primary_key=True)
    personne_id: Mapped[int | None] = mapped_column(ForeignKey("personne.id", ondelete="CASCADE"), index=True)
    generation: Mapped[int] = mapped_column(default=1)
    code: Mapped[str]  # fingerprint of the six digits
    essais: Mapped[int] = mapped_column(default=0)
    suite: Mapped[str] = mapped_column(default="/")
    expire_le: Mapped[datetime]
    utilise_le: Mapped[datetime | None]
    personne: Mapped[Personne | None] = relationship()


ajouter = Event("personne.ajouter", "Nouvelle personne", "ajoutée", "plus")
importer = Event("personne.importer", "Reprendre un fichier", "reprise d’un fichier", "plus")
inviter = Event("personne.inviter", "Renvoyer l’invitation", "invitation renvoyée", "send")
modifier = Event("personne.modifier", "Modifier", "modifiée", "pencil")
donner_les_roles = Event("personne.roles", "Changer ses rôles", "rôles changés", "key-round")
desactiver = Event("personne.desactiver", "Désactiver le compte", "compte désactivé", "ban")
reactiver = Event("personne.reactiver", "Rouvrir le compte", "compte rouvert", "undo-2")
effacer = Event("personne.effacer", "Effacer", "effacée", "trash-2")
exporter = Event("personne.exporter", "Télécharger mes données", "données téléchargées", "download")
changer_de_mot_de_passe = Event("personne.mot_de_passe", "Changer de mot de passe", "mot de passe changé", "key-round")
deconnecter = Event("personne.deconnecter", "Déconnecter", "appareils déconnectés", "log-out")
preparer_le_second = Event("personne.second_preparer", "Ajouter une application", "application de codes préparée", "key-round")
activer_le_second = Event("personne.second_activer", "Confirmer l’application", "application de codes ajoutée", "key-round")
retirer_le_second = Event("personne.second_retirer", "Retirer l’application", "application de codes retirée", "key-round")
changer_les_codes = Event("personne.codes_secours", "D’autres codes", "codes de secours changés", "key-round")
garder_les_codes = Event("personne.codes_gardes", "Je les ai gardés", "codes de secours gardés", "key-round")
user_d_un_code = Event("personne.code_secours", "Donner un code de secours", "code de secours utilisé", "key-round")
ajouter_une_cle = Event("personne.cle_ajouter", "Ajouter une clé d’accès", "clé d’accès ajoutée", "key-round")
entrer_par_une_cle = Event("personne.cle_entrer", "Entrer par une clé d’accès", "connexion par une clé d’accès", "key-round")
retirer_une_cle = Event("personne.cle_retirer", "Retirer une clé d’accès", "clé d’accès retirée", "key-round")
