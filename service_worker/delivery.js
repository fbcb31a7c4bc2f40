// @ts-check
// Sends what waits, oldest first, a batch at a time; every item keeps its place until its own answer has come.

import { announce } from "./changes.js"
import { aside, isHeld, ready, saidOf, settle, thisDevice } from "./outbox.js"
import { items } from "./waiting.js"
import { ask, Stopped } from "./server.js"
import { MOST_PER_DELIVERY } from "./shared.js"
import { fact, get, keepFact } from "./store.js"

/** How often a phone asks by itself about what was set aside. */
const ASKED_AGAIN_MS = 5 * 60_000

/** So often a server may answer "another time" for one entry; then a person is asked. */
const MOST_TRIES = 30

/** For a person to look at; the phone asks again by itself, but not at once. */
const REFUSED = () => ({ state: "parked", reason: { code: "refused", text: "" }, asked_at: Date.now() })

/** @typedef {{sent: number, received: number, parked: number}} Told */

/**
 * Send what waits; then ask again about what was set aside: it may have been settled since, and this phone should know.
 * @param {() => Promise<any[]>} waiting what is to be sent, with times that can be @param {Told} told
 * @param {boolean} [eager] somebody wants to know now
 */
export async function sendOutbox(waiting, told, eager = false) {
  await sendAll("/api/v1/ops", waiting, told)
  const unasked = Date.now() - (eager ? 0 : ASKED_AGAIN_MS)
  await sendAll("/api/v1/ops", async () => (await aside()).filter((item) => (item.asked_at ?? 0) < unasked), told)
}

/** What has no reader on this phone any more goes without a sign-in: only the server can open it. @param {Told} told */
export const deposit = (told) =>
  sendAll("/api/v1/deposit", async () => (await ready()).filter((item) => !item.body && item.sealed), told)

/** @param {string} address @param {() => Promise<any[]>} waiting @param {Told} told */
async function sendAll(address, waiting, told) {
  let most = MOST_PER_DELIVERY
  for (;;) {
    const batch = (await waiting()).slice(0, most)
    if (!batch.length) return
    const said = await ask(address, await delivery(batch.map(asSent)))
    if (said === "refused") {
      if (most > 1) most = Math.ceil(Math.min(most, batch.length) / 2)
      else {
        await setAside(batch[0], told)
        most = MOST_PER_DELIVERY
      }
      continue
    }
    told.sent += batch.filter((item) => item.state === "ready").length
    const settled = await settleAll(batch, said, told)
    announce()
    if (settled < batch.length) throw Object.assign(new Stopped("busy"), { isOfEntries: true }) // sent another time
  }
}

/**
 * The one entry that the server will not even look at waits for a person; all others go on. A server that refuses an empty
 * delivery too refuses for another reason. @param {any} item @param {Told} told
 */
async function setAside(item, told) {
  if ((await hello()) === "refused") throw new Stopped("busy")
  if (item.state !== "parked") told.parked += 1
  await settle(item.id, REFUSED())
}

/** In the clear while its author can read it here, else the box. @param {any} item */
const asSent = (item) => (item.body ? { id: item.id, seq: item.seq, ...saidOf(item) } : { id: item.id, seq: item.seq, key_id: item.key_id, sealed: item.sealed })

/** @param {object[]} ops @param {string} [by] who is signed in, if this phone has not been told yet */
async function delivery(ops, by) {
  const device = await thisDevice()
  const person_id = by ?? (await fact("me"))?.person_id
  const { quota = null, usage = 0 } = (await navigator.storage?.estimate?.()) ?? {}
  const made = device.seq - (await items()).filter(isHeld).length // these may still be taken back
  await keepFact("reported", Date.now())
  return { device_id: device.id, person_id, app_build: (await fact("app_build")) ?? "", made, free_mb: quota && Math.max(0, Math.round((quota - usage) / 1e7) * 10), lock: await lockOf(), cards: (await fact("cards_seen")) ?? 0, ops }
}

/** How this phone is kept: by a lock, on purpose by none, or not decided yet. */
async function lockOf() {
  const [me, locks, refused] = await Promise.all([fact("me"), fact("locks"), fact("lock_refused")])
  if (!me) return null
  if (!locks?.includes(me.person_id)) return refused ? "refused" : "none"
  return (await get("drawers", me.person_id))?.passkey ? "passkey" : "pin"
}

/** A sign-out without a network is told to the server at the next contact; a session begun since then goes on. */
export async function endSession() {
  const session = await fact("session_to_end")
  if (session === undefined || session === null) return
  const response = await fetch("/api/v1/sign-out", {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ session }), redirect: "error",
  }).catch(() => null)
  if (response?.status !== 204) throw new Stopped("offline")
  await keepFact("session_to_end", null)
}

/**
 * An empty delivery after a sign-in or a new lock: the server learns who holds this phone, and their key, before anybody can record
 * with it.
 * @param {string} person_id
 */
export async function introduce(person_id) {
  if ((await fact("introduced")) === person_id && !(await fact("signing"))?.[person_id]?.next) return
  await hello(person_id)
  await keepFact("introduced", person_id)
}

/** A phone that has nothing to send is not silent: four times a day it says that it is there. */
export const report = async () => Date.now() - ((await fact("reported")) ?? 0) > 21_600_000 && hello()

/** A delivery with nothing in it: the server says who it is and what time it is, and learns this person's key. @param {string} [by] */
export const hello = async (by) => ask("/api/v1/ops", await delivery([], by))

/**
 * @param {any[]} batch @param {any} said @param {Told} told
 * @returns {Promise<number>} how many of the batch got a final answer
 */
async function settleAll(batch, said, told) {
  let settled = 0
  const answers = new Map(said.answers.map((/** @type {any} */ a) => [a.id, a]))
  for (const item of batch) {
    const its = answers.get(item.id)
    if (!its || its.outcome === "retry") {
      const tries = (item.tries ?? 0) + 1
      const isOver = tries >= MOST_TRIES
      await settle(item.id, isOver ? { ...REFUSED(), tries: 0 } : { tries })
      if (isOver && item.state !== "parked") told.parked += 1
      settled += Number(isOver)
      continue
    }
    settled += 1
    if (its.outcome === "accepted" || its.outcome === "duplicate") {
      told.received += 1
      await settle(item.id, { state: "received", reason: its.reason, receipt: { at: its.received_at, code: its.receipt } })
    } else {
      const state = its.outcome === "held" ? "held" : "parked"
      if (state === "parked" && item.state !== "parked") told.parked += 1
      await settle(item.id, { state, reason: its.reason, asked_at: Date.now() })
    }
  }
  return settled
}
