"""What the rules' actions do to a sale: one class for each kind, in a module of its own.

A kind is known by its module being in this package; no list names them.
"""

from importlib import import_module
from pkgutil import iter_modules

from webapp.processing.effects.base import KINDS, EffectKind, in_order, kind_of

__all__ = ["KINDS", "EffectKind", "in_order", "kind_of"]

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
