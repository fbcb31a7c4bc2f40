// @ts-check
// The question that is asked before a name is written down, heard in a language of the family: somebody's recording,
// else a
// voice of the phone. How it was asked is kept with the answer; in which language is kept nowhere.

import { all, fact } from "../../service_worker/store.js"
import { draw, find, language as ofPage } from "./screen.js"
import { hush, playable, playAll, speak, voiceFor } from "./speech.js"

/** @typedef {Record<string, any>} Row */
/**
 * One way to hear it.
 * @typedef {{tag: string, own: string, text: string, method: string, start: (over: (failed: boolean) => void) => void}} Voice
 */

/**
 * Offer a button for each language in which this phone can say the question.
 * @param {HTMLElement} box the fieldset of `_consent.html`
 */
export async function offerToListen(box) {
  await nameCommune(find("[data-spoken]", box))
  const list = find("[data-list=consent_voices]", box)
  const voices = await voicesFor(box)
  list.replaceChildren(...voices.map((voice) => buttonFor(voice, box)))
}

/** The question says whose task it is. @param {HTMLElement} spoken */
async function nameCommune(spoken) {
  const name = (await fact("me"))?.commune_full_name
  if (name) spoken.textContent = (spoken.dataset.asked ?? "").replace("{commune}", name.charAt(0).toLowerCase() + name.slice(1))
}

/** @param {Voice} voice @param {HTMLElement} box */
function buttonFor(voice, box) {
  const button = /** @type {HTMLElement} */ (document.importNode(find("template", box).content.firstElementChild, true))
  const name = find("[data-text=language]", button)
  Object.assign(name, { textContent: voice.own, lang: voice.tag })
  const tell = (/** @type {boolean} */ isOn) => {
    button.setAttribute("aria-pressed", String(isOn))
    draw(find(".icon", button), isOn ? "stop" : "play")
  }
  button.onclick = () => {
    const isOn = button.getAttribute("aria-pressed") === "true"
    hush()
    for (const other of find("[data-list=consent_voices]", box).children) other.dispatchEvent(new Event("quiet"))
    if (isOn) return
    Object.assign(find("[data-spoken]", box), { textContent: voice.text, lang: voice.tag })
    tell(true)
    voice.start((failed) => {
      tell(false)
      if (!failed) find("[name=consent_method]", box).value = voice.method
    })
  }
  button.addEventListener("quiet", () => tell(false))
  return button
}

/** Languages of the volunteer's hamlets first. @param {HTMLElement} box @returns {Promise<Voice[]>} */
async function voicesFor(box) {
  const [known, hamlets, words] = await Promise.all([fact("languages"), all("hamlets"), wordList()])
  const near = new Set(hamlets.flatMap((hamlet) => hamlet.languages))
  const [key, answersKey] = [`consent.${box.dataset.consent}`, `consent-answers.${box.dataset.consent}`]
  const source = words.find((word) => word.key === key)?.text ?? ""
  const written = find("[data-spoken]", box).textContent?.trim()
  /** @type {Map<string, Voice>} */
  const found = new Map()
  for (const pack of Object.values(known?.packs ?? {})) {
    const voice = pack.voices[key]
    if (!voice || found.has(voice.language)) continue
    const { own } = known.languages.find((/** @type {any} */ l) => l.tag === voice.language)
    const text = known.packs[voice.language]?.texts[source] ?? (voice.language === ofPage ? written : source)
    const answers = pack.voices[answersKey]
    const addresses = await Promise.all([voice, answers].filter((v) => v?.language === voice.language).map((v) => playable(v.url)))
    found.set(voice.language, { tag: voice.language, own, text, method: "recording", start: (over) => playAll(addresses, over) })
  }
  const own = { [ofPage]: written, ...(ofPage === "vi" ? {} : { vi: source || written }) }
  for (const [tag, text] of Object.entries(own)) {
    const voice = found.has(tag) ? null : await voiceFor(tag)
    const name = known?.languages.find((/** @type {any} */ l) => l.tag === tag)?.own ?? tag
    if (voice) found.set(tag, { tag, own: name, text, method: "phone_voice", start: (over) => speak(text, voice, over) })
  }
  return [...found.values()].sort((a, b) => Number(near.has(b.tag)) - Number(near.has(a.tag)))
}

/** @returns {Promise<Row[]>} */
async function wordList() {
  const said = await fetch("/guides/packs/words.json").catch(() => null)
  return said?.ok ? (await said.json()).texts : []
}

/**
 * What is kept of an answer: nothing when nobody was asked.
 * @param {HTMLFormElement} form @returns {{consent?: string, consent_version?: number, consent_method?: string}}
 */
export function answerIn(form) {
  const { consent, consent_method } = /** @type {any} */ (form.elements)
  if (!["given", "refused"].includes(consent.value)) return {}
  return { consent: consent.value, consent_version: Number(find("[data-consent]", form).dataset.consent), consent_method: consent_method.value }
}

/** The answer opens the name, or says that it is fine. @param {HTMLFormElement} form @returns {string} the answer */
export function drawAnswer(form) {
  const answer = /** @type {any} */ (form.elements).consent.value
  find("[data-if-agreed]", form).hidden = answer !== "given"
  find("[data-if-refused]", form).hidden = answer !== "refused"
  find("[data-if-later]", form)?.toggleAttribute("hidden", answer !== "later")
  return answer
}
