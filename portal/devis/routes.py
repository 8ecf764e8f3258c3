"""The devis on the team's side: its tab in the action, the page where it is built, and what leaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import abort, request, url_for
from flask_login import current_user

from portal import clock, reglage
from portal.actions import queries as actions
from portal.actions.models import Action
from portal.actions.processus import confirmer_sans_devis
from portal.besoins import queries as besoins
from portal.devis import accords, chiffrage, commands, document, ecarts, envoi, papier, queries
from portal.devis import catalogue as catalogue  # its pages join the blueprint
from portal.devis import lignes as lignes  # these too
from portal.devis import liste as liste
from portal.devis import reponses as reponses
from portal.devis.forms import NumbersForm
from portal.devis.lien import as_pdf, bp
from portal.devis.models import Devis, LigneDevis
from portal.devis.saisie import Saisie
from portal.poles import queries as house
from portal.poles.models import Pole, named
from portal.policy import can, load
from portal.web import Page, done, me, refused, render, toast, wants_fragment
from portal.workflow import Refusal

WRONG = "Quelque chose n’est pas compris\u00a0: c’est signalé à côté. Rien n’est encore enregistré."

# --- the tab of an action ------------------------------------------------------------------------------------


@bp.get("/action/<int:action_id>", access="devis.voir")
def of_action(action_id: int) -> Any:
    action = load(Action, action_id, "devis.voir", actions.SHEET)
    versions, ready = queries.of_action(action), action.etat in envoi.READY
    return render("devis/action.html", action=action, versions=versions, ready=ready, sans_devis=confirmer_sans_devis)


@bp.post("/action/<int:action_id>/preparer", access="devis.preparer")
def prepare(action_id: int) -> Any:
    devis = commands.draft(load(Action, action_id, "devis.preparer", actions.SHEET), by=me())
    return done(url_for(".show", id=devis.id))


# --- reading it ----------------------------------------------------------------------------------------------


@bp.get("/<int:id>", access="devis.voir")
def show(id: int) -> Any:
    return _shown(_read(id))


def _shown(devis: Devis) -> Page:
    return _editor(Saisie.stored(devis)) if _is_built_by_me(devis) else _reading(devis)


def _is_built_by_me(devis: Devis) -> bool:
    return devis.is_draft and not devis.action.is_over and can(current_user, "devis.modifier", devis)


def _read(id: int, right: str = "devis.voir") -> Devis:
    """With its lines; what was frozen is read when it is shown: a draft has nothing of it."""
    return load(Devis, id, right, queries.AT_ONCE)


def _reading(devis: Devis, status: int = 200, **said: Any) -> Page:
    """As its demandeur reads it, and beside it what the house foresees. `said`: a sentence, and words that were not kept."""
    context = _counted(devis, [line.compte for line in devis.lignes]) | _answered(devis)
    context |= {"contenu": _content(devis), "accords": queries.accords_of(devis)}
    context |= {"answerable": accords.is_answerable(devis, me()), "changement": queries.change_asked(devis)}
    context |= {"moved_to": papier.moved_to(devis)}
    blank: dict[str, Any] = {"sentence": "", "unsaved": [], "on": 0, "mot": ""}
    return render("devis/lire.html", status=status, devis=devis, action=devis.action, **context, **(blank | said))


def _content(devis: Devis) -> dict[str, Any]:
    """What it says: frozen, or as a draft would leave now."""
    return devis.contenu or papier.content(devis, clock.now())


def _answered(devis: Devis) -> dict[str, Any]:
    """Of a draft: the pôles of the reader that have lines in it, and whether they may approve its discount."""
    mine = {pole.id for pole in house.poles_of(me())} if devis.is_draft and me().is_pole_member else set()
    found = {line.pole.id: line.pole for line in devis.lignes if line.pole and line.pole.id in mine}
    return {"mine": list(found.values()), "approves": devis.is_draft and _approves(devis)}


def _approves(devis: Devis) -> bool:
    granted = devis.remise_par_id in {None, current_user.id}
    return not granted and envoi.needs_approval(devis) and can(current_user, "devis.approuver", devis)


@bp.get("/<int:id>/changements", access="devis.voir")
def changes(id: int) -> Any:
    """What this version changes of the one before it, line by line."""
    devis = _read(id)
    before = queries.before(devis) or abort(404)
    found = ecarts.between(_content(before), _content(devis))
    return render("devis/changements.html", devis=devis, before=before, action=devis.action, ecarts=found)


@bp.get("/<int:id>.pdf", access="devis.voir")
def paper(id: int) -> Any:
    """What left; of a draft, what would leave now."""
    devis = _read(id)
    return as_pdf(devis.pdf or document.pdf(_content(devis) | {"brouillon": True}), devis)


# --- building it ---------------------------------------------------------------------------------------------


def _editor(page: Saisie, status: int = 200, **said: Any) -> Page:
    """`said`: why something did not pass."""
    devis = page.devis
    context = _counted(devis, [line.compte for line in devis.lignes]) | _answered(devis)
    left, unpriced = envoi.obstacles(devis), envoi.unpriced(devis)
    context |= {"left": left, "unpriced": unpriced, "waiting": envoi.awaited(devis), "out_of_range": envoi.out_of_range}
    context |= {"unanswered": besoins.unanswered_of(devis.action)}
    context |= {"forceable": bool(left) and isinstance(left[0], envoi.Unconfirmed)}
    blank: dict[str, Any] = {"sentence": "", "on": 0, "mot": "", "force": ""}
    return render("devis/editer.html", status=status, page=page, devis=devis, action=devis.action, **context, **(blank | said))


def _counted(devis: Devis, lines: list[chiffrage.Ligne]) -> dict[str, Any]:
    """What these lines come to, for the demandeur and for the house."""
    taxed = reglage.PROFIL.valeur is reglage.Profil.ASSUJETTIE
    return {
        "sums": chiffrage.totaux(lines, taxed=taxed),
        "taxed": taxed,
        "foreseen": chiffrage.prevision(lines, commun=reglage.PART_COMMUN.valeur),
        "poles": {line.pole_id: line.pole for line in devis.lignes},
        "comprises": {line.id for line in devis.lignes if line.comprise},
        "montants": {line.id: counted.montant for line, counted in zip(devis.lignes, lines, strict=True)},
    }


@bp.post("/<int:id>/calcul", access="devis.modifier")
def count(id: int) -> Any:
    """The totals of what is being typed, into a page that is open; nothing is stored."""
    if not wants_fragment():
        return done(url_for(".show", id=_read(id, "devis.modifier").id))
    return refused(200, lambda: _count(id))  # only looked at: no write lock is held, no kept page is made anew


def _count(id: int) -> Page:
    """A number that is not understood counts as it was."""
    devis = _read(id, "devis.modifier")
    forms = [(line, NumbersForm.sent(line.id)) for line in devis.lignes]
    wrong = [form for _, form in forms if form and not form.validate()]
    counted = _counted(devis, [_as_typed(line, form) for line, form in forms])
    return render(
        "devis/editer.html", ("totaux", "maison", "montants", "total"), devis=devis, typed=True, wrong=bool(wrong), **counted
    )


def _as_typed(line: LigneDevis, form: NumbersForm | None) -> chiffrage.Ligne:
    if form is None or form.errors:
        return line.compte
    return replace(line.compte, **{name: form.fields[name] for name in ("quantite", "prix", "remise")})


def _build(id: int, step: Callable[[Devis], str], *, right: str = "devis.modifier", part: str = "") -> Any:
    """Keep all that was typed in the page, then take the step, which says where one goes on: all of it or nothing."""
    devis = _read(id, right)
    page = Saisie.typed(devis, part)
    if not page.validate():
        return refused(422, lambda: _unsaved(id, WRONG, part))
    try:
        if right == "devis.envoyer" and "tout" in request.form:
            envoi.check_read(devis, request.form["tout"])
        page.keep(by=me())
        onward = step(devis)
    except Refusal as refusal:
        said = refusal
        return refused(said.status, lambda: _unsaved(id, said.sentence, part))
    return done(onward)


def _at(devis: Devis, anchor: str | None = None) -> str:
    return url_for(".show", id=devis.id, _anchor=anchor)


def _unsaved(id: int, sentence: str, part: str = "") -> Page:
    """The page of the devis as it now is, with every word that was typed, and why it did not pass."""
    devis = _read(id)
    page = Saisie.typed(devis, part)
    page.validate()
    if not _is_built_by_me(devis):
        return _reading(devis, sentence=sentence, unsaved=[*page.unsaved, *filter(None, [_force()])])
    lost = [f"Ligne retirée\u00a0: {words}" for words in page.lost]
    return _editor(page.rebased(), sentence=sentence, lost=lost, force=_force())


def _force() -> str:
    return request.form.get("force", "")[:500].strip()


@bp.post("/<int:id>/<any(lignes, ajouter, remise, entete):part>", access="devis.modifier")
def save(id: int, part: str) -> Any:
    """One page, one form: what each of its buttons sends is all of it, but that a button wants its own part."""

    def said(devis: Devis) -> str:
        toast("Devis enregistré.")
        return _at(devis, "ajouter" if part == "ajouter" else None)

    return _build(id, said, part=part)


@bp.post("/<int:id>/besoins", access="devis.modifier")
def take_needs(id: int) -> Any:
    def take(devis: Devis) -> str:
        many = commands.take_needs(devis, by=me())
        toast(f"{many} ligne{'s' if many > 1 else ''} de plus." if many else "Tous les besoins confirmés y sont déjà.")
        return _at(devis, "ajouter")

    return _build(id, take)


@bp.post("/<int:id>/ligne/ouvrir", access="devis.modifier")
def open_new_line(id: int) -> Any:
    """The page of a line to write, once what was typed here is kept."""
    return _build(id, lambda _devis: url_for(".new_line", id=id))


@bp.post("/<int:id>/lignes/<int:line_id>/ouvrir", access="devis.modifier")
def open_line(id: int, line_id: int) -> Any:
    return _build(id, lambda devis: url_for(".edit_line", id=id, line_id=_line(devis, line_id).id))


def _line(devis: Devis, line_id: int) -> LigneDevis:
    """Raises LineGone."""
    if line := commands.line_of(devis, line_id):
        return line
    raise commands.LineGone


@bp.post("/<int:id>/lignes/<int:line_id>/<any(monter, descendre):sens>", access="devis.modifier")
def move_line(id: int, line_id: int, sens: str) -> Any:
    def move(devis: Devis) -> str:
        commands.move(_line(devis, line_id), by=me(), up=sens == "monter")
        at = _line(devis, line_id).rang
        way = "descendre" if at == 1 else "monter" if at == len(devis.lignes) else sens
        return _at(devis, f"{way}-{line_id}")  # the button under the finger, or the only one that is left

    return _build(id, move)


@bp.post("/<int:id>/lignes/<int:line_id>/retirer", access="devis.modifier")
def remove_line(id: int, line_id: int) -> Any:
    def remove(devis: Devis) -> str:
        line = _line(devis, line_id)
        toast(f"«\u00a0{line.libelle}\u00a0» est retirée.")
        commands.remove(line, by=me())
        return _at(devis, "lignes")

    return _build(id, remove)


# --- before it leaves ----------------------------------------------------------------------------------------


@bp.post("/<int:id>/demander", access="devis.modifier")
def ask_poles(id: int) -> Any:
    def ask(devis: Devis) -> str:
        asked = envoi.ask_poles(devis, by=me())
        toast(f"Demandé\u00a0: {named(asked)}." if asked else "Tous les pôles ont déjà confirmé.")
        return _at(devis, "envoi")

    return _build(id, ask)


@bp.post("/<int:id>/envoyer", access="devis.envoyer", preview=True)
def send(id: int) -> Any:
    def leave(devis: Devis) -> str:
        envoi.send(devis, by=me(), force=_force())
        toast("Devis envoyé.")
        return _at(devis)

    return _build(id, leave, right="devis.envoyer")


@bp.post("/<int:id>/approuver", access="devis.approuver")
def approve(id: int) -> Any:
    read = request.form.get("lu")
    return _answer(id, lambda devis: envoi.approve(devis, by=me(), read=read), "Remise approuvée.", right="devis.approuver")


@bp.post("/<int:id>/confirmer_lignes/<int:pole_id>", access="devis.confirmer_lignes")
def confirm_lines(id: int, pole_id: int) -> Any:
    pole = load(Pole, pole_id, "devis.confirmer_lignes")
    words = f"C’est confirmé pour le {pole.nomme}."
    return _answer(id, lambda devis: envoi.confirm_lines(devis, pole, by=me(), read=request.form.get("lu")), words, on=pole_id)


@bp.post("/<int:id>/reserver/<int:pole_id>", access="devis.confirmer_lignes")
def object_to(id: int, pole_id: int) -> Any:
    pole, mot = load(Pole, pole_id, "devis.confirmer_lignes"), request.form.get("mot", "")[:500]
    words = "C’est dit à la personne qui monte l’action."
    read = request.form.get("lu")
    return _answer(id, lambda devis: envoi.object_to(devis, pole, by=me(), mot=mot, read=read), words, on=pole_id)


def _answer(id: int, answer: Callable[[Devis], None], words: str, *, right: str = "devis.voir", on: int = 0) -> Any:
    """What somebody else than who builds it says of it; `on` is the pôle for which they speak."""
    devis = _read(id, right)
    try:
        answer(devis)
    except Refusal as refusal:
        said: dict[str, Any] = {"sentence": refusal.sentence, "on": on, "mot": request.form.get("mot", "")[:500]}
        return refused(refusal.status, lambda: _told(_read(id), **said))
    toast(words)
    return done(url_for(".show", id=id, _anchor="nos-lignes" if on else None))


def _told(devis: Devis, **said: Any) -> Page:
    return _editor(Saisie.stored(devis), **said) if _is_built_by_me(devis) else _reading(devis, **said)
