// @ts-check
// The way of a day, without a network.

import { isFinishedAtSignal, isOpen } from "../../service_worker/rules.js"
import { CLOSING_OUTCOMES } from "../../service_worker/shared.js"

/**
 * The return to make first at each door, of those that are due; what is finished at signal needs no visit.
 * @param {any[]} followUps @param {string} today @returns {Map<string, any>} household → follow-up
 */
export function dueNow(followUps, today) {
  const due = new Map()
  for (const f of followUps) {
    if (!isOpen(f) || f.due_from > today || isFinishedAtSignal(f)) continue
    if (!due.has(f.household_id) || f.due_to < due.get(f.household_id).due_to) due.set(f.household_id, f)
  }
  return due
}

/**
 * Where to go today, door by door: first what is overdue (the longest first), then what is due, then doors where nobody
 * was met yet; each in the order of hamlets and houses.
 * @param {any[]} households in the order of hamlets and houses @param {any[]} followUps @param {string} today
 */
export function dayPlan(households, followUps, today) {
  const due = dueNow(followUps, today)
  const later = new Set(followUps.filter((f) => isOpen(f) && f.due_from > today).map((f) => f.household_id))
  const rank = (/** @type {any} */ h) => {
    const last = due.get(h.id)?.due_to
    if (last !== undefined) return last < today ? last : "a"
    return !h.is_met && !later.has(h.id) && !CLOSING_OUTCOMES.includes(h.last_outcome) ? "b" : ""
  }
  return households.map((h) => ({ h, rank: rank(h) })).filter(({ rank }) => rank)
    .sort((a, b) => (a.rank === b.rank ? 0 : a.rank < b.rank ? -1 : 1)).map(({ h }) => h)
}
