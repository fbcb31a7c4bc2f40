// @ts-check
// Languages and voices: what this phone keeps of each, and recording a text after the other, with or without a network.

import {
  fetchLanguages, keepLanguage, keptLanguages, languagePack, voicesHere,
} from "../../service_worker/languages.js"
import { recordings, takeUp } from "../../service_worker/recordings.js"
import { all, fact } from "../../service_worker/store.js"
import { packOf } from "./guide_pack.js"
import { goToInstead } from "./leave_page.js"
import { CannotRecord } from "./recorder.js"
import { recordText } from "./recording.js"
import { copy, draw, fill, find, language, open, place, put, say, show } from "./screen.js"
import { hush, play, playable } from "./speech.js"
import { textsOf } from "./spoken_texts.js"
import { exchange } from "./voice_exchange.js"

/** @typedef {Record<string, any>} Row */
/** @typedef {import("./spoken_texts.js").Spoken} Spoken */

/** @type {Awaited<ReturnType<typeof recordText>>|null} the recording under way */
let running = null
/** @type {Row|null} what stands on the screen: the text, its language, and what there is of it */
let now = null

/** 1,2 MB or 340 KB. @param {number} bytes */
const size = (bytes) => (bytes >= 1e6 ? `${(bytes / 1e6).toLocaleString(language, { maximumFractionDigits: 1 })} MB` : `${Math.ceil(bytes / 1e3)} KB`)

/** @param {Row} known */
const contents = (known) => (known.voices ? say("count", { count: known.voices, size: size(known.bytes) }) : say("none"))

async function drawScreen() {
  if (running) return
  if (now && find("[data-listen]").getAttribute("aria-pressed") === "true") return
  const known = (await fact("languages"))?.languages
  if (!known) return show("empty")
  const [tag, group, number, ...step] = place().split("/")
  const chosen = known.find((/** @type {any} */ l) => l.tag === tag)
  const back = find("[data-back]")
  back.href = step.length
    ? `${location.pathname.replace(/voices$/, "guide")}#${step.join("/")}`
    : chosen ? `${location.pathname}#${group ? tag : ""}` : back.href.replace(/(voices|guide).*$/, "me")
  if (!chosen) return drawLanguages(known)
  const words = { heading: chosen.own, about: language === "vi" ? chosen.name : chosen.english }
  fill(document, words)
  return group ? drawText(chosen, group, Number(number ?? 0), step) : drawLanguage(chosen, known)
}

/** Those spoken in this person's hamlets first. @param {Row[]} known */
async function drawLanguages(known) {
  const kept = await keptLanguages()
  const near = new Set((await all("hamlets")).flatMap((hamlet) => hamlet.languages))
  const order = [...known].sort((a, b) => Number(near.has(b.tag)) - Number(near.has(a.tag)))
  fill(document, { heading: say("title"), about: "" })
  put(find("[data-list=languages]"), order.map((l) => {
    const row = copy("language", { own: l.own, name: language === "vi" ? l.name : l.english, contents: `${contents(l)}${l.written ? "" : ` · ${say("spoken")}`}` })
    find("a", row).hash = l.tag
    find("b", row).lang = l.tag
    return row
  }))
  const missing = order.filter((l) => near.has(l.tag) && l.voices && !kept.includes(l.tag))
  fill(document, { keep_near: missing.length ? say("keep_near", { languages: missing.map((l) => l.own).join(", "), size: size(missing.reduce((sum, l) => sum + l.bytes, 0)) }) : "" })
  find("[data-keep-near]").hidden = !missing.length
  find("[data-keep-near]").value = missing.map((l) => l.tag).join(",")
  show("languages")
}

