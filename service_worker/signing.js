// @ts-check
// Signs what is recorded on this phone, so that nobody else can write in its person's name; volunteer_app/signing.py is the
// other half. One key for each person on each phone. Its private half is handed to no script; it is gone when they sign out, and
// while their drawer is closed it lies in there alone.

import { fromBase64, sealTo, toBase64 } from "./seal.js"
import { answer, fact, get, keepFact, transaction } from "./store.js"

const CURVE = { name: "ECDSA", namedCurve: "P-256" }
const WITH = { name: "ECDSA", hash: "SHA-256" }

/**
 * key: nothing while the person's drawer is closed. box: the same key, sealed to that drawer. next: the key that takes its place
 * as soon as the server knows it; what is recorded before is still signed with the old one.
 * @typedef {{key?: CryptoKey, point: string, box?: Uint8Array<ArrayBuffer>, next?: SigningKey}} SigningKey
 */

/**
 * A signature over a text in this person's name; null where the browser keeps no key (and the fact `cannot_sign` says so).
 * "hello": a delivery without entries, with the key that the server is to know.
 * @param {string|null|undefined} person_id @param {"hello"|"delivery"|"operation"} what @param {string} text
 * @returns {Promise<{key: string, signature: string}|null>}
 */
export async function signed(person_id, what, text) {
  const kept = person_id && await keyOf(person_id)
  if (!kept) return null
  const own = what === "hello" && isKey(kept.next) ? kept.next : kept
  const purpose = what === "hello" ? "delivery" : what
  const bytes = new TextEncoder().encode(`tung-nha ${purpose} 1\n${text}`)
  return { key: own.point, signature: toBase64(new Uint8Array(await crypto.subtle.sign(WITH, own.key, bytes))) }
}

/** This person's key, made when it is first wanted. @param {string} person_id @returns {Promise<SigningKey & {key: CryptoKey}|null>} */
async function keyOf(person_id) {
  if (!globalThis.crypto.subtle) return null
  const kept = (await fact("signing"))?.[person_id]
  if (isKey(kept)) return kept
  if (kept?.box && (await fact("me"))?.person_id !== person_id) return null // it lies in their closed drawer
  try {
    const drawer = await get("drawers", person_id)
    const made = await newKey(person_id, drawer?.point)
    await transaction(["facts"], "readwrite", async (s) => {
      const all = (await answer(s.facts.get("signing"))) ?? {}
      if (!isKey(all[person_id])) s.facts.put({ ...all, [person_id]: made }, "signing") // else another tab was first
      s.facts.delete("cannot_sign")
    })
  } catch {
    await keepFact("cannot_sign", true)
    return null
  }
  const read = (await fact("signing"))?.[person_id]
  return isKey(read) ? read : null
}

/** @param {string} person_id @param {Uint8Array<ArrayBuffer>} [drawer] whose box can hold it @returns {Promise<SigningKey & {key: CryptoKey}>} */
async function newKey(person_id, drawer) {
  const pair = /** @type {CryptoKeyPair} */ (await crypto.subtle.generateKey(CURVE, Boolean(drawer), ["sign", "verify"]))
  const point = toBase64(new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)))
  if (!drawer) return { key: pair.privateKey, point }
  const secret = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey))
  return { key: await usable(secret), point, box: await sealTo(drawer, boundTo(person_id), { secret: toBase64(secret) }) }
}

/**
 * A key that this new drawer can hold, to take the place of the one that there is; null when there is none yet.
 * @param {string} person_id @param {Uint8Array<ArrayBuffer>} drawer
 */
export const keyForDrawer = async (person_id, drawer) => ((await fact("signing"))?.[person_id] ? newKey(person_id, drawer) : null)

/** The server knows this key: if it is the next one, it is the one from now on. @param {string} person_id @param {string} point */
export const useNext = (person_id, point) => transaction(["facts"], "readwrite", async (s) => {
  const all = (await answer(s.facts.get("signing"))) ?? {}
  if (all[person_id]?.next?.point === point) s.facts.put({ ...all, [person_id]: all[person_id].next }, "signing")
})

/** A key that signs and cannot be read. @param {Uint8Array<ArrayBuffer>} secret */
const usable = (secret) => crypto.subtle.importKey("pkcs8", secret, CURVE, false, ["sign"])

/** What its box is bound to. @param {string} person_id */
const boundTo = (person_id) => `${person_id} signs`

/**
 * This person's key as their drawer gives it back; null when none lay in it, or one that does not open: another is made then, for
 * a key keeps nobody from their work.
 * @param {string} person_id @param {(id: string, box: Uint8Array<ArrayBuffer>) => Promise<{secret: string}>} open
 * @returns {Promise<SigningKey|null>}
 */
export async function keyFromDrawer(person_id, open) {
  const kept = /** @type {SigningKey|undefined} */ ((await fact("signing"))?.[person_id])
  /** @param {SigningKey} own @returns {Promise<SigningKey>} */
  const usableAgain = async (own) => own.box
    ? { ...own, key: await usable(fromBase64((await open(boundTo(person_id), own.box)).secret)) }
    : { ...own, ...(own.next && { next: await usableAgain(own.next) }) }
  return kept ? usableAgain(kept).catch(() => null) : null
}

/** This is their key from now on. @param {Record<string, IDBObjectStore>} s @param {string} person_id @param {SigningKey} own */
export const useKey = async (s, person_id, own) => s.facts.put({ ...(await answer(s.facts.get("signing"))), [person_id]: own }, "signing")

/** Another takes its place as soon as the server knows it. @param {Record<string, IDBObjectStore>} s @param {string} person_id @param {SigningKey} next */
export async function useSoon(s, person_id, next) {
  const own = (await answer(s.facts.get("signing")))?.[person_id]
  await useKey(s, person_id, own ? { key: own.key, point: own.point, next } : next)
}

/** Could this browser keep it, and is it at hand? @param {any} kept @returns {kept is SigningKey & {key: CryptoKey}} */
const isKey = (kept) => kept?.key instanceof CryptoKey && typeof kept.point === "string"

/** This person's key was stopped at the server: another is made, and what waits is signed anew. @param {string} person_id */
export const dropKey = (person_id) => transaction(["facts", "outbox"], "readwrite", async (s) => {
  const { [person_id]: _, ...others } = (await answer(s.facts.get("signing"))) ?? {}
  s.facts.put(others, "signing")
  for (const item of await answer(s.outbox.getAll())) {
    if (item.body && item.person_id === person_id) s.outbox.put({ ...item, is_signed: false })
  }
})

/**
 * Only these people's keys stay on this phone, and of them only the one of whose screens are open can be used; and one that its
 * drawer cannot hold, until the server knows the next.
 * @param {Record<string, IDBObjectStore>} s @param {string[]} with_drawer @param {string} [open]
 */
export async function keepKeysOf(s, with_drawer, open) {
  const all = /** @type {[string, SigningKey][]} */ (Object.entries((await answer(s.facts.get("signing"))) ?? {}))
  const kept = all.filter(([id]) => id === open || with_drawer.includes(id))
  if (all.length) s.facts.put(Object.fromEntries(kept.map(([id, own]) => [id, id === open ? own : shut(own)])), "signing")
}

/** @param {SigningKey} own @returns {SigningKey} */
const shut = ({ key, point, box, next }) => (box ? { point, box } : { key, point, ...(next && { next: shut(next) }) })
