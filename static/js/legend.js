// @ts-check
// What the houses of the ladder mean, heard: a tap begins, a tap stops.

import { sayLadder } from "./ladder_voice.js"
import { stop } from "./speech.js"

/** @param {any} button */
export async function hearLegend(button) {
  const isOn = button.getAttribute("aria-pressed") === "true"
  stop()
  button.setAttribute("aria-pressed", String(!isOn))
  if (isOn) return
  const off = () => button.setAttribute("aria-pressed", "false")
  const items = [...button.parentElement.querySelectorAll("[data-legend] li")]
  const parts = items.map((place) => ({ place, key: place.textContent ?? "", words: (place.textContent ?? "").trim() }))
  if (!(await sayLadder(parts, off))) { off(); button.disabled = true }
}
