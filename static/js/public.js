// @ts-check
// A public page works without this. It keeps opened guides for later, plays their voices or reads them aloud where the
// phone has a voice, and stays honest on a page that was kept for months. First the words: the rest comes after them.

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

if (document.readyState !== "complete") await new Promise((done) => { addEventListener("load", done, { once: true }) })
const { hush, play, playable, speak, voiceFor } = await import("./speech.js")

if (location.pathname.startsWith(guides) && "serviceWorker" in navigator) {
  navigator.serviceWorker.register("/guides-worker.js", { scope: guides }).catch(() => undefined)
}

/** Show a step's button; a second tap stops what it began. @param {Element} button @param {(whenOver: () => void) => void} begin */
function offer(button, begin) {
  button.removeAttribute("hidden")
  const tell = (/** @type {boolean} */ isOn) => button.setAttribute("aria-pressed", String(isOn))
  button.addEventListener("click", () => {
    const wasOn = button.getAttribute("aria-pressed") === "true"
    hush()
    for (const other of document.querySelectorAll("[data-listen][aria-pressed=true]")) other.setAttribute("aria-pressed", "false")
    if (wasOn) return
    tell(true)
    begin(() => tell(false))
  })
}

const unsaid = []
for (const button of document.querySelectorAll("[data-listen]")) {
  const audio = /** @type {HTMLAudioElement|null} */ (button.nextElementSibling?.matches("audio") ? button.nextElementSibling : null)
  if (audio) {
    let address = audio.src
    playable(new URL(audio.src).pathname).then((known) => { address = known })
    audio.hidden = true // its own controls are for pages without scripts
    offer(button, (whenOver) => play(address, whenOver))
  } else unsaid.push(button)
}
const voice = unsaid.length ? await voiceFor(lang) : null
if (voice) {
  for (const button of unsaid) {
    const texts = [...(button.closest("li")?.querySelectorAll("[data-aloud]") ?? [])]
    if (texts.some((text) => text.querySelector(`[lang]:not([lang=${lang}])`))) continue // a voice would read it wrong
    offer(button, (whenOver) => speak(texts.map((text) => text.textContent).join(" "), voice, whenOver))
  }
}
addEventListener("pagehide", hush)
