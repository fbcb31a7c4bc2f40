// @ts-check
// What every phone screen shares: its words, templates and dates. Sentences stand in the page's messages, never here.

import { onChange } from "../../service_worker/changes.js"
import { correctBy, now } from "../../service_worker/clock.js"
import { counts } from "../../service_worker/waiting.js"
import { daysBetween, localClock, localDay } from "../../service_worker/rules.js"
import { fact } from "../../service_worker/store.js"

import { linksWait } from "./leave_page.js"
import { mayShow } from "./lock_watch.js"
import { start } from "./start.js"

export const language = document.documentElement.lang
const main = /** @type {HTMLElement} */ (document.getElementById("main"))
const template = (/** @type {string} */ id) => /** @type {HTMLTemplateElement} */ (document.getElementById(id)).content
const sentences = new Map(Array.from(template("messages").children, (p) => [p.getAttribute("data-key"), (p.textContent ?? "").trim()]))

/** The first element that matches. @param {string} selector @param {ParentNode} [root] @returns {any} */
export const find = (selector, root = document) => root.querySelector(selector)

/** A sentence of the page, its {places} filled. @param {string} key @param {Record<string, any>} [values] */
export const say = (key, values = {}) =>
  (sentences.get(key) ?? "").replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "")

/**
 * Put texts where data-text names them; an empty one hides its place.
 * @param {ParentNode} root @param {Record<string, any>} texts
 */
export function fill(root, texts) {
  for (const [name, text] of Object.entries(texts)) {
    for (const place of root.querySelectorAll(`[data-text="${name}"]`)) {
      place.textContent = text ?? ""
      place.toggleAttribute("hidden", text === null || text === undefined || text === "")
    }
  }
}

/**
 * A copy of a template's one element, at home in this page (a link in a template has no address).
 * @param {string} id @param {Record<string, any>} [texts] @returns {any}
 */
export function copy(id, texts = {}) {
  const element = document.importNode(/** @type {HTMLElement} */ (template(id).firstElementChild), true)
  fill(element, texts)
  return element
}

/** What a row is about: an id, the address behind its link, or what its field stands for. @param {any} row */
const subject = (row) => row.dataset.about ?? row.querySelector("a")?.href ?? row.querySelector("input")?.value

/**
 * Make a list say this. A row that says the same stays, wherever it stands now; one that is made anew takes over what
 * was opened in it, and the focus: nobody is thrown out of where they are.
 * @param {Element} list @param {Element[]} rows
 */
export function put(list, rows) {
  const before = [...list.children]
  const focused = find(":focus")
  const at = before.findIndex((row) => row.contains(focused))
  const about = new Map(before.map((row) => [subject(row), row]))
  const isBySubject = about.size === before.length
  /** @type {Element|undefined} */
  let heir
  const now = rows.map((row, i) => {
    const old = isBySubject ? about.get(subject(row)) : before[i]
    about.delete(subject(row))
    if (!old) return row
    row.querySelector("details")?.toggleAttribute("open", Boolean(old.querySelector("details[open]")))
    if (old.isEqualNode(row)) return old
    old.replaceWith(row)
    if (old === before[at]) heir = row
    return row
  })
  const stay = new Set(now)
  for (const row of before) if (!stay.has(row)) row.remove()
  now.forEach((row, i) => { if (list.children[i] !== row) list.insertBefore(row, list.children[i]) })
  if (at < 0 || document.activeElement === focused) return
  /** @param {any} row */
  const parts = (row) => [...row.querySelectorAll("*")]
  const part = focused.isConnected ? focused : parts(heir ?? now[at] ?? list)[parts(before[at]).indexOf(focused)]
  part?.focus({ preventScroll: true })
}

/**
 * Rows by what they have in common.
 * @template T, K @param {T[]} rows @param {(row: T) => K} by @returns {Map<K, T[]>}
 */
export function grouped(rows, by) {
  const groups = new Map()
  for (const row of rows) {
    const key = by(row)
    if (!groups.get(key)?.push(row)) groups.set(key, [row])
  }
  return groups
}

