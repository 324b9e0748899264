/* The palette: Ctrl K opens #palette, which finds while one types; arrows walk, Enter opens, Escape closes.

   The focus stays in the field (a combobox), which names the option that is walked to (aria-activedescendant). An option is a
   link, or has data-press="selector": what it presses on the page. What was found says what for: data-found-for.

   data-palette-action   a button or link, or all of those within it: what can be done on this page is offered too, as is
                         whatever has a key (data-key). Its words are data-palette-action's, or its own.
   What was opened lately is kept in localStorage as addresses alone (the server tells what they are, and to whom), by person,
   and goes when they sign out or somebody else signs in. */
"use strict";

(() => {
  const RECENT = "balcao-recent:", MOST_RECENT = 20;
  const RECORD = /^\/[a-z-]+\/[0-9]+$/;
  const ACTS = "main [data-palette-action]:is(a, button), main [data-palette-action] :is(a[href], button), main [data-key]";
  // Looked up each time: Back swaps the body.
  const dialogOf = () => document.getElementById("palette");
  const field = () => document.getElementById("palette-question");
  const found = () => document.getElementById("palette-found");
  const options = () => [...found().querySelectorAll("[role=option]")];
  const targets = new WeakMap(); // an option → what it presses on the page
  let wanted = null; // Enter came before the answer: what was typed then

  // ---------- what was opened lately ----------
  const { person } = document.body.dataset;
  const ownKey = RECENT + person;
  const recent = () => (localStorage.getItem(ownKey) || "").split(" ").filter(Boolean);

  function forget(keep) {
    Object.keys(localStorage).filter((key) => key.startsWith(RECENT) && key !== keep).forEach((key) => localStorage.removeItem(key));
  }

  function remember() {
    forget(ownKey);
    if (!person || !RECORD.test(location.pathname)) return;
    const others = recent().filter((address) => address !== location.pathname);
    localStorage.setItem(ownKey, [location.pathname, ...others].slice(0, MOST_RECENT).join(" "));
  }
  remember();

  document.addEventListener("submit", ({ target }) => {
    if (dialogOf() && new URL(target.action, location.href).pathname === dialogOf().dataset.signOut) forget();
  });

  document.addEventListener("htmx:configRequest", ({ detail }) => {
    if (detail.elt === field()) detail.parameters.set("recent", recent().filter((address) => address !== location.pathname).join(" "));
  });

  // ---------- what can be done here ----------
  const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

  function wordsOf(element) {
    const own = element.matches("[data-palette-action]") && element.dataset.paletteAction;
    const spoken = [...element.childNodes].filter((node) => !node.matches?.("kbd, svg")).map((node) => node.textContent).join("");
    return (own || element.dataset.keyLabel || element.getAttribute("aria-label") || spoken).trim();
  }

  function acts(typed) {
    const asked = folded(typed).split(/\s+/).filter(Boolean), known = new Set();
    return [...document.querySelectorAll(ACTS)].filter((element) => {
      const words = wordsOf(element), parts = folded(words).split(/\s+/);
      const href = element.getAttribute("href");
      if (!words || element.disabled || element.closest("dialog, [hidden]") || known.has(words)) return false;
      if (href && found().querySelector(`a[href="${CSS.escape(href)}"]`)) return false;
      known.add(words);
      return asked.every((part) => parts.some((word) => word.startsWith(part)));
    });
  }

  function optionOf(element, number) {
    const option = Object.assign(document.createElement("button"), { className: "palette-option", id: `palette-here-${number}`, type: "button", tabIndex: -1 });
    const icon = element.querySelector("svg") || dialogOf().querySelector("template[data-icon]").content.firstElementChild;
    option.setAttribute("role", "option");
    option.append(icon.cloneNode(true), Object.assign(document.createElement("span"), { className: "palette-words", textContent: wordsOf(element) }));
    option.firstElementChild.setAttribute("class", "icon");
    targets.set(option, element);
    return option;
  }

  // Behind what was opened lately, before all others.
  function showActs() {
    const here = acts(found().dataset.foundFor), { textFound, textHere } = dialogOf().dataset;
    if (!here.length) return;
    const group = document.createElement("div"), head = document.createElement("div");
    let list = document.getElementById("palette-list");
    if (!list) {
      list = Object.assign(document.createElement("div"), { className: "palette-list", id: "palette-list" });
      list.setAttribute("role", "listbox");
      list.setAttribute("aria-label", textFound);
      found().replaceChildren(list);
    }
    Object.assign(head, { className: "palette-group", id: "palette-here", textContent: textHere });
    head.setAttribute("role", "presentation");
    group.setAttribute("role", "group");
    group.setAttribute("aria-labelledby", "palette-here");
    group.append(head, ...here.map(optionOf));
    const lately = document.getElementById("palette-recent")?.parentNode;
    if (lately) lately.after(group);
    else list.prepend(group);
  }

  function tell() {
    const count = options().length, { textOne, textMany } = dialogOf().dataset;
    const none = found().querySelector(".palette-none");
    document.getElementById("palette-said").textContent = none ? none.textContent : count === 1 ? textOne : textMany.replace("{n}", count);
  }

  // ---------- asking and walking ----------
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
    showActs();
    choose(options()[0]);
    tell();
    const enter = wanted !== null && wanted === field().value;
    wanted = null;
    if (enter) take();
  });

  // Closed before anybody else hears of the click, so that the focus is back where it was and another dialog may open.
  document.addEventListener("click", (event) => {
    const dialog = dialogOf();
    if (event.target === dialog) return dialog.close(); // beside it
    const option = event.target.closest?.("#palette [role=option]");
    if (!option) return;
    const target = targets.get(option) || (option.dataset.press && document.querySelector(option.dataset.press));
    if (!target && (event.ctrlKey || event.metaKey)) return;
    dialog.close();
    if (target?.isConnected) document.dispatchEvent(new CustomEvent("press", { detail: { target } }));
  }, true);
})();
