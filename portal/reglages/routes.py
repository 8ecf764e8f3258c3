"""What an admin sets: people and their roles, pôles and groupes, spaces, equipment, offers."""

from __future__ import annotations

from typing import Any

from flask import abort, request, url_for

from portal.comptes import commands as comptes
from portal.comptes import queries as people
from portal.comptes.models import Personne
from portal.fields import one_line
from portal.poles import commands as poles
from portal.poles import queries as house
from portal.poles.models import Espace, Genre, Materiel, Pole, Prestation
from portal.policy import load
from portal.reglage import NOMBRES, set_number
from portal.reglages.forms import (
    EquipmentForm,
    EspaceForm,
    NewPersonForm,
    NombresForm,
    PersonForm,
    PoleForm,
    PrestationForm,
)
from portal.web import GuardedBlueprint, Page, done, me, page_number, render, toast
from portal.workflow import Refusal

bp = GuardedBlueprint("reglages", __name__, url_prefix="/reglages")


@bp.get("/", access="reglages.voir")
def index() -> Any:
    return render("reglages/index.html")


def _search() -> str:
    return one_line(request.args.get("q"))[:100]


# --- numbers -------------------------------------------------------------------------------------------------


@bp.get("/nombres", access="reglages.voir")
def nombres() -> Any:
    return _numbers(NombresForm.of(NOMBRES, formdata=None, data={nombre.cle: nombre.valeur for nombre in NOMBRES}))


@bp.post("/nombres", access="reglages.voir")
def set_numbers() -> Any:
    form = NombresForm.of(NOMBRES)
    if not form.validate():
        return _numbers(form, 422)
    for nombre in NOMBRES:
        set_number(nombre, form[nombre.cle].data, by=me())
    toast("C’est enregistré, et vaut dès maintenant.")
    return done(url_for(".nombres"))


def _numbers(form: NombresForm, status: int = 200) -> Page:
    return render("reglages/nombres.html", status=status, form=form, nombres=NOMBRES)


# --- people --------------------------------------------------------------------------------------------------


@bp.get("/personnes/", access="personne.modifier")
def personnes() -> Any:
    search = _search()
    leaf = people.people(search, page_number())
    return render("reglages/personnes.html", "liste", leaf=leaf, search=search)


@bp.get("/personnes/nouvelle", access="personne.modifier")
def new_person() -> Any:
    return render("reglages/personne_nouvelle.html", form=NewPersonForm(formdata=None))


@bp.post("/personnes/nouvelle", access="personne.modifier")
def add_person() -> Any:
    form = NewPersonForm()
    if form.validate():
        fields = {"nom": form.nom.data, "email": form.email.data, "telephone": form.telephone.data}
        try:
            personne = comptes.add_person(**fields, roles=form.chosen, by=me())
        except comptes.AddressTaken as refusal:
            form.refuse("email", refusal)
        else:
            toast(f"{personne.nom} est dans le portail. Une invitation part par e-mail.")
            return done(url_for(".personnes"))
    return render("reglages/personne_nouvelle.html", status=422, form=form)


def _person(id: int) -> Personne:
    return load(Personne, id, "personne.modifier", people.WITH_ROLES)


@bp.get("/personnes/<int:id>", access="personne.modifier")
def person(id: int) -> Any:
    personne = _person(id)
    held = [role.nom.value for role in personne.roles]
    data = {"nom": personne.nom, "telephone": personne.telephone, "roles": held}
    return _person_page(personne, PersonForm(formdata=None, data=data))


@bp.post("/personnes/<int:id>", access="personne.modifier")
def edit_person(id: int) -> Any:
    personne, form = _person(id), PersonForm()
    if form.validate():
        try:
            comptes.edit_person(personne, nom=form.nom.data, telephone=form.telephone.data, by=me())
            comptes.set_roles(personne, form.chosen, by=me())
        except (comptes.OwnRole, comptes.LastAdmin) as refusal:
            form.refuse("roles", refusal)
        else:
            toast("C’est enregistré.")
            return done(url_for(".person", id=id))
    return _person_page(personne, form, 422)


@bp.post("/personnes/<int:id>/<any(desactiver, reactiver):slug>", access="personne.modifier")
def switch_person(id: int, slug: str) -> Any:
    personne = _person(id)
    comptes.set_active(personne, slug == "reactiver", by=me())
    if slug == "reactiver":
        toast(f"Le compte de {personne.nom} est rouvert.")
    else:
        undo = (url_for(".switch_person", id=id, slug="reactiver"), "Annuler")
        toast(f"Le compte de {personne.nom} est désactivé, ses appareils sont déconnectés.", undo=undo)
    return done(url_for(".person", id=id))


