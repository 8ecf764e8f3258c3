// The portal's hour on a phone whose clock may be wrong, and how long is left until the hours that the page names.

/** Seconds: the hour when the portal last spoke, and how long ago that was; a clock that is wrong goes on all the same. */
export function now() {
  const { heure, recu } = document.getElementById("direct").dataset;
  return Number(heure) + Math.max(0, (Date.now() - (recu ?? heure * 1000)) / 1000);
}

const write = (place, text) => place.textContent !== text && (place.textContent = text);
const FAR = 12 * 60; // minutes

/** As portal/filters.py writes it. */
export function drawHours() {
  const at = now();
  for (const place of document.querySelectorAll("[data-rebours]")) {
    const { rebours, avant, apres } = place.dataset, minutes = Math.floor(rebours / 60) - Math.floor(at / 60);
    const word = minutes > 0 ? avant : minutes < 0 ? apres : "";
    write(place, Math.abs(minutes) > FAR || (minutes <= 0 && !apres) ? "" : word ? `${word}\u00a0${length(Math.abs(minutes))}` : "c’est l’heure");
  }
}

/** "45 min", "1 h 30". */
function length(minutes) {
  const hours = Math.floor(minutes / 60), rest = minutes % 60;
  return hours ? `${hours}\u00a0h${rest ? `\u00a0${String(rest).padStart(2, "0")}` : ""}` : `${rest}\u00a0min`;
}

setInterval(drawHours, 10e3);
