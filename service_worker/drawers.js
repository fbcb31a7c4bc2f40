// @ts-check
// A drawer for each person who shares this phone (ngăn riêng). Closing it needs no PIN: all that is readable is sealed
// to
// its public key. Opening needs the PIN, without which nobody has the private key. What waits to be sent stays
// outside, sealed to the server.

import { forgetPerson, OF_THE_PHONE } from "./leaving.js"
import { CURVE, fromBase64, openBox, sealTo, toBase64 } from "./seal.js"
import { keepKeysOf, keyForDrawer, keyFromDrawer, useKey, useSoon } from "./signing.js"
import { answer, fact, get, PACK_STORES, transaction } from "./store.js"

/** The fewest rounds that a PIN is stretched by; a quick phone does as many as it can in this time. */
const ROUNDS = 600_000
const STRETCH_MS = 1_500
const MOST_ROUNDS = 12_000_000
const FREE_TRIES = 5
const MOST_TRIES = 10
const FIRST_WAIT_MS = 60_000
/** A drawer that nobody has opened for so long is emptied: its person signs in again and has everything. */
const LONGEST_CLOSED_MS = 30 * 86_400_000

/**
 * @typedef {{person_id: string, name: string, point: Uint8Array<ArrayBuffer>, salt: Uint8Array<ArrayBuffer>, nonce: Uint8Array<ArrayBuffer>,
 *   wrapped: Uint8Array<ArrayBuffer>, tries: number, wait_until: number, box: Uint8Array<ArrayBuffer>|null, closed_at: number,
 *   rounds?: number, own?: CryptoKey, passkey?: Uint8Array<ArrayBuffer>}} Drawer
 * own: a key of this browser's, which no script can read, beside the PIN. passkey: which one opens it, in place of a PIN
 */

/**
 * What the phone's own lock gives out for a salt: 256 bits that lie nowhere else (static/js/passkeys.js); null: it gave none.
 * @typedef {(salt: Uint8Array<ArrayBuffer>, passkey?: Uint8Array<ArrayBuffer>) => Promise<{secret: BufferSource, passkey: Uint8Array<ArrayBuffer>}|null>} AskLock
 */

/**
 * Whose screens this phone shows now, with the other half of their session: without it the server answers nothing.
 * @param {string} person_id an id, or "nobody" @param {string} [half]
 */
export function holdFor(person_id, half) {
  const safe = location.protocol === "https:" ? "; Secure" : ""
  document.cookie = `open_for=${half ? `${person_id}.${half}` : person_id}; Path=/; Max-Age=34560000; SameSite=Lax${safe}`
}

/** The phone shows nobody's screens any more. Somebody who has signed in since stays. @param {string} person_id who leaves
 * @returns {string} the other half of their session, which is nowhere else from now on */
export function letGoOf(person_id) {
  const [, whose, half = ""] = globalThis.document?.cookie.match(/(?:^|; )open_for=([\w-]+)\.?([\w-]*)/) ?? []
  if (!globalThis.document || (whose && whose !== person_id)) return ""
  holdFor("nobody")
  return half
}

/** Give the person whose screens are open a drawer, or theirs a new PIN. @param {string} pin */
export async function makeDrawer(pin) {
  const [salt, rounds] = [chance(16), await roundsHere()]
  const own = await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign"])
  await keepNew(await keyFrom(pin, { salt, rounds, own }), { salt, rounds, own })
}

/** The same, behind the phone's own lock. @param {AskLock} ask @returns {Promise<boolean>} false: this phone's lock cannot do it */
export async function makePasskeyDrawer(ask) {
  const salt = chance(32)
  const given = await ask(salt)
  if (given) await keepNew(await keyOf(given.secret), { salt, passkey: given.passkey })
  return Boolean(given)
}

/** @param {CryptoKey} key @param {{salt: Uint8Array<ArrayBuffer>, rounds?: number, own?: CryptoKey, passkey?: Uint8Array<ArrayBuffer>}} how */
async function keepNew(key, how) {
  const me = await fact("me")
  const pair = /** @type {CryptoKeyPair} */ (await crypto.subtle.generateKey(CURVE, true, ["deriveBits"]))
  const nonce = chance(12)
  const secret = await crypto.subtle.exportKey("pkcs8", pair.privateKey)
  const wrapped = await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce }, key, secret)
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey))
  const drawer = {
    person_id: me.person_id, name: me.name, point, ...how, nonce, wrapped: new Uint8Array(wrapped), tries: 0, wait_until: 0, box: null, closed_at: 0,
  }
  const next = await keyForDrawer(me.person_id, point)
  await transaction(["drawers", "facts"], "readwrite", async (s) => {
    s.drawers.put(drawer)
    await listLocks(s)
    if (next) await useSoon(s, me.person_id, next)
    s.facts.put(Date.now(), "used_at")
    s.facts.delete("reported") // the next contact says how this phone is kept
  })
  if (!document.cookie.includes(`open_for=${me.person_id}`)) holdFor(me.person_id)
}

