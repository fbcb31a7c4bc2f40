// @ts-check
// What is kept of a family only with its consent: names, what the members have, every free text about them. Which fields
// those are stands once, in Python (volunteer_app/domain/operations/personal.py); limits.js brings them here.

import { PERSONAL } from "./limits.js"
import { squeezed } from "./names.js"
import { closed } from "./outbox.js"
import { PREREQUISITES } from "./shared.js"
import { answer, OF_HOUSEHOLDS, transaction } from "./store.js"

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

/** Ids, days, numbers, words of a program: what was tapped, never what was typed. */
const TAPPED = /^([a-z0-9_-]{1,40}|[0-9T:.Z+-]{1,35})$/

/** Fields without what they say of persons; a return's reason is a word of ours. @param {any} fields @returns {Record<string, any>} */
const plainFields = (fields) => Object.fromEntries(Object.entries(fields).map(([field, said]) => {
  const stays = !OF_ROWS.has(field) || !saysSomething(said) || (field === "reason" && TAPPED.test(said))
  return [field, stays ? said : PREREQUISITES.includes(field) ? null : ""]
}))

/** A row of the phone without what it says of persons; a member becomes "person 2" of the house. @param {any} row @param {string} [shown] */
export const plainRow = (row, shown = "") => ({ ...plainFields(row), ...("label" in row && { label: shown }) })

/** A household without what it says of persons. @param {any} home */
const plainHome = (home) => ({
  ...plainRow(home), notes: [], search: squeezed(home.code),
  clashes: (home.clashes ?? []).filter((/** @type {any} */ { field }) => !OF_ROWS.has(field)),
})

/** What was begun and not kept, without what somebody typed. @param {any} begun @returns {any} */
function plainDraft(begun) {
  if (typeof begun === "string") return TAPPED.test(begun) ? begun : ""
  if (begun === null || typeof begun !== "object") return begun
  if (Array.isArray(begun)) return begun.map(plainDraft)
  return Object.fromEntries(Object.entries(plainFields(begun)).map(([field, said]) => [field, plainDraft(said)]))
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
  transaction([...OF_HOUSEHOLDS, "households", "outbox", "drafts", "facts"], "readwrite", (s) => forgetIn(s, household_id))

/** @param {Record<string, any>} s stores of a transaction @param {string} household_id */
export async function forgetIn(s, household_id) {
  const home = await answer(s.households.get(household_id))
  if (home) s.households.put(plainHome(home))
  const ids = [household_id]
  for (const name of OF_HOUSEHOLDS) {
    const rows = await answer(s[name].index("household_id").getAll(household_id))
    ids.push(...rows.map((/** @type {any} */ row) => row.id))
    for (const row of rows) s[name].put(plainRow(row, name === "members" ? await nameless(s.facts, rows, row.id) : ""))
  }
  const isTheirs = (/** @type {any} */ said) => { const text = JSON.stringify(said); return ids.some((id) => text.includes(id)) }
  const waiting = await answer(s.outbox.getAll())
  ids.push(...waiting.filter((/** @type {any} */ { id, body, about }) => isTheirs([id, body, about])).map((/** @type {any} */ { id }) => id)) // a correction's form names its entry only
  for (const key of await answer(s.drafts.getAllKeys())) {
    const begun = await answer(s.drafts.get(key))
    if (!isTheirs([key, begun])) continue
    s.drafts.put(key === "unfinished" ? { ...begun, name: home?.code ?? "" } : plainDraft(begun), key)
  }
  for (const item of waiting) {
    if (!item.body || !isTheirs([item.id, item.body]) || !saysMore(item)) continue
    s.outbox.put(item.sealed ? { ...closed(item), kind: item.kind, about: household_id } : { ...item, body: withoutPersonal(item.kind, item.body) })
  }
}

/** Does what waits say anything of persons? @param {any} item */
const saysMore = ({ kind, body }) => personalIn(kind, body).length > 0 || personalIn(kind, body.base ?? {}).length > 0

/**
 * Of these families, those of whom something is begun or waits here; else there is nothing to forget that a pack does not replace.
 * @param {Record<string, any>} s stores of a transaction @param {string[]} households @returns {Promise<string[]>}
 */
export async function withSomethingHere(s, households) {
  if (!households.length) return []
  const [keys, begun, items] = await Promise.all([answer(s.drafts.getAllKeys()), answer(s.drafts.getAll()), answer(s.outbox.getAll())])
  const said = JSON.stringify([keys, begun, items.map((/** @type {any} */ { id, body, about }) => [id, body, about])])
  const of = async (/** @type {string} */ id) => [id, ...(await answer(s.members.index("household_id").getAllKeys(id)))]
  const found = []
  for (const id of households) if ((await of(id)).some((one) => said.includes(one))) found.push(id)
  return found
}
