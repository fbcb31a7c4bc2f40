// @ts-check
// A call that met somebody. Everything chosen so far survives a kill; the guide that follows is the record.

import { by, draft, dropDraft, fact, get, keepDraft } from "../../service_worker/store.js"
import { restoreDraft } from "./form_draft.js"
import { coreOf, currentLevel, gate, isOpen } from "../../service_worker/rules.js"
import { goTo, loadAnew } from "./leave_page.js"
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
const checking = () => import("./problems.js")

async function drawScreen() {
  if (place() !== household_id) return loadAnew()
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
    const length = say(due.has(guide.service) ? "due" : "minutes", { minutes: guide.minutes })
    const choice = copy("guide", { title: guide.title[language] ?? guide.title.vi, length })
    find("input", choice).value = guide.slug
    markOwn(choice, guide)
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

/** What the person chosen can do alone already. @param {Element|null} choice @param {Row|undefined} guide */
function markOwn(choice, guide) {
  const seen = known.observations.filter((o) => o.member_id === chosen("member") && o.service === guide?.service)
  markLevel(find(".level_mark", choice ?? form), currentLevel(/** @type {any} */ (seen)))
}

/** What the answers given so far open up: the name, the member's level in each guide, what is missing. */
function drawAnswers() {
  if (isFirst()) asking().then(({ drawAnswer }) => drawAnswer(form))
  const member = known.members.find((m) => m.id === chosen("member"))
  for (const input of form.querySelectorAll("[name=guide]")) {
    markOwn(input.parentElement, known.guides.find((g) => g.slug === input.value))
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
async function problems(withGuide) {
  const { note, label, return_on } = form.elements
  const { faultsOf, now, tell } = await checking()
  const visit = { household_id, outcome: "met", note: note.value.trim(), return_on: return_on.value || null }
  const isWrong = tell(faultsOf("visit", visit, now()), { note, return_on })
  const name = { household_id, label: label.value.trim(), base: {} }
  const isNameWrong = tell(isFirst() ? faultsOf("household_change", name, now()) : [], { label })
  const left = withGuide && (!chosen("member") ? "choose_member" : !chosen("guide") ? "choose_guide" : "")
  fill(form, { not_saved: left ? say(left) : "" })
  return Boolean(isWrong || isNameWrong || left)
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
  const { once } = await checking()
  once(form, () => goOn(withGuide))
})

/** Keep the visit and go on to the guide or back to the card. @param {boolean} withGuide @returns {Promise<boolean>} is it kept? */
async function goOn(withGuide) {
  if (await problems(withGuide)) return false
  try {
    await keepConsent()
    const visit = await visitOfToday()
    if (!withGuide) {
      await Promise.all([dropDraft(`${key}:met`), dropDraft("unfinished")])
      await goTo(`${form.dataset.household}#${household_id}`)
      return true
    }
    await goTo(`${form.dataset.guide}#${[household_id, chosen("member"), chosen("guide"), visit].join("/")}`)
    return true
  } catch (error) {
    const { note, return_on, label } = form.elements
    ;(await checking()).tellNotSaved(form, error, { note, return_on, label })
    return false
  }
}

find("[data-add-member]").addEventListener("click", async () => {
  const input = form.elements["member-label"]
  const label = input.value.trim()
  if (!label) return input.focus()
  const { once, tell, tellNotSaved } = await checking()
  once(`member ${label}`, async () => {
    try {
      await keepConsent() // their answer comes before anybody's name
      const member = await (await records()).addMember(household_id, { label })
      tell([], { label: input })
      input.value = ""
      find("[data-somebody]").open = false
      await drawScreen()
      choose("member", member.id)
      drawAnswers()
      return true
    } catch (error) {
      tellNotSaved(form, error, { label: input })
      return false
    }
  })
})

open(drawScreen)
records().catch(() => undefined)
checking().then(({ watch }) => {
  const { note, return_on, label } = form.elements
  watch("visit", { note, return_on })
  watch("household_change", { label })
  watch("member", { label: form.elements["member-label"] })
}).catch(() => undefined)
