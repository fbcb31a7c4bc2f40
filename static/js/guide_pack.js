// @ts-check
// A guide as the phone keeps it, and the one way through it that a household's answers choose (docs/guides.md).

/** @typedef {Record<string, any>} Row */

/** @param {string} slug @param {string} language @returns {Promise<Row|null>} null when it is not on this phone */
export async function packOf(slug, language) {
  try {
    const [pack, pictures] = await Promise.all([`${slug}.${language}`, "pictures"].map(async (name) => {
      const answer = await fetch(`/guides/packs/${name}.json`)
      return answer.ok ? answer.json() : null
    }))
    return pack && { ...pack, pictures: pictures ?? {} }
  } catch {
    return null
  }
}

/** Does it hold under the answers given? What was not asked holds nothing. @param {Row} thing @param {Row} answers */
export const applies = ({ only_if = {} }, answers) =>
  Object.entries(only_if).every(([situation, options]) => options.includes(answers[situation]))

/** The next question without an answer. @param {Row} pack @param {Row} answers */
export const nextQuestion = (pack, answers) =>
  (pack.situations ?? []).find((/** @type {Row} */ s) => applies(s, answers) && !(s.key in answers))

/** The questions on this way that have been answered. @param {Row} pack @param {Row} answers @returns {Row[]} */
export const answered = (pack, answers) =>
  (pack.situations ?? []).filter((/** @type {Row} */ s) => applies(s, answers) && s.key in answers)

/** The steps of this way, to the first that ends it. @param {Row} pack @param {Row} answers @returns {Row[]} */
export function stepsOf(pack, answers) {
  const steps = pack.steps.filter((/** @type {Row} */ step) => applies(step, answers))
  const last = steps.findIndex((/** @type {Row} */ step) => step.ends)
  return last < 0 ? steps : steps.slice(0, last + 1)
}

/** What helps at a step: its own remedies first, then the guide's. @param {Row} pack @param {Row} step @returns {Row[]} */
export const remediesOf = (pack, step) => [...(step.remedies ?? []), ...(pack.remedies ?? [])]

/** Fees and time limits to show at a step; `holds` says whether they are known for that day. @param {Row} pack @param {Row} step @param {string} day @returns {Row[]} */
export const figuresOf = (pack, step, day) =>
  [...(pack.fees ?? []), ...(pack.time_limits ?? [])].filter((figure) => (step.shows ?? []).includes(figure.key))
    .map((figure) => ({ ...figure, holds: (figure.valid_from ?? "") <= day && day <= (figure.valid_to ?? "9") }))
