// @ts-check
// A public page works without this. It keeps opened guides, plays their voices or reads them aloud, and stays honest on
// a page that was kept for months. First the words: the rest comes after them.

const { lang } = document.documentElement
const guides = `/${lang}/huong-dan`
const today = new Date().toLocaleDateString("sv", { timeZone: "Asia/Ho_Chi_Minh" })

for (const note of document.querySelectorAll("[data-from]")) {
  if (today >= (note.getAttribute("data-from") ?? "")) note.removeAttribute("hidden")
}
/** @param {string} days "from/to from/to" @returns {boolean} today is one of them */
const runs = (days) => days.split(" ").map((one) => one.split("/")).some(([from, to]) => from <= today && today <= (to || "9"))
for (const one of document.querySelectorAll("[data-holds]")) one.toggleAttribute("hidden", !runs(one.getAttribute("data-holds") ?? ""))
for (const one of document.querySelectorAll("[data-unless]")) one.toggleAttribute("hidden", runs(one.getAttribute("data-unless") ?? ""))

if (document.readyState !== "complete") await new Promise((done) => { addEventListener("load", done) })
const { hush, offer, offerVoices, speak, voiceFor } = await import("./speech.js")

if (location.pathname.startsWith(guides)) {
  // a worker that was getting ready has not seen this page
  navigator.serviceWorker?.register("/guides-worker.js", { scope: guides }).then(({ active }) => active?.postMessage(0), () => 0)
}

const unsaid = []
for (const button of document.querySelectorAll("[data-listen]")) {
  const around = button.closest("[data-aloud]")
  const own = (/** @type {Element} */ one) => one.closest("[data-aloud]") === around
  const sounds = /** @type {HTMLAudioElement[]} */ ([...(around?.querySelectorAll("audio") ?? [])].filter((one) => own(one) && !one.closest("[hidden]")))
  if (sounds.length) {
    button.setAttribute("data-kind", "main")
    offerVoices(button, sounds)
  } else unsaid.push({ button, texts: [...(around?.querySelectorAll("[data-said]") ?? [])].filter((one) => own(one) && !one.closest("[hidden]")) })
}
const voice = unsaid.length ? await voiceFor(lang) : null
if (voice) {
  for (const { button, texts } of unsaid) {
    if (texts.some((text) => text.querySelector(`[lang]:not([lang=${lang}])`))) continue // a voice would read it wrong
    offer(button, (whenOver) => speak(texts.map((text) => text.textContent?.trim()).join(". "), voice, whenOver))
  }
}
addEventListener("pagehide", hush)

export {}
