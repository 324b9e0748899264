"""Effects that wait for a person, over all sales."""

from sqlalchemy import Select, select, text

from webapp.rules.models import Effect, EffectStatus


def failed_effects() -> Select:
    """The newest first."""
    # As literal text, or the partial index does not serve.
    unfinished = text("effects.status IN ('pending', 'failed')")
    return (
        select(Effect)
        .where(unfinished, Effect.status == EffectStatus.FAILED)
        .order_by(Effect.id.desc())
    )
