// @ts-check
// After a public page's words: it keeps opened guides, plays their voices or reads them aloud, and shows a guide screen
// by screen.

import { hush, inTurn, offer, speak, voiceFor } from "./speech.js"

/** @typedef {typeof telling} Telling */
const { lang } = document.documentElement
const guides = `/${lang}/huong-dan`

if (location.pathname.startsWith(guides)) {
  // a worker that was getting ready has not seen this page
  navigator.serviceWorker?.register("/guides-worker.js", { scope: guides }).then(({ active }) => active?.postMessage(0), () => 0)
}

const walk = document.querySelector("nav.walk")
if (walk) (await import("./public_player.js")).begin(/** @type {HTMLElement} */ (walk), telling)

for (const button of document.querySelectorAll("[data-listen]")) {
  const around = button.closest("[data-aloud]")
  const begin = around && await telling([around], (one) => one.closest("[data-aloud]") === around && !one.closest("[hidden]:not(audio)"))
  if (!begin) continue
  if (begin.isRecorded) button.setAttribute("data-kind", "main")
  offer(button, begin.tell)
}
addEventListener("pagehide", hush)

/**
 * How a part is told; null where neither a recording nor a voice of the phone can. Recordings come first, for they are of the
 * language that was chosen.
 * @param {Element[]} part @param {(one: Element) => boolean} isOwn
 * @returns {Promise<{isRecorded: boolean, tell: (whenOver: () => void) => void}|null>}
 */
async function telling(part, isOwn) {
  const all = (/** @type {string} */ selector) => part.flatMap((one) => [...one.querySelectorAll(selector)]).filter(isOwn)
  const sounds = /** @type {HTMLAudioElement[]} */ (all("audio"))
  if (sounds.length) return { isRecorded: true, tell: await inTurn(sounds) }
  const texts = all("[data-said]")
  const voice = texts.length ? await voiceFor(lang) : null
  if (!voice || texts.some((text) => text.querySelector(`[lang]:not([lang=${lang}])`))) return null // a voice would read it wrong
  const words = () => texts.map((text) => text.textContent?.trim()).join(". ")
  return { isRecorded: false, tell: (whenOver) => speak(words(), voice, whenOver) }
}
