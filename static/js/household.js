// @ts-check
// The household card: who lives here, what each can do, what is due, and calls that did not reach anybody.

import { faultsOf } from "../../service_worker/checks.js"
import { unregister } from "../../service_worker/held.js"
import { isHeld, nowWithZone } from "../../service_worker/outbox.js"
import { items } from "../../service_worker/waiting.js"
import { PREREQUISITES } from "../../service_worker/shared.js"
import { by, fact, get, known } from "../../service_worker/store.js"
import { drawNotes, drawRating, dueHere, listen } from "./after_visit.js"
import { stateOf } from "./dossier_state.js"
import { goToInstead } from "./leave_page.js"
import { cardAddress } from "./learned_card.js"
import { doorAfter } from "./next_door.js"
import { ownRechecks } from "./own_recheck.js"
import { once, tell, tellNotSaved, watch } from "./problems.js"
import { addMember, changeHousehold, changeMember, recordVisit } from "./records.js"
import { takeBackVisit } from "./take_back.js"
import { afterVisit, coreOf, isAlone, levelOf, levelsByService, localDay } from "../../service_worker/rules.js"
import {
  ago, copy, date, draw, fill, find, markLevel, moment, open, place, put, receipt, RECEIPT_ICONS, say, show,
  showMissing, today,
} from "./screen.js"

/** @typedef {Record<string, any>} Row */
const MOST_VISITS = 5
/** After one tap the same thumb may come down again. */
const CALM_MS = 700

/** @type {Map<string, string|null>} a member's card to take along, as an address */
let cards

/** What was tapped last since this card was opened. @type {{visit?: Row, undo: (() => Promise<unknown>)|null}|null} */
let last = null
/** @type {string} whose card is shown */
let shown
/** @type {Map<string, Row>} the visits on the screen */
let visitsHere

async function drawScreen() {
  const id = place()
  if (id !== shown) begin(id)
  const household = id && (await get("households", id))
  if (!household) return showMissing(id)
    const [hamlet, members, visits, runs, observations, followUps, services, outbox, me] = await Promise.all([
    get("hamlets", household.hamlet_id), by("members", "household_id", id), by("visits", "household_id", id),
    by("walk_throughs", "household_id", id), by("observations", "household_id", id), by("follow_ups", "household_id", id),
    fact("services"), items(), fact("me"),
  ])
  cards = await cardsOf(members, observations)
  const sent = new Map(outbox.map((item) => [item.id, item]))
  const isOwn = (/** @type {Row} */ v) => !v.person_name || v.person_name === me?.name
  visitsHere = new Map(visits.map((v) => [v.id, { ...v, may_go: isOwn(v) && !runs.some((run) => run.visit_id === v.id) }]))
  drawHead(household, hamlet, sent.get(id))
  drawDoor(sent.get(id))
  const due = await dueHere(id, followUps, runs)
  drawFollowUps(due, services, await ownRechecks(due))
  drawNotes(household.notes ?? [])
  drawDossiers(household.dossiers ?? [], services)
  await drawRating(visits)
  drawServices(services, levelsByService(observations))
  put(find("[data-list=members]"), members.map(memberRow))
  drawNames(household.consent === "given")
  fill(document, { sum_members: members.map(({ label }) => label).join(", ") })
  if (sessionStorage.getItem("ended")) await (await import("./ended.js")).showEnd(id)
  drawVisits(visits, (v) => runs.filter((run) => run.visit_id === v.id).map((run) => runRow(run, members, services, sent)), sent)
  show("ready")
}

/** Without the family's consent people are only counted. @param {boolean} isAgreed */
function drawNames(isAgreed) {
  const form = find("[data-add-member]")
  find(".field", form).hidden = !isAgreed
  find("[data-nameless]", form).hidden = isAgreed
  const asked = document.querySelectorAll("[data-list=members] fieldset, [data-list=members] [data-kind=strong]")
  for (const part of asked) /** @type {HTMLElement} */ (part).hidden = !isAgreed
}

/** Another house: nothing of the last one stays open. @param {string} id */
function begin(id) {
  shown = id
  last = null
  find("[data-saved]").hidden = find("[data-ended]").hidden = true
  openOther(false)
  for (const fold of document.querySelectorAll("main details[open]")) fold.removeAttribute("open")
  scrollTo({ top: 0 })
}

