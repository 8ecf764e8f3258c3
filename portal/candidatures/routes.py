"""Applying, following one's candidature, and the bienveillant's queue."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import urlencode

from flask import abort, request, url_for
from flask_login import current_user

from portal.candidatures import attente, commands, depot, queries, suivi
from portal.candidatures.forms import MOTIFS, CandidatureForm, CorrectionForm, DecisionForm, LeaveForm, LinksForm
from portal.candidatures.models import (
    DECISIONS,
    WORKFLOW,
    Candidature,
    Etat,
    annuler,
    autoriser,
    demander_statut,
    liberer,
)
from portal.comptes import consultations
from portal.comptes.commands import AccountClosed
from portal.comptes.forms import StatutForm
from portal.comptes.models import Vue
from portal.fields import row_id
from portal.missions import commands as missions
from portal.missions import creneau, mineurs, prise
from portal.missions import queries as missions_queries
from portal.missions.models import Mission, Nature
from portal.policy import can, load, load_locked
from portal.reglage import AGE_AUTORISATION, AGE_MINIMUM, GARDES
from portal.web import GuardedBlueprint, Page, Refused, done, me, page_number, refused, render, toast, wants_fragment
from portal.workflow import Refusal

bp = GuardedBlueprint("candidatures", __name__, url_prefix="/candidatures")
LEFT = {
    "retirer": "Ta candidature est retirée.",
    "desister": "C’est noté, l’équipe est prévenue. Merci de l’avoir dit.",
    "laisser_place": "C’est noté\u00a0: la place va à la personne suivante. Merci de l’avoir dit.",
}
TAKING = (
    attente.OfferOver,
    attente.TakenElsewhere,
    attente.StatutFirst,
    attente.AutorisationFirst,
    mineurs.AdultsOnly,
)  # said on the candidate's own page
WARNED = commands.Clash | commands.Mixed | commands.StatutMissing | missions.MissionFull  # said on the row itself


# --- applying ------------------------------------------------------------------------------------------------


@bp.get("/deposer/<int:mission_id>", access="candidature.deposer")
def deposer(mission_id: int) -> Any:
    mission = load(Mission, mission_id, "mission.voir")
    form = CandidatureForm(formdata=None, obj=me() if current_user.is_authenticated else None)
    form.keep_what_suits(mission)
    form.attente.data = mission.is_full
    form.prepare()
    return _form_page(mission, form)


@bp.post("/deposer/<int:mission_id>", access="candidature.deposer", limit="candidature")
def apply(mission_id: int) -> Any:
    form = CandidatureForm()
    complete = form.validate()  # before anything is read, since reading takes SQLite's write lock
    mission = load_locked(Mission, mission_id, "mission.voir")
    form.keep_what_suits(mission)
    if mission.nature is Nature.REFERENT and can(current_user, "mission.prendre", mission):
        missions.take(mission, by=me())
        prise.say(prise.TAKEN, mission, me())
        return done(url_for("missions.show", id=mission.id))
    if not complete:
        return _again(mission, form, 422)
    if form.trapped:
        return _again(mission, form, 422, "Tout est là\u00a0: relis, puis envoie encore une fois.")
    try:
        by = me() if current_user.is_authenticated else None
        candidature = depot.apply(mission, form.demande, waiting_list=form.attente.data, by=by)
    except (depot.FilledUp, depot.PhaseClosed) as refusal:
        form.attente.data = isinstance(refusal, depot.FilledUp)
        return _again(mission, form, refusal.status, refusal.sentence)
    except (mineurs.AdultsOnly, mineurs.TooYoung, mineurs.PlaceGiven) as refusal:
        return _again(mission, form, refusal.status, refusal.sentence)
    if by and any(other is not candidature for other in queries.sent_to(mission, by)):
        toast(
            "Tu avais déjà candidaté à cette mission\u00a0: celle-ci s’y ajoute. Retires-en une, depuis «\u00a0Moi\u00a0».",
            "attention",
        )
    return done(url_for(".suivi", jeton=suivi.page_token(candidature)))


def _again(mission: Mission, form: CandidatureForm, status: int, sentence: str = "") -> Page:
    """The same form, every word kept."""
    if sentence:
        form.form_errors.append(sentence)
    form.prepare(again=True)
    return _form_page(mission, form, status)


def _form_page(mission: Mission, form: CandidatureForm, status: int = 200) -> Page:
    by = me() if current_user.is_authenticated else None
    clashes = missions_queries.known_clashes(by, mission) if by else []
    return render(
        "candidatures/deposer.html",
        status=status,
        mission=mission,
        form=form,
        clashes=clashes,
        sent=bool(by and queries.sent_to(mission, by)),
        gardes=GARDES,
        age_minimum=AGE_MINIMUM,
        age_autorisation=AGE_AUTORISATION,
    )


# --- the candidate's own page --------------------------------------------------------------------------------


@bp.get("/suivi/<jeton>", access="public", endpoint="suivi")
def follow(jeton: str) -> Any:
    candidature, proves = suivi.followed(jeton)
    return suivi.page(candidature, jeton, proves)


@bp.post("/suivi/<jeton>/corriger", access="public", limit="suivi")
def corriger(jeton: str) -> Any:
    candidature, proves = suivi.acting(jeton)
    form = CorrectionForm.of(candidature)
    if not form.validate():
        return suivi.page(candidature, jeton, proves, 422, form=form)
    try:
        depot.edit(candidature, **form.fields)
    except mineurs.PlaceGiven as refusal:
        form.form_errors.append(refusal.sentence)
        return suivi.page(candidature, jeton, proves, refusal.status, form=form)
    return _followed_on(candidature, jeton, proves, "C’est corrigé.")


@bp.post("/suivi/<jeton>/statut", access="public", limit="suivi")
def declare(jeton: str) -> Any:
    candidature, proves = suivi.acting(jeton)
    statut = StatutForm()
    if not statut.validate():
        return suivi.page(candidature, jeton, proves, 422, statut=statut)
    assert statut.situation
    depot.declare(candidature, statut.situation)
    return _followed_on(candidature, jeton, proves, "C’est noté, merci.")


@bp.post("/suivi/<jeton>/confirmer", access="public", limit="suivi")
def confirmer(jeton: str) -> Any:
    candidature, proves = suivi.followed(jeton)
    if proves:
        depot.join(candidature)
        toast("Merci, ton adresse est confirmée.")
    return done(url_for(".suivi", jeton=jeton))


@bp.post("/suivi/<jeton>/<any(retirer, desister, laisser_place):slug>", access="public", limit="suivi")
def leave(jeton: str, slug: str) -> Any:
    candidature, proves = suivi.acting(jeton)
    commands.leave(candidature, motif=LeaveForm().reason)
    return _followed_on(candidature, jeton, proves, LEFT[slug])


@bp.post("/suivi/<jeton>/prendre_place", access="public", limit="suivi")
def take_place(jeton: str) -> Any:
    candidature, proves = suivi.acting(jeton)
    if proves:
        depot.join(candidature)  # first: what else this person holds at that hour is known then
    try:
        attente.take_place(candidature, despite_clash="malgre_chevauchement" in request.form)
    except TAKING as refusal:
        said = refusal
        return refused(said.status, lambda: suivi.again(jeton, said))
    toast("C’est oui : la place est à toi.")
    return done(url_for(".suivi", jeton=jeton))


@bp.post("/suivi/<jeton>/revenir", access="public", limit="suivi")
def come_back(jeton: str) -> Any:
    candidature, proves = suivi.acting(jeton)
    attente.come_back(candidature)
    return _followed_on(candidature, jeton, proves, "Te revoilà dans la liste d’attente.")


@bp.post("/suivi/<jeton>/confirmer_creneau", access="public", limit="suivi")
def confirm_slot(jeton: str) -> Any:
    candidature, proves = suivi.acting(jeton)
    creneau.confirm(missions_queries.active_of(candidature.mission, candidature.personne), by=candidature.personne)
    return _followed_on(candidature, jeton, proves, "Merci : on compte sur toi au nouveau créneau.")


def _followed_on(candidature: Candidature, jeton: str, proves: bool, said: str) -> Any:
    if proves:
        with suppress(AccountClosed):  # one may always correct and step back, even when the account is closed
            depot.join(candidature)
    toast(said)
    return done(url_for(".suivi", jeton=jeton))


# --- links found again -----------------------------------------------------------------------------------------


@bp.get("/retrouver", access="public")
def find_links() -> Any:
    return render("candidatures/retrouver.html", form=LinksForm(formdata=None))


@bp.post("/retrouver", access="public", limit="lien")
def send_links() -> Any:
    form = LinksForm()
    if not form.validate():
        return render("candidatures/retrouver.html", status=422, form=form)
    depot.send_links(form.email.data)
    return done(url_for(".links_sent"))


@bp.get("/retrouver/envoyes", access="public")
def links_sent() -> Any:
    return render("candidatures/retrouver_envoyes.html")


# --- the queue -----------------------------------------------------------------------------------------------


def _queue_page(rows: Sequence[queries.Row] = (), refus: Mapping[int, str] | None = None) -> Page:
    """The queue, these rows among the others, and why some were refused."""
    etat, action, mission = _filters()
    read = partial(queries.queue, me(), etat=etat, action=action, mission=mission)
    leaf = read(number=page_number())
    if leaf.is_beyond and request.method == "POST":  # what was on it was answered
        leaf = read(number=leaf.pages)
    if rows:
        known = {row.id for row in rows}
        leaf.items[:] = queries.arranged([*rows, *(r for r in leaf.items if r.id not in known)], etat)
    return render(
        "candidatures/file.html",
        ("file", "compteurs"),
        leaf=replace(leaf, path=url_for(".index")),
        etat=etat,
        answers=any(can(current_user, "candidature.accepter", row.candidature) for row in leaf.items),
        kept_back=queries.kept_back_count(me()) if me().repond_plus_tard else 0,
        asked=_asked,
        refus=refus or {},
        **_around(leaf.items, leaf.total if etat is Etat.DEPOSEE else None),
    )


def _around(rows: Sequence[queries.Row], waiting: int | None = None) -> dict[str, Any]:
    """What the rows that are shown are drawn with, and how many wait; whose number is read there is written down."""
    _, action, mission = _filters()
    shown = (row.candidature for row in rows)
    consultations.write({c.personne_id for c in shown if c.mineur and not c.is_noted}, Vue.CANDIDATURES, by=me())
    return {
        "ici": _here(action, mission),
        "reads_all": queries.reads_all(me()),
        "waiting": queries.waiting_count(me(), action=action, mission=mission) if waiting is None else waiting,
        "motifs": MOTIFS,
        "suite": _suite(),
    }


def _filters() -> tuple[Etat | None, int | None, int | None]:
    """The state, the action and the mission that the queue is narrowed to; None: all of them."""
    asked = request.args.get("etat", "")
    etat = None if asked == "toutes" else next((e for e in Etat if e == asked), Etat.DEPOSEE)
    return etat, row_id(request.args.get("action")), row_id(request.args.get("mission"))


def _here(action: int | None, mission: int | None) -> str:
    """What the queue is filtered by, as the sentence that counts it ends; nothing when it is not. Its readers see them all."""
    if not (action or mission):
        return ""
    asked = queries.asked_about(action, mission)
    return f" pour «\u00a0{asked.titre}\u00a0»" if asked else " ici"


@bp.get("/", access="candidature.lister")
def index() -> Any:
    return _queue_page()


@bp.post("/lot", access="candidature.lister")
def decide_all() -> Any:
    transition = next((t for t in DECISIONS if t.slug == request.form.get("decision")), None) or abort(404)
    form = DecisionForm()
    wanted = [int(i) for i in request.form.getlist("id") if re.fullmatch(r"[1-9][0-9]{0,8}", i)][:100]
    if not form.validate() or not wanted:
        sentence = next(iter(e for errors in form.errors.values() for e in errors), "Coche d’abord des candidatures.")
        toast(sentence, "attention")
        return done(_back(), _queue_page)
    if transition.needs_motif and not form.motif.data:
        toast("Choisis d’abord la raison du refus.", "attention")
        return done(_back(), _queue_page)
    # The right is asked row by row, the state by the command: a row that moved meanwhile answers for itself.
    chosen = [load(Candidature, id, transition.key, queries.WITH_MISSION) for id in dict.fromkeys(wanted)]
    outcomes = commands.decide_all(chosen, transition, by=me(), motif=form.motif.data, mot=form.mot.data)
    toast(_sum_up(outcomes, transition.done), "bon" if all(o.refusal is None for o in outcomes) else "attention")
    refus = {o.candidature.id: o.refusal.sentence for o in outcomes if o.refusal}
    return done(_back(), lambda: _queue_page(queries.rows_of([o.candidature for o in outcomes]), refus))


def _sum_up(outcomes: list[commands.Outcome], word: str) -> str:
    """ "9 acceptées, 2 non : complet, chevauchement"."""
    refused = [o.refusal.short for o in outcomes if o.refusal]
    good = len(outcomes) - len(refused)
    plural = "s" if good > 1 and not word.endswith("s") and " " not in word else ""
    said = f"{good} {word}{plural}"
    return f"{said}, {len(refused)} non\u00a0: {', '.join(dict.fromkeys(refused))}" if refused else said


def _back() -> str:
    return url_for(".index") + _suite()


def _suite() -> str:
    """What a gesture of the queue carries along: the filters, as the end of its address."""
    return f"?{urlencode(asked)}" if (asked := _asked()) else ""


def _asked(**changes: Any) -> dict[str, Any]:
    """The queue's filters as the URL has them; any other parameter is dropped."""
    return {k: v for k, v in request.args.items() if k in ("etat", "action", "mission", "page")} | changes


