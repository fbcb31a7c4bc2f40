// @ts-check
// From a step of a guide to the recorder: this text, in a language of one's hamlets; its way back leads to the step.

import { all, fact } from "../../service_worker/store.js"
import { packOf } from "./guide_pack.js"
import { copy, say } from "./screen.js"
import { textsOf } from "./spoken_texts.js"

/**
 * @param {{slug: string, key: string, language: string}} step
 * @param {string} place of the guide, behind # in its address
 * @returns {Promise<Element[]>} one link a language
 */
export async function recorders({ slug, key, language }, place) {
  const [known, hamlets, pack] = await Promise.all([fact("languages"), all("hamlets"), packOf(slug, "vi")])
  const told = pack?.steps.find((/** @type {any} */ step) => step.key === key)
  const number = pack ? textsOf(pack).findIndex((one) => one.text === told?.action.text && one.more === (told?.explanation?.text ?? "")) : -1
  const spoken = new Set([...hamlets.flatMap((hamlet) => hamlet.languages), language])
  const offered = number < 0 ? [] : (known?.languages ?? []).filter((/** @type {any} */ one) => spoken.has(one.tag))
    .sort((/** @type {any} */ a, /** @type {any} */ b) => Number(a.tag === "vi") - Number(b.tag === "vi"))
  return offered.map((/** @type {any} */ one) => {
    const row = copy("record", { record: say("record", { language: one.own }) })
    row.firstElementChild.hash = [one.tag, slug, number, place].join("/")
    return row
  })
}
