/* What is typed into a form is kept in this tab, by the form's address, until the server took it: after Back, a reload, a
   sign-in or a page that refused it, it is offered again.

   data-drafted: on a form of which a draft is kept.
   Kept only in sessionStorage, never passwords or files; another person's page and signing out throw it away.
   <template id="draft-offer" data-sign-in data-sign-out> is the offer: [data-draft-words], [data-draft-changed], [data-draft-take], [data-draft-drop] */
"use strict";

(() => {
  const person = document.body.dataset.person;
  if (!person) return;
  const addresses = document.getElementById("draft-offer").dataset;
  const PREFIX = "balcao-draft:";
  const DAY_MS = 24 * 3600 * 1000, SOON_MS = 300;
  const keyOf = (form) => `${PREFIX}${person}:${new URL(form.getAttribute("action") || location.pathname, location.href).pathname}`;
  const keys = () => Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX));

  function read(key) {
    try {
      return JSON.parse(sessionStorage.getItem(key));
    } catch {
      return null;
    }
  }
  function write(key, draft) {
    try {
      sessionStorage.setItem(key, JSON.stringify(draft));
      return true;
    } catch {
      sessionStorage.removeItem(key); // no room: an old draft would be worse than none
      return false;
    }
  }

  // ---------- which forms, and what of them ----------
  const TYPED = "input:not([type=hidden], [type=password], [type=file], [type=search], [type=submit], [type=button]), textarea, select";
  const fieldsOf = (form) => [...form.elements].filter((field) => field.name && field.matches(TYPED));

  function formsHere() {
    const forms = [...document.querySelectorAll("main form[method=post]:not([role=search])")].filter(
      (form) => !form.querySelector("[type=password]") && !form.closest("dialog") && form.querySelector("input:not([type=hidden], [type=checkbox], [type=radio]), textarea"));
    return forms.filter((form) => forms.filter((other) => keyOf(other) === keyOf(form)).length === 1);
  }

  const valueOf = (field) => (["checkbox", "radio"].includes(field.type) ? field.checked : field.value);
  const namesOf = (form) => {
    const seen = {};
    return fieldsOf(form).map((field) => {
      seen[field.name] = (seen[field.name] ?? -1) + 1;
      return [`${field.name}#${seen[field.name]}`, field];
    });
  };
  const valuesOf = (form) => Object.fromEntries(namesOf(form).map(([name, field]) => [name, valueOf(field)]));
  // As the form would send it: a form that the server draws is drawn again from this.
  const sendingOf = (form) => [...new FormData(form)].filter(([name, value]) => !["csrf_token", "version", "begun"].includes(name) && typeof value === "string");
  const versionOf = (form) => form.elements.namedItem("version")?.value ?? "";

  function keep(touchedForm) {
    // The server may have drawn it again since it was touched.
    const form = touchedForm.isConnected ? touchedForm : document.getElementById(touchedForm.id);
    if (form?.isConnected && formsHere().includes(form)) {
      const kept = write(keyOf(form), { at: Date.now(), values: valuesOf(form), sending: sendingOf(form), version: versionOf(form), sent: false });
      form.toggleAttribute("data-drafted", kept);
    }
  }

  let soon = 0, touched = new Set();
  function keepNow() {
    clearTimeout(soon);
    const forms = [...touched];
    touched = new Set();
    forms.forEach(keep);
  }
  for (const name of ["input", "change"]) {
    document.addEventListener(name, ({ target }) => {
      const form = target.form || target.closest?.("form");
      if (!form || !form.matches("[method=post]:not([role=search])")) return;
      touched.add(form);
      clearTimeout(soon);
      soon = setTimeout(keepNow, SOON_MS);
    });
  }
  document.addEventListener("leaving", keepNow);
  window.addEventListener("pagehide", keepNow);

  // ---------- sent, taken, refused ----------
  document.addEventListener("submit", ({ target, submitter, defaultPrevented }) => {
    if (new URL(target.action, location.href).pathname === addresses.signOut) return keys().forEach((key) => sessionStorage.removeItem(key));
    keepNow();
    const key = keyOf(target);
    const draft = read(key);
    if (draft && !defaultPrevented && !submitter?.hasAttribute("formaction")) write(key, { ...draft, sent: true });
  });
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    const form = detail.elt?.matches?.("form") ? detail.elt : null;
    if (!form) return;
    const draft = read(keyOf(form));
    if (detail.successful) sessionStorage.removeItem(keyOf(form));
    else if (draft) write(keyOf(form), { ...draft, sent: false });
  });
  // A form that was drawn again by the server holds what was done to it.
  document.addEventListener("htmx:afterSettle", ({ target }) => {
    const form = target.matches?.("form") ? target : null;
    if (form && read(keyOf(form)) && !document.querySelector("[data-draft-offered]")) keep(form);
  });

  function settleSent() {
    const came = performance.getEntriesByType("navigation")[0]?.type;
    const fromSignIn = document.referrer && new URL(document.referrer).pathname === addresses.signIn;
    const notTaken = came !== "navigate" || fromSignIn || document.querySelector(".error-page");
    for (const key of keys()) {
      const draft = read(key);
      const refused = formsHere().some((form) => keyOf(form) === key && form.querySelector(".error-summary"));
      if (!draft || !key.startsWith(`${PREFIX}${person}:`) || Date.now() - draft.at > DAY_MS) sessionStorage.removeItem(key);
      else if (draft.sent && !notTaken && !refused) sessionStorage.removeItem(key);
      else if (draft.sent) write(key, { ...draft, sent: false });
    }
  }

  // ---------- offered again ----------
  function offerAll() {
    document.querySelectorAll("[data-draft-offered]").forEach((offer) => offer.remove());
    for (const form of formsHere()) {
      const draft = read(keyOf(form));
      // A form that came back refused holds what was typed already.
      if (draft && !form.querySelector(".error-summary") && differs(form, draft)) offer(form, draft);
    }
  }

  function differs(form, draft) {
    const here = valuesOf(form);
    return Object.entries(draft.values).some(([name, value]) => (here[name] ?? "") !== value && !(here[name] === undefined && value === false));
  }

  function offer(form, draft) {
    const box = document.getElementById("draft-offer").content.firstElementChild.cloneNode(true);
    const words = box.querySelector("[data-draft-words]");
    const at = new Date(draft.at).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
    words.textContent = words.textContent.replace("{time}", at);
    box.querySelector("[data-draft-changed]").hidden = draft.version === versionOf(form);
    box.querySelector("[data-draft-take]").addEventListener("click", () => { box.remove(); take(form.isConnected ? form : document.getElementById(form.id), draft); });
    box.querySelector("[data-draft-drop]").addEventListener("click", () => { box.remove(); sessionStorage.removeItem(keyOf(form)); });
    form.before(box);
  }

  async function take(form, draft) {
    const drawn = form.dataset.drawnBy || (form.id && form.querySelector(`[hx-post][hx-target="#${form.id}"]`)?.getAttribute("hx-post"));
    if (drawn) {
      // Its lines and conditions come and go: the server draws it.
      const values = {};
      for (const [name, value] of draft.sending) (values[name] ??= []).push(value);
      for (const part of ["csrf_token", "version", "begun"]) {
        const field = form.elements.namedItem(part);
        if (field) values[part] = field.value;
      }
      await window.htmx.ajax("POST", drawn, { source: document.body, target: `#${form.id}`, swap: "outerHTML", values });
      form = document.getElementById(form.id);
    } else {
      for (const [name, field] of namesOf(form)) {
        if (!(name in draft.values)) continue;
        if (typeof draft.values[name] === "boolean") field.checked = draft.values[name];
        else field.value = draft.values[name];
      }
      const key = form.elements.namedItem("form_key");
      const kept = draft.sending.find(([name]) => name === "form_key");
      if (key && kept) key.value = kept[1];
    }
    form.dataset.dirty = "";
    fieldsOf(form).find((field) => field.checkVisibility())?.focus();
    form.dispatchEvent(new Event("change", { bubbles: true }));
  }

  // ---------- what somebody else saved meanwhile ----------
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-take-theirs]");
    const field = button && document.getElementById(button.dataset.takeInto);
    if (!field) return;
    const choice = field.matches("fieldset") && field.querySelector(`[value="${CSS.escape(button.dataset.takeTheirs)}"]`);
    if (choice) choice.checked = true;
    else if (field.type === "checkbox") field.checked = !["", "0"].includes(button.dataset.takeTheirs);
    else field.value = button.dataset.takeTheirs;
    button.closest("[data-theirs]").remove();
    (choice || field).focus();
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });

  settleSent();
  // What the browser itself puts back stands only after the load.
  window.addEventListener("pageshow", () => setTimeout(offerAll));
  document.addEventListener("htmx:historyRestore", () => setTimeout(offerAll));
})();
