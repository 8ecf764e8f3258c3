"""Settings: what they are by default, what is refused before anything is served, what `.env.example` says of them."""

from __future__ import annotations

import re
import secrets
import stat

import pytest

from portal import clock, create_app
from portal.config import ROOT, BadSetting, Settings, environment
from portal.territoire import TERRITOIRES

KEY = "abcdefghijklmnopqrstuvwxyz012345"
OLDER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
PRODUCTION = {"PORTAL_BASE_URL": "https://portail.example.org", "PORTAL_SECRET_KEY": KEY}
READ = re.compile(r'"(PORTAL_[A-Z_]+|PORT)"')
LISTED = re.compile(r"^#?(PORTAL_[A-Z_]+|PORT)=", re.MULTILINE)


def production(**more: str) -> Settings:
    return Settings.from_env(PRODUCTION | more)


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"PORTAL_ENV": "prod"}, "PORTAL_ENV"),
        ({"PORTAL_ENV": ""}, "PORTAL_ENV"),
        ({"PORTAL_BASE_URL": ""}, "PORTAL_BASE_URL manque"),
        ({"PORTAL_BASE_URL": "portail.example.org"}, "une adresse complète"),
        ({"PORTAL_BASE_URL": "https://"}, "une adresse complète"),
        ({"PORTAL_BASE_URL": "ftp://portail.example.org"}, "une adresse complète"),
        ({"PORTAL_BASE_URL": "https://[::1"}, "une adresse complète"),
        ({"PORTAL_BASE_URL": "https://portail.example.org:x"}, "une adresse complète"),
        ({"PORTAL_BASE_URL": "https://example.org/portail"}, "sans chemin"),
        ({"PORTAL_TRUSTED_HOSTS": "autre.example.org"}, "doit aussi nommer portail.example.org"),
        ({"PORTAL_DATABASE_URL": "mysql://portail@/portail"}, "PORTAL_DATABASE_URL"),
        ({"PORTAL_DATABASE_URL": "portail.db"}, "PORTAL_DATABASE_URL"),
        ({"PORTAL_DATABASE_URL": "postgresql://portail@base:port/portail"}, "PORTAL_DATABASE_URL"),
        ({"PORTAL_DATABASE_URL": "sqlite:///portail.db"}, "un chemin complet"),
        ({"PORTAL_DATABASE_URL": "sqlite://"}, "un chemin complet"),
        ({"PORTAL_LISTEN": "localhost"}, "une adresse IPv4"),
        ({"PORTAL_LISTEN": "::"}, "une adresse IPv4"),
        ({"PORT": "0"}, "de 1 à 65535"),
        ({"PORT": "65536"}, "de 1 à 65535"),
        ({"PORTAL_SECRET_KEY": ""}, "PORTAL_SECRET_KEY"),
        ({"PORTAL_SECRET_KEY": KEY[:31]}, "32 caractères"),
        ({"PORTAL_SECRET_KEY": "a" * 40}, "trop simple"),
        ({"PORTAL_SECRET_KEY": "changez-moi " * 4}, "trop simple"),
        ({"PORTAL_SECRET_KEY": f"{KEY},court"}, "32 caractères"),
        ({"PORTAL_PROXY_HOPS": "-1"}, "PORTAL_PROXY_HOPS"),
        ({"PORTAL_PROXY_HOPS": "un"}, "PORTAL_PROXY_HOPS"),
        ({"PORTAL_PROXY_HOPS": "１"}, "PORTAL_PROXY_HOPS"),
        ({"PORTAL_TERRITOIRE": "PARIS"}, "choisir parmi RE, GP, MQ, GF, YT, FX, AM"),
        ({"PORTAL_MAIL_FROM": "La Fabrik"}, "une adresse e-mail est attendue"),
        ({"PORTAL_ADMIN_SECOND_FACTOR": "oui"}, "PORTAL_ADMIN_SECOND_FACTOR"),
        ({"PORTAL_ROCKETCHAT_URL": "http://chat.example.org/hooks/a/jeton-secret"}, "en https://"),
        ({"PORTAL_ROCKETCHAT_URL": "https://chat.example.org"}, "PORTAL_ROCKETCHAT_URL"),
        ({"PORTAL_ROCKETCHAT_URL": "https://moi:secret@chat.example.org/hooks/a/b"}, "PORTAL_ROCKETCHAT_URL"),
        ({"PORTAL_ROCKETCHAT_URL": "https://chat.example.org/hooks/a b"}, "PORTAL_ROCKETCHAT_URL"),
        ({"PORTAL_ROCKETCHAT_URL": "file:///etc/passwd"}, "PORTAL_ROCKETCHAT_URL"),
        ({"PORTAL_ROCKETCHAT_PRIVATE": "oui"}, "PORTAL_ROCKETCHAT_PRIVATE"),
        ({"PORTAL_ROCKETCHAT_TOKEN": "court"}, "16 caractères"),
        ({"PORTAL_WEBHOOK_URL": "http://autre.example.org/portail", "PORTAL_WEBHOOK_SECRETS": KEY}, "en https://"),
        ({"PORTAL_WEBHOOK_URL": "https://autre.example.org/portail"}, "PORTAL_WEBHOOK_SECRETS"),
        ({"PORTAL_WEBHOOK_URL": "https://autre.example.org:99999/portail", "PORTAL_WEBHOOK_SECRETS": KEY}, "en https://"),
        ({"PORTAL_WEBHOOK_URL": "https://autre.example.org/portail", "PORTAL_WEBHOOK_SECRETS": f"{KEY},court"}, "32 car"),
        ({"PORTAL_WEBHOOK_EVENTS": "action.,personne."}, "'personne.'"),
        ({"PORTAL_WEBHOOK_EVENTS": "mission.,action.anuler"}, "'action.anuler'"),
        ({"PORTAL_WEBHOOK_PRIVATE": "oui"}, "PORTAL_WEBHOOK_PRIVATE"),
        ({"PORTAL_RATE_LIMITS": "off"}, "jamais en production"),
        ({"PORTAL_NOW": "+3600"}, "jamais en production"),
    ],
)
def test_production_refuses_to_start_unsafe(changed, word):
    with pytest.raises(BadSetting, match=word):
        create_app(PRODUCTION | changed)


