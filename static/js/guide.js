// @ts-check
// Walking through a guide. Each tap is kept on the phone at once; the run itself becomes the record.

import { by, draft, dropDraft, fact, get, keepDraft } from "../../service_worker/store.js"
import { nextQuestion, packOf, stepsOf } from "./guide_pack.js"
import { bodyOf, isNeeded, PARTS, tellReturn } from "./guide_view.js"
import { askTheMachine, offerVoices } from "./guide_voice.js"
import { goToInstead, loadAnew } from "./leave_page.js"
import { ownRechecks } from "./own_recheck.js"
import { levelOf } from "../../service_worker/rules.js"
import { LIMITS } from "../../service_worker/limits.js"
import { tellNotSaved, watch } from "./problems.js"
import { finishWalkThrough, knownOf } from "./records.js"
import { copy, fill, find, language, open, place, put, say, show, today } from "./screen.js"
import { hush } from "./speech.js"

/** @typedef {Record<string, any>} Row */
const isPractice = place().startsWith("practice/")
const [household_id, member_id, slug, visit_id] = isPractice ? ["", "", place().slice(9), ""] : place().split("/")
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
/** @type {Row} who helps near by: places of the commune, and its province for telephone numbers */
let near
let markedAt = 0
const way = () => ({ run, pack, steps, who, near })

const fresh = () => ({ phase: "prepare", answers: {}, at: 0, marks: {}, teach_back: "skipped", minutes: 0, note: "", return_on: "", last: Date.now() })

async function begin() {
  if (key !== `guide:${place()}`) return loadAnew()
  if (pack) return
  if (!place()) return choose()
  if (!isPractice && !visit_id) return show("missing")
  const [usual, me, facilities] = await Promise.all([fact("guide_language"), fact("me"), fact("facilities")])
  near = { facilities: facilities ?? [], province_code: me?.province_code }
  for (const mark of document.querySelectorAll("[data-practice]")) mark.toggleAttribute("hidden", !isPractice)
  for (const part of document.querySelectorAll("[data-real-run]")) part.toggleAttribute("hidden", isPractice)
  run = { ...fresh(), language: usual ?? "vi" }
  who = { household: say("practice"), member: "" }
  if (isPractice) find("[data-back]").href = location.pathname
  else if (!(await meet())) return goToInstead(`${form.dataset.next}#${household_id}`) // the card says why
  await load(run.language)
}

/** Whose house this is, and what was marked there before an interruption. */
async function meet() {
  const [household, member, before] = await Promise.all([get("households", household_id), get("members", member_id), draft(key)])
  if (!household || !member) return false
  const hamlet = await get("hamlets", household.hamlet_id)
  const isHere = (/** @type {any} */ f) => hamlet && `${f.name} ${f.place}`.includes(hamlet.name)
  near.facilities.sort((/** @type {any} */ a, /** @type {any} */ b) => Number(isHere(b)) - Number(isHere(a)))
  run = { ...run, ...before, last: Date.now() }
  who = { household: household.label || household.code, member: member.label, known: { seen: [], isCore: false } }
  find("[data-recheck]").hidden = !(await isOwnRecheck())
  find("[data-back]").hash = household_id
  return true
}

/** Is this a recheck of what the same volunteer taught this person? The visit has settled the return already. */
async function isOwnRecheck() {
  const [guides, followUps, observations] = await Promise.all([
    fact("guides"), by("follow_ups", "household_id", household_id), by("observations", "household_id", household_id),
  ])
  const service = guides?.find((/** @type {any} */ g) => g.slug === slug)?.service
  const own = await ownRechecks(followUps.filter((f) => f.service === service && f.due_from <= today()))
  return observations.some((o) => o.member_id === member_id && own.has(o.id))
}

/** Without a household: every guide, to be tried by the volunteer. */
async function choose() {
  const guides = (await fact("guides")) ?? []
  put(find("[data-list=guides]"), guides.map((/** @type {any} */ guide) => {
    const row = copy("practice", { title: guide.title[language] ?? guide.title.vi, minutes: say("minutes", { minutes: guide.minutes }) })
    row.firstElementChild.hash = `practice/${guide.slug}`
    return row
  }))
  find("[data-back]").href = find("[data-back]").href.replace(/[^/]+$/, "me")
  show(guides.length ? "choose" : "missing")
}

/** @param {string} chosen language of the citizen */
async function load(chosen) {
  const found = await packOf(slug, chosen)
  if (!found) return show("missing")
  pack = found
  if (!isPractice) who.known = await knownOf(household_id, member_id, pack.service)
  run.language = chosen
  offerLanguages((await fact("languages")) ?? {})
  const told = (await fact("languages"))?.languages.find((/** @type {any} */ l) => l.tag === chosen)
  find("#main").dataset.told = told?.written === false ? "spoken" : "written"
  const radio = find(`[name=language][value=${chosen}]`)
  if (!radio) return load("vi") // a language that this phone no longer keeps
  radio.checked = true
  const machine = askTheMachine(slug, chosen)
  go(run.phase)
  machine.then((speaks) => { if (speaks && run.language === chosen) offerVoices(way(), find(`[data-when=${run.phase}]`)) })
}

/**
 * Beside the languages of the app those that this phone keeps, each with what there is of this guide.
 * @param {Row} known
 */
