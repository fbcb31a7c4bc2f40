"""The whole schema: every table there is, whoever asks, and whatever else the program has imported by then.

Erasing, retention, mergers and imports go through all tables that name a household. One that is not imported would be
left out without a word.
"""

import importlib
import pkgutil
from functools import cache

import sqlalchemy as sa
from sqlmodel import SQLModel

from volunteer_app import storage


@cache
def schema() -> sa.MetaData:
    """All tables of `storage/` and its folders."""
    for module in pkgutil.walk_packages(storage.__path__, f"{storage.__name__}."):
        if not module.ispkg and ".migrations." not in module.name:
            importlib.import_module(module.name)
    return SQLModel.metadata
