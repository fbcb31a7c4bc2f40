// @ts-check
// What the phone knows: one IndexedDB, opened once, reopened when the browser kills the connection. A page that is left lets
// go of it at once, since an engine may keep the page for its way back, with everything that it holds; shown again it goes on.

import { writing } from "./writes.js"

/** @import { Rows } from "./types.js" */

const NAME = "tung-nha"
const VERSION = 4

/**
 * Stores and their indexes. Upgrades only ever add; the outbox is never made anew.
 * @type {Record<keyof Rows, {keyPath?: string, indexes?: string[]}>}
 */
const STORES = {
  hamlets: { keyPath: "id" },
  households: { keyPath: "id", indexes: ["hamlet_id"] },
  members: { keyPath: "id", indexes: ["household_id"] },
  visits: { keyPath: "id", indexes: ["household_id"] },
  walk_throughs: { keyPath: "id", indexes: ["household_id"] },
  observations: { keyPath: "id", indexes: ["household_id"] },
  follow_ups: { keyPath: "id", indexes: ["household_id"] },
  outbox: { keyPath: "id", indexes: ["state"] },
  recordings: { keyPath: "id", indexes: ["language"] },
  photos: { keyPath: "id" },
  drafts: {},
  facts: {},
  drawers: { keyPath: "person_id" },
}

/** Stores of rows that hang on a household. */
export const OF_HOUSEHOLDS = Object.entries(STORES).flatMap(([name, { indexes }]) => (indexes?.includes("household_id") ? [name] : []))

/** The stores that a field pack replaces. */
export const PACK_STORES = ["hamlets", "households", "members", "visits", "walk_throughs", "observations", "follow_ups"]

/** @type {Promise<IDBDatabase>|null} */
let opening = null
/** Transactions under way. @type {Set<IDBTransaction>} */
const running = new Set()
/** Settled while this page is shown. @type {Promise<unknown>} */
let shown = Promise.resolve()
let showAgain = () => {}

globalThis.addEventListener("pagehide", () => {
  shown = new Promise((resolve) => { showAgain = () => resolve(undefined) })
  for (const inside of running) end(inside) // done anew when the page comes back
  opening?.then((database) => database.close(), () => undefined)
  opening = null
})
globalThis.addEventListener("pageshow", () => showAgain())

/** All of it or nothing. @param {IDBTransaction} inside */
function end(inside) {
  try { inside.abort() } catch { /* it is being kept, or over */ }
}

/** @returns {Promise<IDBDatabase>} */
async function open() {
  await shown
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION)
    request.onupgradeneeded = () => {
      for (const [name, { keyPath, indexes = [] }] of Object.entries(STORES)) {
        if (request.result.objectStoreNames.contains(name)) continue
        const store = request.result.createObjectStore(name, keyPath ? { keyPath } : undefined)
        for (const index of indexes) store.createIndex(index, index)
      }
    }
    request.onerror = () => reject(request.error)
    request.onsuccess = () => {
      const forget = () => { opening = null }
      request.result.onclose = forget
      request.result.onversionchange = () => { request.result.close(); forget() }
      resolve(request.result)
    }
  })
  opening.catch(() => { opening = null })
  return opening
}

/**
 * Ask for it to be kept as soon as it has all that it wants. Left to itself it is kept when the page has heard of each of its
 * steps, and a page that has been left hears nothing: in WebKit it would stay open, before everybody. @param {IDBTransaction} inside
 */
function keep(inside) {
  try { inside.commit() } catch { /* it has come to its end by itself, or must wait for it */ }
}

/**
 * Run `work` in one transaction and wait until it is complete. A dead connection is reopened once.
 * @template T
 * @param {string[]} names
 * @param {IDBTransactionMode} mode
 * @param {(stores: Record<string, IDBObjectStore>) => T | Promise<T>} work
 * @returns {Promise<T>}
 */
export function transaction(names, mode, work) {
  const done = attempting(names, mode, work)
  return mode === "readwrite" ? writing(done) : done
}

/**
 * @template T
 * @param {string[]} names
 * @param {IDBTransactionMode} mode
 * @param {(stores: Record<string, IDBObjectStore>) => T | Promise<T>} work
 * @returns {Promise<T>}
 */
async function attempting(names, mode, work) {
  const attempt = async () => {
    const database = await open()
    const inside = database.transaction(names, mode, { durability: mode === "readwrite" ? "strict" : "default" })
    running.add(inside)
    const done = new Promise((resolve, reject) => {
      inside.oncomplete = () => resolve(undefined)
      inside.onabort = () => reject(inside.error ?? new DOMException("aborted", "AbortError"))
    }).finally(() => running.delete(inside))
    done.catch(() => undefined)
    try {
      const result = await work(Object.fromEntries(names.map((name) => [name, inside.objectStore(name)])))
      if (mode === "readwrite") keep(inside)
      await done
      return result
    } catch (error) {
      end(inside)
      throw error
    }
  }
  try {
    return await attempt()
  } catch (error) {
    if (!(error instanceof DOMException) || !["InvalidStateError", "UnknownError", "AbortError"].includes(error.name)) throw error
    opening = null
    return attempt()
  }
}

/** Has the phone no room left? @param {any} error */
export const isFull = (error) => error instanceof DOMException && error.name === "QuotaExceededError"

/**
 * @param {IDBRequest} request
 * @returns {Promise<any>}
 */
export const answer = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result)
  request.onerror = () => reject(request.error)
})

/** @template {keyof Rows} N @param {N} name @returns {Promise<Rows[N][]>} */
export const all = (name) => transaction([name], "readonly", (s) => answer(s[name].getAll()))

/** @template {keyof Rows} N @param {N} name @param {string} id @returns {Promise<Rows[N]|undefined>} */
export const get = (name, id) => transaction([name], "readonly", (s) => answer(s[name].get(id)))

/**
 * A row that must be there.
 * @template {keyof Rows} N @param {N} name @param {string} id @returns {Promise<NonNullable<Rows[N]>>}
 */
export async function known(name, id) {
  const row = await get(name, id)
  if (!row) throw new Error(`${name}: ${id} is not on this phone`)
  return row
}

/** @template {keyof Rows} N @param {N} name @param {string} index @param {any} value @returns {Promise<Rows[N][]>} */
export const by = (name, index, value) =>
  transaction([name], "readonly", (s) => answer(s[name].index(index).getAll(value)))

/** @param {string} key */
export const fact = (key) => transaction(["facts"], "readonly", (s) => answer(s.facts.get(key)))

/** @param {string} key @param {any} value */
export const keepFact = (key, value) => transaction(["facts"], "readwrite", (s) => { s.facts.put(value, key) })

/** @param {string} key */
export const draft = (key) => transaction(["drafts"], "readonly", (s) => answer(s.drafts.get(key)))

/** @param {string} key @param {any} value */
export const keepDraft = (key, value) => transaction(["drafts"], "readwrite", (s) => { s.drafts.put(value, key) })

/** @param {string} key */
export const dropDraft = (key) => transaction(["drafts"], "readwrite", (s) => { s.drafts.delete(key) })
