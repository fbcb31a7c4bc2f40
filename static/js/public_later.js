// @ts-check
// After a public page's words: it keeps opened guides, plays their voices or reads them aloud, and shows a guide screen
// by screen.

import { hush, inTurn, offer, speak, voiceFor } from "./speech.js"

/** @typedef {typeof telling} Telling */
/** @typedef {typeof sayWhose} SayWhose */
const { lang } = document.documentElement
const guides = `/${lang}/huong-dan`
/** @type {ReturnType<typeof machineVoices>|undefined} */
let machine

if (location.pathname.startsWith(guides)) {
  // a worker that was getting ready has not seen this page
  navigator.serviceWorker?.register("/guides-worker.js", { scope: guides }).then(({ active }) => active?.postMessage(0), () => 0)
}

const walk = document.querySelector("nav.walk")
if (walk) (await import("./public_player.js")).begin(/** @type {HTMLElement} */ (walk), telling, sayWhose)

for (const button of document.querySelectorAll("[data-listen]")) {
  const around = button.closest("[data-aloud]")
  const found = around && await telling([around], (one) => one.closest("[data-aloud]") === around && !one.closest("[hidden]:not(audio)"))
  if (!found) continue
  if (found.isPlayed) button.setAttribute("data-kind", "main")
  sayWhose(button, found.whose)
  offer(button, found.tell)
}
addEventListener("pagehide", hush)

/** A voice that is no person's says so. @param {Element} button @param {string} whose */
function sayWhose(button, whose) {
  const mark = button.querySelector("small") ?? button.appendChild(document.createElement("small"))
  mark.textContent = whose && ` (${whose})`
}

/**
 * What a machine says of this guide where nobody has recorded it, and the phone has no voice of its own.
 * @returns {Promise<{name: string, voices: Record<string, string>}>} by the words on the page
 */
async function machineVoices() {
  const nothing = { name: "", voices: {} }
  const slug = /\/(?:huong-dan|tu-phuc-vu)\/([\w-]+)$/.exec(location.pathname)?.[1]
  if (!slug || lang !== "vi" || new URLSearchParams(location.search).has("tieng") || (await voiceFor(lang))?.localService) return nothing
  const address = `/media/machine/guides/${slug}`
  // a worker that was getting ready has not seen it either
  navigator.serviceWorker?.ready.then(({ active }) => active?.postMessage(address), () => 0)
  try {
    return await (await fetch(address)).json()
  } catch {
    return nothing // no network, and not kept
  }
}

/**
 * How a part is told, one text after the other: a person's recording, else the machine's; where neither is, a voice of the
 * phone. Null where none can. A recording comes first, for it is of the language that was chosen.
 * @param {Element[]} part @param {(one: Element) => boolean} isOwn
 * @returns {Promise<{isPlayed: boolean, whose: string, tell: (whenOver: () => void) => void}|null>}
 */
async function telling(part, isOwn) {
  const said = part.flatMap((one) => [one, ...one.querySelectorAll("audio, [data-said]")]).filter((one) => one.matches("audio, [data-said]") && isOwn(one))
  const { name, voices } = await (machine ??= machineVoices())
  let isMachine = false
  /** @type {{url: string, place: Element|null}[]} */
  const sounds = []
  for (const one of said) {
    if (one instanceof HTMLAudioElement) {
      one.hidden = true // its own controls are for pages without scripts
      sounds.push({ url: new URL(one.src).pathname, place: one.parentElement })
      continue
    }
    const url = voices[(one.textContent ?? "").replace(/\s+/g, "")]
    isMachine ||= Boolean(url)
    if (url) sounds.push({ url, place: one })
  }
  if (sounds.length) return { isPlayed: true, whose: isMachine ? name : "", tell: await inTurn(sounds) }
  const texts = said.filter((one) => one.matches("[data-said]"))
  const voice = texts.length ? await voiceFor(lang) : null
  if (!voice || texts.some((text) => text.querySelector(`[lang]:not([lang=${lang}])`))) return null // a voice would read it wrong
  const words = () => texts.map((text) => text.textContent?.trim()).join(". ")
  return { isPlayed: false, whose: "", tell: (whenOver) => speak(words(), voice, whenOver) }
}
