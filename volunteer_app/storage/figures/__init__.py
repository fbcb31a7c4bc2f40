"""Figures of places: kept up to date with every record, read for maps, reports and exports."""
