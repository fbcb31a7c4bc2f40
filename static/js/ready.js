// @ts-check
// Ready for the field? Each thing a day without a network needs is really tried, and is good or says what to do.

import { isClockBack, isOff } from "../../service_worker/clock.js"
import { keptLanguages, languagePack, voicesHere } from "../../service_worker/languages.js"
import { counts } from "../../service_worker/waiting.js"
import { hasBallast, isWritable } from "../../service_worker/room.js"
import { all, fact } from "../../service_worker/store.js"
import { duration } from "./amounts.js"
import { deliver } from "./deliver.js"
import { localDay } from "../../service_worker/rules.js"
import { ago, daysBetween, draw, fill, find, moment, open, say, show, today } from "./screen.js"
import { voiceFor } from "./speech.js"

/** @typedef {Record<string, any>} Row */
/** @typedef {[tone: "leaf"|"sun"|"clay", state: string, said?: Row]} Finding */
const OLD_LIST_DAYS = 3
const OLD_ENTRY_DAYS = 3
const PATIENCE_MS = 3000
const ICONS = { leaf: "check", sun: "warning", clay: "cross" }

/** @type {Record<string, () => Promise<Finding>>} */
const CHECKS = {
  async list() {
    const [me, isComplete, households, asOf] = await Promise.all([fact("me"), fact("is_complete"), all("households"), fact("as_of")])
    const said = { count: households.length, time: asOf && moment(asOf) }
    if (!me) return ["clay", "nobody"]
    if (!isComplete || (await fact("download"))) return ["clay", "partial", said]
    return daysBetween(localDay(asOf), today()) >= OLD_LIST_DAYS ? ["sun", "old", said] : ["leaf", "good", said]
  },

  async map() {
    const [hamlets, places] = await Promise.all([all("hamlets"), fact("facilities")])
    const names = (/** @type {Row[]} */ list) => list.map((h) => h.name).join(", ")
    const over = hamlets.filter((h) => h.assignment && h.assignment.last_day < today())
    const mine = hamlets.filter((h) => h.assignment)
    if (!hamlets.length) return ["clay", "none"]
    if (over.length) return ["sun", "over", { hamlets: names(over) }]
    return ["leaf", "good", { hamlets: names(mine.length ? mine : hamlets), places: places?.length ?? 0 }]
  },

  async guides() {
    const [guides, language] = await Promise.all([fact("guides"), fact("guide_language")])
    const packs = (guides ?? []).flatMap((/** @type {any} */ g) => [...new Set(["vi", language === "en" ? "en" : "vi"])].map((l) => `/guides/packs/${g.slug}.${l}.json`))
    const here = await Promise.all([...packs, "/guides/packs/pictures.json"].map(isReadable))
    const missing = here.filter((is) => !is).length
    return missing || !guides?.length ? ["clay", "missing", { count: missing }] : ["leaf", "good", { count: guides.length }]
  },

  async audio() {
    const tags = new Set([(await fact("guide_language")) ?? "vi", ...(await keptLanguages())])
    const sums = await Promise.all([...tags].map(async (tag) => {
      const { here, count } = await voicesHere(await languagePack(tag))
      return [here, count, (await voiceFor(tag))?.localService ? 1 : 0]
    }))
    const [count, all_, spoken] = [0, 1, 2].map((i) => sums.reduce((sum, one) => sum + one[i], 0))
    if (count < all_) return ["sun", "some", { count, all: all_ }]
    if (all_) return ["leaf", "good", { all: all_ }]
    return spoken ? ["leaf", "phone"] : ["sun", "none"]
  },

  async storage() {
    if (!(await isWritable())) return ["clay", "full"]
    if (!(await hasBallast())) return ["sun", "low"]
    return (await navigator.storage?.persisted?.()) ? ["leaf", "good"] : ["sun", "not_kept"]
  },

  async clock() {
    const [offset, contact] = await Promise.all([fact("clock_offset"), fact("contact_at")])
    if (offset === undefined) return ["sun", "unknown"]
    if (isClockBack(contact)) return ["clay", "back"]
    if (isOff(offset)) return ["clay", "off", { amount: duration(Math.abs(offset)) }]
    return new Date().getTimezoneOffset() === -420 ? ["leaf", "good"] : ["sun", "zone"]
  },

  async unsent() {
    const { waiting, help, oldest } = await counts()
    if (help) return ["sun", "help", { count: help }]
    if (!waiting) return ["leaf", "good"]
    const day = localDay(oldest ?? new Date())
    return ["sun", daysBetween(day, today()) >= OLD_ENTRY_DAYS ? "old" : "some", { count: waiting, ago: ago(day) }]
  },

  async app() {
    const [registration, version] = await Promise.all([navigator.serviceWorker?.getRegistration(), fact("app_build")])
    const isKept = registration?.active && (await askWorker(registration.active))
    if (!isKept) return ["clay", "none"]
    return [registration.waiting ? "sun" : "leaf", registration.waiting ? "new" : "good", { version }]
  },
}

/** Is it kept on this phone, and whole? @param {string} address */
const isReadable = async (address) => {
  const kept = await caches.match(address)
  return Boolean(kept && (await kept.json().catch(() => null)))
}

/** Does the worker hold every file of its version? @param {ServiceWorker} worker @returns {Promise<boolean>} */
const askWorker = (worker) => new Promise((resolve) => {
  const { port1, port2 } = new MessageChannel()
  port1.onmessage = (event) => resolve(event.data)
  setTimeout(() => resolve(false), PATIENCE_MS)
  worker.postMessage("is it whole?", [port2])
})

/** @param {string} name */
async function look(name) {
  /** @type {Finding} */
  const [tone, state, said] = await CHECKS[name]()
  const row = find(`[data-check=${name}]`)
  row.dataset.tone = find(".badge", row).dataset.tone = tone
  draw(find(".badge .icon", row), ICONS[tone])
  fill(row, { said: say(`${name}.${state}`, said), word: say(`word.${tone}`) })
  for (const act of row.querySelectorAll("[data-act]")) act.hidden = !act.dataset.act.split(" ").includes(state)
  return tone
}

async function drawScreen() {
  const tones = await Promise.all(Object.keys(CHECKS).map(look))
  const tone = ["clay", "sun"].find((t) => tones.includes(/** @type {any} */ (t))) ?? "leaf"
  const verdict = find("[data-verdict]")
  verdict.dataset.tone = tone === "clay" ? "clay" : "leaf"
  draw(find(".icon", verdict), tone === "clay" ? "cross" : "check")
  fill(verdict, { verdict: say(`verdict.${tone}`, { count: tones.filter((t) => t === tone).length }) })
  show("ready")
}

/** Fetch the news where there is a network, then look again. */
async function lookAgain() {
  const buttons = document.querySelectorAll("[data-fetch]")
  for (const button of buttons) button.toggleAttribute("disabled", true)
  fill(document, { advice: say("advice.busy") })
  const { error } = await deliver({ eager: true }).catch(() => ({ error: "offline" }))
  for (const button of buttons) button.toggleAttribute("disabled", false)
  fill(document, { advice: error === "offline" ? say("advice.offline") : "" })
  await drawScreen()
}

for (const button of document.querySelectorAll("[data-fetch]")) button.addEventListener("click", lookAgain)
find("[data-persist]").addEventListener("click", async () => {
  const isKept = await navigator.storage.persist()
  await drawScreen()
  fill(document, { advice: isKept ? "" : say("advice.refused") })
})

open(drawScreen)
