// @ts-check
// Signs what is recorded on this phone, so that nobody else can write in its person's name; volunteer_app/signing.py is the
// other half. One key for each person on each phone. Its private half cannot be read, not even by us; it is gone when they sign out.

import { toBase64 } from "./seal.js"
import { answer, fact, keepFact, transaction } from "./store.js"

const CURVE = { name: "ECDSA", namedCurve: "P-256" }
const WITH = { name: "ECDSA", hash: "SHA-256" }

/** @typedef {{key: CryptoKey, point: string}} SigningKey */

/**
 * A signature over a text in this person's name; null where the browser keeps no key (and the fact `cannot_sign` says so).
 * @param {string|null|undefined} person_id @param {"delivery"|"operation"} purpose @param {string} text
 * @returns {Promise<{key: string, signature: string}|null>}
 */
export async function signed(person_id, purpose, text) {
  const own = person_id && await keyOf(person_id)
  if (!own) return null
  const bytes = new TextEncoder().encode(`tung-nha ${purpose} 1\n${text}`)
  return { key: own.point, signature: toBase64(new Uint8Array(await crypto.subtle.sign(WITH, own.key, bytes))) }
}

/** This person's key, made when it is first wanted. @param {string} person_id @returns {Promise<SigningKey|null>} */
async function keyOf(person_id) {
  if (!globalThis.crypto.subtle) return null
  const kept = (await fact("signing"))?.[person_id]
  if (isKey(kept)) return kept
  try {
    const pair = /** @type {CryptoKeyPair} */ (await crypto.subtle.generateKey(CURVE, false, ["sign", "verify"]))
    const made = { key: pair.privateKey, point: toBase64(new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey))) }
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

/** Could this browser keep it? @param {any} kept */
const isKey = (kept) => kept?.key instanceof CryptoKey && typeof kept.point === "string"

/** This person's key was stopped at the server: another is made, and what waits is signed anew. @param {string} person_id */
export const dropKey = (person_id) => transaction(["facts", "outbox"], "readwrite", async (s) => {
  const { [person_id]: _, ...others } = (await answer(s.facts.get("signing"))) ?? {}
  s.facts.put(others, "signing")
  for (const item of await answer(s.outbox.getAll())) {
    if (item.body && item.person_id === person_id) s.outbox.put({ ...item, is_signed: false })
  }
})

/** Only these people's keys stay on this phone. @param {Record<string, IDBObjectStore>} s @param {(string|undefined)[]} ids */
export async function keepKeysOf(s, ids) {
  const all = Object.entries((await answer(s.facts.get("signing"))) ?? {})
  if (all.length) s.facts.put(Object.fromEntries(all.filter(([id]) => ids.includes(id))), "signing")
}
