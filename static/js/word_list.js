// @ts-check
// The word list inside a guide: the words of this step first, explained and said in the citizen's language; closing it
// leads
// back to the step.

import { fact } from "../../service_worker/store.js"
import { told } from "./guide_view.js"
import { offerVoices } from "./guide_voice.js"
import { fill, find, put } from "./screen.js"
import { hush } from "./speech.js"

/** @typedef {Record<string, any>} Row */

/**
 * @param {HTMLDialogElement} dialog
 * @param {any} way the walk-through under way @param {string[]} here keys of the step's words
 */
export async function showWords(dialog, way, here) {
  const [said, known] = await Promise.all([fetch("/guides/packs/words.json"), fact("languages")])
  const { texts: all } = await said.json()
  const { texts = {}, voices = {} } = known?.packs?.[way.run.language] ?? {}
  const rows = (/** @type {boolean} */ inStep) => all
    .filter((/** @type {any} */ word) => word.key.startsWith("term.") && here.includes(word.key.slice(5)) === inStep)
    .map((/** @type {any} */ word) => {
      const own = texts[word.text] ?? word.in[way.run.language]?.text
      const row = told(way, "word", { meaning: { text: own ?? word.in.vi.text, fallback: !own, voice: voices[word.key] } })
      fill(row, { word: word.about })
      return row
    })
  const others = find("details", dialog)
  put(find("[data-list=words]", dialog), rows(true))
  put(find("[data-list=other_words]", dialog), rows(false))
  others.open = !here.length
  others.ontoggle = () => offerVoices(way, dialog)
  dialog.onclose = hush
  hush()
  dialog.showModal()
  offerVoices(way, dialog)
}
