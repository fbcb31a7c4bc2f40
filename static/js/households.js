// @ts-check
// The household list: search as one types, three orders, and registering a new door.

import { items } from "../../service_worker/waiting.js"
import { all, fact } from "../../service_worker/store.js"
import { dayPlan } from "./day_plan.js"
import { drawDownload } from "./download.js"
import { restoreDraft } from "./form_draft.js"
import { finder } from "../../service_worker/names.js"
import { goTo } from "./leave_page.js"
import { once, tell, tellNotSaved, valueOf, watch } from "./problems.js"
import { likelyDuplicates, registerHousehold } from "./records.js"
import { coreOf, isOpen, levelsByService, localDay } from "../../service_worker/rules.js"
import {
  ago, copy, date, draw, fill, find, grouped, markLevel, open, place, put, receipt, say, show, today,
} from "./screen.js"

const PAGE = 50
const SCREENFUL = 10
const search = find("#search")
const hamletChoice = find("#hamlet")
const questions = find("[data-search]")
const form = find("form[data-when=new]")

/** @import { Household } from "../../service_worker/types.js" */
/** @typedef {Record<string, any>} Row */
/**
 * @type {{hamlets: Row[], households: Row[], observations: Map<string, Row[]>, day: Row[], due: Map<string, Row>, sending: Map<string, Row>, core: string[]}}
 */
let known
/** Where the list stood when it was left. @type {{shown: number, y: number}|null} */
let before = JSON.parse(sessionStorage.getItem("list") ?? "null")
let shown = Math.max(PAGE, before?.shown ?? 0)
let isAsked = false
const asking = () => import("./consent.js")

async function drawScreen() {
  await read()
  if (!known.hamlets.length) return (await import("./nothing_yet.js")).showNothingYet()
  drawHamletChoice()
  if (place() === "new") return drawNew()
  if (!isAsked) await askAgain()
  isAsked = true
  if (known.hamlets.some((h) => h.id === place())) hamletChoice.value = place() // from the map
  if (["follow_ups", "day"].includes(place())) find(`[value=${place()}]`).checked = true
  fill(document, { heading: say("title") })
  drawList()
  show("list")
  await drawDownload()
}

/** Order, hamlet and what was typed, as the list was left; what was typed yesterday hides nothing today. */
async function askAgain() {
  await restoreDraft(questions, "households")
  if (!before) search.value = ""
  find("[data-filter]").open = false
  if (questions.contains(document.activeElement)) /** @type {any} */ (document.activeElement).blur()
}

async function read() {
  const [hamlets, households, observations, followUps, outbox, services] = await Promise.all([
    all("hamlets"), all("households"), all("observations"), all("follow_ups"), items(), fact("services"),
  ])
  const position = new Map(hamlets.map((h) => [h.id, h.position]))
  const byPlace = (/** @type {Household} */ a, /** @type {Household} */ b) =>
    (position.get(a.hamlet_id) ?? 0) - (position.get(b.hamlet_id) ?? 0) || (a.code < b.code ? -1 : 1)
  const open = followUps.filter(isOpen)
  const soonestLast = open.sort((a, b) => (a.due_to < b.due_to ? 1 : -1))
  known = {
    hamlets: hamlets.sort((a, b) => a.position - b.position),
    households: households.sort(byPlace),
    observations: grouped(observations, (o) => o.household_id),
    day: dayPlan(households.sort(byPlace), open, today()),
    due: new Map(soonestLast.map((f) => [f.household_id, f])),
    sending: new Map(outbox.filter((i) => i.state !== "received").map((i) => [i.body?.household_id ?? i.about ?? i.id, i])),
    core: coreOf(services),
  }
}

function drawHamletChoice() {
  for (const select of [hamletChoice, form.elements["new-hamlet"]]) {
    if (select.querySelector("[value]:not([value=''])")) continue
    select.append(...known.hamlets.map((h) => new Option(h.name, h.id)))
  }
}

/** @type {Record<string, (a: Row, b: Row) => number>} */
const ORDERS = {
  longest: (a, b) => (a.last_visit_at ?? "") < (b.last_visit_at ?? "") ? -1 : 1,
  follow_ups: (a, b) => (known.due.get(a.id)?.due_to ?? "9") < (known.due.get(b.id)?.due_to ?? "9") ? -1 : 1,
}

function drawList() {
  const order = find("[name=order]:checked").value
  const matches = finder(search.value)
  const found = (order === "day" ? known.day : known.households)
    .filter((h) => (!hamletChoice.value || h.hamlet_id === hamletChoice.value) && matches(h.search))
    .filter((h) => order !== "follow_ups" || known.due.has(h.id))
  if (ORDERS[order]) found.sort(ORDERS[order])
  drawRows(found.slice(0, shown))
  const left = known.hamlets.reduce((sum, h) => sum + (h.closed?.length ?? 0), 0)
  const where = hamletChoice.value ? hamletChoice.selectedOptions[0].text : ""
  const chosen = find("[name=order]:checked").parentElement.textContent.trim()
  const isNarrow = hamletChoice.value || order === "day" || order === "follow_ups"
  fill(document, {
    found: say("found", { count: found.length }),
    filter: [where, chosen].filter(Boolean).join(" · "),
    only_in: isNarrow ? say("only_in", { where: [where, chosen].filter(Boolean).join(" · ") }) : "",
    left: left && say("left", { count: left }) || "",
  })
  find("[data-none]").hidden = found.length > 0
  find("[data-everywhere]").hidden = !isNarrow
  find("[data-more]").hidden = found.length <= shown
}

