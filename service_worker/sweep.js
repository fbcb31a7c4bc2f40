// @ts-check
// What was forgotten stands in a browser's files for a while yet: Chromium writes "gone" behind a row and drops the row when
// it puts its files in order. It does so around a database that is deleted, with all files that reach over its place. So a
// few empty ones stand behind ours; at each lock and sign-out, and at the contacts after it, the oldest are deleted. What lies
// deeper it puts in order when it has been asked often for what is not there.
// `tests/browser/test_copied_profile.py` reads the bytes. Other engines have no such handle.

import { answer, fact, keepFact, transaction } from "./store.js"

const LONGEST_MS = 5_000
const BETWEEN_MS = 300
/** How many stand ready, and how often it is done for each time that somebody left. */
const READY = 8
const AT_ONCE = 3
const TIMES = 4
const QUESTIONS = 300
const NAME = "tung-nha-sweep-"

/** @type {Promise<void>|null} under way on this page */
let whole = null

/** Have the browser drop what was forgotten from its files. Never fails, and holds nobody up for long. */
export async function sweep() {
  const [leavings, swept] = await Promise.all([fact("leavings"), fact("swept")])
  const times = swept?.leavings === leavings ? swept?.times : 0
  if (leavings === undefined || times >= TIMES || !("userAgentData" in navigator)) return
  whole ??= putInOrder().then(() => keepFact("swept", { leavings, times: times + 1 })).catch(() => undefined).finally(() => { whole = null })
  await Promise.race([whole, new Promise((later) => { setTimeout(later, LONGEST_MS) })])
}

async function putInOrder() {
  const numbers = (await indexedDB.databases()).map(({ name }) => Number(name?.startsWith(NAME) && name.slice(NAME.length))).filter(Boolean).sort((a, b) => a - b)
  while (numbers.length < READY) {
    const next = (numbers.at(-1) ?? 0) + 1
    const made = await done(indexedDB.open(NAME + next))
    made.close()
    numbers.push(next)
  }
  for (const number of numbers.slice(0, AT_ONCE)) {
    await done(indexedDB.deleteDatabase(NAME + number))
    await new Promise((later) => { setTimeout(later, BETWEEN_MS) })
  }
  const asked = Array.from({ length: QUESTIONS }, (_, number) => `nothing ${number}`)
  await transaction(["drafts"], "readonly", (s) => Promise.all(asked.map((key) => answer(s.drafts.get(key)))))
}

/** @param {IDBOpenDBRequest} request @returns {Promise<IDBDatabase>} */
const done = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result)
  request.onerror = () => reject(request.error)
})
