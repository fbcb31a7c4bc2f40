// @ts-check
// What each part of the guide player shows. It reads the run and changes nothing.

import { answered, applies, figuresOf, isDoubtful, nextQuestion, remediesOf } from "./guide_pack.js"
import { nowWithZone } from "../../service_worker/outbox.js"
import { levelOf, returnOfRun } from "../../service_worker/rules.js"
import { copy, date, draw, fill, find, markLevel, put, say, today } from "./screen.js"

/** @typedef {Record<string, any>} Row */
/**
 * A walk-through under way: what was answered and marked, the guide, the steps on this way, with whom, and where help
 * is.
 * @typedef {{run: Row, pack: Row, steps: Row[], who: Row, near: Row}} Way
 */

const messages = find("#messages").content

/** Does the guide end here for this household, and how? @param {Way} way */
export const isNeeded = ({ run, steps }) => !(steps.at(-1)?.ends === "not_needed" && steps.at(-1)?.key in run.marks)

/** Draws a part of the player, by its name. @type {Record<string, (way: Way) => void>} */
export const PARTS = { prepare, watch, step, stuck, teach_back, summary }

/**
 * Put a guide's text in its own language; one that has no translation says so.
 * @param {Way} way @param {ParentNode} root @param {Row} texts
 */
function tell({ run }, root, texts) {
  for (const [name, text] of Object.entries(texts)) {
    for (const place of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll(`[data-say=${name}]`))) {
      place.textContent = text.text
      place.lang = text.fallback ? "vi" : run.language
      place.toggleAttribute("data-fallback", Boolean(text.fallback))
      if (text.voice) place.setAttribute("data-voice", text.voice.url)
      else place.removeAttribute("data-voice")
    }
  }
}

/** @param {Way} way @param {Element} place @param {string} name */
function picture({ pack }, place, name) {
  const svg = new DOMParser().parseFromString(pack.pictures[name] ?? "<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml").documentElement
  svg.setAttribute("aria-hidden", "true")
  place.replaceChildren(document.importNode(svg, true))
}

/** A copy of a template with a guide's texts in it. @param {Way} way @param {string} id @param {Row} texts */
export function told(way, id, texts) {
  const element = copy(id)
  tell(way, element, texts)
  return element
}

/**
 * A copy of a template for something the guide claims: its words, the doubt about it, and what it rests on.
 * @param {Way} way @param {string} id @param {Row} claim
 */
function claimed(way, id, claim) {
  const item = told(way, id, { text: claim.text, doubt: way.pack.doubt })
  find("[data-say=doubt]", item).hidden = !isDoubtful(claim, today())
  const why = item.querySelector("details")
  if (why) {
    why.hidden = !claim.about
    fill(why, { about: claim.about ?? "" })
  }
  return item
}

/** @param {Way} way */
function prepare(way) {
  const { run, pack } = way
  const part = find("[data-when=prepare]")
  const question = nextQuestion(pack, run.answers)
  picture(way, find("[data-picture]", part), pack.picture)
  tell(way, part, { summary: pack.summary, question: question?.question ?? { text: "" } })
  find("[data-amber]").hidden = today() < pack.amber_from
  fill(part, { amber: say("amber", { day: date(pack.written_on) }), made_from: pack.made_from })
  // heard before the first question
  find("[data-say=summary]", part).toggleAttribute("data-quiet", Object.keys(run.answers).length > 0)
  find("[data-question]").hidden = !question
  find("[data-ready]").hidden = Boolean(question)
  find("[data-watch]").hidden = way.steps.some((s) => ["later", "not_needed"].includes(s.ends))
  put(find("[data-list=options]"), (question?.options ?? []).map((/** @type {any} */ option) => {
    const tile = copy("option")
    tell(way, tile, { label: option.label })
    picture(way, tile.firstElementChild, option.picture)
    tile.value = option.key
    return tile
  }))
  put(find("[data-list=warnings]"), pack.warnings.map((/** @type {any} */ w) => claimed(way, "warning", w)))
  put(find("[data-list=prepare]"), (pack.prepare ?? []).filter((/** @type {any} */ p) => applies(p, run.answers)).map((/** @type {any} */ thing) => {
    const tile = claimed(way, "thing", thing)
    picture(way, tile.firstElementChild, thing.picture)
    return tile
  }))
  put(find("[data-list=answered]"), answered(pack, run.answers).map((situation) => {
    const chosen = situation.options.find((/** @type {any} */ o) => o.key === run.answers[situation.key])
    const row = told(way, "answered", { label: chosen.label })
    picture(way, find(".picture", row), chosen.picture)
    find("button", row).value = situation.key
    return row
  }))
}