@bp.post("/<int:id>/demander_statut", access="candidature.lister")
def ask_statut(id: int) -> Any:
    candidature = load(Candidature, id, demander_statut.key, queries.WITH_MISSION)
    depot.ask_statut(candidature, by=me())
    toast(f"{candidature.personne.prenom} reçoit un e-mail avec le lien pour le dire.")
    return done(_back(), lambda: _row_page(candidature))


@bp.post("/<int:id>/<any(autoriser, desautoriser):slug>", access="candidature.lister")
def authorise(id: int, slug: str) -> Any:
    candidature = load(Candidature, id, autoriser.key, queries.WITH_MISSION)
    received = slug == autoriser.slug
    commands.authorise(candidature, received, by=me())
    toast("C’est noté\u00a0: l’autorisation est reçue." if received else "C’est noté\u00a0: l’autorisation n’est pas reçue.")
    return done(_back(), lambda: _row_page(candidature))


@bp.post("/<int:id>/<any(retirer, desister):slug>", access="moi.voir")
def leave_mine(id: int, slug: str) -> Any:
    candidature = load(Candidature, id, f"candidature.{slug}", queries.WITH_MISSION)  # whatever they were told by now
    commands.leave(candidature, motif=LeaveForm().reason)
    toast("C’est noté, l’équipe est prévenue.")
    return done(url_for("moi.index"))


