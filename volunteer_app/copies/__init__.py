"""The way back: whole copies of an installation, tried out before anybody relies on them, and their restoring."""
