// What the portal adds to htmx; a module, so that it names nothing globally. Every screen works without this file.

// On a slow phone the page is read first: htmx is asked for once all of it is there, and forms work without it meanwhile.
window.addEventListener("load", () => {
  const library = document.createElement("script");
  library.src = document.querySelector("script[data-htmx]").dataset.htmx;
  document.head.append(library);
});

const region = () => document.getElementById("toasts");

/** An icon of the sprite that the page itself uses. */
function icon(name) {
  const svg = document.querySelector("svg.icone").cloneNode(true);
  const use = svg.querySelector("use");
  use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${name}`));
  return svg;
}

/** A word at the bottom of the screen, and its buttons; the same word is never shown twice at once. */
function toast(text, tone = "attention", ways = {}) {
  const box = Object.assign(document.createElement("div"), { className: `toast ton-${tone}` });
  const words = Object.assign(document.createElement("p"), { textContent: text });
  box.append(icon(tone === "bon" ? "circle-check" : "circle-alert"), words);
  for (const [label, act] of Object.entries(ways)) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "bouton", textContent: label });
    button.addEventListener("click", () => (box.remove(), act()));
    box.append(button);
  }
  for (const old of region().querySelectorAll("p")) if (old.textContent === text) old.parentElement.remove();
  region().append(box);
}

document.addEventListener("portail:toast", ({ detail }) => toast(detail.text, detail.ton, detail.gestes)); // for the other scripts

/** A word that stays (attention) needs a way to leave. */
function closable() {
  for (const box of region().querySelectorAll(".toast.ton-attention:not(:has([data-fermer]))")) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "bouton", ariaLabel: "Fermer" });
    button.dataset.fermer = "";
    button.append(icon("x"));
    box.append(button);
  }
}

// A preview is a page of its own: htmx does not hear of that button.
document.addEventListener("submit", (event) => event.submitter?.name === "apercu" && event.stopImmediatePropagation(), true);

// A file that the server would not read takes the whole form with it: it is said before anything is sent.
document.addEventListener("change", ({ target }) => {
  if (!target.dataset.octets) return;
  const heavy = [...target.files].some((file) => file.size > target.dataset.octets);
  target.setCustomValidity(heavy ? target.dataset.trop : "");
  target.reportValidity();
});

// Back to the form as it was typed, rather than to a fresh one.
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-retour]") || history.length < 2) return;
  event.preventDefault();
  history.back();
});

// --- errors that htmx does not swap: say them ------------------------------------------------------------------

// Nobody asked for a poll: its failures are not announced.
const asked = (ctx) => !["every", "load", "rafraichir"].includes(ctx.sourceEvent?.type);

document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => {
  const { status } = ctx.response;
  if (status === 422 || ctx.hx?.redirect || !asked(ctx)) return;
  outdated ||= status === 400 || status === 401;
  if (status === 400) renew();
  const said = new DOMParser().parseFromString(ctx.text ?? "", "text/html").querySelector("[data-message]");
  const ways = status === 401 ? { "Se connecter": () => open("/comptes/connexion") } : {};
  toast(said?.textContent.trim() || "Le portail n’a pas pu répondre. À réessayer dans un instant.", "attention", ways);
});

document.addEventListener("htmx:error", ({ detail: { ctx } }) => {
  if (ctx && !ctx.response && asked(ctx)) toast("Pas de réseau : rien n’est parti. À réessayer quand il revient.");
});

// --- what every request carries --------------------------------------------------------------------------------

document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  const token = document.querySelector('meta[name="csrf-token"]')?.content;
  if (token && !/^(GET|HEAD)$/i.test(ctx.request.method)) ctx.request.headers["X-CSRFToken"] = token;
});

// Whoever signed in again in another tab left this page the token of the session before: it takes the new one, and may send.
// Nobody else's: what one person typed never leaves in the name of another.
let outdated = false;
const ANOTHER = "Quelqu’un d’autre est connecté ici : copie ce que tu as écrit, puis recharge la page.";
const isAnother = (compte) => compte && document.body.dataset.compte && compte !== document.body.dataset.compte;

// Nor does this page take in what is said to somebody else, whose forms would stand under the first one's name.
document.addEventListener("htmx:before:swap", (event) => {
  const { ctx } = event.detail;
  if (!isAnother(ctx.response?.headers.get("X-Compte"))) return;
  event.preventDefault();
  if (asked(ctx)) toast(ANOTHER);
});

async function renew() {
  const text = await fetch("/", { headers: { "X-Garder": "1" } }).then((answer) => answer.text(), () => "");
  const home = new DOMParser().parseFromString(text, "text/html");
  const token = home.querySelector('meta[name="csrf-token"]')?.content;
  const { compte } = home.body.dataset, mine = document.body.dataset.compte;
  if (isAnother(compte)) return toast(ANOTHER);
  if (!token || compte !== mine) return;
  outdated = false;
  document.querySelector('meta[name="csrf-token"]')?.setAttribute("content", token);
  for (const field of document.getElementsByName("csrf_token")) field.value = token;
}

document.addEventListener("visibilitychange", () => outdated && !document.hidden && renew());

// htmx's history is off (nothing of a page stays on a shared phone), so the address is kept here.
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  reveal();
  if (ctx.replace === "true" && ctx.response?.status === 200) history.replaceState(null, "", ctx.request.action);
});

// --- one submission at a time: a busy form ignores the second tap ----------------------------------------------

const free = (form) => form.removeAttribute("aria-busy");
const TWICE = 600; // ms: on the day, a second tap of the same thumb; the button may already say the next thing
const pressed = new WeakMap();

/** Whether this form of the day was sent a moment ago. */
function again(form, now) {
  const place = form.closest("#geste") ?? form; // where the thumb is: the big button says the next thing at once
  const last = form.matches(".jour form:not([data-geste=repete])") ? pressed.get(place) : undefined;
  if (last === undefined || now - last >= TWICE) pressed.set(place, now);
  return now - last < TWICE;
}

document.addEventListener("submit", (event) => {
  const { target: form, timeStamp } = event;
  if (form.getAttribute("aria-busy") !== "true" && !again(form, timeStamp)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);

window.addEventListener("submit", ({ target: form, defaultPrevented }) => {
  if (defaultPrevented || form.method !== "post") return;
  form.setAttribute("aria-busy", "true");
  setTimeout(free, 10000, form); // a download never leaves the page
});

document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  if (ctx.sourceElement.matches("form")) ctx.sourceElement.setAttribute("aria-busy", "true");
});
document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => free(ctx.sourceElement));
window.addEventListener("pageshow", () => document.querySelectorAll('form[aria-busy="true"]').forEach(free));

// Back, then sent again, it is the same form: it keeps the key of its first sending, which is how the portal knows.
const key = document.querySelector('form.formulaire [name="cle"]');
if (key) {
  const place = `cle:${location.pathname}`;
  if (performance.getEntriesByType("navigation")[0]?.type === "back_forward") key.value = sessionStorage.getItem(place) ?? key.value;
  key.form.addEventListener("submit", () => sessionStorage.setItem(place, key.value));
}

// Who comes or goes on this phone: the days that the last one opened are not for the next one to read. What was tapped and
// has not left stays for whoever tapped it, and is said to who leaves.
document.addEventListener("submit", async (event) => {
  const { target: form } = event, way = new URL(form.action).pathname.match(/^\/(?:comptes|moi\/donnees)\/(connexion|deconnexion|lien|effacer)/)?.[1];
  if (event.defaultPrevented || !way) return;
  const forgotten = self.caches?.delete("jour");
  if (way !== "deconnexion") return;
  event.preventDefault();
  await forgotten;
  const { all, drop, waiting } = await import("./sortie.js");
  const left = waiting(await all().catch(() => [])).filter(({ compte }) => compte === Number(document.body.dataset.compte));
  if (!left.length) return form.submit();
  const [many, made, erase] = left.length > 1
    ? [`${left.length} gestes ne sont pas encore partis : ils restent`, "les a faits", "Les effacer, et se déconnecter"]
    : ["Un geste n’est pas encore parti : il reste", "l’a fait", "L’effacer, et se déconnecter"];
  toast(`${many} sur ce téléphone, pour la personne qui ${made}.`, "attention", {
    "Se déconnecter": () => form.submit(),
    [erase]: async () => (await drop(...left.map(({ uuid }) => uuid)), form.submit()),
  });
});

// The end follows the beginning and keeps its distance, as in any calendar; two hours when it is not written yet.
const wall = (text) => Date.parse(`${text}Z`); // read and written as UTC: the hour on the wall, wherever the phone is
document.addEventListener("change", ({ target }) => {
  const end = target.name === "debut" && target.form?.elements.fin;
  if (!end || !target.value) return;
  const before = target.dataset.avant ?? target.defaultValue;
  const lasts = before && end.value ? wall(end.value) - wall(before) : 2 * 3600e3;
  end.value = new Date(wall(target.value) + lasts).toISOString().slice(0, 16);
  target.dataset.avant = target.value;
});

// --- what is folded --------------------------------------------------------------------------------------------

// A swap leaves folds as they are on this screen (morphIgnore), but for the gesture just made and what the page now wants seen.
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  ctx.sourceElement.closest("details.plus")?.removeAttribute("open");
  for (const fold of document.querySelectorAll("details[data-ouvert]")) fold.open = true;
});

// A link to a part of the page unfolds it, in every browser; what asks for a word is ready for it.
document.addEventListener("click", ({ target }) => {
  const id = target.closest('a[href^="#"]')?.hash.slice(1);
  const part = id && document.getElementById(id);
  const fold = part?.querySelector(":scope > details") ?? part?.closest("details");
  if (fold) fold.open = true;
});
document.addEventListener("toggle", ({ target }) => {
  if (target.open && target.matches("[data-saisie]")) target.querySelector("textarea").focus();
}, true);

// In front of everybody, the arrows turn from one action to the next; while somebody types, they move in their words.
document.addEventListener("keydown", ({ key, target, altKey, ctrlKey, metaKey, shiftKey }) => {
  const rel = { ArrowLeft: "prev", ArrowRight: "next" }[key];
  if (!rel || altKey || ctrlKey || metaKey || shiftKey || target.closest("input, textarea, select")) return;
  document.querySelector(`.reunion a[rel=${rel}]`)?.click();
});

// --- small things ----------------------------------------------------------------------------------------------

document.addEventListener("click", async ({ target }) => {
  if (target.closest("[data-fermer]")) target.closest(".toast").remove();
  if (target.closest("[data-imprimer]")) window.print();
  const button = target.closest("[data-partager], [data-copier-texte]");
  if (!button) return;
  const { copierTexte: text, partager } = button.dataset, said = text ?? new URL(partager, location.href).href;
  try {
    if (partager && navigator.share && !("copier" in button.dataset)) await navigator.share({ title: button.dataset.titre || document.title, url: said });
    else {
      await navigator.clipboard.writeText(said);
      toast(partager ? "Lien copié." : "C’est copié.", "bon");
    }
  } catch (error) {
    if (error.name !== "AbortError") toast(`Voici ce qu’il faut copier : ${said}`);
  }
});

document.addEventListener("animationend", (event) => event.animationName === "passe" && event.target.remove());

function reveal() {
  for (const button of document.querySelectorAll(":is([data-partager], [data-copier-texte], [data-imprimer])[hidden]")) button.hidden = false;
}
reveal();
for (const tab of document.querySelectorAll(":is(.onglets, .actifs) [aria-current]")) { // on a phone it may be out of sight
  const row = tab.closest(".onglets, .actifs");
  if (tab.offsetLeft + tab.offsetWidth > row.clientWidth) row.scrollLeft = tab.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2;
}
new MutationObserver(closable).observe(region(), { childList: true });
closable();
