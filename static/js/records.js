// @ts-check
// One function for each thing that is recorded in the field. Each resolves only when it is durable on the phone.

import { announce } from "../../service_worker/changes.js"
import { faultsOf, wellFormed } from "../../service_worker/checks.js"
import { initials, lookAlike, squeezed } from "../../service_worker/names.js"
import { newId, nowWithZone, record } from "../../service_worker/outbox.js"
import {
  afterVisit, coreOf, isClosedBy, isOpen, levelOf, localDay, returnOfRun,
} from "../../service_worker/rules.js"
import { LONGEST_CODE, MOST_COMPANIONS, PREREQUISITES } from "../../service_worker/shared.js"
import { by, fact, get, keepDraft, known } from "../../service_worker/store.js"
import { deliver } from "./deliver.js"

/** A house code is the hamlet's initials and "-3A34"; of a long name only the first fit. */
const LONGEST_INITIALS = LONGEST_CODE - 5

/** The server would not take it, so it is not kept; `faults` says which fields. */
class Refused extends Error {
  /** @param {import("../../service_worker/checks.js").Fault[]} faults */
  constructor(faults) {
    super(`refused: ${faults.map(({ field, code }) => `${field} ${code}`).join()}`)
    this.cause = "refused"
    this.faults = faults
  }
}

/** @param {Parameters<typeof record>[0]} thing */
export async function keep(thing) {
  thing = await asAgreed(wellFormed(thing))
  const faults = faultsOf(thing.kind, thing.body, thing.recordedAt ?? thing.instead?.recorded_at ?? nowWithZone())
  if (faults.length) throw new Refused(faults)
  const { household_id } = /** @type {any} */ (thing.body)
  // else given to somebody else meanwhile: nothing of it comes back
  const isHere = !household_id || (await get("households", household_id))
  await record(isHere ? thing : { ...thing, rows: {} })
  announce()
  deliver().catch(() => undefined)
  import("../../service_worker/room.js").then((room) => room.askToStay()).catch(() => undefined)
}

/**
 * Without the family's consent nothing about persons is kept. A note that somebody typed is refused at its field, not
 * dropped in silence. @param {Parameters<typeof record>[0]} thing
 */
async function asAgreed(thing) {
  const { kind, rows = {} } = thing
  const body = /** @type {any} */ (thing.body)
  const asked = [body, ...(body.ticked ?? [])].flatMap(({ household_id: id }) => (id ? [get("households", id)] : []))
  const answers = body.consent ? [body.consent] : (await Promise.all(asked)).map((home) => home?.consent ?? "given")
  if (answers.every((consent) => consent === "given")) return thing
  const { nameOfNobody, personalIn, plainRow, withoutPersonal } = await import("../../service_worker/personal.js")
  const notes = personalIn(kind, body).filter((field) => field === "note")
  if (notes.length) throw new Refused(notes.map((field) => ({ field, code: "consent" })))
  const shown = kind === "member" ? await nameOfNobody(body.household_id, thing.id ?? "") : null
  const plain = Object.entries(rows).map(([name, list]) =>
    [name, name === "households" ? list : list.map((row) => plainRow(row, shown ?? row.label))])
  return { ...thing, body: withoutPersonal(kind, body), rows: Object.fromEntries(plain) }
}

/** A household's row as screens and search want it. @param {any} household */
const searchable = (household) => ({ ...household, search: squeezed(`${household.label} ${household.code}`) })

/**
 * @param {{hamlet_id: string, label?: string, people_count?: number|null, consent: string, consent_version?: number, consent_method?: string, draft?: string, isHeld?: boolean}} said `draft` is dropped with the save; isHeld: it can be taken back for ten seconds
 */
export async function registerHousehold({ hamlet_id, label = "", people_count = null, consent, consent_version, consent_method, draft, isHeld }) {
  const id = newId()
  const hamlet = await known("hamlets", hamlet_id)
  const code = `${initials(hamlet.name).slice(0, LONGEST_INITIALS)}-${id.slice(-4).toUpperCase()}`
  const name = consent === "given" ? label.trim() : ""
  const body = { hamlet_id, code, label: name, people_count, consent, consent_version: consent_version ?? null, consent_method: consent_method ?? null }
  const row = searchable({ id, commune_code: hamlet.commune_code, ...body, levels: {}, received_at: null })
  await keep({ id, kind: "household", body, rows: { households: [row] }, dropDraft: draft, isHeld })
  return row
}

/**
 * Households of the hamlet that look like the one about to be registered.
 * @param {{hamlet_id: string, label: string}} said
 */
export async function likelyDuplicates({ hamlet_id, label }) {
  if (!label.trim()) return []
  return (await by("households", "hamlet_id", hamlet_id)).filter((one) => lookAlike(label, one.label))
}

/**
 * What this phone knew of the fields that change: the server sees by it who else changed them.
 * @param {any} before @param {object} changed
 */
const knew = (before, changed) =>
  Object.fromEntries(Object.keys(changed).filter((name) => before[name] !== undefined).map((name) => [name, before[name]]))

/**
 * @param {string} id
 * @param {{label?: string, people_count?: number|null, consent?: string, consent_version?: number, consent_method?: string}} changed
 * @param {any} [shown] as the screen shows it, should it have left the phone meanwhile
 */
