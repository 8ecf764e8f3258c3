// The day on a phone: a tap is kept here first, shown at once, then sent; what the others do comes by itself.
// Nothing leaves the phone's outbox before the portal has named its uuid: a status alone proves nothing (docs/architecture.md).
import { drawTeam } from "./equipe.js";
import { keep, remember, reopen, wake } from "./garde.js";
import { done, drawable, follow, kept } from "./suite.js";
import { all, bytes, drop, put, waiting } from "./sortie.js";

const screen = document.querySelector("[data-jour]");
const jour = Number(screen.dataset.jour), compte = Number(screen.dataset.compte);
const MOST = 50; // taps of one sending
const KEPT = " Gardé ici jusqu’au retour du réseau.";
const say = (text, ton, gestes) => document.dispatchEvent(new CustomEvent("portail:toast", { detail: { text, ton, gestes } }));
const { fuseau: timeZone } = screen.dataset;
const clock = (at) => new Date(at).toLocaleTimeString("fr-FR", { timeZone, hour: "2-digit", minute: "2-digit" }); // "09:05"
const hour = (at) => clock(at).replace(/^0?(\d+):/, "$1\u00a0h\u00a0");
const many = (n, one, more) => `${n} ${n > 1 ? more : one}`;

// --- a tap -----------------------------------------------------------------------------------------------------

/** What its button says, without the small print. */
function words(form, button) {
  const label = (button ?? form.querySelector("button")).cloneNode(true);
  for (const small of label.querySelectorAll("small, svg")) small.remove();
  const chosen = [...form.querySelectorAll("select")].map((field) => field.selectedOptions[0].textContent).join(", ");
  return `${button?.ariaLabel ?? label.textContent}${chosen && `\u00a0: ${chosen}`}`.replace(/[ \t\n]+/g, " ").trim();
}

/** The last time that the clocks of the place showed that hour. */
function last(heure) {
  const now = Date.now(), of = (hour) => Date.parse(`1970-01-01T${hour}Z`), day = 24 * 3600e3;
  const since = (of(clock(now)) - of(heure) + day) % day;
  return Math.floor(now / 60e3) * 60e3 - since;
}

let taps = []; // what this phone keeps, as it was last read
let heard = []; // what it no longer keeps: the portal has acknowledged it, and the page may not show it yet
let standing = []; // what it said and the page may not show: what was heard, and what waits

const ONCE = ["site", "presence", "etape", "charge"]; // said twice in a row, they say nothing more
const ORDERED = ["etape", "charge"]; // of which another one, said since, changes what the same one says

function again({ genre, cible, valeur }) {
  const last = standing.findLast((said) => said.genre === genre && (ORDERED.includes(genre) || said.cible === cible));
  return ONCE.includes(genre) && last?.cible === cible && last.valeur === valeur;
}

let rank = 0;
const tap = (said) => ({ uuid: crypto.randomUUID(), jour, compte, cible: "", valeur: "", mot: "", quand: Date.now(), rang: rank++, ...said });

document.addEventListener("submit", async (event) => {
  const { target: form, submitter } = event;
  if (!form.matches("form[data-geste]") || event.defaultPrevented) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const { genre, cible, valeur, mot = "", lieu = "", mesures = "", photo, heure, il_y_a: ago } = Object.fromEntries(new FormData(form));
  const said = tap({ genre, cible, valeur, mot, lieu, mesures, dit: words(form, submitter), quand: heure ? last(heure) : Date.now() - (ago ?? 0) * 60e3 });
  if (!ago && !mot && again(said)) return say("C’est déjà noté.", "bon");
  standing.push(said);
  try {
    await put(said, ...(photo?.size ? [await picture(photo, said)] : []));
  } catch {
    plain(form, { csrf_token: token, uuid: said.uuid }).submit(); // a browser that keeps nothing
    return;
  }
  document.getElementById("toasts").replaceChildren(); // the word of before says no more what is on the screen
  form.closest("details.plus, details[data-refermer]")?.removeAttribute("open");
  if (mot) form.reset();
  if (genre === "site") document.getElementById("maintenant").scrollIntoView(); // the page will be another
  if (["etape", "presence", "incident", "suite", "charge", "message", "confie", ...CHANGES].includes(genre) || valeur === "non_conforme") say(`${done(said.dit, form)}.${trouble === "reseau" ? KEPT : ""}`, "bon", { Annuler: () => take(undoing(said)) });
  await paint();
  send();
}, true);

