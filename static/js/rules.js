// @ts-check
// The same rules as volunteer_app/domain/, for a phone without a network. tests/golden/ holds examples both must pass.

const DAY = 86_400_000
const RECHECK_DAYS = 14
const VIETNAM = 7 * 3_600_000

export const LEVEL = { NOT_NEEDED: -1, NOT_STARTED: 0, DONE_FOR: 1, WITH_HELP: 2, ALONE_WATCHED: 3, CONFIRMED_ALONE: 4 }

/** The day of a moment in Vietnam as a number of days. @param {number} moment milliseconds */
const dayNumber = (moment) => Math.floor((moment + VIETNAM) / DAY)

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
export const localDay = (moment) => new Date(new Date(moment).getTime() + VIETNAM).toISOString().slice(0, 10)

/** @param {string} day @param {number} days */
const later = (day, days) => new Date(Date.parse(day) + days * DAY).toISOString().slice(0, 10)

/** First and last day to return, counted from what happened. @type {Record<string, [number, number]>} */
const WINDOWS = {
  nobody_home: [1, 7], away_working: [14, 45], later: [1, 7], stuck: [3, 10], recheck: [14, 28], practise: [7, 21], dossier: [0, 7],
}

/** What stood in the way, and when it can be out of the way. @type {Record<string, [number, number]>} */
const STUCK_WINDOWS = {
  system_down: [1, 3], no_signal: [1, 5], account_locked: [1, 5], cannot_read: [1, 7], level_2_not_issued: [5, 14],
  sim_not_own: [7, 21], data_mismatch: [7, 21], no_bank_account: [7, 21], no_chip_card: [10, 30], no_smartphone: [14, 45],
}

/** What was stuck on these is finished where there is signal, unless the family named a day. @param {any} followUp */
export const isFinishedAtSignal = (followUp) => ["no_signal", "system_down"].includes(followUp.blocker) && followUp.due_from !== followUp.due_to

/** @param {string} reason @param {string} moment @param {string|null} [blocker] */
export function returnWindow(reason, moment, blocker) {
  const [first, last] = (reason === "stuck" && STUCK_WINDOWS[blocker ?? ""]) || WINDOWS[reason]
  return { reason, due_from: later(localDay(moment), first), due_to: later(localDay(moment), last) }
}

/** @param {string} outcome @param {string} recordedAt @param {string|null} returnOn */
export function afterVisit(outcome, recordedAt, returnOn) {
  const reason = ["nobody_home", "away_working", "later"].includes(outcome) ? outcome : null
  if (returnOn) return { reason: reason ?? "later", due_from: returnOn, due_to: returnOn }
  return reason ? returnWindow(reason, recordedAt) : null
}

/** @param {{isStuck: boolean, level: number|null, finishedAt: string, returnOn: string|null, blocker?: string|null, isCore?: boolean}} run */
export function afterWalkThrough({ isStuck, level, finishedAt, returnOn, blocker, isCore }) {
  if (isStuck && returnOn) return { reason: "stuck", due_from: returnOn, due_to: returnOn }
  if (isStuck) return returnWindow("stuck", finishedAt, blocker)
  if (level === LEVEL.ALONE_WATCHED) return returnWindow("recheck", finishedAt)
  const isHalfway = level === LEVEL.DONE_FOR || level === LEVEL.WITH_HELP
  return isCore && isHalfway ? returnWindow("practise", finishedAt) : null
}

/** Is the return still to make, as far as this phone knows? @param {any} followUp */
export const isOpen = (followUp) => !followUp.settled_as

/** Does meeting the household settle the return? @param {any} followUp @param {string} metAt */
export function isClosedBy(followUp, metAt) {
  if (Date.parse(metAt) <= Date.parse(followUp.created_at)) return false
  return !["recheck", "dossier"].includes(followUp.reason) || localDay(metAt) >= followUp.due_from
}

/** What a guide needs of a member and is known to be missing. @param {any} member @param {number} levelNeeded */
export function gate(member, levelNeeded) {
  const missing = ["own_phone", "own_sim", "chip_card", "signal_at_home"].filter((key) => member[key] === false)
  if (member.vneid_level !== null && member.vneid_level !== undefined && member.vneid_level < levelNeeded) {
    missing.push("vneid_level")
  }
  return missing
}
