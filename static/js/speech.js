// @ts-check
// Speaking: a recording, or a voice of the phone. Without a network only a voice that is installed on the phone can
// speak.

const speaker = globalThis.speechSynthesis

/** @type {Record<string, Promise<SpeechSynthesisVoice|null>>} */
const voices = {}

/** The phone's voice for a language, or null. @param {string} language */
export const voiceFor = (language) => (voices[language] ??= look(language))

/** @param {string} language @returns {Promise<SpeechSynthesisVoice|null>} */
async function look(language) {
  if (!speaker) return null
  const best = () => speaker.getVoices()
    .filter((voice) => voice.lang.toLowerCase().startsWith(language))
    .sort((a, b) => Number(b.localService) - Number(a.localService))[0] ?? null
  return best() ?? new Promise((resolve) => {
    speaker.addEventListener("voiceschanged", () => resolve(best()), { once: true })
    setTimeout(() => resolve(best()), 1000) // some phones never tell
  })
}

/** @type {HTMLAudioElement|null} what is being played */
let playing = null

/** @param {string} text @param {SpeechSynthesisVoice} voice @param {(failed: boolean) => void} [whenOver] */
export function speak(text, voice, whenOver = () => undefined) {
  const words = new SpeechSynthesisUtterance(text)
  const onerror = (/** @type {SpeechSynthesisErrorEvent} */ event) => whenOver(!["canceled", "interrupted"].includes(event.error))
  Object.assign(words, { voice, lang: voice.lang, rate: 0.9, onend: () => whenOver(false), onerror })
  speaker.cancel()
  speaker.speak(words)
}

/**
 * An address from which a published voice plays, also without a network.
 * @param {string} url @returns {Promise<string>}
 */
export async function playable(url) {
  const kept = await globalThis.caches?.match(url) // without encryption there is no place to keep anything
  return kept ? URL.createObjectURL(await kept.blob()) : url
}

/** Play a recording. @param {string} url @param {(failed: boolean) => void} whenOver */
export const play = (url, whenOver) => playAll([url], whenOver)

/**
 * Play recordings one after the other, on one player: phones let only one that was tapped go on by itself. Failed is what
 * does not even begin; a later one that cannot be played is passed over. Where nothing can be played, `instead` goes on.
 * @param {string[]} urls @param {(failed: boolean) => void} whenOver @param {(number: number) => void} [begins]
 * @param {(number: number, goOn: () => void) => void} [instead]
 */
export function playAll(urls, whenOver, begins = () => undefined, instead) {
  const audio = new Audio(urls[0] || undefined)
  playing = audio
  const over = (/** @type {boolean} */ failed) => { if (playing === audio) { playing = null; whenOver(failed) } }
  /** @param {number} number @returns {void} */
  const start = (number) => {
    if (playing !== audio) return
    if (number >= urls.length) return over(false)
    const failed = () => (instead ? instead(number, () => start(number + 1)) : number ? start(number + 1) : over(true))
    audio.onended = () => start(number + 1)
    audio.onerror = failed
    begins(number)
    if (!urls[number]) return failed()
    if (number) audio.src = urls[number]
    audio.play().catch((error) => { if (!audio.error && error.name !== "AbortError") failed() })
  }
  start(0)
}

export function hush() {
  speaker?.cancel()
  playing?.pause()
  playing = null
}

let quiet = () => {}

/** Be silent, and say so on the button that began. */
export function stop() {
  hush()
  quiet()
}

/**
 * Show a button; a second tap stops what it began.
 * @param {Element} button @param {(whenOver: () => void) => void} begin
 */
export function offer(button, begin) {
  button.removeAttribute("hidden")
  button.addEventListener("click", () => {
    const wasOn = button.getAttribute("aria-pressed") === "true"
    stop()
    if (wasOn) return
    const tell = (/** @type {boolean} */ isOn) => button.setAttribute("aria-pressed", String(isOn))
    quiet = () => tell(false)
    tell(true)
    begin(() => quiet())
  })
}

/**
 * Play sounds one after the other; where each is said shows, so that who only hears can point.
 * @param {{url: string, place: Element|null}[]} sounds
 * @returns {Promise<(whenOver: () => void) => void>} begins it
 */
export async function inTurn(sounds) {
  const addresses = await Promise.all(sounds.map(({ url }) => playable(url)))
  const show = (/** @type {number} */ now) => sounds.forEach(({ place }, i) => place?.toggleAttribute("data-heard-now", i === now))
  return (whenOver) => {
    const before = quiet
    quiet = () => { before(); show(-1) }
    playAll(addresses, whenOver, show)
  }
}
