"""Money that came for orders: told by providers, asked of them, and looked for in statements."""
