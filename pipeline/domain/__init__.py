"""What the product knows and decides: no clock, no disk, no network, no log, no third-party package."""
