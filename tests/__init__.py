"""The tests; `bin/test` sets up and runs all of them."""
