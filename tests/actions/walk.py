"""What people do on the screens of an action, with their thumbs: the steps of the browser's walks."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

SHEET, NEEDS, ORDER, PLAN = "Fiche", "Besoins", "Programme", "Rétroplanning"


# --- what a thumb does -----------------------------------------------------------------------------------------


def tap(within: Page | Locator, name: str) -> None:
    within.get_by_role("button", name=name, exact=True).or_(within.get_by_role("link", name=name, exact=True)).tap()


def send(page: Page, name: str, says: str, within: Locator | None = None) -> None:
    """A button that sends, and what the portal says then."""
    tap(within or page.locator("main"), name)
    expect(page.locator("#toasts")).to_contain_text(says)


def unfold(within: Page | Locator, words: str) -> None:
    within.locator("summary", has_text=words).tap()


def tab(page: Page, name: str) -> None:
    link = page.get_by_role("navigation", name="L’action").get_by_role("link", name=name)
    link.tap()
    expect(link).to_have_attribute("aria-current", "page")


def write(within: Page | Locator, **words: str) -> None:
    """Fields by their names; those of dates and choices too."""
    for name, word in words.items():
        field = within.locator(f"[name={name}]:visible")
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(word)
        else:
            field.fill(word)


def card(page: Page, title: str) -> Locator:
    return page.locator("article", has=page.get_by_role("heading", name=title))


# --- the request -----------------------------------------------------------------------------------------------


def ask(page: Page, *, wishes: list[str], **words: str) -> None:
    page.goto("/")
    tap(page.locator("main"), "Organiser quelque chose ici")
    expect(page.get_by_role("heading", level=1)).to_have_text("Organiser quelque chose ici")
    write(page, **words)
    for wish in wishes:
        page.get_by_role("checkbox", name=wish).check()
    send(page, "Envoyer ma demande", "votre demande est bien arrivée")


def take_up(page: Page, titre: str) -> None:
    """From the home page of whoever sets actions up."""
    page.goto("/")
    page.locator("main").get_by_role("link", name="à prendre").tap()
    expect(page.get_by_role("heading", level=1)).to_have_text(titre)  # the only one: home leads straight to it
    send(page, "Je la prends", "Cette demande est à toi.")


def talk(team: Page, demandeur: Page) -> None:
    tap(team, "Répondre")
    write(team, texte="Bonjour, la date nous va. Combien de repas ?")
    send(team, "Envoyer", "Message envoyé.")
    demandeur.reload()
    expect(demandeur.get_by_text("Zoé Hoarau suit votre demande.")).to_be_visible()
    tap(demandeur, "lisez et répondez")
    expect(demandeur.get_by_text("Combien de repas ?")).to_be_visible()
    write(demandeur, texte="Cent dix, sans porc.")
    send(demandeur, "Envoyer", "Votre message est envoyé.")
    team.reload()
    expect(team.get_by_text("Cent dix, sans porc.")).to_be_visible()


def hand_over(giver: Page, taker: Page) -> None:
    tab(giver, SHEET)
    tap(giver, "Passer le relais")
    write(giver, personne="Bruno Ozoux")
    send(giver, "Proposer le relais", "Bruno Ozoux reçoit un message.")
    taker.goto("/")
    taker.locator("main").get_by_role("link", name="confie").tap()
    expect(taker.get_by_role("heading", level=1)).to_have_text("C’est mon patrimoine")
    send(taker, "Je prends le relais", "cette action est à toi")


def complete(page: Page) -> None:
    tap(page, "Modifier la fiche")
    write(
        page,
        type="Manifestation thématique",
        description="Vidéos des enfants de Savanna, *ronkozé*, deux orchestres, un film et un concert.",
        valeurs="Faire vivre la mémoire du moulin.",
    )
    page.get_by_label("Dans l’agenda public").check()
    send(page, "Enregistrer", "Fiche enregistrée.")


def find_its_pole(sets_up: Page, first: Page, second: Page) -> None:
    """Proposed to one that passes it on with a reason; the next takes it."""
    tap(sets_up, "La proposer à un pôle")
    write(sets_up, pole="Jardin")
    send(sets_up, "Proposer à ce pôle", "Proposée au pôle Jardin.")
    first.goto("/")
    first.locator("main").get_by_role("link", name="porter").tap()
    unfold(first, "La passer")
    write(first, motif="C’est d’abord une journée de mémoire.")
    first.get_by_label("À qui la passer").select_option("Culture")
    send(first, "La passer", "Passée au pôle Culture.")
    second.goto("/")
    second.locator("main").get_by_role("link", name="porter").tap()
    expect(second.get_by_text("C’est d’abord une journée de mémoire.")).to_be_visible()
    send(second, "Le pôle Culture la porte", "Le pôle porte l’action")


# --- by the pôles, each on its phone ---------------------------------------------------------------------------


def voice(page: Page, titre: str) -> None:
    """A member of a pôle, from home to the opinion that is awaited."""
    page.goto("/")
    page.locator("main").get_by_role("link", name="avis à donner").tap()
    expect(page.get_by_role("heading", level=1)).to_have_text(titre)


def doubt(page: Page, words: str, sens: str) -> None:
    """A comment is asked where there is a doubt, and nowhere else."""
    for criterion, answer in (("Technique", "Favorable"), ("Éthique", "Favorable"), ("Organisationnelle", sens)):
        page.get_by_role("group", name=criterion).get_by_label(answer, exact=True).check()
    page.get_by_label("Ce qui retient le pôle").locator("visible=true").fill(words)
    send(page, "Enregistrer l’avis du pôle", "est enregistré")


def validate_online(culture: Page, jardin: Page, communs: Page) -> None:
    """Favorable, réserve, défavorable: it blocks until its pôle lifts it."""
    culture.reload()
    send(culture, "Favorable, sans réserve", "est enregistré")
    voice(jardin, "C’est mon patrimoine")
    expect(jardin.get_by_text("Tu liras ce que disent les autres")).to_be_visible()
    unfold(jardin, "Répondre point par point")
    doubt(jardin, "Le jardin ferme à 18 h.", "Réserve")
    voice(communs, "C’est mon patrimoine")
    unfold(communs, "Répondre point par point")
    doubt(communs, "Personne pour fermer à 22 h.", "Défavorable")
    expect(communs.get_by_text("Pôle Communs : avis défavorable.")).to_be_visible()
    expect(communs.get_by_role("button", name="Clore")).to_have_count(0)
    unfold(communs, "Changer l’avis")
    communs.get_by_role("group", name="Organisationnelle").get_by_label("Favorable", exact=True).check()
    send(communs, "Enregistrer l’avis du pôle", "est enregistré")
    send(communs, "Clore : l’action est validée", "Action validée par l’interpôle.")


# --- what it needs ---------------------------------------------------------------------------------------------


def need(page: Page, kind: str, **words: str) -> None:
    tap(page.locator("#ajouter"), kind)
    write(page, **words)
    send(page, "Enregistrer et demander", "Besoin demandé")


def ask_for_what_it_needs(page: Page) -> None:
    """The wishes became drafts; each becomes real and is asked of who can say yes."""
    tab(page, NEEDS)
    tap(card(page, "Un repas créole"), "Modifier")
    write(page, quantite="110", unite="repas", mot="Sans porc.")
    send(page, "Enregistrer et demander", "Besoin demandé")
    tap(card(page, "Une visite du jardin"), "Modifier")
    write(page, quantite="2", debut="2022-10-29T10:00", fin="2022-10-29T11:00")
    send(page, "Enregistrer et demander", "Besoin demandé")
    send(page, "Demander", "Besoin demandé", card(page, "La case"))
    need(page, "Matériel", materiel_id="Chaises (80)", quantite="60")


def ask_again(page: Page) -> None:
    """The no is read with its reason, where one may ask for less."""
    page.goto("/")
    page.locator("main").get_by_role("link", name="besoin refusé ou changé").tap()
    expect(card(page, "Chaises")).to_contain_text("Prêtées à la mairie jusqu’à midi.")
    tap(card(page, "Chaises"), "Modifier")
    write(page, quantite="40")
    send(page, "Enregistrer et demander", "Besoin demandé")


def keep_what_there_is(page: Page) -> None:
    page.reload()
    expect(card(page, "Chaises")).to_contain_text("Tu en avais demandé 40")
    send(page, "Garder 30", "La quantité du pôle est gardée.", card(page, "Chaises"))
    expect(card(page, "La case")).to_contain_text("Option, expire")


def answer(page: Page, titre: str) -> Locator:
    """What is asked of a member's pôles and groupes, and the need among it."""
    page.goto("/besoins/")
    return card(page, titre)


