// The public programme keeps itself fresh: it asks whether anything has changed, and says since when nobody answers.
const EVERY = 15e3;
const say = document.getElementById("etat");
let heard = Date.now(); // when the portal last answered
let ahead = 0; // by how much the portal's clock is ahead of this screen's, when that is too much
const { fuseau: timeZone } = document.body.dataset;
const hour = (at) => new Date(at).toLocaleTimeString("fr-FR", { timeZone, hour: "2-digit", minute: "2-digit" }).replace(/^0?(\d+):/, "$1\u00a0h\u00a0");

/** What the portal says now; nothing when that is what is shown. Whatever else answers (a Wi-Fi's door) is no answer. */
async function ask(shown) {
  const stop = new AbortController(), late = setTimeout(() => stop.abort(), 8000);
  try {
    const answer = await fetch(shown.dataset.direct, { signal: stop.signal, credentials: "omit" });
    if (answer.status === 404) return trouble("Ce programme n’est plus suivi en direct.");
    const fresh = answer.status === 200 && new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-direct]");
    if (!fresh && answer.status !== 204) throw new Error(answer.status);
    heard = Date.now();
    if (fresh) shown.replaceWith(fresh), setRight(fresh);
    say.hidden = true;
  } catch {
    trouble(`Pas de réseau depuis ${hour(heard + ahead)} : ce qui est affiché date d’alors.`);
  } finally {
    clearTimeout(late);
  }
}

function setRight({ dataset: { le } }) {
  const wrong = le * 1000 - Date.now();
  ahead = Math.abs(wrong) > 30e3 ? wrong : 0;
}
setRight(document.querySelector("[data-direct]"));

function trouble(words) {
  if (say.textContent !== words) say.textContent = words;
  say.hidden = false;
}

let timer = 0;
async function refresh() {
  clearTimeout(timer);
  if (!document.hidden) await ask(document.querySelector("[data-direct]"));
  timer = setTimeout(refresh, EVERY);
}
timer = setTimeout(refresh, EVERY);
document.querySelector("[data-vivant]")?.removeAttribute("hidden");
for (const event of ["online", "offline"]) addEventListener(event, refresh);
document.addEventListener("visibilitychange", () => document.hidden || refresh());

// --- on a wall ---------------------------------------------------------------------------------------------------

const clock = document.querySelector("[data-horloge]"), full = document.querySelector("[data-plein]");

function tick() {
  clock.textContent = hour(Date.now() + ahead);
  setTimeout(tick, 1000);
}

async function stayLit() {
  await navigator.wakeLock?.request("screen").catch(() => {});
}

if (clock) {
  tick();
  stayLit();
  document.addEventListener("visibilitychange", () => document.hidden || stayLit());
}
if (full && document.fullscreenEnabled) {
  full.hidden = false;
  full.addEventListener("click", () => document.documentElement.requestFullscreen());
  document.addEventListener("fullscreenchange", () => { full.hidden = Boolean(document.fullscreenElement); });
}
