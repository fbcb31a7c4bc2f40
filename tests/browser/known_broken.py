"""Walks that are known to fail and are not mended yet: named here, told at the end of every run, never skipped in silence.

Each runs as ever. A walk that passes again must be taken out of this list. The list is to be empty.
"""

KNOWN_BROKEN = {
    "test_f4_each_record_says_who_when_on_which_phone_with_which_app_and_guide": "the guide's version after its release",
    "test_f4_the_next_person_on_the_phone_is_named_and_the_app_too": "who delivered after a change of persons",
    "test_a9_a_leaders_note_is_read_without_a_network_and_marked_done": "the note's claim is set aside",
    "test_f9_one_session_ticks_many_people_without_a_network_and_is_counted_once": "one entry is set aside",
    "test_l7_consent_is_heard_refused_given_and_taken_back_without_reading": "which voice speaks",
    "test_l4_g2_every_step_is_a_picture_and_a_voice_offline_in_a_language_without_a_script": "texts of the new guides",
    "test_l5_a_voice_recorded_offline_comes_over_a_broken_line_is_reviewed_by_a_second_person_and_heard_on_another_phone": "texts of the new guides",
    "test_l9_every_part_of_the_guide_player_is_readable": "the fold of a doubtful fact is 24 px high, not 44",
    "test_e19_at_text_ballast_and_voices_go_before_an_entry_is_refused": "room under the larger kept set",
}
"""Name of the test → what seems to be the matter."""