@pytest.mark.parametrize("now", ["demain", "+une heure", "+", "+99999999999999", "2026-13-01"])
def test_a_clock_nobody_can_set_is_refused(now, tmp_path):
    with pytest.raises(BadSetting, match="PORTAL_NOW vaut"):
        create_app({"PORTAL_ENV": "test", "PORTAL_INSTANCE_DIR": str(tmp_path), "PORTAL_NOW": now})


def test_a_folder_nobody_can_make_is_refused(tmp_path):
    (tmp_path / "fichier").write_text("")
    with pytest.raises(BadSetting, match="PORTAL_INSTANCE_DIR"):
        create_app({"PORTAL_ENV": "test", "PORTAL_INSTANCE_DIR": str(tmp_path / "fichier" / "instance")})


def test_a_refused_database_keeps_its_password():
    with pytest.raises(BadSetting) as refusal:
        production(PORTAL_DATABASE_URL="mysql://portail:motdepasse@base/portail")
    assert "motdepasse" not in str(refusal.value)


def test_the_address_of_the_chat_is_never_repeated():
    for url in ("http://chat.example.org/hooks/a/jeton-secret", "https://chat.example.org/hooks/a/jeton secret"):
        with pytest.raises(BadSetting) as refusal:
            production(PORTAL_ROCKETCHAT_URL=url)
        assert "secret" not in str(refusal.value)


def test_the_chat_as_it_gives_its_address():
    url = "https://chat.example.org:8443/hooks/64f0c/k3Y_-%2B"
    assert production(PORTAL_ROCKETCHAT_URL=url).rocketchat_url == url
    local = "http://127.0.0.1:3000/hooks/a/b"
    assert production(PORTAL_ENV="development", PORTAL_ROCKETCHAT_URL=local).rocketchat_url == local
    with pytest.raises(BadSetting):
        production(PORTAL_ENV="development", PORTAL_ROCKETCHAT_URL="ftp://chat.example.org/hooks/a/b")


