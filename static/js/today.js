// @ts-check
// Today: what is due, what it needs, how far my hamlets are.

import { isClockBack, isOff } from "../../service_worker/clock.js"
import { counts } from "../../service_worker/waiting.js"
import { all, draft, fact, keepFact } from "../../service_worker/store.js"
import { dayPlan } from "./day_plan.js"
import { inOrder, nextDoors, putOffDoor, wasPutOff } from "./next_door.js"
import { answerRequest } from "./around_visits.js"
import { deliver } from "./deliver.js"
import { drawDownload } from "./download.js"
import { offerInstallAgain } from "./install.js"
import { mayAskForLock } from "./lock_choice.js"
import { ownRechecks } from "./own_recheck.js"
import { isFinishedAtSignal, isOpen, localDay, overdue } from "../../service_worker/rules.js"
import {
  ago, copy, date, daysBetween, draw, fill, find, grouped, language, moment, movedTo, open, put, say, show, today,
} from "./screen.js"

const MOST_FOLLOW_UPS = 5
const MOST_LATE = 2
const TOLD_DAYS = 14
const TOO_OLD_DAYS = 3
/** Reasons whose drawing has another name. @type {Record<string, string>} */
const REASON_ICONS = { recheck: "met", practise: "guide", dossier: "calendar" }
const MOST_IN_STRIP = 3
const NEEDS = ["signal", "otp", "police", "fee"]

/** Monday, 09/11/2026, in the page's language. */
const localeDay = () => {
  const weekday = new Date(today()).toLocaleDateString(language, { weekday: "long", timeZone: "UTC" })
  return `${weekday}, ${date(today())}`
}

async function drawToday() {
  const [hamlets, households, followUps, services, guides, me, unfinished, waits, last, moved, offset, contact, cleared, team, chosen, late, refused, voices, asked] = await Promise.all([
    all("hamlets"), all("households"), all("follow_ups"), fact("services"), fact("guides"), fact("me"),
    draft("unfinished"), counts(), fact("last_success_at"), fact("moved"), fact("clock_offset"), fact("contact_at"), fact("cleared"), fact("team"), fact("companions"), fact("late"), fact("refused_photos"), fact("languages"), fact("visit_requests"),
  ])
  fill(document, { greeting: say("greeting", { name: me?.name ?? "", day: localeDay() }).replace(/^ · /, "") })
  drawMoved(moved ?? [])
  find("[data-cleared]").hidden = !cleared
  find("[data-photos]").hidden = !refused?.length
  find("[data-clock]").hidden = !isOff(offset ?? 0) && !isClockBack(contact)
  drawRequests(asked ?? [], guides ?? [])
  if (!hamlets.length) return (await import("./nothing_yet.js")).showNothingYet()
  const doors = new Map(households.map((h) => [h.id, h]))
  const places = new Map(hamlets.map((h) => [h.id, h]))
  const open = followUps.filter(isOpen)
  const due = open
    .filter((f) => !isFinishedAtSignal(f) && f.due_from <= today() && doors.has(f.household_id))
    .sort((a, b) => (a.due_to < b.due_to ? -1 : 1))
  drawLate(late ?? [], doors)
  fill(document, { overdue: sayOverdue(overdue(followUps, today()).filter((f) => doors.has(f.household_id)).length) })
  drawFollowUps(due, doors, places, await ownRechecks(due.slice(0, MOST_FOLLOW_UPS)))
  fill(document, { plan: say("plan", { count: dayPlan(inOrder(households, hamlets), open, today()).length }) })
  drawAtSignal(open.filter((f) => isFinishedAtSignal(f) && doors.has(f.household_id)), doors, services ?? [])
  drawTeam(team ?? [], chosen)
  drawNeeds(due, services ?? [], guides ?? [])
  drawHamlets(hamlets, households)
  drawStrip(waits, last)
  drawToRecord(hamlets, voices?.languages ?? [])
  find("[data-ask-lock]").hidden = !(await mayAskForLock())
  await Promise.all([drawDoor(unfinished, { hamlets, households, followUps }, places), drawDownload()])
  if (asked?.some((/** @type {any} */ one) => one.visit_on <= today())) find("[data-all-done]").hidden = true
  show("ready")
  await (await import("./first_cards.js")).offerCards(me?.name ?? "")
  // a good moment: the first work has come to the server, nothing else is asked, nothing waits
  const isAsking = !find("[data-first-cards]").hidden || !find("[data-ask-lock]").hidden
  if (!isAsking && !waits.waiting && !waits.help && (await fact("device"))?.seq) await offerInstallAgain()
}

