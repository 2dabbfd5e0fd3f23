"""What a convention obliges people to, on which day: pure dates and words, computed from its data."""
