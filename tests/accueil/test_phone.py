"""What a phone keeps of the portal: where it opens, its icons, the files of the day, a page for when there is no network."""

from __future__ import annotations

import json
import re

from tests import builders


def test_it_opens_from_the_home_screen_on_the_days(client):
    answer = client.get("/manifest.webmanifest")
    said = json.loads(answer.text)
    assert (answer.mimetype, said["start_url"], said["display"]) == ("application/manifest+json", "/jour-j/", "standalone")
    assert [client.get(icon["src"]).mimetype for icon in said["icons"]] == ["image/png"] * 2


def test_the_worker_keeps_files_that_are_there_under_a_name_that_is_theirs(client):
    answer = client.get("/sw.js")
    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("text/javascript", "no-cache")
    files = json.loads(re.search(r"const FIXES = (\[.*?\])", answer.text)[1])
    assert [client.get(file).status_code for file in files] == [200] * len(files)
    assert re.search(r'SEAL = "fixe-[0-9a-f]{12}"', answer.text)


def test_what_it_keeps_names_nobody(as_, client):
    ada = builders.personne("Ada Dijoux", [builders.ADMIN])
    assert as_(ada).get("/hors-ligne").text == client.get("/hors-ligne").text
