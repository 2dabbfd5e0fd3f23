"""The yearly bilan of one post: four pages, its tables, its words, and the versions of it that may leave."""
