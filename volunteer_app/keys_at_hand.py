"""Are all key pairs here that phones have sealed to? The database knows their ids, the folder lies apart from it."""

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.sealing import Keys
from volunteer_app.storage.installation import note_keys


class KeysMissing(Exception):
    """Phones have sealed entries to a key pair that is not in KEYS_FOLDER; the message says what to do."""


async def ensure_keys(db: AsyncSession, keys: Keys, now: datetime) -> None:
    """Every key pair that phones have ever sealed to is here; at the first start ever the first one is made."""
    if missing := await note_keys(db, {key.id for key in keys.all()}):
        raise KeysMissing(
            f"KEYS_FOLDER ({keys.folder.absolute()}) lacks the key {', '.join(sorted(missing))}, to which phones "
            "have sealed entries. Put it back (it is in every backup) or name the folder of before; if it is lost "
            "for good: volunteer-app keys accept-loss"
        )
    keys.ensure(now)
    await note_keys(db, {key.id for key in keys.all()})
