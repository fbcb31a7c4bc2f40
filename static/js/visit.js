// @ts-check
// A call that met somebody, one question a screen. Everything chosen so far survives a kill; the guide is the record.

import { by, draft, dropDraft, fact, get, keepDraft } from "../../service_worker/store.js"
import { restoreDraft } from "./form_draft.js"
import { coreOf, currentLevel, gate, isAlone, isOpen } from "../../service_worker/rules.js"
import { goTo, loadAnew } from "./leave_page.js"
import { copy, draw, fill, find, language, markLevel, open, place, put, say, show, showMissing, today } from "./screen.js"

/** @typedef {Record<string, any>} Row */
const form = find("form")
const household_id = place()
const key = `visit:${household_id}`
const MOST_GUIDES = 5
const SAME_TAP_MS = 50
/** What a guide needs of a person, by what stands on it. @type {Record<string, string>} */
const NEEDS = { signal: "signal_at_home", otp: "own_sim", police: "chip_card" }
/** @type {{household: Row, members: Row[], observations: Row[], followUps: Row[], guides: Row[], services: Row[]}} */
let known
let isFilled = false
/** Which question is on the screen. */
let part = ""
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
  for (const one of form.querySelectorAll("[data-note], [data-only]")) one.hidden = met?.day === today()
  drawMembers()
  drawGuides()
  let left = null
  if (!isFilled) {
    left = await restoreDraft(form, key)
    if (known.members.length === 1) choose("member", known.members[0].id)
    if (isFirst()) asking().then(({ offerToListen }) => offerToListen(find("[data-consent]"))).catch(() => undefined)
    isFilled = true
    go(isOpenQuestion() ? "consent" : chosen("member") ? "what" : "who", false)
  }
  show("ready") // with its question, never without one
  left?.focus()
  drawAnswers()
}

/** Has nobody asked this family yet? */
const isFirst = () => known.household.consent === "not_asked"
/** Asked now, and not answered: nothing is kept before. */
const isOpenQuestion = () => isFirst() && form.elements.consent.value !== "later"
/** Only then something about people is written down. */
const mayName = () => known.household.consent === "given"

/** Show one question. @param {string} name @param {boolean} [isFocused] */
function go(name, isFocused = true) {
  part = name
  for (const one of form.querySelectorAll("[data-part]")) one.hidden = one.dataset.part !== name
  find("[data-start-action]").hidden = name !== "what" && name !== "needs"
  fill(form, { not_saved: "", not_asked: "", not_added: "" })
  if (!isFocused) return
  find(`[data-part=${name}] [tabindex='-1']`)?.focus({ preventScroll: true })
  scrollTo({ top: 0 })
}

/** Those who are known here; the others are one tap, and no name. Of a family that did not agree, one in particular is nobody. */
function drawMembers() {
  const before = chosen("member")
  put(find("[data-list=members]"), known.members.map((member) => {
    const row = copy("member")
    find("input", row).value = member.id
    find("span span", row).textContent = member.label
    return row
  }))
  const labels = new Set(known.members.map(({ label }) => label))
  const offered = document.importNode(find("#relations").content, true)
  const relations = [...offered.children].filter(({ dataset: { relation } }) => (mayName() ? relation && !labels.has(relation) : !relation))
  put(find("[data-list=relations]"), relations)
  find("[data-somebody]").hidden = !mayName()
  choose("member", before ?? undefined)
}

/** First what is due in this house, then what every household needs and this person cannot do alone; the rest behind one tap. */
function drawGuides() {
  const before = chosen("guide")
  const due = new Set(known.followUps.filter(isOpen).map((f) => f.service))
  const core = new Set(coreOf(known.services))
  const rank = (/** @type {any} */ guide) =>
    due.has(guide.service) ? 0 : !core.has(guide.service) ? 3 : isAlone(levelIn(guide)) ? 2 : 1
  const guides = known.guides.filter((g) => g.kind === "walk").sort((a, b) => rank(a) - rank(b))
  const row = (/** @type {any} */ guide) => {
    const length = say(due.has(guide.service) ? "due" : "minutes", { minutes: guide.minutes })
    const choice = copy("guide", { title: guide.title[language] ?? guide.title.vi, length })
    find("input", choice).value = guide.slug
    markLevel(find(".level_mark", choice), levelIn(guide))
    return choice
  }
  const first = guides.filter((g) => rank(g) < 3).slice(0, MOST_GUIDES)
  put(find("[data-list=guides]"), first.map(row))
  put(find("[data-list=other_guides]"), guides.filter((g) => !first.includes(g)).map(row))
  choose("guide", before)
  find("[data-other]").open ||= Boolean(find("[data-other] :checked"))
}

