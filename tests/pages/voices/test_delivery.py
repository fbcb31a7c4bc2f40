"""Delivering recordings: chunk by chunk, again, in the wrong order, hostile; and what is served of them."""

import os
from hashlib import sha256
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from tests.pages.conftest import FROM_US
from tests.people import HOA, LAN, LANS_PHONE, MINH, THE_FRONT, id_of
from tests.sounds import SECRET, a_voice, heard, hostile, loudness, packed
from volunteer_app.domain.recordings import CHUNK, LARGEST_RECORDING, Review
from volunteer_app.pages.voices.texts import all_texts
from volunteer_app.storage import recordings
from volunteer_app.storage.recordings import RecordingRow

KEY = next(key for key in all_texts() if key.startswith("step."))


def name_of(sound: bytes) -> str:
    return sha256(sound).hexdigest()


def send(visitor, name: str, chunk: bytes, *, offset: int, length: int):
    headers = {"upload-offset": str(offset), "upload-length": str(length)} | FROM_US
    return visitor.patch(f"/api/v1/uploads/{name}", content=chunk, headers=headers)


def deliver(visitor, sound: bytes) -> None:
    for offset in range(0, len(sound), CHUNK):
        chunk = sound[offset : offset + CHUNK]
        assert send(visitor, name_of(sound), chunk, offset=offset, length=len(sound)).status_code == 204


def tell(visitor, sound: bytes, **changes):
    said = {
        "id": str(uuid4()),
        "device_id": str(LANS_PHONE),
        "person_id": str(LAN),
        "text_key": KEY,
        "text": all_texts()[KEY].text,
        "language": "tyz",
        "recorded_at": "2026-11-22T14:30:00.000+07:00",
        "sha256": name_of(sound),
    }
    return visitor.post_from_us("/api/v1/recordings", json=said | changes)


def offset_of(visitor, sound: bytes) -> int:
    return int(visitor.head(f"/api/v1/uploads/{name_of(sound)}").headers["upload-offset"])


@pytest.fixture(scope="module")
def a_recording() -> bytes:
    return packed(a_voice(), title="MARK-OF-THE-TITLE", location="+22.82+104.98/")


@pytest.fixture
def lan(signed_in):
    return signed_in(LAN)


@pytest.fixture
def media(lan) -> Path:
    return lan.media


def rows(in_database) -> list[RecordingRow]:
    from tests.people import SCOPES
    from volunteer_app.domain.languages import LANGUAGES

    async def work(database):
        async with database.reading() as db:
            return await recordings.in_languages(db, SCOPES[LAN], LANGUAGES)

    return in_database(work)


def test_e29_a_delivery_goes_on_where_it_was_cut_and_a_repeat_changes_nothing(lan):
    sound = os.urandom(2 * CHUNK + 1000)
    first, second, last = sound[:CHUNK], sound[CHUNK : 2 * CHUNK], sound[2 * CHUNK :]

    assert offset_of(lan, sound) == 0
    assert send(lan, name_of(sound), first, offset=0, length=len(sound)).headers["upload-offset"] == str(
        CHUNK
    )
    assert send(lan, name_of(sound), first, offset=0, length=len(sound)).headers["upload-offset"] == str(
        CHUNK
    )
    assert send(lan, name_of(sound), last, offset=2 * CHUNK, length=len(sound)).status_code == 409, "a gap"
    assert offset_of(lan, sound) == CHUNK
    assert send(lan, name_of(sound), second, offset=CHUNK, length=len(sound)).status_code == 204
    assert send(lan, name_of(sound), last, offset=2 * CHUNK, length=len(sound)).status_code == 204
    assert offset_of(lan, sound) == len(sound)


def test_e29_a_wrong_hash_is_let_go_and_may_be_sent_again(lan, a_recording, media):
    spoiled = a_recording[:-1] + b"!"
    answer = send(lan, name_of(a_recording), spoiled, offset=0, length=len(spoiled))

    assert (answer.status_code, answer.headers["upload-offset"]) == (422, "0")
    assert not [path for path in media.rglob("*") if path.is_file()]
    deliver(lan, a_recording)
    assert tell(lan, a_recording).json()["outcome"] == "accepted"


@pytest.mark.parametrize(
    ("offset", "length", "status_code"),
    [(0, LARGEST_RECORDING + 1, 413), (0, 0, 413), (-1, 10, 400), (0, 3, 413), (10, 12, 413)],
)
def test_a_delivery_that_cannot_be_is_refused(lan, offset, length, status_code):
    assert send(lan, "0" * 64, b"12345", offset=offset, length=length).status_code == status_code


