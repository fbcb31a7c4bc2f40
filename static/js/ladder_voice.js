// @ts-check
// The houses of the ladder, said aloud: by a voice of the phone, else by the machine (Vietnamese only).

import { machineVoicesOf } from "../../service_worker/machine_voices.js"
import { language } from "./screen.js"
import { playable, playAll, speak, voiceFor } from "./speech.js"

/**
 * @param {{key: string, words: string, place: Element|null}[]} parts key: what the machine knows it by
 * @param {() => void} whenOver @returns {Promise<boolean>} is anything said?
 */
export async function sayLadder(parts, whenOver) {
  const voice = await voiceFor(language)
  const show = (/** @type {number} */ now) => parts.forEach(({ place }, i) => place?.toggleAttribute("data-heard-now", i === now))
  const over = () => { show(-1); whenOver() }
  if (voice?.localService || language !== "vi") {
    if (!voice) return false
    speak(parts.map(({ words }) => words).join(" "), voice, over)
    return true
  }
  const known = await machineVoicesOf("ladder")
  const urls = await Promise.all(parts.map(({ key }) => { const url = known[key.replace(/\s+/g, "")]; return url ? playable(url) : "" }))
  if (!urls.some(Boolean)) return false
  playAll(urls, over, show, (_, goOn) => goOn())
  return true
}
