"""Who sets an action up: a request is taken by one, handed over to one who accepts, and stands out when nobody answers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from portal import clock, reglage
from portal.actions import commands, echanges, relais
from portal.actions.models import Action, Canal, Etat
from portal.actions.processus import annuler, refuser
from portal.comptes import commands as comptes
from portal.db import db
from portal.journal import EntreeJournal
from portal.missions import commands as missions
from portal.notifications.echeances import pass_time
from tests import builders


@pytest.fixture
def zoe(app):
    return builders.bienveillant()


@pytest.fixture
def bruno(app):
    return builders.bienveillant("Bruno Ozoux")


@pytest.fixture
def asked(app):
    return builders.request()


def page(answer) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html5lib")


def words(answer) -> str:
    main = page(answer).main
    assert main
    return " ".join(main.get_text(" ").split())


def titles(answer) -> list[str]:
    return [h.get_text(strip=True) for h in page(answer).select(".cartes h2")]


def events(action: Action) -> list[str]:
    return list(
        db.session.scalars(
            select(EntreeJournal.evenement).where(EntreeJournal.action_id == action.id).order_by(EntreeJournal.id)
        )
    )


# --- taking it up ----------------------------------------------------------------------------------------------


@pytest.mark.both
def test_whoever_takes_a_request_sets_it_up_and_twice_is_once(as_, zoe, asked):
    client = as_(zoe)
    answers = [client.post(f"/actions/{asked.id}/prendre") for _ in range(2)]
    assert [(a.status_code, a.location) for a in answers] == [(303, f"/actions/{asked.id}")] * 2
    db.session.expire_all()
    assert asked.bienveillant is zoe
    assert asked.prise_le
    assert events(asked) == ["action.solliciter", "action.prendre"]


def test_who_comes_second_is_told_who_has_it(as_, zoe, bruno, asked):
    relais.take(asked, by=zoe)
    answer = as_(bruno).post(f"/actions/{asked.id}/prendre")
    assert answer.status_code == 409
    assert "Zoé Hoarau a déjà pris cette demande." in words(answer)
    db.session.expire_all()
    assert asked.bienveillant is zoe


def test_an_admin_may_take_one_and_a_member_of_a_pole_may_not(as_, asked):
    member = builders.personne("Paul Maillot")
    builders.pole("Jardin", members=[member])
    assert as_(member).post(f"/actions/{asked.id}/prendre").status_code == 403
    assert as_(builders.personne("Tara", [builders.TRESORIER])).post(f"/actions/{asked.id}/prendre").status_code == 403
    assert as_(builders.personne()).post(f"/actions/{asked.id}/prendre").status_code == 403
    ada = builders.personne("Ada", [builders.ADMIN])
    assert as_(ada).post(f"/actions/{asked.id}/prendre").status_code == 303
    db.session.expire_all()
    assert asked.bienveillant is ada


def test_what_was_stopped_is_not_taken(as_, zoe, bruno, asked):
    relais.take(asked, by=zoe)
    commands.decide(asked, refuser, by=zoe, motif="Pas ici")
    assert as_(bruno).post(f"/actions/{asked.id}/prendre").status_code == 409


@pytest.mark.both
def test_an_action_whose_bienveillant_has_left_is_to_take_again(as_, zoe, bruno):
    action = builders.action(zoe)
    assert titles(as_(bruno).get("/actions/?qui=a_prendre")) == []
    comptes.set_active(zoe, False, by=builders.personne("Ada", [builders.ADMIN]))
    assert titles(as_(bruno).get("/actions/?qui=a_prendre")) == ["Fête du moulin"]
    assert as_(bruno).post(f"/actions/{action.id}/prendre").status_code == 303


@pytest.mark.both
def test_the_list_narrows_to_what_is_to_take(as_, zoe, asked):
    builders.action(zoe)
    client = as_(zoe)
    assert titles(client.get("/actions/?qui=a_prendre")) == ["Vingt ans de la chorale"]
    assert titles(client.get("/actions/")) == ["Fête du moulin"]
    client.post(f"/actions/{asked.id}/prendre")
    assert titles(client.get("/actions/?qui=a_prendre")) == []
    assert "Rien à prendre" in words(client.get("/actions/?qui=a_prendre"))


@pytest.mark.parametrize("many", [1, 3])
@pytest.mark.parametrize("qui", ["a_prendre", "toutes", "miennes"])
def test_the_list_costs_the_same_for_one_or_many(as_, zoe, count_queries, many, qui):
    for n in range(many):
        with clock.freeze(builders.in_days(-7)):
            request = builders.request(titre=f"Demande {n}")
        builders.request(titre=f"Autre {n}").relais = zoe
        if qui == "miennes":
            relais.take(request, by=zoe)
    client = as_(zoe)
    with count_queries() as statements:
        client.get(f"/actions/?qui={qui}")
    assert len(statements) == 5  # who asks, each state’s count, the page, who asks twice, the delay


# --- the quick entry -------------------------------------------------------------------------------------------


def typed(**fields: str) -> dict[str, str]:
    """As little as a first call says."""
    return {
        "demandeur_nom": "DAL974",
        "demandeur_telephone": "0692 12 34 56",
        "titre": "Fête",
        "debut": "2027-10-30T09:00",
    } | fields


@pytest.mark.both
def test_five_fields_record_a_call_and_their_author_takes_it(as_, zoe):
    fields = typed(canal="reseaux", lieu="La Raffinerie")
    assert as_(zoe).post("/actions/nouvelle", data=fields).status_code == 303
    action = db.session.scalars(select(Action)).one()
    assert (action.bienveillant, action.canal, action.etat) == (zoe, Canal.RESEAUX, Etat.SOLLICITEE)
    assert (action.fin - action.debut, action.demandeur.telephone) == (timedelta(hours=4), "+262692123456")
    assert action.prise_le


def test_all_else_is_folded_and_unfolds_with_its_mistakes(as_, zoe):
    client = as_(zoe)
    form = page(client.get("/actions/nouvelle")).select_one("form.formulaire")
    assert form
    seen = [e["name"] for e in form.select("input[name]:not([type=hidden]), select") if not e.find_parent("details")]
    assert list(dict.fromkeys(seen)) == [
        "demandeur_nom", "titre", "debut", "demandeur_telephone", "demandeur_email", "prevenir", "souple", "canal", "prise",
    ]  # fmt: skip
    assert not form.details.has_attr("open")
    refused = page(client.post("/actions/nouvelle", data=typed(lieu="")))
    assert refused.select_one("form.formulaire details").has_attr("open")
    folded = page(client.post("/actions/nouvelle", data=typed(lieu="x", titre="")))
    assert not folded.select_one("form.formulaire details").has_attr("open")


@pytest.mark.parametrize(("email", "told"), [("dal@example.org", ["demande_lien"]), ("", [])])
def test_the_demandeur_receives_the_link_of_their_page_if_they_left_an_address(as_, zoe, outbox, email, told):
    client = as_(zoe)
    assert page(client.get("/actions/nouvelle")).select_one("#prevenir").has_attr("checked")
    client.post("/actions/nouvelle", data=typed(lieu="x", prevenir="y", demandeur_email=email))
    assert [m.genre for m in outbox()] == told


def test_left_to_take_the_other_bienveillants_hear_of_it(as_, zoe, bruno, outbox):
    as_(zoe).post("/actions/nouvelle", data=typed(lieu="x", prise="a_prendre", souple="y"))
    action = db.session.scalars(select(Action)).one()
    assert (action.bienveillant, action.prise_le, action.souple) == (None, None, True)
    assert [(m.genre, m.adresse) for m in outbox()] == [("demande_a_prendre", bruno.email)]


def test_what_is_validated_already_needs_somebody(as_, zoe):
    fields = typed(lieu="x", prise="a_prendre", deja_validee="y", motif="réunion du 3 mars")
    answer = as_(zoe).post("/actions/nouvelle", data=fields)
    assert answer.status_code == 422
    assert "prends-la, puis passe le relais" in words(answer)


# --- handing over ----------------------------------------------------------------------------------------------


@pytest.mark.both
def test_a_relay_moves_the_action_once_it_is_accepted(as_, zoe, bruno, outbox):
    action = builders.action(zoe)
    answer = as_(zoe).post(f"/actions/{action.id}/confier", data={"personne": bruno.id})
    assert answer.status_code == 303
    db.session.expire_all()
    assert (action.bienveillant, action.relais) == (zoe, bruno)
    assert [(m.genre, m.adresse) for m in outbox()] == [("relais_propose", bruno.email)]
    his = as_(bruno)
    assert titles(his.get("/actions/")) == ["Fête du moulin"]
    assert "Zoé Hoarau te propose de suivre cette action." in words(his.get(f"/actions/{action.id}"))
    assert [his.post(f"/actions/{action.id}/accepter_relais").status_code for _ in range(2)] == [303, 303]
    db.session.expire_all()
    assert (action.bienveillant, action.relais) == (bruno, None)
    assert [(m.genre, m.adresse) for m in outbox()][1:] == [("relais_suite", zoe.email)]
    assert events(action)[-2:] == ["action.confier", "action.accepter_relais"]
    assert as_(zoe).get(f"/actions/{action.id}/modifier").status_code == 403


def test_it_may_be_declined_and_stays_where_it_was(as_, zoe, bruno, outbox):
    action = builders.action(zoe)
    relais.offer(action, to=bruno, by=zoe)
    assert as_(bruno).post(f"/actions/{action.id}/laisser_relais").status_code == 303
    db.session.expire_all()
    assert (action.bienveillant, action.relais) == (zoe, None)
    assert [(m.genre, m.adresse) for m in outbox()] == [("relais_propose", bruno.email), ("relais_suite", zoe.email)]
    answer = as_(bruno).post(f"/actions/{action.id}/accepter_relais")
    assert answer.status_code == 409
    assert "Ce relais n’est plus proposé" in words(answer)


def test_it_may_be_taken_back_before_an_answer_and_nobody_is_told_twice(as_, zoe, bruno, outbox):
    action = builders.action(zoe)
    for _ in range(2):
        relais.offer(action, to=bruno, by=zoe)
    assert as_(zoe).post(f"/actions/{action.id}/laisser_relais").status_code == 303
    assert [m.genre for m in outbox()] == ["relais_propose"]
    with pytest.raises(relais.NotOffered):
        relais.accept(action, by=bruno)


def test_offered_by_an_admin_it_stays_whose_it_was(as_, zoe, bruno):
    action, ada = builders.action(zoe), as_(builders.personne("Ada Robert", [builders.ADMIN]))
    answer = ada.post(f"/actions/{action.id}/confier", data={"personne": bruno.id}, follow_redirects=True)
    assert "L’action reste à Zoé Hoarau jusqu’à sa réponse" in answer.text


@pytest.mark.parametrize("who", ["nobody", "oneself", "a volunteer", "somebody gone"])
def test_it_is_offered_to_another_bienveillant_and_to_nobody_else(as_, zoe, bruno, outbox, who):
    action, admin = builders.action(zoe), builders.personne("Ada", [builders.ADMIN])
    comptes.set_active(gone := builders.bienveillant("Rose"), False, by=admin)
    ids = {"nobody": "", "oneself": zoe.id, "a volunteer": builders.personne().id, "somebody gone": gone.id}
    answer = as_(zoe).post(f"/actions/{action.id}/confier", data={"personne": ids[who]})
    assert answer.status_code == 422
    assert "Choisis une autre personne bienveillante" in words(answer)
    assert outbox() == []


def test_an_admin_hands_over_what_somebody_left_behind(as_, zoe, bruno):
    action, ada = builders.action(zoe), builders.personne("Ada", [builders.ADMIN])
    assert as_(bruno).get(f"/actions/{action.id}/confier").status_code == 403
    assert as_(ada).post(f"/actions/{action.id}/confier", data={"personne": bruno.id}).status_code == 303
    relais.accept(action, by=bruno)
    assert action.bienveillant is bruno


def test_the_priority_follows_the_present_bienveillant(as_, zoe, bruno):
    action = builders.action(zoe)
    post = builders.referent_mission(action)
    relais.offer(action, to=bruno, by=zoe)
    relais.accept(action, by=bruno)
    assert as_(zoe).post(f"/missions/{post.id}/prendre").status_code == 403
    missions.take(post, by=bruno)


def test_the_page_of_the_relay_lists_the_others_or_says_that_there_are_none(as_, zoe):
    action = builders.action(zoe)
    client = as_(zoe)
    assert "Personne à qui passer le relais" in words(client.get(f"/actions/{action.id}/confier"))
    builders.bienveillant("Bruno Ozoux")
    options = page(client.get(f"/actions/{action.id}/confier")).select("option")
    assert [o.get_text() for o in options] == ["Choisis une personne", "Bruno Ozoux"]


# --- nobody answers --------------------------------------------------------------------------------------------


def late(**fields) -> Action:
    with clock.freeze(clock.now() - timedelta(days=6)):
        return builders.request(**fields)


def told(outbox) -> list[str]:
    return sorted(m.adresse for m in outbox() if m.genre == "demande_sans_reponse")


@pytest.mark.both
def test_unanswered_for_five_days_it_stands_out_and_whoever_sets_it_up_is_told_once(as_, zoe, bruno, outbox):
    taken = late()
    relais.take(taken, by=zoe)
    builders.request(titre="D’hier")
    db.session.commit()
    for _ in range(2):
        pass_time()
    assert told(outbox) == [zoe.email]
    shown = as_(zoe).get("/actions/")
    assert "Sans réponse depuis 6 jours" in words(shown).replace("\u00a0", " ")
    assert page(shown).select_one(".carte.ton-attention")
    assert "Elle attend une réponse" in words(as_(zoe).get(f"/actions/{taken.id}"))


def test_while_nobody_has_it_every_bienveillant_is_told_once(app, zoe, bruno, outbox):
    late()
    db.session.commit()
    for _ in range(2):
        pass_time()
    assert told(outbox) == sorted([zoe.email, bruno.email])


def test_the_delay_is_the_one_that_the_house_set(app, zoe, outbox):
    late()
    reglage.change(reglage.DELAI_REPONSE, 10, by=zoe)
    db.session.commit()
    pass_time()
    assert told(outbox) == []


@pytest.mark.parametrize("how", ["a message", "otherwise", "stopped"])
def test_once_answered_it_stands_out_no_more(as_, zoe, outbox, how):
    taken = late()
    relais.take(taken, by=zoe)
    if how == "a message":
        echanges.write(taken, texte="Bonjour", cle="", by=zoe)
    elif how == "otherwise":
        assert as_(zoe).post(f"/actions/{taken.id}/repondue").status_code == 303
        assert events(taken)[-1] == "action.repondre"
    else:
        commands.decide(taken, annuler, by=zoe, motif="Pluie")
    db.session.commit()
    pass_time()
    assert told(outbox) == []
    assert not taken.is_unanswered


def test_what_the_demandeur_writes_is_no_answer(app, zoe):
    taken = late()
    echanges.write(taken, texte="Alors ?", cle="", by=None)
    assert taken.is_unanswered


# --- leaving the house -----------------------------------------------------------------------------------------


@pytest.mark.both
def test_whoever_is_erased_sets_up_nothing_any_more_and_no_relay_waits_for_them(zoe, bruno, as_):
    ada = builders.personne("Ada", [builders.ADMIN])
    mine, offered = builders.request(), builders.action(zoe)
    relais.take(mine, by=bruno)
    relais.offer(offered, to=bruno, by=zoe)
    echanges.write(mine, texte="Bruno Ozoux vous rappelle.", cle="", by=bruno)
    comptes.erase(bruno, by=ada)
    db.session.commit()
    db.session.expire_all()
    assert offered.relais is None
    assert mine.is_to_take
    shown = words(as_(zoe).get(f"/actions/{mine.id}/echanges"))
    assert "Ozoux" not in shown
    assert "Personne effacée" in shown
    assert "(effacé) vous rappelle." in shown
