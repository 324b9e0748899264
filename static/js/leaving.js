/* Who leaves a page with something typed in it that would be lost is asked first, in the browser's own words.

   Lost with the tab is all that was typed. Whoever goes on to another page of the shop is not asked about a form whose draft
   is offered again (data-drafted, static/js/drafts.js), only about what no draft keeps: a password, a row edited in place.
   Sending a form asks nothing. Searches, filters and ticked rows are nothing typed.
   event "leaving" on the document: the last moment to keep a draft */
"use strict";

(() => {
  const UNTYPED = "[type=search], [type=hidden], [type=submit], [type=button], button, .row-mark, .row-mark-all";
  const AT_ONCE_MS = 1000;
  const touched = new Set(); // forms, and rows that are edited in place
  let sent = false, wentOn = -AT_ONCE_MS;

  function holderOf(field) {
    if (!field.matches?.("main :is(input, select, textarea)") || field.matches(UNTYPED)) return null;
    if (!field.form) return field.closest(".row-editing");
    return field.form.matches("[method=post]:not([role=search])") ? field.form : null;
  }

  for (const name of ["input", "change"]) {
    document.addEventListener(name, ({ target }) => {
      const holder = holderOf(target);
      if (!holder) return;
      touched.add(holder);
      sent = false;
    });
  }

  function isChanged(field) {
    if (field.matches(UNTYPED)) return false;
    if (["checkbox", "radio"].includes(field.type)) return field.checked !== field.defaultChecked;
    if (field.type !== "select-one") return field.value !== field.defaultValue;
    return field.selectedIndex !== Math.max([...field.options].findIndex((option) => option.defaultSelected), 0);
  }

  // The holder as it stands now, if anything typed is still in it. One that was drawn again holds it as its own.
  function unsent(holder) {
    if (holder.isConnected) return [...holder.querySelectorAll("input, select, textarea")].some(isChanged) ? holder : null;
    const drawnAgain = holder.id && document.getElementById(holder.id);
    return drawnAgain?.matches("form, .row-editing") ? drawnAgain : null;
  }

  document.addEventListener("submit", ({ defaultPrevented }) => { sent ||= !defaultPrevented; });
  document.addEventListener("htmx:afterRequest", ({ detail }) => { if (detail.successful) touched.delete(detail.elt); });
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (link?.origin === location.origin && !link.target && !link.hasAttribute("download")) wentOn = performance.now();
  });

  window.addEventListener("beforeunload", (event) => {
    if (sent) return;
    document.dispatchEvent(new Event("leaving"));
    const staysInTab = performance.now() - wentOn < AT_ONCE_MS;
    const isLost = (holder) => !staysInTab || holder.dataset.drafted === undefined;
    if ([...touched].map(unsent).some((holder) => holder && isLost(holder))) event.preventDefault();
  });
})();
