// @ts-check
// A form says at the field what the server would refuse there, and a second quick tap never records twice.

import { faultsOf } from "../../service_worker/checks.js"
import { nowWithZone } from "../../service_worker/outbox.js"
import { fill, say } from "./screen.js"

/** @typedef {import("../../service_worker/checks.js").Fault} Fault */
/** @typedef {Record<string, any>} Fields a body's field → the input in which somebody fills it in */

const CALM_MS = 1000
const TAP_MS = 250
const busy = new Set()

export { faultsOf, nowWithZone as now }

/**
 * Do what a control asks for, once: taps while it runs and right after it are the same tap.
 * @param {any} control or words that tell one record from the next @param {() => Promise<unknown>} work false: nothing was done, so the next tap counts
 */
export async function once(control, work) {
  if (busy.has(control)) return
  busy.add(control)
  let isDone
  try {
    isDone = await work()
  } finally {
    setTimeout(() => busy.delete(control), isDone === false || isDone === undefined ? 0 : CALM_MS)
  }
}

/** What an input says, as a body has it. @param {any} input */
export function valueOf({ type, value, validity }) {
  if (type !== "number") return type === "date" ? value || null : value.trim()
  return validity.badInput ? Number.NaN : value === "" ? null : Number(value)
}

/** The fault in words. @param {Fault} fault */
const words = ({ code, min, max }) => say(`limit.${code}`, { min, max }) || say("not_saved.refused")

/** @param {any} input @param {Fault|undefined} fault */
function tellAt(input, fault) {
  const box = input.closest(".field") ?? input.parentElement
  fill(box, { problem: fault ? words(fault) : "" })
  input.setAttribute("aria-invalid", String(Boolean(fault)))
}

/**
 * Say at each field what is wrong with it; the first one is shown and gets the focus.
 * @param {Fault[]} faults @param {Fields} fields @returns {boolean} is any of them told?
 */
export function tell(faults, fields) {
  let first
  for (const [name, input] of Object.entries(fields)) {
    const fault = faults.find(({ field }) => field === name)
    tellAt(input, fault)
    if (fault) first ??= input
  }
  first?.closest("details")?.setAttribute("open", "")
  first?.focus()
  return Boolean(first)
}

/**
 * Say it at once, when somebody leaves a field; days get their bounds.
 * @param {string} kind @param {Fields} fields
 */
export function watch(kind, fields) {
  for (const [name, input] of Object.entries(fields)) {
    const look = () => {
      const said = faultsOf(kind, { [name]: valueOf(input) }, nowWithZone())
      tellAt(input, said.find(({ field, code }) => field === name && !["missing", "consent"].includes(code)))
    }
    // after the tap that left the field: a sentence must not push a button away from under the finger
    input.addEventListener("change", () => setTimeout(look, TAP_MS))
  }
}

/** Why something was not kept: at its field, else in one sentence. @param {ParentNode} root @param {any} error @param {Fields} [fields] */
export function tellNotSaved(root, error, fields = {}) {
  const isTold = tell(error.faults ?? [], fields)
  fill(root, { not_saved: isTold ? "" : say(`not_saved.${error.cause ?? "storage"}`) })
}