/** The form as it goes by itself, with what only the whole page gives it. */
function plain(form, missing) {
  for (const [name, value] of Object.entries(missing)) form.elements[name] ?? form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  return form;
}

const undoing = ({ uuid, dit }) => tap({ genre: "annule", cible: uuid, dit: `Annuler : ${dit}` });

async function take(said) {
  await put(said);
  await paint();
  send();
}

// --- what the screen says of it --------------------------------------------------------------------------------

let trouble = navigator.onLine ? "attente" : "reseau"; // "" once the portal has answered; "session": it no longer knows who asks
let since = Date.now(); // when it began

/** An answer to what was asked before the network went says nothing of now. */
function turn(now, asked = Date.now()) {
  if (trouble === "reseau" && asked < since) return;
  if (now !== trouble) since = Date.now();
  trouble = now;
}

const here = () => taps.filter((said) => said.jour === jour && said.compte === compte); // nobody reads what another one tapped

/** What waits, drawn over whatever page is there, be it of an hour ago. */
async function paint() {
  taps = await all().catch(() => taps);
  cover(waiting(here()));
  list(here().filter((said) => said.motif || said.mot || !["coche", "presence", "jauge"].includes(said.genre)));
  const line = state();
  const region = document.getElementById("reseau");
  if (region.firstChild?.textContent !== line || region.dataset.etat !== trouble) region.replaceChildren(line, ...(trouble === "session" ? [door()] : []));
  region.dataset.etat = trouble;
}

/** These, drawn over the page before it is seen without them. */
function cover(said) {
  for (const mark of screen.querySelectorAll(".en-attente")) mark.classList.remove("en-attente");
  drawable(said).forEach(draw);
  standing = kept([...heard, ...waiting(here())]);
  follow(standing);
  drawTeam();
  count(standing.filter(isCount));
}

/** Where to sign in again, and come back. */
const door = () => Object.assign(document.createElement("a"), { href: `/comptes/connexion?next=${location.pathname}`, className: "bouton compact", textContent: "Se reconnecter" });

const CHANGES = ["duree", "decale", "echange"]; // of the programme
const NOW = { fait: true, sans_objet: true, arrive: true };

const drawn = new Set(); // the blocks that show what the portal may not confirm

function draw({ uuid, genre, cible, valeur }) {
  const row = CHANGES.includes(genre) ? "etape" : { coche: "point", presence: "place", etape: "etape" }[genre];
  const place = row && document.getElementById(`${row}-${cible}`);
  if (genre === "presence") {
    document.querySelector(`#geste [data-place="${cible}"]`)?.setAttribute("disabled", ""); // the row says what waits
    drawn.add("geste");
  }
  if (!place) return;
  place.classList.toggle("en-attente", !heard.some((said) => said.uuid === uuid));
  drawn.add(place.closest("section").id);
  if (genre === "presence") {
    valeur ??= place.dataset.etat; // taken back: what the portal said
    place.querySelector("div.point")?.classList.toggle("fait", valeur === "arrive");
  }
  for (const other of place.querySelectorAll("[data-si]")) other.hidden = genre !== "presence" || other.dataset.si !== valeur;
  if (genre === "duree") lengthen(place, Number(valeur));
  if (genre === "coche") place.dataset.etat = valeur;
  const button = place.querySelector("button.point[aria-pressed]");
  if (!button) return;
  button.setAttribute("aria-pressed", String(NOW[valeur] ?? false));
  if (genre === "coche") button.form.elements.valeur.value = NOW[valeur] ? "defait" : "fait";
}

// While taps of the count travel, the portal may have counted them already or not: its numbers are those of before they left,
// until it answers a question that left after it had acknowledged them.
let before = null, flying = 0;
const isCount = ({ genre }) => genre === "jauge";