@bp.post("/<int:id>/<slug>", access="moi.voir", preview=True)
def decide(id: int, slug: str) -> Any:
    transition = WORKFLOW.get(slug) or abort(404)
    candidature = load(Candidature, id, transition, queries.WITH_MISSION)
    form = DecisionForm()
    if not form.validate():
        return _refused_row(candidature, 422, next(e for errors in form.errors.values() for e in errors))
    try:
        _act(candidature, transition, form)
    except Refusal as refusal:
        if not isinstance(refusal, WARNED) and refusal.status != 422:
            raise
        return _refused_row(candidature, refusal.status, refusal.sentence)
    if not wants_fragment():  # with htmx the row itself says so, and offers to take it back
        undo = (f"/candidatures/{id}/{annuler.slug}{_suite()}", annuler.label) if transition in DECISIONS else None
        toast(f"{candidature.personne.nom} : {transition.done}.", undo=undo)
    return done(_back(), lambda: _row_page(candidature))


def _act(candidature: Candidature, transition: Any, form: DecisionForm) -> None:
    if transition is annuler:
        commands.undo(candidature, by=me())
    elif transition is liberer:
        commands.free(candidature, by=me(), motif=form.motif.data)
    else:
        commands.decide(
            candidature,
            transition,
            by=me(),
            motif=form.motif.data,
            mot=form.mot.data,
            despite_clash=form.malgre_chevauchement.data,
            despite_mix=form.malgre_melange.data,
        )


def _refused_row(candidature: Candidature, status: int, sentence: str) -> Refused:
    if status == 409 and wants_fragment():
        status = 422  # htmx shows a 409 as a toast; this row says itself why, and what can still be done
    return refused(status, lambda: _row_page(candidature, sentence))


def _row_page(candidature: Candidature, sentence: str = "") -> Page:
    """Only the row and the counters; without htmx, the queue with that row's refusal in place."""
    row = queries.rows_of([candidature])[0]
    refus = {candidature.id: sentence} if sentence else {}
    if not wants_fragment():
        return _queue_page([row], refus)
    return render("candidatures/file.html", ("rangee", "compteurs"), row=row, refus=refus, **_around([row]))
