"""Figures of places: what is counted, how it adds up, and which numbers stay hidden."""
