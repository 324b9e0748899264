/* Says that this page is open on a record, so that others who open it know, and shows who they are.

   [data-presence] data-kind, data-id, data-doing (look|edit): templates/layouts/_presence.html
   POST /presence answers it anew; POST /presence/end when the page goes or is hidden */
"use strict";

(() => {
  const AGAIN_MS = 20000;
  const place = () => document.querySelector("[data-presence]");
  const token = () => document.querySelector("meta[name=csrf-token]")?.content || "";

  function saying(part) {
    const said = new FormData();
    for (const name of ["kind", "id", "doing"]) said.set(name, part.dataset[name]);
    said.set("csrf_token", token());
    return said;
  }

  async function say() {
    const part = place();
    if (!part || document.hidden) return;
    try {
      const answer = await fetch("/presence", { method: "POST", body: saying(part), headers: { "HX-Request": "true", "X-Unattended": "1" } });
      if (!answer.ok) return; // who is signed out is told by the live stream
      const box = document.createElement("template");
      box.innerHTML = await answer.text();
      place()?.replaceWith(box.content.firstElementChild);
    } catch {
      // no connection: the page says so by itself
    }
  }

  function end() {
    const part = place();
    if (part) navigator.sendBeacon("/presence/end", saying(part));
  }

  setInterval(say, AGAIN_MS);
  document.addEventListener("visibilitychange", () => (document.hidden ? end() : say()));
  window.addEventListener("pagehide", end);
  window.addEventListener("pageshow", say);
})();
