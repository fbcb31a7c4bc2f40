// @ts-check
// Before the first house: four cards, one at a time, heard or read; that they were seen to the end is kept on this phone.

import { fact, keepFact } from "../../service_worker/store.js"
import { deliver } from "./deliver.js"
import { sayLadder } from "./ladder_voice.js"
import { fill, find, say } from "./screen.js"
import { stop } from "./speech.js"

/** A newer set of cards is shown again. */
const theSet = () => Number(find("[data-cards]").dataset.cards)

/** Offer them to who has not seen them to their end. @param {string} name */
export async function offerCards(name) {
  const strip = find("[data-first-cards]")
  strip.hidden = (await fact("cards_seen")) === theSet()
  strip.onclick = () => open(name)
}

/** That they were seen goes to the leader at once where there is a network, else with the next delivery. */
async function tellLeader() {
  await keepFact("reported", 0)
  await deliver({ eager: true }).catch(() => undefined)
}

/** @param {string} name */
function open(name) {
  const dialog = find("[data-cards]")
  const cards = [...dialog.querySelectorAll("[data-card]")]
  const hear = find("[data-hear-card]", dialog)
  const next = find("[data-next-card]", dialog)
  let at = 0
  const quiet = () => { stop(); hear.setAttribute("aria-pressed", "false") }
  const turn = async () => {
    quiet()
    cards.forEach((card, i) => { card.hidden = i !== at })
    const isEnd = at === cards.length - 1
    fill(dialog, { card_number: isEnd ? "" : `${at + 1}/${cards.length - 1}` })
    next.hidden = hear.hidden = isEnd
    if (!isEnd) return
    await keepFact("cards_seen", theSet())
    find("[data-first-cards]").hidden = true
    tellLeader()
  }
  fill(dialog, { welcome: say("welcome", { name }) })
  next.onclick = () => { at += 1; turn() }
  hear.onclick = async () => {
    const isOn = hear.getAttribute("aria-pressed") === "true"
    quiet()
    if (isOn) return
    hear.setAttribute("aria-pressed", "true")
    const place = find("[data-told]", cards[at])
    const words = (place.textContent ?? "").trim()
    if (await sayLadder([{ key: words, words, place }], quiet)) return
    quiet()
    hear.disabled = true
  }
  find("[data-close-cards]", dialog).onclick = () => dialog.close()
  dialog.onclose = quiet
  turn()
  dialog.showModal()
}
