"""Small faults put into the clinical centre, one at a time, to see whether a test notices: `python -m tools.mutation domain`."""
