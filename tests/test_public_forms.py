"""The guards of public forms: whoever writes too fast, too late or where nobody sees is a robot, and one form is sent once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

from portal import clock
from portal.fields import PublicForm
from tests.test_fields import request_of

__all__ = ["request_of"]  # a fixture


def sent(settings: Any, **typed: str) -> PublicForm:
    settings(rate_limits=True)
    return PublicForm(MultiDict(typed), meta={"csrf": False})


def shown() -> dict[str, str]:
    """What a public form holds when it is shown now."""
    form = PublicForm(formdata=None, meta={"csrf": False})
    form.prepare()
    return {"cle": form.cle.data, "vu": form.vu.data}


@pytest.mark.parametrize(("seconds", "trapped"), [(1, True), (2, False), (3600, False), (86400, False), (86401, True)])
def test_nobody_writes_in_two_seconds_nor_for_a_day(settings, seconds, trapped):
    with clock.freeze(now := datetime(2026, 10, 29, tzinfo=UTC)):
        fields = shown()
    with clock.freeze(now + timedelta(seconds=seconds)):
        assert sent(settings, **fields).trapped == trapped


def test_a_robot_fills_what_nobody_sees_and_the_log_says_so(settings, caplog):
    with clock.freeze(now := datetime(2026, 10, 29, tzinfo=UTC)):
        fields = shown()
    with clock.freeze(now + timedelta(minutes=1)):
        assert sent(settings, **fields, site_web="https://spam.example").trapped
        assert [line.getMessage()[:5] for line in caplog.records] == ["piège"]


@pytest.mark.parametrize("vu", ["", "0", "1790000000", "1790000000.", "x.y", "١٢.a", "9" * 30 + ".a", "1790000000." + "é" * 24])
def test_a_time_that_we_did_not_sign_is_a_trap(settings, vu):
    assert sent(settings, vu=vu).trapped


def test_shown_again_one_tap_sends_it_at_once(settings):
    with clock.freeze(datetime(2026, 10, 29, tzinfo=UTC)):
        form = sent(settings, **shown(), site_web="x")
        form.prepare(again=True)
        again = sent(settings, cle=form.cle.data, vu=form.vu.data, site_web=form.site_web.data)
        assert not again.trapped
        assert again.submission == form.submission


def test_one_form_is_one_submission_and_an_unfair_key_is_none(settings):
    fields = shown()
    assert sent(settings, **fields).submission == sent(settings, **fields).submission == fields["cle"]
    for key in ("", "court", "x" * 44, "é" * 22, "a b" * 8):
        assert sent(settings, cle=key).submission not in (key, sent(settings, cle=key).submission)
