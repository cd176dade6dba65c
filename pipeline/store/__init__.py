"""What is remembered: the ledger, the archive, the quarantine."""
