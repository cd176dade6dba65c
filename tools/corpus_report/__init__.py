"""What the corpora of report texts say about the reading: `python -m tools.corpus_report` writes docs/corpus.md and the reference set."""
