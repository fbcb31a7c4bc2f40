// @ts-check
// The hamlets on this phone as a mosaic and as a table: counted from the phone's own store, so it needs no network.

import { counts } from "../../service_worker/waiting.js"
import { all, fact } from "../../service_worker/store.js"
import { drawDownload } from "./download.js"
import {
  classOf, coreOf, isIndependent, isQuiet, levelsByService, localDay, rounded,
} from "../../service_worker/rules.js"
import {
  ago, copy, date, daysBetween, fill, find, grouped, language, moment, open, put, say, show, today,
} from "./screen.js"

/** @typedef {Record<string, any>} Row */
/**
 * @typedef {{state: string, rank: number, number: string, note: string}} Reading what a hamlet shows; rank: by which its class is found
 */
const whole = new Intl.NumberFormat(language)

async function drawScreen() {
  const [hamlets, households, observations, services, asOf, waits] = await Promise.all([
    all("hamlets"), all("households"), all("observations"), fact("services"), fact("as_of"), counts(),
  ])
  if (!hamlets.length) return (await import("./nothing_yet.js")).showNothingYet()
  const counted = count(hamlets, households, observations, coreOf(services))
  const measure = find("[name=measure]:checked").value
  const readings = counted.map((one) => READ[measure](one))
  const scale = find(`[data-scale=${measure}]`)
  const starts = scale.dataset.starts.split(" ").map(Number)
  drawTiles(counted, readings, starts)
  drawTable(counted, readings)
  for (const one of document.querySelectorAll("[data-scale]")) one.toggleAttribute("hidden", one !== scale)
  scale.querySelector("[data-unknown]")?.toggleAttribute("hidden", readings.every((r) => r.state !== "no_denominator"))
  find(".coverage").dataset.hue = HUES[measure] ?? "ink"
  fill(document, {
    ...wholeOf(counted, measure),
    as_of: asOf ? say("as_of", { time: moment(asOf) }) : "",
    unsent: waits.waiting ? say("unsent", { count: waits.waiting }) : "",
    measure: say(`measure.${measure}`),
  })
  await drawDownload()
  show("ready")
}

/**
 * What the phone knows of each hamlet: households met and independent, the day of the last visit; what has left the
 * phone counts still.
 * @param {Row[]} hamlets @param {Row[]} households @param {Row[]} observations @param {string[]} core
 */
function count(hamlets, households, observations, core) {
  const of = grouped(households, (h) => h.hamlet_id)
  const seen = grouped(observations, (o) => o.household_id)
  const isHere = new Set(households.map((h) => h.id))
  return hamlets.sort((a, b) => a.position - b.position).map((hamlet) => {
    const here = (of.get(hamlet.id) ?? []).map((h) => ({
      is_met: h.is_met,
      is_independent: h.is_met && isIndependent(levelsByService(seen.get(h.id) ?? []), core),
      last_visit_on: h.last_visit_at && localDay(h.last_visit_at),
    }))
    const all = [...here, ...(hamlet.closed ?? []).filter((/** @type {any} */ one) => !isHere.has(one.id))]
    const met = all.filter((h) => h.is_met)
    const days = all.flatMap((h) => h.last_visit_on ?? []).sort()
    return { hamlet, official: hamlet.household_count, coverage: met.length, independent: met.filter((h) => h.is_independent).length, last: days.at(-1) }
  })
}

/** A part of the official households. @param {number} part @param {number|null} official @returns {Reading} */
function share(part, official) {
  if (!official) return { state: "no_denominator", rank: -1, number: "?", note: part ? say("part.unknown", { part: whole.format(part) }) : say("unknown") }
  const percent = rounded((100 * part) / official)
  const note = say("part", { part: whole.format(part), whole: whole.format(official) })
  return { state: "known", rank: percent, number: `${whole.format(percent)} %`, note }
}

/** @type {Record<string, string>} */
const HUES = { independent: "leaf", staleness: "clay" }

/** @type {Record<string, (one: Row) => Reading>} */
const READ = {
  coverage: ({ coverage, official }) => share(coverage, official),
  independent: ({ independent, official }) => share(independent, official),
  staleness({ last }) {
    if (!last) return { state: "never", rank: Infinity, number: say("never"), note: say("not_yet") }
    const days = daysBetween(last, today())
    return { state: "known", rank: days, number: whole.format(days), note: date(last) }
  },
}

/** @param {Row[]} counted @param {string} measure */
function wholeOf(counted, measure) {
  if (measure === "staleness") {
    const quiet = counted.filter(({ last }) => isQuiet(last, today()))
    return { whole: whole.format(quiet.length), whole_of: say("whole.staleness", { count: counted.length }) }
  }
  const isKnown = counted.every(({ official }) => official)
  const official = counted.reduce((sum, one) => sum + one.official, 0)
  return {
    whole: whole.format(counted.reduce((sum, one) => sum + one[measure], 0)),
    whole_of: say(`whole.${measure}${isKnown ? "" : ".unknown"}`, { count: whole.format(official) }),
  }
}

/** @param {Row[]} counted @param {Reading[]} readings @param {number[]} starts */
function drawTiles(counted, readings, starts) {
  put(find("[data-list=tiles]"), counted.map(({ hamlet }, i) => {
    const { state, rank, number, note } = readings[i]
    const tile = copy("tile", { name: hamlet.name, number, note })
    const link = find("a", tile)
    link.hash = hamlet.id
    link.dataset.state = state
    const its_class = state === "no_denominator" ? 0 : classOf(rank, starts)
    if (its_class) find("rect", tile).setAttribute("fill", `url(#weave-${its_class})`)
    return tile
  }))
}

/** @param {Row[]} counted @param {Reading[]} readings */
function drawTable(counted, readings) {
  const sources = counted.map(({ hamlet, official }) => official ? [hamlet.household_count_source, hamlet.household_count_date && date(hamlet.household_count_date)].filter(Boolean).join(", ") : say("not_known"))
  const isOne = new Set(sources).size === 1 && counted[0].official
  fill(document, { told_once: isOne ? say("told_once", { source: sources[0] }) : "" })
  put(find("[data-list=rows]"), counted.map(({ hamlet, official, last }, i) => {
    const { number, note } = readings[i]
    const row = find("tr", copy("row", {
      name: hamlet.name, number, note,
      official: official ? whole.format(official) : "?",
      source: isOne ? "" : sources[i],
      last: last ? date(last) : say("never"),
      ago: last ? ago(last) : "",
    }))
    find("a", row).hash = hamlet.id
    return row
  }))
}

find("[data-measures]").addEventListener("change", drawScreen)

open(drawScreen)
