/* The rows of every list by keys: J goes to the next row's link, K to the one before; Enter is the link's own.

   data-row-link   the link that stands for its row, where that is not the first one
   X marks the row, where rows are marked; data-row-key="e" on the row or something of it: E presses it, or leads to its data-row-href="…".
   On a page that gives J or K a meaning of its own (the next NF-e to review) they keep it. */
"use strict";

(() => {
  const ROWS = "main :is(tbody tr, .plain-item)";
  const STEP = { j: 1, k: -1 };
  const linkOf = (row) => row.querySelector("a[data-row-link]") || row.querySelector("a[href]:not(.sort)");

  document.addEventListener("key", (event) => {
    const step = STEP[event.detail.key];
    if (!step || document.querySelector("[data-key=j], [data-key=k]")) return;
    const links = [...document.querySelectorAll(ROWS)].map(linkOf).filter((link) => link?.checkVisibility());
    if (!links.length) return;
    event.preventDefault();
    const row = document.activeElement.closest(ROWS);
    const at = row ? links.indexOf(linkOf(row)) : -1;
    const to = at < 0 ? 0 : Math.min(Math.max(at + step, 0), links.length - 1);
    links[to].focus();
  });

  document.addEventListener("key", (event) => {
    const row = document.activeElement.closest(ROWS);
    const mark = event.detail.key === "x" && row?.querySelector(".row-mark");
    const named = `[data-row-key="${CSS.escape(event.detail.key)}"]`;
    const target = mark || (row?.matches(named) ? row : row?.querySelector(named));
    if (!target) return;
    event.preventDefault();
    if (mark) mark.click();
    else if (target.dataset.rowHref) location.assign(target.dataset.rowHref);
    else target.click();
  });
})();
