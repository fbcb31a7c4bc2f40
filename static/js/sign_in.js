// @ts-check
// Signing in by passkey: offered by the browser itself where it can, by a button everywhere else.

import { offersByItself, signInWithPasskey } from "./passkeys.js"

const place = document.querySelector("[data-passkey]")
const button = place?.querySelector("[data-use-passkey]")
const problem = place?.querySelector("[data-problem]")
let waiting = new AbortController()

if (globalThis.PublicKeyCredential) place?.removeAttribute("hidden")

button?.addEventListener("click", async () => {
  waiting.abort()
  problem?.setAttribute("hidden", "")
  try {
    location.assign(await signInWithPasskey())
  } catch (error) {
    if (problem && error instanceof Error && error.message && error.name === "Error") problem.textContent = error.message
    problem?.removeAttribute("hidden")
  }
})

if (place && (await offersByItself())) {
  signInWithPasskey({ mediation: "conditional", signal: waiting.signal }).then((next) => location.assign(next), () => undefined)
}
