"""What keeps my account mine: where it is open, and the application that makes a code besides the password."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, current_app, url_for
from markupsafe import Markup

from portal import reglage
from portal.comptes import entree, second, totp
from portal.comptes import queries as comptes
from portal.comptes.forms import SecondForm
from portal.comptes.models import SecondFacteur
from portal.policy import can
from portal.security import fingerprint
from portal.web import GuardedBlueprint, Page, done, me, refused, render, toast

bp = GuardedBlueprint("securite", __name__, url_prefix="/securite")


def is_wanted() -> bool:
    """Whether I administer the portal without the application that this portal wants of its admins."""
    wanted = current_app.config["PORTAL"].admin_second_factor
    return bool(wanted and can(me(), "reglages.voir") and not me().double_le)


@bp.get("", access="moi.voir")
def index() -> Any:
    return _page(SecondForm(formdata=None))


def _page(form: SecondForm) -> Page:
    devices, here = comptes.sessions_of(me()), fingerprint(me().session_token)
    left = second.left(me()) if me().double_le else 0
    return render("moi/securite.html", appareils=devices, ici=here, form=form, restent=left, voulue=is_wanted())


# --- where it is open ----------------------------------------------------------------------------------------


@bp.post("/appareils/<int:id>/deconnecter", access="moi.voir")
def sign_out(id: int) -> Any:
    """404 for a device of somebody else's, as for one that is not there."""
    if not entree.sign_out(me(), id):
        abort(404)
    toast("Cet appareil est déconnecté.")
    return done(url_for(".index"))


@bp.post("/appareils/deconnecter", access="moi.voir")
def sign_others_out() -> Any:
    entree.sign_out(me())
    toast("Tous tes autres appareils sont déconnectés.")
    return done(url_for(".index"))


# --- the application that makes codes ------------------------------------------------------------------------


@bp.post("/application", access="moi.voir", fresh=True)
def prepare() -> Any:
    second.prepare(me(), by=me())
    return done(url_for(".application"))


@bp.get("/application", access="moi.voir")
def application() -> Any:
    found = second.waiting(me())
    return _setting_up(found, SecondForm(formdata=None)) if found else done(url_for(".index"))


@bp.post("/application/confirmer", access="moi.voir", fresh=True)
def confirm() -> Any:
    return _recovery(second.confirm, _again)


def _recovery(codes: Callable[..., list[str]], again: Callable[[SecondForm], Page]) -> Any:
    """The recovery codes, shown once, for the right code; else the page again."""
    form = SecondForm()
    if form.validate():
        try:
            return render("moi/secours.html", codes=codes(me(), form.code.data, by=me()))
        except second.WrongCode as refusal:
            form.code.errors = [refusal.sentence]
    return refused(422, lambda: again(form))


def _again(form: SecondForm) -> Page:
    found = second.waiting(me())
    return _setting_up(found, form) if found else _page(form)


def _setting_up(found: SecondFacteur, form: SecondForm) -> Page:
    address = totp.address(found.secret, me().email, reglage.maison())
    letters = " ".join(found.secret[n : n + 4] for n in range(0, len(found.secret), 4))
    return render("moi/application.html", qr=_drawn(address), adresse=address, lettres=letters, form=form)


def _drawn(address: str) -> Markup:
    import segno  # imported when it is first wanted: few pages draw

    drawn = segno.make(address, error="m", micro=False)
    title = "QR code à scanner avec ton application"
    return Markup(drawn.svg_inline(border=4, dark="#000", light="#fff", omitsize=True, title=title))  # noqa: S704


@bp.post("/application/codes", access="moi.voir", limit="connexion")
def renew_codes() -> Any:
    return _recovery(second.renew_codes, _page)


@bp.post("/application/retirer", access="moi.voir", limit="connexion")
def remove() -> Any:
    form = SecondForm()
    if form.validate():
        try:
            second.remove(me(), form.code.data, by=me())
        except second.WrongCode as refusal:
            form.code.errors = [refusal.sentence]
        else:
            toast("Aucun code ne t’est plus demandé.")
            return done(url_for(".index"))
    return refused(422, lambda: _page(form))