/** Another pictogram. @param {Element|null} svg @param {string} name */
export function draw(svg, name) {
  const use = svg?.firstElementChild
  use?.setAttribute("href", use.getAttribute("href")?.replace(/#.*/, `#${name}`) ?? "")
}

/** A level's mark: shape, colour and word together. @param {any} mark @param {number} level */
export function markLevel(mark, level) {
  mark.dataset.level = level
  draw(mark.firstElementChild, `level-${level}`)
  fill(mark, { level: say(`level.${level}`) })
}

/** Show the part of the screen for this state. @param {string} state */
export function show(state) {
  main.dataset.state = state
  for (const part of main.querySelectorAll("[data-when]")) {
    part.toggleAttribute("hidden", !part.getAttribute("data-when")?.split(" ").includes(state))
  }
}

/** 14:30, in Vietnam. */
export const clock = localClock

/** 05/11/2026, from a day or a moment. @param {string} when */
export const date = (when) => (when.length > 10 ? localDay(when) : when).split("-").reverse().join("/")

/** Today's clock time, else day and time. @param {string} moment */
export const moment = (moment) => (localDay(moment) === today() ? clock(moment) : `${clock(moment)} ${date(moment)}`)

export const today = () => localDay(now())

/** "5 days ago", "yesterday". @param {string} day */
export const ago = (day) =>
  new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(daysBetween(today(), day), "day").toLowerCase()

export { daysBetween }

/** What comes behind # in the address. */
export const place = () => decodeURIComponent(location.hash.slice(1))

/** What stands in the receipt of an outbox item. @param {any} item */
export const receipt = ({ state, receipt }) => ({
  state, text: say(`receipt.${state}`, receipt ? { time: moment(receipt.at), code: receipt.code } : {}),
})

/** Pictograms of receipts, by state. @type {Record<string, string>} */
export const RECEIPT_ICONS = { received: "check", parked: "warning" }

/** This household is not on this phone; if its hamlet was given to somebody else, say to whom. @param {string} id */
export async function showMissing(id) {
  const to = ((await fact("moved")) ?? []).find((/** @type {any} */ m) => m.households.includes(id))
  fill(document, { moved: to ? movedTo(to) : "" })
  show("missing")
  emptyForms()
  addEventListener("pageshow", emptyForms)
}

/** What the browser puts back into a form (Back, after a sign-out) is the last person's. */
function emptyForms() {
  for (const form of document.forms) form.reset()
}

/** "Nà Mỏ is now with Lan": a hamlet that is no longer mine. @param {any} moved */
export const movedTo = ({ name, now_with }) =>
  say(now_with.length ? "moved.to" : "moved", { hamlet: name, people: now_with.join(", ") })

/** How many wait, in the bar. */
async function tellWaiting() {
  const pill = find("[data-waiting]")
  if (!pill) return
  const { waiting, help } = await counts()
  fill(pill, { waiting: waiting + help || "" })
  pill.hidden = !(waiting + help)
  if (help) pill.dataset.tone = "clay"
  else delete pill.dataset.tone
  pill.setAttribute("aria-label", say(help ? "bar.help" : "bar.waiting", { count: waiting + help, help }))
}

/**
 * Open a screen: draw it from the phone's store now and after each change, unless somebody is typing.
 * @param {() => Promise<unknown>} drawScreen
 */
export function open(drawScreen) {
  const attempt = async () => {
    try {
      if (!(await mayShow())) return
      correctBy(await fact("clock_offset"))
      await drawScreen()
      await tellWaiting()
    } catch (error) {
      console.error(error)
      const opens = await fact("me").then(() => true, () => false)
      show(opens ? "error" : "shut") // what cannot be read is not said to be there
      find("[data-rescue]").onclick = () => import("./outbox_file.js").then((file) => file.saveToFile())
    }
  }
  attempt()
  onChange(async () => { if (!document.activeElement?.closest("form, [data-busy]") || !(await mayShow())) attempt() })
  addEventListener("hashchange", attempt)
  window.addEventListener("pageshow", ({ persisted }) => { if (persisted) attempt() }) // the way back shows what is true now
  linksWait()
  start({ onNewVersion: offer })
}

/** A new version is offered, never forced while something is half done. @param {() => void} takeOver */
function offer(takeOver) {
  main.querySelector("[data-new-version]")?.remove()
  const note = copy("new-version")
  find("button", note).addEventListener("click", takeOver)
  main.prepend(note)
}
