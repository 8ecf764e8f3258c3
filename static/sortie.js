// What was tapped on this phone and that the portal has not acknowledged yet: one row a tap, whoever tapped, by its uuid.

const STORES = ["sortie", "photos"]; // the rows, read at every turn; and what some weigh, read when it leaves

/** A connection of its own for each step: a phone closes those that live through its sleep. */
const open = () => new Promise((done, failed) => {
  const request = indexedDB.open("jour", 2);
  request.onupgradeneeded = () => {
    for (const name of STORES) if (!request.result.objectStoreNames.contains(name)) request.result.createObjectStore(name, { keyPath: "uuid" });
  };
  request.onsuccess = () => done(request.result);
  request.onerror = () => failed(request.error);
});

async function step(mode, act) {
  const base = await open();
  try {
    return await new Promise((done, failed) => {
      const transaction = base.transaction(STORES, mode, { durability: "strict" });
      const request = act(...STORES.map((name) => transaction.objectStore(name)));
      transaction.oncomplete = () => done(request?.result);
      transaction.onerror = transaction.onabort = () => failed(transaction.error);
    });
  } finally {
    base.close();
  }
}

/** All of them, in the order of the taps. */
export const all = async () => (await step("readonly", (rows) => rows.getAll())).sort((a, b) => a.quand - b.quand || a.rang - b.rang);
/** Keep these rows, all or none; the bytes of a picture go with its row. */
export const put = (...taps) => step("readwrite", (rows, photos) => taps.forEach(({ octets, type, ...tap }) => {
  rows.put(tap);
  if (octets) photos.put({ uuid: tap.uuid, type, octets });
}));
export const bytes = (uuid) => step("readonly", (_, photos) => photos.get(uuid));
export const drop = (...uuids) => step("readwrite", (rows, photos) => uuids.forEach((uuid) => (rows.delete(uuid), photos.delete(uuid))));
/** Those that wait to be sent; one that was refused waits for nothing but to be read. A picture is such a row too. */
export const waiting = (taps) => taps.filter((tap) => !tap.motif);
