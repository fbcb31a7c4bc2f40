// @ts-check
// The card a person takes along: what they can do alone and what they are learning, in an address that names nobody
// (volunteer_app/domain/learned_cards.py reads it).

import { isAlone, LEVEL } from "../../service_worker/rules.js"

/** @typedef {Record<string, any>} Row */

/**
 * The card's address; null while there is nothing to write on it.
 * @param {Record<string, number>} levels by service @param {Row[]} guides
 */
export function cardAddress(levels, guides) {
  const bits = (/** @type {(level: number) => boolean} */ belongs) => guides
    .filter(({ service }) => belongs(levels[service] ?? LEVEL.NOT_STARTED))
    .reduce((sum, { number }) => sum + 2 ** number, 0).toString(36)
  const card = [bits(isAlone), bits((level) => level > LEVEL.NOT_STARTED && !isAlone(level))].join("-")
  return card === "0-0" ? null : `${location.origin}/k/${card}`
}
