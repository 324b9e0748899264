/* Parts that fetch themselves again (hx-trigger="every …", data-poll) rest while nobody looks, and come back at once. */
"use strict";

(() => {
  document.addEventListener("htmx:beforeRequest", (event) => {
    const busy = event.target.querySelector("dialog[open], .menu[open]");
    if (event.target.matches("[data-poll]") && (document.hidden || busy)) event.preventDefault();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) document.querySelectorAll("[data-poll]").forEach((part) => window.htmx.trigger(part, "looked-at"));
  });
})();