/** The people counted: what the portal said, and what this phone has not sent yet. */
function count(said) {
  const gauge = document.getElementById("jauge");
  if (!gauge) return;
  const more = said.reduce((sum, { valeur }) => sum + Number(valeur), 0), numbers = [...gauge.querySelectorAll("[data-nombre]")];
  const people = numbers.map((number, n) => (number.textContent = Math.max(0, (before?.[n] ?? Number(number.dataset.nombre)) + more)));
  const percent = gauge.dataset.capacite ? (people.at(-1) * 100) / gauge.dataset.capacite : 0;
  gauge.dataset.etat = percent >= 100 ? "attention" : percent >= 90 ? "attente" : "bon";
  gauge.classList.toggle("en-attente", said.length > 0);
}

/** Five minutes more, twice, are ten: its buttons start from what was just tapped. */
function lengthen(place, minutes) {
  for (const button of place.querySelectorAll("[data-plus]")) button.form.elements.valeur.value = Math.max(5, minutes + Number(button.dataset.plus));
}

/** The taps that no line of the page shows, and those that were refused, with why. */
function list(lines) {
  const region = document.getElementById("attente");
  region.hidden = !lines.length;
  region.replaceChildren(...lines.map((said) => {
    const line = document.createElement("p");
    line.append(Object.assign(document.createElement("strong"), { textContent: `${hour(said.quand)} ${said.dit}` }));
    if (said.mot) line.append(` « ${said.mot} »`);
    line.append(said.motif ? `. Refusé : ${said.motif}` : ", en attente d’envoi");
    if (said.motif) {
      const read = Object.assign(document.createElement("button"), { type: "button", className: "bouton compact", textContent: "Retirer" });
      read.addEventListener("click", async () => (await drop(said.uuid), paint()));
      line.append(" ", read);
    }
    return line;
  }));
}

function state() {
  const mine = waiting(taps).filter((said) => said.compte === compte).length, theirs = waiting(taps).length - mine;
  const said = { "": "En direct", attente: "", reseau: `Hors ligne depuis ${hour(since)}`, session: "Session expirée : reconnecte-toi, rien n’est perdu" };
  return [
    said[trouble],
    mine ? `${many(mine, "geste", "gestes")} en attente d’envoi` : "",
    theirs ? `${many(theirs, "geste", "gestes")} d’une autre personne sur ce téléphone` : "",
  ].filter(Boolean).join(" · ");
}

// --- sending ---------------------------------------------------------------------------------------------------

let tries = 0, timer = 0;
let token = document.querySelector('meta[name="csrf-token"]')?.content;

/** One sender on this phone, tabs included: the others wait. */
const send = () => navigator.locks.request("envoi", empty);

async function ask(url, options = {}, most = 8000) {
  const stop = new AbortController(), late = setTimeout(() => stop.abort(), most);
  try {
    const headers = { Accept: "application/json", ...options.headers };
    const answer = await fetch(url, { cache: "no-store", redirect: "error", signal: stop.signal, ...options, headers });
    return { status: answer.status, said: answer.status === 413 ? {} : await answer.json() };
  } finally {
    clearTimeout(late);
  }
}

async function empty() {
  clearTimeout(timer);
  let left = await mine().catch(() => []); // a browser that keeps nothing
  try {
    while (left.length) {
      const light = left.filter(({ genre }) => genre !== "photo");
      if (!(await (light.length ? sendSome(light) : sendPicture(left[0])))) break;
      left = await mine();
    }
  } catch {
    turn("reseau");
  }
  await paint();
  if (left.length) timer = setTimeout(send, Math.min(30e3, 1000 * 2 ** Math.min(tries++, 5)) * (0.75 + Math.random() / 2));
  else refresh();
}

const mine = async () => waiting(await all()).filter((said) => said.compte === compte);

let some = MOST; // taps of the next sending

