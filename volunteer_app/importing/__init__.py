"""Reading files that people bring: official lists, outlines, and a commune's own household list.

One file per kind of file. A reader turns content into rows and problems; a plan compares the rows with what is
kept; `run.py` carries a plan out, whole or not at all.
"""