def test_a_chat_on_the_house_s_own_network_is_to_be_said_in_production():
    assert not production().rocketchat_private
    assert production(PORTAL_ROCKETCHAT_PRIVATE="on").rocketchat_private
    assert production(PORTAL_ENV="development").rocketchat_private
    assert not production(PORTAL_ENV="development", PORTAL_ROCKETCHAT_PRIVATE="off").rocketchat_private


def test_production_is_what_is_meant_when_nothing_is_said():
    assert production().is_production
    assert production(PORTAL_ENV="development").is_production is False


def test_the_same_liberties_are_fine_while_testing(tmp_path):
    relaxed = {"PORTAL_ENV": "test", "PORTAL_INSTANCE_DIR": str(tmp_path), "PORTAL_RATE_LIMITS": "off", "PORTAL_NOW": "+60"}
    settings = Settings.from_env(relaxed)
    assert (settings.rate_limits, settings.now) == (False, "+60")
    assert settings.base_url == "http://127.0.0.1:8000"
    assert Settings.from_env(relaxed | {"PORT": "8123"}).base_url == "http://127.0.0.1:8123"


def test_what_is_not_said():
    settings = production()
    assert settings.instance_dir == ROOT / "instance"
    assert settings.backup_dir == ROOT / "instance" / "sauvegardes"
    assert settings.database_url == f"sqlite:///{ROOT / 'instance' / 'portail.db'}"
    assert settings.is_sqlite
    assert settings.mail_from == "ne-pas-repondre@portail.example.org"
    assert settings.territoire.fuseau.key == "Indian/Reunion"
    assert (settings.mail_url, settings.rocketchat_url, settings.now) == (None, None, None)
    assert settings.rocketchat_token == ""
    assert (settings.webhook_url, settings.webhook_secrets) == (None, ())
    assert (settings.webhook_events, settings.webhook_private) == (("action.", "mission."), False)
    assert (settings.listen, settings.proxy_hops, settings.rate_limits) == ("127.0.0.1", 0, True)


@pytest.mark.parametrize(
    ("said", "wanted"),
    [({}, True), ({"PORTAL_ADMIN_SECOND_FACTOR": "off"}, False), ({"PORTAL_ENV": "development"}, False),
     ({"PORTAL_ENV": "test"}, False), ({"PORTAL_ENV": "test", "PORTAL_ADMIN_SECOND_FACTOR": "on"}, True)],
)  # fmt: skip
def test_production_wants_a_second_proof_of_its_admins(said, wanted):
    assert production(**said).admin_second_factor is wanted


def test_the_address_is_kept_without_its_last_slash():
    assert production(PORTAL_BASE_URL="https://portail.example.org/").base_url == "https://portail.example.org"


def test_the_sender_is_an_address_whatever_stands_before_it():
    """The house gives its name: one that an older .env says is left aside."""
    for text in ("a@example.org", "La Fabrik <a@example.org>", '"Fabrik, la vraie" <a@example.org>'):
        assert production(PORTAL_MAIL_FROM=text).mail_from == "a@example.org"


def test_where_the_house_stands_sets_the_clock(tmp_path):
    try:
        create_app({"PORTAL_ENV": "test", "PORTAL_INSTANCE_DIR": str(tmp_path), "PORTAL_TERRITOIRE": "FX"})
        assert clock.ZONE.key == "Europe/Paris"
    finally:
        clock.stand_in(TERRITOIRES["RE"])


def test_only_our_own_names_are_answered():
    assert production().trusted_hosts == ("portail.example.org",)
    named = production(PORTAL_TRUSTED_HOSTS=" portail.example.org, b.example.org ,")
    assert named.trusted_hosts == ("portail.example.org", "b.example.org")
    assert production(PORTAL_TRUSTED_HOSTS=".example.org").trusted_hosts == (".example.org",)


def test_a_development_portal_also_answers_this_machine():
    assert production(PORTAL_ENV="development").trusted_hosts == ("portail.example.org", "127.0.0.1", "localhost")


