"""deploy/ is copied as it is: what its files name is there, and the guide that has them copied names no other."""

from __future__ import annotations

import configparser
import re
import shlex
from fnmatch import fnmatch

import click
import pytest
import yaml

from portal import cli
from portal.config import ROOT, Settings
from portal.jour_j.cliche import HEAVIEST

FILES = {path.name: path.read_text("utf-8") for path in sorted((ROOT / "deploy").iterdir())}
UNITS = [name for name in FILES if name.endswith(".service")]
PAGES = {path.name: path.read_text("utf-8") for path in (ROOT / "README.md", *ROOT.glob("docs/*.md"))}
GUIDE = PAGES["exploitation.md"]
TOLD = FILES | PAGES
SETTINGS = set(re.findall(r"^#?(PORTAL_\w+|PORT)=", (ROOT / ".env.example").read_text("utf-8"), re.MULTILINE))
HOME = "/srv/portail"
COMPOSE = yaml.safe_load(FILES["compose.yaml"])["services"]


def unit(name: str) -> configparser.SectionProxy:
    read = configparser.ConfigParser(strict=False, interpolation=None)
    read.read_string(FILES[name])
    return read["Service"]


def test_the_guide_has_each_of_them_copied_and_no_other():
    copied = re.findall(r"deploy/([\w.*-]+\w)", GUIDE)
    assert [name for name in copied if not any(fnmatch(file, name) for file in FILES)] == []
    rest = [file for file in FILES if not any(fnmatch(file, name) for name in copied)]
    assert rest == ["Containerfile", "compose.yaml"]  # which an engine finds where they are
    assert f"cd {HOME}/deploy" in GUIDE


@pytest.mark.parametrize("name", FILES)
def test_every_setting_that_is_named_is_known(name):
    assert set(re.findall(r"\bPORTAL_[A-Z_]+\b", FILES[name])) <= SETTINGS


@pytest.mark.parametrize("name", TOLD)
def test_every_command_that_is_typed_is_one_of_the_portal_s(name):
    for line in re.findall(r"-m portal ([a-z].*)", TOLD[name]):
        command, *rest = shlex.split(re.split(r"[`…;,.)]", line)[0], comments=True)
        known = cli.portal.commands[command]
        assert isinstance(known, click.Command)
        options = {option for parameter in known.params for option in parameter.opts}
        assert {word for word in rest if word.startswith("--")} <= options, line


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_runs_the_portal_where_the_guide_puts_it(name):
    told = unit(name)
    assert (told["User"], told["WorkingDirectory"]) == ("portail", HOME)
    assert told["ExecStart"].startswith(f"{HOME}/.venv/bin/python -m portal ")
    made = "install -d -m 700 -o portail -g portail instance /srv/sauvegardes"  # systemd wants what it opens to be there
    assert made in GUIDE
    assert set(told["ReadWritePaths"].split()) <= {f"{HOME}/instance", "/srv/sauvegardes"}


def test_the_nightly_copy_goes_where_the_guide_looks_for_it():
    command = unit("portail-sauvegarde.service")["ExecStart"].partition("-m portal ")[2]
    assert f"-m portal {command}\n" in GUIDE
    [folder] = re.findall(r'PORTAL_BACKUP_DIR="(.+?)"', GUIDE)
    assert folder in unit("portail-sauvegarde.service")["ReadWritePaths"].split()
    assert f"PORTAL_BACKUP_DIR={folder}" in FILES["Containerfile"]


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile"])
def test_a_proxy_calls_the_portal_and_says_when_it_is_down(name):
    port = Settings.from_env({"PORTAL_ENV": "test", "PORTAL_SECRET_KEY": "a"}).port
    assert f"127.0.0.1:{port}" in FILES[name]
    assert f"{HOME}/static" in FILES[name]
    assert "/maintenance.html" in FILES[name]
    assert "503" in FILES[name]
    assert re.search(r"Retry-After 30\b", FILES[name])
    assert (ROOT / "static" / "maintenance.html").exists()


def test_nginx_lets_the_heaviest_picture_through():
    [megabytes] = re.findall(r"client_max_body_size (\d+)m;", FILES["nginx.conf"])
    assert int(megabytes) << 20 > HEAVIEST + 64 * 1024


def test_the_image_holds_what_runs_and_nothing_of_who_builds_it():
    rules = [line for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if not line.startswith("#")]
    assert rules[0] == "*"
    kept = [rule[1:] for rule in rules if rule.startswith("!")]
    assert [name for name in kept if not (ROOT / name).exists()] == []
    assert not {".env", "instance", ".git"} & set(kept)


def test_the_containers_are_the_portal_and_its_database_with_no_right_to_spare():
    assert set(COMPOSE) == {"portail", "base"}
    portal, base = COMPOSE["portail"], COMPOSE["base"]
    assert portal["build"] == {"context": "..", "dockerfile": "deploy/Containerfile"}
    assert set(portal["environment"]) <= SETTINGS
    assert portal["ports"] == ["127.0.0.1:8000:8000"]
    assert (portal["read_only"], portal["cap_drop"], base["network_mode"]) == (True, ["ALL"], "none")
    assert re.search(r"^USER portail$", FILES["Containerfile"], re.MULTILINE)
    assert f"!{'/'.join(portal['healthcheck']['test'][-1].split('.'))}.py" in (ROOT / ".dockerignore").read_text("utf-8")
    for service in (portal, base):
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert "healthcheck" in service
