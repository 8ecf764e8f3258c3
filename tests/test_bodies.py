"""What may be sent to a form of the portal that no form sends: refused as such, never a crash, nothing written."""

from __future__ import annotations

import pytest

from tests.cells import fingerprint

FORM, PARTS, JSON = "application/x-www-form-urlencoded", "multipart/form-data", "application/json"
PATHS = ("/comptes/connexion", "/actions/solliciter", "/candidatures/retrouver")
BODIES = {
    "one field of 600 kB": (FORM, "nom=" + "x" * 600_000, {413, 422}),
    "a hundred thousand fields": (FORM, "&".join(f"a{n}=1" for n in range(100_000)), {413, 422}),
    "more than two megabytes": (FORM, "nom=" + "x" * 2_100_000, {413}),
    "JSON": (JSON, '{"email": "awa@example.org", "mot_de_passe": "x"}', {422}),
    "JSON of numbers": (JSON, '{"email": 5, "nom": 1e400, "mot_de_passe": true}', {422}),
    "JSON of lists": (JSON, '{"email": ["a", {}], "nom": null}', {422}),
    "JSON that is a list": (JSON, "[1, 2]", {422}),
    "half a letter in JSON": (JSON, '{"email": "\\ud800@example.org"}', {422}),
    "JSON that does not end": (JSON, '{"email": "', {422}),
    "XML": ("text/xml", "<a/>", {400, 415, 422}),
    "no type at all": (None, "email=awa%40example.org", {400, 415, 422}),
    "parts without a boundary": (PARTS, "email=awa%40example.org", {400, 422}),
    "parts that do not end": (f"{PARTS}; boundary=x", "--x\r\nContent-Disposition: form-data; name=email\r\n\r\na", {400, 422}),
    "more parts than any form has": (
        f"{PARTS}; boundary=x",
        "".join(f'--x\r\nContent-Disposition: form-data; name="a{n}"\r\n\r\n1\r\n' for n in range(501)) + "--x--\r\n",
        {413},
    ),
    "bytes that are no text": (FORM, b"email=\xff\xfe%00%ff&nom=\x80", {400, 422}),
}


@pytest.mark.both
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("body", BODIES)
def test_a_body_that_no_form_sends_is_refused(client, path, body):
    kind, sent, statuses = BODIES[body]
    token, before = client.csrf_token(), fingerprint()
    answer = client.post(path, data=sent, headers={"X-CSRFToken": token}, content_type=kind)
    assert answer.status_code in statuses
    assert fingerprint() == before


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("length", [0, 3, 5_000, 5_000_000])
def test_so_is_one_that_is_not_as_long_as_it_says(client, path, length):
    token, before = client.csrf_token(), fingerprint()
    answer = client.post(
        path,
        data="email=awa@",
        headers={"X-CSRFToken": token},
        environ_overrides={"CONTENT_LENGTH": str(length), "CONTENT_TYPE": FORM},
    )
    assert answer.status_code in {400, 413, 422}
    assert fingerprint() == before
