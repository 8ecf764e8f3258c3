// What was tapped on this phone and that the portal has not acknowledged yet: one row a tap, whoever tapped, by its uuid.

/** A connection of its own for each step: a phone closes those that live through its sleep. */
const open = () => new Promise((done, failed) => {
  const request = indexedDB.open("jour", 1);
  request.onupgradeneeded = () => request.result.createObjectStore("sortie", { keyPath: "uuid" });
  request.onsuccess = () => done(request.result);
  request.onerror = () => failed(request.error);
});

async function step(mode, act) {
  const base = await open();
  try {
    return await new Promise((done, failed) => {
      const transaction = base.transaction("sortie", mode, { durability: "strict" });
      const request = act(transaction.objectStore("sortie"));
      transaction.oncomplete = () => done(request?.result);
      transaction.onerror = transaction.onabort = () => failed(transaction.error);
    });
  } finally {
    base.close();
  }
}

/** All of them, in the order of the taps. */
export const all = async () => (await step("readonly", (rows) => rows.getAll())).sort((a, b) => a.quand - b.quand || a.rang - b.rang);
export const put = (...taps) => step("readwrite", (rows) => taps.forEach((tap) => rows.put(tap)));
export const drop = (...uuids) => step("readwrite", (rows) => uuids.forEach((uuid) => rows.delete(uuid)));
/** Those that wait to be sent; one that was refused waits for nothing but to be read. A picture is such a row too. */
export const waiting = (taps) => taps.filter((tap) => !tap.motif);
