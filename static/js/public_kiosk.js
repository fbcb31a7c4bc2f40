// @ts-check
// The computer at the centre's door begins again when nobody has touched it for a while; it asks first. Then nothing of
// the last person is left for the next: not behind the back button, not in a field, not their language.

import { goToInstead } from "./leave_page.js"

const QUIET_MS = 120_000
const ANSWER_MS = 20_000
const question = /** @type {HTMLDialogElement} */ (document.querySelector("dialog.still_there"))
const product = /** @type {HTMLAnchorElement} */ (document.querySelector("a.product"))

/** Where this computer begins, in the language in which it was set up. */
const home = (sessionStorage.kiosk_home ??= product.href)
/** Each person's turn has a number; a page of an earlier one is never shown again. */
const turn = () => sessionStorage.kiosk_turn ?? "0"

let timer = 0
let isTouched = location.href !== home

function wait() {
  clearTimeout(timer)
  question.close()
  timer = setTimeout(ask, QUIET_MS)
}

function touched() {
  isTouched = true
  wait()
}

function ask() {
  if (!isTouched) return wait()
  question.showModal()
  timer = setTimeout(beginAgain, ANSWER_MS)
}

function beginAgain() {
  document.body.hidden = true
  sessionStorage.kiosk_turn = String(Number(turn()) + 1)
  leave()
}

function leave() {
  for (const form of document.forms) form.reset()
  scrollTo(0, 0)
  history.replaceState({ turn: turn() }, "") // going to the same address keeps what is remembered of it
  goToInstead(home)
}

/** Shown anew, also by the back button: is it still the turn of who opened it? */
function shown() {
  if ((history.state?.turn ?? turn()) !== turn()) {
    document.body.hidden = true
    return leave()
  }
  history.replaceState({ ...history.state, turn: turn() }, "")
  document.body.hidden = false
  wait()
}

history.scrollRestoration = "manual"
product.addEventListener("click", (event) => {
  event.preventDefault() // who begins again leaves nothing either
  beginAgain()
})
for (const touch of ["pointerdown", "keydown", "scroll", "input"]) addEventListener(touch, touched, { passive: true })
addEventListener("pagehide", () => { document.body.hidden = true })
addEventListener("pageshow", shown)
shown()
