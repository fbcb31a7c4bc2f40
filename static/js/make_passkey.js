// @ts-check
// The button that makes a passkey; hidden where the phone knows none.

import { goTo } from "./leave_page.js"
import { knowsPasskeys, makePasskey } from "./passkeys.js"

const place = document.querySelector("[data-passkey]")
const button = place?.querySelector("[data-make-passkey]")
const problem = place?.querySelector("[data-problem]")

if (place && (await knowsPasskeys())) place.removeAttribute("hidden")

button?.addEventListener("click", async () => {
  problem?.setAttribute("hidden", "")
  button.toggleAttribute("disabled", true)
  try {
    await goTo(await makePasskey())
  } catch {
    problem?.removeAttribute("hidden")
    button.toggleAttribute("disabled", false)
  }
})
