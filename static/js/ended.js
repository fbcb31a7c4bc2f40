// @ts-check
// The end of a guide, on the household's card: the house fills to its level, and what was reached is said aloud, once.

import { draw, fill, find, say } from "./screen.js"
import { get } from "../../service_worker/store.js"
import { sayLadder } from "./ladder_voice.js"

const NOTED = "ended"

/** What the card will show when it opens next; no name in it. @param {{household_id: string, member_id: string, level: number}} ended */
export const noteEnd = (ended) => sessionStorage.setItem(NOTED, JSON.stringify(ended))

/** Show it if it is this house's; once. @param {string} household_id */
export async function showEnd(household_id) {
  const ended = JSON.parse(sessionStorage.getItem(NOTED) ?? "null")
  sessionStorage.removeItem(NOTED)
  if (ended?.household_id !== household_id) return
  const part = find("[data-ended]")
  const member = await get("members", ended.member_id)
  const words = say(`ended.${ended.level}`, { who: member?.label ?? "" })
  fill(part, { ended: words.charAt(0).toUpperCase() + words.slice(1) })
  draw(find(".filling .icon:last-child", part), `level-${ended.level}`)
  part.hidden = false
  sayLadder([{ key: say(`level.${ended.level}`), words, place: null }], () => undefined)
}
