"""What pages show of a convention, worked out without markup: states, steps, acts, figures, changes."""
