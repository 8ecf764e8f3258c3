"""What is held about a person by themself: who they are, their roles, what they told, what is noted of them, how they enter."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select

from portal.comptes import consultations
from portal.comptes.models import CleAcces, Consultation, Note, Personne, Role, Session
from portal.donnees import Code, each, section
from portal.fields import local_phone

WHO = (
    "Nom", "E-mail", "Téléphone", "Connue depuis", "Adresse prouvée", "Statut", "SIRET", "Structure", "Messages",
    "Peut être sollicitée", "Codes d’une application depuis",
)  # fmt: skip


def _who(personne: Personne) -> tuple[object, ...]:
    return (
        personne.nom,
        personne.email,
        local_phone(personne.telephone),
        personne.cree_le,
        personne.confirme_le,
        personne.statut,
        personne.siret,
        personne.structure,
        personne.reception,
        personne.sollicitable,
        personne.double_le,
    )


@section("identite", "Qui tu es", WHO, each(_who))
def who(personne: Personne) -> Select[Any]:
    return select(Personne).where(Personne.id == personne.id)


@section("roles", "Tes rôles", ("Rôle",), each(lambda role: (role.nom,)), tient=["role.personne_id"])
def roles(personne: Personne) -> Select[Any]:
    return select(Role).where(Role.personne_id == personne.id).order_by(Role.nom)


def _note(note: Note) -> tuple[object, ...]:
    return note.modifiee_le, note.texte


@section("note", "Ce que l’équipe a noté de toi", ("Le", "Note"), each(_note), tient=["note.personne_id"])
def note(personne: Personne) -> Select[Any]:
    return select(Note).where(Note.personne_id == personne.id)


def _device(session: Session) -> tuple[object, ...]:
    return Code(session.appareil, session.nom), session.ouverte_le, session.vue_le


@section("appareils", "Tes appareils", ("Appareil", "Ouvert le", "Vu le"), each(_device), tient=["session.personne_id"])
def devices(personne: Personne) -> Select[Any]:
    return select(Session).where(Session.personne_id == personne.id).order_by(Session.id)


def _look(one: Consultation) -> tuple[object, ...]:
    return one.jour, one.par.nom, one.page


@section("consultations", "Qui a regardé ta fiche", ("Le", "Par", "A vu"), each(_look), tient=["consultation.personne_id"])
def looks(personne: Personne) -> Select[Any]:
    return consultations.of(personne)


def _key(cle: CleAcces) -> tuple[object, ...]:
    return cle.nom, cle.ajoutee_le, cle.servie_le


@section("cles", "Tes clés d’accès", ("Nom", "Ajoutée le", "A servi le"), each(_key), tient=["cle_acces.personne_id"])
def keys(personne: Personne) -> Select[Any]:
    return select(CleAcces).where(CleAcces.personne_id == personne.id).order_by(CleAcces.id)
