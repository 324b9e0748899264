/* The palette: Ctrl K opens #palette, which finds while one types; arrows walk, Enter opens, Escape closes.

   The focus stays in the field (a combobox), which names the option that is walked to (aria-activedescendant). An option is a
   link, or has data-press="selector": what it presses on the page. What was found says what for: data-found-for. */
"use strict";

(() => {
  // Looked up each time: Back swaps the body.
  const dialogOf = () => document.getElementById("palette");
  const field = () => document.getElementById("palette-question");
  const found = () => document.getElementById("palette-found");
  const options = () => [...found().querySelectorAll("[role=option]")];
  let wanted = null; // Enter came before the answer: what was typed then

  function ask() {
    window.htmx.trigger(field(), "palette:ask");
  }

  function open() {
    field().value = "";
    wanted = null;
    found().replaceChildren();
    dialogOf().showModal();
    field().focus();
    ask();
  }

  function choose(option) {
    options().forEach((other) => other.setAttribute("aria-selected", String(other === option)));
    if (!option) return field().removeAttribute("aria-activedescendant");
    field().setAttribute("aria-activedescendant", option.id);
    // The first one shows its heading too.
    if (option === options()[0]) found().querySelector("[role=listbox]").scrollTop = 0;
    else option.scrollIntoView({ block: "nearest" });
  }

  const chosen = () => options().find((option) => option.getAttribute("aria-selected") === "true");

  function walk(key) {
    const all = options();
    if (!all.length) return;
    const at = all.indexOf(chosen()) + (key === "ArrowDown" ? 1 : -1);
    choose(all[(at + all.length) % all.length]);
  }

  function take(event) {
    if (found().dataset.foundFor !== field().value) {
      wanted = field().value;
      ask();
      return;
    }
    chosen()?.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, ctrlKey: event?.ctrlKey, metaKey: event?.metaKey }));
  }

  document.addEventListener("keydown", (event) => {
    const dialog = dialogOf();
    if (!dialog || event.isComposing) return;
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
      if (!dialog.open && document.querySelector("dialog[open]")) return;
      event.preventDefault();
      if (dialog.open) dialog.close();
      else open();
    } else if (event.target === field()) {
      if (!["ArrowDown", "ArrowUp", "Enter"].includes(event.key)) return;
      event.preventDefault();
      if (event.key !== "Enter") walk(event.key);
      else if (!event.repeat) take(event);
    }
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target?.id !== "palette-found") return;
    choose(options()[0]);
    document.getElementById("palette-said").textContent = found().querySelector("[data-said]").content.textContent.trim();
    const enter = wanted !== null && wanted === field().value;
    wanted = null;
    if (enter) take();
  });

  // Closed before anybody else hears of the click, so that the focus is back where it was and another dialog may open.
  document.addEventListener("click", (event) => {
    const dialog = dialogOf();
    if (event.target === dialog) return dialog.close(); // beside it
    const option = event.target.closest?.("#palette [role=option]");
    if (!option || event.ctrlKey || event.metaKey) return;
    dialog.close();
    if (option.dataset.press) document.querySelector(option.dataset.press)?.click();
  }, true);
})();