def confirm(page: Page, titre: str) -> None:
    send(page, "Confirmer", "confirmé", answer(page, titre))


def otherwise(page: Page, titre: str, quantite: str, motif: str) -> None:
    asked = answer(page, titre)
    unfold(asked, "Autre quantité")
    write(asked, quantite=quantite, motif=motif)
    send(page, "Confirmer ce nombre", "confirmé", asked)


def refuse(page: Page, titre: str, motif: str) -> None:
    asked = answer(page, titre)
    unfold(asked, "Refuser")
    write(asked, motif=motif)
    send(page, "Refuser", "refusé", asked)


# --- its hours and its tasks -----------------------------------------------------------------------------------


def item(page: Page, titre: str, start: str, end: str, **more: str) -> None:
    form = page.locator("#ajouter")
    write(form, titre=titre, debut=f"2022-10-29T{start}", fin=f"2022-10-29T{end}", **more)
    send(page, "Ajouter au programme", "Étape ajoutée.", form)


def shown(page: Page) -> list[str]:
    """The programme as it reads."""
    lines = page.locator("ol.programme > li").all()
    return [" ".join(" ".join(line.locator(".heure, h3").all_inner_texts()).split()) for line in lines]


def fill_the_day(page: Page) -> None:
    """As it was announced; the one that lasts all day runs beside the others."""
    tab(page, ORDER)
    item(page, "Vidéos, podcasts, jeux lontan", "09:00", "17:30", piste="Cour")
    item(page, "Ronkozé sur Savanna", "10:00", "11:00")
    item(page, "Visite de La Raffinerie", "11:00", "12:00", responsable_id="Zoé Hoarau")
    item(page, "Carry poulet", "12:00", "13:30")
    tap(page, "Plus tôt : Visite de La Raffinerie")
    expect(page.locator("ol.programme > li").nth(1)).to_contain_text("Visite de La Raffinerie")


