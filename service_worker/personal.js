// @ts-check
// What is kept of a family only with its consent: names, what the members have, every free text about them. Which fields
// those are stands once, in Python (volunteer_app/domain/operations/personal.py); limits.js brings them here.

import { PERSONAL } from "./limits.js"
import { closed } from "./outbox.js"
import { PREREQUISITES } from "./shared.js"
import { answer, transaction } from "./store.js"

/** Stores of rows that hang on a household. */
const ABOUT = ["members", "visits", "walk_throughs", "observations"]

/** Fields of rows that say something of persons. */
const OF_ROWS = new Set(Object.values(PERSONAL).flatMap((fields) => Object.keys(fields)))

/** @param {any} said */
const saysSomething = (said) => (typeof said === "string" ? Boolean(said.trim()) : said !== null && said !== undefined)

/**
 * The fields of a body that are kept only with consent and say something.
 * @param {string} kind @param {Record<string, any>} body
 */
export const personalIn = (kind, body) => Object.keys(PERSONAL[kind] ?? {}).filter((field) => saysSomething(body[field]))

/**
 * A body without them. @param {string} kind @param {Record<string, any>} body
 * @returns {Record<string, any>}
 */
export function withoutPersonal(kind, body) {
  const isChange = kind.endsWith("_change")
  const kept = { ...body }
  for (const field of personalIn(kind, body)) {
    if (isChange) delete kept[field]
    else kept[field] = PERSONAL[kind][field]
  }
  if (kept.base) kept.base = Object.fromEntries(Object.entries(kept.base).filter(([field]) => !(field in PERSONAL[kind])))
  return kept
}

/** A row of the phone without what it says of persons; a member becomes "person 2" of the house. @param {any} row @param {string} [shown] */
export function plainRow(row, shown = "") {
  const plain = Object.fromEntries(Object.entries(row).map(([field, said]) =>
    [field, OF_ROWS.has(field) && saysSomething(said) ? (PREREQUISITES.includes(field) ? null : "") : said]))
  return "label" in row ? { ...plain, label: shown } : plain
}

/** What a nameless person is called: their place in the house. @param {any} facts @param {any[]} members @param {string} id */
async function nameless(facts, members, id) {
  const ids = [...new Set([...members.map((one) => one.id), id])].sort()
  return ((await answer(facts.get("nobody"))) ?? "{number}").replace("{number}", String(ids.indexOf(id) + 1))
}

/** @param {string} household_id @param {string} id a member who is not kept yet */
export const nameOfNobody = (household_id, id) => transaction(["members", "facts"], "readonly", async (s) =>
  nameless(s.facts, await answer(s.members.index("household_id").getAll(household_id)), id))

/**
 * The family has said no: everything personal leaves this phone at once. What is still to be sent goes on as its sealed copy,
 * which nobody can read here.
 * @param {string} household_id
 */
export const forgetPersonal = (household_id) =>
  transaction([...ABOUT, "households", "outbox", "drafts", "facts"], "readwrite", (s) => forgetIn(s, household_id))

/** @param {Record<string, any>} s stores of a transaction @param {string} household_id */
export async function forgetIn(s, household_id) {
  const home = await answer(s.households.get(household_id))
  if (home) s.households.put({ ...home, label: "", notes: [], search: home.code.toLowerCase() })
  for (const name of ABOUT) {
    const rows = await answer(s[name].index("household_id").getAll(household_id))
    for (const row of rows) s[name].put(plainRow(row, name === "members" ? await nameless(s.facts, rows, row.id) : ""))
  }
  for (const key of await answer(s.drafts.getAllKeys())) {
    if (key.startsWith(`visit:${household_id}`) && !key.endsWith(":met")) s.drafts.delete(key)
  }
  for (const item of await answer(s.outbox.getAll())) {
    const isTheirs = item.body && (item.body.household_id === household_id || item.id === household_id)
    if (isTheirs && item.sealed && personalIn(item.kind, item.body).length) {
      s.outbox.put({ ...closed(item), kind: item.kind, about: household_id })
    }
  }
}