/** The three answers, until one of them stands; who was met today may learn more. @param {Row|undefined} item of a new house */
function drawDoor(item) {
  const met = [...visitsHere.values()].find((v) => v.outcome === "met" && localDay(v.recorded_at) === today())
  find("[data-door]").hidden = Boolean(last?.visit)
  for (const button of find(".door_tiles").querySelectorAll("button")) button.hidden = Boolean(met)
  if (met) openOther(false)
  fill(document, { start: say(met ? "start.again" : "start") })
  if (last) return
  if (met) offer({ words: say("met_today"), undo: met.may_go ? () => takeBackVisit(met) : null })
  else if (item && isHeld(item)) offerToUnregister(item)
}

/** @param {boolean} isOpen */
function openOther(isOpen) {
  find(".outcomes").hidden = !isOpen
  find("[data-other]").setAttribute("aria-expanded", String(isOpen))
}

/**
 * One green line: what is kept, how it is taken back, and where to go next.
 * @param {{words: string, next?: string, undo: (() => Promise<unknown>)|null, visit?: Row, isNew?: boolean}} done
 */
function offer({ words, next = "", undo, visit, isNew = false }) {
  last = { visit, undo }
  fill(document, { saved: words, next_step: next })
  const line = find("[data-saved]")
  line.hidden = false
  scrollTo({ top: 0 })
  find("#main").toggleAttribute("data-calm", true)
  setTimeout(() => find("#main").removeAttribute("data-calm"), CALM_MS)
  find("[data-undo]").hidden = !undo
  const link = find("[data-next]")
  link.hidden = true
  if (!isNew) doorAfter(place()).then((door) => { link.hidden = !door; link.hash = door?.id ?? "" })
}

/** As if it had never been, as long as it is not sent. @param {Row} item */
function offerToUnregister(item) {
  offer({ words: say("registered"), isNew: true, undo: async () => {
    if (!(await unregister(item.id))) return say("too_late")
    await goToInstead(find("[data-back]").href)
  } })
  const undo = last
  setTimeout(() => { if (last === undo) find("[data-undo]").hidden = true }, item.held_until - Date.now())
}

/** @param {Row} household @param {Row|undefined} hamlet @param {Row|undefined} item */
function drawHead(household, hamlet, item) {
  const people = household.people_count ? say("people", { count: household.people_count }) : ""
  const code = household.label ? household.code : household.consent === "refused" ? say("refused") : ""
  fill(find(".bar"), {
    heading: household.label || household.code,
    about: [hamlet?.name, code, people].filter(Boolean).join(" · "),
  })
  drawReceipt(find("[data-receipt]"), item)
  for (const link of document.querySelectorAll("[data-start], [data-papers]")) /** @type {any} */ (link).hash = household.id
  fill(document, { consent_state: say(`consent.${household.consent}`) })
}

/**
 * Where a record of this phone is by now; what came from the server needs no receipt.
 * @param {any} place @param {Row|undefined} item
 */
function drawReceipt(place, item) {
  place.hidden = !item
  if (!item) return
  const { state, text } = receipt(item)
  place.dataset.state = state
  fill(place, { receipt: text })
  draw(find(".icon", place), RECEIPT_ICONS[state] ?? "own_phone")
}

/** @param {Row[]} followUps @param {Row[]} services @param {Set<string>} own what this volunteer taught */
function drawFollowUps(followUps, services, own) {
  put(find("[data-list=follow_ups]"), followUps.sort((a, b) => (a.due_to < b.due_to ? -1 : 1)).map((f) => {
    const isLate = f.due_to < today()
    const when = isLate ? "late" : f.due_from > today() ? "from" : "due"
    const service = services.find((s) => s.slug === f.service)?.name
    const row = copy("follow-up", {
      why: say(`reason.${f.reason}`),
      about: [service, f.blocker && say(`blocker.${f.blocker}`)].filter(Boolean).join(" · "),
      other: own.has(f.id) ? say("other") : "",
      due: say(when, { ago: ago(f.due_to), day: date(when === "from" ? f.due_from : f.due_to) }),
    })
    row.dataset.about = f.id
    find(".badge", row).dataset.tone = isLate ? "clay" : "sun"
    find("form", row).dataset.row = JSON.stringify(f)
    return row
  }))
  find("[data-due]").hidden = !followUps.length
}

/** @param {Row[]} dossiers @param {Row[]} services */
function drawDossiers(dossiers, services) {
  const list = find("[data-list=dossiers]")
  put(list, dossiers.map((one) => {
    const { text, tone } = stateOf(one)
    const row = copy("dossier", { service: services.find((s) => s.slug === one.service)?.name ?? one.service, state: text })
    find(".badge", row).dataset.tone = tone
    return row
  }))
  list.hidden = !dossiers.length
  fill(document, { sum_papers: String(dossiers.length || "") })
}

