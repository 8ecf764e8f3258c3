// The team on a phone, without asking the portal: who is late by now, and who was seen when the roll is called.
// The ticks of a roll stay on this phone, and not for long: whoever was seen this morning may be the one who is missing.
import { drawHours, now } from "./heures.js";

const key = () => `appel-${document.querySelector("[data-jour]").dataset.jour}`;
const write = (place, text) => place && place.textContent !== text && (place.textContent = text); // said again, it is read aloud again

const LASTS = 3600e3; // milliseconds since a name was touched; later, it is another roll

let roll; // when a name was last touched, and those who were seen, by their id
function seen() {
  try {
    roll ??= JSON.parse(localStorage.getItem(key()));
  } catch {} // a browser that keeps nothing
  if (!(Date.now() - roll?.quand < LASTS)) roll = { quand: Date.now(), vus: [] };
  return new Set(roll.vus);
}

/** The rolls of other days, which nobody calls any more. */
function forget() {
  for (const name of Object.keys(localStorage).filter((name) => name.startsWith("appel-") && name !== key())) localStorage.removeItem(name);
}

/** Drawn over whatever page is there, be it of an hour ago. */
export function drawTeam() {
  drawHours();
  late();
  call();
}

function late() {
  const at = now(), people = new Set();
  for (const mark of document.querySelectorAll("[data-retard]")) {
    const [from, to] = mark.dataset.retard.split(" ");
    mark.hidden = at < from || at > to || !!mark.closest("[aria-pressed=true]");
    if (!mark.hidden) people.add(mark.dataset.qui);
  }
  write(document.querySelector("[data-retards]"), people.size ? `, ${people.size} en retard` : "");
}

function call() {
  const names = [...document.querySelectorAll("[data-vu]")], known = seen();
  for (const name of names) name.setAttribute("aria-pressed", String(known.has(name.dataset.vu)));
  const on = names.filter((name) => "present" in name.dataset);
  write(document.querySelector("[data-vus]"), `${on.filter((name) => known.has(name.dataset.vu)).length} sur ${on.length}`);
}

document.addEventListener("click", ({ target }) => {
  const name = target.closest("[data-vu]"), again = target.closest("[data-refaire]"), known = seen();
  if (!name && !again) return;
  if (again) return restart([...known]);
  if (!known.delete(name.dataset.vu)) known.add(name.dataset.vu);
  tick([...known]);
});

function tick(vus) {
  roll = { quand: Date.now(), vus };
  call();
  localStorage.setItem(key(), JSON.stringify(roll));
  forget();
}

/** From the start; those who were seen come back for ten seconds, with those seen since. */
function restart(before) {
  tick([]);
  const gestes = { Annuler: () => tick([...new Set([...before, ...seen()])]) };
  if (before.length) document.dispatchEvent(new CustomEvent("portail:toast", { detail: { text: "Appel recommencé.", ton: "bon", gestes } }));
}

const heard = ({ detail: { ctx } }) => {
  if (ctx?.response?.status < 300 && ctx.response.headers.has("X-Toutes")) document.getElementById("direct").dataset.recu = Date.now(); // the page is of this minute
  drawTeam();
};
document.addEventListener("htmx:after:request", heard);
document.addEventListener("htmx:after:swap", heard);
