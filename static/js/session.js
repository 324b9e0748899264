/* A session that ends while somebody works: one signs in again over the page, and nothing typed is lost.

   event "signed-out" on the document, or an answer 401 to htmx: the dialog #sign-in-again opens with the sign-in page's form
   event "signed-in": the page has a fresh token and goes on
   A form in which something was typed is sent only while the session stands: else one signs in first, and then it is sent
   HX-Trigger {"csrf-fresh": {"token": "…"}}: the page's token was of another session; here is the present one */
"use strict";

(() => {
  const dialogOf = () => document.getElementById("sign-in-again");
  const toast = (kind, text) => document.dispatchEvent(new CustomEvent("toast", { detail: { kind, text } }));

  function takeToken(token) {
    document.querySelector("meta[name=csrf-token]")?.setAttribute("content", token);
    document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
    document.querySelectorAll("input[name=csrf_token]").forEach((field) => { field.value = token; });
  }
  document.addEventListener("csrf-fresh", ({ detail }) => takeToken(detail.token));

  let opening = false;
  const refused = new Map(); // element → the event that it asked at
  async function open() {
    const dialog = dialogOf();
    if (!dialog || dialog.open || opening) return;
    opening = true;
    try {
      const answer = await fetch(dialog.dataset.address, { headers: { Accept: "text/html" } });
      const signedInElsewhere = !new URL(answer.url).pathname.startsWith(dialog.dataset.address);
      if (signedInElsewhere) return await goOn(await answer.text());
      show(dialog, await answer.text());
      await handsRest();
      dialog.showModal();
      dialog.querySelector("[name=email]")?.focus();
    } catch {
      toast("bad", document.getElementById("toasts")?.dataset.textSignedOut);
    } finally {
      opening = false;
    }
  }

  // Another tab signed in meanwhile: its page tells the token and who it is.
  async function goOn(html) {
    const page = new DOMParser().parseFromString(html, "text/html");
    const token = page.querySelector("meta[name=csrf-token]")?.content;
    if (token) signedIn({ csrf_token: token, person: page.body.dataset.person });
  }

  // The sign-in page's own forms, with ids of their own.
  function show(dialog, html) {
    const place = dialog.querySelector("[data-sign-in]");
    const page = new DOMParser().parseFromString(html, "text/html");
    const forms = [...page.querySelectorAll(".login-card form")].filter((form) => form.getAttribute("action") === dialog.dataset.address);
    for (const form of forms) {
      form.querySelectorAll("[id]").forEach((part) => { part.id = `again-${part.id}`; });
      form.querySelectorAll("[for]").forEach((part) => { part.htmlFor = `again-${part.htmlFor}`; });
      form.querySelectorAll("[aria-describedby]").forEach((part) =>
        part.setAttribute("aria-describedby", part.getAttribute("aria-describedby").split(" ").map((id) => `again-${id}`).join(" ")));
    }
    place.replaceChildren(...forms);
    place.querySelector("[aria-invalid]")?.focus();
  }

  // ---------- bar codes ----------
  // A scanner types faster than any hand and ends with Enter: what it began in the page it ends there, and into the
  // dialog, where a password hides it, it types nothing.
  const HAND_MS = 30, SCAN_KEYS = 6, REST_MS = 250;
  let lastKey = 0, fast = 0, before = "";

  async function handsRest() {
    while (performance.now() - lastKey < REST_MS) await new Promise((rested) => setTimeout(rested, REST_MS));
  }

  document.addEventListener("keydown", (event) => {
    const field = event.target.closest?.("#sign-in-again input");
    fast = event.timeStamp - lastKey < HAND_MS && !event.repeat ? fast + 1 : 0;
    lastKey = event.timeStamp;
    if (!field) return;
    if (fast === 0) before = field.value;
    if (event.key !== "Enter" || fast < SCAN_KEYS) return;
    event.preventDefault();
    field.value = before;
    dialogOf().querySelector("[data-scanned]").hidden = false;
  }, true);

  document.addEventListener("submit", async (event) => {
    const dialog = event.target.closest("#sign-in-again");
    if (!dialog || event.target.method === "dialog") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    try {
      const body = new FormData(event.target, event.submitter);
      const answer = await fetch(dialog.dataset.address, { method: "POST", body, headers: { Accept: "application/json" } });
      if (answer.ok) return signedIn(await answer.json());
      const html = await answer.text();
      if ([400, 422, 429].includes(answer.status)) return show(dialog, html);
      toast("bad", new DOMParser().parseFromString(html, "text/html").querySelector(".error-page > p:not(.error-page-code)")?.textContent);
    } catch {
      toast("bad", document.getElementById("toasts")?.dataset.textOffline);
    }
  }, true);

  function signedIn({ csrf_token: token, person }) {
    // Somebody else's sign-in: what stands here is not theirs.
    if (String(person) !== document.body.dataset.person) return location.reload();
    takeToken(token);
    const send = unsent;
    dialogOf().close();
    dialogOf().querySelector("[data-scanned]").hidden = true;
    document.dispatchEvent(new CustomEvent("signed-in"));
    toast("good", dialogOf().dataset.textBack);
    for (const [element, asked] of refused) element.dispatchEvent(new Event(asked, { bubbles: true }));
    refused.clear();
    document.querySelectorAll("form[data-dirty]").forEach((form) => form.dispatchEvent(new Event("change", { bubbles: true })));
    send?.();
  }

  // ---------- a form that is sent when the session is over ----------
  const looking = new WeakSet(), looked = new WeakSet();
  let unsent = null;

  async function isOver() {
    try {
      const answer = await fetch(document.body.dataset.live, { method: "HEAD", headers: { Accept: "application/json" } });
      return answer.status === 401;
    } catch {
      return false; // no connection: the browser says so by itself
    }
  }

  document.addEventListener("submit", async (event) => {
    const { target: form, submitter } = event;
    if (event.defaultPrevented || !dialogOf() || !form.matches("main form[method=post][data-dirty]") || submitter?.matches("[hx-post]")) return;
    if (looked.delete(form)) return;
    event.preventDefault();
    if (looking.has(form)) return;
    looking.add(form);
    const send = () => { looked.add(form); form.requestSubmit(submitter); };
    const over = await isOver();
    looking.delete(form);
    if (!over) return send();
    unsent = send;
    open();
  }, true);
  document.addEventListener("close", ({ target }) => { if (target === dialogOf()) unsent = null; }, true);

  document.addEventListener("signed-out", open);
  document.addEventListener("htmx:responseError", ({ detail }) => {
    if (detail.xhr.status !== 401) return;
    const asked = detail.requestConfig?.triggeringEvent?.type;
    // What a field asks for by itself is asked for again; what a person pressed is theirs to press.
    if (["change", "input", "search"].includes(asked)) refused.set(detail.elt, asked);
    open();
  });
})();