/**
 * Core services always, others once something was observed.
 * @param {Row[]} services @param {Record<string, number>} levels
 */
function drawServices(services, levels) {
  put(find("[data-list=services]"), services.filter((s) => s.core || s.slug in levels).map((s) => {
    const row = copy("service", { name: s.name })
    markLevel(row.lastElementChild, levels[s.slug] ?? 0)
    return row
  }))
  const core = coreOf(services)
  fill(document, { sum_services: say("sum_services", { count: core.filter((slug) => isAlone(levels[slug] ?? 0)).length, of: core.length }) })
}

/** Each member's card of what they can do alone. @param {Row[]} members @param {any[]} observations */
async function cardsOf(members, observations) {
  const guides = (await fact("guides")) ?? []
  return new Map(members.map(({ id }) => [id, cardAddress(levelsByService(observations.filter((o) => o.member_id === id)), guides)]))
}

/** @param {Row} member */
function memberRow(member) {
  const row = copy("member", { label: member.label })
  row.dataset.about = member.id
  find("[data-card]", row).hidden = !cards.get(member.id)
  find("form", row).dataset.member = member.id
  put(find("[data-list=has]", row), PREREQUISITES.map((key) => {
    const value = key === "vneid_level" ? member[key] && member[key] === 2 : member[key]
    const state = member[key] === null || member[key] === undefined ? "unknown" : value ? "yes" : "no"
    const mark = copy("has", { has: say(`has.${state}`, { thing: say(key) }) })
    mark.dataset.state = state
    draw(mark.firstElementChild, key === "vneid_level" && value ? "vneid_level-2" : key)
    return mark
  }))
  for (const key of PREREQUISITES) {
    const value = member[key] === true ? "yes" : member[key] === false ? "no" : String(member[key] ?? "")
    for (const input of row.querySelectorAll(`[name=${key}]`)) input.toggleAttribute("checked", input.value === value)
  }
  return row
}

/**
 * What a guide led to in a visit.
 * @param {Row} run @param {Row[]} members @param {Row[]} services @param {Map<string, Row>} sent
 */
function runRow(run, members, services, sent) {
  const level = levelOf(run.marks, run.teach_back, run.is_needed)
  const row = copy("run", {
    what: [services.find((s) => s.slug === run.service)?.name, members.find((m) => m.id === run.member_id)?.label].filter(Boolean).join(" · "),
    stuck: level === null ? say("stuck", { reason: say(`blocker.${run.blocker}`) }) : "",
    note: run.note,
  })
  find(".level_mark", row).hidden = level === null
  if (level !== null) markLevel(find(".level_mark", row), level)
  drawReceipt(find(".receipt", row), sent.get(run.id))
  return row
}

/** @param {Row[]} visits @param {(visit: Row) => Element[]} runsOf @param {Map<string, Row>} sent */
function drawVisits(visits, runsOf, sent) {
  const latest = visits.sort((a, b) => Date.parse(b.recorded_at) - Date.parse(a.recorded_at)).slice(0, MOST_VISITS)
  put(find("[data-list=visits]"), latest.map((v) => {
    const row = copy("visit", {
      outcome: say(`outcome.${v.outcome}`),
      by: v.person_name ? say("by", { time: moment(v.recorded_at), name: v.person_name }) : moment(v.recorded_at),
      note: v.note,
    })
    row.dataset.about = v.id
    draw(find(".icon", row), v.outcome)
    find("[data-late]", row).hidden = !v.is_after_lease
    find("[data-mistaken]", row).hidden = !visitsHere.get(v.id)?.may_go
    find("[data-take-back]", row).value = v.id
    drawReceipt(find(".receipt", row), sent.get(v.id))
    put(find("ul", row), runsOf(v))
    return row
  }))
  find("[data-past]").hidden = !latest.length
  if (latest.length) fill(document, { sum_visits: say("last", { outcome: say(`outcome.${latest[0].outcome}`), ago: ago(localDay(latest[0].recorded_at)) }) })
}

/**
 * One tap: kept on the phone, and what follows from it is said at once. A second tap by a trembling thumb is ignored; a tap on
 * another answer corrects the first.
 */