/** @param {Row} chosen @param {Row[]} known */
async function drawLanguage(chosen, known) {
  const [kept, pack, mine] = await Promise.all([keptLanguages(), languagePack(chosen.tag), recordings()])
  const voices = Object.values(pack?.voices ?? {})
  const others = [...new Set(voices.map((v) => v.language).filter((/** @type {string} */ tag) => tag !== chosen.tag))]
  const names = others.map((tag) => known.find((l) => l.tag === tag)?.own).join(", ")
  const own = mine.filter((row) => row.language === chosen.tag)
  const waiting = own.filter((row) => row.state === "ready").length
  fill(document, {
    contents: [contents(chosen), chosen.written ? "" : say("spoken"), others.length ? say("instead", { languages: names }) : ""].filter(Boolean).join(" · "),
    unconfirmed: chosen.confirmed ? "" : say("unconfirmed"),
    keep: say("keep", { size: size(chosen.bytes) }),
    here: pack ? say("here", await voicesHere(pack)) : "",
    waiting: waiting ? say("waiting", { count: waiting }) : "",
  })
  find("[data-keep]").checked = kept.includes(chosen.tag)
  const groups = await allGroups()
  put(find("[data-list=groups]"), groups.map((group) => {
    const done = group.texts.filter((t) => isDone(standingOf(t, chosen.tag, pack, own))).length
    const row = copy("group", { title: group.title, contents: say("group", { done, count: group.texts.length }) })
    find("a", row).hash = `${chosen.tag}/${group.name}/0`
    return row
  }))
  const refused = own.filter((row) => row.state === "parked")
  put(find("[data-list=refused]"), refused.map((row) => {
    const item = copy("refused", { title: row.text, contents: row.reason?.text })
    const group = groups.find((g) => g.texts.some((t) => t.key === row.text_key))
    find("a", item).hash = group ? `${chosen.tag}/${group.name}/${group.texts.findIndex((t) => t.key === row.text_key)}` : chosen.tag
    return item
  }))
  show("language")
}

const isDone = (/** @type {string} */ standing) => !["missing", "out_of_date", "parked"].includes(standing)

/** @param {Spoken} text @param {string} tag @param {Row|null} pack @param {Row[]} own @returns {string} */
function standingOf(text, tag, pack, own) {
  const mine = own.findLast((row) => row.text_key === text.key && row.language === tag && row.text === text.text)
  const told = pack?.standings?.[text.key]
  if (mine && mine.state !== "received") return mine.state
  if (told && told !== "out_of_date") return told
  return mine ? "received" : told ?? "missing"
}

/** Every text that can be recorded: what is said at the door, what each guide tells, the word list. */
async function allGroups() {
  const { texts: words, guides } = await wordList()
  const told = await Promise.all(guides.map(async (guide) => {
    const pack = await packOf(guide.slug, "vi")
    return { name: guide.slug, title: guide.title[language] ?? guide.title.vi, texts: pack ? textsOf(pack) : [] }
  }))
  const isTerm = (/** @type {Spoken} */ word) => word.key.startsWith("term.")
  return [
    { name: "door", title: say("group.door"), texts: words.filter((w) => !isTerm(w)) },
    ...told.filter((group) => group.texts.length),
    { name: "terms", title: say("group.terms"), texts: words.filter(isTerm) },
  ]
}

/** @returns {Promise<{texts: Spoken[], guides: Row[]}>} */
async function wordList() {
  const said = await fetch("/guides/packs/words.json").catch(() => null)
  return said?.ok ? said.json() : { texts: [], guides: [] }
}