/** What was given to somebody else in the last two weeks. @param {any[]} moved */
function drawMoved(moved) {
  const news = moved.filter((m) => daysBetween(m.at.slice(0, 10), today()) <= TOLD_DAYS)
  for (const list of document.querySelectorAll("[data-list=moved]")) {
    put(list, news.map((m) => copy("moved", { moved: movedTo(m) })))
    list.toggleAttribute("hidden", !news.length)
  }
}

/**
 * Families who asked for a visit, on which the team leader sends this person: the first day first.
 * @param {any[]} asked @param {any[]} guides
 */
function drawRequests(asked, guides) {
  for (const list of document.querySelectorAll("[data-list=visit_requests]")) {
    put(list, asked.map((one) => {
      const days = daysBetween(one.visit_on, today())
      const about = guides.find((guide) => guide.number === one.guide_number)?.title
      const row = copy("visit-request", {
        asked_when: say(days > 0 ? "asked.late" : days === 0 ? "asked.today" : "asked.ahead", { day: date(one.visit_on) }),
        asked_name: one.name,
        asked_where: [one.hamlet || say("asked.nowhere"), about?.[language]].filter(Boolean).join(" · "),
        asked_why: say("asked.why"),
        asked_problem: "",
        asked_phone: one.phone.replace(/^(.{4})(.{3})/, "$1 $2 "),
      })
      row.dataset.about = one.id
      find("[data-call]", row).href = `tel:${one.phone}`
      for (const answer of row.querySelectorAll("[data-answer]")) {
        answer.addEventListener("click", () => answerRequest(one.id, answer.dataset.answer).then(drawToday).then(
          () => { fill(document, { asked_said: say("asked.said") }); find("[data-text=asked_said]").focus() },
          () => fill(row, { asked_problem: say("asked.problem") }),
        ))
      }
      return row
    }))
    list.toggleAttribute("hidden", !asked.length)
  }
}

/** @param {number} count */
const sayOverdue = (count) => (count ? say("overdue", { count }) : "")

/**
 * What somebody else recorded in my hamlets when they had them, and what has only now arrived.
 * @param {any[]} late @param {Map<string, any>} doors
 */
function drawLate(late, doors) {
  const list = find("[data-list=late]")
  const here = late.filter((one) => doors.has(one.household_id))
  put(list, here.slice(0, MOST_LATE).map((one) => {
    const household = doors.get(one.household_id)
    const said = say("late_visit", { name: one.person_name, day: date(localDay(one.recorded_at)) })
    const row = copy("late", { late_at: household.label || household.code, late: said })
    row.firstElementChild.hash = household.id
    return row
  }))
  list.hidden = !here.length
  fill(document, { late_more: here.length > MOST_LATE ? say("late_more", { count: here.length - MOST_LATE }) : "" })
}

/**
 * @param {any[]} due
 * @param {Map<string, any>} doors @param {Map<string, any>} places
 * @param {Set<string>} own rechecks of what this volunteer taught
 */
function drawFollowUps(due, doors, places, own) {
  put(find("[data-list=follow_ups]"), due.slice(0, MOST_FOLLOW_UPS).map((f) => {
    const household = doors.get(f.household_id)
    const days = daysBetween(f.due_to, today())
    const row = copy("follow-up", {
      name: household.label || household.code,
      why: `${places.get(household.hamlet_id)?.name ?? ""} · ${say(`reason.${f.reason}`)}`,
      other: own.has(f.id) ? say("other") : "",
      due: days > 0 ? say("late", { ago: ago(f.due_to) }) : days === 0 ? say("due_today") : say("due_to", { day: date(f.due_to) }),
    })
    row.firstElementChild.hash = household.id
    draw(find(".icon", row), REASON_ICONS[f.reason] ?? f.reason)
    find(".badge", row).dataset.tone = days > 0 ? "clay" : "sun"
    return row
  }))
  find("[data-list=follow_ups]").hidden = !due.length
  find("[data-more]").hidden = due.length <= MOST_FOLLOW_UPS
  fill(document, {
    no_follow_ups: due.length ? "" : say("no_follow_ups"),
    more: say("more", { count: due.length }),
  })
}