find("[data-door]").addEventListener("click", async (/** @type {MouseEvent} */ event) => {
  const button = /** @type {HTMLElement} */ (event.target).closest("button")
  if (!button) return
  if (button.matches("[data-other]")) return openOther(find(".outcomes").hidden)
  const outcome = button.dataset.outcome ?? ""
  await trying(async () => {
    const visit = await recordVisit({ household_id: place(), outcome })
    if (last?.visit) await takeBackVisit(last.visit)
    const next = afterVisit(outcome, visit.recorded_at, null)
    offer({
      words: say("saved", { outcome: say(`outcome.${outcome}`) }),
      next: next ? say("return_between", { from: date(next.due_from), to: date(next.due_to) }) : say(`no_return.${outcome}`),
      undo: () => takeBackVisit(visit),
      visit,
    })
    openOther(false)
  }, `outcome ${outcome}`)
})

find("[data-undo]").addEventListener("click", () => trying(async () => {
  const told = await last?.undo?.()
  last = null
  fill(document, { saved: typeof told === "string" ? told : say("taken_back"), next_step: "" })
  find("[data-undo]").hidden = find("[data-next]").hidden = true
}, "undo"))

find("[data-list=visits]").addEventListener("click", (/** @type {MouseEvent} */ event) => {
  const button = /** @type {any} */ (event.target).closest("[data-take-back]")
  const visit = button && visitsHere.get(button.value)
  if (visit) trying(() => takeBackVisit(visit), `back ${visit.id}`)
})

find("[data-list=members]").addEventListener("submit", (/** @type {SubmitEvent} */ event) => {
  event.preventDefault()
  const form = /** @type {HTMLFormElement} */ (event.target)
  const said = Object.fromEntries(PREREQUISITES.map((key) => {
    const value = new FormData(form).get(key)
    return [key, !value ? null : key === "vneid_level" ? Number(value) : value === "yes"]
  }))
  form.closest("details")?.removeAttribute("open")
  const member = form.dataset.member ?? ""
  trying(() => changeMember(member, said), `${member} ${JSON.stringify(said)}`)
})

find("[data-list=members]").addEventListener("click", async (/** @type {MouseEvent} */ event) => {
  const button = /** @type {HTMLElement} */ (event.target).closest("[data-card]")
  const address = button && cards.get(button.closest("form")?.dataset.member ?? "")
  if (address) (await import("./code_dialog.js")).showCode(find("[data-dialog]"), address)
})

const memberLabel = find("#member-label")
watch("member", { label: memberLabel })
find("[data-add-member]").addEventListener("submit", (/** @type {SubmitEvent} */ event) => {
  event.preventDefault()
  const label = memberLabel.value.trim()
  if (!label && !find("[data-add-member] .field").hidden) return memberLabel.focus()
  trying(async () => {
    await addMember(place(), { label })
    memberLabel.value = ""
  }, `member ${label}`, { label: memberLabel })
})

/**
 * The family was asked again, or has changed its mind: who takes "yes" back withdraws it, and the name goes at once.
 */
const consent = find("[data-change-consent]")
consent.addEventListener("toggle", async () => {
  if (!consent.open) return
  const { answerIn, drawAnswer, offerToListen } = await import("./consent.js")
  const form = find("form", consent)
  form.reset()
  Object.assign(form.elements.label, { value: (await known("households", place())).label })
  form.elements.consent_method.value = "spoken"
  drawAnswer(form)
  offerToListen(find("[data-consent]", form))
  form.oninput = () => drawAnswer(form)
  form.onsubmit = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault()
    const answer = answerIn(form)
    const label = form.elements.label.value.trim()
    if (!answer.consent) return find("[name=consent]", form).focus()
    const body = { household_id: place(), ...answer, ...(answer.consent === "given" ? { label } : {}), base: {} }
    if (tell(faultsOf("household_change", body, nowWithZone()), { label: form.elements.label })) return
    const before = await known("households", place())
    if (answer.consent !== "given" && before.consent === "given") answer.consent = "withdrawn"
    consent.open = false
    const said = { ...answer, ...(answer.consent === "given" ? { label } : {}) }
    trying(() => changeHousehold(place(), said), JSON.stringify(said)) // another answer right after is another answer
  }
})

/**
 * Do something that is recorded, then show the card anew; say so when the phone did not keep it.
 * @param {() => Promise<unknown>} work @param {any} [control] a second tap on it is no second record
 * @param {Record<string, any>} [fields] a body's field → its input
 */
const trying = (work, control = work, fields = {}) => once(control, async () => {
  try {
    await work()
    fill(document, { not_saved: "" })
    tell([], fields)
    find("#main").focus({ preventScroll: true }) // whose door this is stays on the screen
    await drawScreen()
    return true
  } catch (error) {
    tellNotSaved(document, error, fields)
    if (!Object.keys(fields).length) scrollTo({ top: 0 })
    return false
  }
})

listen(trying, offer)
open(drawScreen)
