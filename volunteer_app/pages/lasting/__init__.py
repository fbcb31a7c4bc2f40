"""What lasts of what was learned."""