/**
 * What got stuck for want of a network: to be finished where there is signal, without a visit.
 * @param {any[]} open @param {Map<string, any>} doors @param {any[]} services
 */
function drawAtSignal(open, doors, services) {
  put(find("[data-list=at_signal]"), open.map((f) => {
    const household = doors.get(f.household_id)
    const row = copy("at-signal", { name: household.label || household.code, why: services.find((s) => s.slug === f.service)?.name ?? "" })
    row.firstElementChild.hash = household.id
    return row
  }))
  find("[data-at-signal]").hidden = !open.length
}

/** Who comes along today: chosen once, kept with every visit of the day. @param {any[]} team @param {any} chosen */
function drawTeam(team, chosen) {
  const people = chosen?.day === today() ? chosen.people : []
  put(find("[data-list=team]"), team.map(({ person_id, name }) => {
    const row = copy("mate")
    find("input", row).value = person_id
    find("input", row).checked = people.includes(person_id)
    find("span span", row).textContent = name
    return row
  }))
  const names = team.filter((mate) => people.includes(mate.person_id)).map((mate) => mate.name)
  fill(document, { companions: names.join(", ") })
  find("[data-companions]").hidden = !team.length
}

find("[data-companions]").addEventListener("change", async () => {
  const people = [...find("[data-list=team]").querySelectorAll(":checked")].map((input) => input.value)
  await keepFact("companions", { day: today(), people })
  drawTeam((await fact("team")) ?? [], { day: today(), people })
})

/**
 * What the guides of the due returns need, and for how many households.
 * @param {any[]} due @param {any[]} services @param {any[]} guides
 */
function drawNeeds(due, services, guides) {
  const flagsOf = (/** @type {string} */ service) => {
    const slug = services.find((s) => s.slug === service)?.guide
    return guides.find((g) => g.slug === slug)?.flags ?? []
  }
  const rows = NEEDS.flatMap((flag) => {
    const count = new Set(due.filter((f) => f.service && flagsOf(f.service).includes(flag)).map((f) => f.household_id)).size
    if (!count) return []
    const row = copy("need", { need: say("needs", { need: say(`flag.${flag}`), count }) })
    draw(find(".icon", row), flag === "signal" ? "signal_at_home" : flag)
    return [row]
  })
  put(find("[data-list=needs]"), rows)
  find("[data-needs]").hidden = !rows.length
}

/** @param {any[]} hamlets @param {any[]} households */
function drawHamlets(hamlets, households) {
  const met = grouped(households.filter((h) => h.is_met), (h) => h.hamlet_id)
  const mine = hamlets.some((h) => h.assignment) ? hamlets.filter((h) => h.assignment) : hamlets
  const countOf = (/** @type {any} */ h) => {
    const left = (h.closed ?? []).filter((/** @type {any} */ one) => one.is_met) // no longer here, and still met
    return new Set([...(met.get(h.id) ?? []), ...left].map((one) => one.id)).size
  }
  mine.sort((a, b) => a.position - b.position)
  put(find("[data-list=progress]"), mine.slice(0, MOST_IN_STRIP).map((h) => {
    const row = copy("progress", { progress: say("progress", { name: h.name, met: countOf(h), of: h.household_count || "?" }) })
    Object.assign(find("progress", row), { max: h.household_count || 1, value: countOf(h) })
    return row
  }))
  put(find("[data-list=hamlets]"), mine.map((h) => {
    const count = countOf(h)
    const until = h.assignment?.last_day
    const row = copy("hamlet", {
      name: h.name,
      signal: h.signal ? say(`signal.${h.signal}`) : "",
      met: count,
      of: h.household_count ? say("of", { count: h.household_count }) : say("met"),
      source: h.household_count ? say("source", { source: h.household_count_source, day: date(h.household_count_date) }) : say("no_source"),
      lease: until ? say(until < today() ? "lease_over" : "lease", { day: date(until) }) : "",
    })
    draw(find(".icon", row), h.signal === "good" ? "signal_at_home" : `signal_${h.signal}`)
    find(".icon", row).toggleAttribute("hidden", !h.signal)
    const bar = find("progress", row)
    bar.hidden = !h.household_count
    bar.max = h.household_count || 1
    bar.value = count
    bar.setAttribute("aria-label", `${count} ${say("of", { count: h.household_count })}`)
    return row
  }))
}