def test_a_chunk_has_a_largest_size(lan):
    answer = send(lan, "0" * 64, bytes(CHUNK + 1), offset=0, length=CHUNK + 1)

    assert answer.status_code == 413
    assert offset_of(lan, b"") == 0


@pytest.mark.parametrize("name", ["x", "0" * 63, "G" * 64, "..%2f..%2fx"])
def test_a_malformed_name_is_not_found(lan, name):
    assert send(lan, name, b"1", offset=0, length=1).status_code == 404


def test_one_person_may_not_fill_the_disk(lan, media, monkeypatch):
    monkeypatch.setattr("volunteer_app.storage.media.MOST_WAITING_BYTES", 1500)
    assert send(lan, "1" * 64, bytes(700), offset=0, length=1000).status_code == 204

    assert send(lan, "2" * 64, bytes(700), offset=0, length=1000).status_code == 413


def test_what_somebody_else_delivered_is_not_told(lan, signed_in, a_recording):
    deliver(lan, a_recording)
    hoa = signed_in(HOA)

    assert offset_of(hoa, a_recording) == 0, "else it could be asked who recorded what"
    assert tell(hoa, a_recording, person_id=str(HOA)).json()["outcome"] == "needs_upload"


@pytest.mark.parametrize("who", [None, THE_FRONT])
def test_who_does_not_record_delivers_nothing(visitor, signed_in, who, a_recording):
    asking = signed_in(who) if who else visitor
    expected = 404 if who else 401

    assert send(asking, name_of(a_recording), b"1", offset=0, length=1).status_code == expected
    assert tell(asking, a_recording).status_code == expected
    assert asking.get("/api/v1/languages").status_code == expected


def test_l5_a_recording_becomes_one_small_speech_file(lan, a_recording, in_database):
    deliver(lan, a_recording)
    said = tell(lan, a_recording).json()
    (row,) = rows(in_database)
    body = lan.get(f"/media/voices/{row.file}").content
    samples = heard(body)

    assert said["outcome"] == "accepted"
    assert (row.language, row.text_key, row.review, row.recorded_by) == ("tyz", KEY, Review.WAITING, LAN)
    assert b"MARK-OF" not in body and b"104.98" not in body, "who, where and with what is not kept"
    assert row.size == len(body) < 15 * 1024
    assert 2.0 < row.seconds < 2.6, "half a second of silence is cut off at each end, a breath of it stays"
    assert abs(len(samples) / 16_000 - row.seconds) < 0.2


@pytest.mark.parametrize("level", [0.01, 0.1, 0.9])
def test_quiet_and_loud_voices_come_out_alike(lan, in_database, level):
    sound = packed(a_voice(level=level))
    deliver(lan, sound)
    tell(lan, sound)
    (row,) = rows(in_database)
    samples = heard(lan.get(f"/media/voices/{row.file}").content)

    assert -24 < loudness(samples) < -17
    assert max(map(abs, samples)) < 32_767


@pytest.mark.parametrize(("container", "codec"), [("webm", "libopus"), ("mp4", "aac")])
def test_chrome_and_safari_are_understood(lan, container, codec):
    sound = packed(a_voice(), container, codec)
    deliver(lan, sound)

    assert tell(lan, sound).json()["outcome"] == "accepted"


def test_a_repeat_is_a_duplicate_and_needs_no_sound(lan, a_recording, in_database):
    id_ = str(uuid4())
    deliver(lan, a_recording)

    assert tell(lan, a_recording, id=id_).json()["outcome"] == "accepted"
    assert tell(lan, a_recording, id=id_).json()["outcome"] == "duplicate"
    assert len(rows(in_database)) == 1


def test_without_its_sound_a_recording_waits(lan, a_recording):
    assert tell(lan, a_recording).json()["outcome"] == "needs_upload"


@pytest.mark.parametrize("what", hostile())
def test_e29_hostile_files_are_refused_and_nothing_of_them_is_kept(lan, media, in_database, what):
    sound = hostile()[what]
    deliver(lan, sound)
    said = tell(lan, sound).json()

    assert said["outcome"] == "parked", "and not an error that the phone would try again for ever"
    assert said["reason"]["text"]
    assert rows(in_database) == []
    assert not [path for path in media.rglob("*") if path.is_file()]


