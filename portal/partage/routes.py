"""The share-out over HTTP: what an action brought in and cost, who gets what, and the year of each."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, request, url_for
from flask_login import current_user

from portal import clock
from portal.actions import queries as actions
from portal.actions.models import Action
from portal.devis.commands import Typed
from portal.fields import one_line, row_id
from portal.partage import commands, justificatifs, queries
from portal.partage.forms import ClesForm, DepenseForm, attached
from portal.partage.models import Depense
from portal.poles import queries as house
from portal.policy import can, load
from portal.web import GuardedBlueprint, Page, Refused, as_file, done, me, page_number, refused, render, toast, unproved
from portal.workflow import Refusal

bp = GuardedBlueprint("partage", __name__, url_prefix="/partage")
WITH_FILES = frozenset({"partage.note", "partage.edit"})
CHOOSE_AGAIN = " Le fichier est à choisir de nouveau."


@bp.before_app_request
def make_room() -> None:
    """A receipt is heavier than any form."""
    if request.endpoint in WITH_FILES:
        request.max_content_length = justificatifs.HEAVIEST_OF_ALL


@bp.get("/", access="partage.lister")
def index() -> Any:
    """Everybody's for whoever keeps the money; for the others, those of their actions and of their pôles."""
    vue = request.args.get("vue", "a_decider")
    vue = vue if vue in queries.VUES else "a_decider"
    of = None if can(current_user, "partage.toutes") else me()
    return render("partage/liste.html", leaf=queries.listed(vue, page_number(), of=of), vue=vue, vues=queries.VUES)


@bp.get("/annees", access="partage.toutes")
def years() -> Any:
    annee = row_id(request.args.get("annee")) or clock.today().year
    return render("partage/annees.html", bilan=queries.of_year(min(max(annee, 2000), 2099)), cette_annee=clock.today().year)


@bp.get("/action/<int:action_id>", access="partage.lister")
def show(action_id: int) -> Any:
    return _page(_read(action_id))


def _read(action_id: int, right: str = "partage.lire") -> Action:
    return load(Action, action_id, right, actions.SHEET)


def _page(action: Action, status: int = 200, **said: Any) -> Page:
    """`said`: a sentence, and the form of the keys that was refused."""
    compte = queries.compte(action)
    blank: dict[str, Any] = {
        "sentence": "",
        "unsaved": [],
        "cles": ClesForm(
            formdata=None,
            poles=compte.poles.values(),
            cles=compte.cles,
            data={"motif": compte.partage and compte.partage.motif},
        ),
    }
    context: dict[str, Any] = (
        {"compte": compte, "tout": commands.reading(compte), "lu": commands.keys_reading(compte)} | blank | said
    )
    return render("partage/action.html", status=status, action=action, **context)


@bp.get("/action/<int:action_id>/releve/<pole>", access="partage.lister")
def statement(action_id: int, pole: str) -> Any:
    """What a share-out says to one pôle or groupe, or to the commun, on a page that prints."""
    compte = queries.compte(_read(action_id))
    id = None if pole == "commun" else row_id(pole) or abort(404)
    line = next((one for one in compte.lignes if (one.pole.id if one.pole else None) == id), None) or abort(404)
    return render("partage/releve.html", action=compte.action, compte=compte, ligne=line)


# --- who gets what -------------------------------------------------------------------------------------------


@bp.post("/action/<int:action_id>/cles", access="partage.proposer")
def set_keys(action_id: int) -> Any:
    action = _read(action_id, "partage.proposer")
    form = ClesForm(poles=house.poles())
    if not form.validate():
        return refused(422, lambda: _keys_page(action_id))
    try:
        commands.set_keys(action, by=me(), cles=form.cles, motif=form.motif.data, read=form.lu.data or "")
    except Refusal as refusal:
        said = refusal
        return refused(said.status, lambda: _keys_page(action_id, said))
    toast("Clés enregistrées.")
    return done(url_for(".show", action_id=action_id, _anchor="cles"))


def _keys_page(action_id: int, refusal: Refusal | None = None) -> Page:
    """What was typed again, over the keys that were read: over those that are there now, once they were said to be others."""
    form = ClesForm(poles=house.poles())
    form.validate()
    form.form_errors += [refusal.sentence] if refusal else []
    read: dict[str, Any] = {} if isinstance(refusal, commands.KeysMoved) else {"lu": form.lu.data or ""}
    return _page(_read(action_id), cles=form, **read)


@bp.post("/action/<int:action_id>/cles/devis", access="partage.proposer")
def follow_the_lines(action_id: int) -> Any:
    commands.follow_the_lines(_read(action_id, "partage.proposer"), by=me())
    toast("Les clés suivent de nouveau les lignes.")
    return done(url_for(".show", action_id=action_id, _anchor="cles"))


@bp.post("/action/<int:action_id>/decider", access="partage.decider", fresh=True)
def decide(action_id: int) -> Any:
    """The keys come with it: those that were typed and not kept are shown again."""
    action, perte = _read(action_id, "partage.decider"), one_line(request.form.get("perte"))[:300]
    form = ClesForm(poles=house.poles())
    sent = commands.KeysSent(form.lu.data, form.is_typed_over) if form.lu.data is not None else None
    try:
        commands.decide(action, by=me(), read=request.form.get("tout", ""), motif=perte, sent=sent)
    except Refusal as refusal:
        said = refusal
        typed = sent is not None and sent.typed
        gone = form.words if typed and isinstance(said, commands.AlreadyDecided) else []  # its form is no more
        words, again = [word for word in (perte, *gone) if word], {"cles": form} if typed else {}
        return refused(said.status, lambda: _page(_read(action_id), sentence=said.sentence, unsaved=words, **again))
    toast("Partage décidé.")
    return done(url_for(".show", action_id=action_id))


