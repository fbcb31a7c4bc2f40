// @ts-check
// A call that met somebody. Everything chosen so far survives a kill; the guide that follows is the record.

import { by, draft, dropDraft, fact, get, keepDraft } from "../../service_worker/store.js"
import { restoreDraft } from "./form_draft.js"
import { hasIdNumber } from "../../service_worker/free_text.js"
import { coreOf, currentLevel, gate, isOpen } from "../../service_worker/rules.js"
import { copy, fill, find, language, markLevel, open, place, put, say, show, showMissing, today } from "./screen.js"

/** @typedef {Record<string, any>} Row */
const form = find("form")
const household_id = place()
const key = `visit:${household_id}`
/** @type {{household: Row, members: Row[], observations: Row[], followUps: Row[], guides: Row[], services: Row[]}} */
let known
let isFilled = false
const asking = () => import("./consent.js")
/** Fetched while somebody reads the form, so that the form is there sooner. */
const records = () => import("./records.js")

async function drawScreen() {
  if (place() !== household_id) return location.reload()
  const household = household_id && (await get("households", household_id))
  if (!household) return showMissing(household_id)
  const [members, observations, followUps, guides, services, met] = await Promise.all([
    by("members", "household_id", household_id), by("observations", "household_id", household_id),
    by("follow_ups", "household_id", household_id), fact("guides"), fact("services"), draft(`${key}:met`),
  ])
  known = { household, members, observations, followUps, guides, services }
  fill(document, { about: household.label || household.code })
  find("[data-back]").hash = household_id
  find("[data-ask-consent]").hidden = !isFirst()
  for (const part of form.querySelectorAll("[data-note], [data-only]")) part.hidden = met?.day === today()
  drawMembers()
  drawGuides()
  show("ready")
  if (!isFilled) await restoreDraft(form, key)
  if (!isFilled && known.members.length === 1) choose("member", known.members[0].id)
  if (!isFilled && isFirst()) asking().then(({ offerToListen }) => offerToListen(find("[data-consent]"))).catch(() => undefined)
  isFilled = true
  drawAnswers()
}

/** Has nobody asked this family yet? */
const isFirst = () => known.household.consent === "not_asked"

function drawMembers() {
  find("[data-somebody]").open ||= !known.members.length
  const before = chosen("member")
  put(find("[data-list=members]"), known.members.map((member) => {
    const row = copy("member")
    find("input", row).value = member.id
    find("span span", row).textContent = member.label
    return row
  }))
  choose("member", known.members.length === 1 ? known.members[0].id : before)
}

/** First what is due in this house and what every household needs; the rest behind one tap. */
function drawGuides() {
  const before = chosen("guide")
  const due = new Set(known.followUps.filter(isOpen).map((f) => f.service))
  const core = new Set(coreOf(known.services))
  const rank = (/** @type {any} */ guide) => due.has(guide.service) ? 0 : core.has(guide.service) ? 1 : 2
  const guides = known.guides.filter((g) => g.kind === "walk").sort((a, b) => rank(a) - rank(b))
  const row = (/** @type {any} */ guide) => {
    const about = say(due.has(guide.service) ? "due" : "minutes", { minutes: guide.minutes })
    const choice = copy("guide", { title: guide.title[language] ?? guide.title.vi, about })
    find("input", choice).value = guide.slug
    return choice
  }
  put(find("[data-list=guides]"), guides.filter((g) => rank(g) < 2).map(row))
  put(find("[data-list=other_guides]"), guides.filter((g) => rank(g) === 2).map(row))
  choose("guide", before)
}

/** @param {string} name @param {string|undefined} value */
function choose(name, value) {
  for (const input of form.querySelectorAll(`[name=${name}]`)) input.checked = input.value === value
}