/** Whether something was acknowledged or refused: whether to go on. */
async function sendSome(left) {
  const batch = left.filter((said) => said.jour === left[0].jour).slice(0, some);
  const counted = batch.filter(isCount);
  if (counted.length) before ??= [...document.querySelectorAll("#jauge [data-nombre]")].map(({ dataset }) => Number(dataset.nombre));
  flying = counted.length;
  const { status, said } = await post(batch);
  if (status === 413) return lighten(batch);
  if (status === 401) {
    turn("session");
    return false;
  }
  if (status === 400) return renew(); // the token is that of another session
  const answered = said.resultats.filter(({ statut }) => statut !== "autre-compte");
  turn(answered.length ? "" : "session");
  const taken = answered.filter(({ statut }) => statut !== "refusée").map(({ uuid }) => uuid);
  await drop(...taken);
  taps = taps.filter(({ uuid }) => !taken.includes(uuid)); // in one breath: a tap that waits and was heard counts twice
  if (batch[0].jour === jour) heard.push(...batch.filter(({ uuid }) => taken.includes(uuid)));
  flying = 0;
  await refuse(answered.filter(({ statut }) => statut === "refusée").map(({ uuid, motif }) => ({ ...batch.find((one) => one.uuid === uuid), motif })));
  tries = 0;
  return answered.length > 0;
}

async function refuse(refused) {
  if (!refused.length) return;
  await put(...refused, ...orphans(await mine(), refused));
  taps = await all(); // they wait no more
}

/** Too heavy for the portal, or for what stands before it: by halves; alone, a tap is refused, and the others pass. */
async function lighten(batch) {
  const alone = batch.length === 1;
  some = alone ? MOST : Math.ceil(batch.length / 2);
  if (alone) await refuse([{ ...batch[0], motif: "ce texte est trop lourd pour partir." }]);
  return true;
}

const post = (batch) => ask(`/jour-j/${batch[0].jour}/entrees`, {
  method: "POST",
  headers: { "Content-Type": "application/json", "X-CSRFToken": token },
  body: JSON.stringify({ envoye_le: Date.now() / 1000, entrees: batch.map((said) => ({ ...said, quand: said.quand / 1000 })) }),
});

// --- a picture: it follows its entry, once that one is in ------------------------------------------------------

const SIDE = 1600; // pixels: as the portal keeps it

/** As the camera made it, kept in the same breath as its entry; made smaller just before it leaves. */
const picture = async (file, { uuid, dit, mot }) => tap({ genre: "photo", cible: uuid, dit: `Photo : ${mot || dit}`, type: file.type, octets: await file.arrayBuffer() });

/** A picture goes nowhere without its entry. */
const orphans = (rows, refused) => rows
  .filter(({ genre, cible }) => genre === "photo" && refused.some(({ uuid }) => uuid === cible))
  .map((row) => ({ ...row, motif: "ce qu’elle accompagne est refusé." }));

async function smaller(row) {
  const kept = await bytes(row.uuid);
  if (row.legere) return kept;
  try {
    const image = await createImageBitmap(new Blob([kept.octets], { type: kept.type }));
    const scale = Math.min(1, SIDE / Math.max(image.width, image.height));
    const canvas = Object.assign(document.createElement("canvas"), { width: Math.round(image.width * scale), height: Math.round(image.height * scale) });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.8));
    const light = { type: "image/jpeg", octets: await blob.arrayBuffer() };
    if (light.octets.byteLength > kept.octets.byteLength) return kept;
    await put({ ...row, legere: true, ...light });
    return light;
  } catch {
    return kept; // a browser that cannot read it: the portal says whether it can
  }
}

async function sendPicture(row) {
  const { type, octets } = await smaller(row);
  const sent = { method: "POST", headers: { "Content-Type": type || "application/octet-stream", "X-CSRFToken": token }, body: octets };
  const { status, said } = await ask(`/jour-j/${row.jour}/entrees/${row.cible}/photo?compte=${compte}`, sent, 60e3);
  if (status === 401) {
    turn("session");
    return false;
  }
  if (status === 400) return renew();
  const { statut, motif } = status === 413 ? { motif: "cette photo est trop lourde." } : said.resultats.find(({ uuid }) => uuid === row.cible);
  turn(statut === "autre-compte" ? "session" : "");
  if (statut === "autre-compte") return false;
  await (motif ? put({ ...row, motif }) : drop(row.uuid));
  tries = 0;
  return true;
}

