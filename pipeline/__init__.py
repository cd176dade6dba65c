"""A hospital service that reads lung V/Q reports and answers for what follows from them."""

__version__ = "0.1.0"