/** @param {Row} chosen @param {string} name @param {number} at @param {string[]} step of a guide, from where somebody came */
async function drawText(chosen, name, at, step) {
  const [groups, pack, mine] = await Promise.all([allGroups(), languagePack(chosen.tag), recordings()])
  const group = groups.find((g) => g.name === name)
  const text = group?.texts[at]
  if (!group || !text) return goToInstead(`#${chosen.tag}`)
  const isOther = now?.text.key !== text.key || now?.tag !== chosen.tag
  const own = mine.findLast((row) => row.text_key === text.key && row.language === chosen.tag && row.text === text.text && row.sound)
  const standing = standingOf(text, chosen.tag, pack, mine)
  now = { tag: chosen.tag, name, at, step, count: group.texts.length, text, own, published: pack?.voices?.[text.key] }
  const part = find("[data-when=text]")
  const reason = mine.findLast((row) => row.text_key === text.key && row.state === "parked")?.reason?.text ?? ""
  find("[data-text=told]", part).lang = chosen.tag
  fill(part, { text: text.text, told: pack?.texts?.[text.text] ?? "", more: text.more ?? "", standing: say(`standing.${standing}`, { reason }) })
  find("[data-standing]").dataset.state = isDone(standing) ? "received" : standing
  Object.assign(find("progress", part), { max: group.texts.length, value: at + 1 })
  const svg = text.picture && new DOMParser().parseFromString(text.picture, "image/svg+xml").documentElement
  find("[data-picture]").replaceChildren(...(svg ? [document.importNode(svg, true)] : []))
  find("[data-previous]").disabled = at === 0
  find("[data-following]").disabled = at + 1 >= group.texts.length
  find("[data-listen]").disabled = !own && !now.published
  if (isOther) fill(part, { trouble: own?.is_cut ? say("trouble.cut") : "" })
  tellRecording(false)
  show("text")
  if (isOther) find("h2", part).focus({ preventScroll: true })
}

/** @param {boolean} isOn */
function tellRecording(isOn) {
  const button = find("[data-record]")
  button.setAttribute("aria-pressed", String(isOn))
  find("span", button).textContent = say(isOn ? "finish" : now?.own ? "again" : "record")
  draw(find(".icon", button), isOn ? "stop" : "microphone")
  if (!isOn) find("meter").value = 0
}

/** One tap begins, one tap ends; what was said is kept at once and played back. */
async function tapRecord() {
  hush()
  if (running) return running.finish()
  if (!now) return
  const part = find("[data-when=text]")
  fill(part, { trouble: "" })
  try {
    const { text, tag } = now
    running = await recordText({ key: text.key, text: text.text, language: tag }, (level) => { find("meter").value = level }, over)
    tellRecording(true)
  } catch (error) {
    tellRecording(false)
    fill(part, { trouble: say(`trouble.${error instanceof CannotRecord ? error.why : "not_saved"}`) })
  }
}

/** @param {import("./recording.js").Ended} how */
async function over(how) {
  const said = now?.text.key
  running = null
  await drawScreen()
  const isHere = now?.text.key === said
  if (how !== "tapped" && isHere) fill(find("[data-when=text]"), { trouble: say(`trouble.${how}`) })
  exchange().catch(() => undefined)
}

async function tapListen() {
  const button = find("[data-listen]")
  const tell = (/** @type {boolean} */ on) => {
    button.setAttribute("aria-pressed", String(on))
    find("span", button).textContent = say(on ? "quiet" : "listen")
    draw(find(".icon", button), on ? "stop" : "play")
  }
  const isOn = button.getAttribute("aria-pressed") === "true"
  hush()
  tell(!isOn)
  if (isOn || !now) return
  const { own, published } = now
  const url = own ? URL.createObjectURL(new Blob([own.sound], { type: own.type })) : await playable(published.url)
  play(url, () => tell(false))
}

/** What is being said is kept first. @param {number} by */
async function move(by) {
  hush()
  await running?.finish()
  if (now) location.hash = [now.tag, now.name, now.at + by, ...now.step].join("/")
}

find("[data-record]").addEventListener("click", tapRecord)
find("[data-listen]").addEventListener("click", tapListen)
find("[data-previous]").addEventListener("click", () => move(-1))
find("[data-following]").addEventListener("click", () => move(1))
find("[data-keep-near]").addEventListener("click", async (/** @type {any} */ event) => {
  for (const tag of event.currentTarget.value.split(",")) await keepLanguage(tag, true)
  await drawScreen()
})
find("[data-keep]").addEventListener("change", (/** @type {any} */ event) => keepLanguage(place().split("/")[0], event.target.checked))
addEventListener("pagehide", hush)
takeUp().finally(() => open(drawScreen))
fetchLanguages({ eager: true }).catch(() => undefined)
