// @ts-check
// What waits to be delivered. An item is durable before anybody is told "saved", and stays until the server's receipt.

import { now, timeQuality } from "./clock.js"
import { SCHEMA } from "./shared.js"
import { all, answer, fact, get, isFull, PACK_STORES, transaction } from "./store.js"
import { items } from "./waiting.js"

class NotSaved extends Error {
  /** @param {"quota"|"storage"|"settled"} cause */
  constructor(cause) {
    super(`not saved: ${cause}`)
    this.name = "NotSaved"
    this.cause = cause
  }
}

/** A UUIDv7: 48 bits of milliseconds, then chance; ids made later sort later. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  let time = Date.now()
  for (let i = 5; i >= 0; i--) { bytes[i] = time % 256; time = Math.floor(time / 256) }
  bytes[6] = (bytes[6] & 0x0f) | 0x70
  bytes[8] = (bytes[8] & 0x3f) | 0x80
  const hex = [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("")
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")
}

/** Now, with the phone's own offset from UTC: 2026-11-22T14:30:00.000+07:00 */
export function nowWithZone() {
  const moment = new Date(now())
  const minutes = -moment.getTimezoneOffset()
  const two = (/** @type {number} */ n) => String(Math.floor(Math.abs(n))).padStart(2, "0")
  const local = new Date(moment.getTime() + minutes * 60_000).toISOString().slice(0, -1)
  return `${local}${minutes < 0 ? "-" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`
}

/** So long what was registered can be taken back as if it had never been: it is not sent before. */
export const UNDO_MS = 10_000

/** Can it still be taken back? @param {any} item */
export const isHeld = ({ held_until: until = 0 }) => until > Date.now() && until <= Date.now() + UNDO_MS

/**
 * Keep one operation and the rows it leads to, in one durable transaction; read it back before saying so.
 * @param {{id?: string, kind: string, body: object, rows?: Record<string, any[]>, removed?: Record<string, string[]>, dependsOn?: string[], dropDraft?: string, isHeld?: boolean, instead?: any, recordedAt?: string}} thing
 *   isHeld: not sent for ten seconds, unless something that depends on it is recorded
 *   instead: the entry that was set aside and is said anew; what follows carries its id, and it happened when that did
 * @returns {Promise<{id: string}>}
 */
export async function record({ id = newId(), kind, body, rows = {}, removed = {}, dependsOn = [], dropDraft, isHeld = false, instead, recordedAt }) {
  const [me, contact] = await Promise.all([fact("me"), fact("contact_at")])
  const said = { person_id: me?.person_id ?? null, kind, schema: SCHEMA, recorded_at: recordedAt ?? nowWithZone(), time_quality: timeQuality(), depends_on: dependsOn, body, ...(instead && { ...timeOf(instead, recordedAt), mends: instead.mends ?? instead.id }) }
  const after = instead ? null : contact
  const box = await boxOf(id, said)
  const item = { id, ...said, ...box, made_at: Date.now(), after, state: "ready", reason: null, receipt: null, ...(isHeld && { held_until: Date.now() + UNDO_MS }), bytes: (box.sealed ?? JSON.stringify(said)).length }
  const names = ["outbox", "facts", "drafts", ...Object.keys(rows), ...Object.keys(removed)]
  const keep = () => transaction(names, "readwrite", async (s) => {
    if (instead) await giveWay(s.outbox, instead.id)
    const device = await deviceIn(s.facts)
    device.seq += 1
    s.facts.put(device, "device")
    s.outbox.put({ ...item, seq: device.seq })
    for (const id of dependsOn) await letGo(s.outbox, id)
    for (const [name, list] of Object.entries(removed)) for (const id of list) s[name].delete(id)
    for (const [name, list] of Object.entries(rows)) for (const row of list) s[name].put(row)
    if (dropDraft) s.drafts.delete(dropDraft)
    return device
  })
  try {
    const device = await keep().catch(async (error) => {
      if (!isFull(error)) throw error
      return (await import("./room.js")).withRoom(keep)
    })
    if (!(await get("outbox", id))) throw new NotSaved("storage")
    remember(device)
  } catch (error) {
    throw error instanceof NotSaved ? error : new NotSaved(isFull(error) ? "quota" : "storage")
  }
  return { id }
}

/** When it happened, and whose word that is; else as somebody says now. @param {any} instead @param {string} [said] */
const timeOf = ({ recorded_at, time_quality }, said) => (said ? { time_quality: "corrected" } : { recorded_at, time_quality })

/** What was set aside gives way to its correction, once. @param {IDBObjectStore} outbox @param {string} id */
async function giveWay(outbox, id) {
  const item = await answer(outbox.get(id))
  if (item?.state !== "parked") throw new NotSaved("settled")
  outbox.put({ ...item, state: "mended", reason: null })
}

/** It stands from now on: it is sent at the next contact. @param {IDBObjectStore} outbox @param {string} id */
export async function letGo(outbox, id) {
  const item = await answer(outbox.get(id))
  if (item?.held_until) outbox.put({ ...item, held_until: 0 })
}

/**
 * The sealed copy, signed by who recorded it; nothing as long as this phone does not know the server's key.
 * @param {string} id @param {{person_id?: string|null} & Record<string, any>} said @returns {Promise<{key_id?: string, sealed?: string, is_signed?: boolean}>}
 */
