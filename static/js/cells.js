/* Cells of a list that are mended in place, each saved by itself: htmx sends one when it is left (hx-trigger="change").

   data-cell="ncm"     on the field: its column. data-kept: what is saved in it now
   Enter and the arrows go from cell to cell, up and down within the column; Tab to the next one, past the links between;
   Escape brings back what is saved. A column of values that is pasted fills the cells below, one line each. */
"use strict";

(() => {
  const cells = () => [...document.querySelectorAll("[data-cell]")].filter((cell) => cell.checkVisibility());
  const save = (cell) => cell.dispatchEvent(new Event("change", { bubbles: true }));

  function go(cell) {
    if (!cell) return false;
    cell.focus();
    if (cell.select) cell.select();
    return true;
  }

  /* The cell so many further on, in the same column where `within` is set. */
  function beside(cell, by, within) {
    const all = cells().filter((other) => !within || other.dataset.cell === cell.dataset.cell);
    return all[all.indexOf(cell) + by];
  }

  function atEdge(cell, by) {
    if (cell.selectionStart === null || cell.selectionStart === undefined) return false;
    const whole = cell.selectionStart === 0 && cell.selectionEnd === cell.value.length;
    return whole || (cell.selectionStart === cell.selectionEnd && cell.selectionStart === (by < 0 ? 0 : cell.value.length));
  }

  function bringBack(cell) {
    const refused = cell.getAttribute("aria-invalid");
    if (cell.value === cell.dataset.kept && !refused) return;
    cell.value = cell.dataset.kept;
    // The words of the refusal go with it.
    if (refused) save(cell);
  }

  const KEYS = {
    Enter: (cell) => go(beside(cell, 1, true)) || save(cell) || true,
    ArrowDown: (cell) => !cell.options && go(beside(cell, 1, true)),
    ArrowUp: (cell) => !cell.options && go(beside(cell, -1, true)),
    ArrowRight: (cell) => atEdge(cell, 1) && go(beside(cell, 1)),
    ArrowLeft: (cell) => atEdge(cell, -1) && go(beside(cell, -1)),
    Escape: (cell) => bringBack(cell) || true,
  };

  document.addEventListener("keydown", (event) => {
    const cell = event.target.closest?.("[data-cell]");
    if (!cell || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const by = event.shiftKey ? -1 : 1;
    const done = event.key === "Tab" ? go(beside(cell, by)) : !event.shiftKey && KEYS[event.key]?.(cell);
    if (done) event.preventDefault();
  });

  document.addEventListener("paste", (event) => {
    const cell = event.target.closest?.("[data-cell]");
    const lines = event.clipboardData?.getData("text").replace(/(\r?\n)+$/, "").split(/\r?\n/) || [];
    if (!cell || (lines.length < 2 && !cell.options)) return;
    event.preventDefault();
    const column = cells().filter((other) => other.dataset.cell === cell.dataset.cell);
    const from = column.indexOf(cell);
    // What the last cell asks for is what one goes on with.
    go(column[Math.min(from + lines.length, column.length) - 1]);
    column.slice(from, from + lines.length).forEach((below, place) => {
      put(below, lines[place].split("\t")[0].trim());
      save(below);
    });
  });

  function put(cell, written) {
    const option = [...(cell.options || [])].find((each) => [each.value, each.text.trim()].includes(written));
    cell.value = option ? option.value : written;
  }
})();
