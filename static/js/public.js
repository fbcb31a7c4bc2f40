// @ts-check
// A public page works without this. It keeps opened guides for later, plays their voices or reads them aloud where the
// phone has a voice, and stays honest on a page that was kept for months. First the words: the rest comes after them.

const { lang } = document.documentElement
const guides = `/${lang}/huong-dan`
const today = new Date().toLocaleDateString("sv", { timeZone: "Asia/Ho_Chi_Minh" })

for (const note of document.querySelectorAll("[data-from]")) {
  if (today >= (note.getAttribute("data-from") ?? "")) note.removeAttribute("hidden")
}
/** Is today within these days? @param {string} days "from/to", several with spaces between @returns {boolean} */
const runs = (days) => days.split(" ").map((one) => one.split("/")).some(([from, to]) => from <= today && today <= (to || "9"))
for (const one of document.querySelectorAll("[data-holds]")) one.toggleAttribute("hidden", !runs(one.getAttribute("data-holds") ?? ""))
for (const one of document.querySelectorAll("[data-unless]")) one.toggleAttribute("hidden", runs(one.getAttribute("data-unless") ?? ""))

if (document.readyState !== "complete") await new Promise((done) => { addEventListener("load", done, { once: true }) })
const { hush, playable, playAll, speak, voiceFor } = await import("./speech.js")

if (location.pathname.startsWith(guides) && "serviceWorker" in navigator) {
  navigator.serviceWorker.register("/guides-worker.js", { scope: guides }).catch(() => undefined)
  // opened while the worker was getting ready, this page was neither seen by it nor fetched through it
  if (!navigator.serviceWorker.controller) navigator.serviceWorker.ready.then(({ active }) => active?.postMessage("keep what is open"))
}

let quiet = () => {}

/**
 * Show a button; a second tap stops what it began.
 * @param {Element} button @param {(whenOver: () => void) => void} begin
 */
function offer(button, begin) {
  button.removeAttribute("hidden")
  button.addEventListener("click", () => {
    const wasOn = button.getAttribute("aria-pressed") === "true"
    hush()
    quiet()
    if (wasOn) return
    const tell = (/** @type {boolean} */ isOn) => button.setAttribute("aria-pressed", String(isOn))
    quiet = () => tell(false)
    tell(true)
    begin(() => quiet())
  })
}

/**
 * One after the other, and which one shows: who only hears a question and its answers can point.
 * @param {Element} button @param {HTMLAudioElement[]} sounds
 */
async function offerVoices(button, sounds) {
  for (const sound of sounds) sound.hidden = true // their own controls are for pages without scripts
  const addresses = await Promise.all(sounds.map((sound) => playable(new URL(sound.src).pathname)))
  const show = (/** @type {number} */ now) => sounds.forEach((sound, i) => sound.parentElement?.toggleAttribute("data-heard-now", i === now))
  offer(button, (whenOver) => {
    const stop = quiet
    quiet = () => { stop(); show(-1) }
    playAll(addresses, whenOver, show)
  })
}

const unsaid = []
for (const button of document.querySelectorAll("[data-listen]")) {
  const around = button.closest("[data-aloud]")
  const own = (/** @type {Element} */ one) => one.closest("[data-aloud]") === around
  const sounds = /** @type {HTMLAudioElement[]} */ ([...(around?.querySelectorAll("audio") ?? [])].filter(own))
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
