// @ts-check
// What is recorded beside visits and guides: a note done, a rating, a return that needs no visit, a session for many,
// papers handed in.

import { newId, nowWithZone } from "../../service_worker/outbox.js"
import { fact, get, keepDraft, keepFact, known } from "../../service_worker/store.js"
import { keep } from "./records.js"
import { returnWindow } from "../../service_worker/rules.js"

/** What a leader's note asked for is done. @param {string} household_id @param {string} note_id */
export async function markNoteDone(household_id, note_id) {
  const household = await known("households", household_id)
  const done_at = nowWithZone()
  const id = newId()
  const notes = (household.notes ?? []).map((n) => (n.id === note_id ? { ...n, done_at } : n))
  await keep({ id, kind: "note_done", body: { household_id, note_id }, rows: { households: [{ ...household, notes }] }, dependsOn: [household_id] })
  return id
}

/** What came of a visit that a citizen asked for: name and telephone leave this phone at once. @param {string} request_id @param {"done"|"declined"} status */
export async function answerRequest(request_id, status) {
  await keep({ kind: "request_answered", body: { request_id, status } })
  const others = ((await fact("visit_requests")) ?? []).filter((/** @type {any} */ one) => one.id !== request_id)
  await keepFact("visit_requests", others)
}

/**
 * How the family found a visit: 1 sad, 2 so-so, 3 glad.
 * @param {string} household_id @param {string} visit_id @param {number} smiley
 */
export async function rateVisit(household_id, visit_id, smiley) {
  const id = newId()
  await keep({ id, kind: "rating", body: { household_id, visit_id, smiley }, rows: {}, dependsOn: [visit_id] })
  await keepDraft(`rated:${visit_id}`, { smiley })
  return id
}

/**
 * A return that needs no visit: done otherwise, or cancelled with a reason.
 * @param {any} followUp @param {string} settled_as @param {string} why
 */
export async function settleReturn(followUp, settled_as, why) {
  const body = { household_id: followUp.household_id, follow_up_id: followUp.id, settled_as, why: why.trim() }
  await keep({ kind: "follow_up_settled", body, rows: { follow_ups: [{ ...followUp, settled_as }] }, dependsOn: [followUp.household_id] })
}

/**
 * A session for many: one operation; what was seen of each who was tapped follows from it.
 * @param {{hamlet_id: string, place: string, service: string, note: string, others: number, ticked: {household_id: string, member_id: string, level: number}[], draft: string}} said `others`: how many more came; `draft` is dropped with the save
 */
export async function keepSession({ others, draft, ticked, ...said }) {
  const id = newId()
  const seen = ticked.map((one) => ({ id: newId(), ...one }))
  const body = { ...said, note: said.note.trim(), people_count: ticked.length + others, ticked: seen }
  const observed_at = nowWithZone()
  const observations = seen.map((one) => ({ ...one, service: said.service, basis: "observed", observed_at }))
  await keep({ id, kind: "outreach_session", body, rows: { observations }, dropDraft: draft })
  return { id }
}

/**
 * Papers were handed in: somebody returns when their result is due.
 * @param {{household_id: string, member_id: string, service: string, result_on: string}} said
 * @param {string} draft dropped with the save
 */
export async function keepDossier(said, draft) {
  const id = newId()
  const recorded_at = nowWithZone()
  const { household_id, service } = said
  const household = await get("households", household_id)
  const dossier = { id, ...said, recorded_at, result: null, result_at: null }
  const due = { id, household_id, ...returnWindow("dossier", said.result_on), service, blocker: null, created_at: recorded_at }
  const rows = { households: [{ ...household, dossiers: [dossier, ...(household?.dossiers ?? [])] }], follow_ups: [due] }
  await keep({ id, kind: "dossier", body: said, rows, dependsOn: [household_id, said.member_id], dropDraft: draft })
}

/**
 * What came of papers. It settles their return; papers to add bring a new one.
 * @param {string} household_id @param {string} dossier_id @param {string} result
 */
export async function keepResult(household_id, dossier_id, result) {
  const id = newId()
  const recorded_at = nowWithZone()
  const [household, due] = await Promise.all([get("households", household_id), get("follow_ups", dossier_id)])
  const dossiers = (household?.dossiers ?? []).map((one) => (one.id === dossier_id ? { ...one, result, result_at: recorded_at } : one))
  const next = result === "more_needed" ? returnWindow("stuck", recorded_at, "papers_missing") : null
  const follow_ups = [
    ...(due ? [{ ...due, settled_as: "done" }] : []),
    ...(next ? [{ id, household_id, ...next, service: null, blocker: "papers_missing", created_at: recorded_at }] : []),
  ]
  const body = { household_id, dossier_id, result }
  await keep({ id, kind: "dossier_result", body, rows: { households: [{ ...household, dossiers }], follow_ups }, dependsOn: [household_id, dossier_id] })
  return next
}
