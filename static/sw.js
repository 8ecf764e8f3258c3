// The day without network: its files, and the last page of each day that this phone has opened. All the rest goes its way.
// FIXES and SEAL, the list of the files and its name, are written above by the portal, which serves this at /sw.js.
const PAGES = "jour";

self.addEventListener("install", (event) => event.waitUntil(
  caches.open(SEAL).then((cache) => cache.addAll(FIXES)).then(() => self.skipWaiting()),
));

self.addEventListener("activate", (event) => event.waitUntil(
  caches.keys()
    .then((names) => Promise.all(names.filter((name) => name !== SEAL && name !== PAGES).map((name) => caches.delete(name))))
    .then(() => self.clients.claim()),
));

self.addEventListener("fetch", (event) => {
  const { request } = event, { origin, pathname, search } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate") event.waitUntil(forgetThePast());
  if (FIXES.includes(pathname + search)) event.respondWith(caches.match(request, { cacheName: SEAL }).then((kept) => kept ?? fetch(request)));
  else if (request.mode === "navigate" && /^\/jour-j\/\d+$/.test(pathname)) event.respondWith(shownAtOnce(event));
  else if (request.mode === "navigate" && pathname === "/jour-j/") event.respondWith(asItIsNow(request));
  else if (request.mode === "navigate") event.respondWith(fetch(request).catch(offline));
});

/** Instead of the browser’s own words: that it is the network, and the way back to the days that this phone keeps. */
async function offline() {
  const cache = await caches.open(PAGES), page = await caches.match("/hors-ligne", { cacheName: SEAL });
  const kept = (await cache.keys()).map(({ url }) => new URL(url).pathname).filter((path) => /^\/jour-j\/\d+$/.test(path));
  const links = await Promise.all(kept.map(async (path) => `<a class="bouton bloc" href="${path}">${await title(cache, path)}</a>`));
  return new Response((await page.text()).replace("<!--jours-->", links.join("\n")), { headers: page.headers });
}

const title = async (cache, path) => (await (await cache.match(path)).text()).match(/<h1>([^<]*)<\/h1>/)?.[1] ?? "Jour J";

/** The page as it was: it asks by itself for what has changed since. The one of now is kept for the next time, without the
 * words that its reader has not read yet.
 */
async function shownAtOnce(event) {
  const kept = await caches.match(new URL(event.request.url).pathname, { cacheName: PAGES });
  if (!kept) return asItIsNow(event.request);
  event.waitUntil(asItIsNow(event.request, { "X-Garder": "1" }).catch(() => {}));
  return kept;
}

/** From the portal, else what is kept. Whoever is led elsewhere (signed out, no more of the team) loses the page. */
async function asItIsNow({ url }, headers = {}) {
  const cache = await caches.open(PAGES), { pathname } = new URL(url); // one day, one page, whatever link led to it
  const stop = new AbortController(), late = setTimeout(() => stop.abort(), 4000);
  try {
    const answer = await fetch(url, { signal: stop.signal, credentials: "same-origin", redirect: "manual", headers });
    if (answer.ok) await keep(cache, pathname, answer.clone());
    else if (answer.type === "opaqueredirect" || (answer.status < 500 && answer.headers.has("Cross-Origin-Opener-Policy"))) await cache.delete(pathname);
    return answer;
  } catch {
    return (await cache.match(pathname)) ?? (await offline());
  } finally {
    clearTimeout(late);
  }
}

/** Whole before it is written: the screen that is open writes its blocks over the same page, one at a time (garde.js). */
async function keep(cache, pathname, answer) {
  const page = new Response(await answer.text(), answer);
  await navigator.locks.request("garde", () => cache.put(pathname, page));
}

/** Two days after an action, a phone holds nobody's name nor number any more. */
async function forgetThePast() {
  const cache = await caches.open(PAGES);
  for (const request of await cache.keys()) {
    const until = Number((await cache.match(request)).headers.get("X-Oubli"));
    if (until && Date.now() > until * 1000) await cache.delete(request);
  }
}