/** How far the chosen person is in a guide. @param {Row} guide */
const levelIn = (guide) => currentLevel(/** @type {any} */ (
  known.observations.filter((o) => o.member_id === chosen("member") && o.service === guide.service)))

/** @param {string} name @param {string|undefined} value */
function choose(name, value) {
  for (const input of form.querySelectorAll(`[name=${name}]`)) input.checked = input.value === value
}

/** What the answers given so far open up. */
function drawAnswers() {
  if (isFirst()) asking().then(({ drawAnswer }) => drawAnswer(form)).catch(() => undefined)
  fill(form, { learner: known.members.find((m) => m.id === chosen("member"))?.label ?? say("somebody") })
  find("[data-personal]").hidden = !mayName()
  find("[data-note]").open ||= Boolean(form.elements.note.value || form.elements.return_on.value)
}

/** @param {string} name */
const chosen = (name) => find(`[name=${name}]:checked`, form)?.value
const guideChosen = () => known.guides.find((g) => g.slug === chosen("guide"))
const learner = () => known.members.find((m) => m.id === chosen("member"))

/**
 * What the guide needs of this person: what nobody knows yet is asked by pictures, what is known to be missing is told.
 * @returns {boolean} is there anything to ask or tell?
 */
function drawNeeds() {
  const [member, guide] = [learner(), guideChosen()]
  const service = known.services.find((s) => s.slug === guide?.service)
  if (!member || !guide || !service) return false
  const flags = (guide.flags ?? []).map((/** @type {string} */ flag) => NEEDS[flag]).filter(Boolean)
  const needed = [...(flags.length ? ["own_phone", ...flags] : []), ...(service.level_needed ? ["vneid_level"] : [])]
  const unknown = mayName() ? needed.filter((name) => member[name] === null || member[name] === undefined) : []
  put(find("[data-list=asked]"), unknown.map((name) => {
    const row = copy("need", { question: say(`needs.${name}`) })
    row.setAttribute("aria-label", say(`needs.${name}`))
    draw(find(".icon", row), name === "vneid_level" ? "vneid_level-2" : name)
    for (const input of row.querySelectorAll("input")) input.name = `need-${name}`
    return row
  }))
  return drawMissing() || unknown.length > 0
}

/** What the person is known or said to lack. @returns {boolean} anything? */
function drawMissing() {
  const service = known.services.find((s) => s.slug === guideChosen()?.service)
  const missing = gate({ ...learner(), ...said() }, service?.level_needed ?? 0)
  put(find("[data-list=missing]"), missing.map((name) => copy("missing", { missing: say(`missing.${name}`) })))
  find("[data-gate]").hidden = !missing.length
  return missing.length > 0
}

/** What was tapped about needs. @returns {Row} */
function said() {
  const taps = [...form.querySelectorAll("[data-list=asked] :checked")].map(({ name, value }) => [name.slice(5), value === "yes"])
  return Object.fromEntries(taps.map(([name, has]) => [name, name === "vneid_level" ? (has ? 2 : 1) : has]))
}

/** What is wrong, by field; nothing is sent past it. @param {boolean} withGuide */
async function problems(withGuide) {
  const { note, return_on } = form.elements
  const { faultsOf, now, tell } = await checking()
  const visit = { household_id, outcome: "met", note: noteSaid(), return_on: return_on.value || null }
  const isWrong = tell(faultsOf("visit", visit, now()), { note, return_on })
  const left = withGuide && (!chosen("member") ? "choose_member" : !chosen("guide") ? "choose_guide" : "")
  fill(form, { not_saved: left ? say(left) : "" })
  return Boolean(isWrong || left)
}

const noteSaid = () => (mayName() ? form.elements.note.value.trim() : "")

/** The family's answer is kept at once; without one nothing goes on. @returns {Promise<boolean>} is it kept? */
async function keepConsent() {
  const { label } = form.elements
  const { faultsOf, now, tell, tellNotSaved } = await checking()
  const answer = (await asking()).answerIn(form)
  if (!form.elements.consent.value) {
    fill(form, { not_asked: say("answer_consent") })
    find("[name=consent]").focus()
    return false
  }
  const named = answer.consent === "given" ? { label: label.value.trim() } : {}
  if (tell(faultsOf("household_change", { household_id, ...named, base: {} }, now()), { label })) return false
  try {
    if (answer.consent) known.household = await (await records()).changeHousehold(household_id, { ...answer, ...named }, known.household)
    await goToWho()
    return true
  } catch (error) {
    tellNotSaved(form, error, { label })
    return false
  }
}

/** Who learns; a family that did not agree is asked for nobody. */
async function goToWho() {
  if (!mayName() && !known.members.length) await add("")
  await drawScreen()
  go(!mayName() && known.members.length === 1 ? "what" : "who")
}

