// @ts-check
// Walking through a guide. Each tap is kept on the phone at once; the run itself becomes the record.

import { draft, dropDraft, fact, get, keepDraft } from "../../service_worker/store.js"
import { hasIdNumber } from "./free_text.js"
import { nextQuestion, packOf, stepsOf } from "./guide_pack.js"
import { isNeeded, offerVoice, PARTS } from "./guide_view.js"
import { finishWalkThrough } from "./records.js"
import { fill, find, open, place, say, show, today } from "./screen.js"
import { hush } from "./speech.js"

/** @typedef {Record<string, any>} Row */
const [household_id, member_id, slug, visit_id] = place().split("/")
const key = `guide:${place()}`
const LONGEST_PAUSE_MS = 5 * 60_000
const SHORTEST_STEP_MS = 400
const form = find("form[data-when=summary]")

/** @type {Row} what was answered and marked so far */
let run
/** @type {Row} */
let pack
/** @type {Row[]} the steps on this way */
let steps
/** @type {Row} */
let who
let markedAt = 0
const way = () => ({ run, pack, steps, who })

async function begin() {
  if (!visit_id) return show("missing")
  if (pack) return key === `guide:${place()}` ? undefined : location.reload()
  const [household, member, before, usual] = await Promise.all([
    get("households", household_id), get("members", member_id), draft(key), fact("guide_language"),
  ])
  run = before ?? { phase: "prepare", language: usual ?? "vi", answers: {}, at: 0, marks: {}, teach_back: "skipped", minutes: 0, note: "", return_on: "" }
  run.last = Date.now()
  if (!household || !member) return show("missing")
  who = { household: household.label || household.code, member: member.label }
  find("[data-back]").hash = household_id
  await load(run.language)
}

/** @param {string} chosen language of the citizen */
async function load(chosen) {
  const found = await packOf(slug, chosen)
  if (!found) return show("missing")
  pack = found
  run.language = chosen
  find(`[name=language][value=${chosen}]`).checked = true
  go(run.phase)
}

/** Keep the run, counting only the minutes somebody was at it. */
function keep() {
  const now = Date.now()
  run.minutes += Math.min(now - run.last, LONGEST_PAUSE_MS) / 60_000
  run.last = now
  keepDraft(key, run)
  keepDraft("unfinished", { key, address: location.href, name: `${who.household}, ${pack.title.text}` })
}

/** Show a part of the player. @param {string} phase */
function go(phase) {
  hush()
  run.phase = phase
  steps = stepsOf(pack, run.answers)
  run.marks = Object.fromEntries(Object.entries(run.marks).filter(([step]) => steps.some((s) => s.key === step))) // of this way only
  fill(document, { heading: pack.title.text, about: who.member })
  PARTS[phase](way())
  show(phase)
  const part = find(`[data-when=${phase}]`)
  find("[tabindex='-1']:not([hidden])", part)?.focus({ preventScroll: true })
  scrollTo({ top: 0 })
  offerVoice(way(), part)
}

/** Move along the way; past the last step comes the teach-back. @param {number} by */
function move(by) {
  if (run.at + by < 0) return keep(), go("prepare")
  if (run.at + by >= steps.length) return keep(), go(pack.teach_back ? "teach_back" : "summary")
  run.at += by
  keep()
  go("step")
}

/** @param {string} selector @param {(button: any) => void} act */
const onTap = (selector, act) => find("#main").addEventListener("click", (/** @type {MouseEvent} */ event) => {
  const button = /** @type {HTMLElement} */ (event.target).closest(selector)
  if (button) act(button)
})

onTap("[data-list=options] button", (tile) => {
  run.answers[nextQuestion(pack, run.answers).key] = tile.value
  keep()
  go("prepare")
})
onTap("[data-list=answered] button", (button) => {
  delete run.answers[button.value]
  keep()
  go("prepare")
})
onTap("[data-begin]", () => { run.at = 0; keep(); go("step") })
onTap("[data-previous]", () => move(-1))
onTap("[data-following]", () => move(1))
onTap("[data-mark]", ({ dataset: { mark } }) => {
  if (Date.now() - markedAt < SHORTEST_STEP_MS) return // a trembling thumb taps twice
  markedAt = Date.now()
  if (mark === "stuck") { run.blocker = null; keep(); return go("stuck") }
  run.marks[steps[run.at].key] = mark
  move(1)
})
onTap("[data-later]", () => {
  run.blocker = steps[run.at].remedies?.[0]?.blocker ?? "other"
  keep()
  go("stuck")
})
onTap("[data-not-needed]", () => {
  run.marks[steps[run.at].key] = "help"
  keep()
  go("summary")
})
onTap("[data-again]", () => go("step"))
onTap("[data-stop]", () => {
  run.stuck_step = steps[run.at].key
  run.marks[run.stuck_step] = "stuck"
  keep()
  go("summary")
})
onTap("[data-teach]", ({ dataset: { teach } }) => { run.teach_back = teach; keep(); go("summary") })
onTap("[data-back-to-steps]", () => {
  if (run.stuck_step) delete run.marks[run.stuck_step]
  run.stuck_step = null
  run.teach_back = "skipped"
  keep()
  go("step")
})
find("[data-when=stuck]").addEventListener("input", (/** @type {any} */ event) => {
  run.blocker = event.target.value
  keep()
  PARTS.stuck(way())
})
find("[data-languages]").addEventListener("input", (/** @type {any} */ event) => load(event.target.value).then(keep))
form.addEventListener("input", () => {
  run.note = form.elements.note.value
  run.return_on = form.elements.return_on.value
  keep()
})

form.addEventListener("submit", async (/** @type {SubmitEvent} */ event) => {
  event.preventDefault()
  const { note, return_on } = form.elements
  const isPast = return_on.value && return_on.value < today()
  fill(note.parentElement, { problem: hasIdNumber(note.value) ? say("problem.id_number") : "" })
  fill(return_on.parentElement, { problem: isPast ? say("problem.return_on") : "" })
  if (hasIdNumber(note.value)) return note.focus()
  if (isPast) return return_on.focus()
  const save = find("[data-kind=main]", form)
  save.disabled = true
  try {
    await finishWalkThrough({
      household_id, visit_id, member_id, guide: slug, guide_version: pack.version, service: pack.service, marks: run.marks,
      is_needed: isNeeded(way()), teach_back: run.teach_back, stuck_step: run.stuck_step ?? null, blocker: run.stuck_step ? run.blocker : null,
      note: note.value.trim(), minutes: Math.min(600, Math.max(1, Math.round(run.minutes))), return_on: return_on.value || null, draft: key,
    })
    await dropDraft("unfinished")
    location.replace(`${form.dataset.next}#${household_id}`)
  } catch (error) {
    save.disabled = false
    fill(form, { not_saved: say(`not_saved.${/** @type {any} */ (error).cause ?? "storage"}`) })
  }
})

addEventListener("pagehide", hush)
open(begin)
