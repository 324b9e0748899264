/* Scans, one after the other, from whatever names a product by a code. A cable scanner is a keyboard: quick characters, then
   Enter; it is heard wherever the focus is, and what it typed into another field or pressed as a key of the page is undone.
   A scanner types faster than a server answers, and a phone in a store-room loses its network: what is scanned waits here
   until the server has it; each scan has a key of its own, so that one sent twice counts once.

   form[data-scan="#target"]  its field `code`, and others that go along; hidden ones are read when it is sent, so that the
                              answer before says them; data-waiting="# not sent yet" goes into [data-scan-waiting]
   data-quick="50"            a scanner's keys follow each other within so many ms; a wireless one may need more
   data-once                  a field that holds for one scan
   data-sound="good|begun|done|bad"   in an answer: how it sounds; button[data-sound-switch] turns sounds off and on
   a[data-print-then]         in an answer: is opened, unless button[data-print-switch] is off
   button[data-camera]        where the browser reads codes: [data-camera-view], a <video>, shows what the camera sees */
"use strict";

(() => {
  const AGAIN_MS = 2000, SHORTEST = 3;
  const waiting = [];
  let isSending = false, status = 0;

  const formOf = () => document.querySelector("form[data-scan]");
  const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });

  function tell(form) {
    const place = document.querySelector("[data-scan-waiting]");
    if (place) place.textContent = waiting.length ? form.dataset.waiting.replace("#", waiting.length) : "";
  }

  document.addEventListener("htmx:afterRequest", ({ detail }) => { status = detail.xhr?.status ?? 0; });

  async function send(form) {
    if (isSending) return;
    isSending = true;
    while (waiting.length && form.isConnected) {
      status = 0;
      try {
        await htmx.ajax("POST", form.action, { source: form, target: form.dataset.scan, swap: "outerHTML", values: waiting[0] });
      } catch {
        status = 0;
      }
      // What the server refused is told in the answer; what it never saw, or could not take, goes again.
      if (status && status < 500 && status !== 401) {
        waiting.shift();
        answered(document.querySelector(form.dataset.scan));
      } else await pause(AGAIN_MS);
      tell(form);
    }
    isSending = false;
  }

  function scan(form, code) {
    const told = { code };
    for (const field of form.elements) {
      if (!field.name || field.type === "hidden" || field.name === "code") continue;
      told[field.name] = field.type === "checkbox" ? (field.checked ? "1" : "0") : field.value;
      if (!("once" in field.dataset)) continue;
      if (field.type === "checkbox") field.checked = false;
      else field.value = "";
    }
    waiting.push({ ...told, key: newKey() });
    tell(form);
    send(form);
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-scan]")) return;
    event.preventDefault();
    const { code } = form.elements, typed = code.value.trim();
    code.value = "";
    code.focus();
    if (typed) scan(form, typed);
  });

  window.addEventListener("beforeunload", (event) => { if (waiting.length) event.preventDefault(); });

  // ---------- a scanner, wherever the focus is ----------
  const TYPED_INTO = "textarea, input:not([type=checkbox], [type=radio], [type=button], [type=submit], [type=file])";
  let burst = null, isOurs = false;

  function begin(event) {
    const field = event.target.matches?.(TYPED_INTO) ? event.target : null;
    burst = { text: "", keys: [], field, value: field?.value, at: event.timeStamp };
  }

  // A person's keys, which were held back for a moment: they do what they do on every page.
  function giveBack(keys) {
    isOurs = true;
    for (const { target, key, code, shiftKey } of keys) {
      if (target.isConnected) target.dispatchEvent(new KeyboardEvent("keydown", { key, code, shiftKey, bubbles: true, cancelable: true }));
    }
    isOurs = false;
  }

  function drop() {
    const dropped = burst;
    burst = null;
    if (dropped) giveBack(dropped.keys);
  }

  window.addEventListener("keydown", (event) => {
    const form = formOf();
    if (isOurs || !form || event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.key === "Shift") return;
    const quick = Number(form.dataset.quick ?? 50);
    const isQuick = burst && event.timeStamp - burst.at <= quick;
    if (event.key === "Enter" && isQuick && burst.text.length >= SHORTEST) {
      const { text, field, value } = burst;
      burst = null;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (field) field.value = field.form === form && field.name === "code" ? "" : value;
      scan(form, text);
      return;
    }
    if (event.key.length !== 1 || event.repeat || (event.key === " " && !isQuick)) return drop();
    if (!isQuick) {
      drop();
      begin(event);
    }
    burst.at = event.timeStamp;
    burst.text += event.key;
    if (burst.field) return;
    burst.keys.push(event);
    event.preventDefault();
    event.stopImmediatePropagation();
    const { keys } = burst, many = keys.length;
    setTimeout(() => { if (burst?.keys === keys && keys.length === many) drop(); }, quick * 2);
  }, true);

  // ---------- how an answer sounds, and what is printed then ----------
  const OFF = { sound: "balcao-sounds-off", print: "balcao-print-off" };
  const isOff = (what) => localStorage.getItem(OFF[what]) === "1";
  // [hertz, begins, lasts] in seconds.
  const TONES = {
    good: [[988, 0, .07]], begun: [[659, 0, .07], [880, .09, .07]], done: [[659, 0, .09], [880, .1, .09], [1319, .2, .18]],
    bad: [[185, 0, .22], [139, .26, .34]],
  };
  let audio = null;

  function play(name) {
    if (!TONES[name] || isOff("sound") || !window.AudioContext) return;
    audio ??= new AudioContext();
    audio.resume();
    for (const [hertz, begins, lasts] of TONES[name]) {
      const tone = audio.createOscillator(), volume = audio.createGain();
      tone.type = name === "bad" ? "square" : "sine";
      tone.frequency.value = hertz;
      volume.gain.value = .2;
      tone.connect(volume).connect(audio.destination);
      tone.start(audio.currentTime + begins);
      tone.stop(audio.currentTime + begins + lasts);
    }
  }

  function answered(place) {
    play(place?.querySelector("[data-sound]")?.dataset.sound);
    const paper = place?.querySelector("a[data-print-then]");
    if (paper && !isOff("print")) window.open(paper.href, "balcao-print");
  }

  function showSwitches() {
    for (const what of Object.keys(OFF)) {
      document.querySelector(`[data-${what}-switch]`)?.setAttribute("aria-pressed", String(!isOff(what)));
    }
  }

  document.addEventListener("click", ({ target }) => {
    const what = Object.keys(OFF).find((name) => target.closest(`[data-${name}-switch]`));
    if (!what) return;
    localStorage.setItem(OFF[what], isOff(what) ? "" : "1");
    showSwitches();
  });
  showSwitches();

  // ---------- a camera ----------
  const LOOK_MS = 200, GONE_MS = 1200;
  const camera = document.querySelector("button[data-camera]"), view = document.querySelector("[data-camera-view]");
  if (camera && window.BarcodeDetector && navigator.mediaDevices) camera.hidden = false;

  async function look() {
    const detector = new BarcodeDetector();
    let seen = "", seenAt = 0;
    while (view.srcObject) {
      const [found] = await detector.detect(view).catch(() => []);
      // One thing before the camera is one scan, until it was away.
      if (found && found.rawValue !== seen) scan(formOf(), found.rawValue);
      if (found) [seen, seenAt] = [found.rawValue, Date.now()];
      else if (Date.now() - seenAt > GONE_MS) seen = "";
      await pause(LOOK_MS);
    }
  }

  camera?.addEventListener("click", async () => {
    if (view.srcObject) {
      view.srcObject.getTracks().forEach((track) => track.stop());
      view.srcObject = null;
    } else {
      view.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } }).catch(() => null);
      if (view.srcObject) {
        await view.play();
        look();
      }
    }
    view.hidden = !view.srcObject;
    camera.setAttribute("aria-pressed", String(!!view.srcObject));
  });
})();
