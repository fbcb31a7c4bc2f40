"""The demo commune: real official names of places, everything else invented by a seeded generator and marked so."""