/** What the answers given so far open up: the name, the member's level in each guide, what is missing. */
function drawAnswers() {
  if (isFirst()) asking().then(({ drawAnswer }) => drawAnswer(form))
  const member = known.members.find((m) => m.id === chosen("member"))
  for (const input of form.querySelectorAll("[name=guide]")) {
    const guide = known.guides.find((g) => g.slug === input.value)
    const seen = known.observations.filter((o) => o.member_id === member?.id && o.service === guide?.service)
    markLevel(find(".level_mark", input.parentElement), currentLevel(/** @type {any} */ (seen)))
  }
  const service = known.services.find((s) => s.slug === known.guides.find((g) => g.slug === chosen("guide"))?.service)
  const missing = member && service ? gate(member, service.level_needed) : []
  put(find("[data-list=missing]"), missing.map((name) => copy("missing", { missing: say(`missing.${name}`) })))
  find("[data-gate]").hidden = !missing.length
  find("[data-other]").open ||= Boolean(find("[data-other] :checked"))
  find("[data-note]").open ||= Boolean(form.elements.note.value || form.elements.return_on.value)
}

/** @param {string} name */
const chosen = (name) => find(`[name=${name}]:checked`, form)?.value

/** What is wrong, by field; nothing is sent past it. @param {boolean} withGuide */
function problems(withGuide) {
  const { note, label, return_on } = form.elements
  for (const field of [note, label]) fill(field.parentElement, { problem: hasIdNumber(field.value) ? say("problem.id_number") : "" })
  const isPast = return_on.value && return_on.value < today()
  fill(return_on.parentElement, { problem: isPast ? say("problem.return_on") : "" })
  const wrong = [label, note].find((field) => hasIdNumber(field.value)) ?? (isPast ? return_on : null)
  if (wrong) { find("[data-note]").open = true; wrong.focus() }
  const left = withGuide && (!chosen("member") ? "choose_member" : !chosen("guide") ? "choose_guide" : "")
  fill(form, { not_saved: left ? say(left) : "" })
  return Boolean(wrong || left)
}

/** Keep what the family said about its name, once. */
async function keepConsent() {
  const answer = isFirst() ? (await asking()).answerIn(form) : {}
  if (!answer.consent) return
  const label = answer.consent === "given" ? { label: form.elements.label.value.trim() } : {}
  await (await records()).changeHousehold(household_id, { ...answer, ...label }, known.household)
}

/** This call's visit: one, however many guides are walked through in it. */
async function visitOfToday() {
  const before = await draft(`${key}:met`)
  if (before?.day === today()) return before.visit_id
  const { note, return_on } = form.elements
  const visit = await (await records()).recordVisit({ household_id, outcome: "met", note: note.value, return_on: return_on.value || null, draft: key })
  await keepDraft(`${key}:met`, { day: today(), visit_id: visit.id })
  return visit.id
}

form.addEventListener("input", () => {
  drawAnswers()
  keepDraft("unfinished", { key, address: location.href, name: known.household.label || known.household.code })
})
form.addEventListener("submit", async (/** @type {SubmitEvent} */ event) => {
  event.preventDefault()
  const withGuide = /** @type {any} */ (event.submitter)?.value !== "household"
  if (problems(withGuide)) return
  try {
    await keepConsent()
    const visit = await visitOfToday()
    if (!withGuide) {
      await Promise.all([dropDraft(`${key}:met`), dropDraft("unfinished")])
      return location.assign(`${form.dataset.household}#${household_id}`)
    }
    location.assign(`${form.dataset.guide}#${[household_id, chosen("member"), chosen("guide"), visit].join("/")}`)
  } catch (error) {
    fill(form, { not_saved: say(`not_saved.${/** @type {any} */ (error).cause ?? "storage"}`) })
  }
})

find("[data-add-member]").addEventListener("click", async () => {
  const input = form.elements["member-label"]
  const label = input.value.trim()
  fill(input.parentElement, { problem: hasIdNumber(label) ? say("problem.id_number") : "" })
  if (!label || hasIdNumber(label)) return input.focus()
  const member = await (await records()).addMember(household_id, { label })
  input.value = ""
  find("[data-somebody]").open = false
  await drawScreen()
  choose("member", member.id)
  drawAnswers()
})

open(drawScreen)
records().catch(() => undefined)
