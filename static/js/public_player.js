// @ts-check
// A guide on one page, shown screen by screen: one thing at a time, one large "Listen", only the steps of one's own
// answers. The page stays as it is; what is not on turn is put away. The address says where one is, so that "back" of
// the phone goes back one screen. Nothing is kept.

import { offer, stop } from "./speech.js"

const FAR_PX = 60
const page = document.documentElement
const isKiosk = location.pathname.includes("/tu-phuc-vu/") // whose screens must not be reached by going back

/** @param {string} selector */
const all = (selector) => /** @type {HTMLElement[]} */ ([...document.querySelectorAll(selector)])

/** Every screen there may be, in order; each is one or more pieces of the page. */
function screens() {
  all(".questions fieldset").forEach((asked, i) => { asked.id = `hoi-${i + 1}` })
  for (const warnings of all("div.warnings")) warnings.id = "can-nho"
  const one = (/** @type {string} */ selector) => all(selector).map((piece) => [piece])
  return [
    all("header.top, .tongues, article > .amber"),
    ...one("div.warnings, .questions fieldset"),
    ...one("section[aria-labelledby=chuan-bi], section[aria-labelledby=phi]"),
    ...one(".steps > li"),
    all("section[aria-labelledby=vuong], .carry"),
  ].filter((pieces) => pieces.length)
}

/**
 * @param {HTMLElement} nav @param {import("./public_later.js").Telling} telling
 * @param {import("./public_later.js").SayWhose} sayWhose
 */
export function begin(nav, telling, sayWhose) {
  if (!CSS.supports("selector(:has(a))")) return // answers would need the page anew
  const sheet = document.createElement("link")
  Object.assign(sheet, { rel: "stylesheet", media: "screen", href: new URL("../css/public_player.css", import.meta.url).href })
  sheet.addEventListener("load", () => walk(nav, telling, sayWhose), { once: true })
  document.head.append(sheet)
}

/**
 * @param {HTMLElement} nav @param {import("./public_later.js").Telling} telling
 * @param {import("./public_later.js").SayWhose} sayWhose
 */
