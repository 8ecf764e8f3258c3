"""The house that the tables of tests/matrix/tables are asked on: an action in each of the states that their rows speak of."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from portal import clock, security
from portal.actions import commands as actions
from portal.actions import interpole, processus, relais, retroplanning
from portal.actions.models import Action, reading
from portal.actions.suivi import page_token
from portal.besoins import commands as besoins
from portal.besoins.models import confirmer
from portal.comptes import entree
from portal.db import db
from portal.devis import commands as devis
from portal.devis.lien import page_token as page_of
from portal.devis.models import Unite
from portal.equipe import commands as equipe
from portal.factures import commands as invoices
from portal.factures import emission, reglements
from portal.factures.lien import page_token as invoice_page_of
from portal.factures.models import Facture, Moyen
from portal.factures.models import Nature as NatureFacture
from portal.missions import queries
from portal.missions.models import Nature
from portal.partage import commands as partage
from portal.partage import justificatifs
from portal.partage import queries as shares
from portal.partage.justificatifs import Recu
from portal.partage.models import Nature as NatureDepense
from portal.poles.commands import save_equipment
from portal.poles.models import Genre as Sorte
from portal.workflow import fire
from tests import builders, support
from tests.actions.test_routes import shown
from tests.builders import Voice, favorable
from tests.cells import Row
from tests.matrix import team
from tests.matrix.tables import OWN

TYPED = {  # each form reads what it knows of it
    "nom": "Chorale", "titre": "Vingt ans", "email": "vwa@example.org", "demandeur_nom": "Chorale", "texte": "Bonjour",
    "motif": "Ainsi dit.", "mot": "Merci", "type": "autre", "canal": "mail", "jour": "2027-10-30", "de": "15:00", "a": "22:00",
    "cle": "une-cle-bien-a-soi-0001", "technique": "favorable", "ethique": "favorable", "organisationnelle": "favorable",
    "favorable": "favorable", "ou": "reunion", "presents": "Tous", "compte_rendu": "D’accord.", "jours": "3", "stock": "90",
    "quantite": "2", "genre": "pole", "ressource": "humain", "ordre": "1",
}  # fmt: skip

LINKS = ("/actions/suivi/{link}", "/candidatures/suivi/{mine}", "/devis/lien/{offer}", "/factures/lien/{paper}")


def local(instant: Any) -> str:
    return clock.local(instant).strftime("%Y-%m-%dT%H:%M")


class World:
    """A house with an action in each of the states that the rows speak of, kept aside to be given back at once."""

    ids: dict[str, Any]  # what stands between braces in the rows

    def __init__(self, site: support.Site):
        self.site = site
        site.renew()
        with site.app.app_context():
            self._people()
            self._actions()
            self._things()
            self.slot = [local(self.action.debut + timedelta(minutes=minutes)) for minutes in (5, 60)]
            with clock.freeze(clock.now() + timedelta(hours=1)):  # their proofs stay fresh to the end of the table
                self.tokens = {who: entree.open_session(one, agent="pytest") for who, one in self.people.items()}
                db.session.flush()
            self.ids = {who.lower(): one.id for who, one in self.people.items()} | self.ids
            db.session.commit()
            self.linked = self._open_links()
            db.session.remove()
            db.engine.dispose()
        assert isinstance(site.database, support.SqliteDatabase)
        self.kept = site.database.path.read_bytes()

    def renew(self) -> None:
        """As it was built."""
        db.session.remove()
        self.site.renew()
        self.site.database.path.write_bytes(self.kept)

    def _people(self) -> None:
        people = {"VO": "Vanille Técher", "CM": "Charlie Maillot", "RF": "Rémi Fontaine", "PM": "Paul Maillot"}
        people |= {"PO": "Pia Hoarau", "GM": "Gina Payet"}
        self.people = {who: builders.personne(nom) for who, nom in people.items()} | {
            "BA": builders.bienveillant(),
            "BO": builders.bienveillant("Bruno Ozoux"),
            "TR": builders.personne("Tara Robert", [builders.TRESORIER]),
            "AD": builders.personne("Ada Dijoux", [builders.ADMIN]),
        }
        self.pm = Voice(builders.pole("Culture", members=[self.people["PM"]]), self.people["PM"])
        self.po = Voice(builders.pole("Jardin", members=[self.people["PO"]]), self.people["PO"])
        self.groupe = builders.pole("Mobilier", Sorte.GROUPE, members=[self.people["GM"]])

    def _actions(self) -> None:
        """Each has its référent, a volontaire and a chargé de mission, but for the one whose agreement may be undone; BA sets
        it up, but for one that nobody has taken.
        """
        ba = self.people["BA"]
        made = {
            "action": builders.action(ba, pole_porteur=self.pm.pole),
            "asked": builders.action(ba, confirmed=False),
            "handed": builders.action(ba, confirmed=False),
            "proposed": builders.proposed(ba, self.pm.pole),
            "voted": builders.in_validation(ba, self.pm),
            "validated": builders.in_validation(ba, self.pm),
            "priced": builders.in_validation(ba, self.pm),
            "shared": builders.in_validation(ba, self.pm),
            "settled": builders.in_validation(ba, self.pm),
            "held": builders.in_validation(ba, self.pm),
            "free": builders.action(ba, pole_porteur=self.pm.pole),
        }
        relais.offer(made["handed"], to=self.people["BO"], by=ba)
        interpole.give(made["voted"], self.po.pole, by=self.po.member, **favorable())
        interpole.give(made["voted"], self.pm.pole, by=self.pm.member, **favorable())
        for name in ("validated", "priced", "shared", "settled", "held"):
            for voice in (self.pm, self.po):
                builders.opinion(made[name], voice, favorable())
            interpole.close(made[name], by=self.po.member)
        for action in [made[name] for name in made if name not in {"settled", "held"}]:
            team.fill(action, self)
        for step in (processus.ouvrir, processus.clore):
            fire(step, made["free"], by=ba)
        self._devis(made)
        self.action, self.request = made["action"], builders.request()
        link = page_token(self.request)
        self.ids |= {name: action.id for name, action in made.items()} | {
            "request": self.request.id, "link": link, "altered": f"{link[:-1]}{'A' if link[-1] != 'A' else 'B'}",
        }  # fmt: skip

    def _devis(self, made: dict[str, Any]) -> None:
        """A draft of two lines, another whose discount a second person approves, one that two pôles are asked about, one that
        was sent, one that was accepted.
        """
        ba, sent, agreed = self.people["BA"], builders.sent(made["priced"]), builders.accepted(made["settled"])
        quote, discounted, lined = (builders.devis(made[name]) for name in ("validated", "action", "shared"))
        for pole in (self.pm.pole, self.groupe):
            devis.add(lined, by=ba, libelle=pole.nom, unite=Unite.FORFAIT, prix=50_00, pole_id=pole.id)
        ligne = quote.lignes[0]
        devis.add(quote, by=ba, libelle="Ménage", unite=Unite.FORFAIT, prix=50_00)
        devis.discount(discounted, by=ba, remise=5_000)
        rows: dict[str, Any] = {
            "quote": quote,
            "discounted": discounted,
            "sent": sent,
            "agreed": agreed,
            "lined": lined,
            "ligne": ligne,
            "tarif": builders.tarif(by=ba),
        }
        rows |= self._invoice(made["held"])
        self.ids = {name: row.id for name, row in rows.items()} | {
            "offer": page_of(sent), "empreinte": sent.empreinte, "paper": invoice_page_of(rows["left_invoice"]),
        }  # fmt: skip
        self.ids |= {"past": self.past, "year": self.past + 1}

    def _invoice(self, action: Action) -> dict[str, Any]:
        """Of a day that is over, its deposit paid in part last year; a line of the rest, a draft, benefits the pôle of PM."""
        ba, tr, _ = self.people["BA"], self.people["TR"], builders.accepted(action)
        deposit = invoices.prepare(action, NatureFacture.ACOMPTE, by=ba)
        emission.emit(deposit, by=tr, read=emission.reading(deposit))
        self.past = clock.today().year - 1
        paid = reglements.receive(deposit, by=tr, montant=100, moyen=Moyen.VIREMENT, le=date(self.past, 12, 31))
        for step in (processus.ouvrir, processus.clore):
            fire(step, action, by=ba)
        facture = invoices.prepare(action, NatureFacture.FACTURE, by=ba)
        more = {"libelle": "Assiettes", "quantite": 100, "unite": Unite.UNITE, "prix": 3_00, "taux": 0, "motif": "En plus."}
        extra = invoices.add(facture, by=ba, pole_id=self.pm.pole.id, **more)
        spent = {"libelle": "Marché", "montant": 20_00, "le": clock.today(), "nature": NatureDepense.AUTRE, "pole_id": None}
        cost = partage.note(action, by=ba, recu=Recu(justificatifs.PDF, b"%PDF-"), **spent)
        return {"draft_invoice": facture, "extra": extra, "left_invoice": deposit, "paid": paid, "cost": cost}

    def _things(self) -> None:
        ba, action, slot = self.people["BA"], self.action, self.action.debut
        first, _ = (
            actions.add_step(action, by=ba, titre=titre, debut=slot + timedelta(hours=n), fin=slot + timedelta(hours=n + 1))
            for n, titre in enumerate(("Accueil", "Repas"))
        )
        task = retroplanning.add(action, by=ba, titre="Commander le pain", jours=3)
        theirs = retroplanning.add(action, by=ba, titre="Laver les nappes", jours=3, responsable_id=self.people["VO"].id)
        otherwise = builders.besoin(action, self.groupe, titre="Trois bras")
        besoins.answer(otherwise, confirmer, by=self.people["GM"], quantite=1, motif="Pas plus.")
        sure = builders.besoin(action, self.pm.pole, titre="Trois tables")
        besoins.answer(sure, confirmer, by=self.people["PM"], quantite=2, motif="")
        found: dict[str, Any] = {
            "etape": first,
            "tache": task,
            "theirs": theirs,
            "draft": builders.besoin(action, self.groupe, asked=False),
            "of_pm": builders.besoin(action, self.pm.pole),
            "of_gm": builders.besoin(action, self.groupe),
            "otherwise": otherwise,
            "espace": builders.espace(),
            "materiel": save_equipment(None, nom="Chaises", stock=80, pole=self.groupe, by=None),
            "prestation": builders.prestation(),
            "mission": next(m for m in queries.of_action(action) if m.nature is Nature.VOLONTAIRE),
            "post": next(m for m in queries.of_action(action) if m.nature is Nature.REFERENT),
            "sure": sure,
            "pm": self.pm.pole,
            "po": self.po.pole,
            "groupe": self.groupe,
            "pm_member": self.pm.member,
        }
        for rows in (team.candidates, team.days, team.counted, team.letters, team.paid):
            found |= rows(self)
        db.session.flush()
        self.ids |= {name: row if isinstance(row, str) else row.id for name, row in found.items()}
        self.ids["tout"] = emission.reading(db.session.get_one(Facture, self.ids["draft_invoice"]))
        self.ids["cles"] = partage.keys_reading(shares.compte(db.session.get_one(Action, self.ids["held"])))
        self.ids["unsaid"] = reading(equipe.sheet_of(None))
        self.ids["secret"] = security.seal("agenda.actions", ba.id, ba.agenda_generation)

    def _open_links(self) -> str | None:
        """The cookie of whoever has opened them all, if that leaves one."""
        client = self.site.app.test_client()
        for page in LINKS:
            assert client.get(page.format(**self.ids)).status_code == 200
        cookie = client.get_cookie("portail")
        return cookie.value if cookie else None

    def visitor(self, who: str) -> support.PortalClient:
        client = self.site.app.test_client()
        assert isinstance(client, support.PortalClient)
        if who in self.tokens:
            client.remember(_user_id=self.tokens[who], _fresh=True)
        if who == "CL" and self.linked:
            client.set_cookie("portail", self.linked)
        return client

    def fields(self, row: Row) -> dict[str, Any]:
        """What somebody types there: the page's own form as it is shown to whoever may, filled in where it is empty."""
        if row.method == "GET":
            return {}
        path, as_it_is = row.path(self.ids), {}
        for who in ("BA", "AD"):
            found = self.visitor(who).get(path)
            if found.status_code == 200 and found.mimetype == "text/html" and 'class="formulaire' in found.text:
                as_it_is = {
                    name: said for name, said in shown(self.visitor(who), path).items() if said and name != "csrf_token"
                }
        chosen = {
            "empreinte": self.ids["empreinte"],
            "pole": self.ids["po"],
            "personne": self.ids["bo"],
            "le": clock.today().isoformat(),
        }
        own = {name: said.format(**self.ids) for name, said in OWN.get(row.asked, {}).items()}
        return TYPED | chosen | dict(zip(("debut", "fin"), self.slot, strict=True)) | as_it_is | own
