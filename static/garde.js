// The day's page as this phone keeps it, for when there is no network: what the portal gave, with its blocks as they last came.
const screen = document.querySelector("[data-jour]"), compte = screen.dataset.compte;
const PAGES = "jour", HERE = location.pathname;
// A block that came by itself has no token: kept, its buttons wait for jour.js, that gives them one (`wake`).
const DEAF = ".jour, .barre";

/** One at a time, the worker that keeps what the portal gives included (sw.js). */
const alone = (write) => navigator.locks.request("garde", write);

/** The blocks that the screen shows, written over those of the page that is kept; `live` says what the screen will ask for. */
export const remember = (live) => alone(() => rewrite(live));

async function rewrite(live) {
  const cache = await caches.open(PAGES), kept = await cache.match(HERE);
  if (!kept) return;
  const page = new DOMParser().parseFromString(await kept.clone().text(), "text/html"); // where no picture is fetched
  if (page.querySelector("[data-jour]")?.dataset.compte !== compte) return; // somebody else has opened it since
  const names = new URL(live, location).searchParams.getAll("vu").map((mark) => mark.split(".")[0]);
  for (const name of [...names, "direct"]) {
    const there = page.getElementById(name), here = document.getElementById(name);
    if (there && here) there.outerHTML = here.outerHTML;
  }
  page.getElementById("direct").setAttribute("hx-get", live);
  await write(cache, page.documentElement, kept.headers);
}

/** The page that came before there was anybody to keep it: its words are here, only what the portal says beside them is not. */
export const keep = (live) => alone(() => copy(live));

async function copy(live) {
  const cache = await caches.open(PAGES);
  if (await cache.match(HERE)) return;
  const { ok, headers } = await fetch(HERE, { method: "HEAD", redirect: "error", signal: AbortSignal.timeout(4000) }); // never the page where one signs in
  if (!ok || headers.get("X-Compte") !== compte) return;
  const page = document.documentElement.cloneNode(true);
  for (const added of page.querySelectorAll("head > script:not([type]), #attente > *")) added.remove();
  page.querySelector("#reseau").textContent = "";
  page.querySelector("#direct").setAttribute("hx-get", live());
  await write(cache, page, headers);
}

async function write(cache, html, headers) {
  html.querySelector("#toasts").textContent = ""; // a word of before
  for (const part of html.querySelectorAll(DEAF)) part.setAttribute("inert", "");
  await cache.put(HERE, new Response(`<!doctype html>${html.outerHTML}`, { headers }));
}

/** From here on a tap is kept. */
export function wake() {
  for (const part of document.querySelectorAll(DEAF)) part.removeAttribute("inert");
  performance.mark("prêt"); // bench/phone.py says how soon
}

/** One may do more here than before, or less, or read it no more, or is another: the page kept is not to be shown again. */
export const reopen = async () => (await caches.open(PAGES).then((kept) => kept.delete(HERE)).catch(() => {}), location.reload());
