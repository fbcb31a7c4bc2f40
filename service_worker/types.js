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

/**
 * A hamlet of the field pack (volunteer_app/pages/sync/field_pack.py).
 * @typedef {object} Hamlet
 * @property {string} id
 * @property {string} name
 * @property {string} kind
 * @property {string} commune_code
 * @property {string} commune_name
 * @property {number|null} household_count
 * @property {string|null} household_count_source
 * @property {string|null} household_count_date
 * @property {string[]} languages
 * @property {string|null} signal
 * @property {number} position
 * @property {{first_day: string, last_day: string, target: number|null}|null} assignment
 * @property {Closed[]} [closed] households that have left this phone and count still
 */

/** @typedef {{id: string, is_met?: boolean, is_independent: boolean, last_visit_on: string|null|undefined}} Closed */

/**
 * A household, as the pack and the phone's own records write it (volunteer_app/pages/sync/household_rows.py).
 * @typedef {object} Household
 * @property {string} id
 * @property {string} hamlet_id
 * @property {string} commune_code
 * @property {string} code
 * @property {string} label
 * @property {number|null} people_count
 * @property {string} consent
 * @property {number|null} [consent_version]
 * @property {string|null} [consent_method]
 * @property {string} search
 * @property {string|null} [received_at]
 * @property {boolean} [is_met]
 * @property {string|null} [last_visit_at]
 * @property {string|null} [last_outcome]
 * @property {object[]} [clashes]
 * @property {Note[]} [notes]
 * @property {Dossier[]} [dossiers]
 * @property {string|null} [leaves_on]
 */

/** @typedef {{id: string, text: string, written_at: string, done_at: string|null}} Note */

/**
 * @typedef {object} Dossier
 * @property {string} id
 * @property {string} member_id
 * @property {string} service
 * @property {string} result_on
 * @property {string} recorded_at
 * @property {string|null} result
 * @property {string|null} result_at
 */

/**
 * @typedef {{own_phone: boolean|null, own_sim: boolean|null, chip_card: boolean|null, vneid_level: number|null, signal_at_home: boolean|null}} Prerequisites
 */

/** @typedef {{id: string, household_id: string, label: string} & Prerequisites & Record<string, any>} Member */

/**
 * @typedef {object} Visit
 * @property {string} id
 * @property {string} household_id
 * @property {string} outcome
 * @property {string} note
 * @property {string|null} return_on
 * @property {string} recorded_at
 * @property {string|null} received_at
 * @property {string|null} person_name
 * @property {boolean} [is_after_lease]
 * @property {string[]} [companions]
 */

/**
 * @typedef {object} WalkThrough
 * @property {string} id
 * @property {string} household_id
 * @property {string} visit_id
 * @property {string} member_id
 * @property {string} guide
 * @property {number} [guide_version]
 * @property {string} service
 * @property {Record<string, string>} marks
 * @property {string} teach_back
 * @property {boolean} is_needed
 * @property {string|null} stuck_step
 * @property {string|null} blocker
 * @property {string} note
 * @property {number} minutes
 * @property {string} recorded_at
 * @property {string|null} received_at
 */

/**
 * @typedef {object} Observation
 * @property {string} id
 * @property {string} household_id
 * @property {string} member_id
 * @property {string} service
 * @property {number} level
 * @property {string} basis
 * @property {string} observed_at
 */

/**
 * @typedef {object} FollowUp
 * @property {string} id
 * @property {string} household_id
 * @property {string} reason
 * @property {string} due_from
 * @property {string} due_to
 * @property {string|null} service
 * @property {string|null} blocker
 * @property {string} created_at
 * @property {string|null} [taught_by]
 * @property {string|null} [person_id]
 * @property {string} [settled_as]
 */

/**
 * What was recorded on this phone (service_worker/outbox.js). A sealed one has no kind and no body that can be read here.
 * @typedef {object} Item
 * @property {string} id
 * @property {number} seq
 * @property {string} kind
 * @property {string|null} person_id
 * @property {number} schema
 * @property {string} recorded_at
 * @property {string} time_quality
 * @property {string[]} depends_on
 * @property {Record<string, any>} body
 * @property {string} [key_id]
 * @property {string} [sealed]
 * @property {boolean} [is_signed] the box carries its author's signature
 * @property {string} [about]
 * @property {number} made_at
 * @property {number} [held_until] it can be taken back, and is not sent, before
 * @property {string} [after]
 * @property {number} [asked_at] when the server was last asked about it after setting it aside
 * @property {"ready"|"held"|"parked"|"mended"|"received"} state mended: a correction stands in its place, as soon as that is received
 * @property {{code: string, text: string, field?: string}|null} reason field: the one that it is about
 * @property {string} [mends] the first entry, in whose place this one stands
 * @property {{at: string, code: string}|null} receipt
 * @property {number} bytes
 * @property {number} [tries] how often the server put it off
 */

/**
 * The stores and their rows. Recordings, photos, drafts and drawers are read by one module each, which says what they are.
 * @typedef {object} Rows
 * @property {Hamlet} hamlets
 * @property {Household} households
 * @property {Member} members
 * @property {Visit} visits
 * @property {WalkThrough} walk_throughs
 * @property {Observation} observations
 * @property {FollowUp} follow_ups
 * @property {Item} outbox
 * @property {any} recordings
 * @property {any} photos
 * @property {any} drafts
 * @property {any} facts
 * @property {any} drawers
 */

export {}
