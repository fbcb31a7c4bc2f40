// @ts-check
// The same rules as volunteer_app/domain/, for a phone without a network; tests/test_shared_rules.py asks both sides by
// chance. Numbers and tables stand once, in Python (volunteer_app/phone_facts.py).

import {
  FINISHED_AT_SIGNAL, LEVEL, PIN_DIGITS, PREREQUISITES, QUIET_DAYS, RECHECK_DAYS, RETURN_AFTER,
  STUCK_WINDOWS, VIETNAM_MS, WAITS_FOR_ITS_DAY, WINDOWS,
} from "./shared.js"

export { LEVEL }

const DAY = 86_400_000

/** The day of a moment in Vietnam as a number of days. @param {number} moment milliseconds */
const dayNumber = (moment) => Math.floor((moment + VIETNAM_MS) / DAY)

/** @param {number} level */
export const isAlone = (level) => level >= LEVEL.ALONE_WATCHED

/**
 * What a run of a guide proves; null when it proves nothing.
 * @param {Record<string, string>} marks @param {string} teachBack @param {boolean} [isNeeded]
 */
export function levelOf(marks, teachBack, isNeeded = true) {
  const given = new Set(Object.values(marks))
  if (!given.size || given.has("stuck")) return null
  if (!isNeeded) return LEVEL.NOT_NEEDED
  if (given.has("did")) return LEVEL.DONE_FOR
  return teachBack === "alone" ? LEVEL.ALONE_WATCHED : LEVEL.WITH_HELP
}

/**
 * One member's level in one service. @param {{id: string, level: number, basis: string, observed_at: string}[]} observations
 */
export function currentLevel(observations) {
  let level = LEVEL.NOT_STARTED
  /** @type {number|null} */
  let aloneSince = null
  const inOrder = observations
    .map((o) => ({ ...o, at: Date.parse(o.observed_at) }))
    .sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
  for (const seen of inOrder) {
    if (seen.basis === "self_said") continue
    if (!isAlone(seen.level)) { level = seen.level; aloneSince = null }
    else if (aloneSince === null) { level = LEVEL.ALONE_WATCHED; aloneSince = seen.at }
    else if (dayNumber(seen.at) - dayNumber(aloneSince) >= RECHECK_DAYS) level = LEVEL.CONFIRMED_ALONE
  }
  return level
}

/** A household stands where its best member stands. @param {number[]} levels */
const householdLevel = (levels) => (levels.length ? Math.max(...levels) : LEVEL.NOT_STARTED)

/**
 * Each service's household level from all observations of one household.
 * @param {any[]} observations @returns {Record<string, number>}
 */
export function levelsByService(observations) {
  /** @type {Record<string, Record<string, any[]>>} */
  const seen = {}
  for (const o of observations) ((seen[o.service] ??= {})[o.member_id] ??= []).push(o)
  return Object.fromEntries(Object.entries(seen).map(([service, members]) =>
    [service, householdLevel(Object.values(members).map(currentLevel))]))
}

/** The core services among those that the server named. @param {any[]|undefined} services @returns {string[]} */
export const coreOf = (services) => (services ?? []).filter((s) => s.core).map((s) => s.slug)

/** @param {Record<string, number>} levels @param {string[]} core */
export function isIndependent(levels, core) {
  const needed = core.map((service) => levels[service] ?? LEVEL.NOT_STARTED).filter((l) => l !== LEVEL.NOT_NEEDED)
  return needed.length > 0 && needed.every(isAlone)
}

/** The day of a moment in Vietnam, YYYY-MM-DD. @param {string|number|Date} moment */
export const localDay = (moment) => new Date(new Date(moment).getTime() + VIETNAM_MS).toISOString().slice(0, 10)

/** 14:30, the clock of a moment in Vietnam. @param {string|number|Date} moment */
export const localClock = (moment) => new Date(new Date(moment).getTime() + VIETNAM_MS).toISOString().slice(11, 16)

/** Whole days from one day to another. @param {string} from @param {string} to */
export const daysBetween = (from, to) => Math.round((Date.parse(to) - Date.parse(from)) / DAY)

/**
 * Has nobody come for that long?
 * @param {string|null|undefined} last the day of the last visit @param {string} today
 */
export const isQuiet = (last, today) => !last || daysBetween(last, today) >= QUIET_DAYS

/** @param {string} day @param {number} days */
const later = (day, days) => new Date(Date.parse(day) + days * DAY).toISOString().slice(0, 10)

