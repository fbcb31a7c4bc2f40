"""Guides: how they are written, checked, found, and packed for phones."""