@bp.post("/action/<int:action_id>/corriger", access="partage.decider", fresh=True)
def mend(action_id: int) -> Any:
    action, motif = _read(action_id, "partage.decider"), one_line(request.form.get("motif"))[:300]
    try:
        commands.mend(action, by=me(), motif=motif)
    except Refusal as refusal:
        said = refusal
        return refused(said.status, lambda: _page(_read(action_id), sentence=said.sentence, unsaved=[motif] if motif else []))
    toast("Partage corrigé.")
    return done(url_for(".show", action_id=action_id))


@bp.post("/action/<int:action_id>/clore", access="partage.decider", fresh=True)
def close(action_id: int) -> Any:
    commands.close(_read(action_id, "partage.decider"), by=me())
    toast("Partage clos.")
    return done(url_for(".show", action_id=action_id))


# --- what it cost --------------------------------------------------------------------------------------------


def _unproved(action: Action) -> Refused | None:
    """Once it is decided, an expense moves what was given: whoever keeps the money proves who they are, as to decide."""
    return unproved() if queries.is_decided(action) and can(current_user, "partage.decider", action) else None


def _and_corrected(action: Action) -> str:
    return ", et les parts corrigées" if queries.is_decided(action) else ""


@bp.get("/action/<int:action_id>/depense", access="depense.noter")
def new(action_id: int) -> Any:
    action = _read(action_id, "depense.noter")
    return _form_page(action, DepenseForm(formdata=None, poles=house.poles()))


def _form_page(action: Action, form: DepenseForm, depense: Depense | None = None) -> Page:
    decide = queries.is_decided(action)
    return render("partage/depense.html", action=action, form=form, depense=depense, decide=decide, justificatifs=justificatifs)


@bp.post("/action/<int:action_id>/depense", access="depense.noter")
def note(action_id: int) -> Any:
    action, form = _read(action_id, "depense.noter"), DepenseForm(poles=house.poles())
    if asked := _unproved(action):
        return asked
    raw = attached()
    try:
        recu = commands.received(raw, by=me()) if raw else None
        action = _read(action_id, "depense.noter")  # as it now is
        if not form.validate():
            return refused(422, lambda: _form_page(_read(action_id), _again(file=bool(raw))))
        commands.note(action, by=me(), recu=recu, cle=(form.cle.data or "")[:64], **form.fields)
    except Refusal as refusal:
        said = refusal
        return refused(said.status, lambda: _form_page(_read(action_id), _again(said.sentence, file=bool(raw))))
    toast(f"Dépense notée{_and_corrected(action)}.")
    return done(url_for(".show", action_id=action_id, _anchor="depenses"))


def _again(sentence: str = "", *, file: bool = False) -> DepenseForm:
    form = DepenseForm(poles=house.poles())
    form.validate()
    if sentence or file:
        form.form_errors.append(sentence + CHOOSE_AGAIN * file)
    return form


def _expense(id: int, right: str = "depense.modifier") -> Depense:
    return load(Depense, id, right)


@bp.get("/depenses/<int:id>", access="depense.modifier")
def read_expense(id: int) -> Any:
    depense = _expense(id)
    return _form_page(depense.action, DepenseForm.over(depense.sheet, poles=house.poles()), depense)


@bp.post("/depenses/<int:id>", access="depense.modifier")
def edit(id: int) -> Any:
    depense, form = _expense(id), DepenseForm(poles=house.poles())
    if asked := _unproved(depense.action):
        return asked
    action_id, raw = depense.action_id, attached()
    try:
        recu = commands.received(raw, by=me()) if raw else None
        depense = _expense(id)  # as it now is
        if not form.validate():
            return refused(422, lambda: _edited_again(id, file=bool(raw)))
        commands.edit(depense, by=me(), recu=recu, said=Typed(form.lu.data or "", form.fields))
    except Refusal as refusal:
        said = refusal
        return refused(said.status, lambda: _edited_again(id, said.sentence, file=bool(raw)))
    toast(f"Dépense enregistrée{_and_corrected(depense.action)}.")
    return done(url_for(".show", action_id=action_id, _anchor="depenses"))


def _edited_again(id: int, sentence: str = "", *, file: bool = False) -> Page:
    """Every word again, over the expense as it now is: what somebody else stored in the same field is beside it."""
    depense, typed = _expense(id), _again(sentence, file=file)
    form = typed if typed.errors and not sentence else DepenseForm.over(depense.sheet, typed, poles=house.poles())
    form.form_errors = typed.form_errors
    return _form_page(depense.action, form, depense)


@bp.post("/depenses/<int:id>/retirer", access="depense.modifier")
def remove(id: int) -> Any:
    depense = _expense(id)
    if asked := _unproved(depense.action):
        return asked
    onward = url_for(".show", action_id=depense.action_id, _anchor="depenses")
    commands.remove(depense, by=me())
    toast(f"Dépense retirée{_and_corrected(depense.action)}.")
    return done(onward)


@bp.get("/depenses/<int:id>/justificatif", access="depense.voir")
def receipt(id: int) -> Any:
    """Always as a file, never shown by the browser: it came from somebody's phone."""
    found = _expense(id, "depense.voir").justificatif or abort(404)
    response: Response = as_file(found.contenu, found.mime, f"justificatif-{id}.{justificatifs.ENDINGS[found.mime]}")
    response.headers["Cache-Control"] = "private, no-store"
    return response
