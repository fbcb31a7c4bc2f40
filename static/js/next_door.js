// @ts-check
// Which door comes next: the most overdue return, else what is due, else the nearest house where nobody was met yet.

import { localDay } from "../../service_worker/rules.js"
import { all, fact, keepFact } from "../../service_worker/store.js"
import { dayPlan, dueNow } from "./day_plan.js"
import { today } from "./screen.js"

/** @typedef {Record<string, any>} Row */

/** In the order of hamlets and houses. @param {Row[]} households @param {Row[]} hamlets */
export function inOrder(households, hamlets) {
  const position = new Map(hamlets.map((h) => [h.id, h.position]))
  return households.sort((a, b) => (position.get(a.hamlet_id) ?? 0) - (position.get(b.hamlet_id) ?? 0) || (a.code < b.code ? -1 : 1))
}

/** What was put off today, in the order in which it was. */
async function putOff() {
  const before = await fact("put_off")
  return before?.day === today() ? before.ids : []
}

/** @param {string} id of a door or of something begun */
export const wasPutOff = async (id) => (await putOff()).includes(id)

/** Not now: this door comes again when the others are done. @param {string} id */
export const putOffDoor = async (id) =>
  keepFact("put_off", { day: today(), ids: [...(await putOff()).filter((/** @type {string} */ one) => one !== id), id] })

/**
 * The doors of today, the next one first. Where somebody was today already comes no more, what was put off comes last.
 * @param {{hamlets: Row[], households: Row[], followUps: Row[]}} known @param {string} [here] the door in front of which one stands
 * @returns {Promise<{household: Row, due: Row|undefined}[]>}
 */
export async function nextDoors({ hamlets, households, followUps }, here) {
  const off = await putOff()
  const inPlace = inOrder(households, hamlets)
  const at = inPlace.findIndex(({ id }) => id === here)
  const ahead = new Map(inPlace.map(({ id }, i) => [id, i > at ? 0 : 1]))
  const due = dueNow(followUps, today())
  const left = dayPlan(inPlace, followUps, today())
    .filter(({ id, last_visit_at }) => id !== here && !(last_visit_at && localDay(last_visit_at) === today()))
  const rank = (/** @type {Row} */ h) => (off.includes(h.id) ? 3 + off.indexOf(h.id) : due.has(h.id) ? 0 : 1 + (ahead.get(h.id) ?? 0))
  return left.sort((a, b) => rank(a) - rank(b)).map((household) => ({ household, due: due.get(household.id) }))
}

/** The one after this. @param {string} here @returns {Promise<Row|undefined>} a household */
export async function doorAfter(here) {
  const [hamlets, households, followUps] = await Promise.all([all("hamlets"), all("households"), all("follow_ups")])
  return (await nextDoors({ hamlets, households, followUps }, here))[0]?.household
}
