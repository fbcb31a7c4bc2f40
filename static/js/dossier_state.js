// @ts-check
// How papers that were handed in stand, in words; the household card and the screen of papers say the same.

import { ago, date, say, today } from "./screen.js"

/** @param {any} dossier @returns {{text: string, tone: string}} */
export function stateOf({ result, result_at, result_on }) {
  if (result) return { text: say("dossier.came", { result: say(`result.${result}`), day: date(result_at) }), tone: result === "received" ? "leaf" : "clay" }
  if (result_on < today()) return { text: say("dossier.late", { ago: ago(result_on) }), tone: "clay" }
  return { text: say("dossier.waits", { day: date(result_on) }), tone: "sun" }
}
