"""Every family on the same music with the same budget, and a blind listening page."""