/** What was stuck on these is finished where there is signal, unless the family named a day. @param {any} followUp */
export const isFinishedAtSignal = (followUp) => FINISHED_AT_SIGNAL.includes(followUp.blocker) && followUp.due_from !== followUp.due_to

/** @param {string} reason @param {string} moment @param {string|null} [blocker] */
export function returnWindow(reason, moment, blocker) {
  const [first, last] = (reason === "stuck" && STUCK_WINDOWS[blocker ?? ""]) || WINDOWS[reason]
  return { reason, due_from: later(localDay(moment), first), due_to: later(localDay(moment), last) }
}

/** @param {string} outcome @param {string} recordedAt @param {string|null} returnOn */
export function afterVisit(outcome, recordedAt, returnOn) {
  const reason = RETURN_AFTER[outcome] ?? null
  if (returnOn) return { reason: reason ?? "later", due_from: returnOn, due_to: returnOn }
  return reason ? returnWindow(reason, recordedAt) : null
}

/**
 * @param {{isStuck: boolean, level: number|null, finishedAt: string, returnOn: string|null, blocker?: string|null, isCore?: boolean}} run
 */
export function afterWalkThrough({ isStuck, level, finishedAt, returnOn, blocker, isCore }) {
  if (isStuck && returnOn) return { reason: "stuck", due_from: returnOn, due_to: returnOn }
  if (isStuck) return returnWindow("stuck", finishedAt, blocker)
  if (level === LEVEL.ALONE_WATCHED) return returnWindow("recheck", finishedAt)
  const isHalfway = level === LEVEL.DONE_FOR || level === LEVEL.WITH_HELP
  return isCore && isHalfway ? returnWindow("practise", finishedAt) : null
}

/**
 * The return that a run leaves to do, as it is told and as it is kept. None for a recheck that has just confirmed "alone".
 * @param {any} run its body @param {string} recordedAt
 * @param {{seen: any[], isCore: boolean}} known what was seen of this person in this service before
 */
export function returnOfRun({ marks, teach_back, is_needed, stuck_step, blocker, return_on }, recordedAt, { seen, isCore }) {
  const level = levelOf(marks, teach_back, is_needed)
  const isStuck = Boolean(stuck_step)
  const now = { id: "~", level: level ?? 0, basis: "observed", observed_at: recordedAt }
  if (level === LEVEL.ALONE_WATCHED && currentLevel([...seen, now]) === LEVEL.CONFIRMED_ALONE) return null
  return afterWalkThrough({ isStuck, level, finishedAt: recordedAt, returnOn: return_on || null, blocker, isCore })
}

/** Is the return still to make, as far as this phone knows? @param {any} followUp */
export const isOpen = (followUp) => !followUp.settled_as

/**
 * The returns whose last day is over, those too that are finished where there is signal: one sum on the phone and at the desk.
 * @param {any[]} followUps @param {string} today
 */
export const overdue = (followUps, today) => followUps.filter((f) => isOpen(f) && f.due_to < today)

/** Does meeting the household settle the return? @param {any} followUp @param {string} metAt */
export function isClosedBy(followUp, metAt) {
  if (Date.parse(metAt) <= Date.parse(followUp.created_at)) return false
  return !WAITS_FOR_ITS_DAY.includes(followUp.reason) || localDay(metAt) >= followUp.due_from
}

/** What a guide needs of a member and is known to be missing. @param {any} member @param {number} levelNeeded */
export function gate(member, levelNeeded) {
  const isBelow = (/** @type {any} */ value) => typeof value === "number" && value < levelNeeded
  return PREREQUISITES.filter((key) => member[key] === false || isBelow(member[key]))
}

/** Is the PIN too easy to guess: 000000, 123456, 121212 and their like? @param {string} pin */
export function isWeakPin(pin) {
  if (!new RegExp(`^[0-9]{${PIN_DIGITS}}$`).test(pin)) return true
  const steps = new Set([...pin].slice(1).map((digit, i) => Number(digit) - Number(pin[i])))
  return (steps.size === 1 && Math.abs([...steps][0]) <= 1) || pin.slice(0, 3) === pin.slice(3) || new Set(pin).size < 3
}

/** A number as it is printed without decimals: half to the even one, as the server does. @param {number} number */
export function rounded(number) {
  const low = Math.floor(number)
  const rest = number - low
  return rest > 0.5 || (rest === 0.5 && low % 2) ? low + 1 : low
}

/**
 * In which class of a scale a printed number falls, the first being 1.
 * @param {number} number @param {number[]} starts
 */
export const classOf = (number, starts) => Math.max(1, starts.filter((start) => number >= start).length)