def test_over_https_the_cookie_is_bound_to_this_very_host():
    flask = production().flask()
    assert flask["SESSION_COOKIE_NAME"] == "__Host-portail"
    assert (flask["SESSION_COOKIE_SECURE"], flask["SESSION_COOKIE_HTTPONLY"]) == (True, True)
    assert flask["SESSION_COOKIE_SAMESITE"] == "Lax"


def test_over_http_it_still_works():
    flask = production(PORTAL_BASE_URL="http://portail.example.org").flask()
    assert (flask["SESSION_COOKIE_NAME"], flask["SESSION_COOKIE_SECURE"]) == ("portail", False)


def test_what_is_sent_to_the_portal_has_a_size():
    flask = production().flask()
    assert flask["MAX_CONTENT_LENGTH"] == 2 * 1024 * 1024
    assert flask["MAX_FORM_MEMORY_SIZE"] <= flask["MAX_CONTENT_LENGTH"]
    assert flask["MAX_FORM_PARTS"] == 500


def test_the_first_key_signs_and_the_others_still_open():
    flask = production(PORTAL_SECRET_KEY=f"{KEY}, {OLDER}").flask()
    assert (flask["SECRET_KEY"], flask["SECRET_KEY_FALLBACKS"]) == (KEY, [OLDER])


def test_keys_that_chance_makes_are_strong():
    for _ in range(50):
        assert production(PORTAL_SECRET_KEY=f"{secrets.token_hex(16)},{secrets.token_urlsafe(24)}")


def test_postgresql_by_its_short_name():
    assert production(PORTAL_DATABASE_URL="postgres://portail@/portail").database_url == "postgresql://portail@/portail"


def test_a_folder_whose_name_bears_signs(tmp_path):
    settings = Settings.from_env({"PORTAL_ENV": "test", "PORTAL_INSTANCE_DIR": str(tmp_path / "50 % #1? é")})
    assert settings.database_path == tmp_path / "50 % #1? é" / "portail.db"


def test_nobody_waits_for_ever_for_the_database():
    sqlite = production().flask()["SQLALCHEMY_ENGINE_OPTIONS"]
    assert sqlite["connect_args"] == {"timeout": 15}
    postgresql = production(PORTAL_DATABASE_URL="postgresql://portail@/portail").flask()["SQLALCHEMY_ENGINE_OPTIONS"]
    options = postgresql["connect_args"]["options"]
    for limit in ("lock_timeout=5000", "statement_timeout=15000", "idle_in_transaction_session_timeout=30000", "timezone=UTC"):
        assert f"-c {limit}" in options
    assert [postgresql[name] for name in ("pool_size", "max_overflow", "pool_timeout")] == [4, 4, 5]  # 8 a process at most


@pytest.mark.parametrize("url", ["", "postgresql://portail@/portail"])
def test_what_a_statement_carried_is_not_logged_in_production(url):
    """A name, a number, a message: SQLAlchemy's errors would repeat them."""
    assert production(PORTAL_DATABASE_URL=url).flask()["SQLALCHEMY_ENGINE_OPTIONS"]["hide_parameters"] is True
    trying = Settings.from_env({"PORTAL_ENV": "test", "PORTAL_DATABASE_URL": url, "PORTAL_SECRET_KEY": KEY})
    assert trying.flask()["SQLALCHEMY_ENGINE_OPTIONS"]["hide_parameters"] is False


def test_a_development_portal_makes_one_key_and_keeps_it(tmp_path):
    environ = {"PORTAL_ENV": "development", "PORTAL_INSTANCE_DIR": str(tmp_path / "neuf")}
    [key] = Settings.from_env(environ).secret_keys
    assert len(key) >= 32
    assert Settings.from_env(environ).secret_keys == (key,)
    kept = tmp_path / "neuf" / "cle-secrete"
    assert [stat.S_IMODE(path.stat().st_mode) for path in (kept, kept.parent)] == [0o600, 0o700]


