// @ts-check
// A public page works without this. It keeps opened guides for later, reads them aloud where the phone has a voice,
// and stays honest on a page that was kept for months.

import { hush, speak, voiceFor } from "./speech.js"

const { lang } = document.documentElement
const guides = `/${lang}/huong-dan`
const today = new Date().toLocaleDateString("sv", { timeZone: "Asia/Ho_Chi_Minh" })

for (const note of document.querySelectorAll("[data-from]")) {
  if (today >= (note.getAttribute("data-from") ?? "")) note.removeAttribute("hidden")
}
for (const figure of document.querySelectorAll("[data-until]")) {
  if (today <= (figure.getAttribute("data-until") ?? "")) continue
  for (const words of figure.querySelectorAll("b")) words.toggleAttribute("hidden")
}

if (location.pathname.startsWith(guides) && "serviceWorker" in navigator) {
  navigator.serviceWorker.register("/guides-worker.js", { scope: guides }).catch(() => undefined)
}

const voice = document.querySelector("[data-listen]") && (await voiceFor(lang))
if (voice) {
  for (const button of document.querySelectorAll("[data-listen]")) {
    button.removeAttribute("hidden")
    button.addEventListener("click", () => {
      const texts = button.closest("li")?.querySelectorAll("[data-aloud]") ?? []
      speak([...texts].map((text) => text.textContent).join(" "), voice)
    })
  }
  addEventListener("pagehide", hush)
}
