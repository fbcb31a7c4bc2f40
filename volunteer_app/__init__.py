"""Từng Nhà ("every household"): visits, walk-throughs and independence, house by house."""

__version__ = "0.1.0"