/** Put everything readable away; several tabs may want it at once, and only the first finds something. Who has no drawer is
 * forgotten. */
export const closeDrawer = () => navigator.locks.request("drawers", putAway)

async function putAway() {
  const me = await fact("me")
  if (!me) return
  const half = letGoOf(me.person_id)
  const drawer = await get("drawers", me.person_id)
  if (!drawer) return void (await forgetPerson())
  for (;;) { // again, if something was recorded while it was being sealed
    const { content, made } = await readable()
    const box = await sealTo(drawer.point, me.person_id, { ...content, half })
    const isPut = await forgetPerson(async (s) => {
      if (((await answer(s.facts.get("device")))?.seq ?? 0) !== made) return false
      s.drawers.put({ ...drawer, box, closed_at: Date.now() })
      return true
    })
    if (isPut) return
  }
}

/** Open a drawer with its PIN, and show what lies in it again.
 * @param {string} person_id @param {string} pin
 * @returns {Promise<{outcome: "open"|"wrong"|"wait"|"empty", left?: number, minutes?: number}>} empty: nothing lies in it any more
 */
export async function openDrawer(person_id, pin) {
  const drawer = /** @type {Drawer} */ (await get("drawers", person_id))
  if (!drawer.box) return { outcome: "empty" }
  const wait = drawer.wait_until - Date.now()
  if (wait > 0 && wait <= FIRST_WAIT_MS * 2 ** MOST_TRIES) return { outcome: "wait", minutes: Math.ceil(wait / 60_000) }
  const key = await privateKeyOf(drawer, await keyFrom(pin, drawer))
  return key ? openWith(key, drawer) : wrong(drawer)
}

/** The same with the phone's own lock; nobody guesses at that, so nothing is counted.
 * @param {string} person_id @param {AskLock} ask
 * @returns {Promise<{outcome: "open"|"not_given"}>}
 */
export async function openPasskeyDrawer(person_id, ask) {
  const drawer = /** @type {Drawer} */ (await get("drawers", person_id))
  const given = await ask(drawer.salt, drawer.passkey)
  const key = given && (await privateKeyOf(drawer, await keyOf(given.secret)))
  return key ? openWith(key, drawer) : { outcome: "not_given" }
}

/** @param {CryptoKey} key @param {Drawer} drawer */
async function openWith(key, drawer) {
  const { person_id } = drawer
  const content = await openBox(key, drawer.point, person_id, /** @type {Uint8Array<ArrayBuffer>} */ (drawer.box))
  const own = await keyFromDrawer(person_id, (id, box) => openBox(key, drawer.point, id, box))
  await transaction([...PACK_STORES, "drafts", "facts", "outbox", "photos", "drawers"], "readwrite", async (s) => {
    await putBack(s, content, drawer)
    if (own) await useKey(s, person_id, own)
  })
  holdFor(person_id, content.half)
  return { outcome: /** @type {const} */ ("open") }
}

/** This person keeps no drawer on this phone any more. @param {string} person_id */
export const removeDrawer = (person_id) => transaction(["drawers", "facts"], "readwrite", async (s) => {
  s.drawers.delete(person_id)
  await listLocks(s)
  await keepKeysOf(s, await answer(s.drawers.getAllKeys()), (await answer(s.facts.get("me")))?.person_id)
})

/** Let go what nobody has opened for long. */
export const emptyOldDrawers = () => transaction(["drawers"], "readwrite", async (s) => {
  for (const drawer of await answer(s.drawers.getAll())) {
    if (drawer.box && Date.now() - drawer.closed_at > LONGEST_CLOSED_MS) s.drawers.put({ ...drawer, box: null })
  }
})

/** Who has a drawer, where screens read it at once. @param {Record<string, IDBObjectStore>} s */
const listLocks = async (s) => s.facts.put(await answer(s.drawers.getAllKeys()), "locks")

