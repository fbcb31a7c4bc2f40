// @ts-check
// What belongs to the end of a visit: everything else that is due here, the leader's notes, how the family found it.

import { draft } from "../../service_worker/store.js"
import { markNoteDone, rateVisit, settleReturn } from "./around_visits.js"
import { takeBackNote, takeBackRating } from "./take_back.js"
import { isOpen, localDay } from "../../service_worker/rules.js"
import { copy, draw, fill, find, moment, place, put, say, today } from "./screen.js"

/** @typedef {Record<string, any>} Row */

/**
 * The returns to show in this house: those still open, and on the day of a visit also those that were due when it began
 * and whose service nobody has walked through since. Meeting the family settles them for tomorrow, not for now.
 * @param {string} household_id @param {Row[]} followUps @param {Row[]} runs
 */
export async function dueHere(household_id, followUps, runs) {
  const began = await draft(`due:${household_id}`)
  const atDoor = began?.day === today() ? began.open : []
  const done = new Set(runs.filter((run) => localDay(run.recorded_at) === today()).map((run) => run.service))
  const open = followUps.filter(isOpen)
  const known = new Set(open.map((f) => f.id))
  const settled = new Set(followUps.filter((f) => !isOpen(f) && f.settled_as !== "met").map((f) => f.id))
  return [...open, ...atDoor.filter((/** @type {any} */ f) =>
    f.service && f.due_from <= today() && !done.has(f.service) && !known.has(f.id) && !settled.has(f.id))]
}

/** @param {Row[]} notes */
export function drawNotes(notes) {
  put(find("[data-list=notes]"), notes.map((note) => {
    const row = copy("note", { text: note.text, when: say(note.done_at ? "note_done" : "note_written", { time: moment(note.done_at ?? note.written_at) }) })
    find("button", row).hidden = Boolean(note.done_at)
    find("button", row).value = note.id
    draw(find(".icon", row), note.done_at ? "check" : "pencil")
    return row
  }))
  find("[data-notes]").hidden = !notes.length
}

/** Three faces, once, on the day of the visit. The citizen taps. @param {Row[]} visits */
export async function drawRating(visits) {
  const met = visits.filter((v) => v.outcome === "met" && localDay(v.recorded_at) === today())
    .sort((a, b) => Date.parse(b.recorded_at) - Date.parse(a.recorded_at))[0]
  const rated = met && (await draft(`rated:${met.id}`))
  const section = find("[data-rating]")
  section.hidden = !met
  section.dataset.visit = met?.id ?? ""
  find("[data-hand-over]", section).hidden = Boolean(rated)
  fill(section, { thanks: rated ? say("rated") : "" })
}

/** So long a face that was tapped stays on the screen: a second tap meets nothing else. */
const FACE_MS = 500

/**
 * @param {(work: () => Promise<unknown>, control?: any, fields?: Record<string, any>) => Promise<void>} trying
 * @param {(done: {words: string, undo: () => Promise<unknown>}) => void} offer to take it back
 */
export function listen(trying, offer) {
  find("[data-list=notes]").addEventListener("click", (/** @type {any} */ event) => {
    const button = event.target.closest("button")
    const [home, note] = [place(), button?.value]
    if (button) trying(async () => {
      const id = await markNoteDone(home, note)
      offer({ words: say("noted"), undo: () => takeBackNote(home, note, id) })
    }, note)
  })
  const faces = find("[data-faces]")
  find("[data-hand-over]").addEventListener("click", () => faces.showModal())
  find(".faces", faces).addEventListener("click", (/** @type {any} */ event) => {
    const button = event.target.closest("button")
    if (!button) return
    const [home, visit] = [place(), find("[data-rating]").dataset.visit]
    trying(async () => {
      button.setAttribute("aria-pressed", "true")
      const id = await rateVisit(home, visit, Number(button.value))
      offer({ words: say("rated"), undo: () => takeBackRating(home, visit, id) })
      setTimeout(() => { faces.close(); button.removeAttribute("aria-pressed") }, FACE_MS)
    }, `faces ${visit}`)
  })
  find("[data-list=follow_ups]").addEventListener("submit", (/** @type {any} */ event) => {
    event.preventDefault()
    const why = event.target.elements.why
    if (event.submitter.value === "cancelled" && !why.value.trim()) {
      fill(why.closest(".field"), { problem: say("problem.no_reason") })
      return why.focus()
    }
    const row = JSON.parse(event.target.dataset.row)
    trying(() => settleReturn(row, event.submitter.value, why.value), row.id, { why })
  })
}