function offerLanguages({ languages = [], packs = {} }) {
  const list = find("[data-languages]")
  for (const { tag, own } of languages) {
    if (!(tag in packs) || find(`[name=language][value=${tag}]`)) continue
    const voices = pack.steps.filter((/** @type {any} */ step) => `step.${slug}.${step.key}` in packs[tag].voices).length
    const offered = copy("language", { own, voices: say("voices", { voices, count: pack.steps.length }) })
    Object.assign(find("input", offered), { value: tag })
    find("[data-text=own]", offered).lang = tag
    list.append(offered)
  }
}

/** Keep the run, counting only the minutes somebody was at it. */
function keep() {
  const now = Date.now()
  run.minutes += Math.min(now - run.last, LONGEST_PAUSE_MS) / 60_000
  run.last = now
  if (isPractice) return // not a trace of it stays
  keepDraft(key, run)
  keepDraft("unfinished", { key, address: location.href, name: `${who.household}, ${pack.title.text}` })
}

/** Show a part of the player. @param {string} phase */
function go(phase) {
  hush()
  fill(document, { reported: "" })
  run.phase = phase
  steps = stepsOf(pack, run.answers)
  // of this way only
  run.marks = Object.fromEntries(Object.entries(run.marks).filter(([step]) => steps.some((s) => s.key === step)))
  fill(document, { heading: pack.title.text, about: who.member })
  PARTS[phase](way())
  if (phase === "step") offerToRecord()
  show(phase)
  const part = find(`[data-when=${phase}]`)
  find("[tabindex='-1']:not([hidden])", part)?.focus({ preventScroll: true })
  scrollTo({ top: 0 })
  offerVoices(way(), part)
}

/** To the recorder, where this phone knows a language in which the step can be said. */
async function offerToRecord() {
  const fold = find("[data-record-step]")
  const at = run.at
  fold.open = false
  fold.hidden = true
  const { recorders } = await import("./record_step.js")
  const rows = await recorders({ slug, key: steps[at].key, language: run.language }, place())
  if (at !== run.at) return
  put(find("[data-list=record]", fold), rows)
  fold.hidden = !rows.length
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
const fromTheFirstStep = () => { run.at = 0; keep(); go("step") }
onTap("[data-begin]", fromTheFirstStep)
onTap("[data-not-alone]", fromTheFirstStep)
onTap("[data-watch]", () => { keep(); go("watch") })
onTap("[data-all-alone]", () => {
  if (run.phase !== "watch" || Date.now() - markedAt < SHORTEST_STEP_MS) return
  run.marks = Object.fromEntries(steps.map((step) => [step.key, "alone"]))
  run.teach_back = "alone"
  keep()
  go("summary")
})
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
  run.at = Math.min(run.at, steps.length - 1)
  keep()
  go("step")
})
find("[data-when=stuck]").addEventListener("input", (/** @type {any} */ event) => {
  run.blocker = event.target.value
  keep()
  hush()
  PARTS.stuck(way())
  offerVoices(way(), event.currentTarget)
})
find("[data-languages]").addEventListener("input", (/** @type {any} */ event) => load(event.target.value).then(keep))
form.addEventListener("input", () => {
  run.note = form.elements.note.value
  run.return_on = form.elements.return_on.value
  keep()
  tellReturn(way())
})

onTap("[data-once-more]", () => { run = { ...fresh(), language: run.language }; go("prepare") })

onTap("[data-report-screen]", async () => {
  const { askWhatChanged } = await import("./screen_report.js")
  const where = { guide: slug, guide_version: pack.version, step: steps[run.at].key }
  askWhatChanged(find("[data-screen-report]"), where, () => fill(document, { reported: say("reported") }))
})

onTap("[data-word-list]", async () => {
  const { showWords } = await import("./word_list.js")
  await showWords(find("[data-words]"), way(), run.phase === "step" ? steps[run.at].words ?? [] : [])
  offerVoices(way(), find(`[data-when=${run.phase}]`))
})

/** The citizen's own phone goes on at this step, in this language. */
onTap("[data-hand-over]", async () => {
  const [{ showCode }, { handoverAddress }] = await Promise.all([import("./code_dialog.js"), import("./qr.js")])
  const step = run.phase === "step" ? pack.steps.findIndex((/** @type {any} */ s) => s.key === steps[run.at].key) + 1 : 0
  showCode(find("[data-dialog]"), handoverAddress(pack.number, step, run.language))
})

form.addEventListener("submit", async (/** @type {SubmitEvent} */ event) => {
  event.preventDefault()
  if (isPractice) return // nothing is kept, whatever key was pressed
  const { note, return_on } = form.elements
  const save = find("[data-kind=main]", form)
  save.disabled = true
  try {
    await finishWalkThrough({
      household_id, visit_id, member_id, guide: slug, guide_version: pack.version, service: pack.service,
      ...bodyOf(way()), note: note.value.trim(), draft: key,
      minutes: Math.min(LIMITS.walk_through.minutes.max ?? 0, Math.max(1, Math.round(run.minutes))),
    })
    await dropDraft("unfinished")
    const level = levelOf(run.marks, run.teach_back, isNeeded(way()))
    if (level !== null && level > 0) (await import("./ended.js")).noteEnd({ household_id, member_id, level })
    await goToInstead(`${form.dataset.next}#${household_id}`)
  } catch (error) {
    save.disabled = false
    tellNotSaved(form, error, { note, return_on })
  }
})

watch("walk_through", { note: form.elements.note, return_on: form.elements.return_on })
addEventListener("pagehide", hush)
open(begin)
