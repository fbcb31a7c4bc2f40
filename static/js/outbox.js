// @ts-check
// The outbox: what was recorded on this phone, and what the server has of it. Three numbers that must add up.

import { WAYS_ON } from "../../service_worker/shared.js"
import { faultsIn } from "./mend.js"
import { retry } from "../../service_worker/outbox.js"
import { counts, items } from "../../service_worker/waiting.js"
import { all, fact } from "../../service_worker/store.js"
import { size } from "./amounts.js"
import { deliver } from "./deliver.js"
import { localDay } from "../../service_worker/rules.js"
import { ago, copy, daysBetween, draw, fill, find, moment, open, place, put, say, show, today } from "./screen.js"

/** @typedef {Record<string, any>} Row */
const URGENCY = ["parked", "ready", "held", "mended", "received"]
const TOO_OLD_DAYS = 3
const TONES = { parked: "clay", received: "leaf", ready: "sun", held: "sun" }

async function drawScreen() {
  const [list, figures, households, last, trouble, cleared, isUnsigned] = await Promise.all([
    items(), counts(), all("households"), fact("last_success_at"), fact("last_error"), fact("cleared"), fact("cannot_sign"),
  ])
  const names = new Map(households.map((h) => [h.id, h.label || h.code]))
  const ours = (await fact("me"))?.person_id
  const chosen = list.find(({ id, state }) => id === place() && state === "parked")
  if (chosen) return (await import("./mend.js")).drawMending(chosen, wordsOf(chosen, names))
  fill(document, { last: last ? say("last", { time: moment(last) }) : say("never") })
  fill(find(".figures"), { made: String(figures.made), received: String(figures.received), help: String(figures.help) })
  if (figures.help) find("[data-help]").dataset.tone = "clay"
  else delete find("[data-help]").dataset.tone
  const sorted = list.sort((a, b) => URGENCY.indexOf(a.state) - URGENCY.indexOf(b.state) || b.seq - a.seq)
  put(find("[data-list=items]"), sorted.map((item) => rowOf(item, names, ours)))
  find("[data-list=items]").hidden = !list.length
  find("[data-none]").hidden = list.length > 0
  if (["offline", "busy"].includes(find("[data-answer]").dataset.said) && !trouble) await tellWork() // it went by itself meanwhile
  if (trouble === "revoked" || (trouble === "signed_out" && figures.waiting)) tellAnswer(trouble, "clay")
  find("[data-unsigned]").hidden = !isUnsigned
  find("[data-cleared]").hidden = !cleared
  if (cleared) fill(document, { cleared: say("cleared", { count: cleared.made, time: moment(cleared.at) }) })
  const refused = (await fact("refused_photos")) ?? []
  if (refused.length) await import("./refused_photos.js").then((photos) => photos.drawRefused(refused))
  drawFile(figures.oldest)
  await drawStorage()
  show("ready")
}

/** A copy outside this phone, asked for plainly once something has waited for days. @param {string|undefined} since */
function drawFile(since) {
  const oldest = since && localDay(since)
  const isOld = oldest !== undefined && daysBetween(oldest, today()) >= TOO_OLD_DAYS
  const section = find("[data-copy]")
  section.hidden = !oldest
  if (isOld) section.dataset.tone = "sun"
  else delete section.dataset.tone
  fill(section, { old: isOld ? say("old", { ago: ago(oldest) }) : "" })
}

/** @param {Row} item */
const householdOf = ({ about, body, mends, id }) => about ?? body?.household_id ?? mends ?? id

/** @param {Row} item @param {Map<string, string>} names */
const wordsOf = (item, names) => ({
  what: say(`kind.${item.kind ?? "sealed"}`),
  who: names.get(householdOf(item)),
  when: say("when", { time: moment(item.recorded_at), ago: ago(localDay(item.recorded_at)), size: size(item.bytes) }),
})

