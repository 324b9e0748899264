"""Rows of a form that two people changed at once, put together row by row and part by part."""

from collections.abc import Sequence

Row = tuple[str, ...]


def merge_rows(
    mine: Sequence[Row], theirs: Sequence[Row], begun: Sequence[Row]
) -> list[Row] | None:
    """What both made of `begun`. A row is known by its first part. None where they clash: both
    changed the same part of one row, one took out what the other changed, or several rows are known
    by the same."""
    my, their, first = ({row[0]: row for row in rows} for rows in (mine, theirs, begun))
    if (len(my), len(their), len(first)) != (len(mine), len(theirs), len(begun)):
        return list(theirs) if mine == begun else list(mine) if theirs == begun else None
    merged = []
    for key in dict.fromkeys((*my, *their)):
        row = _one(my.get(key), their.get(key), first.get(key))
        if row is None:
            return None
        merged += [row] if row else []
    return merged


def _one(mine: Row | None, theirs: Row | None, begun: Row | None) -> Row | None:
    """An empty one is taken out; None is a clash."""
    if mine == begun or mine == theirs:
        return theirs or ()
    if theirs == begun:
        return mine or ()
    if mine is None or theirs is None or begun is None:
        return None
    parts = [
        their if my in (first, their) else my if their == first else None
        for my, their, first in zip(mine, theirs, begun, strict=True)
    ]
    return None if None in parts else tuple(part or "" for part in parts)
