"""One named change of many products, looked at before, and undone later."""
