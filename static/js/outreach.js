// @ts-check
// One session for many people (market day, hamlet meeting): tapped once, counted once, kept like everything else.

import { items } from "../../service_worker/waiting.js"
import { LIMITS } from "../../service_worker/limits.js"
import { MOST_TICKED } from "../../service_worker/shared.js"
import { all, draft, dropDraft, fact, keepDraft } from "../../service_worker/store.js"
import { keepSession } from "./around_visits.js"
import { once, tellNotSaved, watch } from "./problems.js"
import { hasIdNumber } from "../../service_worker/free_text.js"
import { finder, squeezed } from "../../service_worker/names.js"
import { currentLevel, isAlone } from "../../service_worker/rules.js"
import {
  copy, draw, fill, find, grouped, markLevel, moment, open, place, put, receipt, RECEIPT_ICONS, say, show,
} from "./screen.js"

/** @typedef {Record<string, any>} Row */
const KEY = "outreach"
const PAGE = 12
const MOST_PEOPLE = LIMITS.outreach_session.people_count.max ?? 0
const form = find("form")
const { hamlet, service, others, note } = form.elements
const search = find("#search")

/** @type {{hamlets: Row[], services: Row[], people: Row[], observations: Map<string, Row[]>}} */
let known
/** @type {Map<string, number>} member → level */
let ticked = new Map()
let shown = PAGE
let isFilled = false

async function drawScreen() {
  if (place() === "saved") return drawSaved()
  await read()
  if (!known.hamlets.length) return (await import("./nothing_yet.js")).showNothingYet()
  if (!isFilled) await restore()
  isFilled = true
  drawPeople()
  show("form")
}

async function read() {
  const [hamlets, households, members, observations, services] = await Promise.all([
    all("hamlets"), all("households"), all("members"), all("observations"), fact("services"),
  ])
  const doors = new Map(households.map((h) => [h.id, h]))
  const places = new Map(hamlets.map((h) => [h.id, h]))
  const people = members.flatMap((member) => {
    const door = doors.get(member.household_id)
    return door ? [{ ...member, door, at: places.get(door.hamlet_id), search: `${squeezed(member.label)} ${door.search}` }] : []
  })
  people.sort((a, b) => (a.at?.position ?? 0) - (b.at?.position ?? 0) || (a.door.code < b.door.code ? -1 : 1))
  hamlets.sort((a, b) => a.position - b.position)
  known = { hamlets, people, services: services ?? [], observations: grouped(observations, (o) => o.member_id) }
  if (hamlet.options.length) return
  hamlet.append(...hamlets.map((h) => new Option(h.name, h.id)))
  const first = (/** @type {any} */ s) => (s.core ? 0 : 1)
  service.append(...[...known.services].sort((a, b) => first(a) - first(b)).map((s) => new Option(s.name, s.slug)))
}

/** What a call or a kill interrupted comes back, also who was tapped. */
async function restore() {
  const before = await draft(KEY)
  ticked = new Map(before?.ticked ?? [])
  for (const name of ["hamlet", "service", "others", "note"]) if (before?.[name]) form.elements[name].value = before[name]
  for (const input of form.querySelectorAll("[name=place]")) input.checked = input.value === before?.place
}

const keepSoFar = () => Promise.all([
  keepDraft(KEY, { hamlet: hamlet.value, service: service.value, others: others.value, note: note.value, place: form.elements.place.value, ticked: [...ticked] }),
  keepDraft("unfinished", { key: KEY, address: location.href.split("#")[0], name: document.title.split(" · ")[0] }),
])

/** Those of the session's hamlet first, then the neighbours'. */
function drawPeople() {
  const matches = finder(search.value)
  const isOnlyTicked = form.elements.shown.value === "ticked"
  const rank = (/** @type {any} */ p) => (p.door.hamlet_id === hamlet.value ? 0 : 1)
  const found = known.people.filter((p) => matches(p.search) && (!isOnlyTicked || ticked.has(p.id))).sort((a, b) => rank(a) - rank(b))
  put(find("[data-list=people]"), found.slice(0, shown).map(personRow))
  find("[data-more]").hidden = found.length <= shown
  fill(form, {
    ticked: say("ticked", { count: ticked.size }),
    found: say("found", { count: found.length }),
    nobody: found.length ? "" : say(isOnlyTicked ? "nobody.ticked" : "nobody"),
  })
  drawTotal()
}

