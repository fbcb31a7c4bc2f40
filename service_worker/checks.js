// @ts-check
// What the server would refuse is said at the field, before anything is kept. Bounds come from Python (limits.js); what is
// more than a bound stands here, and both sides are asked about every field of every kind (tests/test_limits.py).

import { hasIdNumber } from "./free_text.js"
import { LIMITS } from "./limits.js"
import { daysBetween, localDay } from "./rules.js"
import { HIGHEST_OF_SESSIONS, LONGEST_RETURN_DAYS, LONGEST_WAIT_DAYS } from "./shared.js"

/** @import { Limit } from "./types.js" */
/** @typedef {{field: string, code: string, min?: number, max?: number}} Fault what is wrong with a field, and its bounds */

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const isControl = (/** @type {string} */ c) => c < " " && c !== "\n" && c !== "\t"
/** Texts that nobody types. */
const MADE = ["code"]

/**
 * Everything the server would refuse in a body; none: it can be sent.
 * @param {string} kind @param {Record<string, any>} body @param {string|number} recordedAt
 * @returns {Fault[]}
 */
export function faultsOf(kind, body, recordedAt) {
  const limits = LIMITS[kind]
  if (!limits) return [{ field: "", code: "unknown" }]
  const found = inFields(limits, body, true)
  const isReadable = found.every(({ code }) => code === "missing") // else the rules have nothing to go by
  return isReadable ? [...found, ...(RULES[kind]?.(body, localDay(recordedAt)) ?? [])] : found
}

/** @param {Record<string, Limit>} limits @param {Record<string, any>} body @param {boolean} isNew what is only remembered may say anything within its bounds @returns {Fault[]} */
function inFields(limits, body, isNew) {
  const strange = Object.keys(body).filter((field) => !limits[field]).map((field) => ({ field, code: "unknown" }))
  return [...strange, ...Object.entries(limits).flatMap(([field, limit]) => {
    if (body[field] === undefined) return limit.must ? [{ field, code: "missing" }] : []
    return inValue(limit, body[field], field, isNew)
  })]
}

/** @param {Limit} limit @param {any} value @param {string} field @param {boolean} isNew @returns {Fault[]} */
function inValue(limit, value, field, isNew) {
  const fault = (/** @type {string} */ code) => [{ field, code, min: limit.min, max: limit.max }]
  const each = (/** @type {any[]} */ values, /** @type {Limit|undefined} */ of) =>
    of ? values.flatMap((one) => inValue(of, one, field, isNew)) : []
  if (value === null) return limit.null ? [] : fault("missing")
  if (limit.type === "text") return inText(limit, value, field, isNew)
  if (limit.type === "number") return inNumber(limit, value, fault)
  if (limit.type === "choice") return limit.of?.includes(value) ? [] : fault("choice")
  if (limit.type === "yes_no") return typeof value === "boolean" ? [] : fault("choice")
  if (limit.type === "id") return UUID.test(value) ? [] : fault("choice")
  if (limit.type === "day") return isDay(value) ? [] : fault("day")
  if (limit.type === "fields") return inFields(limit.fields ?? {}, value, isNew && field !== "base")
  const values = Object.values(value)
  const keys = limit.type === "map" ? each(Object.keys(value), limit.keys) : []
  return [...(values.length > (limit.max ?? Infinity) ? fault("many") : []), ...keys, ...each(values, limit.each)]
}

/** @param {Limit} limit @param {any} value @param {string} field @param {boolean} isNew @returns {Fault[]} */
function inText({ min, max, pattern }, value, field, isNew) {
  const fault = (/** @type {string} */ code) => [{ field, code, min, max }]
  if (typeof value !== "string") return fault("choice")
  const length = [...value].length // as Python counts: a picture of two halves is one
  if (length < (min ?? 0)) return fault("missing")
  if (length > (max ?? Infinity)) return fault("long")
  if (pattern && !new RegExp(pattern).test(value)) return fault("choice")
  if ([...value].some(isControl)) return fault("control")
  return isNew && !pattern && !MADE.includes(field) && hasIdNumber(value) ? fault("id_number") : []
}

/** @param {Limit} limit @param {any} value @param {(code: string) => Fault[]} fault */
function inNumber({ min, max }, value, fault) {
  const isGood = Number.isInteger(value) && value >= (min ?? -Infinity) && value <= (max ?? Infinity)
  return isGood ? [] : fault("number")
}

/** @param {any} value YYYY-MM-DD */
function isDay(value) {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(value) ? Date.parse(value) : Number.NaN
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(value)
}

/** A day to come: not before `today`, not later than `most` days from it. @param {string} field @param {any} day @param {string} today @param {number} most @returns {Fault[]} */
function ahead(field, day, today, most) {
  if (!isDay(day)) return []
  const days = daysBetween(today, day)
  return days < 0 ? [{ field, code: "early" }] : days > most ? [{ field, code: "late" }] : []
}

/** @type {Record<string, (body: Record<string, any>, today: string) => Fault[]>} */
const RULES = {
  household: ({ label, consent }) => (label && consent !== "given" ? [{ field: "label", code: "consent" }] : []),
  household_change: ({ label, consent }) => (label && consent && consent !== "given" ? [{ field: "label", code: "consent" }] : []),
  visit: ({ return_on }, today) => ahead("return_on", return_on, today, LONGEST_RETURN_DAYS),
  walk_through({ marks, blocker, return_on }, today) {
    const given = Object.values(marks ?? {})
    return [
      ...(given.length ? [] : [{ field: "marks", code: "missing" }]),
      ...(given.includes("stuck") && !blocker ? [{ field: "blocker", code: "missing" }] : []),
      ...ahead("return_on", return_on, today, LONGEST_RETURN_DAYS),
    ]
  },
  observation: ({ basis, reason }) =>
    (basis === "self_said" || reason?.trim() ? [] : [{ field: "reason", code: "missing" }]),
  follow_up_settled: ({ settled_as, why }) =>
    (settled_as === "cancelled" && !why?.trim() ? [{ field: "why", code: "missing" }] : []),
  dossier: ({ result_on }, today) => ahead("result_on", result_on, today, LONGEST_WAIT_DAYS),
  outreach_session: ({ people_count, ticked }) => [
    ...(people_count < (ticked?.length ?? 0) ? [{ field: "people_count", code: "number", min: ticked.length }] : []),
    ...(ticked?.some((/** @type {any} */ one) => one.level > HIGHEST_OF_SESSIONS) ? [{ field: "ticked", code: "choice" }] : []),
  ],
}

/** Texts without half a picture in them, however deep: a server's JSON has no place for one. @template T @param {T} value @returns {T} */
export function wellFormed(value) {
  if (typeof value === "string") return /** @type {any} */ (value.replace(LONE, "\ufffd"))
  if (Array.isArray(value)) return /** @type {any} */ (value.map(wellFormed))
  if (value === null || typeof value !== "object") return value
  return /** @type {any} */ (Object.fromEntries(Object.entries(value).map(([name, one]) => [name, wellFormed(one)])))
}

const LONE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g
