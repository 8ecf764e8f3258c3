"""The invoices over HTTP: the tab of an action, the page where a draft is checked, the paper that left, the list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import abort, request, url_for
from flask_login import current_user

from portal import clock, reglage
from portal.actions import queries as actions
from portal.actions.models import Action
from portal.devis.forms import rates
from portal.factures import (
    commands,
    constats,
    depots,
    document,
    emission,
    facturx,
    papier,
    queries,
    reglements,
    relances,
    seuils,
)
from portal.factures.annees import bp  # its pages are of the same blueprint
from portal.factures.forms import DepotForm, ExtraForm, ReglementForm, RelanceForm, Saisie
from portal.factures.models import Facture, Nature, encaisser, rembourser
from portal.fields import one_line
from portal.jour_j import consommations
from portal.poles import queries as house
from portal.poles.models import Pole
from portal.policy import can, load
from portal.web import Page, as_file, done, me, page_number, refused, render, toast
from portal.workflow import Event, MotifMissing, Refusal

WRONG = "Quelque chose n’est pas compris\u00a0: c’est signalé à côté. Rien n’est encore enregistré."


@bp.get("/", access="facture.lister")
def index() -> Any:
    """Everybody's for whoever keeps the money, one's own for a bienveillant; and the actions that await one."""
    vues = {"a_preparer": "À préparer"} | {name: label for name, (label, _) in queries.VUES.items()}
    vue = request.args.get("vue", "a_emettre")
    vue = vue if vue in vues else "a_emettre"
    of = None if can(current_user, "facture.toutes") else me()
    if vue in queries.VUES:
        leaf = queries.listed(vue, page_number(), of=of)
    else:
        leaf = queries.actions_to_prepare(page_number(), of=of)
    return render(
        "factures/liste.html", leaf=leaf, vue=vue, vues=vues, mine=of is not None, seuil=None if of else seuils.near()
    )


@bp.get("/action/<int:action_id>", access="facture.lister")
def of_action(action_id: int) -> Any:
    action = load(Action, action_id, "facture.de_l_action", actions.SHEET)
    found = queries.of_action(action)
    why_none = commands.untimely(action, Nature.FACTURE) or commands.NoAgreement()
    natures = commands.openings(action, found)
    return render("factures/action.html", action=action, factures=found, natures=natures, why_none=why_none.sentence)


@bp.post("/action/<int:action_id>/preparer/<any(facture, acompte):nature>", access="facture.preparer")
def prepare(action_id: int, nature: str) -> Any:
    action = load(Action, action_id, "facture.preparer", actions.SHEET)
    return done(url_for(".show", id=commands.prepare(action, Nature(nature), by=me()).id))


@bp.post("/<int:id>/avoir", access="facture.crediter")
def credit(id: int) -> Any:
    return done(url_for(".show", id=commands.credit(_read(id, "facture.crediter"), by=me()).id))


# --- one invoice ---------------------------------------------------------------------------------------------


@bp.get("/<int:id>", access="facture.voir")
def show(id: int) -> Any:
    facture = _read(id, sheet=queries.REMINDED)
    return _editor(Saisie.stored(facture)) if _is_mine_to_change(facture) else _reading(facture)


def _read(id: int, right: str = "facture.voir", sheet: tuple[Any, ...] = queries.SHEET) -> Facture:
    return load(Facture, id, right, sheet)


def _is_mine_to_change(facture: Facture) -> bool:
    return facture.is_draft and can(current_user, "facture.modifier", facture)


def _content(facture: Facture) -> dict[str, Any]:
    """What it says: frozen, or as a draft would leave today."""
    if facture.contenu:
        return facture.contenu
    return papier.content(facture, numero="Brouillon", jour=clock.today(), deduits=commands.deposits(facture))


def _reading(facture: Facture, status: int = 200, **said: Any) -> Page:
    """`said`: a sentence, and words that were not kept."""
    contenu = _content(facture)
    blank: dict[str, Any] = {
        "sentence": "",
        "unsaved": [],
        "encaisser": None,
        "relancer": RelanceForm(formdata=None),
        "deposer": None,
    }
    if can(current_user, "facture.encaisser", facture) and not facture.is_credit and facture.reste:
        blank["encaisser"] = ReglementForm(formdata=None, data={"montant": abs(facture.reste)})
    if depots.is_handed_over(facture):
        last = {"statut": facture.statut, "plateforme": facture.depots[-1].reference if facture.depots else ""}
        blank["deposer"] = DepotForm(formdata=None, data=last)
    shown = blank | said | {"contenu": contenu, "echeance": date.fromisoformat(contenu["echeance"])}
    shown |= {"relance": relances.to_come(facture), "retenues": relances.held_up(facture)}
    shown["electronique"] = facturx.is_wanted(contenu)
    return render("factures/lire.html", status=status, facture=facture, action=facture.action, **shown)


@bp.get("/<int:id>.pdf", access="facture.voir")
def paper(id: int) -> Any:
    """What left; of a draft, what would leave now."""
    facture = _read(id, sheet=queries.PAPER)
    pdf = facture.pdf or document.pdf(_content(facture) | {"brouillon": True})
    return as_file(pdf, "application/pdf", f"{facture.numero or 'brouillon'}.pdf", inline=True)


def _editor(page: Saisie, status: int = 200, **said: Any) -> Page:
    facture = page.facture
    context: dict[str, Any] = {
        "sums": commands.totals(facture),
        "taxed": commands.is_taxed(facture),
        "constats": constats.of_invoice(facture),
        "left": emission.obstacles(facture),
        "deposits": commands.deposits(facture),
        "tout": emission.reading(facture),
        "electronique": facturx.is_wanted(_content(facture)),
        "comment_payer": reglage.FACTURE_PAIEMENT.valeur,
        "sentence": "",
        "unsaved": [],
    }
    return render("factures/editer.html", status=status, page=page, facture=facture, action=facture.action, **(context | said))


def _keep(id: int, step: Callable[[Facture], str], *, right: str = "facture.modifier") -> Any:
    """Keep all that was typed in the page, then take the step, which says where one goes on: all of it or nothing."""
    facture = _read(id, right)
    page = Saisie.typed(facture)
    if not page.validate():
        return refused(422, lambda: _unsaved(id, WRONG))
    try:
        commands.edit(facture, by=me(), **page.said)
        onward = step(facture)
    except Refusal as refusal:
        said = refusal
        return refused(said.status, lambda: _unsaved(id, said.sentence))
    return done(onward)


def _unsaved(id: int, sentence: str) -> Page:
    """The page of the invoice as it now is, with every word that was typed, and why it did not pass."""
    facture = _read(id)
    page = Saisie.typed(facture)
    page.validate()
    if not _is_mine_to_change(facture):
        return _reading(facture, sentence=sentence, unsaved=page.unsaved)
    return _editor(page.rebased(), sentence=sentence, unsaved=page.homeless)


@bp.post("/<int:id>/enregistrer", access="facture.modifier")
def save(id: int) -> Any:
    def said(_facture: Facture) -> str:
        toast("Brouillon enregistré.")
        return url_for(".show", id=id)

    return _keep(id, said)


@bp.post("/<int:id>/emettre", access="facture.emettre", preview=True, fresh=True)
def emit(id: int) -> Any:
    """What was typed since the page was read is kept, and read again before anything leaves."""
    read = request.form.get("tout", "")
    is_current = read == emission.reading(_read(id, "facture.emettre"))

    def leave(facture: Facture) -> str:
        if is_current and read != emission.reading(facture):
            if "apercu" in request.form:
                raise emission.NotSaved
            toast("Ce que tu as écrit est enregistré, et rien n’est parti\u00a0: relis, puis émets.", "attention")
            return url_for(".show", id=id, _anchor="emission")
        emission.emit(facture, by=me(), read=read)
        where = facture.action.demandeur.email
        leaves = f" {'Il' if facture.is_credit else 'Elle'} part par e-mail à {where}." if where else ""
        toast(f"{facture.label}\u00a0: {'émis' if facture.is_credit else 'émise'}.{leaves}")
        return url_for(".show", id=id)

    return _keep(id, leave, right="facture.emettre")


@bp.post("/<int:id>/abandonner", access="facture.modifier")
def drop(id: int) -> Any:
    facture = _read(id, "facture.modifier")
    onward = url_for(".of_action", action_id=facture.action_id)
    commands.drop(facture, by=me())
    toast("Brouillon abandonné.")
    return done(onward)


# --- the money that comes ------------------------------------------------------------------------------------


@bp.post("/<int:id>/reglements", access="facture.encaisser", fresh=True)
def receive(id: int) -> Any:
    return _noted(id, encaisser)


@bp.post("/<int:id>/remboursements", access="facture.encaisser", fresh=True)
def give_back(id: int) -> Any:
    return _noted(id, rembourser)


def _noted(id: int, what: Event) -> Any:
    facture, form = _read(id, "facture.encaisser"), ReglementForm()
    if not form.validate():
        return refused(422, lambda: _reading(_read(id), encaisser=form))
    try:
        noted = reglements.receive(facture, what, by=me(), cle=(form.cle.data or "")[:64], **form.fields)
    except Refusal as refusal:
        said = refusal.sentence
        form.form_errors.append(said)
        return refused(refusal.status, lambda: _reading(_read(id), encaisser=form))
    toast(f"{facture.label}\u00a0: payée." if what is encaisser and not facture.reste else f"{noted.numero}\u00a0: noté.")
    if reglements.is_early(noted):
        toast("Cette date est d’avant la facture\u00a0: si elle est fausse, annule ce règlement et note-le bien.", "attention")
    return done(url_for(".show", id=id, _anchor="reglements"))


@bp.post("/<int:id>/reglements/<int:reglement_id>/contrepasser", access="facture.contrepasser", fresh=True)
def reverse(id: int, reglement_id: int) -> Any:
    facture, motif = _read(id, "facture.contrepasser"), one_line(request.form.get("motif"))[:300]
    noted = next((one for one in facture.reglements if one.id == reglement_id), None) or abort(404)
    try:
        reglements.reverse(noted, by=me(), motif=motif)
    except Refusal as refusal:
        said = refusal
        return refused(said.status, lambda: _reading(_read(id), sentence=said.sentence, unsaved=[motif] if motif else []))
    toast(f"{noted.numero}\u00a0: annulé.")
    return done(url_for(".show", id=id, _anchor="reglements"))


@bp.post("/<int:id>/relancer/<int:rang>", access="facture.relancer", preview=True)
def remind(id: int, rang: int) -> Any:
    facture, form = _read(id, "facture.relancer"), RelanceForm()
    if not form.validate():
        return refused(422, lambda: _reading(_read(id), relancer=form))
    try:
        noted = relances.remind(facture, rang, by=me(), mot=form.mot.data)
    except Refusal as refusal:
        said = refusal
        unsaved = [form.mot.data] if form.mot.data else []
        return refused(said.status, lambda: _reading(_read(id), sentence=said.sentence, unsaved=unsaved))
    toast(f"{noted.nom.capitalize()}\u00a0: envoyée.")
    return done(url_for(".show", id=id, _anchor="relances"))


@bp.post("/<int:id>/depots", access="facture.deposer")
def note_deposit(id: int) -> Any:
    facture, form = _read(id, "facture.deposer"), DepotForm()
    if not form.validate():
        return refused(422, lambda: _reading(_read(id), deposer=form))
    try:
        noted = depots.note(facture, by=me(), cle=(form.cle.data or "")[:64], **form.fields)
    except MotifMissing as refusal:
        form.form_errors.append(refusal.sentence)
        return refused(refusal.status, lambda: _reading(_read(id), deposer=form))
    toast(f"{facture.label}\u00a0: {noted.statut.label.lower()}.")
    return done(url_for(".show", id=id, _anchor="plateforme-agreee"))


@bp.get("/reglements", access="facture.reglements")
def payments() -> Any:
    """The last ones first, and whether the chain of all is whole."""
    number = page_number()
    chain = reglements.checked() if number == 1 else None  # first: it reads the rows of the page anew, without their invoices
    return render("factures/reglements.html", leaf=queries.payments(number), chaine=chain)


# --- a line that the devis did not foresee -------------------------------------------------------------------


@bp.get("/<int:id>/ligne", access="facture.modifier")
def new_line(id: int) -> Any:
    facture = _read(id, "facture.modifier")
    commands.refuse_another_line(facture)
    return _line_page(facture, ExtraForm(formdata=None, rates=_rates(facture), poles=_poles(facture), data=_proposed(facture)))


def _poles(facture: Facture) -> list[Pole]:
    """Whom the line may be for; an avoir takes from the profit before it is shared, whoever's it is."""
    return [] if facture.is_credit else house.poles()


