// @ts-check
// What waits to be delivered. An item is durable before anybody is told "saved", and stays until the server's receipt.

import { all, answer, get, PACK_STORES, transaction } from "./store.js"

export class NotSaved extends Error {
  /** @param {"quota"|"storage"} cause */
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
  const now = new Date()
  const minutes = -now.getTimezoneOffset()
  const two = (/** @type {number} */ n) => String(Math.floor(Math.abs(n))).padStart(2, "0")
  const local = new Date(now.getTime() + minutes * 60_000).toISOString().slice(0, -1)
  return `${local}${minutes < 0 ? "-" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`
}

/**
 * Keep one operation and the rows it leads to, in one durable transaction; read it back before saying so.
 * @param {{id?: string, kind: string, body: object, rows?: Record<string, any[]>, dependsOn?: string[], dropDraft?: string}} thing
 * @returns {Promise<{id: string}>}
 */
export async function record({ id = newId(), kind, body, rows = {}, dependsOn = [], dropDraft }) {
  const names = ["outbox", "facts", "drafts", ...Object.keys(rows)]
  try {
    await transaction(names, "readwrite", async (s) => {
      const device = (await answer(s.facts.get("device"))) ?? { id: newId(), seq: 0 }
      device.seq += 1
      s.facts.put(device, "device")
      const person_id = (await answer(s.facts.get("me")))?.person_id ?? null
      const item = { id, seq: device.seq, person_id, kind, schema: 1, recorded_at: nowWithZone(), depends_on: dependsOn, body }
      s.outbox.put({ ...item, state: "ready", reason: null, receipt: null, bytes: JSON.stringify(item).length })
      for (const [name, list] of Object.entries(rows)) for (const row of list) s[name].put(row)
      if (dropDraft) s.drafts.delete(dropDraft)
    })
    if (!(await get("outbox", id))) throw new NotSaved("storage")
  } catch (error) {
    if (error instanceof NotSaved) throw error
    throw new NotSaved(error instanceof DOMException && error.name === "QuotaExceededError" ? "quota" : "storage")
  }
  return { id }
}

/** Everything in the outbox, oldest first. */
export async function items() {
  return (await all("outbox")).sort((/** @type {any} */ a, /** @type {any} */ b) => a.seq - b.seq)
}

/** What is to be sent now: ready items, oldest first. */
export async function ready() {
  return (await items()).filter((/** @type {any} */ item) => item.state === "ready")
}

/** Three honest numbers: how many made on this phone, received by the server, needing help. */
export async function counts() {
  const list = await items()
  const received = list.filter((/** @type {any} */ item) => item.state === "received").length
  const help = list.filter((/** @type {any} */ item) => item.state === "parked").length
  return { made: list.length, received, help, waiting: list.length - received - help }
}

/** Try a parked or held item again. @param {string} id */
export const retry = (id) => settle(id, { state: "ready", reason: null })

/** Days a received item stays on the list as proof. */
const KEEP_RECEIVED_DAYS = 7

/**
 * Write down the server's answer for one item; the receipt goes onto its rows in the same transaction.
 * @param {string} id @param {object} changed
 */
export const settle = (id, changed) =>
  transaction(["outbox", ...PACK_STORES], "readwrite", async (s) => {
    const item = await answer(s.outbox.get(id))
    if (!item) return
    s.outbox.put({ ...item, ...changed })
    const receipt = /** @type {any} */ (changed).receipt
    for (const name of ["visits", "walk_throughs", "households"]) {
      const row = receipt && (await answer(s[name].get(id)))
      if (row) s[name].put({ ...row, received_at: receipt.at })
    }
  })

/** Let go of items received more than a week ago. */
export async function tidy() {
  const oldest = Date.now() - KEEP_RECEIVED_DAYS * 86_400_000
  const old = (await items()).filter(
    (/** @type {any} */ item) => item.state === "received" && Date.parse(item.receipt.at) < oldest,
  )
  await transaction(["outbox"], "readwrite", (s) => { for (const item of old) s.outbox.delete(item.id) })
}
