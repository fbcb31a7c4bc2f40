// @ts-check
// The bench by keyboard: Ctrl+Enter goes to the next text (what was typed is kept by the form itself), Alt+P plays the
// voice.
// And its recorder: what is said here goes the way of what is said on phones, kept first, delivered as long as it
// takes.

import { forgetRecording, recordings, sendRecordings } from "../../service_worker/recordings.js"
import { CannotRecord } from "./recorder.js"
import { recordText } from "./recording.js"

const list = /** @type {HTMLElement} */ (document.querySelector(".bench"))
const { language = "", person = "", pieces = "" } = list.dataset
const messages = /** @type {HTMLTemplateElement} */ (document.getElementById("messages")).content
const say = (/** @type {string} */ key, reason = "") => messages.querySelector(`[data-key="${key}"]`)?.textContent?.trim().replace("{reason}", reason) ?? ""

/** @type {{box: any, finish: () => Promise<void>}|null} the recording under way */
let running = null

/** @param {any} box @param {string} said */
const tell = (box, said) => { box.querySelector("[data-told]").textContent = said }

/** @param {any} box @param {boolean} isOn */
function tellRecording(box, isOn) {
  const button = box.querySelector("[data-record]")
  button.setAttribute("aria-pressed", String(isOn))
  button.querySelector("span").textContent = say(isOn ? "finish" : box.querySelector("audio").hidden ? "record" : "again")
  box.querySelector("meter").hidden = !isOn
}

/** One tap begins, one ends; said again it replaces what still waits here. @param {any} box */
async function tap(box) {
  const isHere = running?.box === box
  await running?.finish()
  if (isHere) return
  tell(box, "")
  const said = { key: box.dataset.key, text: box.dataset.text, language, by: person }
  try {
    const { finish } = await recordText(said, (level) => { box.querySelector("meter").value = level }, (how, sound) => over(box, how, sound))
    running = { box, finish }
    tellRecording(box, true)
  } catch (error) {
    tell(box, say(`trouble.${error instanceof CannotRecord ? error.why : "not_saved"}`))
  }
}

/** @param {any} box @param {import("./recording.js").Ended} how @param {Blob|null} sound */
function over(box, how, sound) {
  running = null
  if (sound) show(box, sound)
  tell(box, say(how === "tapped" ? "saved" : `trouble.${how}`))
  tellRecording(box, false)
  deliver().catch(() => undefined)
}

/** @param {any} box @param {Blob} sound */
function show(box, sound) {
  const audio = box.querySelector("audio")
  URL.revokeObjectURL(audio.src)
  Object.assign(audio, { src: URL.createObjectURL(sound), hidden: false })
}

/** Send what waits; what has arrived is shown as the server has it. */
async function deliver() {
  await sendRecordings()
  for (const row of (await recordings()).filter((r) => r.language === language && r.person_id === person)) {
    const box = list.querySelector(`[data-recorder][data-key="${row.text_key}"]`)
    if (!box || row.state === "ready") continue
    if (row.state === "parked") tell(box, say("refused", row.reason?.text))
    else if (running?.box !== box) await /** @type {any} */ (globalThis).htmx.ajax("GET", pieces + row.text_key, { target: box.closest("li"), swap: "outerHTML" })
    await forgetRecording(row.id)
  }
}

/** Boxes that htmx has put there too. */
const offer = () => { for (const box of list.querySelectorAll("[data-recorder]")) box.removeAttribute("hidden") }

list.addEventListener("click", (event) => {
  const box = /** @type {Element} */ (event.target).closest("[data-record]")?.closest("[data-recorder]")
  if (box) tap(box)
})
document.body.addEventListener("htmx:afterSettle", offer)
offer()
deliver().catch(() => undefined)
addEventListener("online", () => { deliver().catch(() => undefined) })

document.addEventListener("keydown", (event) => {
  const here = /** @type {HTMLElement|null} */ (document.activeElement)
  if (event.ctrlKey && event.key === "Enter" && here instanceof HTMLTextAreaElement) {
    event.preventDefault()
    const all = Array.from(document.querySelectorAll("textarea"))
    const next = all[all.indexOf(here) + 1]
    if (next) next.focus()
    else here.blur() // leaving keeps it
  }
  if (event.altKey && event.code === "KeyP") {
    const voice = here?.closest("li")?.querySelector("audio")
    if (!voice) return
    event.preventDefault()
    if (voice.paused) voice.play()
    else voice.pause()
  }
})
