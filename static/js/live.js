/* Rows that move by themselves. One stream per tab tells which rows changed; the page asks the server for those it shows.

   <body data-live="/events" data-live-since="…">
   stream   event "row", data {"kind": "sale", "id": 12, "status": "…"}; event "reset": what was missed is not known any more;
            event "counts", data {"counts": {"sales.index": 7, …}, "tabs": 12}: the menu's, and how many pages share the server;
            event "signed-out": the session is over, and the stream with it
   poll     GET /events/poll?since=<id> → {"cursor": "…", "events": [{"kind", "id", "status"}, …], "reset": false, "counts": {…}}
   <tbody id data-live-rows="/sales/rows" data-live-list="/sales?…" data-live-kind="sale invoice"> with <tr id="sale-12">
            rows: GET /sales/rows?ids=1,2 → <template><tr id="sale-1">…</tr></template>…
            list: when a row of these kinds (any, without them) changed, GET data-live-list → HTML with a <tbody> of the same id, at most
            once a second; its [data-live-part] elements (tab counts) replace those of the same id. Rows that came and rows that left are
            said above the table and shown when the person wants them, or has looked away: nothing jumps
   <section id data-live-list="/…" data-live-kind="sale">     the same, replaced as a whole; data-live-pause="5000": every five seconds at most
            (a page says `live_on`, and its <main> is one; so is that of a page of none; of two within each other the inner one moves)
   <span data-count-of="sales.index">                         a count of the menu
   <section id data-live="sale-12 invoice-7" data-live-url="/sales/12/status">   fetched and replaced as a whole */
"use strict";

