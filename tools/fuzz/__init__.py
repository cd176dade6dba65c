"""Input that nobody would think of, guided by what it reaches in the program: `python -m tools.fuzz`."""
