// @ts-check
// Delivers the outbox and fetches the field pack. Page and worker run this same code, one at a time (a Web Lock).

import { announce } from "./changes.js"
import { letGo } from "./closing.js"
import { deposit, endSession, report, sendOutbox } from "./delivery.js"
import { forgetBoxes, forgetPerson } from "./leaving.js"
import { heldFor, letAllGo } from "./held.js"
import { tidy } from "./outbox.js"
import { fetchPack } from "./pack.js"
import { Stopped } from "./server.js"
import { fact, keepFact } from "./store.js"
import { sweep } from "./sweep.js"
import { inTime } from "./times.js"

const FIRST_WAIT_MS = 2_000
const LONGEST_WAIT_MS = 5 * 60_000

/**
 * Send what waits, then fetch the field pack. Safe to call at any time, from any tab.
 * @param {{eager?: boolean}} [how] eager: somebody pressed a button or the network came back; only what the server asked to wait counts
 * @returns {Promise<{sent: number, received: number, parked: number, error: string|null, wait: number|null}>} wait: milliseconds until it should be tried again
 */
export async function sync({ eager = false } = {}) {
  const told = { sent: 0, received: 0, parked: 0, error: /** @type {string|null} */ (null), wait: /** @type {number|null} */ (null) }
  const pause = await fact("pause")
  const left = (pause?.until ?? 0) - Date.now()
  // before it began? then the clock has been put back, and says nothing of how long this phone has rested
  if (Date.now() >= (pause?.from ?? 0) && left > 0 && left <= LONGEST_WAIT_MS * 12 && (!eager || pause.is_told)) return { ...told, error: "busy", wait: left }
  try {
    await navigator.locks.request("outbox", () => exchange(told, eager))
    await keepFact("last_success_at", new Date().toISOString())
    await keepFact("pause", null)
    told.wait = await heldFor()
  } catch (error) {
    if (!(error instanceof Stopped)) throw error
    told.error = error.why
    if (error.why === "busy") told.wait = await rest(error.wait, pause?.tries ?? 0)
  }
  await keepFact("last_error", told.error)
  announce()
  return told
}

/** Some entries got no answer; the server and its field pack are there. @param {any} error */
const isOfEntries = (error) => error instanceof Stopped && error.why === "busy" && error.wait === null && error.isOfEntries

/** @param {{sent: number, received: number, parked: number}} told @param {boolean} eager */
async function exchange(told, eager) {
  try {
    if (eager) await letAllGo()
    await endSession()
    const trouble = await sendOutbox(inTime, told, eager).catch((error) => error)
    if (trouble && !isOfEntries(trouble)) throw trouble
    await fetchPack() // whatever became of the delivery
    await report()
    if (trouble) throw trouble
  } catch (error) {
    const why = error instanceof Stopped && error.why
    if (why === "revoked") await forgetPerson()
    if (why === "revoked" || why === "signed_out") await deposit(told)
    if (why === "revoked") await forgetBoxes()
    throw error
  } finally {
    await tidy()
    await letGo()
    await sweep()
  }
}

/**
 * How long to rest after the server was busy: as long as it says, else by chance, longer each time, so that phones do
 * not come all at once.
 * @param {number|null} seconds @param {number} tries
 */
async function rest(seconds, tries) {
  const wait = seconds === null
    ? Math.random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** tries)
    : seconds * 1000 * (1 + Math.random() / 4)
  await keepFact("pause", { from: Date.now(), until: Date.now() + wait, tries: tries + 1, is_told: seconds !== null })
  return wait
}
