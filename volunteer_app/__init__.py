"""Từng Nhà ("every household"): visits, walk-throughs and independence, house by house."""

import sys
from importlib import import_module

__version__ = "0.1.0"

try:  # the interpreter's own SQLite may have the WAL-reset bug (3.7.0–3.51.2); here, before anybody imports it
    sys.modules["sqlite3"] = import_module("pysqlite3")
    sys.modules["sqlite3.dbapi2"] = import_module("pysqlite3.dbapi2")
except ImportError:  # no wheel for this machine: `volunteer-app` says so when it starts
    pass
