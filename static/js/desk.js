// @ts-check
// Writing at the desk is not lost: what a form said when its session had ended is filled in again after the sign-in; a piece
// of a page that is refused says so beside it; a second click is no second act; what was done is said aloud.

const KEPT = "desk.kept"
const LOCK_MS = 5000

const whose = () => /(?:^|; )open_for=([^.;]*)/.exec(document.cookie)?.[1] ?? ""
const reveal = (/** @type {string} */ mark) => {
  const notice = /** @type {HTMLElement|null} */ (document.querySelector(mark))
  if (notice) notice.hidden = false
  return notice
}

/** The page that hands a refused form back keeps it in this window until its person is signed in again. */
function keepRefused() {
  const form = /** @type {HTMLFormElement|null} */ (document.querySelector("[data-kept]"))
  if (!form?.dataset.kept) return
  const said = /** @type {[string, string][]} */ ([...new FormData(form)].map(([name, value]) => [name, String(value)]))
  sessionStorage.setItem(KEPT, JSON.stringify({ whose: whose(), page: form.dataset.kept, to: form.getAttribute("action"), said }))
  document.querySelector("[data-without-script]")?.remove()
  for (const link of document.querySelectorAll("a[rel=opener]")) link.removeAttribute("target")
}

/** @param {string} address */
const pathOf = (address) => new URL(address, location.href).pathname

/** Fill in what was kept, on the page where it was written, for whoever wrote it. */
function fillInAgain() {
  const text = sessionStorage.getItem(KEPT)
  if (!text || document.querySelector("[data-kept], [data-passkey]")) return
  sessionStorage.removeItem(KEPT)
  const kept = /** @type {{whose: string, page: string, to: string, said: [string, string][]}} */ (JSON.parse(text))
  if (kept.whose !== whose() || pathOf(kept.page) !== location.pathname) return
  const forms = [...document.forms].filter((form) => form.method === "post" && pathOf(form.action) === pathOf(kept.to))
  const form = forms.find((one) => isTheSame(one, kept.said)) ?? forms[0]
  if (!form) return
  for (let around = form.closest("details"); around; around = around.parentElement?.closest("details") ?? null) around.open = true
  fill(form, kept.said)
  reveal("[data-kept-again]")
  const first = /** @type {HTMLElement|null} */ (form.querySelector("textarea, input:not([type=hidden]), select"))
  first?.focus()
}

/** Is this the form that was sent, by what it holds hidden? @param {HTMLFormElement} form @param {[string, string][]} said */
const isTheSame = (form, said) =>
  [...form.querySelectorAll("input[type=hidden]")].every((one) => {
    const { name, value } = /** @type {HTMLInputElement} */ (one)
    return name === "id" || said.some(([n, v]) => n === name && v === value)
  })

/** @param {HTMLFormElement} form @param {[string, string][]} said */
function fill(form, said) {
  const left = [...said]
  for (const one of /** @type {Iterable<any>} */ (form.elements)) {
    if (!one.name || one.type === "file") continue
    if (one.type === "checkbox" || one.type === "radio") one.checked = said.some(([n, v]) => n === one.name && v === one.value)
    else {
      const at = left.findIndex(([n]) => n === one.name)
      if (at < 0) continue
      one.value = left[at][1]
      left.splice(at, 1)
      if (one.tagName === "TEXTAREA") one.dispatchEvent(new Event("input", { bubbles: true }))
    }
  }
}

/** Pieces that wait for a sign-in, to be sent again when this window is looked at. @type {Set<Element>} */
const waiting = new Set()

document.addEventListener("htmx:responseError", (event) => {
  const { xhr, elt } = /** @type {CustomEvent} */ (event).detail
  if (xhr.status !== 401) return
  waiting.add(elt)
  reveal("[data-signed-out]")
})
document.addEventListener("htmx:sendError", () => reveal("[data-no-network]"))
document.addEventListener("htmx:afterOnLoad", (event) => {
  const { xhr, elt } = /** @type {CustomEvent} */ (event).detail
  if (xhr.status >= 400) return
  waiting.delete(elt)
  for (const mark of waiting.size ? ["[data-no-network]"] : ["[data-no-network]", "[data-signed-out]"]) document.querySelector(mark)?.setAttribute("hidden", "")
})
addEventListener("focus", () => {
  for (const one of waiting) /** @type {any} */ (globalThis).htmx?.trigger(one, "submit")
})

document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target)
  if (form.method !== "post" || form.hasAttribute("hx-post") || event.defaultPrevented) return
  if (form.dataset.sent) return event.preventDefault()
  form.dataset.sent = "now"
  setTimeout(() => delete form.dataset.sent, LOCK_MS)
})

/** What was done is said to whoever cannot see it, once; the focus goes where the work is. */
function sayDone() {
  const strip = /** @type {HTMLElement|null} */ (document.querySelector("[data-done]"))
  if (!strip) return
  document.cookie = "done=; path=/; max-age=0"
  const said = strip.textContent
  strip.textContent = ""
  requestAnimationFrame(() => setTimeout(() => { strip.textContent = said }, 100))
  const work = location.hash ? document.getElementById(location.hash.slice(1)) : strip
  if (!work) return
  if (!work.hasAttribute("tabindex")) work.setAttribute("tabindex", "-1")
  work.focus({ preventScroll: work === strip })
}

keepRefused()
fillInAgain()
sayDone()