function walk(nav, telling, sayWhose) {
  const [toWhole, toSteps, back, hear, next] = [...nav.querySelectorAll("button")]
  const bar = /** @type {HTMLProgressElement} */ (nav.querySelector("progress"))
  const count = /** @type {HTMLElement} */ (nav.querySelector("output"))
  const silent = /** @type {HTMLElement} */ (nav.querySelector("span"))
  const every = screens()
  const frames = all(".questions, section:has(.steps)")
  const around = [...every.flat(), ...frames, ...all("footer")]
  /** @type {HTMLElement[]} the screen that is shown */
  let now = every[0]
  /** @type {((whenOver: () => void) => void)|null} */
  let tell = null

  const putBack = () => around.forEach((piece) => piece.removeAttribute("data-away"))
  /** What the answers leave; nothing is drawn in between. */
  function left() {
    putBack()
    const seen = (/** @type {Element} */ one) => getComputedStyle(one).display !== "none"
    const says = (/** @type {Element} */ one) => !one.matches("section:has(li)") || [...one.querySelectorAll("li")].some(seen)
    return every.filter((pieces) => pieces.some((piece) => seen(piece) && says(piece)))
  }
  const named = (/** @type {string} */ id) => every.find((pieces) => pieces.some((piece) => piece.id === id || piece.querySelector(`#${CSS.escape(id)}`)))
  const nameOf = (/** @type {HTMLElement[]} */ pieces) => (pieces === every[0] ? "" : pieces[0].id || pieces[0].getAttribute("aria-labelledby") || pieces[0].querySelector("[id]")?.id || "")

  /** @param {HTMLElement[]} wanted @param {boolean} isTurned whether somebody has turned to it, so that it is read out */
  function show(wanted, isTurned) {
    stop()
    const some = left()
    const at = some.includes(wanted) ? some.indexOf(wanted) : Math.max(0, some.findIndex((one) => every.indexOf(one) > every.indexOf(wanted)))
    now = some[at]
    const steps = some.slice(0, at).filter(([piece]) => piece.matches(".steps > li")).length
    for (const list of all(".steps")) list.style.counterReset = `step ${steps}` // what is put away is not counted
    const isEnd = at === 0 || at === some.length - 1
    for (const piece of every.flat()) piece.toggleAttribute("data-away", !now.includes(piece) && piece.tagName !== "HEADER") // whose title stays
    for (const frame of frames) frame.toggleAttribute("data-away", !now.some((piece) => frame.contains(piece)))
    for (const footer of all("footer")) footer.toggleAttribute("data-away", !isEnd)
    page.setAttribute("data-player", at === 0 ? "first" : "on")
    Object.assign(bar, { max: some.length, value: at + 1 })
    count.textContent = `${at + 1}/${some.length}`
    nav.hidden = false
    for (const button of [back, next, toWhole]) button.hidden = false
    bar.hidden = count.hidden = false
    back.disabled = at === 0
    next.hidden = at === some.length - 1
    toSteps.hidden = true
    offerToHear(now)
    if (!isTurned) return
    const heading = /** @type {HTMLElement} */ (now[0].querySelector("h1, h2, h3, legend") ?? now[0])
    heading.tabIndex = -1
    heading.focus({ preventScroll: true })
    scrollTo(0, 0)
  }

  /** @param {HTMLElement[]} pieces */
  async function offerToHear(pieces) {
    hear.hidden = silent.hidden = true
    tell = null
    const found = await telling(pieces, (one) => !one.closest("details") && (one.matches("audio") ? one.parentElement : one)?.checkVisibility() === true)
    if (pieces !== now) return
    tell = found?.tell ?? null
    sayWhose(hear, found?.whose ?? "")
    hear.hidden = !tell
    silent.hidden = Boolean(tell)
  }

  /** @param {number} by */
  function turn(by) {
    const some = left()
    const wanted = some[some.indexOf(now) + by]
    show(wanted ?? now, Boolean(wanted))
    if (!wanted) return
    const place = `${location.pathname}${location.search}#${nameOf(wanted)}`
    if (isKiosk) history.replaceState(history.state, "", place)
    else history.pushState(null, "", place)
  }

  back.addEventListener("click", () => turn(-1))
  next.addEventListener("click", () => turn(1))
  offer(hear, (whenOver) => tell?.(whenOver))
  toWhole.addEventListener("click", () => {
    stop()
    putBack()
    page.removeAttribute("data-player")
    for (const list of all(".steps")) list.style.counterReset = ""
    for (const part of [bar, count, back, hear, silent, next, toWhole]) part.hidden = true
    toSteps.hidden = false
    toSteps.focus({ preventScroll: true })
    now[0].scrollIntoView()
  })
  toSteps.addEventListener("click", () => show(now, true))
  addEventListener("popstate", () => {
    const wanted = location.hash ? named(location.hash.slice(1)) : every[0]
    if (wanted && wanted !== now && page.hasAttribute("data-player")) show(wanted, true)
  })
  const isOn = () => page.hasAttribute("data-player")
  document.addEventListener("click", (event) => {
    const { target, detail } = event
    // a finger leads on; who chooses with keys looks around first
    if (isOn() && detail && target instanceof HTMLInputElement && target.type === "radio") setTimeout(turn, 300, 1)
  })
  document.addEventListener("change", () => { if (isOn()) show(now, false) })

  /** @type {Touch|null} */
  let began = null
  document.addEventListener("touchstart", ({ touches }) => { began = touches.length === 1 ? touches[0] : null }, { passive: true })
  document.addEventListener("touchend", ({ changedTouches: [ended], target }) => {
    if (!began || !isOn() || /** @type {Element} */ (target).closest("audio, summary")) return
    const [across, down] = [ended.clientX - began.clientX, ended.clientY - began.clientY]
    if (Math.abs(across) > FAR_PX && Math.abs(across) > 2 * Math.abs(down)) turn(across < 0 ? 1 : -1)
  }, { passive: true })

  const inSight = scrollY > innerHeight / 2 && every.findLast((pieces) => pieces[0].getBoundingClientRect().top < innerHeight / 2)
  show((location.hash && named(location.hash.slice(1))) || inSight || every[0], false)
  scrollTo(0, 0)
}