/** @param {{waiting: number, help: number, oldest: string|undefined}} waits @param {string|undefined} last */
function drawStrip({ waiting, help, oldest }, last) {
  const strip = find("[data-strip]")
  const day = oldest && localDay(oldest)
  const isOld = day !== undefined && daysBetween(day, today()) >= TOO_OLD_DAYS
  if (help || isOld) strip.dataset.tone = "clay"
  else delete strip.dataset.tone
  const key = help ? "help" : isOld ? "waiting.old" : waiting ? "waiting" : "all_sent"
  fill(strip, {
    waiting: say(key, { count: help || waiting, ago: day && ago(day) }),
    last_sent: last ? say("last_sent", { time: moment(last) }) : "",
  })
}

/** The language of most of my hamlets in which steps have no voice yet. @param {any[]} hamlets @param {any[]} languages */
function drawToRecord(hamlets, languages) {
  const near = (/** @type {any} */ { tag }) => hamlets.filter((hamlet) => hamlet.languages.includes(tag)).length
  const [lacks] = languages.filter((one) => one.tag !== "vi" && one.steps_to_record && near(one)).sort((a, b) => near(b) - near(a))
  const strip = find("[data-record]")
  strip.hidden = !lacks
  if (!lacks) return
  strip.hash = lacks.tag
  fill(strip, { record: say("record", { language: lacks.own, count: lacks.steps_to_record }) })
}

/**
 * The one door to go to now, and one reason: what a call or a kill interrupted, as long as its draft is there; else the next.
 * @param {any} unfinished @param {{hamlets: any[], households: any[], followUps: any[]}} known @param {Map<string, any>} places
 */
async function drawDoor(unfinished, known, places) {
  const isBegun = Boolean(unfinished && (await draft(unfinished.key)) && !(await wasPutOff(unfinished.key)))
  const next = isBegun ? null : (await nextDoors(known))[0]
  const card = find("[data-next-door]")
  const [go, goOn] = [find("[data-go]", card), find("[data-unfinished]", card)]
  card.hidden = !isBegun && !next
  find("[data-all-done]").hidden = !card.hidden
  go.hidden = isBegun
  goOn.hidden = !isBegun
  card.dataset.door = isBegun ? unfinished.key : next?.household.id ?? ""
  if (isBegun) {
    goOn.href = unfinished.address
    fill(card, { door_kind: say("door.unfinished"), door_name: unfinished.name, door_where: "", door_why: say("why.unfinished") })
    draw(find("p .icon", card), "pencil")
    return
  }
  if (!next) return
  const { household, due } = next
  go.href = `${go.dataset.href}#${household.id}`
  const days = due ? daysBetween(due.due_to, today()) : 0
  const when = !due ? "" : days > 0 ? say("late", { ago: ago(due.due_to) }) : days === 0 ? say("due_today") : say("due_to", { day: date(due.due_to) })
  fill(card, {
    door_kind: say("door.next"),
    door_name: household.label || household.code,
    door_where: [household.label && household.code, places.get(household.hamlet_id)?.name].filter(Boolean).join(" · "),
    door_why: due ? say("why.return", { reason: say(`reason.${due.reason}`), when }) : say("why.unmet"),
  })
  draw(find("p .icon", card), due ? (REASON_ICONS[due.reason] ?? due.reason) : "household")
}

find("[data-no-lock]").addEventListener("click", async () => {
  await keepFact("lock_refused", new Date().toISOString())
  find("[data-ask-lock]").hidden = true
  await keepFact("reported", 0) // the team leader sees it
  await deliver({ eager: true }).catch(() => undefined)
})

find("[data-put-off]").addEventListener("click", async () => {
  await putOffDoor(find("[data-next-door]").dataset.door)
  await drawToday()
  find("[data-next-door] h2").focus()
})

find("[data-sync]").addEventListener("click", async () => {
  fill(document, { sync: say("sync.busy_now") })
  const { error } = await deliver({ eager: true })
  fill(document, { sync: error ? say(`sync.${error}`) : "" })
})

open(drawToday)
