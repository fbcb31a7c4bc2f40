// @ts-check
// Signing in by passkey. No name is asked for: the phone knows which passkeys it has for us.

import { goTo } from "./leave_page.js"
import { signInWithPasskey } from "./passkeys.js"

const place = document.querySelector("[data-passkey]")
const button = place?.querySelector("[data-use-passkey]")
const problem = place?.querySelector("[data-problem]")

if (globalThis.PublicKeyCredential) place?.removeAttribute("hidden")

button?.addEventListener("click", async () => {
  problem?.setAttribute("hidden", "")
  try {
    await goTo(await signInWithPasskey(place?.getAttribute("data-passkey") ?? ""))
  } catch (error) {
    if (problem && error instanceof Error && error.message && error.name === "Error") problem.textContent = error.message
    problem?.removeAttribute("hidden")
  }
})
