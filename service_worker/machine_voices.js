// @ts-check
// What a machine says of a guide where nobody has recorded it. Asked for when a guide is opened; its sounds stay on this
// phone, so that they are heard without a network, and are among the first to go when it is full.

import { isFull } from "./store.js"
import { keepBallast } from "./room.js"

const CACHE = "machine-voices"
const LISTS = "/media/machine/guides/"
const PATIENCE_MS = 30_000

/**
 * What the machine says of a guide, address by text (letters without spaces): as kept here, else from the server.
 * @param {string} slug @returns {Promise<Record<string, string>>}
 */
export async function machineVoicesOf(slug) {
  const address = `${LISTS}${slug}?whole=true`
  const cache = await globalThis.caches?.open(CACHE).catch(() => undefined)
  const kept = await cache?.match(address)
  const fresh = ask(address, cache)
  return (kept ? (await kept.json()) : await fresh)?.voices ?? {}
}

/** @param {string} address @param {Cache|undefined} cache @returns {Promise<any>} null without an answer */
async function ask(address, cache) {
  try {
    const said = await fetch(address, { redirect: "error", signal: AbortSignal.timeout(PATIENCE_MS) })
    if (!said.ok) return null
    const list = await said.clone().json()
    if (cache) keep(cache, address, said, list).catch(() => undefined)
    return list
  } catch {
    return null
  }
}

/** Keep a guide's sounds, not for somebody who saves data; what no list names any more goes. @param {Cache} cache @param {string} address @param {Response} said @param {any} list */
async function keep(cache, address, said, list) {
  if (/** @type {any} */ (navigator).connection?.saveData || !(await keepBallast())) return
  try {
    await cache.put(address, said)
    await sweep(cache)
    for (const url of new Set(Object.values(list.voices))) if (!(await cache.match(url))) await cache.add(url)
  } catch (error) {
    if (isFull(error)) await caches.delete(CACHE)
  }
}

/** @param {Cache} cache */
async function sweep(cache) {
  const keys = await cache.keys()
  const paths = keys.map((request) => request.url.slice(location.origin.length))
  const lists = await Promise.all(paths.filter((path) => path.startsWith(LISTS)).map(async (path) => (await cache.match(path))?.json()))
  const named = new Set(lists.flatMap((list) => Object.values(list?.voices ?? {})))
  for (const path of paths) if (!path.startsWith(LISTS) && !named.has(path)) await cache.delete(path)
}