def _rates(facture: Facture) -> list[int]:
    """An avoir takes back what was asked, at the rate at which it was."""
    return [part.taux for part in commands.remaining(facture.origine)] if facture.origine else rates()


def _proposed(facture: Facture) -> dict[str, Any]:
    """What the day noted, when the page was asked for that."""
    key = request.args.get("releve", "")
    used = next((one for one in consommations.said(facture.action) if one.key == key), None) if key else None
    if used is None or used.said is None:
        return {}
    return {"libelle": used.libelle, "quantite": used.said.quantite, "motif": "Noté au bilan de la journée."}


def _line_page(facture: Facture, form: ExtraForm, sentence: str = "") -> Page:
    if sentence:
        form.form_errors.append(sentence)
    return render("factures/ligne.html", facture=facture, action=facture.action, form=form)


@bp.post("/<int:id>/ligne", access="facture.modifier")
def add_line(id: int) -> Any:
    facture = _read(id, "facture.modifier")
    form = ExtraForm(rates=_rates(facture), poles=_poles(facture))
    if not form.validate():
        return refused(422, lambda: _line_again(id))
    try:
        commands.add(facture, by=me(), cle=(form.cle.data or "")[:64], **form.fields)
    except Refusal as refusal:
        said = refusal
        return refused(said.status, lambda: _line_again(id, said.sentence))
    toast("Ligne ajoutée.")
    return done(url_for(".show", id=id, _anchor="lignes"))


def _line_again(id: int, sentence: str = "") -> Page:
    facture = _read(id)
    form = ExtraForm(rates=_rates(facture), poles=_poles(facture))
    form.validate()
    return _line_page(facture, form, sentence)


@bp.post("/<int:id>/lignes/<int:line_id>/retirer", access="facture.modifier")
def remove_line(id: int, line_id: int) -> Any:
    def remove(facture: Facture) -> str:
        line = commands.line_of(facture, line_id) or abort(404)
        toast(f"«\u00a0{line.libelle}\u00a0» est retirée.")
        commands.remove(line, by=me())
        return url_for(".show", id=id, _anchor="lignes")

    return _keep(id, remove)
