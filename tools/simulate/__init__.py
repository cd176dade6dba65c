"""A month of an invented hospital drives the whole product, and is checked against what the hospital knows to be true."""
