"""Money, roles, exports and passwords want to know again who is there: the proof is given, and what was being sent goes on."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, request, session

from portal.comptes import cles, entree, second
from portal.comptes.forms import ProofForm
from portal.web import LOCAL_PATH, PROOF, GuardedBlueprint, Page, Refused, me, prover, refused, render
from portal.workflow import Refusal

bp = GuardedBlueprint("preuve", __name__, url_prefix="/preuve")


@prover
def ask() -> Refused:
    form = ProofForm(formdata=None)
    form.preuve_vers.data = request.full_path.rstrip("?")
    return refused(403, lambda: _page(form))


def _page(form: ProofForm, *, sent: bool = False) -> Page:
    """The fields that wait are given back hidden, all but those of the proof itself."""
    kept = [(name, value) for name, value in request.form.items(multi=True) if name not in (*PROOF, "csrf_token")]
    files = any(file.filename for file in request.files.values())  # which no hidden field can keep
    shown: dict[str, Any] = {"envoye": sent, "fichier": files, "cle": cles.has_any(me())}
    return render("comptes/preuve.html", form=form, fields=kept, **shown)


def _asked() -> ProofForm:
    """The proof that was sent; 404 when what waits for it is no address of ours."""
    form = ProofForm()
    return form if LOCAL_PATH.fullmatch(form.preuve_vers.data or "") else abort(404)


@bp.post("", access="moi.voir", limit="preuve")
def give() -> Any:
    """307: the browser sends the same fields on, to where they were going."""
    form = _asked()
    coded = bool(me().double_le or form.preuve_code.data)
    try:
        _prove(form)
    except cles.WrongKey as refusal:
        form.form_errors.append(refusal.sentence)
        return refused(422, lambda: _page(form))
    except Refusal as refusal:
        (form.preuve_code if coded else form.preuve_passe).errors = [refusal.sentence]
        return refused(422, lambda: _page(form, sent=coded))
    return Response(status=307, headers={"Location": form.preuve_vers.data})


def _prove(form: ProofForm) -> None:
    """By a passkey; by the application's code for whoever has one, as no password opens without it; else by the mailed code,
    or by the password.
    """
    who, code = me(), form.preuve_code.data
    if "preuve_cle" in request.form:
        entree.mark_proved(who, cles.use(request.form["preuve_cle"], session.pop("defi", ""), of=who))
    elif who.double_le:
        second.prove(who, code or "")
        entree.mark_proved(who)
    elif code:
        entree.prove_by_code(who, int(session.get("jeton") or 0), code.replace(" ", ""))
    else:
        entree.prove_by_password(who, form.preuve_passe.data or "")


@bp.post("/code", access="moi.voir", limit="lien")
def send_code() -> Any:
    """For whoever has no password, or forgot it."""
    form = _asked()
    session["jeton"] = entree.ask_link(me().email, suite="/", by_owner=True).id
    return _page(form, sent=True)