def tick_the_tasks(page: Page) -> None:
    """What the law wants sixty-two days before is late already; a tent that nobody puts up is set aside with its reason."""
    tab(page, PLAN)
    send(page, "Proposer les 21 tâches", "21 tâches ajoutées.")
    late = page.locator("section", has=page.get_by_role("heading", name="En retard")).get_by_role("listitem")
    expect(late).to_have_count(1)
    send(page, "Fait : Déposer le dossier en mairie", "Fait : Déposer le dossier en mairie.")
    expect(late).to_have_count(0)
    tap(page, "Vérifier tentes et chapiteaux")
    unfold(page, "Cette action n’en a pas besoin")
    write(page, motif="Tout se passe dans la case et dans la cour.")
    send(page, "Sans objet", "Sans objet : Vérifier tentes et chapiteaux.")
    expect(page.get_by_text("2 sur 21 traitées")).to_be_visible()


def decide_together(screen: Page) -> None:
    """On the screen that everybody looks at: what each pôle said, then what the meeting decides of it."""
    screen.goto("/actions/")
    tap(screen, "Réunion")
    expect(screen.get_by_role("heading", level=1)).to_have_text("Séminaire de rentrée")
    expect(screen.get_by_text("Le compost se retourne ce jour-là.")).to_be_visible()
    screen.get_by_label("Favorable : l’action est validée").check()
    write(
        screen,
        le="2022-09-03",
        presents="Culture, Communs, Jardin, Gina",
        compte_rendu="Le compost attend, on mange sous le manguier.",
    )
    send(screen, "Enregistrer la décision", "« Séminaire de rentrée » est validée.")
    expect(screen.get_by_text("Aucune action n’attend de décision")).to_be_visible()


def says_nothing_of(demandeur: Page, *words: str) -> None:
    """What the house said among itself stays there."""
    for word in words:
        expect(demandeur.locator("main")).not_to_contain_text(word)
