// @ts-check
// The computer at the centre's door begins again when nobody has touched it for a while; it asks first.

const QUIET_MS = 120_000
const ANSWER_MS = 20_000
const start = /** @type {HTMLAnchorElement} */ (document.querySelector("a.product")).href
const question = /** @type {HTMLDialogElement} */ (document.querySelector("dialog.still_there"))

let timer = 0

function wait() {
  clearTimeout(timer)
  question.close()
  timer = setTimeout(ask, QUIET_MS)
}

function ask() {
  if (location.href === start) return
  question.showModal()
  timer = setTimeout(() => location.replace(start), ANSWER_MS)
}

for (const touch of ["pointerdown", "keydown", "scroll", "input"]) addEventListener(touch, wait, { passive: true })
addEventListener("pageshow", wait)
wait()
