"""The price list's own pages, which the treasurer keeps."""

from __future__ import annotations

from typing import Any

from flask import url_for

from portal import clock
from portal.devis import queries, tarifs
from portal.devis.forms import TarifForm
from portal.devis.lien import bp
from portal.devis.models import Tarif
from portal.poles import queries as house
from portal.policy import load
from portal.web import Page, done, me, render, toast
from portal.workflow import Refusal


@bp.get("/tarifs/", access="tarif.voir")
def price_list() -> Any:
    return render("devis/tarifs.html", tarifs=queries.tarifs(), to_come=queries.tarifs_to_come())


@bp.get("/tarifs/nouveau", access="tarif.modifier")
def new_tarif() -> Any:
    return _tarif_page(None, _tarif_form(formdata=None, data={"du": clock.today()}))


@bp.post("/tarifs/nouveau", access="tarif.modifier")
def add_tarif() -> Any:
    return _save_tarif(None, _tarif_form())


@bp.get("/tarifs/<int:id>", access="tarif.modifier")
def tarif(id: int) -> Any:
    found = load(Tarif, id, "tarif.modifier", queries.PRICES)
    data = found.sheet | {"du": max(found.du, clock.today())}
    return _tarif_page(found, _tarif_form(formdata=None, data=data, present=found.taux))


@bp.post("/tarifs/<int:id>", access="tarif.modifier")
def edit_tarif(id: int) -> Any:
    found = load(Tarif, id, "tarif.modifier")
    return _save_tarif(found, _tarif_form(present=found.taux))


@bp.post("/tarifs/<int:id>/retirer", access="tarif.modifier")
def withdraw_tarif(id: int) -> Any:
    found = load(Tarif, id, "tarif.modifier")
    tarifs.withdraw(found, by=me())
    toast(f"«\u00a0{found.libelle}\u00a0» n’est plus au tarif. Les devis qui l’ont gardent leur ligne.")
    return done(url_for(".price_list"))


def _tarif_form(**more: Any) -> TarifForm:
    return TarifForm(poles=house.poles(), espaces=house.espaces(), materiels=house.materiels(), **more)


def _save_tarif(found: Tarif | None, form: TarifForm) -> Any:
    if form.validate():
        try:
            if found:
                tarifs.change(found, by=me(), **form.fields)
            else:
                tarifs.add(by=me(), **form.fields)
        except Refusal as refusal:
            form.form_errors.append(refusal.sentence)
        else:
            toast("Tarif enregistré.")
            return done(url_for(".price_list"))
    return _tarif_page(found, form, 422)


def _tarif_page(found: Tarif | None, form: TarifForm, status: int = 200) -> Page:
    return render("devis/tarif.html", status=status, tarif=found, form=form)
