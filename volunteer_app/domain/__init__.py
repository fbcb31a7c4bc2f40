"""Rules: plain values in, plain values out. No web, no database; time is always an argument."""
