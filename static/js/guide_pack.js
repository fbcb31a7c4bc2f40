// @ts-check
// A guide as the phone keeps it, and the one way through it that a household's answers choose (docs/guides.md).

import { fact } from "../../service_worker/store.js"

/** @typedef {Record<string, any>} Row */

/**
 * A guide in a citizen's language: the pack of that language (Vietnamese for one that the app itself is not written in),
 * with what this phone keeps of the language laid over it, sentence by sentence, and its voices.
 * @param {string} slug @param {string} language @returns {Promise<Row|null>} null when it is not on this phone
 */
export async function packOf(slug, language) {
  const known = await fact("languages")
  const base = known?.languages.find((/** @type {any} */ l) => l.tag === language)?.app === false ? "vi" : language
  const { texts = {}, voices = {} } = known?.packs?.[language] ?? {}
  const said = Object.fromEntries(Object.values(voices).map((voice) => [voice.text, voice]))
  const needsSource = base !== language || Object.keys(texts).length || Object.keys(said).length
  try {
    const [own, pictures, source] = await Promise.all([kept(`${slug}.${base}`), kept("pictures"), needsSource ? kept(`${slug}.vi`) : null])
    if (!own) return null
    const pack = source ? told(source, base === language ? own : null, texts, said) : own
    return { ...pack, base, pictures: pictures ?? {} }
  } catch {
    return null
  }
}

/** @param {string} name */
async function kept(name) {
  const answer = await fetch(`/guides/packs/${name}.json`)
  return answer.ok ? answer.json() : null
}

/**
 * Each text in its best words, published by people here, else the release's own, else Vietnamese with a mark; and with the
 * voice that says just these words. @param {any} source @param {any} own @param {Record<string, string>} texts
 * @param {Row} voices by Vietnamese text @returns {any}
 */
function told(source, own, texts, voices) {
  if (Array.isArray(source)) return source.map((item, i) => told(item, own?.[i], texts, voices))
  if (source === null || typeof source !== "object") return source
  if (typeof source.text === "string" && Object.keys(source).length === 1) {
    const words = source.text in texts ? { text: texts[source.text] } : own ?? { text: source.text, fallback: true }
    return source.text in voices ? { ...words, voice: voices[source.text] } : words
  }
  return Object.fromEntries(Object.entries(source).map(([key, value]) => [key, told(value, own?.[key], texts, voices)]))
}

/** Does it hold under the answers given? What was not asked holds nothing. @param {Row} thing @param {Row} answers */
export const applies = ({ only_if = {} }, answers) =>
  Object.entries(only_if).every(([situation, options]) => options.includes(answers[situation]))

/** The next question without an answer. @param {Row} pack @param {Row} answers */
export const nextQuestion = (pack, answers) =>
  (pack.situations ?? []).find((/** @type {any} */ s) => applies(s, answers) && !(s.key in answers))

/** The questions on this way that have been answered. @param {Row} pack @param {Row} answers @returns {Row[]} */
export const answered = (pack, answers) =>
  (pack.situations ?? []).filter((/** @type {any} */ s) => applies(s, answers) && s.key in answers)

/** The steps of this way, to the first that ends it. @param {Row} pack @param {Row} answers @returns {Row[]} */
export function stepsOf(pack, answers) {
  const steps = pack.steps.filter((/** @type {any} */ step) => applies(step, answers))
  const last = steps.findIndex((/** @type {any} */ step) => step.ends)
  return last < 0 ? steps : steps.slice(0, last + 1)
}

/**
 * What helps at a step: its own remedies first, then the guide's.
 * @param {Row} pack @param {Row} step @returns {Row[]}
 */
export const remediesOf = (pack, step) => [...(step.remedies ?? []), ...(pack.remedies ?? [])]

/**
 * Fees and times to tell at a step: of each topic the one that holds on that day, else the one without days.
 * @param {Row} pack @param {Row} step @param {Row} answers @param {string} day @returns {Row[]}
 */
export function figuresOf(pack, step, answers, day) {
  /** @type {any[]} */
  const figures = (pack.figures ?? []).filter((/** @type {any} */ f) => (step.shows ?? []).includes(f.topic))
  const holds = (/** @type {any} */ f) => Boolean(f.dated) && (f.valid_from ?? "") <= day && day <= (f.valid_to ?? "9")
  const isOver = (/** @type {any} */ f) => figures.some((other) => other.topic === f.topic && holds(other))
  return figures.filter((f) => applies(f, answers) && (f.dated ? holds(f) : !isOver(f)))
}

/** Has an officer to be asked about it on that day? @param {Row} claim @param {string} day */
export const isDoubtful = (claim, day) => Boolean(claim.check) || (claim.doubtful_from ?? "9") <= day