export async function boxOf(id, said) {
  const key = await fact("seal_with")
  if (!key || !globalThis.crypto.subtle) return {}
  const [{ seal }, { signed }] = await Promise.all([import("./seal.js"), import("./signing.js")])
  const content = { id, ...said }
  const text = JSON.stringify(content)
  const signature = await signed(said.person_id, "operation", text)
  return { ...await seal(key, id, signature ? { said: text, ...signature } : content), is_signed: Boolean(signature) }
}

/** What an item says, as it is sealed and signed. @param {any} item */
export const saidOf = ({ person_id, kind, schema, recorded_at, time_quality, depends_on, body, mends }) =>
  ({ person_id, kind, schema, recorded_at, time_quality, depends_on, body, ...(mends && { mends }) })

/** What stays of an item that nobody needs to read on this phone any more. @param {any} item */
export const closed = ({ id, seq, key_id, sealed, recorded_at, state, reason, receipt, bytes, asked_at, mends }) =>
  ({ id, seq, key_id, sealed, recorded_at, state, reason, receipt, bytes, asked_at, ...(mends && { mends }) })

/**
 * This phone's name and how many operations it has made. A cookie remembers both when the store is cleared.
 * @param {IDBObjectStore} facts
 */
async function deviceIn(facts) {
  const kept = await answer(facts.get("device"))
  if (kept) return kept
  const [, id, seq, left] = globalThis.document?.cookie.match(/(?:^|; )phone=([0-9a-f-]{36})\.(\d+)(\.left)?/) ?? []
  if (Number(seq) && !left) facts.put({ made: Number(seq), at: new Date().toISOString() }, "cleared")
  return id ? { id, seq: Number(seq) } : { id: newId(), seq: 0 }
}

/** @param {{id: string, seq: number}} device @param {string} [left] */
export function remember({ id, seq }, left = "") {
  if (!globalThis.document) return
  const safe = location.protocol === "https:" ? "; Secure" : ""
  document.cookie = `phone=${id}.${seq}${left}; Path=/; Max-Age=34560000; SameSite=Strict${safe}`
}

/** This phone, as the server knows it. */
export const thisDevice = () => transaction(["facts"], "readwrite", async (s) => {
  const device = await deviceIn(s.facts)
  s.facts.put(device, "device")
  return device
})

/** The store is about to be cleared on purpose: whoever comes next is not told that it was lost. */
export const leaveForGood = async () => remember(await thisDevice(), ".left")

/** Does the server hold, and a copy of it too, all that was made here, and has nobody else anything here? */
export async function isAllSafe() {
  const safe = Date.parse((await fact("durable_through")) ?? "") || 0
  const [list, ...others] = await Promise.all([items(), all("recordings"), all("photos"), all("drawers")])
  return others.every((rows) => !rows.length) && list.every(({ state, receipt }) => state === "received" && receipt && Date.parse(receipt.at) <= safe)
}

/** What is to be sent now: ready items, oldest first. */
export async function ready() {
  return (await items()).filter((item) => item.state === "ready" && !isHeld(item))
}

/** What the server has set aside, oldest first. */
export async function aside() {
  return (await items()).filter((item) => item.state === "parked" || item.state === "held")
}

/** Try a parked or held item again. @param {string} id */
export const retry = (id) => settle(id, { state: "ready", reason: null })

const DAY_MS = 86_400_000
const KEEP_RECEIVED_MS = 7 * DAY_MS
const LONGEST_KEPT_MS = 400 * DAY_MS

/**
 * Write down the server's answer for one item; the receipt goes onto its rows in the same transaction.
 * @param {string} id @param {object} changed
 */
export const settle = (id, changed) =>
  transaction(["outbox", ...PACK_STORES], "readwrite", async (s) => {
    const item = await answer(s.outbox.get(id))
    const { state, receipt } = /** @type {any} */ (changed)
    if (!item || (item.state === "mended" && state !== "received")) return // its correction speaks for it
    s.outbox.put(settled(item, changed))
    if (receipt && item.mends) await settleMended(s.outbox, item, { state, reason: null, receipt })
    for (const name of ["visits", "walk_throughs", "households"]) {
      const row = receipt && (await answer(s[name].get(item.mends ?? id)))
      if (row) s[name].put({ ...row, received_at: receipt.at })
    }
  })

/** @param {any} item @param {any} changed what was received is read by nobody here any more */
function settled(item, changed) {
  const isRead = changed.state !== "received" || !item.sealed
  const about = item.body && { kind: item.kind, about: item.body.household_id ?? item.mends ?? item.id }
  return { ...(isRead ? item : { ...closed(item), ...about }), ...changed }
}

/** The server has the correction: what gave way to it is done with. @param {IDBObjectStore} outbox @param {any} by @param {object} changed */
async function settleMended(outbox, by, changed) {
  for (const item of await answer(outbox.getAll())) {
    if (item.state === "mended" && (item.id === by.mends || item.mends === by.mends)) outbox.put(settled(item, changed))
  }
}

/** Let go of items received more than a week ago that the server's backup holds too. */
export async function tidy() {
  const safe = Date.parse((await fact("durable_through")) ?? "") || 0
  const old = (await items()).filter(({ state, receipt }) => {
    const at = state === "received" && receipt ? Date.parse(receipt.at) : Infinity
    const age = now() - at
    return age > LONGEST_KEPT_MS || (age > KEEP_RECEIVED_MS && at <= safe)
  })
  if (old.length) await transaction(["outbox"], "readwrite", (s) => { for (const item of old) s.outbox.delete(item.id) })
}