const drawTotal = () => fill(form, { total: say("total", { count: ticked.size + (Number(others.value) || 0) }) })

/** @param {Row} person */
function personRow(person) {
  const { door, at, id, label } = person
  const seen = (known.observations.get(id) ?? []).filter((o) => o.service === service.value)
  const level = currentLevel(/** @type {any} */ (seen))
  const row = copy("person", {
    name: label,
    about: [door.label || door.code, door.label && door.code, at?.name].filter(Boolean).join(" · "),
    hint: isAlone(level) && ticked.has(id) ? say("alone") : "",
  })
  markLevel(find(".level_mark", row), level)
  for (const input of row.querySelectorAll("input")) {
    input.value = id
    input.checked = ticked.get(id) === Number(input.dataset.level)
  }
  return row
}

/** @returns {[string, any]|null} the message of what is wrong, and where */
function problem() {
  const count = others.value === "" ? 0 : Number(others.value)
  if (!form.elements.place.value) return ["place", find("[name=place]")]
  if (!service.value) return ["service", service]
  if (!Number.isInteger(count) || count < 0 || ticked.size + count > MOST_PEOPLE || others.validity.badInput) return ["others", others]
  if (!ticked.size && !count) return ["people", search]
  if (ticked.size > MOST_TICKED) return ["too_many", search]
  return hasIdNumber(note.value) ? ["id_number", note] : null
}

form.addEventListener("submit", (/** @type {SubmitEvent} */ event) => {
  event.preventDefault()
  once(form, keepIt)
})
watch("outreach_session", { note })

/** @returns {Promise<boolean>} is it kept? */
async function keepIt() {
  const wrong = problem()
  const told = wrong && (say(`problem.${wrong[0]}`, { most: MOST_TICKED }) || say(`limit.${wrong[0]}`))
  fill(form, { not_saved: told ?? "" })
  if (wrong) {
    wrong[1].focus()
    return false
  }
  const came = known.people.filter((p) => ticked.has(p.id))
  try {
    await keepSession({
      hamlet_id: hamlet.value, place: form.elements.place.value, service: service.value, note: note.value,
      others: Number(others.value) || 0, draft: KEY,
      ticked: came.map((p) => ({ household_id: p.household_id, member_id: p.id, level: /** @type {number} */ (ticked.get(p.id)) })),
    })
    await dropDraft("unfinished")
    fill(document, { saved: say("saved", { service: service.selectedOptions[0].text, count: came.length + (Number(others.value) || 0), ticked: came.length }) })
    form.reset()
    find("#main").focus()
    isFilled = false
    location.hash = "saved"
    return true
  } catch (error) {
    tellNotSaved(form, error, { note })
    return false
  }
}

/** Sessions of this phone, with the server's receipt for each. */
async function drawSaved() {
  const sessions = (await items()).filter((item) => item.kind === "outreach_session").reverse()
  put(find("[data-list=sessions]"), sessions.map((item) => {
    const { state, text } = receipt(item)
    const row = copy("session", { what: moment(item.recorded_at), receipt: text })
    find(".receipt", row).dataset.state = state
    draw(find(".icon", row), RECEIPT_ICONS[state] ?? "own_phone")
    return row
  }))
  show("saved")
}

/** One tap a person; the other answer, or the same once more, takes it back. @param {any} input */
function tap(input) {
  if (input.checked) ticked.set(input.value, Number(input.dataset.level))
  else ticked.delete(input.value)
  const row = input.closest("fieldset")
  for (const other of row.querySelectorAll("input")) other.checked = other === input && input.checked
  fill(row, { hint: input.checked && isAlone(Number(find(".level_mark", row).dataset.level)) ? say("alone") : "" })
  fill(form, { ticked: say("ticked", { count: ticked.size }) })
}

form.addEventListener("input", (/** @type {Event} */ { target }) => {
  const field = /** @type {any} */ (target)
  if (field.name === "came") tap(field)
  if ([search, hamlet, service].includes(field) || field.name === "shown") { shown = PAGE; drawPeople() }
  drawTotal()
  if (field !== search && field.name !== "shown") keepSoFar()
})
search.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => { if (event.key === "Enter") event.preventDefault() })
find("[data-more]").addEventListener("click", () => { shown += PAGE; drawPeople() })

open(drawScreen)
