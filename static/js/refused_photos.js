// @ts-check
// Photos of a changed screen that the server could not use: where and why, until their person has read it.

import { fact, keepFact } from "../../service_worker/store.js"
import { packOf } from "./guide_pack.js"
import { copy, find, language, moment, put, say } from "./screen.js"

/** @typedef {{guide: string, step: string, why: string, at: string}} Refused */

/** @param {Refused[]} refused */
export async function drawRefused(refused) {
  const rows = await Promise.all(refused.map(async ({ guide, step, why, at }) => {
    const pack = await packOf(guide, language)
    const shown = pack?.steps.find((/** @type {any} */ s) => s.key === step)?.action.text ?? step
    const row = copy("refused_photo", {
      what: say("photo", { guide: pack?.title.text ?? guide, step: shown }), why: say(`photo.${why}`) || say("photo.unreadable"), when: moment(at),
    })
    find("[data-understood]", row).value = at
    return row
  }))
  const list = find("[data-list=refused_photos]")
  put(list, rows)
  list.onclick = async (/** @type {MouseEvent} */ event) => {
    const read = /** @type {any} */ (event.target).closest("[data-understood]")
    if (!read) return
    const left = ((await fact("refused_photos")) ?? []).filter((/** @type {Refused} */ one) => one.at !== read.value)
    await keepFact("refused_photos", left)
    await drawRefused(left)
  }
}