/** Everything that is to be done, for who does it all while somebody only watches. @param {Way} way */
function watch(way) {
  const { steps, who } = way
  fill(find("[data-when=watch]"), { watched: say("watched", { who: who.member, count: steps.length }).replace(/^: /, "") })
  put(find("[data-list=watched]"), steps.map((s, i) => {
    const row = told(way, "again", { action: s.action })
    fill(row, { number: i + 1 })
    return row
  }))
}

/** @param {Way} way */
function step(way) {
  const { run, pack, steps, who } = way
  const part = find("[data-when=step]")
  const now = steps[run.at]
  fill(document, { about: say("step", { who: who.member, number: run.at + 1, count: steps.length }).replace(/^ · /, "") })
  Object.assign(find("progress", part), { max: steps.length, value: run.at + 1 })
  find("[data-private]").hidden = !now.private
  picture(way, find("[data-picture]", part), now.picture)
  tell(way, part, { action: now.action, explanation: now.explanation })
  tell(way, find("[data-doubt]", part), { doubt: pack.doubt })
  fill(part, { button: now.button })
  find("[data-real]").hidden = !now.button
  find("[data-check]", part).hidden = !isDoubtful(now, today())
  find("[data-step-why]", part).hidden = !now.about
  fill(find("[data-step-why]", part), { about: now.about ?? "" })
  put(find("[data-list=flags]"), now.flags.filter((/** @type {string} */ f) => f !== "offline_possible").map((/** @type {string} */ flag) => {
    const row = copy("flag", { flag: say(`flag.${flag}`) })
    draw(row.firstElementChild, flag === "signal" ? "signal_at_home" : flag)
    return row
  }))
  put(find("[data-list=figures]"), figuresOf(pack, now, run.answers, today()).map((f) => claimed(way, "figure", f)))
  for (const button of part.querySelectorAll("[data-mark]")) button.setAttribute("aria-pressed", String(run.marks[now.key] === button.dataset.mark))
  find("[data-following]").disabled = !run.marks[now.key]
  find(".answers", part).hidden = now.ends === "later" || now.ends === "not_needed"
  find("[data-later]").hidden = now.ends !== "later"
  find("[data-not-needed]").hidden = now.ends !== "not_needed"
}

/** @param {Way} way */
function stuck(way) {
  const { run, pack, steps } = way
  const remedies = remediesOf(pack, steps[run.at])
  const known = [...new Set(remedies.map((r) => r.blocker))]
  const pictures = Object.fromEntries(Array.from(messages.querySelectorAll("[data-key^='blocker.']"), (p) => [p.dataset.key.slice(8), p.dataset.picture]))
  const blockers = Object.keys(pictures)
  const others = blockers.filter((b) => !known.includes(b))
  const row = (/** @type {string} */ blocker) => {
    const item = copy("blocker", { blocker: say(`blocker.${blocker}`) })
    const isChosen = run.blocker === blocker
    picture(way, find(".picture", item), pictures[blocker])
    find("input", item).value = blocker
    find("input", item).toggleAttribute("checked", isChosen)
    put(find("ul", item), isChosen ? remedies.filter((r) => r.blocker === blocker).map((r) => remedyRow(way, r)) : [])
    return item
  }
  put(find("[data-list=blockers]"), known.map(row))
  put(find("[data-list=other_blockers]"), others.map(row))
  find("[data-other]").open = others.includes(run.blocker)
  put(find("[data-list=hotlines]"), hotlines(way).map((hotline) => phoneLink(hotline.dataset.number, hotline.textContent?.trim())))
  find("[data-stop]").disabled = !run.blocker
  find("[name=blocker]:checked")?.focus()
}