async function renew() {
  const { status, said } = await ask("/jour-j/jeton");
  if (status === 401) {
    turn("session");
    return false;
  }
  const fresh = said.jeton !== token;
  token = said.jeton;
  return fresh;
}

// --- what the others do ----------------------------------------------------------------------------------------

let every = 2000, watch = 0;

/** Ask whether the day has changed; a phone in a pocket does not ask. */
function refresh() {
  clearTimeout(watch);
  if (!document.hidden) document.getElementById("direct").dispatchEvent(new Event("rafraichir"));
  watch = setTimeout(refresh, every);
}

const ours = (ctx) => ctx?.sourceElement?.id === "direct";
document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  if (!ours(ctx)) return;
  ctx.asked = Date.now();
  ctx.heard = [...heard];
  ctx.drawn = [...drawn];
  drawn.clear();
  ctx.request.headers.Accept = "application/json"; // whose session is over is told so, and stays on the page
  ctx.request.action = without(ctx.drawn, ctx.sourceElement.getAttribute("hx-get")); // as the last answer left it: this question may have waited
});

/** The same question, of a screen that does not own up to showing these blocks, nor this moment; but to what one may do there. */
function without(blocks, address) {
  if (!blocks.length) return address;
  const url = new URL(address, location), known = url.searchParams.getAll("vu").filter((mark) => !blocks.includes(mark.split(".")[0]));
  return `${url.pathname}?${new URLSearchParams([["v", url.searchParams.get("v").slice(-2)], ...known.map((mark) => ["vu", mark])])}`;
}

/** Taken out of `drawn` as the question left, put back when no answer of the portal came. */
const unanswered = (ctx) => ctx.drawn?.forEach((block) => drawn.add(block));
document.addEventListener("htmx:error", ({ detail: { ctx } }) => {
  if (!ours(ctx)) return;
  unanswered(ctx);
  turn("reseau");
  paint();
});
document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
  if (!ours(ctx) || !ctx.response) return;
  const { status, headers } = ctx.response, said = headers.has("X-Toutes"); // else it is the page of some captive network
  const gone = (status === 403 || status === 404) && headers.has("Cross-Origin-Opener-Policy"); // by the portal, not by what stands before it
  if (gone || headers.has("X-Refaire") || (said && headers.get("X-Compte") !== String(compte))) return reopen();
  if (status !== 200 || !said) unanswered(ctx);
  if (status === 204) shown(ctx);
  every = Number(headers.get("X-Toutes") ?? 2) * 1000;
  turn(status === 401 ? "session" : status < 400 && said ? "" : "reseau", ctx.asked);
  paint();
});
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (!ours(ctx) || ctx.response?.status !== 200 || !ctx.response.headers.has("X-Toutes")) return;
  shown(ctx);
  cover([...heard, ...waiting(here())]); // a page asked for before a tap says nothing of it
  remember(live()).finally(paint);
});

/** The page now says what was acknowledged before it was asked for. */
function shown(ctx) {
  heard = heard.filter((said) => !ctx.heard.includes(said));
  if (flying) send(); // the portal answers again
  else if (!heard.some(isCount)) before = null;
}

function back() {
  tries = 0;
  send();
}
addEventListener("online", back);
addEventListener("offline", () => (turn("reseau"), paint()));
document.addEventListener("visibilitychange", () => document.hidden || back());

// --- and without network ---------------------------------------------------------------------------------------

/** What the screen will ask, of the blocks that show only what the portal has confirmed. */
const live = () => without([...drawn], document.getElementById("direct").getAttribute("hx-get"));

navigator.serviceWorker?.register("/sw.js");
navigator.serviceWorker?.ready.then(() => keep(live)).catch(() => {}); // without network now, the next visit keeps it
navigator.storage?.persist?.();
addEventListener("load", () => paint().then(send));
wake();
