"""What an admin sets: numbers, people and their roles, pôles and groupes; the rest of the house is in `maison`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import abort, request, session, url_for

from portal.actions.commands import Conflict
from portal.comptes import cles, consultations, second
from portal.comptes import commands as comptes
from portal.comptes import queries as people
from portal.comptes.models import Personne, Vue
from portal.fields import one_line
from portal.notifications import nuit
from portal.poles import commands as poles
from portal.poles import queries as house
from portal.poles.models import Genre, Pole
from portal.policy import load
from portal.reglage import ASSOCIATION, DEVIS, FACTURES, LE_LIEU, MINEURS, NOMBRES, QUORUM, Setting
from portal.reglages import commands, queries
from portal.reglages import controles as controles  # their pages join the blueprint
from portal.reglages import formules as formules
from portal.reglages import historique as historique
from portal.reglages import reprise as reprise
from portal.reglages import salon as salon
from portal.reglages import trames as trames
from portal.reglages.forms import NewPersonForm, PersonForm, PoleForm, SettingsForm
from portal.reglages.maison import bp
from portal.web import Page, done, me, page_number, render, toast


@bp.get("/", access="reglages.voir")
def index() -> Any:
    return render("reglages/index.html")


@bp.get("/demarrer", access="reglages.voir")
def begin() -> Any:
    """From an empty house to its first published mission: what is done is what the database holds."""
    first = queries.demarrage()
    session["mise_en_route"] = bool(first.suivante)  # from now on, in this browser, the settings lead back here
    return render("reglages/demarrer.html", first=first, quorum=QUORUM)


def _search() -> str:
    return one_line(request.args.get("q"))[:100]


# --- what the collective sets --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reglages:
    """One page of settings."""

    titre: str
    chapo: str
    settings: tuple[Setting, ...]


PAGES = {
    "nombres": Reglages("Délais et quorum", "Ce que le collectif a décidé.", NOMBRES),
    "mineurs": Reglages("Mineurs", "Des règles de la maison, à confirmer avec son assureur.", MINEURS),
    "maison": Reglages("Le lieu", "Son nom, où il est, et ce qu’en lit le public.", LE_LIEU),
    "identite": Reglages(
        "Identité et régime de TVA", "Ce que portent les devis, les factures et les mentions légales.", ASSOCIATION
    ),
    "devis": Reglages("Devis et TVA", "Ce que le collectif et la personne qui tient les comptes ont décidé.", DEVIS),
    "factures": Reglages(
        "Factures", "Ce que portent les factures, à confirmer avec la personne qui tient les comptes.", FACTURES
    ),
}
PAGE = f"<any({', '.join(PAGES)}):page>"


@bp.get("/conservation", access="reglages.voir")
def kept() -> Any:
    """What is kept too long and goes tonight, and what went."""
    leaf = nuit.reports(page_number())
    return render("reglages/conservation.html", sortes=nuit.SORTES, due=nuit.due(), leaf=leaf)


@bp.get(f"/{PAGE}", access="reglages.voir")
def settings(page: str) -> Any:
    return _settings(page, _over(page))


@bp.post(f"/{PAGE}", access="reglages.voir", fresh=True)
def set_settings(page: str) -> Any:
    asked = PAGES[page].settings
    form = SettingsForm.of(asked)()
    if not form.validate():
        return _settings(page, form, 422)
    try:
        commands.save(asked, {s.cle: form[s.cle].data for s in asked}, read=form.lu.data or "", by=me())
    except Conflict as conflict:
        form = _over(page, form)
        form.form_errors.append(conflict.sentence)
        return _settings(page, form, conflict.status)
    toast("C’est enregistré, et vaut dès maintenant.")
    return done(url_for(".settings", page=page))


def _over(page: str, typed: SettingsForm | None = None) -> SettingsForm:
    return SettingsForm.of(PAGES[page].settings).over(commands.sheet(PAGES[page].settings), typed)


def _settings(page: str, form: SettingsForm, status: int = 200) -> Page:
    changed = queries.last_change(PAGES[page].settings)
    return render("reglages/reglages.html", status=status, form=form, page=page, shown=PAGES[page], changed=changed)


# --- people --------------------------------------------------------------------------------------------------


@bp.get("/personnes/", access="personne.modifier")
def personnes() -> Any:
    leaf = people.people(search := _search(), page_number())
    invited = people.invitations([personne.id for personne in leaf.items])
    return render("reglages/personnes.html", "liste", leaf=leaf, search=search, invited=invited)


@bp.get("/personnes/nouvelle", access="personne.modifier")
def new_person() -> Any:
    return render("reglages/personne_nouvelle.html", form=NewPersonForm(formdata=None))


@bp.post("/personnes/nouvelle", access="personne.modifier", fresh=True)
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
    return load(Personne, id, "personne.modifier", people.WITH_THEIR_ROLES)


@bp.get("/personnes/<int:id>", access="personne.modifier")
def person(id: int) -> Any:
    personne = _person(id)
    if not personne.is_erased:
        consultations.note([id], Vue.COMPTE, by=me())
    held = [role.nom.value for role in personne.roles]
    data = {"nom": personne.nom, "telephone": personne.telephone, "roles": held}
    return _person_page(personne, PersonForm(formdata=None, data=data))


@bp.post("/personnes/<int:id>", access="personne.modifier", fresh=True)
def edit_person(id: int) -> Any:
    personne, form = _person(id), PersonForm()
    if form.validate():
        try:
            comptes.edit_person(personne, nom=form.nom.data, telephone=form.telephone.data, by=me())
            comptes.set_roles(personne, form.chosen, by=me())
        except (comptes.Erased, comptes.OwnRole, comptes.LastAdmin) as refusal:
            form.refuse("roles", refusal)
        else:
            toast("C’est enregistré.")
            return done(url_for(".person", id=id))
    return _person_page(personne, form, 422)


@bp.post("/personnes/<int:id>/invitation", access="personne.modifier", limit="lien", fresh=True)
def invite_again(id: int) -> Any:
    personne = _person(id)
    comptes.invite_again(personne, by=me())
    toast(f"Une autre invitation part à {personne.email}. Le lien d’avant n’ouvre plus rien.")
    return done(url_for(".person", id=id))


@bp.post("/personnes/<int:id>/<any(desactiver, reactiver):slug>", access="personne.modifier", fresh=True)
def switch_person(id: int, slug: str) -> Any:
    personne, invited = _person(id), id in people.invitations([id])
    comptes.set_active(personne, slug == "reactiver", by=me())
    if slug == "reactiver":
        toast(f"Le compte de {personne.nom} est rouvert." + (" Son invitation est à renvoyer." if invited else ""))
    else:
        undo = (url_for(".switch_person", id=id, slug="reactiver"), "Annuler")
        closed = "Invitation retirée\u00a0: son lien n’ouvre plus rien" if invited else "Ses appareils sont déconnectés"
        toast(f"Le compte de {personne.nom} est désactivé. {closed}.", undo=undo)
    return done(url_for(".person", id=id))


@bp.post("/personnes/<int:id>/application/retirer", access="personne.modifier", fresh=True)
def lift_second(id: int) -> Any:
    """For whoever lost their phone and their paper; only somebody else does it."""
    personne = _person(id)
    second.lift(personne, by=me())
    toast(f"{personne.nom} n’a plus ni application ni clé d’accès.")
    return done(url_for(".person", id=id))


@bp.post("/personnes/<int:id>/effacer", access="personne.modifier", fresh=True)
def erase_person(id: int) -> Any:
    personne = _person(id)
    if "certain" not in request.form:
        toast("Coche d’abord la case\u00a0: rien ne se retrouve ensuite.", "attention")
        return done(url_for(".person", id=id))
    comptes.erase(personne, by=me())
    toast("Cette personne est effacée. Ses missions passées restent comptées, sans son nom.")
    return done(url_for(".personnes"))


def _person_page(personne: Personne, form: PersonForm, status: int = 200) -> Page:
    belongs_to, keyed = house.poles_of(personne), cles.has_any(personne)
    invited = people.invitations([personne.id]).get(personne.id) if personne.is_active else None
    about = {"poles": belongs_to, "cle": keyed, "invitation": invited}
    return render("reglages/personne.html", None, status, personne=personne, form=form, **about)


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
