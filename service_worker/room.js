// @ts-check
// Room on a full phone: ballast is thrown first, then the machine's and published voices, which can be fetched again; never what was
// entered.

import { isFull } from "./store.js"

const BALLAST = "ballast"
const BALLAST_BYTES = 2_000_000
/** Caches that can be fetched again, least needed first. */
const DROPPABLE = [BALLAST, "machine-voices", "voices"]

/** Keep two megabytes in reserve, once there is room for them. @returns {Promise<boolean>} are they there? */
export async function keepBallast() {
  if (await caches.has(BALLAST)) return true
  const { quota = Infinity, usage = 0 } = (await navigator.storage?.estimate?.()) ?? {}
  if (quota - usage < 2 * BALLAST_BYTES) return false
  const cache = await caches.open(BALLAST)
  const bytes = new Uint8Array(BALLAST_BYTES)
  // zeros would take no room
  for (let at = 0; at < BALLAST_BYTES; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536))
  return cache.put("/ballast", new Response(bytes)).then(() => true, () => caches.delete(BALLAST).then(() => false))
}

/** Does this phone still have its reserve? */
export const hasBallast = () => caches.has(BALLAST)

/** Can a quarter of a megabyte be written just now? Tried, for what phones say of their room is a guess. */
export async function isWritable() {
  const name = "tried"
  const bytes = crypto.getRandomValues(new Uint8Array(65_536))
  const cache = await caches.open(name)
  const puts = [1, 2, 3, 4].map((n) => cache.put(`/${n}`, new Response(bytes)))
  const isDone = await Promise.all(puts).then(() => true, () => false)
  await empty(name)
  return isDone
}

/**
 * Throw a cache, each file first: a cache that is open somewhere goes only later, its files at once.
 * @param {string} name
 */
async function empty(name) {
  if (!(await caches.has(name))) return false
  const cache = await caches.open(name)
  for (const request of await cache.keys()) await cache.delete(request)
  return caches.delete(name)
}

/**
 * Try again after each thing thrown. @template T @param {() => Promise<T>} work @returns {Promise<T>}
 */
export async function withRoom(work) {
  let full = new DOMException("no room", "QuotaExceededError")
  for (const name of DROPPABLE) {
    if (!(await empty(name))) continue
    try {
      return await work()
    } catch (error) {
      if (!isFull(error)) throw error
      full = /** @type {DOMException} */ (error)
    }
  }
  throw full
}

/** Ask the browser not to clear this app's storage; it answers by its own rules. */
export async function askToStay() {
  if ((await navigator.storage?.persisted?.()) === false) await navigator.storage.persist()
}
