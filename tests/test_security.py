"""The portal's skin: headers on every answer, hosts, personal links, keys, limits, proxies."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from werkzeug.exceptions import TooManyRequests

from portal import assets, clock, security
from portal.actions.suivi import page_token
from portal.candidatures.suivi import page_token as candidature_token
from portal.comptes import entree
from portal.comptes.models import Personne
from portal.db import db
from portal.devis import lien
from portal.security import LIMITS, seal, unseal
from tests import builders, workshop

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)
NEW, OLD = "une clé toute neuve pour signer la suite des liens", "une clé qui ne sert que dans les tests du portail"
PASSWORD = "trois mots au hasard"


# --- headers ---------------------------------------------------------------------------------------------------


KEPT_BY_NOBODY, ASKED_AGAIN = "no-store", "no-cache"
POLICY = "camera=(), geolocation=(), microphone=()"


def every_kind_of_answer(client, ada, zoe, devis):
    """(status, type, Cache-Control, answer): one of each kind that the portal gives."""
    listing = client.get("/missions/")
    html = "text/html; charset=utf-8"
    yield 200, html, ASKED_AGAIN, listing
    yield 304, None, ASKED_AGAIN, client.get("/missions/", headers={"If-None-Match": listing.headers["ETag"]})
    yield 200, html, KEPT_BY_NOBODY, client.get("/comptes/connexion")
    yield 200, html, KEPT_BY_NOBODY, ada.get("/reglages/")
    yield 200, html, KEPT_BY_NOBODY, client.get(f"/devis/lien/{lien.page_token(devis)}")
    yield 200, "application/pdf", KEPT_BY_NOBODY, client.get(f"/devis/lien/{lien.page_token(devis)}/devis.pdf")
    yield 200, "text/csv; charset=utf-8", KEPT_BY_NOBODY, ada.get("/contributions/export.csv")
    yield 200, "text/calendar; charset=utf-8", KEPT_BY_NOBODY, client.get("/actions/agenda.ics")
    yield 200, "text/css; charset=utf-8", "public, no-cache", client.get("/static/app.css")
    yield 200, "text/css; charset=utf-8", assets.FOR_EVER, client.get(assets.asset("app.css"))
    yield 200, "image/svg+xml; charset=utf-8", "public, no-cache", client.get("/static/icone.svg")
    yield 200, "application/manifest+json", KEPT_BY_NOBODY, client.get("/manifest.webmanifest")
    yield 200, "text/javascript; charset=utf-8", ASKED_AGAIN, client.get("/sw.js")
    yield 200, html, KEPT_BY_NOBODY, client.open("/missions/", method="OPTIONS")
    yield 303, html, KEPT_BY_NOBODY, client.get("/reglages/")
    yield 308, html, KEPT_BY_NOBODY, client.get("/missions")
    yield 400, html, KEPT_BY_NOBODY, client.post("/comptes/connexion", csrf=False)
    yield 400, html, KEPT_BY_NOBODY, client.get("/", headers={"Host": "evil.example"})
    yield 401, html, KEPT_BY_NOBODY, client.get("/reglages/", headers={"HX-Request": "true"})
    yield 401, "application/json", KEPT_BY_NOBODY, client.get("/reglages/", headers={"Accept": "application/json"})
    yield 403, html, KEPT_BY_NOBODY, ada.get("/actions/nouvelle")
    yield 404, html, KEPT_BY_NOBODY, client.get("/nulle-part")
    yield 404, html, KEPT_BY_NOBODY, client.get("/static/nulle-part.css")
    yield 405, html, KEPT_BY_NOBODY, client.open("/missions/", method="TRACE")
    yield 405, html, KEPT_BY_NOBODY, client.delete("/missions/")
    yield 409, html, KEPT_BY_NOBODY, zoe.post(f"/actions/{devis.action_id}/ouvrir")
    yield 413, html, KEPT_BY_NOBODY, client.post("/comptes/connexion", data={"email": "x" * 3_000_000}, csrf=False)
    yield 422, html, KEPT_BY_NOBODY, client.post("/comptes/connexion")
    yield 429, html, KEPT_BY_NOBODY, [client.post("/comptes/lien", data={"email": "x"}) for _ in range(6)][-1]
    yield 503, "application/json", KEPT_BY_NOBODY, client.get("/sante")  # no worker has ticked yet


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:8000", "https://portail.example.org"], ids=["http", "https"])
def test_every_kind_of_answer_wears_the_headers(app, client, as_, settings, base_url):
    settings(base_url=base_url, rate_limits=True)
    host = builders.bienveillant()
    devis = builders.sent(builders.validated(host))
    ada = as_(builders.personne("Ada", [builders.ADMIN]))
    wanted, found = [], []
    for *want, answer in every_kind_of_answer(client, ada, as_(host), devis):
        what, headers = f"{answer.request.method} {answer.request.path}", answer.headers
        wanted.append([what, *want])
        found.append([what, answer.status_code, headers.get("Content-Type"), headers["Cache-Control"]])
        assert headers["Content-Security-Policy"] == CSP
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Permissions-Policy"] == POLICY
        assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
        stays = "max-age=31536000; includeSubDomains" if base_url.startswith("https") else None
        assert headers.get("Strict-Transport-Security") == stays, what
        assert all(len(headers.getlist(name)) == 1 for name in security.HEADERS), what
        assert not {"Access-Control-Allow-Origin", "Server", "X-Powered-By"} & set(headers.keys()), what
    assert found == wanted


def test_a_crash_wears_them_too(site):
    with workshop.opened(site) as app:
        answer = app.test_client().post("/atelier/crash", crash=True)
    assert answer.status_code == 500
    assert answer.headers["Content-Security-Policy"] == CSP
    assert answer.headers["Cache-Control"] == "no-store"


def test_what_concerns_a_person_is_kept_nowhere(client, as_):
    awa = builders.personne()
    for answer in (as_(awa).get("/moi/"), as_(awa).get("/missions/"), client.get("/comptes/connexion")):
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Cookie" in answer.vary


def test_a_visitor_who_only_reads_gets_no_cookie(client):
    for path in ("/", "/missions/", "/pages/mentions-legales", "/nulle-part"):
        assert "Set-Cookie" not in client.get(path).headers


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(client):
    cookie = client.get("/comptes/connexion").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie


# --- hosts -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "evil.example:80", "localhost@evil.example", ""])
def test_another_name_gets_nothing(client, host):
    answer = client.get("/comptes/connexion", headers={"Host": host})
    assert answer.status_code == 400
    assert "evil" not in answer.text
    assert re.findall(r'(?:href|src|action)="([^"]*)"', answer.text) == ["/"]


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:5000"])
def test_our_names_are_answered_on_any_port(client, host):
    assert client.get("/comptes/connexion", headers={"Host": host}).status_code == 200


def test_where_one_is_sent_never_names_a_host(client):
    answer = client.get("/reglages/", headers={"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"})
    assert answer.location.startswith("/comptes/connexion")


def test_what_is_shown_to_be_kept_or_scanned_leads_to_the_configured_address(client, as_, app, settings):
    """Whatever port, proxy or name of ours the request came by."""
    settings(base_url="https://portail.example.org")
    asked, zoe = builders.request(), builders.bienveillant()
    action = builders.action(zoe)
    mine = builders.candidature(builders.mission(action))
    db.session.flush()
    pages = {
        f"/actions/suivi/{page_token(asked)}": client,
        f"/candidatures/suivi/{candidature_token(mine)}": client,
        f"/jour-j/{action.id}/code": as_(zoe),
    }
    forged = {"Host": "localhost:9999", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "ftp"}
    for path, visitor in pages.items():
        html = visitor.get(path, headers=forged).text
        assert "https://portail.example.org/" in html
        assert not re.search("localhost:9999|evil.example|ftp:", html)


@pytest.mark.parametrize("path", ["/.git/HEAD", "/.env", "/console", "/static/../wsgi.py", "/static/%2e%2e/wsgi.py", "/static/",
                                  "/static/..%5cwsgi.py", "/static/%00", "/instance/portail.db"])  # fmt: skip
def test_nothing_else_of_the_machine_is_served(client, path):
    assert client.get(path).status_code == 404


# --- personal links --------------------------------------------------------------------------------------------


def altered(token: str) -> list[str]:
    """Every token that differs by one character, and those that mail programs and people make of it."""
    other = [token[:i] + ("A" if c != "A" else "B") + token[i + 1 :] for i, c in enumerate(token)]
    shorter = [token[:i] for i in range(len(token))]
    base64_twins = [token[:-1] + c for c in "AEIMQUYcgkosw048" if c != token[-1]]
    longer = [f"{token}{more}" for more in (".", "=", "==", " ", "\n", "A", "%20", "é", "١")]
    return [*other, *shorter, *base64_twins, *longer, token.upper(), token.lower(), f" {token}", f"0{token}", ".", "-", "١-١.x"]


def test_a_link_says_what_was_sealed(app):
    assert unseal("connexion", seal("connexion", 12, 3)) == (12, 3)


def test_a_link_altered_in_any_way_opens_nothing(app):
    token = seal("candidature", 12, 3)
    assert [t for t in altered(token) if unseal("candidature", t)] == []


def test_a_link_serves_one_purpose(app):
    token = seal("candidature", 12, 3)
    for purpose in ("connexion", "candidature.mail", "Candidature", ""):
        assert unseal(purpose, token) is None


def test_two_rows_never_share_a_link(app):
    assert len({seal("x", id, generation) for id in (1, 11, 111) for generation in (1, 11, 111)}) == 9
    assert unseal("x", seal("x", 1, 11).replace("1-11", "11-1")) is None


def test_a_new_key_signs_and_the_old_one_still_opens(app, settings):
    before = seal("connexion", 12, 3)
    settings(secret_keys=(NEW, OLD))
    assert unseal("connexion", before) == (12, 3)
    assert seal("connexion", 12, 3) != before
    settings(secret_keys=(NEW,))
    assert unseal("connexion", before) is None


def test_an_altered_link_is_answered_as_an_absent_one(client):
    jeton = entree.ask_link("personne@example.org", suite="/")
    token = seal("connexion", jeton.id, jeton.generation)
    absent = client.get("/comptes/lien/12-1.nimporte")
    assert absent.status_code == 404
    for url in (token[:-1], token.upper(), f"{token}.", f"{token}=", "x"):
        answer = client.get(f"/comptes/lien/{url}")
        assert (answer.status_code, without_token(answer.text)) == (404, without_token(absent.text))
    assert client.get(f"/comptes/lien/{token}?utm_source=mail&fbclid=x").status_code == 200


def without_token(html: str) -> str:
    return re.sub(r'(csrf.token" (?:content|[^>]*value)=)"[^"]+"', r"\1", html)


# --- a new secret key ------------------------------------------------------------------------------------------


def test_a_new_key_signs_nobody_out_and_breaks_no_form_that_is_being_filled(site, app, as_):
    awa = as_(builders.personne())
    token = awa.csrf_token()
    cookie = awa.get_cookie("portail").value
    fields = {"nom": "Awa Hoarau", "telephone": "", "csrf_token": token}
    for keys, read, written in ((f"{NEW},{OLD}", 200, 303), (NEW, 303, 400)):
        with workshop.opened(site, PORTAL_SECRET_KEY=keys) as rotated:
            browser = rotated.test_client()
            browser.set_cookie("portail", cookie)
            assert browser.get("/moi/").status_code == read
            browser.set_cookie("portail", cookie)
            assert browser.post("/moi/coordonnees", data=fields, csrf=False).status_code == written


# --- limits ----------------------------------------------------------------------------------------------------


def sign_in(client, email="awa@example.org", password="faux", address="203.0.113.7", **headers):
    return client.post(
        "/comptes/connexion",
        data={"email": email, "mot_de_passe": password},
        headers=headers,
        environ_overrides={"REMOTE_ADDR": address},
    )


@pytest.fixture
def awa(app, settings) -> Personne:
    settings(rate_limits=True)
    return builders.personne(email="awa@example.org", password=PASSWORD)


@pytest.mark.both
def test_the_eleventh_sign_in_must_wait(client, awa):
    spellings = ["awa@example.org", "AWA@example.org", " awa@example.org ", "ａwa@example.org", "a\u200bwa@example.org"]
    tries = [sign_in(client, spellings[n % 5], **{"X-Forwarded-For": f"198.51.100.{n}"}).status_code for n in range(11)]
    assert tries == [422] * 10 + [429]
    refused = sign_in(client, password=PASSWORD)
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 300
    assert "À reprendre dans un moment" in refused.text


@pytest.mark.both
def test_only_failures_count_and_a_success_forgives_none_of_them(app, awa):
    """Whoever signs in again and again, on a phone that is passed round, enters each time."""

    def enter(**more: str) -> int:
        return sign_in(app.test_client(), **more).status_code

    assert [enter(password=PASSWORD) for _ in range(12)] == [303] * 12
    assert [enter() for _ in range(9)] == [422] * 9
    assert [enter(password=PASSWORD) for _ in range(3)] == [303] * 3
    assert [enter() for _ in range(2)] == [422, 429]
    assert enter(password=PASSWORD) == 429  # nobody learns from a wait whether a password was right
    assert enter(password=PASSWORD, address="198.51.100.9") == 303


@pytest.mark.both
def test_a_success_with_one_address_forgives_nothing_of_another(app, awa):
    builders.personne("Bob Técher", email="bob@example.org", password=PASSWORD)
    for _ in range(10):
        assert sign_in(app.test_client()).status_code == 422
        assert sign_in(app.test_client(), "bob@example.org", PASSWORD).status_code == 303
    assert sign_in(app.test_client(), password=PASSWORD).status_code == 429


def test_what_succeeds_still_counts_for_its_network(app, settings):
    """A password takes time to check: whoever has one does not keep the portal busy with it."""
    settings(rate_limits=True)
    limit, form = LIMITS["connexion"], {"email": "awa@example.org"}
    with app.test_request_context(method="POST", data=form, environ_overrides={"REMOTE_ADDR": "203.0.113.7"}):
        for _ in range(limit.per_host):
            limit.spend()
            limit.give_back()
        with pytest.raises(TooManyRequests):
            limit.spend()


def test_a_line_has_many_addresses_and_counts_as_one(client, awa):
    tries = [sign_in(client, address=f"2001:db8:1:2::{n:x}").status_code for n in range(1, 12)]
    assert tries == [422] * 10 + [429]
    assert sign_in(client, password=PASSWORD, address="2001:db8:1:3::1").status_code == 303
    assert [sign_in(client, address=f"::ffff:198.51.100.{n}").status_code for n in range(1, 12)] == [422] * 11


def test_the_owner_still_enters_from_elsewhere_and_others_from_here(client, awa):
    bob = builders.personne("Bob Técher", email="bob@example.org", password=PASSWORD)
    for _ in range(11):
        sign_in(client)
    assert sign_in(client, password=PASSWORD, address="198.51.100.9").status_code == 303
    assert sign_in(client, bob.email, PASSWORD).status_code == 303


def test_the_wait_outlives_a_restart_and_ends(site, client, awa):
    for _ in range(11):
        sign_in(client)
    with workshop.opened(site, PORTAL_RATE_LIMITS="on") as restarted:
        again = restarted.test_client()
        assert sign_in(again, password=PASSWORD).status_code == 429
        with clock.freeze(clock.now() + timedelta(minutes=5, seconds=1)):
            assert sign_in(again, password=PASSWORD).status_code == 303


@pytest.mark.both
def test_all_the_processes_count_together(site, client, awa):
    db.session.commit()
    with workshop.opened(site, PORTAL_RATE_LIMITS="on") as other:
        processes = [client, other.test_client()]
        tries = [sign_in(processes[n % 2]).status_code for n in range(11)]
        assert tries == [422] * 10 + [429]
        assert [sign_in(one, password=PASSWORD).status_code for one in processes] == [429, 429]


@pytest.mark.parametrize("name", LIMITS)
def test_one_network_address_has_a_generous_ceiling(app, settings, name):
    """Whatever the names tried: whole villages share one 4G address, robots too."""
    settings(rate_limits=True)
    limit = LIMITS[name]

    def spend(number: int, address: str = "203.0.113.7") -> None:
        form = {"email": f"p{number}@example.org"}
        with app.test_request_context(method="POST", data=form, environ_overrides={"REMOTE_ADDR": address}):
            limit.spend()

    for number in range(limit.per_host):
        spend(number)
    with pytest.raises(TooManyRequests):
        spend(0)
    spend(0, "198.51.100.9")
    assert limit.per_host >= 2 * limit.per_account


def test_without_limits_nothing_is_counted(client, settings):
    settings(rate_limits=False)
    assert [sign_in(client).status_code for _ in range(12)] == [422] * 12
    assert db.session.query(security.RateLimit).count() == 0


# --- proxies ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hops", "seen"), [("0", "192.0.2.1"), ("1", "198.51.100.3"), ("2", "198.51.100.2"), ("3", "198.51.100.1")]
)
def test_only_the_proxies_that_are_declared_are_believed(site, hops, seen):
    with workshop.opened(site, PORTAL_PROXY_HOPS=hops) as app:
        headers = {"X-Forwarded-For": "198.51.100.1, 198.51.100.2, 198.51.100.3", "X-Forwarded-Host": "evil.example"}
        answer = app.test_client().get("/atelier/adresse", headers=headers, environ_overrides={"REMOTE_ADDR": "192.0.2.1"})
        assert (answer.status_code, answer.text) == (200, seen)


# --- what the log says of an attack ------------------------------------------------------------------------------


@pytest.fixture
def watched(caplog):
    """The lines of that log, up to whose address; none holds a word of whoever came, nor where from."""
    yield lambda: [line.getMessage().partition(", adresse")[0] for line in caplog.records if line.name.endswith(".securite")]
    assert "awa@example.org" not in caplog.text
    assert "203.0.113.7" not in caplog.text


def test_each_sign_in_leaves_a_line_whatever_came_of_it(client, awa, watched):
    id = awa.id
    db.session.commit()
    sign_in(client)
    sign_in(client, password=PASSWORD)
    assert watched() == ["422 POST comptes.sign_in, de personne", f"303 POST comptes.sign_in, de {id}"]


def test_each_refusal_leaves_a_line_and_nothing_else_does(as_, client, awa, watched):
    id, page = awa.id, as_(awa)
    client.get("/missions/")
    page.get("/reglages/")
    page.post("/comptes/statut", data={"csrf_token": "faux"}, csrf=False)
    client.get("/actions/999")
    assert watched() == [f"403 GET reglages.index, de {id}", f"400 POST comptes.declare, de {id}"]