def test_a_page_behind_a_voice_is_cut_off(lan, in_database):
    sound = packed(a_voice(), "mp4", "aac") + b"<!doctype html><script>" + SECRET + b"</script>"
    deliver(lan, sound)
    tell(lan, sound)

    for row in rows(in_database):
        assert SECRET not in lan.get(f"/media/voices/{row.file}").content


@pytest.mark.parametrize(
    "changes",
    [
        {"language": "xx"},
        {"language": "../../vi"},
        {"text_key": "step.no-such.step"},
        {"person_id": str(id_of("nobody"))},
    ],
)
def test_what_cannot_be_kept_is_parked_with_a_reason(lan, a_recording, changes):
    deliver(lan, a_recording)
    said = tell(lan, a_recording, **changes).json()

    assert said["outcome"] == "parked"
    assert said["reason"]["text"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff", b"[" * 9000])
def test_what_is_no_recording_is_refused(lan, body):
    assert lan.post_from_us("/api/v1/recordings", content=body).status_code == 400


def test_a_speech_file_is_for_those_who_record_until_it_is_published(
    visitor, signed_in, a_recording, in_database
):
    lan = signed_in(LAN)
    deliver(lan, a_recording)
    tell(lan, a_recording)
    (row,) = rows(in_database)
    address = f"/media/voices/{row.file}"

    assert signed_in(MINH).get(address).status_code == 200
    assert signed_in(THE_FRONT).get(address).status_code == 404
    visitor.cookies.clear()
    assert visitor.get(address).status_code == 404

    in_database(lambda database: approve(database, row.id))
    answer = visitor.get(address)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "audio/mpeg"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "immutable" in answer.headers["cache-control"]


async def approve(database, id_: UUID) -> None:
    from tests.people import NOW, SCOPES

    async with database.writing() as db:
        row = await recordings.recording_of(db, SCOPES[MINH], id_)
        assert row is not None
        await recordings.settle(db, row, Review.APPROVED, by=MINH, at=NOW)


@pytest.mark.parametrize(
    ("asked", "status_code", "size"),
    [
        ("bytes=0-1", 206, 2),
        ("bytes=10-", 206, -10),
        ("bytes=-5", 206, 5),
        ("bytes=9-3", 200, 0),
        ("x", 200, 0),
    ],
)
def test_safari_asks_for_parts(lan, a_recording, in_database, asked, status_code, size):
    deliver(lan, a_recording)
    tell(lan, a_recording)
    (row,) = rows(in_database)
    answer = lan.get(f"/media/voices/{row.file}", headers={"range": asked})

    assert answer.status_code == status_code
    assert len(answer.content) == (size if size > 0 else row.size + size)


@pytest.mark.parametrize("name", ["x.mp3", "0" * 32 + ".mp3", "..%2f..%2fsettings.py"])
def test_nothing_else_is_served(lan, name):
    assert lan.get(f"/media/voices/{name}").status_code == 404


def test_languages_say_honestly_what_there_is(lan, a_recording, in_database):
    deliver(lan, a_recording)
    tell(lan, a_recording, language="hmn")
    (row,) = rows(in_database)

    def languages(kept: str = "mww") -> tuple[dict, dict]:
        said = lan.get(f"/api/v1/languages?kept={kept}").json()
        return {language["tag"]: language for language in said["languages"]}, said["packs"]

    listed, packs = languages()
    assert listed["hmn"]["voices"] == 0
    assert packs["mww"]["voices"] == {}

    in_database(lambda database: approve(database, row.id))
    listed, packs = languages()

    assert (listed["hmn"]["voices"], listed["hmn"]["bytes"]) == (1, row.size)
    assert listed["mww"]["voices"] == 0
    assert packs["mww"]["voices"][KEY]["language"] == "hmn", "heard instead, and it says so"
    assert lan.get("/api/v1/languages?kept=xx").status_code == 404


def test_deliveries_nobody_goes_on_with_are_let_go_after_sixty_days(lan, a_recording, media):
    send(lan, "1" * 64, b"12345", offset=0, length=10)
    send(lan, "2" * 64, b"12345", offset=0, length=10)
    old = next(media.rglob("1" * 64 + ".*"))
    os.utime(old, (0, old.stat().st_mtime - 61 * 86_400))
    deliver(lan, a_recording)
    tell(lan, a_recording)

    assert not list(media.rglob("1" * 64 + ".*"))
    assert list(media.rglob("2" * 64 + ".*"))