(() => {
  const url = document.body.dataset.live;
  if (!url) return;
  const COLLECT_MS = 150, LIST_MS = 1000, BUSY_MS = 2000, POLL_MS = 3000, STREAM_AGAIN_MS = 30000, STEADY_MS = 5000, LATER_MS = 10000;

  let source = null, cursor = document.body.dataset.liveSince || "", pollTimer = 0, againTimer = 0, openedAt = 0, turn = 0;
  const changed = new Map(); // "sale-12" → {kind, id}
  const fetching = new Set(); // ids of the rows' containers and of the parts whose answer is under way
  let collectTimer = 0;
  const listTimers = new Map(); // by the list's id: the element itself is replaced
  const listTimes = new Map(); // by the list's id: when it was asked for
  // Many pages that share the server do not ask all at once.
  let tabs = 1;
  const AT_ONCE = 8, SPREAD_ROWS_MS = 40, SPREAD_LIST_MS = 200;
  const spread = (each) => Math.random() * Math.max(0, tabs - AT_ONCE) * each;

  // ---------- where the news come from ----------
  // The sign and the band are looked up each time: Back swaps the body.
  let shown = "";
  function show(state) {
    shown = state;
    const badge = document.getElementById("live-state");
    const band = document.getElementById("connection-lost");
    if (band) band.hidden = state !== "offline";
    if (!badge || badge.dataset.state === state) return;
    badge.dataset.state = state;
    badge.hidden = false;
    badge.className = "badge phone-off " + { stream: "badge-good badge-live", poll: "badge-info", offline: "badge-bad", signedout: "badge-bad" }[state];
    badge.textContent = badge.dataset[state];
  }

  const since = (address) => address + (cursor ? `?since=${encodeURIComponent(cursor)}` : "");

  function openStream() {
    stop();
    source = new EventSource(since(url));
    source.addEventListener("open", () => {
      openedAt = Date.now();
      show("stream");
      // Without a cursor nobody tells what changed between the page and the stream.
      if (!cursor) refreshAll();
    });
    source.addEventListener("row", (event) => { cursor = event.lastEventId || cursor; note(JSON.parse(event.data)); });
    source.addEventListener("counts", (event) => count(JSON.parse(event.data)));
    source.addEventListener("signed-out", signedOut);
    source.addEventListener("reset", (event) => { cursor = event.lastEventId || ""; refreshAll(); });
    source.addEventListener("error", () => {
      // A stream that stood and broke is a server that restarts: one more try before asking every 3 s.
      const steady = openedAt && Date.now() - openedAt > STEADY_MS;
      openedAt = 0;
      source.close();
      if (steady) againTimer = setTimeout(openStream, 1000);
      else startPolling();
    });
  }

  function startPolling() {
    stop();
    againTimer = setTimeout(openStream, STREAM_AGAIN_MS);
    poll();
  }

  async function poll() {
    const mine = (turn += 1), known = cursor;
    try {
      const response = await fetch(since(`${url}/poll`), { headers: { Accept: "application/json" } });
      if (response.status === 401) return signedOut();
      if (!response.ok) throw new Error(response.status);
      const news = await response.json();
      if (mine !== turn) return;
      show("poll");
      cursor = news.reset ? news.cursor : news.cursor || cursor;
      // As with a stream: without a cursor nobody tells what changed since the page was drawn.
      if (news.reset || !known) refreshAll();
      news.events.forEach(note);
      count(news);
    } catch {
      if (mine === turn) show("offline");
    }
    if (mine === turn) pollTimer = setTimeout(poll, POLL_MS);
  }

  function signedOut() {
    stop();
    if (shown === "signedout") return;
    show("signedout");
    document.dispatchEvent(new CustomEvent("signed-out"));
  }

  function stop() {
    turn += 1; // an answer still under way is not ours any more
    clearTimeout(pollTimer);
    clearTimeout(againTimer);
    source?.close();
    source = null;
  }

  // ---------- the menu's counts ----------
  const COUNT_LIMIT = 1000;
  function count(news) {
    tabs = news.tabs || 1;
    for (const place of document.querySelectorAll("[data-count-of]")) {
      const rows = news.counts?.[place.dataset.countOf];
      if (rows === undefined) continue;
      const most = Math.min(rows, COUNT_LIMIT).toLocaleString(document.documentElement.lang);
      place.firstElementChild.textContent = rows > COUNT_LIMIT ? `${most}+` : most;
      place.hidden = !rows;
    }
  }

  // ---------- what changed, gathered for a moment ----------
  function note({ kind, id }) {
    changed.set(`${kind}-${id}`, { kind, id });
    collectTimer ||= setTimeout(flush, COLLECT_MS + spread(SPREAD_ROWS_MS));
  }

  function flush() {
    collectTimer = 0;
    const rows = new Map(); // container → ids
    const parts = new Map(); // element → one of its changes
    const kinds = new Set();
    const waiting = [];
    for (const [key, change] of changed) {
      const box = document.getElementById(key)?.closest("[data-live-rows]");
      const mine = [...document.querySelectorAll(`[data-live~="${CSS.escape(key)}"]`)];
      // An answer under way may be older than this change: what it says is asked for once more, after it.
      if (fetching.has(box?.id) || mine.some((part) => fetching.has(part.id))) {
        waiting.push(change);
        continue;
      }
      if (box) rows.set(box, [...(rows.get(box) || []), change.id]);
      kinds.add(change.kind);
      mine.forEach((part) => parts.set(part, change));
    }
    changed.clear();
    waiting.forEach(note);
    rows.forEach((ids, box) => refreshRows(box, ids));
    parts.forEach((change, part) => refreshPart(part, change));
    for (const list of document.querySelectorAll("[data-live-list]")) {
      if (!list.dataset.liveKind || list.dataset.liveKind.split(" ").some((kind) => kinds.has(kind))) refreshListSoon(list);
    }
  }

  function refreshAll() {
    const keys = [...document.querySelectorAll("[data-live-rows] > [id]")].map((row) => row.id);
    for (const part of document.querySelectorAll("[data-live-url]")) {
      const [key] = (part.dataset.live || "").trim().split(" ");
      if (key) keys.push(key);
      else refreshPart(part, null);
    }
    for (const key of keys) note({ kind: key.slice(0, key.lastIndexOf("-")), id: key.slice(key.lastIndexOf("-") + 1) });
    document.querySelectorAll("[data-live-list]").forEach(refreshListSoon);
  }

  // ---------- asking for them ----------
  async function html(address) {
    try {
      // Nobody asked: it keeps no session from going idle.
      const response = await fetch(address, { headers: { "HX-Request": "true", "X-Unattended": "1" } });
      if (response.status === 401) signedOut();
      // Busy or broken for a moment: what was asked for is asked for again.
      if (response.status >= 500) againLater();
      const box = document.createElement("template");
      box.innerHTML = response.ok ? await response.text() : "";
      return box.content;
    } catch {
      return document.createDocumentFragment(); // no connection: the stream says so, and its return fetches again
    }
  }

  let laterTimer = 0;
  function againLater() {
    laterTimer ||= setTimeout(() => { laterTimer = 0; refreshAll(); }, LATER_MS);
  }

  function elementsIn(content) {
    const inside = [...content.querySelectorAll("template")].flatMap((box) => [...box.content.children]);
    return [...content.querySelectorAll("[id]"), ...inside];
  }

  async function refreshRows(box, ids) {
    fetching.add(box.id);
    const content = await html(`${box.dataset.liveRows}${box.dataset.liveRows.includes("?") ? "&" : "?"}ids=${ids.join(",")}`);
    fetching.delete(box.id);
    for (const fresh of elementsIn(content)) {
      const old = fresh.id && document.getElementById(fresh.id);
      if (old?.closest("[data-live-rows]") && !isBusy(old)) swap(old, fresh);
    }
    document.dispatchEvent(new CustomEvent("live:swapped"));
  }

  function refreshListSoon({ id }) {
    // A list within it moves alone.
    if (listTimers.has(id) || document.getElementById(id).querySelector("[data-live-list]")) return;
    const pause = Number(document.getElementById(id).dataset.livePause) || LIST_MS;
    const rest = Math.max(0, (listTimes.get(id) || 0) + pause - Date.now()) + spread(SPREAD_LIST_MS);
    listTimers.set(id, setTimeout(() => { listTimers.delete(id); refreshList(id); }, rest));
  }

  async function refreshList(id) {
    let list = document.getElementById(id);
    if (!list) return;
    listTimes.set(id, Date.now());
    if (isBusy(list) || fetching.has(id)) return refreshListSoon(list);
    fetching.add(id);
    const content = await html(list.dataset.liveList);
    fetching.delete(id);
    const fresh = content.getElementById(id);
    list = document.getElementById(id);
    if (!fresh || !list) return;
    if (isBusy(list)) return refreshListSoon(list);
    if (list.matches("tbody") && list.querySelector(":scope > [id]") && !lookedAway.delete(id)) tellOfList(list, fresh);
    else showList(list, fresh);
    for (const part of content.querySelectorAll("[data-live-part][id]")) {
      const old = document.getElementById(part.id);
      if (old && !isBusy(old)) swap(old, part);
    }
    document.dispatchEvent(new CustomEvent("live:swapped"));
  }

  // ---------- a list whose rows came or left: said, and shown when it is wanted ----------
  const lookedAway = new Set(); // ids of lists whose rows nobody stands before

  function showList(list, fresh) {
    const before = new Set([...list.children].map((row) => row.id));
    swap(list, fresh);
    for (const row of fresh.children) if (row.id && !before.has(row.id)) row.classList.add("row-fresh");
    const shown = document.getElementById(list.id);
    if (shown.matches("tbody")) newsOf(shown)?.remove();
  }

  const newsOf = (list) => list.closest(".table-scroll").parentElement.querySelector(":scope > .list-news");

  function tellOfList(list, fresh) {
    const rows = [...list.children].filter((row) => row.id);
    const here = new Map(rows.map((row) => [row.id, row]));
    const there = new Map([...fresh.children].filter((row) => row.id).map((row) => [row.id, row]));
    const came = [...there.keys()].filter((id) => !here.has(id)).length;
    const gone = rows.filter((row) => !there.has(row.id));
    // A full page pushes as many off its end as came: these did not leave the list.
    let pushed = there.size < here.size ? 0 : came;
    const kept = new Set();
    for (const row of [...rows].reverse()) {
      if (there.has(row.id) || pushed === 0) break;
      kept.add(row);
      pushed -= 1;
    }
    const left = gone.filter((row) => !kept.has(row));
    for (const row of rows) row.classList.toggle("row-left", left.includes(row));
    for (const [id, row] of here) {
      if (there.has(id) && !isBusy(row) && !same(row, there.get(id))) swap(row, there.get(id).cloneNode(true));
    }
    say(list, fresh, came, left.length);
  }

  function say(list, fresh, came, left) {
    newsOf(list)?.remove();
    if (!came && !left) return;
    const texts = document.getElementById("live-state").dataset;
    const news = document.createElement("div");
    news.className = "list-news";
    news.setAttribute("role", "status");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button-small button-primary";
    button.textContent = [came && `${came} ${texts.came}`, left && `${left} ${texts.left}`, texts.show].filter(Boolean).join(" · ");
    button.addEventListener("click", () => {
      lookedAway.add(list.id);
      refreshList(list.id).then(() => document.getElementById(list.id)?.querySelector(FOCUSABLE)?.focus({ preventScroll: true }));
    });
    news.append(button);
    list.closest(".table-scroll").before(news);
  }

  async function refreshPart(part, change) {
    if (isBusy(part)) {
      if (change) setTimeout(() => note(change), BUSY_MS);
      return;
    }
    fetching.add(part.id);
    const content = await html(part.dataset.liveUrl);
    fetching.delete(part.id);
    const fresh = content.getElementById(part.id) || content.firstElementChild;
    if (!fresh || !part.isConnected) return;
    if (isBusy(part)) return change && note(change);
    swap(part, fresh);
    document.dispatchEvent(new CustomEvent("live:swapped"));
  }

  // ---------- putting them in without taking anything from the person ----------
  function isBusy(element) {
    const focus = document.activeElement;
    const typing = element.contains(focus) && focus.matches("input:not(.row-mark), textarea, select, [contenteditable]");
    const written = [...element.querySelectorAll("form:not([hx-get]) :is(input:not([type=checkbox], [type=radio], [type=hidden]), textarea)")]
      .some((field) => field.value !== field.defaultValue);
    return typing || written || element.matches(".row-editing") || !!element.querySelector(".row-editing, [data-dirty], .htmx-request, dialog[open], .menu[open]");
  }

  const FOCUSABLE = "a[href], button, input:not([type=hidden]), select, textarea, summary";

  function followers(row, where) {
    const found = [];
    for (let other = row[`${where}ElementSibling`]; other; other = other[`${where}ElementSibling`]) found.push(other);
    return found;
  }

  /* Its folds, each by the nearest id and by which one it is there. */
  function folds(element) {
    const found = new Map();
    for (const fold of element.querySelectorAll("details")) {
      const near = fold.closest("[id]")?.id;
      let place = 0;
      while (found.has(`${near} ${place}`)) place += 1;
      found.set(`${near} ${place}`, fold);
    }
    return found;
  }

  /* What it says: a form's token is another each time, a fold is the person's, a chart is drawn here. */
  function told(element) {
    const copy = element.cloneNode(true);
    copy.querySelectorAll("[data-plot]").forEach((plot) => plot.replaceChildren());
    copy.querySelectorAll("details").forEach((fold) => fold.removeAttribute("open"));
    return copy.innerHTML.replace(/name="csrf_token" value="[^"]*"/g, "");
  }

  const same = (old, fresh) => told(old) === told(fresh) && old.dataset.status === fresh.dataset.status;

  function swap(old, fresh) {
    // What comes by itself takes nobody's focus.
    for (const part of fresh.querySelectorAll("[autofocus]")) part.removeAttribute("autofocus");
    if (same(old, fresh)) return;
    const marked = new Set([...old.querySelectorAll(".row-mark:checked")].map((mark) => mark.value));
    const focus = old.contains(document.activeElement) ? document.activeElement : null;
    const row = focus?.closest("[id]");
    const place = row ? [...row.querySelectorAll(FOCUSABLE)].indexOf(focus) : -1;
    // Who stands on a row that is gone goes on at the one that took its place.
    const rows = row && row !== old ? [row, ...followers(row, "next"), ...followers(row, "previous")].map(({ id }) => id) : [row?.id];
    const [left, top] = [window.scrollX, window.scrollY];
    const [open, shut] = [folds(old), folds(fresh)];
    for (const [place, fold] of shut) fold.open = open.get(place)?.open ?? fold.open;
    old.replaceWith(fresh);
    if (fresh.matches("tr")) fresh.classList.add("row-fresh");
    if (old.matches(".row-left")) fresh.classList.add("row-left");
    for (const mark of fresh.querySelectorAll(".row-mark")) mark.checked = marked.has(mark.value);
    if (focus) {
      const here = rows.map((id) => id && document.getElementById(id)).find(Boolean);
      (here?.querySelectorAll(FOCUSABLE)[place] || (here || fresh).querySelector(FOCUSABLE))?.focus({ preventScroll: true });
    }
    window.scrollTo(left, top);
    window.htmx?.process(fresh);
  }

  // ---------- only while somebody looks ----------
  function start() {
    openedAt = 0;
    openStream();
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return stop();
    for (const list of document.querySelectorAll("[data-live-list]")) lookedAway.add(list.id);
    start();
    refreshAll();
  });
  document.addEventListener("htmx:historyRestore", () => shown && show(shown));
  document.addEventListener("signed-in", () => { shown = ""; start(); refreshAll(); });
  window.addEventListener("pagehide", stop);
  window.addEventListener("pageshow", (event) => event.persisted && start());
  if (!document.hidden) start();
})();