let drawn = 0

/**
 * First what fits on a screen, the rest a moment later: a slow phone shows the list sooner.
 * @param {Row[]} households
 */
function drawRows(households) {
  const list = find("[data-list=households]")
  const time = ++drawn
  // drawn once already: all at once, so that nobody loses their place
  const first = list.children.length > SCREENFUL ? households.length : SCREENFUL
  put(list, households.slice(0, first).map(rowOf))
  setTimeout(() => {
    if (time !== drawn) return
    list.append(...households.slice(first).map(rowOf))
    if (before) scrollTo({ top: before.y, behavior: "instant" })
    before = null
  })
}

/** @param {Row} household */
function rowOf(household) {
  const hamlet = known.hamlets.find((h) => h.id === household.hamlet_id)
  const due = known.due.get(household.id)
  const isLate = due && due.due_to < today()
  const sending = known.sending.get(household.id)
  const isOne = hamletChoice.value || known.hamlets.length === 1
  const row = copy("household", {
    name: household.label || household.code,
    outcome: household.last_outcome ? `${say(`outcome.${household.last_outcome}`)}, ` : "",
    about: [household.label && household.code, !isOne && hamlet?.name, lastSeen(household)].filter(Boolean).join(" · "),
    due: due ? say(isLate ? "late" : "due", { day: date(due.due_to).slice(0, 5), ago: ago(due.due_to) }) : "",
    receipt: sending ? receipt(sending).text : "",
  })
  find("a", row).hash = household.id
  if (household.last_outcome) draw(find(".icon", row), household.last_outcome)
  find(".badge", row).dataset.tone = isLate ? "clay" : "sun"
  find(".levels", row).append(...marksOf(household))
  return row
}

/** @param {Row} household */
function lastSeen(household) {
  if (!household.last_visit_at) return say("not_seen")
  return ago(localDay(household.last_visit_at))
}

/** A mark for each core service, once something was observed. @param {Row} household */
function marksOf(household) {
  const levels = levelsByService(known.observations.get(household.id) ?? [])
  if (!Object.keys(levels).length) return []
  return known.core.map((service) => {
    const mark = copy("level")
    markLevel(mark, levels[service] ?? 0)
    return mark
  })
}

async function drawNew() {
  fill(document, { heading: say("title.new") })
  if (find("#main").dataset.state === "new") return
  show("new")
  await restoreDraft(form, "new_household")
  asking().then(({ offerToListen }) => offerToListen(find("[data-consent]"))).catch(() => undefined)
  if (hamletChoice.value) form.elements["new-hamlet"].value = hamletChoice.value
  await drawAnswers()
}

/** What the answers given so far open up; likely duplicates are shown before anything is saved. */
async function drawAnswers() {
  const { drawAnswer } = await asking()
  const label = drawAnswer(form) === "given" ? form.elements.label.value : ""
  const alike = await likelyDuplicates({ hamlet_id: form.elements["new-hamlet"].value, label })
  put(find("[data-list=alike]"), alike.slice(0, 5).map(rowOf))
  find("[data-alike]").hidden = !alike.length
}

form.addEventListener("input", drawAnswers)
const fields = { label: form.elements.label, people_count: form.elements.people }
form.addEventListener("submit", (/** @type {SubmitEvent} */ event) => {
  event.preventDefault()
  once(form, register)
})
watch("household", fields)

/** @returns {Promise<boolean>} is it kept? */
async function register() {
  const { label, people } = form.elements
  fill(form, { not_saved: "" })
  try {
    const household = await registerHousehold({
      hamlet_id: form.elements["new-hamlet"].value,
      label: label.value,
      people_count: valueOf(people),
      consent: "not_asked",
      ...(await asking()).answerIn(form),
      draft: "new_household",
      isHeld: true,
    })
    tell([], fields)
    await goTo(`${form.dataset.next}#${household.id}`)
    return true
  } catch (error) {
    tellNotSaved(form, error, fields)
    return false
  }
}

addEventListener("pagehide", () => {
  if (find("#main").dataset.state === "list") sessionStorage.setItem("list", JSON.stringify({ shown, y: scrollY }))
})
find("[data-everywhere]").addEventListener("click", () => {
  hamletChoice.value = ""
  find("[name=order][value=hamlet]").checked = true
  questions.dispatchEvent(new Event("input"))
})

/** A new question starts again at the first page of the list. */
const ask = () => { shown = PAGE; drawList() }
questions.addEventListener("input", ask)
questions.addEventListener("submit", (/** @type {Event} */ event) => event.preventDefault())
find("[data-hear-legend]").addEventListener("click", async (/** @type {any} */ { currentTarget: button }) => (await import("./legend.js")).hearLegend(button))
find("[data-more]").addEventListener("click", () => { shown += PAGE; drawList() })

open(drawScreen)
