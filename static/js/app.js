/* What the pages do beyond links and forms. Every listener sits on the document, so that whatever htmx swaps in works at once.

   data-key="a"            a press of the key clicks the element (or moves to it, if it is a field); listed by "?"
   data-go="g o"           on a link: these keys, one after the other, follow it; listed by "?"
   data-key-confirm="text" asks first when it is pressed by its key; Enter says yes
   data-look-first         a button of what cannot be taken back: dead until it has stood before the reader's eyes for a moment
   data-dialog="id"        opens the <dialog> of that id
   data-confirm="text"     on a form or a submit button: asks first (data-confirm-button, data-confirm-kind="danger")
   data-autofocus          takes the focus when it comes (the error summary of a refused form)
   data-print              prints the page; data-print-at-once: as soon as it is there
   data-copy="text"        copies it; data-copied is what the toast says then
   data-show-keys          opens the list of keys; data-when-rows: told there only on a page whose rows are walked;
                           data-when="selector": only on one that has such an element
   data-lit                a long text that is scrolled to its first <mark>
   event "press" {target}  does what the key of the element would do (static/js/palette.js)
   event "key" {key}       a single key that presses nothing (static/js/rows.js walks by them); who takes it prevents its default
   data-row-save, data-row-drop   buttons of a row that is edited in place: Enter and Escape in its fields press them
   data-then="selector"    a press moves the focus there, so that it is not lost with what is swapped
   data-takes-files        on a form: files dropped anywhere on the page are those of its file field
   data-insert="text"      writes it into the field of the id data-into, where one stands there
   data-remove="selector"  takes out the closest such element and tells its form that it changed (a line of a sale)
   HX-Trigger {"toast": {"kind": "good|info|warn|bad", "text": "…"}}   shows a toast */
"use strict";