/** @param {Row} item @param {Map<string, string>} names @param {string} [ours] who is here */
function rowOf(item, names, ours) {
  const household_id = householdOf(item)
  const canMend = item.state === "parked" && item.person_id === ours && faultsIn(item).length > 0
  const row = copy("item", {
    ...wordsOf(item, names),
    state: say(`state.${item.state}`),
    reason: item.reason?.text || (item.reason ? say("reason.refused") : ""),
    receipt: item.receipt ? say("receipt", { time: moment(item.receipt.at), code: item.receipt.code }) : "",
  })
  row.dataset.about = item.id
  row.dataset.state = item.state
  find(".badge", row).dataset.tone = TONES[/** @type {keyof typeof TONES} */ (item.state)]
  draw(find(".icon", row), { parked: "warning", received: "check" }[/** @type {string} */ (item.state)] ?? "clock")
  const again = find("[data-retry]", row)
  const way = WAYS_ON[item.reason?.code ?? ""] ?? "wait"
  again.hidden = !["parked", "held"].includes(item.state) || ["anew", "choice", "nobody"].includes(way)
  fill(row, { way: item.state === "parked" ? say(`way.${canMend ? "mend" : way}`) : "" })
  const mend = find("[data-mend]", row)
  mend.hidden = !canMend
  mend.hash = item.id
  again.value = item.id
  const alone = find("[data-save-one]", row)
  alone.hidden = ["received", "mended"].includes(item.state)
  alone.value = item.id
  const see = find("[data-see]", row)
  see.hidden = item.state !== "parked" || !names.has(household_id)
  see.hash = household_id
  return row
}

async function drawStorage() {
  const isKept = await navigator.storage?.persisted?.()
  const space = await navigator.storage?.estimate?.()
  fill(document, {
    kept: say(isKept === undefined ? "kept.unknown" : isKept ? "kept.yes" : "kept.no"),
    space: space?.quota ? say("space", { used: size(space.usage ?? 0), free: size(space.quota - (space.usage ?? 0)) }) : "",
  })
  const { hasBallast } = await import("../../service_worker/room.js")
  fill(document, { reserve: space && !(await hasBallast()) ? say("no_reserve") : "" })
  find("[data-persist]").hidden = isKept !== false
}

/** @param {string} error @param {string} tone @param {Record<string, number>} [values] */
function tellAnswer(error, tone, values = {}) {
  const place = find("[data-answer]")
  place.hidden = false
  place.dataset.tone = tone
  place.dataset.said = error
  fill(place, { answer: say(`sync.${error}`, values) })
  find("[data-sign-in]").hidden = error !== "signed_out"
}

/** How the work stands, not how the attempt went: received, waits, or needs somebody. */
async function tellWork() {
  const { waiting, help } = await counts()
  tellAnswer(help ? "help" : waiting ? "waits" : "done", help ? "clay" : waiting ? "sun" : "leaf", { help, waiting })
}

async function send() {
  const button = find("[data-send]")
  button.disabled = true
  tellAnswer("busy_now", "sun")
  const { error } = await deliver({ eager: true }).catch(() => ({ error: "busy" }))
  button.disabled = false
  if (error) return tellAnswer(error, error === "signed_out" ? "clay" : "sun")
  await tellWork()
}

/** @param {string} [only] id of one item */
async function save(only) {
  const told = await import("./outbox_file.js").then((file) => file.saveToFile(only)).then(() => "file_saved", (error) =>
    error.name === "AbortError" ? "" : "file_failed")
  if (told) tellAnswer(told, told === "file_saved" ? "leaf" : "clay")
}

find("[data-save]").addEventListener("click", () => save())
find("[data-send]").addEventListener("click", send)
find("[data-list=items]").addEventListener("click", async (/** @type {MouseEvent} */ event) => {
  const target = /** @type {any} */ (event.target)
  const alone = target.closest("[data-save-one]")
  if (alone) return save(alone.value)
  const again = target.closest("[data-retry]")
  if (!again) return
  await retry(again.value)
  await send()
})
find("[data-persist]").addEventListener("click", async () => {
  const isKept = await navigator.storage.persist()
  await drawStorage()
  if (!isKept) fill(document, { kept: say("kept.refused") })
})

open(drawScreen)
