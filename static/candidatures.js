// The queue from the keyboard: j and k walk, a l r z act on the row that has the focus.
"use strict";

const rows = () => [...document.querySelectorAll("[data-file] > .candidature")];
const here = () => document.activeElement?.closest(".candidature");

function walk(step) {
  const all = rows();
  const next = all[all.indexOf(here()) + step] ?? all[step > 0 ? 0 : all.length - 1];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input:not([type=checkbox]), textarea, select")) return;
  if (event.key === "j" || event.key === "k") {
    walk(event.key === "j" ? 1 : -1);
    event.preventDefault();
    return;
  }
  const button = /^[a-z]$/.test(event.key) && here()?.querySelector(`[data-touche="${event.key}"]`);
  if (!button) return;
  event.preventDefault();
  waiting = here().id;
  button.click();
  if (button.matches("summary")) button.parentElement.querySelector("select")?.focus();
});

document.addEventListener("keydown", (event) => {
  const drawer = event.key === "Escape" && event.target.closest("details.refus[open]");
  if (!drawer) return;
  drawer.open = false;
  (here() ?? drawer.querySelector("summary")).focus();
});

// A row that was swapped gets its focus back, so that the next key acts where the eyes are.
let waiting = null;
new MutationObserver(() => {
  const row = waiting && document.getElementById(waiting);
  if (row && document.activeElement === document.body) row.focus();
}).observe(document.querySelector("main"), { childList: true, subtree: true });