(() => {
  const root = document.documentElement;
  // Looked up each time: Back swaps the body, and what was found before it is not in the page any more.
  const toastBox = () => document.getElementById("toasts");
  const TOAST_SECONDS = 6;

  // ---------- toasts ----------
  function toast({ kind = "info", text }) {
    const toasts = toastBox();
    if (!toasts || !text) return;
    [...toasts.children].find((other) => other.firstChild.textContent === text)?.remove();
    const box = document.createElement("div");
    const words = document.createElement("p");
    const close = document.createElement("button");
    box.className = `toast toast-${kind}`;
    words.textContent = text;
    close.className = "toast-close";
    close.type = "button";
    close.textContent = "×";
    close.setAttribute("aria-label", toasts.dataset.close);
    close.addEventListener("click", () => box.remove());
    box.append(words, close);
    toasts.append(box);
    // Bad news stays until it is read.
    if (kind !== "bad") setTimeout(() => dismiss(box), TOAST_SECONDS * 1000);
  }

  function dismiss(box) {
    if (box.matches(":hover, :focus-within")) setTimeout(() => dismiss(box), 1000);
    else box.remove();
  }

  document.addEventListener("toast", (event) => toast(event.detail));

  // ---------- answers that are no success ----------
  document.addEventListener("htmx:responseError", (event) => {
    const { xhr } = event.detail;
    if (xhr.status === 401) return; // session.js asks to sign in again
    if ((xhr.getResponseHeader("HX-Trigger") || "").includes('"toast"')) return;
    // The server's own words (errors/_fragment.html); a proxy in between has none.
    const said = new DOMParser().parseFromString(xhr.responseText, "text/html").querySelector(".notice-body > :last-child");
    toast({ kind: "bad", text: said?.textContent || toastBox()?.dataset.textError });
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, () => toast({ kind: "bad", text: toastBox()?.dataset.textOffline }));
  }

  // ---------- a list's address names only what was asked for ----------
  document.addEventListener("htmx:configRequest", ({ detail }) => {
    if (!detail.elt.closest("form.filters")) return;
    for (const [name, value] of Object.entries(detail.parameters)) if (value === "") delete detail.parameters[name];
  });

  // ---------- what is typed while the server works on the form ----------
  // The answer is the form as it was sent, or a part of it; what was typed since is put back into it.
  const fieldsOf = (form) => [...form.elements].filter((field) => field.name && !["hidden", "submit", "button"].includes(field.type));
  const state = (field) => (["checkbox", "radio"].includes(field.type) ? field.checked : field.value);

  document.addEventListener("htmx:beforeRequest", ({ detail }) => {
    const form = detail.target?.closest?.("form[id]");
    if (form) Object.assign(detail.xhr, { sentFrom: form.id, sentForm: new Map(fieldsOf(form).map((field) => [field, state(field)])) });
  });
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    const sent = detail.xhr?.sentForm; // Back swaps without a request
    if (sent) detail.xhr.typedSince = [...sent.keys()].filter((field) => field.isConnected && sent.get(field) !== state(field));
  });
  document.addEventListener("htmx:afterSwap", ({ detail }) => {
    const form = detail.xhr?.typedSince?.length && document.getElementById(detail.xhr.sentFrom);
    if (!form) return;
    detail.xhr.typedAgain = detail.xhr.typedSince.splice(0).filter((typed) => !typed.isConnected).flatMap((typed) => {
      const field = [...form.elements].find((one) => one.name === typed.name && one.type === typed.type && (one.type !== "radio" || one.value === typed.value));
      if (!field) return [];
      if (typeof state(typed) === "boolean") field.checked = typed.checked;
      else field.value = typed.value;
      // Who types in the middle of a word goes on there.
      if (field === document.activeElement && typed.selectionStart != null) field.setSelectionRange(typed.selectionStart, typed.selectionEnd);
      return [field];
    });
  });
  // Whoever listens to the new form does so only from here on.
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    for (const field of detail.xhr?.typedAgain?.splice(0) || []) field.dispatchEvent(new Event("input", { bubbles: true }));
  });

  // ---------- theme ----------
  function isDark() {
    return root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-button]");
    if (!button) return;
    button.value = isDark() ? "light" : "dark";
    root.dataset.theme = button.value;
  });

  // ---------- rows close together or not ----------
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-density-button]");
    if (!button) return;
    button.value = root.dataset.density === "compact" ? "normal" : "compact";
    root.dataset.density = button.value;
  });

  // ---------- the edge at which a table or a row of tabs goes on ----------
  const SCROLLERS = ".table-scroll, .tabs, .chart-scroll";
  function markEdges(box) {
    const left = Math.abs(box.scrollLeft);
    const more = box.scrollWidth - box.clientWidth;
    box.toggleAttribute("data-more-before", left > 1);
    box.toggleAttribute("data-more-after", more - left > 1);
  }
  const resized = new ResizeObserver((entries) => entries.forEach(({ target }) => markEdges(target.closest(SCROLLERS))));
  function watchEdges() {
    for (const box of document.querySelectorAll(SCROLLERS)) for (const part of [box, ...box.children]) resized.observe(part);
  }
  document.addEventListener("scroll", ({ target }) => target.matches?.(SCROLLERS) && markEdges(target), true);
  document.addEventListener("DOMContentLoaded", watchEdges);
  document.addEventListener("htmx:afterSettle", watchEdges);
  document.addEventListener("live:swapped", watchEdges);

  // ---------- what a long text lights up is in sight ----------
  function showLit() {
    for (const box of document.querySelectorAll("[data-lit]")) {
      const mark = box.querySelector("mark");
      if (mark && !box.scrollTop) box.scrollTop = mark.offsetTop - box.offsetTop - box.clientHeight / 3;
    }
  }
  document.addEventListener("DOMContentLoaded", showLit);
  document.addEventListener("htmx:afterSettle", showLit);
  document.addEventListener("live:swapped", showLit);
  document.addEventListener("toggle", showLit, true);

  // ---------- copying ----------
  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch { // not over plain http
      const field = document.body.appendChild(Object.assign(document.createElement("textarea"), { value: text }));
      field.select();
      document.execCommand("copy");
      field.remove();
    }
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await copy(button.dataset.copy);
    button.focus();
    toast({ kind: "good", text: button.dataset.copied });
  });

  // ---------- writing into a field ----------
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-insert]");
    const field = button && document.getElementById(button.dataset.into);
    if (!field) return;
    field.setRangeText(button.dataset.insert, field.selectionStart, field.selectionEnd, "end");
    field.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });

  // ---------- dialogs and questions ----------
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    if (!opener) return;
    event.preventDefault();
    document.getElementById(opener.dataset.dialog).showModal();
  });

  // The browser gives the focus back to what had it before, unless that was drawn anew meanwhile, or is gone: then its like
  // takes it, or the row that stands where its own stood.
  const FOCUSABLE = "a[href], button:enabled, input:not([type=hidden]):enabled, select:enabled, textarea:enabled, summary";
  let before = null;
  document.addEventListener("focusin", ({ target }) => { if (!target.closest("dialog")) before = target; });
  document.addEventListener("close", ({ target }) => {
    const lost = target.matches("dialog") && (document.activeElement === document.body || target.contains(document.activeElement));
    if (lost && before && !before.isConnected) likeOf(before)?.focus();
  }, true);

  function likeOf(gone) {
    const row = gone.closest("[id]");
    if (!row) return null;
    const place = [...row.querySelectorAll(FOCUSABLE)].indexOf(gone);
    const rows = [row];
    for (let other = row.nextElementSibling; other; other = other.nextElementSibling) rows.push(other);
    for (let other = row.previousElementSibling; other; other = other.previousElementSibling) rows.push(other);
    const there = rows.map(({ id }) => id && document.getElementById(id)).find(Boolean);
    const inside = [...there?.querySelectorAll(FOCUSABLE) || []];
    return [inside[place], ...inside].find((element) => element?.checkVisibility());
  }

  function ask(asker, proceed, question = asker.dataset.confirm) {
    const dialog = document.getElementById("confirm");
    const ok = dialog.querySelector("[data-confirm-ok]");
    const danger = asker.dataset.confirmKind === "danger";
    ok.dataset.words ??= ok.textContent;
    ok.textContent = asker.dataset.confirmButton || ok.dataset.words;
    ok.classList.toggle("button-danger", danger);
    ok.classList.toggle("button-primary", !danger);
    dialog.querySelector("[data-confirm-text]").textContent = question;
    dialog.returnValue = "";
    dialog.addEventListener("close", () => dialog.returnValue === "ok" && proceed(), { once: true });
    dialog.showModal();
    return ok;
  }

  // By its key: the question stands where the hands are, and what was swapped away meanwhile is not done.
  function askByKey(button) {
    const proceed = () => {
      if (button.isConnected) button.click();
      else toast({ kind: "warn", text: toasts.dataset.textChanged });
    };
    ask(button, proceed, button.dataset.keyConfirm).focus();
  }

  // A press that was meant for the page before, or for what stood here a moment ago, finds the button resting.
  const LOOK_MS = 1500;
  const looked = new WeakSet();

  async function rest(button) {
    looked.add(button);
    button.disabled = true;
    while (document.hidden) await new Promise((seen) => document.addEventListener("visibilitychange", seen, { once: true }));
    await new Promise((seen) => setTimeout(seen, LOOK_MS));
    button.disabled = false;
    if (button.autofocus && document.activeElement === document.body) button.focus();
  }

  function restUnseen() {
    document.querySelectorAll("[data-look-first]").forEach((button) => looked.has(button) || rest(button));
  }
  document.addEventListener("htmx:afterSettle", restUnseen);
  document.addEventListener("live:swapped", restUnseen);
  restUnseen();

  let agreed = null;
  function askerOf(form, submitter) {
    return submitter?.matches("[data-confirm]") ? submitter : form.matches?.("[data-confirm]") ? form : null;
  }

  // Caught on the way down, before htmx or the browser sends the form.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const asker = askerOf(form, event.submitter);
    if (!asker) return;
    if (agreed === asker) { agreed = null; return; }
    event.preventDefault();
    event.stopImmediatePropagation();
    const submitter = event.submitter;
    ask(asker, () => { agreed = asker; form.requestSubmit(submitter); });
  }, true);

  // A button with hx-post of its own sends no submit event.
  document.addEventListener("htmx:confirm", (event) => {
    const element = event.detail.elt;
    if (element.matches("form") || !element.matches("[data-confirm]")) return;
    event.preventDefault();
    ask(element, () => event.detail.issueRequest(true));
  });

  // ---------- menus close when one looks elsewhere ----------
  document.addEventListener("click", (event) => {
    if (event.target.closest("dialog")) return; // a question that one of its entries asks
    for (const menu of document.querySelectorAll(".menu[open], .phone-menu details[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  // ---------- the days of a list: the browser says at the field that they are reversed ----------
  document.addEventListener("change", ({ target }) => {
    if (target.matches?.(".menu-days [name=since]")) target.closest(".menu-days").querySelector("[name=until]").min = target.value;
  });

  // ---------- keys ----------
  const KEYS_OFF = "balcao-keys-off";
  const keysOff = () => localStorage.getItem(KEYS_OFF) === "1";
  const isField = (element) =>
    element.isContentEditable || element.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=submit])");

  function press(key) {
    const target = [...document.querySelectorAll("[data-key]")].find(
      (element) => element.dataset.key.toLowerCase() === key && !element.disabled && element.checkVisibility());
    if (target) pressElement(target);
    return !!target;
  }

  function pressElement(target) {
    if (isField(target)) target.focus();
    else if (target.dataset.keyConfirm) askByKey(target);
    else target.click();
  }
  document.addEventListener("press", (event) => pressElement(event.detail.target));

  // Keys one after the other. Once the first one is pressed the second does nothing else, known or not.
  const SEQUENCE_MS = 1500;
  let begun = "", begunAt = 0;
  const places = () => [...document.querySelectorAll(".side-bar [data-go]")];

  function follow(key) {
    const first = Date.now() - begunAt < SEQUENCE_MS ? begun : "";
    begun = "";
    if (first) places().find((link) => link.dataset.go === `${first} ${key}`)?.click();
    else if (places().some((link) => link.dataset.go.startsWith(`${key} `))) [begun, begunAt] = [key, Date.now()];
    return !!(first || begun);
  }

  function tellKeys(list, keys, label) {
    const term = document.createElement("dt");
    const words = document.createElement("dd");
    for (const each of keys.toUpperCase().replace("ARROWLEFT", "←").replace("ARROWRIGHT", "→").split(" ")) term.append(Object.assign(document.createElement("kbd"), { textContent: each }), " ");
    words.textContent = label;
    term.dataset.found = words.dataset.found = "";
    list.append(term, words);
  }

  function showKeys() {
    const dialog = document.getElementById("shortcuts");
    const list = dialog?.querySelector("[data-shortcut-list]");
    if (!list) return;
    dialog.querySelectorAll("[data-found]").forEach((element) => element.remove());
    const seen = new Set();
    for (const element of document.querySelectorAll("[data-key]")) {
      if (seen.has(element.dataset.key) || !element.checkVisibility()) continue;
      seen.add(element.dataset.key);
      tellKeys(list, element.dataset.key, element.dataset.keyLabel || element.getAttribute("aria-label") || element.textContent.trim());
    }
    for (const link of places()) tellKeys(dialog.querySelector("[data-shortcut-places]"), link.dataset.go, link.title);
    const walks = !!document.querySelector("main :is(tbody tr, .plain-item) a[href]");
    dialog.querySelectorAll("[data-when-rows]").forEach((element) => { element.hidden = !walks || seen.has("j") || seen.has("k"); });
    dialog.querySelectorAll("[data-when]").forEach((element) => { element.hidden = !document.querySelector(`main ${element.dataset.when}`); });
    dialog.querySelector("[data-shortcut-switch]").checked = !keysOff();
    dialog.showModal();
  }
  document.addEventListener("click", (event) => event.target.closest("[data-show-keys]") && showKeys());

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !document.querySelector("dialog[open]")) {
      document.querySelectorAll(".menu[open], .phone-menu details[open]").forEach((menu) => {
        // What is hidden while it has the focus would drop it to the page's beginning.
        if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
        menu.open = false;
      });
    }
    if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
    const key = event.key.toLowerCase();
    if (event.ctrlKey || event.metaKey || event.altKey || isField(event.target)) return;
    if (key === "?") { event.preventDefault(); showKeys(); return; }
    if (keysOff()) return;
    const taken = (!event.repeat && (follow(key) || press(key))) || !document.dispatchEvent(new CustomEvent("key", { detail: { key }, cancelable: true }));
    if (taken) event.preventDefault();
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-shortcut-switch]")) localStorage.setItem(KEYS_OFF, event.target.checked ? "" : "1");
  });

  // A row that is edited in place holds no form: its keys are ours.
  document.addEventListener("keydown", (event) => {
    const name = { Enter: "save", Escape: "drop" }[event.key];
    const row = name && !event.isComposing && event.target.matches("input") && event.target.closest(".row-editing");
    if (!row) return;
    event.preventDefault();
    if (!event.repeat) row.querySelector(`[data-row-${name}]`).click();
  });

  document.addEventListener("click", (event) => event.target.closest("[data-print]") && window.print());
  window.addEventListener("load", () => document.querySelector("[data-print-at-once]") && window.print());
  document.addEventListener("click", (event) => {
    const then = event.target.closest("[data-then]")?.dataset.then;
    if (then) document.querySelector(then)?.focus();
  });

  // ---------- marked rows ----------
  let lastMark = null;
  const marksOf = (list) => [...list.querySelectorAll("tbody .row-mark")];

  function showMarks(list) {
    const marks = marksOf(list);
    const count = marks.filter((mark) => mark.checked).length;
    const words = list.querySelector("[data-marked-count]");
    if (words) words.textContent = count === 1 ? words.dataset.one : words.dataset.many.replace("{n}", count);
    const all = list.querySelector(".row-mark-all");
    if (!all) return;
    all.checked = count > 0 && count === marks.length;
    all.indeterminate = count > 0 && count < marks.length;
  }

  document.addEventListener("click", (event) => {
    const mark = event.target;
    const list = mark.matches?.(".row-mark") && mark.closest(".selection-list");
    if (!list) return;
    const marks = marksOf(list);
    if (event.shiftKey && marks.includes(lastMark)) {
      const [from, to] = [marks.indexOf(lastMark), marks.indexOf(mark)].sort((a, b) => a - b);
      marks.slice(from, to + 1).forEach((other) => { other.checked = mark.checked; });
    }
    lastMark = mark;
  });

  document.addEventListener("change", (event) => {
    const list = event.target.closest(".selection-list");
    if (!list || !event.target.matches(".row-mark, .row-mark-all")) return;
    if (event.target.matches(".row-mark-all")) marksOf(list).forEach((mark) => { mark.checked = event.target.checked; });
    showMarks(list);
  });

  // A reset unticks the boxes only after the event.
  document.addEventListener("reset", (event) => {
    const list = event.target.closest(".selection-list");
    if (list) setTimeout(() => showMarks(list));
  });
  const showAllMarks = () => document.querySelectorAll(".selection-list").forEach(showMarks);
  document.addEventListener("htmx:afterSettle", showAllMarks);
  document.addEventListener("live:swapped", showAllMarks);
  showAllMarks();

  // ---------- forms ----------
  // What was typed and not yet sent is never swapped away by a live change.
  document.addEventListener("input", (event) => {
    if (event.target.form && event.target.form.matches("[method=post]:not([role=search])")) event.target.form.dataset.dirty = "";
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-remove]");
    if (!button) return;
    event.preventDefault();
    const form = button.form || button.closest("form");
    const part = button.closest(button.dataset.remove);
    const next = part.nextElementSibling || part.previousElementSibling;
    part.remove();
    next?.querySelector("input:not([type=hidden]), select, button")?.focus();
    form?.dispatchEvent(new Event("change", { bubbles: true }));
  });

  // A file dropped beside the field would else take the page's place in the browser.
  const fileField = () => document.querySelector("form[data-takes-files] input[type=file]");
  document.addEventListener("dragover", (event) => {
    if (fileField() && event.dataTransfer.types.includes("Files")) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    const field = fileField();
    if (!field || !event.dataTransfer.files.length) return;
    event.preventDefault();
    field.files = event.dataTransfer.files;
    field.focus();
  });

  // The summary of a refused form: each line gets its field's name and stands as its field does on
  // the page, and the whole takes the focus.
  const targetOf = (line) => document.getElementById(line.querySelector("a")?.hash.slice(1));

  function inOrderOfFields(one, other) {
    const [field, next] = [targetOf(one), targetOf(other)];
    if (!field || !next) return !next - !field;
    return field.compareDocumentPosition(next) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1;
  }

  function showErrors(scope) {
    for (const list of scope.querySelectorAll(".error-summary-list")) list.append(...[...list.children].sort(inOrderOfFields));
    for (const link of scope.querySelectorAll(".error-summary-list a:not([data-named])")) {
      const field = document.getElementById(link.hash.slice(1));
      const label = field?.labels?.[0] || field?.querySelector("legend");
      const name = label ? label.textContent.replace(" *", "") : field?.getAttribute("aria-label");
      if (name) link.prepend(`${name}: `);
      link.dataset.named = "";
    }
    const summary = scope.querySelector("[data-autofocus]");
    summary?.removeAttribute("data-autofocus");
    summary?.focus();
  }

  document.addEventListener("htmx:afterSettle", () => showErrors(document));
  showErrors(document);
})();
