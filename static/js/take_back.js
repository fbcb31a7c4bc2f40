// @ts-check
// A wrong tap taken back: one more operation, so that both are kept. On the phone things are as they were.

import { by, draft, dropDraft, get, known } from "../../service_worker/store.js"
import { keep } from "./records.js"

/** @typedef {Record<string, any>} Row */

/**
 * @param {string} household_id @param {string} record_id what was tapped by mistake
 * @param {{rows?: Record<string, Row[]>, removed?: Record<string, string[]>}} [how] what changes on the phone
 */
const takeBack = (household_id, record_id, how = {}) =>
  keep({ kind: "taken_back", body: { household_id, record_id }, ...how, dependsOn: [household_id, record_id] })

/** An outcome: the house is as it was before, the return that it left is gone, those it settled are open. @param {Row} visit */
export async function takeBackVisit({ id, household_id, outcome }) {
  const [household, visits, followUps, began, today] = await Promise.all([
    known("households", household_id), by("visits", "household_id", household_id),
    by("follow_ups", "household_id", household_id), draft(`due:${household_id}`), draft(`visit:${household_id}:met`),
  ])
  const others = visits.filter((v) => v.id !== id).sort((a, b) => Date.parse(b.recorded_at) - Date.parse(a.recorded_at))
  const row = {
    ...household,
    last_visit_at: others[0]?.recorded_at ?? null,
    last_outcome: others[0]?.outcome ?? null,
    is_met: others.some((v) => v.outcome === "met") || Boolean(household.is_met && outcome !== "met"),
  }
  const settled = outcome === "met" ? followUps.filter((f) => f.settled_as === "met") : []
  const open = (began?.open ?? []).filter((/** @type {Row} */ f) => settled.some(({ id }) => id === f.id))
  await takeBack(household_id, id, { rows: { households: [row], follow_ups: open }, removed: { visits: [id], follow_ups: [id] } })
  if (today?.visit_id === id) await dropDraft(`visit:${household_id}:met`)
}

/** A smiley: the family may tap again. @param {string} household_id @param {string} visit_id @param {string} rating_id */
export async function takeBackRating(household_id, visit_id, rating_id) {
  await takeBack(household_id, rating_id)
  await dropDraft(`rated:${visit_id}`)
}

/** A leader's note that is not done after all. @param {string} household_id @param {string} note_id @param {string} done_id */
export async function takeBackNote(household_id, note_id, done_id) {
  const household = await get("households", household_id)
  const notes = (household?.notes ?? []).map((/** @type {Row} */ n) => (n.id === note_id ? { ...n, done_at: null } : n))
  await takeBack(household_id, done_id, { rows: { households: [{ ...household, notes }] } })
}