/** All that is readable on this phone, and how many operations it has made so far. */
const readable = () => transaction([...PACK_STORES, "drafts", "facts", "outbox", "photos"], "readonly", async (s) => {
  const rows = await Promise.all(PACK_STORES.map(async (name) => [name, await answer(s[name].getAll())]))
  const named = async (/** @type {string} */ name) => {
    const [keys, values] = await Promise.all([answer(s[name].getAllKeys()), answer(s[name].getAll())])
    return keys.map((/** @type {string} */ key, /** @type {number} */ i) => [key, values[i]])
  }
  const [drafts, facts, items] = await Promise.all([named("drafts"), named("facts"), answer(s.outbox.getAll())])
  const made = facts.find((/** @type {any} */ [key]) => key === "device")?.[1].seq ?? 0
  const own = facts.filter((/** @type {any} */ [key]) => !OF_THE_PHONE.includes(key))
  const photos = (await answer(s.photos.getAll())).map((/** @type {any} */ one) => ({ ...one, body: toBase64(new Uint8Array(one.body)) }))
  return { made, content: { rows, photos, drafts, facts: own, items: items.filter((/** @type {any} */ item) => item.body) } }
})

/** @param {Record<string, IDBObjectStore>} s @param {any} content @param {Drawer} drawer */
async function putBack(s, { rows, photos, drafts, facts, items }, drawer) {
  for (const [name, list] of rows) for (const row of list) s[name].put(row)
  for (const photo of photos) s.photos.put({ ...photo, body: fromBase64(photo.body).buffer })
  for (const [key, value] of drafts) s.drafts.put(value, key)
  for (const [key, value] of facts) s.facts.put(value, key)
  for (const item of items) {
    const now = await answer(s.outbox.get(item.id))
    if (now && now.state !== "received") s.outbox.put({ ...item, ...now })
    else await noteReceived(s, item.id, now?.receipt?.at ?? new Date(drawer.closed_at).toISOString())
  }
  s.drawers.put({ ...drawer, box: null, tries: 0, wait_until: 0 })
  s.facts.put(Date.now(), "used_at")
}

/**
 * The server took this while the drawer was closed.
 * @param {Record<string, IDBObjectStore>} s @param {string} id @param {string} at
 */
async function noteReceived(s, id, at) {
  for (const name of ["visits", "walk_throughs", "households"]) {
    const row = await answer(s[name].get(id))
    if (row) s[name].put({ ...row, received_at: row.received_at ?? at })
  }
}

/**
 * A wrong PIN: the fifth makes one wait, longer each time; after the tenth nothing lies in the drawer any more.
 * @param {Drawer} drawer
 */
async function wrong(drawer) {
  const tries = drawer.tries + 1
  const wait_until = tries < FREE_TRIES ? 0 : Date.now() + FIRST_WAIT_MS * 2 ** (tries - FREE_TRIES)
  const isOver = tries >= MOST_TRIES
  await transaction(["drawers"], "readwrite", (s) => { s.drawers.put({ ...drawer, tries, wait_until, box: isOver ? null : drawer.box }) })
  if (isOver) return { outcome: /** @type {const} */ ("empty") }
  return { outcome: /** @type {const} */ ("wrong"), left: MOST_TRIES - tries }
}

/** @param {Drawer} drawer @param {CryptoKey} key @returns {Promise<CryptoKey|null>} */
async function privateKeyOf({ nonce, wrapped }, key) {
  try {
    const secret = await crypto.subtle.decrypt({ name: "AES-GCM", iv: nonce }, key, wrapped)
    return await crypto.subtle.importKey("pkcs8", secret, CURVE, false, ["deriveBits"])
  } catch {
    return null
  }
}

/** @param {number} length */
const chance = (length) => crypto.getRandomValues(new Uint8Array(length))

/** @param {BufferSource} secret what the phone's lock gave out */
async function keyOf(secret) {
  const given = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"])
  const how = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(32), info: new TextEncoder().encode("tung-nha drawer 1") }
  return crypto.subtle.deriveKey(how, given, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"])
}

/** As many rounds as this phone does in the time that somebody waits gladly. */
async function roundsHere() {
  const began = performance.now()
  await keyFrom("000000", { salt: chance(16), rounds: ROUNDS / 10 })
  const most = ((ROUNDS / 10) * STRETCH_MS) / (performance.now() - began)
  return Math.round(Math.min(MOST_ROUNDS, Math.max(ROUNDS, most)))
}

/**
 * What a PIN opens, together with the browser's own key: who is handed all that scripts can read has nothing to try PINs on.
 * @param {string} pin @param {{salt: Uint8Array<ArrayBuffer>, rounds?: number, own?: CryptoKey}} drawer older ones say no rounds, have no key
 */
async function keyFrom(pin, { salt, rounds = ROUNDS, own }) {
  const typed = await crypto.subtle.importKey("raw", new TextEncoder().encode(pin), "PBKDF2", false, ["deriveBits"])
  const stretched = await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds }, typed, 256)
  const secret = own ? await crypto.subtle.sign("HMAC", own, stretched) : stretched
  return crypto.subtle.importKey("raw", secret, "AES-GCM", false, ["encrypt", "decrypt"])
}
