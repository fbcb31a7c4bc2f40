// @ts-check
// Fetches the field pack: what has changed in this person's hamlets, a page at a time, each kept before the next.

import { squeezed } from "./names.js"
import { announce } from "./changes.js"
import { introduce } from "./delivery.js"
import { closeDrawer } from "./drawers.js"
import { forgetIn, withSomethingHere } from "./personal.js"
import { ask, Stopped } from "./server.js"
import { answer, fact, keepFact, PACK_STORES, transaction } from "./store.js"

/** What belongs to a household: all of it is replaced when the household has changed. */
export const PARTS = ["members", "visits", "walk_throughs", "observations", "follow_ups"]

/** Fetch what has changed, a page at a time; every page is kept before the next is asked for. */
export async function fetchPack() {
  const began = Date.now()
  let here = 0
  for (;;) {
    const cursors = (await fact("cursors")) ?? {}
    const since = Object.entries(cursors).map(([id, number]) => `${id}:${number}`).join(",")
    // who asks, before anything is answered; while the server still takes this phone for who has just left it, nobody does
    const [before, leavings, toEnd] = await Promise.all([fact("me"), fact("leavings"), fact("session_to_end")])
    if (typeof toEnd === "string") throw new Stopped("busy", 0)
    const pack = await ask(`/api/v1/field-pack?since=${since}`, null, await fact("pack_mark"))
    if (pack === "unchanged") {
      if (before) await introduce(before.person_id)
      return keepFact("as_of", await fact("contact_at"))
    }
    if (before && before.person_id !== pack.me.person_id) {
      await closeDrawer() // somebody else has signed in: nothing of the first stays readable
      continue
    }
    await introduce(pack.me.person_id)
    here += pack.households.length
    await keepPage(pack, { person_id: before?.person_id, leavings }, pack.left && { ms: ((Date.now() - began) / here) * pack.left })
    announce()
    if (!pack.left) return
  }
}

/**
 * @param {any} pack one page, as `pages/sync/field_pack.py` makes it
 * @param {{person_id: string|undefined, leavings: number|undefined}} asked who was here when it was asked for, and how often
 *   somebody had left this phone by then
 * @param {{ms: number}|0} more how long the rest will take
 */
const keepPage = (pack, asked, more) => transaction([...PACK_STORES, "drafts", "outbox", "facts"], "readwrite", async (s) => {
  // the phone was locked or left meanwhile: what was asked for is nobody's any more
  const [me, leavings] = await Promise.all(["me", "leavings"].map((key) => answer(s.facts.get(key))))
  if (me?.person_id !== asked.person_id || leavings !== asked.leavings) throw new Stopped("busy", 0)
  const open = (await answer(s.outbox.getAll())).filter((/** @type {any} */ item) => item.state !== "received")
  const ours = new Set(open.map((/** @type {any} */ item) => item.id))
  // Only what is still to be sent outweighs the server: what was set aside waits for somebody and freezes nothing.
  const unsent = open.filter((/** @type {any} */ item) => item.state === "ready")
  const changed = new Set(unsent.map((/** @type {any} */ item) => item.body?.member_id ?? item.body?.household_id))
  const consented = new Set(unsent.filter((/** @type {any} */ item) => item.body?.consent).map((/** @type {any} */ item) => item.body.household_id))
  /** @type {string[]} */
  const saidNo = []
  const takenBack = new Set(unsent.map((/** @type {any} */ item) => item.body?.record_id))
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
  await keepMoved(s, pack, lost)
  for (const id of lost) {
    await remove(id)
    s.households.delete(id)
    for (const key of await answer(s.drafts.getAllKeys())) {
      if (key.includes(id) || (await answer(s.drafts.get(key)))?.address?.includes(id)) s.drafts.delete(key)
    }
  }
  for (const household of pack.households) {
    await remove(household.id)
    household.search = squeezed(`${household.label} ${household.code}`)
    const mine = changed.has(household.id) && (await answer(s.households.get(household.id)))
    // a "no" that somebody else was told outweighs what this phone still has to send, unless it was told an answer itself
    const isNo = ["refused", "withdrawn"].includes(household.consent) && !consented.has(household.id)
    s.households.put(mine ? { ...household, ...mine, ...(isNo ? { consent: household.consent } : {}) } : household)
    if (isNo) saidNo.push(household.id)
  }
  for (const name of PARTS) {
    for (const row of pack[name]) if (!(changed.has(row.id) && name === "members") && !takenBack.has(row.id)) s[name].put(row)
  }
  for (const id of await withSomethingHere(s, saidNo)) await forgetIn(s, id)
  const answered = new Set(unsent.map((/** @type {any} */ item) => item.body?.request_id))
  pack.visit_requests = (pack.visit_requests ?? []).filter((/** @type {any} */ one) => !answered.has(one.id))
  for (const key of ["me", "services", "team", "guides", "facilities", "nobody", "late", "visit_requests", "as_of", "cursors", "left", "seal_with", "session", "closed_stays_days"]) s.facts.put(pack[key], key)
  await keepProgress(s.facts, pack, more)
  s.facts.put(pack.left ? null : pack.mark, "pack_mark")
  if (!pack.left) s.facts.put(true, "is_complete")
})

/**
 * Hamlets given to somebody else: their households leave this phone, what was recorded there still goes.
 * @param {any} s @param {any} pack @param {Set<string>} lost
 */
async function keepMoved(s, pack, lost) {
  const known = (await answer(s.facts.get("moved"))) ?? []
  if (!known.length && !pack.moved.length) return
  const isSaid = new Set([...pack.hamlets.map((/** @type {any} */ h) => h.id), ...pack.moved.map((/** @type {any} */ m) => m.hamlet_id)])
  const moved = known.filter((/** @type {any} */ m) => !isSaid.has(m.hamlet_id)) // it may have come back
  for (const said of pack.moved) {
    const households = await answer(s.households.index("hamlet_id").getAllKeys(said.hamlet_id))
    for (const id of households) lost.add(id)
    moved.push({ ...said, at: pack.as_of, households })
  }
  s.facts.put(moved, "moved")
}

/**
 * How far a download of several pages has come, over all the times it was cut.
 * @param {IDBObjectStore} facts @param {any} pack @param {{ms: number}|0} more
 */
async function keepProgress(facts, pack, more) {
  if (!more) return facts.delete("download")
  const before = (await answer(facts.get("download"))) ?? { done: 0, bytes: 0 }
  const done = before.done + pack.households.length
  const bytes = before.bytes + pack.bytes
  facts.put({ done, bytes, total: done + pack.left, left_bytes: (bytes / done) * pack.left, left_ms: more.ms }, "download")
}
