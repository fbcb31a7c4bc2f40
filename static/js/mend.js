// @ts-check
// An entry that was set aside for a fault of one field is said anew without it, on the phone that made it.

import { faultsOf } from "../../service_worker/checks.js"
import { now } from "../../service_worker/clock.js"
import { LIMITS } from "../../service_worker/limits.js"
import { squeezed } from "../../service_worker/names.js"
import { localClock, localDay } from "../../service_worker/rules.js"
import { WAYS_ON, WRITTEN } from "../../service_worker/shared.js"
import { get } from "../../service_worker/store.js"
import { copy, fill, find, say, show } from "./screen.js"

/** @typedef {Record<string, any>} Row */

/** Nothing was recorded before. */
const FIRST_MS = Date.UTC(2020, 0, 1)

/**
 * The fields at fault: the one that the server names, and what this phone sees itself. None: it is no matter of fields that
 * somebody wrote. @param {Row} item @returns {string[]}
 */
export function faultsIn({ kind, body, recorded_at, reason }) {
  if (!body || !LIMITS[kind]) return []
  const seen = faultsOf(kind, body, recorded_at).map(({ field }) => field)
  const isOfFields = reason?.field || ["anew", undefined].includes(WAYS_ON[reason?.code ?? ""])
  const fields = isOfFields ? [...new Set([...(reason?.field ? [reason.field] : []), ...seen])] : []
  return fields.every((field) => WRITTEN.includes(field)) ? fields : []
}

/** The stores whose row is the record, and where its id stands. @type {Record<string, [any, string?]>} */
const ROWS = {
  household: ["households"], household_change: ["households", "household_id"], member: ["members"], member_change: ["members", "member_id"],
  visit: ["visits"], walk_through: ["walk_throughs"],
}

/** The record as this phone shows it, put right. @param {Row} item @param {Row} said @returns {Promise<Record<string, Row[]>>} */
async function rowsOf({ kind, id, mends, body }, said) {
  const [store, key] = ROWS[kind] ?? []
  const row = store && (await get(store, key ? body[key] : mends ?? id))
  if (!store || !row) return {}
  const search = "search" in row && "label" in said ? { search: squeezed(`${said.label} ${row.code}`) } : {}
  return { [store]: [{ ...row, ...said, ...search }] }
}

/**
 * The correction, durable on this phone; both are kept.
 * @param {Row} item @param {Row} said what its fields say now
 */
export async function mend(item, said) {
  const { keep } = await import("./records.js")
  const { recorded_at: at, ...fields } = said
  await keep({
    kind: item.kind, body: { ...item.body, ...fields }, rows: await rowsOf(item, fields), dependsOn: item.depends_on,
    instead: item, ...(at && { recordedAt: at }), dropDraft: `mend:${item.id}`,
  })
}

/** How a field is asked. @param {string} kind @param {string} field */
function typeOf(kind, field) {
  if (field === "recorded_at") return "datetime-local"
  return { number: "number", day: "date", choice: "select" }[/** @type {string} */ (LIMITS[kind][field].type)] ?? "text"
}

/** @param {Row} item @param {string} field */
function asked(item, field) {
  const type = typeOf(item.kind, field)
  const box = copy(`mend-${type}`)
  const input = find("input, textarea, select", box)
  input.id = input.name = `mend-${field}`
  find("label", box).htmlFor = input.id
  find("label", box).textContent = say(`field.${field}`)
  const { min, max } = LIMITS[item.kind][field] ?? {}
  if (type === "number") Object.assign(input, { min, max, step: 1, inputMode: "numeric" })
  if (type === "text") input.maxLength = max
  const day = localDay(item.recorded_at)
  const said = field === "recorded_at" ? `${day}T${localClock(item.recorded_at)}` : item.body[field]
  if (type !== "select") input.defaultValue = said ?? ""
  else for (const option of input.options) option.defaultSelected = option.value === said
  return box
}

/** @param {Row} item @param {Record<string, string|undefined>} words */
export async function drawMending(item, words) {
  const form = find("form[data-when=mend]")
  if (form.dataset.of === item.id) return show("mend")
  form.dataset.of = item.id
  const fields = faultsIn(item)
  fill(form, { ...words, why: item.reason?.text || say("reason.refused"), not_saved: "" })
  find("[data-fields]", form).replaceChildren(...fields.map((field) => asked(item, field)))
  const { once, tell, tellNotSaved, valueOf } = await import("./problems.js")
  const { restoreDraft } = await import("./form_draft.js")
  show("mend")
  await restoreDraft(form, `mend:${item.id}`)
  const inputs = Object.fromEntries(fields.map((field) => [field, find(`#mend-${field}`, form)]))
  tell(faultsOf(item.kind, item.body, item.recorded_at), inputs)
  form.onsubmit = (/** @type {Event} */ event) => {
    event.preventDefault()
    return once(form, async () => {
      const said = Object.fromEntries(fields.map((field) => [field, valueOf(inputs[field])]))
      if (said.recorded_at !== undefined) {
        const at = Date.parse(`${said.recorded_at}+07:00`)
        if (!(at > FIRST_MS && at <= now())) return !tell([{ field: "recorded_at", code: "moment" }], inputs)
        said.recorded_at = new Date(at).toISOString()
      }
      try {
        await mend(item, said)
      } catch (error) {
        tellNotSaved(form, error, inputs)
        return false
      }
      delete form.dataset.of
      location.hash = ""
      return true
    })
  }
}
