// Adds new messages to an open timeline. Pages also work without this file.
"use strict";

(() => {
  const { live, newest: shown } = document.currentScript.dataset;
  const list = document.querySelector("ul.messages");
  if (!list || !window.EventSource) return;
  list.setAttribute("aria-live", "polite");

  // The page must not grow for ever; removed messages are behind the link to older ones.
  const most = 300;
  const firstWait = 1000;
  const longestWait = 30000;
  // The server sends something at least every 15 s; a stream that misses two beats is dead.
  const longestSilence = 35000;
  let newest = Number(shown) || 0;
  let wait = firstWait;
  let stream = null;
  let timer = null;
  let silence = null;

  const shorten = () => {
    while (list.children.length > most) list.lastElementChild.remove();
    const older = document.querySelector("p.older a");
    const last = list.lastElementChild.querySelector("[data-id]");
    if (older && last) older.search = "?before=" + last.dataset.id;
  };

  // The item is the server's own markup, escaped as on the page it is added to.
  const show = (event) => {
    const message = JSON.parse(event.data);
    if (list.querySelector('[data-id="' + Number(message.id) + '"]')) return;
    const template = document.createElement("template");
    template.innerHTML = message.html;
    const item = template.content.querySelector("li");
    if (!item) return;
    // The text of an empty timeline.
    const only = list.firstElementChild;
    if (only && !only.querySelector("[data-id]")) only.remove();
    list.prepend(item);
    newest = Math.max(newest, Number(message.id));
    if (list.children.length > most) shorten();
  };

  // The stream has left messages out: only a reload shows all, and the reader decides when.
  const gap = () => {
    if (document.querySelector("p.more")) return;
    const note = document.createElement("p");
    note.className = "more";
    note.setAttribute("role", "status");
    const link = document.createElement("a");
    link.href = location.pathname;
    link.textContent = "There are more new messages: show them";
    note.append(link);
    list.before(note);
  };

  const close = () => {
    clearTimeout(timer);
    clearTimeout(silence);
    if (stream) stream.close();
    stream = null;
  };

  // The browser reconnects by itself after a lost connection, but not after a refusal.
  const again = () => {
    if (!stream || stream.readyState !== EventSource.CLOSED) return;
    close();
    timer = setTimeout(open, wait * (0.5 + Math.random()));
    wait = Math.min(wait * 2, longestWait);
  };

  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(open, longestSilence);
  };

  const open = () => {
    close();
    heard();
    const address = new URL(live, location.href);
    address.searchParams.set("after", newest);
    stream = new EventSource(address);
    stream.onopen = () => { wait = firstWait; };
    stream.onmessage = show;
    stream.onerror = again;
    stream.addEventListener("gap", gap);
    for (const kind of ["open", "message", "gap", "beat"]) stream.addEventListener(kind, heard);
  };

  // A hidden page leaves its place to others.
  const follow = () => (document.visibilityState === "visible" ? open() : close());
  document.addEventListener("visibilitychange", follow);
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", (event) => { if (event.persisted) follow(); });
  follow();
})();
