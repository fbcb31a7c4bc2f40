// @ts-check
// Delivers the outbox and fetches the field pack. Page and worker run this same code, one at a time (a Web Lock).

import { squeezed } from "../static/js/names.js"
import { newId, ready, settle, tidy } from "./outbox.js"
import { answer, fact, forgetPerson, keepFact, PACK_STORES, transaction } from "./store.js"

const MOST_PER_BATCH = 25
const PATIENCE_MS = 30_000

/** Why sending stopped; nothing is lost by any of them. */
class Stopped extends Error {
  /** @param {"offline"|"signed_out"|"busy"|"not_ours"} why */
  constructor(why) {
    super(why)
    this.why = why
  }
}

const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel("tung-nha") : null
const here = new EventTarget()

/** Tell every open screen that the store or the outbox has changed. */
export function announce() {
  here.dispatchEvent(new Event("change"))
  channel?.postMessage("change")
}

/** @param {() => void} callback */
export function onChange(callback) {
  here.addEventListener("change", callback)
  channel?.addEventListener("message", callback)
}

/**
 * Send what waits, then fetch the field pack. Safe to call at any time, from any tab.
 * @returns {Promise<{sent: number, received: number, parked: number, error: string|null}>}
 */
export async function sync() {
  const told = { sent: 0, received: 0, parked: 0, error: /** @type {string|null} */ (null) }
  try {
    await navigator.locks.request("outbox", async () => {
      await sendOutbox(told)
      await fetchPack()
      await introduce()
      await tidy()
    })
    await keepFact("last_success_at", new Date().toISOString())
  } catch (error) {
    if (!(error instanceof Stopped)) throw error
    told.error = error.why
  }
  await keepFact("last_error", told.error)
  announce()
  return told
}

/** @param {{sent: number, received: number, parked: number}} told */
async function sendOutbox(told) {
  let most = MOST_PER_BATCH
  for (;;) {
    const batch = (await ready()).slice(0, most)
    if (!batch.length) return
    const device = await thisDevice()
    const ops = batch.map(({ id, seq, person_id, kind, schema, recorded_at, depends_on, body }) =>
      ({ id, seq, person_id, kind, schema, recorded_at, depends_on, body }))
    const said = await ask("/api/v1/ops", { device_id: device.id, app_build: (await fact("app_build")) ?? "", ops })
    if (said === "too_large") {
      if (most === 1) throw new Stopped("busy")
      most = Math.ceil(most / 2)
      continue
    }
    told.sent += batch.length
    const settled = await settleAll(batch, said, told)
    announce()
    if (settled < batch.length) throw new Stopped("busy") // what got no answer stays and is sent another time
  }
}

/** An empty delivery after a sign-in: the server learns who holds this phone, before anybody records on it. */
async function introduce() {
  const me = (await fact("me"))?.person_id
  if (!me || (await fact("introduced")) === me) return
  const device = await thisDevice()
  await ask("/api/v1/ops", { device_id: device.id, app_build: (await fact("app_build")) ?? "", ops: [] })
  await keepFact("introduced", me)
}

/** This phone's number, made at the first use. */
const thisDevice = () => transaction(["facts"], "readwrite", async (s) => {
  const device = (await answer(s.facts.get("device"))) ?? { id: newId(), seq: 0 }
  s.facts.put(device, "device")
  return device
})

/**
 * @param {any[]} batch @param {any} said @param {{received: number, parked: number}} told
 * @returns {Promise<number>} how many of the batch got a final answer
 */
async function settleAll(batch, said, told) {
  let settled = 0
  const answers = new Map(said.answers.map((/** @type {any} */ a) => [a.id, a]))
  for (const item of batch) {
    const its = answers.get(item.id)
    if (!its || its.outcome === "retry") continue
    settled += 1
    if (its.outcome === "accepted" || its.outcome === "duplicate") {
      told.received += 1
      await settle(item.id, { state: "received", reason: null, receipt: { at: its.received_at, code: its.receipt } })
    } else {
      const state = its.outcome === "held" ? "held" : "parked"
      if (state === "parked") told.parked += 1
      await settle(item.id, { state, reason: its.reason })
    }
  }
  return settled
}

/** What belongs to a household: all of it is replaced when the household has changed. */
const PARTS = ["members", "visits", "walk_throughs", "observations", "follow_ups"]

