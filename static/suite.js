// What the big button says once this phone has tapped it, network or not; and where the thumb, or the keyboard, was.

const takenBack = (taps) => new Set(taps.filter(({ genre }) => genre === "annule").map(({ cible }) => cible));

/** Without those that were taken back. */
export function kept(taps) {
  const gone = takenBack(taps);
  return taps.filter(({ uuid }) => !gone.has(uuid));
}

/** Each as it is to be drawn: what was taken back, as it was before; without `valeur`, as the portal said. */
export function drawable(taps) {
  const gone = takenBack(taps), left = kept(taps);
  const before = ({ genre, cible }) => left.findLast((said) => said.genre === genre && said.cible === cible)?.valeur;
  return taps.map((said) => {
    if (!gone.has(said.uuid)) return said;
    if (said.genre === "presence") return { ...said, valeur: before(said) };
    return { ...said, genre: said.genre === "coche" && said.genre, valeur: "defait" };
  });
}

/** "Commencer : Visite" is done: "Commencée : Visite". */
export function done(dit, form) {
  const { fait } = form.dataset;
  return fait ? dit.replace(/^.*?(?=\s:|$)/, () => fait) : dit;
}

const key = ({ genre, cible, valeur }) => `${genre}:${cible}:${valeur}`;

/** The first gesture of the main thread that this phone has not said; when all of them are, the last one waits. */
export function follow(taps) {
  const steps = [...document.querySelectorAll("#geste > [data-suite]")], said = new Set(taps.map(key));
  if (!steps.length) return hold();
  const given = ({ dataset: { suite } }) => ["passe", "annule"].some((way) => said.has(suite.replace(/debut$/, way)));
  const reached = steps.findLastIndex(({ dataset: { suite } }) => said.has(suite));
  const now = steps.slice(reached + 1).find((step) => !given(step)) ?? steps.at(-1);
  for (const step of steps) {
    const waits = step === now && said.has(step.dataset.suite), button = step.querySelector("button");
    step.hidden = step !== now;
    step.toggleAttribute("data-attend", waits);
    if (button) button.disabled = waits;
  }
  hold();
}

// --- the focus: what is drawn again keeps it, else a keyboard starts from the top at each gesture ----------------

let place = ""; // the block, or the row, where it was last
for (const kind of ["focusin", "pointerdown"]) document.addEventListener(kind, ({ target }) => (place = target.closest("#geste, li[id]")?.id));

const free = (one) => one.checkVisibility() && !one.disabled;

function hold() {
  const here = document.activeElement;
  if (!place || (here !== document.body && here?.checkVisibility())) return;
  [...document.getElementById(place)?.querySelectorAll("button, a, summary") ?? []].find(free)?.focus({ preventScroll: true });
}
