// @ts-check
// The screens and files that are kept, and nothing else. A version is taken whole or not at all.

import { withRoom } from "./room.js"
import { isFull } from "./store.js"

/**
 * @typedef {{build: string, marks: Record<string, string>}} Kept a version: its name; address → mark (ETag) of each file
 */

const PREFIX = "tung-nha-"

/** Take this version, on a full phone in the place of what can be fetched again. @param {Kept} kept */
export async function keepAll(kept) {
  const isNew = !(await caches.has(PREFIX + kept.build))
  try {
    await fetchAll(kept).catch((error) => isFull(error) ? withRoom(() => fetchAll(kept)) : Promise.reject(error))
  } catch (error) {
    if (isNew && isFull(error)) await caches.delete(PREFIX + kept.build) // half a version takes the room of entries
    throw error
  }
}

/**
 * Fetch every file of this version; rejects on any failure, so a half-deployed release never takes over.
 * @param {Kept} kept
 */
async function fetchAll(kept) {
  const cache = await caches.open(PREFIX + kept.build)
  await Promise.all(Object.entries(kept.marks).map(async ([address, mark]) => {
    const before = await unchanged(address, mark)
    const response = before ?? (await fetch(address, { cache: "no-cache", redirect: "error", credentials: "omit" }))
    if (!isMeant(response, mark)) throw new Error(`${address}: ${response.status} of another version`)
    await cache.put(address, response)
  }))
}

/** The copy that an older version keeps, if it says the same. @param {string} address @param {string} mark */
async function unchanged(address, mark) {
  const found = await caches.match(address)
  return found && isMeant(found, mark) ? found : null
}

/**
 * Is it this version's file, and not another server's or a captive portal's? An address with a hash in it has no mark.
 * @param {Response} response @param {string} mark
 */
const isMeant = (response, mark) => response.ok && (!mark || (response.headers.get("ETag") ?? "").endsWith(`"${mark}"`))

/** Is every file of this version on the phone? @param {Kept} kept */
export async function isWhole(kept) {
  const cache = await caches.open(PREFIX + kept.build)
  const there = new Set((await cache.keys()).map((request) => new URL(request.url).pathname))
  return Object.keys(kept.marks).every((address) => there.has(address))
}

/** Let older versions go, once this one is known to be whole. @param {Kept} kept */
export async function dropOld(kept) {
  if (!(await isWhole(kept))) return
  const names = await caches.keys()
  await Promise.all(names.filter((n) => n.startsWith(PREFIX) && n !== PREFIX + kept.build).map((n) => caches.delete(n)))
}

/**
 * Answer a request for a kept file from the phone; leave every other request alone.
 * @param {FetchEvent} event @param {Kept} kept
 */
export function answerFromPhone(event, kept) {
  const { pathname, origin } = new URL(event.request.url)
  if (event.request.method !== "GET" || origin !== location.origin || !(pathname in kept.marks)) return
  event.respondWith(
    caches.open(PREFIX + kept.build)
      .then((cache) => cache.match(pathname))
      .then((found) => found ?? caches.match(pathname))
      .then((found) => found ?? fetch(event.request)),
  )
}
