// @ts-check
// What was forgotten stands in a browser's files for a while yet: Chromium writes "gone" behind a row and drops the row when
// it puts its files in order. It does so where a database is deleted, with what lies around it; two in a row reach all
// that was written lately. `tests/browser/test_copied_profile.py` reads the bytes. Other engines have no such handle.

const LONGEST_MS = 3_000
const NAMES = [1, 2, 3, 4].map((number) => `tung-nha-sweep-${number}`)

/** Have the browser drop what was forgotten from its files. Never fails, and holds nobody up for long. */
export const sweep = () => Promise.race([putInOrder().catch(() => undefined), new Promise((done) => { setTimeout(done, LONGEST_MS) })])

async function putInOrder() {
  if (!("userAgentData" in navigator)) return
  for (const name of NAMES) (await done(indexedDB.open(name))).close() // all made first: what lies between them is what is put in order
  for (const name of NAMES) await done(indexedDB.deleteDatabase(name))
}

/** @param {IDBOpenDBRequest} request @returns {Promise<IDBDatabase>} */
const done = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result)
  request.onerror = () => reject(request.error)
})
