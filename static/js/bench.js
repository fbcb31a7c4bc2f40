// @ts-check
// The bench by keyboard: Ctrl+Enter goes to the next text (what was typed is kept by the form itself), Alt+P plays the voice.

document.addEventListener("keydown", (event) => {
  const here = /** @type {HTMLElement|null} */ (document.activeElement)
  if (event.ctrlKey && event.key === "Enter" && here instanceof HTMLTextAreaElement) {
    event.preventDefault()
    const all = Array.from(document.querySelectorAll("textarea"))
    const next = all[all.indexOf(here) + 1]
    if (next) next.focus()
    else here.blur() // leaving keeps it
  }
  if (event.altKey && event.code === "KeyP") {
    const voice = here?.closest("li")?.querySelector("audio")
    if (!voice) return
    event.preventDefault()
    if (voice.paused) voice.play()
    else voice.pause()
  }
})
