/* Scans of a count, one after the other: a scanner types faster than a server answers, and a phone in a store-room loses
   its network. What is scanned waits here until the server has it; each entry has a key of its own, so that one sent twice
   counts once.

   form[data-scan]   its fields code, counted, adds, key; data-waiting="# not sent yet" goes into #count-waiting */
"use strict";

(() => {
  const AGAIN_MS = 2000;
  const waiting = [];
  let isSending = false, status = 0;

  const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const pause = () => new Promise((done) => { setTimeout(done, AGAIN_MS); });

  function tell(form) {
    const place = document.getElementById("count-waiting");
    if (place) place.textContent = waiting.length ? form.dataset.waiting.replace("#", waiting.length) : "";
  }

  document.addEventListener("htmx:afterRequest", ({ detail }) => { status = detail.xhr?.status ?? 0; });

  async function send(form) {
    if (isSending) return;
    isSending = true;
    while (waiting.length && form.isConnected) {
      status = 0;
      try {
        await htmx.ajax("POST", form.action, { source: form, target: "#count-lines", swap: "outerHTML", values: waiting[0] });
      } catch {
        status = 0;
      }
      // What the server refused is told in the list; what it never saw, or could not take, goes again.
      if (status && status < 500 && status !== 401) waiting.shift();
      else await pause();
      tell(form);
    }
    isSending = false;
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-scan]")) return;
    event.preventDefault();
    const { code, counted, adds } = form.elements;
    if (!code.value.trim()) return;
    waiting.push({ code: code.value, counted: counted.value, adds: adds[0].checked ? "1" : "0", key: newKey() });
    code.value = counted.value = "";
    code.focus();
    tell(form);
    send(form);
  });

  window.addEventListener("beforeunload", (event) => { if (waiting.length) event.preventDefault(); });
})();
