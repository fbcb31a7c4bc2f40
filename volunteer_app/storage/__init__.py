"""What is kept: one file per domain file, its table and its queries."""
