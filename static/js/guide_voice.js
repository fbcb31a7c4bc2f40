// @ts-check
// What each part of the guide player says aloud: a person's recording, else a Vietnamese voice of the phone, else the
// machine's; text by text.

import { machineVoicesOf } from "../../service_worker/machine_voices.js"
import { draw, find, say } from "./screen.js"
import { hush, playable, playAll, speak, voiceFor } from "./speech.js"

/** @typedef {Record<string, any>} Row */

const MACHINES_LANGUAGE = "vi"

/** @type {Record<string, string>} what the machine says of this guide, by its letters without spaces */
let machine = {}

/**
 * Ask what the machine says of a guide, where the phone has no voice of its own.
 * @param {string} slug @param {string} language @returns {Promise<boolean>} is there anything?
 */
export async function askTheMachine(slug, language) {
  machine = {}
  if (language !== MACHINES_LANGUAGE || (await voiceFor(language))?.localService) return false
  machine = await machineVoicesOf(slug)
  machineVoicesOf("ladder") // what is said at the end, without a network too
  return Object.keys(machine).length > 0
}

/** Ends what a button began. */
let quiet = () => {}

/** Each button that speaks, for what stands around it. @param {{run: Row}} way @param {HTMLElement} part */
export function offerVoices(way, part) {
  for (const button of part.querySelectorAll("[data-listen]")) offerVoice(way, button, button.closest("[data-aloud]") ?? part)
}

/** The machine's sound of a text, unless it lies in a network that is not there. @param {HTMLElement} place */
async function machineSound(place) {
  const url = machine[(place.textContent ?? "").replace(/\s+/g, "")]
  const found = url && (await playable(url))
  return found && (found !== url || navigator.onLine) ? found : ""
}

/**
 * A button speaks in the citizen's language, one text after the other, and shows which; or it says honestly that it cannot.
 * Who only hears a question and its answers can point at the picture.
 * @param {{run: Row}} way @param {any} button @param {HTMLElement} part
 */
async function offerVoice({ run }, button, part) {
  /** @type {NodeListOf<HTMLElement>} */
  const said = part.querySelectorAll("[data-say]:not([data-quiet], .answered *)")
  const texts = [...said].filter((p) => p.offsetParent)
  const voice = await voiceFor(run.language)
  const isOwn = Boolean(voice?.localService)
  // known before the tap: a phone plays nothing that comes later
  const parts = (await Promise.all(texts.map(async (place) => {
    const recorded = place.dataset.voice ? await playable(place.dataset.voice) : ""
    return { place, recorded, url: recorded || (isOwn || run.language !== MACHINES_LANGUAGE ? "" : await machineSound(place)) }
  }))).filter(({ url }) => url || voice)
  const by = {
    people: parts.filter(({ recorded }) => recorded).length,
    machine: parts.filter(({ url, recorded }) => url && !recorded).length,
  }
  const isWhole = texts.every((p) => p.dataset.voice || p.matches("[data-say=explanation]"))
  const ready = by.people ? by.people < parts.length ? "listen_mixed" : isWhole ? "listen_person" : "listen_some"
    : by.machine ? "listen_machine" : isOwn ? "listen" : voice ? "listen_online" : "no_voice"
  const label = find("span", button)
  const tell = (/** @type {string} */ key) => {
    label.textContent = say(key)
    button.setAttribute("aria-pressed", String(key === "quiet"))
    draw(find(".icon", button), key === "quiet" ? "stop" : "play")
  }
  button.disabled = ready === "no_voice"
  button.dataset.sound = ready
  tell(ready)
  const mark = (/** @type {number} */ now) => parts.forEach(({ place, url }, i) => place.toggleAttribute("data-heard-now", Boolean(url) && i === now))
  const over = (/** @type {boolean} */ failed) => { mark(-1); tell(failed ? "not_now" : ready) }
  button.onclick = () => {
    const isSpeaking = button.getAttribute("aria-pressed") === "true"
    hush()
    quiet()
    if (isSpeaking) return
    quiet = () => over(false)
    tell("quiet")
    let heard = parts.filter(({ url }) => url).length
    /** @param {number} number @param {() => void} goOn */
    const instead = (number, goOn) => {
      if (parts[number].url) heard -= 1
      if (!voice) return goOn()
      speak(parts[number].place.textContent?.trim() ?? "", voice, (failed) => { if (!failed) heard += 1; goOn() })
    }
    playAll(parts.map(({ url }) => url), () => over(!heard), mark, instead)
  }
}
