"""How many inputs a test makes up: all of them in a whole run, a quarter in a fast one."""

is_fast = False


def examples(many: int) -> int:
    return -(-many // 4) if is_fast else many
