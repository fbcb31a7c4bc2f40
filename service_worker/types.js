// @ts-check
// What the phone's rows look like, told once. Only types stand here; nothing of it is sent to a phone.

/**
 * What the server takes in one field of a body (volunteer_app/phone_facts.py).
 * @typedef {object} Limit
 * @property {"text"|"number"|"choice"|"list"|"map"|"fields"|"yes_no"|"id"|"day"} type
 * @property {true} [must] it must be there
 * @property {true} [null] it may be empty
 * @property {number} [min]
 * @property {number} [max]
 * @property {string} [pattern]
 * @property {(string|number)[]} [of]
 * @property {Limit} [keys]
 * @property {Limit} [each]
 * @property {Record<string, Limit>} [fields]
 */

export {}