@pytest.fixture
def env_file(tmp_path):
    """`env_file(text)`: what the portal finds in a .env of that text."""

    def found(text: str, **given: str):
        path = tmp_path / ".env"
        path.write_text(text)
        return environment(given, path)

    return found


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("PORTAL_X=simple", "simple"),
        ("  PORTAL_X = des espaces, un $SIGNE et un # collé#ici  ", "des espaces, un $SIGNE et un"),
        ("PORTAL_X=mot#de$passe\\", "mot#de$passe\\"),
        ('PORTAL_X="La Raffinerie <a@example.org> # ici"  # la suite', "La Raffinerie <a@example.org> # ici"),
        ("PORTAL_X='l\"autre'", 'l"autre'),
        ("PORTAL_X=l’association d'ici", "l’association d'ici"),
        ("PORTAL_X=", ""),
        ('PORTAL_X=""', ""),
        ("PORTAL_X=  # rien", ""),
    ],
)
def test_a_line_of_the_env_file(env_file, line, value):
    assert env_file(f"# un réglage\n\n{line}\n") == {"PORTAL_X": value}


@pytest.mark.parametrize("line", ["PORTAL_X", 'PORTAL_X="ouvert', "PORTAL_X='a'b", "PORTAL_X=#a", "export PORTAL_X=a", "=a"])
def test_a_line_nobody_understands_is_said(env_file, line):
    with pytest.raises(BadSetting, match=r"\.env, ligne 2"):
        env_file(f"PORTAL_Y=1\n{line}\n")


def test_what_is_given_wins_over_the_env_file(env_file):
    assert env_file("PORT=1\nPORTAL_X=2\n", PORT="8000") == {"PORT": "8000", "PORTAL_X": "2"}


@pytest.mark.parametrize("env", ["development", "test"])
def test_a_portal_for_trials_does_not_read_the_env_file(env_file, env):
    assert env_file("PORTAL_DATABASE_URL=postgresql:///vraie\n", PORTAL_ENV=env) == {"PORTAL_ENV": env}


def test_without_an_env_file_what_is_given_is_all(tmp_path):
    assert environment({"PORT": "1"}, tmp_path / ".env") == {"PORT": "1"}


def test_an_env_file_that_cannot_be_read_is_said(tmp_path):
    (tmp_path / ".env").write_bytes(b"PORTAL_X=\xff")
    for path in (tmp_path / ".env", tmp_path):
        with pytest.raises(BadSetting, match="ne se lit pas"):
            environment({}, path)


def test_the_example_is_an_env_file_and_says_the_defaults(tmp_path):
    """Every line of it, with its commented ones opened, is understood; the values shown are those that are taken."""
    example = (ROOT / ".env.example").read_text()
    opened = tmp_path / ".env"
    opened.write_text(re.sub(r"^#(?=(PORTAL_|PORT))", "", example, flags=re.MULTILINE))
    settings = Settings.from_env(environment({"PORTAL_SECRET_KEY": KEY, "PORTAL_WEBHOOK_SECRETS": KEY}, opened))
    assert (settings.is_production, settings.listen, settings.port) == (True, "127.0.0.1", 8000)
    assert (settings.proxy_hops, settings.rate_limits) == (0, True)


def test_every_setting_is_in_the_example_and_no_other():
    config = (ROOT / "portal" / "config.py").read_text()
    example = (ROOT / ".env.example").read_text()
    listed = LISTED.findall(example)
    assert sorted(listed) == sorted(set(READ.findall(config)))
    assert len(listed) == len(set(listed))


def test_no_other_module_reads_the_environment():
    elsewhere = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "portal").rglob("*.py")
        if path.name != "config.py" and re.search(r"\bos\.(environ|getenv)\b", path.read_text())
    ]
    assert elsewhere == ["portal/__init__.py"]  # which hands it to Settings


def test_every_line_of_the_example_says_what_it_is_for():
    for paragraph in (ROOT / ".env.example").read_text().strip().split("\n\n"):
        assert paragraph.startswith("# ")


@pytest.mark.parametrize(
    ("address", "origin"),
    [("https://Portail.Example.org", "https://portail.example.org"), ("https://a.re:443", "https://a.re"),
     ("https://a.re:8443", "https://a.re:8443"), ("http://localhost:8000", "http://localhost:8000")],
)  # fmt: skip
def test_passkeys_know_the_portal_as_browsers_name_it(address, origin):
    found = production(PORTAL_BASE_URL=address)
    assert found.origin == origin
    assert found.domain == origin.split("/")[2].split(":")[0]