/** @param {string} label @returns {Promise<boolean>} is the family's answer there, so that somebody is added and chosen? */
async function add(label) {
  if (isOpenQuestion()) return go("consent"), false
  const member = await (await records()).addMember(household_id, { label })
  known.members = await by("members", "household_id", household_id) // as kept: without a name, a number
  drawMembers()
  choose("member", member.id)
  form.dispatchEvent(new Event("input"))
  return true
}

/** This call's visit: one, however many guides are walked through in it. */
async function visitOfToday() {
  const before = await draft(`${key}:met`)
  if (before?.day === today()) return before.visit_id
  const return_on = form.elements.return_on.value || null
  const visit = await (await records()).recordVisit({ household_id, outcome: "met", note: noteSaid(), return_on, draft: key })
  await keepDraft(`${key}:met`, { day: today(), visit_id: visit.id })
  return visit.id
}

form.addEventListener("input", () => {
  drawAnswers()
  keepDraft("unfinished", { key, address: location.href, name: known.household.label || known.household.code })
})
form.addEventListener("submit", async (/** @type {SubmitEvent} */ event) => {
  event.preventDefault()
  if (part === "consent") return onConsent()
  const withGuide = /** @type {any} */ (event.submitter)?.value !== "household"
  const { once } = await checking()
  once(form, () => goOn(withGuide))
})
const onConsent = async () => (await checking()).once("consent", keepConsent)
find("[data-on=consent]").addEventListener("click", onConsent)
find("[data-on=who]").addEventListener("click", () => (chosen("member") ? toWhat() : fill(form, { not_added: say("choose_member") })))
find("[data-change-member]").addEventListener("click", () => go("who"))
find("[data-list=asked]").addEventListener("input", drawMissing)
// a finger goes on with the tap; who moves by keys through the answers goes on with the button. A tap on a label is followed
// by a click of its field, which some engines count as nobody's.
let fingerAt = -1
form.addEventListener("click", (/** @type {any} */ event) => {
  if (event.detail) fingerAt = event.timeStamp
  if (fingerAt < 0 || event.timeStamp - fingerAt > SAME_TAP_MS) return
  if (event.target.name === "member") toWhat()
  if (event.target.name === "guide") form.requestSubmit(find("[value=guide]", form))
})
find("[data-back]").addEventListener("click", (/** @type {MouseEvent} */ event) => {
  const before = part === "needs" ? "what" : part === "what" ? "who" : ""
  if (!before || (before === "who" && known.members.length < 2 && !mayName())) return
  event.preventDefault()
  go(before)
})

function toWhat() {
  drawGuides()
  drawAnswers()
  go("what")
}

/** Keep the visit and go on to the guide or back to the card. @param {boolean} withGuide @returns {Promise<boolean>} is it kept? */
async function goOn(withGuide) {
  if (isOpenQuestion()) return go("consent"), false
  if (await problems(withGuide)) return false
  if (withGuide && part === "what" && drawNeeds()) return go("needs"), false
  try {
    if (withGuide && Object.keys(said()).length) await (await records()).changeMember(chosen("member"), said())
    const visit = await visitOfToday()
    if (!withGuide) {
      await Promise.all([dropDraft(`${key}:met`), dropDraft("unfinished")])
      await goTo(`${form.dataset.household}#${household_id}`)
      return true
    }
    await goTo(`${form.dataset.guide}#${[household_id, chosen("member"), chosen("guide"), visit].join("/")}`)
    return true
  } catch (error) {
    const { note, return_on } = form.elements
    ;(await checking()).tellNotSaved(form, error, { note, return_on })
    return false
  }
}

/** Somebody new, by a tap or by name. @param {string} label @param {any} [input] */
async function addAndGoOn(label, input) {
  const { once, tell, tellNotSaved } = await checking()
  once("member", async () => {
    try {
      if (!(await add(label))) return false
      if (input) { tell([], { label: input }); input.value = ""; find("[data-somebody]").open = false }
      toWhat()
      return true
    } catch (error) {
      tellNotSaved(form, error, input ? { label: input } : {})
      fill(form, { not_added: find("[data-text=not_saved]").textContent, not_saved: "" })
      return false
    }
  })
}

find("[data-list=relations]").addEventListener("click", (/** @type {any} */ event) => {
  const button = event.target.closest("button")
  if (button) addAndGoOn(button.dataset.relation)
})
find("[data-add-member]").addEventListener("click", () => {
  const input = form.elements["member-label"]
  const label = input.value.trim()
  if (!label) return input.focus()
  addAndGoOn(label, input)
})

open(drawScreen)
records().catch(() => undefined)
checking().then(({ watch }) => {
  const { note, return_on, label } = form.elements
  watch("visit", { note, return_on })
  watch("household_change", { label })
  watch("member", { label: form.elements["member-label"] })
}).catch(() => undefined)