/** Fetch what has changed, a page at a time; every page is kept before the next is asked for. */
async function fetchPack() {
  for (;;) {
    const cursors = (await fact("cursors")) ?? {}
    const since = Object.entries(cursors).map(([id, number]) => `${id}:${number}`).join(",")
    const pack = await ask(`/api/v1/field-pack?since=${since}`, null, await fact("pack_mark"))
    if (pack === "unchanged") return
    const before = await fact("me")
    if (before && before.person_id !== pack.me.person_id) {
      await forgetPerson() // somebody else has signed in: nothing of the first stays readable
      continue
    }
    await keepPage(pack)
    announce()
    if (!pack.left) return
  }
}

/** @param {any} pack one page, as `pages/sync/field_pack.py` makes it */
const keepPage = (pack) => transaction([...PACK_STORES, "outbox", "facts"], "readwrite", async (s) => {
  const open = (await answer(s.outbox.getAll())).filter((/** @type {any} */ item) => item.state !== "received")
  const ours = new Set(open.map((/** @type {any} */ item) => item.id))
  const changed = new Set(open.map((/** @type {any} */ item) => item.body.member_id ?? item.body.household_id))
  const remove = async (/** @type {string} */ id) => {
    for (const name of PARTS) {
      for (const row of await answer(s[name].index("household_id").getAll(id))) {
        if (!ours.has(row.id) && !changed.has(row.id)) s[name].delete(row.id)
      }
    }
  }
  s.hamlets.clear()
  for (const hamlet of pack.hamlets) s.hamlets.put(hamlet)
  const lost = new Set(pack.gone)
  for (const { hamlet_id } of pack.moved) {
    for (const row of await answer(s.households.index("hamlet_id").getAll(hamlet_id))) lost.add(row.id)
  }
  for (const id of lost) {
    await remove(id)
    s.households.delete(id)
  }
  for (const household of pack.households) {
    await remove(household.id)
    household.search = squeezed(`${household.label} ${household.code}`)
    const mine = changed.has(household.id) && (await answer(s.households.get(household.id)))
    s.households.put(mine ? { ...household, ...mine } : household)
  }
  for (const name of PARTS) {
    for (const row of pack[name]) if (!(changed.has(row.id) && name === "members")) s[name].put(row)
  }
  for (const key of ["me", "services", "guides", "facilities", "as_of", "cursors", "left"]) s.facts.put(pack[key], key)
  if (pack.moved.length) {
    const known = (await answer(s.facts.get("moved"))) ?? []
    s.facts.put([...known.filter((/** @type {any} */ m) => !pack.moved.some((/** @type {any} */ n) => n.hamlet_id === m.hamlet_id)), ...pack.moved], "moved")
  }
  s.facts.put(pack.left ? null : pack.mark, "pack_mark")
  if (!pack.left) s.facts.put(true, "is_complete")
})

/**
 * One request to our server. Anything that is not our server's own JSON counts as "no network".
 * @param {string} address @param {object|null} body @param {string} [mark]
 */
async function ask(address, body, mark) {
  let response
  try {
    response = await fetch(address, {
      method: body ? "POST" : "GET",
      headers: {
        ...(body ? { "Content-Type": "application/json" } : {}),
        ...(mark ? { "If-None-Match": `"${mark}"` } : {}),
        "Accept-Language": (await fact("language")) ?? "vi",
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
      cache: "no-store",
      redirect: "error",
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
  } catch {
    throw new Stopped("offline")
  }
  if (response.status === 304 && mark) return "unchanged"
  if (response.status === 401) throw new Stopped("signed_out")
  if (response.status === 413) return "too_large"
  if (response.status === 429 || response.status >= 500) throw new Stopped("busy")
  let said
  try {
    said = await response.json()
  } catch {
    throw new Stopped("not_ours") // a captive portal answers 200 with its own page
  }
  if (!response.ok) throw new Stopped("busy")
  const ours = await fact("server_id")
  if (!said?.server_id || (ours && said.server_id !== ours)) throw new Stopped("not_ours")
  if (!ours) await keepFact("server_id", said.server_id)
  const epoch = await fact("epoch")
  await keepFact("epoch", said.epoch)
  if (epoch && epoch !== said.epoch) {
    await beginAgain()
    throw new Stopped("busy") // the next attempt sends and fetches everything
  }
  return said
}

/** The server was restored from a backup: send all that is still held (repeats do no harm), fetch all anew. */
const beginAgain = () => transaction(["outbox", "facts"], "readwrite", async (s) => {
  for (const item of await answer(s.outbox.getAll())) {
    if (item.state === "received") s.outbox.put({ ...item, state: "ready", receipt: null })
  }
  s.facts.delete("cursors")
  s.facts.delete("pack_mark")
})
