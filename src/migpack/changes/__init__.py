"""What happens to a pack after it was made: dates that move, issues that are frozen, and who must be told."""
