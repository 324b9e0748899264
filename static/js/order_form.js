/* The form of a sale by keyboard and by bar-code reader, which ends each scan with Enter.

   data-enter="scan"       a line's SKU: on to the next line, or one more of the line that has this code already
   data-enter="line"       the rest of a line: on to the next line
   data-enter="pick"       the search of customers: takes the first one found; the arrows walk the list
   data-enter="look_up"    the CEP: looks it up and goes on to the number
   In any other field Enter goes on to the next one. Ctrl and Enter press the button that places the order.

   Lines come and go here, without asking the server: what is typed meanwhile has a field to go to. */
"use strict";

(() => {
  const formOf = (element) => element.closest?.("#sale-form");
  const rows = () => [...document.querySelectorAll("#lines > tr")];
  const part = (row, name) => row.querySelector(`[name$=".${name}"]`);
  const codeOf = (row) => part(row, "sku").value.trim();
  const bare = (code) => code.replace(/[\s-]/g, "").toUpperCase();

  function focusOn(field) {
    field?.focus();
    if (field?.matches("input:not([type=checkbox])")) field.select();
  }

  function changed(field) {
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // ---------- lines ----------
  function addLine() {
    const lines = document.getElementById("lines");
    const n = Math.max(...rows().map((row) => Number(row.dataset.line)), -1) + 1;
    const html = document.getElementById("line-template").innerHTML;
    lines.insertAdjacentHTML("beforeend", html.replaceAll("__line__", n).replaceAll("__number__", n + 1));
    const row = lines.lastElementChild;
    part(row, "quantity").value = "1";
    htmx.process(row);
    return row;
  }

  function nextLine(row) {
    if (!codeOf(row) && !row.nextElementSibling) return focusOn(document.getElementById("f-address-zip_code"));
    return focusOn(part(row.nextElementSibling || addLine(), "sku"));
  }

  function has(row, code) {
    const codes = row.querySelector("[data-codes]")?.dataset.codes.split(" ") || [];
    return [codeOf(row), ...codes].some((one) => one && bare(one) === code);
  }

  function scan(field) {
    const row = field.closest("tr");
    const code = bare(field.value);
    const twin = code && rows().find((other) => other !== row && has(other, code));
    const untouched = part(row, "quantity").value.trim() === "1" && !part(row, "unit_price").value.trim();
    const count = twin && part(twin, "quantity");
    if (!twin || !untouched || !/^\s*\d+\s*$/.test(count.value)) return nextLine(row);
    count.value = Number(count.value) + 1;
    field.value = "";
    document.getElementById("lines-said").textContent = `${codeOf(twin)}: ${count.value}`;
    return changed(count);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-add-line]");
    if (!button) return;
    event.preventDefault();
    const last = rows().at(-1);
    focusOn(part(codeOf(last) ? addLine() : last, "sku"));
  });

  // The last line stays, as a blank one.
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("#lines [data-remove]") && rows().length === 1) addLine();
  }, true);

  // ---------- customers ----------
  let wanted = null;
  const found = () => document.getElementById("customers-found");

  function pick(field) {
    if (!field.value.trim()) return next(field);
    const list = found().querySelector("[data-found-for]");
    if (list?.dataset.foundFor === field.value) return list.querySelector("button")?.click();
    wanted = field.value;
    return htmx.trigger(field, "search");
  }

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target.id !== "customers-found" || wanted === null) return;
    const field = document.getElementById("customer-search");
    if (field.value === wanted) found().querySelector("button")?.click();
    wanted = null;
  });

  function walk(event) {
    const field = document.getElementById("customer-search");
    const stops = [field, ...found().querySelectorAll("button")];
    const at = stops.indexOf(event.target);
    if (at < 0 || !["ArrowDown", "ArrowUp", "Escape"].includes(event.key)) return;
    if (event.key === "Escape" && at === 0) return;
    event.preventDefault();
    const to = event.key === "Escape" ? 0 : at + (event.key === "ArrowDown" ? 1 : -1);
    stops[Math.min(Math.max(to, 0), stops.length - 1)].focus();
  }

  // ---------- the CEP ----------
  let lastChanged = null;
  document.addEventListener("change", (event) => { lastChanged = event.target; });

  function lookUp(field) {
    lastChanged = null;
    focusOn(document.getElementById("f-address-number"));
    // Leaving a field that was changed looks it up already.
    if (lastChanged !== field && field.value.trim()) htmx.trigger(field, "look-up");
  }

  // ---------- Enter ----------
  function next(field) {
    const stops = [...field.form.elements].filter((one) => one.matches("input:not([type=hidden]), select") && one.checkVisibility());
    focusOn(stops[stops.indexOf(field) + 1]);
  }

  const ON_ENTER = { scan, pick, look_up: lookUp, line: (field) => nextLine(field.closest("tr")) };

  document.addEventListener("keydown", (event) => {
    const form = formOf(event.target);
    if (!form || event.isComposing || document.querySelector("dialog[open]")) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (!event.repeat) form.requestSubmit(form.querySelector("[data-place]"));
    } else if (event.key === "Enter" && event.target.matches("input")) {
      event.preventDefault();
      if (!event.repeat) (ON_ENTER[event.target.dataset.enter] || next)(event.target);
    } else walk(event);
  });
})();