/** Numbers that answer in this province. @param {Way} way @returns {any[]} */
const hotlines = ({ near }) => Array.from(messages.querySelectorAll("[data-key^='hotline.']"))
  .filter((p) => !p.dataset.province || p.dataset.province === near.province_code)

/** @param {string} number @param {string|null} name */
function phoneLink(number, name) {
  const row = copy("phone", { call: say("call", { number, name }) })
  row.firstElementChild.href = `tel:${number.replaceAll(" ", "")}`
  return row
}

/** What helps, where to go in this commune, and whom to call. @param {Way} way @param {Row} remedy */
function remedyRow(way, remedy) {
  const item = claimed(way, "remedy", remedy)
  const places = way.near.facilities.filter((/** @type {any} */ f) => f.kind === remedy.facility)
  const hotline = hotlines(way).find((p) => p.dataset.key === `hotline.${remedy.hotline}`)
  fill(item, { where: remedy.facility ? say("at", { place: say(`facility.${remedy.facility}`) }) : "" })
  put(find("[data-list=places]", item), places.map((/** @type {any} */ f) =>
    copy("place", { name: f.name, about: [f.place, f.hours].filter(Boolean).join(" · ") })))
  const numbers = places.filter((/** @type {any} */ f) => f.phone).map((/** @type {any} */ f) => phoneLink(f.phone, f.name))
  put(find("[data-list=phones]", item), hotline ? [...numbers, phoneLink(hotline.dataset.number, hotline.textContent?.trim())] : numbers)
  return item
}

/** @param {Way} way */
function teach_back(way) {
  const { pack, steps } = way
  tell(way, document, { ask: pack.teach_back.ask })
  const again = steps.filter((s) => pack.teach_back.steps.includes(s.key))
  put(find("[data-list=again]"), again.map((s, i) => {
    const row = told(way, "again", { action: s.action })
    fill(row, { number: i + 1 })
    return row
  }))
}

/**
 * The run as it will be recorded.
 * @param {Way} way
 */
export const bodyOf = (way) => ({
  marks: way.run.marks, teach_back: way.run.teach_back, is_needed: isNeeded(way), stuck_step: way.run.stuck_step ?? null,
  blocker: way.run.stuck_step ? way.run.blocker : null, return_on: way.run.return_on || null,
})

/** When somebody comes again: what is told here is what is kept. @param {Way} way */
export function tellReturn(way) {
  const follows = returnOfRun(bodyOf(way), nowWithZone(), way.who.known ?? { seen: [], isCore: false })
  fill(find("form[data-when=summary]"), {
    follows: follows ? say(`follows.${follows.reason}`, { from: date(follows.due_from), to: date(follows.due_to) }) : "",
  })
}

/** @param {Way} way */
function summary(way) {
  const { run, steps, who } = way
  const form = find("form[data-when=summary]")
  const isStuck = Boolean(run.stuck_step)
  const level = levelOf(run.marks, run.teach_back, isNeeded(way))
  const mark = find("[data-level]", form)
  mark.hidden = level === null
  if (level !== null) markLevel(mark.firstElementChild, level)
  fill(form, {
    who: [who.household, who.member].filter(Boolean).join(" · "),
    basis: say(`basis.${level}`, { reason: say(`blocker.${run.blocker}`) }),
    minutes: say("minutes", { minutes: Math.max(1, Math.round(run.minutes)) }),
  })
  put(find("[data-list=marks]"), steps.filter((s) => s.key in run.marks).map((s, i) => {
    const row = told(way, "mark", { action: s.action })
    fill(row, { number: i + 1, mark: say(`mark.${run.marks[s.key]}`) })
    draw(find(".icon", row), run.marks[s.key])
    find(".marked", row).dataset.mark = run.marks[s.key]
    return row
  }))
  const given = Object.values(run.marks)
  put(find("[data-list=counts]"), ["alone", "help", "did", "stuck"].filter((m) => given.includes(m)).map((m) => {
    const chip = copy("count", { count: say("count", { mark: say(`mark.${m}`), count: given.filter((g) => g === m).length }) })
    chip.dataset.mark = m
    draw(chip.firstElementChild, m)
    return chip
  }))
  find("[data-return]").hidden = !isStuck
  form.elements.note.value = run.note
  form.elements.return_on.value = run.return_on
  tellReturn(way)
}