export async function changeHousehold(id, changed, shown) {
  const before = (await get("households", id)) ?? shown
  if (changed.consent && changed.consent !== "given") changed = { ...changed, label: "" }
  const row = searchable({ ...before, ...changed })
  await keep({ kind: "household_change", body: { household_id: id, ...changed, base: knew(before, changed) }, rows: { households: [row] }, dependsOn: [id] })
  if (changed.consent && changed.consent !== "given") await (await import("../../service_worker/personal.js")).forgetPersonal(id)
  return row
}

/** @param {string} household_id @param {any} said label and prerequisites */
export async function addMember(household_id, said) {
  const unknown = Object.fromEntries(PREREQUISITES.map((key) => [key, null]))
  const body = { household_id, ...unknown, ...said }
  const row = { id: newId(), ...body }
  await keep({ id: row.id, kind: "member", body, rows: { members: [row] }, dependsOn: [household_id] })
  return row
}

/** @param {string} id @param {any} changed */
export async function changeMember(id, changed) {
  const before = await known("members", id)
  const row = { ...before, ...changed }
  const body = { household_id: before.household_id, member_id: id, ...changed, base: knew(before, changed) }
  await keep({ kind: "member_change", body, rows: { members: [row] }, dependsOn: [id] })
  return row
}

/** @param {{household_id: string, outcome: string, note?: string, return_on?: string|null, draft?: string}} said */
export async function recordVisit({ household_id, outcome, note = "", return_on = null, draft }) {
  const id = newId()
  const recorded_at = nowWithZone()
  const body = { household_id, outcome, note: note.trim(), return_on, companions: await companions() }
  const visit = { id, ...body, recorded_at, received_at: null, person_name: null }
  const household = await get("households", household_id)
  const proposed = afterVisit(outcome, recorded_at, return_on)
  const open = outcome === "met" ? (await by("follow_ups", "household_id", household_id)).filter(isOpen) : []
  if (open.length) await keepDraft(`due:${household_id}`, { day: localDay(recorded_at), open })
  const settled = open.filter((f) => isClosedBy(f, recorded_at)).map((f) => ({ ...f, settled_as: "met" }))
  const rows = {
    visits: [visit],
    households: [{ ...household, last_visit_at: recorded_at, last_outcome: outcome, is_met: household?.is_met || outcome === "met" }],
    follow_ups: [...settled, ...(proposed ? [{ id, household_id, ...proposed, service: null, blocker: null, created_at: recorded_at }] : [])],
  }
  await keep({ id, kind: "visit", body, rows, dependsOn: [household_id], dropDraft: draft })
  return visit
}

/**
 * Who came along today, as chosen on the Today screen; they stand in every visit of the day.
 * @returns {Promise<string[]>}
 */
export async function companions() {
  const chosen = await fact("companions")
  return chosen?.day === localDay(nowWithZone()) ? chosen.people.slice(0, MOST_COMPANIONS) : []
}

/**
 * A step no longer looks as the guide says. A photo is kept first: it waits for its report, never the other way round.
 * @param {{guide: string, guide_version: number, step: string, note: string}} body @param {Blob|null} photo
 */
export async function reportScreen(body, photo) {
  const id = newId()
  const { dropPhoto, keepPhoto } = await import("../../service_worker/photos.js")
  if (photo) await keepPhoto(id, photo, body)
  await keep({ id, kind: "screen_changed", body }).catch(async (error) => {
    await dropPhoto(id)
    throw error
  })
}

/**
 * What decides about the return after a run: what was seen of this person before, and whether every household needs it.
 * @param {string} household_id @param {string} member_id @param {string} service
 */
export async function knownOf(household_id, member_id, service) {
  const [observations, services] = await Promise.all([by("observations", "household_id", household_id), fact("services")])
  const seen = observations.filter((o) => o.member_id === member_id && o.service === service)
  return { seen, isCore: coreOf(services).includes(service) }
}

/**
 * @param {any} said see WalkThroughBody in volunteer_app/domain/operations/walk_throughs.py; `draft` is dropped with the save
 */
export async function finishWalkThrough({ draft, ...said }) {
  const id = newId()
  const recorded_at = nowWithZone()
  const body = { is_needed: true, stuck_step: null, blocker: null, note: "", return_on: null, ...said }
  const level = levelOf(body.marks, body.teach_back, body.is_needed)
  const { household_id, member_id, service } = body
  const observed = level === null ? [] : [{ id, household_id, member_id, service, level, basis: "observed", observed_at: recorded_at }]
  const run = { id, ...body, recorded_at, received_at: null }
  const proposed = returnOfRun(body, recorded_at, await knownOf(household_id, member_id, service))
  const taught_by = (await fact("me"))?.person_id
  const follow = { id, household_id, ...proposed, service, blocker: body.blocker, created_at: recorded_at, taught_by }
  const rows = {
    walk_throughs: [run],
    observations: observed,
    follow_ups: proposed ? [follow] : [],
  }
  await keep({ id, kind: "walk_through", body, rows, dependsOn: [household_id, member_id, body.visit_id], dropDraft: draft })
  return { ...run, level }
}