@bp.post("/personnes/<int:id>/effacer", access="personne.modifier")
def erase_person(id: int) -> Any:
    personne = _person(id)
    if "certain" not in request.form:
        toast("Coche d’abord la case : rien ne se retrouve ensuite.", "attention")
        return done(url_for(".person", id=id))
    comptes.erase(personne, by=me())
    toast("Cette personne est effacée. Ses missions passées restent comptées, sans son nom.")
    return done(url_for(".personnes"))


def _person_page(personne: Personne, form: PersonForm, status: int = 200) -> Page:
    belongs_to = house.poles_of(personne)
    return render("reglages/personne.html", status=status, personne=personne, form=form, poles=belongs_to)


# --- pôles and groupes ---------------------------------------------------------------------------------------


@bp.get("/poles/", access="pole.modifier")
def poles_index() -> Any:
    return render("reglages/poles.html", poles=house.poles_with_members())


@bp.get("/poles/nouveau", access="pole.modifier")
def new_pole() -> Any:
    return render("reglages/pole_nouveau.html", form=PoleForm(formdata=None))


@bp.post("/poles/nouveau", access="pole.modifier")
def add_pole() -> Any:
    form = PoleForm()
    if (pole := _saved_pole(None, form)) is None:
        return render("reglages/pole_nouveau.html", status=422, form=form)
    toast(f"{pole.label}\u00a0: c’est créé. Il reste à y ajouter des membres.")
    return done(url_for(".pole", id=pole.id))


@bp.get("/poles/<int:id>", access="pole.modifier")
def pole(id: int) -> Any:
    found = load(Pole, id, "pole.modifier")
    data = {"nom": found.nom, "genre": found.genre.value, "description": found.description}
    return _pole_page(found, PoleForm(formdata=None, data=data))


@bp.post("/poles/<int:id>", access="pole.modifier")
def edit_pole(id: int) -> Any:
    found, form = load(Pole, id, "pole.modifier"), PoleForm()
    if _saved_pole(found, form) is None:
        return _pole_page(found, form, 422)
    toast("C’est enregistré.")
    return done(url_for(".pole", id=id))


def _saved_pole(pole: Pole | None, form: PoleForm) -> Pole | None:
    """The pôle as the form says; None when the form or the command refuses."""
    if not form.validate():
        return None
    fields = {"nom": form.nom.data, "description": form.description.data}
    try:
        return poles.save_pole(pole, **fields, genre=Genre(form.genre.data), by=me())
    except poles.NameTaken as refusal:
        form.refuse("nom", refusal)
        return None


@bp.post("/poles/<int:id>/membres/<int:personne_id>", access="pole.modifier")
def add_member(id: int, personne_id: int) -> Any:
    found, personne = load(Pole, id, "pole.modifier"), load(Personne, personne_id, "personne.voir")
    poles.add_member(found, personne, by=me())
    toast(f"{personne.nom} est membre.")
    return _members_changed(found)


@bp.post("/poles/<int:id>/membres/<int:personne_id>/retirer", access="pole.modifier")
def remove_member(id: int, personne_id: int) -> Any:
    found = load(Pole, id, "pole.modifier")
    adhesion = house.adhesion(found, personne_id) or abort(404)
    nom = adhesion.personne.nom
    poles.remove_member(adhesion, by=me())
    toast(f"{nom} n’est plus membre.", undo=(url_for(".add_member", id=id, personne_id=personne_id), "Annuler"))
    return _members_changed(found)


def _members_changed(pole: Pole) -> Any:
    id = pole.id
    return done(url_for(".pole", id=id), lambda: _pole_page(load(Pole, id, "pole.modifier"), PoleForm(formdata=None)))


def _pole_page(pole: Pole, form: PoleForm, status: int = 200) -> Page:
    pole = house.with_members(pole)
    search = _search()
    members = pole.members
    known = {personne.id for personne in members}
    found = [p for p in people.people(search, 1).items if p.is_active and p.id not in known][:10] if search else []
    context = {"pole": pole, "form": form, "members": members, "search": search, "found": found}
    return render("reglages/pole.html", "membres", status, **context)


# --- spaces --------------------------------------------------------------------------------------------------


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
        else:
            toast("C’est enregistré.")
            return done(url_for(".espaces"))
    return _space_page(espace, form, 422)


def _space_page(espace: Espace | None, form: EspaceForm, status: int = 200) -> Page:
    return render("reglages/espace.html", status=status, espace=espace, form=form)


# --- equipment -----------------------------------------------------------------------------------------------


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
