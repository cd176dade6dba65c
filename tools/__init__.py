"""Programs for people who work on vqroute; none of them is in the wheel."""
