"""What the house is made of and offers: its spaces, its equipment, what the public may ask for."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for

from portal.moi import securite
from portal.poles import commands as poles
from portal.poles import queries as house
from portal.poles.models import Espace, Materiel, Prestation
from portal.policy import load
from portal.reglages.forms import (
    EquipmentForm,
    EspaceForm,
    PrestationForm,
)
from portal.web import GuardedBlueprint, Page, done, htmx_redirect, me, render, see_other, toast, wants_fragment
from portal.workflow import Refusal

bp = GuardedBlueprint("reglages", __name__, url_prefix="/reglages")


@bp.before_request
def _set_up_first() -> Response | None:
    """Whoever may change everything proves twice who they are, or begins by that."""
    if not securite.is_wanted():
        return None
    where = url_for("moi.securite.index")
    return htmx_redirect(where) if wants_fragment() else see_other(where)


# --- spaces ----------------------------------------------------------------------------------------------------


@bp.get("/espaces/", access="espace.modifier")
def espaces() -> Any:
    return render("reglages/espaces.html", espaces=house.space_tree())


@bp.get("/espaces/nouveau", access="espace.modifier")
def new_space() -> Any:
    return _space_page(None, EspaceForm(formdata=None, spaces=house.espaces()))


@bp.post("/espaces/nouveau", access="espace.modifier")
def add_space() -> Any:
    return _save_space(None, EspaceForm(spaces=house.espaces()))


@bp.get("/espaces/<int:id>", access="espace.modifier")
def espace(id: int) -> Any:
    found = load(Espace, id, "espace.modifier")
    numbers = {name: getattr(found, name) for name in ("nom", "capacite", "avant_min", "apres_min")}
    data = {**numbers, "parent": str(found.parent_id or "")}
    return _space_page(found, EspaceForm(formdata=None, data=data, spaces=_others(found)))


@bp.post("/espaces/<int:id>", access="espace.modifier")
def edit_space(id: int) -> Any:
    found = load(Espace, id, "espace.modifier")
    return _save_space(found, EspaceForm(spaces=_others(found)))


def _others(espace: Espace) -> list[Espace]:
    return [other for other in house.espaces() if other.id != espace.id]


def _save_space(espace: Espace | None, form: EspaceForm) -> Any:
    if form.validate():
        try:
            poles.save_space(espace, **form.fields, by=me())
        except poles.NameTaken as refusal:
            form.refuse("nom", refusal)
        except poles.SpaceLoop as refusal:
            form.refuse("parent", refusal)
        except Refusal as refusal:  # what is promised there keeps it as it is
            form.form_errors.append(refusal.sentence)
        else:
            toast("C’est enregistré.")
            return done(url_for(".espaces"))
    return _space_page(espace, form, 422)


def _space_page(espace: Espace | None, form: EspaceForm, status: int = 200) -> Page:
    return render("reglages/espace.html", status=status, espace=espace, form=form)


# --- equipment -------------------------------------------------------------------------------------------------


@bp.get("/materiel/", access="materiel.modifier")
def materiel() -> Any:
    return render("reglages/materiels.html", materiels=house.materiels())


@bp.get("/materiel/nouveau", access="materiel.modifier")
def new_equipment() -> Any:
    return _equipment_page(None, EquipmentForm(formdata=None, poles=house.poles()))


@bp.post("/materiel/nouveau", access="materiel.modifier")
def add_equipment() -> Any:
    return _save_equipment(None)


@bp.get("/materiel/<int:id>", access="materiel.modifier")
def equipment(id: int) -> Any:
    found = load(Materiel, id, "materiel.modifier")
    data = {"nom": found.nom, "stock": found.stock, "pole": str(found.pole_id or "")}
    return _equipment_page(found, EquipmentForm(formdata=None, data=data, poles=house.poles()))


@bp.post("/materiel/<int:id>", access="materiel.modifier")
def edit_equipment(id: int) -> Any:
    return _save_equipment(load(Materiel, id, "materiel.modifier"))


def _save_equipment(materiel: Materiel | None) -> Any:
    form = EquipmentForm(poles=house.poles())
    if form.validate():
        try:
            poles.save_equipment(materiel, **form.fields, by=me())
        except Refusal as refusal:  # its name is taken, or what is promised keeps the stock up
            form.refuse("nom" if isinstance(refusal, poles.NameTaken) else "stock", refusal)
        else:
            toast("C’est enregistré.")
            return done(url_for(".materiel"))
    return _equipment_page(materiel, form, 422)


def _equipment_page(materiel: Materiel | None, form: EquipmentForm, status: int = 200) -> Page:
    return render("reglages/materiel.html", status=status, materiel=materiel, form=form)


# --- what the house offers -------------------------------------------------------------------------------------


@bp.get("/prestations/", access="prestation.modifier")
def prestations() -> Any:
    return render("reglages/prestations.html", catalogue=house.catalogue(hidden=True))


@bp.get("/prestations/nouvelle", access="prestation.modifier")
def new_offer() -> Any:
    return _offer_page(None, _offer_form(formdata=None))


@bp.post("/prestations/nouvelle", access="prestation.modifier")
def add_offer() -> Any:
    return _save_offer(None)


@bp.get("/prestations/<int:id>", access="prestation.modifier")
def offer(id: int) -> Any:
    found = load(Prestation, id, "prestation.modifier")
    linked = {"pole": str(found.pole_id or ""), "espace": str(found.espace_id or ""), "materiel": str(found.materiel_id or "")}
    said = {name: getattr(found, name) for name in ("titre", "description", "ressource", "ordre", "visible")}
    return _offer_page(found, _offer_form(formdata=None, data=said | linked))


@bp.post("/prestations/<int:id>", access="prestation.modifier")
def edit_offer(id: int) -> Any:
    return _save_offer(load(Prestation, id, "prestation.modifier"))


def _offer_form(**more: Any) -> PrestationForm:
    return PrestationForm(poles=house.poles(), spaces=house.espaces(), lent=house.materiels(), **more)


def _save_offer(prestation: Prestation | None) -> Any:
    form = _offer_form()
    if form.validate():
        try:
            poles.save_prestation(prestation, **form.fields, by=me())
        except poles.NameTaken as refusal:
            form.refuse("titre", refusal)
        else:
            toast("C’est enregistré.")
            return done(url_for(".prestations"))
    return _offer_page(prestation, form, 422)


def _offer_page(prestation: Prestation | None, form: PrestationForm, status: int = 200) -> Page:
    return render("reglages/prestation.html", status=status, prestation=prestation, form=form)
