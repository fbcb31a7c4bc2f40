// @ts-check
// Papers that a household handed in, and what came of them; entered without a network.

import { by, draft, dropDraft, fact, get, keepDraft } from "../../service_worker/store.js"
import { keepDossier, keepResult } from "./around_visits.js"
import { stateOf } from "./dossier_state.js"
import { restoreDraft } from "./form_draft.js"
import { once, tellNotSaved, watch } from "./problems.js"
import { returnWindow } from "../../service_worker/rules.js"
import { LONGEST_WAIT_DAYS } from "../../service_worker/shared.js"
import { loadAnew } from "./leave_page.js"
import { copy, date, daysBetween, fill, find, open, place, put, say, show, showMissing, today } from "./screen.js"

/** @typedef {Record<string, any>} Row */
const form = find("form")
const { service, result_on } = form.elements
const id = place()
const key = `dossier:${id}`
/** @type {Row} */
let household
let isFilled = false

async function drawScreen() {
  if (place() !== id) return loadAnew()
  const [found, members, services] = await Promise.all([get("households", id), by("members", "household_id", id), fact("services")])
  if (!found) return showMissing(id)
  household = found
  fill(document, { about: household.label || household.code })
  for (const link of document.querySelectorAll("[data-back], [data-card]")) /** @type {any} */ (link).hash = id
  drawKnown(members, services ?? [])
  drawMembers(members)
  if (service.options.length === 1) service.append(...services.map((/** @type {any} */ s) => new Option(s.name, s.slug)))
  show("ready")
  if (!isFilled && (await draft(key))) await restoreDraft(form, key)
  isFilled = true
}

/** @param {Row[]} members @param {Row[]} services */
function drawKnown(members, services) {
  const dossiers = household.dossiers ?? []
  put(find("[data-list=dossiers]"), dossiers.map((/** @type {any} */ one) => {
    const { text, tone } = stateOf(one)
    const row = copy("dossier", {
      service: services.find((s) => s.slug === one.service)?.name ?? one.service,
      whose: members.find((m) => m.id === one.member_id)?.label,
      state: text,
    })
    find(".badge", row).dataset.tone = tone
    find("[data-ask]", row).hidden = ["received", "refused"].includes(one.result)
    for (const button of row.querySelectorAll("button")) button.value = one.id
    return row
  }))
  find("[data-known]").hidden = !dossiers.length
}

/** @param {Row[]} members */
function drawMembers(members) {
  const before = form.elements.member?.value
  put(find("[data-list=members]"), members.map((member) => {
    const row = copy("member")
    const input = find("input", row)
    input.value = member.id
    input.checked = members.length === 1 || member.id === before
    find("span span", row).textContent = member.label
    return row
  }))
  find("[data-nobody]").hidden = members.length > 0
}

/** @returns {[string, any]|null} the message of what is wrong, and where */
function problem() {
  const wait = result_on.value && daysBetween(today(), result_on.value)
  if (!form.elements.member?.value) return ["member", find("[name=member]") ?? find("[data-card]")]
  if (!service.value) return ["service", service]
  if (wait === "") return ["no_day", result_on]
  return wait < 0 ? ["before", result_on] : wait > LONGEST_WAIT_DAYS ? ["too_late", result_on] : null
}

/**
 * Keep something, then show the screen anew; say so when the phone did not keep it.
 * @param {() => Promise<{due_from: string, due_to: string}|null>} work
 * @param {any} control a second tap on it is no second record
 */
const trying = (work, control) => once(control, async () => {
  try {
    const next = await work()
    fill(document, { not_saved: "", next_step: next ? say("next", { from: date(next.due_from), to: date(next.due_to) }) : "" })
    find("[data-saved]").hidden = false
    find("#main").focus()
    await drawScreen()
    scrollTo({ top: 0 })
    return true
  } catch (error) {
    tellNotSaved(form, error, { result_on })
    return false
  }
})

form.addEventListener("submit", (/** @type {SubmitEvent} */ event) => {
  event.preventDefault()
  const wrong = problem()
  fill(form, { not_saved: wrong ? say(`problem.${wrong[0]}`) : "" })
  if (wrong) return wrong[1].focus()
  const body = { household_id: id, member_id: form.elements.member.value, service: service.value, result_on: result_on.value }
  trying(async () => {
    await keepDossier(body, key)
    await dropDraft("unfinished")
    form.reset()
    return returnWindow("dossier", body.result_on)
  }, Object.values(body).join(" "))
})
watch("dossier", { result_on })
form.addEventListener("input", () => {
  keepDraft(key, { values: Object.fromEntries(new FormData(form)), at: document.activeElement?.id })
  keepDraft("unfinished", { key, address: location.href, name: household.label || household.code })
})
find("[data-list=dossiers]").addEventListener("click", (/** @type {any} */ event) => {
  const button = event.target.closest("button")
  if (button) trying(() => keepResult(id, button.value, button.dataset.result), button.value)
})

open(drawScreen)
