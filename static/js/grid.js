/* The grid financer × year: moving with the keyboard, pasting blocks, undoing and redoing what is not saved yet.
 * Reading the cells and computing is the server's work, with or without this file. */
(function () {
  "use strict";
  const form = document.querySelector("[data-grid]");
  if (!form) return;
  const undoButton = form.querySelector("[data-grid-undo]");
  const redoButton = form.querySelector("[data-grid-redo]");
  const done = [];
  const undone = [];
  const held = new WeakMap(); // field → its value when the history last knew it

  const fields = () => Array.from(form.querySelectorAll("[data-cell], [data-note]"));
  fields().forEach((field) => { held.set(field, field.value); field.dataset.first = field.value; });

  function tell() {
    form.dispatchEvent(new CustomEvent("grid-changed", { bubbles: true }));
    fields().forEach((field) => field.classList.toggle("is-changed", field.value !== field.dataset.first));
    if (undoButton) undoButton.disabled = done.length === 0;
    if (redoButton) redoButton.disabled = undone.length === 0;
  }

  // --- History: one entry is a list of [field, before, after] ------------------------------------------------------
  function record(changes) {
    const real = changes.filter(([, before, after]) => before !== after);
    if (!real.length) return;
    done.push(real);
    undone.length = 0;
    real.forEach(([field, , after]) => held.set(field, after));
    tell();
  }
  function commit(field) { record([[field, held.get(field), field.value]]); }
  function replay(from, to, side) {
    const active = document.activeElement;
    if (active && active.matches && active.matches("[data-cell], [data-note]")) commit(active);
    const entry = from.pop();
    if (!entry) return;
    entry.forEach((change) => { change[0].value = change[side]; held.set(change[0], change[side]); });
    to.push(entry);
    entry[0][0].focus();
    // What the drafts keep and what warns before leaving listen to "input".
    entry[0][0].dispatchEvent(new Event("input", { bubbles: true }));
    tell();
  }
  const undo = () => replay(done, undone, 1);
  const redo = () => replay(undone, done, 2);
  if (undoButton) undoButton.addEventListener("click", undo);
  if (redoButton) redoButton.addEventListener("click", redo);

  form.addEventListener("change", (event) => {
    if (event.target.matches("[data-cell], [data-note]")) commit(event.target);
    else if (event.target.matches("select")) tell();
  });
  form.addEventListener("input", (event) => {
    if (event.target.matches("[data-cell], [data-note]")) form.dispatchEvent(new CustomEvent("grid-changed", { bubbles: true }));
  });

  // --- Moving --------------------------------------------------------------------------------------------------------
  const rows = () => Array.from(form.querySelectorAll("tbody tr")).map((row) => Array.from(row.querySelectorAll("[data-cell]"))).filter((cells) => cells.length);
  function place(field) {
    const all = rows();
    const y = all.findIndex((cells) => cells.includes(field));
    return { all, y, x: y < 0 ? -1 : all[y].indexOf(field) };
  }
  function go(field, dx, dy) {
    const { all, y, x } = place(field);
    const row = all[y + dy];
    const next = row && (dy ? row.find((cell) => cell.dataset.year === field.dataset.year) : row[x + dx]);
    if (!next) return false;
    next.focus();
    next.select();
    return true;
  }
  function atEdge(field, end) {
    const whole = field.selectionStart === 0 && field.selectionEnd === field.value.length;
    const at = end ? field.value.length : 0;
    return whole || (field.selectionStart === at && field.selectionEnd === at);
  }
  form.addEventListener("keydown", (event) => {
    const field = event.target;
    if ((event.ctrlKey || event.metaKey) && !event.altKey && field.matches("[data-cell], [data-note]")) {
      const key = event.key.toLowerCase();
      // While a cell is being typed, undoing letters stays the browser's.
      const typing = field.value !== held.get(field);
      if (key === "z" && !event.shiftKey && !typing) { event.preventDefault(); undo(); }
      else if (key === "y" || (key === "z" && event.shiftKey)) { event.preventDefault(); redo(); }
      return;
    }
    if (!field.matches("[data-cell]") || event.altKey) return;
    let moved = false;
    if (event.key === "ArrowDown") moved = go(field, 0, 1);
    else if (event.key === "ArrowUp") moved = go(field, 0, -1);
    else if (event.key === "ArrowRight" && !event.shiftKey && atEdge(field, true)) moved = go(field, 1, 0);
    else if (event.key === "ArrowLeft" && !event.shiftKey && atEdge(field, false)) moved = go(field, -1, 0);
    else if (event.key === "Enter") {
      // Enter goes down, or up with Shift; it never sends the form from a cell.
      commit(field);
      go(field, 0, event.shiftKey ? -1 : 1);
      moved = true;
    } else if (event.key === "Escape" && field.value !== held.get(field)) {
      field.value = held.get(field);
      field.select();
      tell();
      moved = true;
    }
    if (moved) event.preventDefault();
  });

  // --- Pasting -------------------------------------------------------------------------------------------------------
  function split(text) {
    const found = [[]];
    let cell = "", quoted = false;
    const clean = (value) => value.replace(/[\s\u00a0\u202f\u2009]+/g, " ").trim();
    text = text.replace(/\r\n?/g, "\n");
    for (let i = 0; i < text.length; i += 1) {
      const c = text[i];
      if (quoted) {
        if (c === '"' && text[i + 1] === '"') { cell += '"'; i += 1; }
        else if (c === '"') quoted = false;
        else cell += c;
      } else if (c === '"' && !cell) quoted = true;
      else if (c === "\t") { found[found.length - 1].push(clean(cell)); cell = ""; }
      else if (c === "\n") { found[found.length - 1].push(clean(cell)); cell = ""; found.push([]); }
      else cell += c;
    }
    found[found.length - 1].push(clean(cell));
    if (found.length > 1 && found[found.length - 1].join("") === "") found.pop();
    return found;
  }
  form.addEventListener("paste", (event) => {
    const field = event.target;
    if (!field.matches("[data-cell]")) return;
    const text = event.clipboardData.getData("text/plain");
    const block = split(text);
    if (block.length === 1 && block[0].length === 1) return; // one cell: an ordinary paste, in the text
    event.preventDefault();
    const { all, y, x } = place(field);
    const changes = [];
    let lost = 0;
    block.forEach((line, dy) => line.forEach((value, dx) => {
      const target = all[y + dy] && all[y + dy][x + dx];
      if (!target) { lost += 1; return; }
      changes.push([target, held.get(target), value]);
      target.value = value;
    }));
    record(changes);
    field.dispatchEvent(new Event("input", { bubbles: true }));
    const zone = document.getElementById("messages");
    if (zone) zone.textContent = lost ? `${changes.length} cases collées. ${lost} ne tenaient pas dans le tableau : ajoutez des lignes ou des années, puis recollez.` : `${changes.length} cases collées.`;
  });
  // --- Leaving a cell open on small screens: one explanation at a time ------------------------------------------------
  form.addEventListener("toggle", (event) => {
    if (!event.target.matches || !event.target.matches(".grid-why") || !event.target.open) return;
    form.querySelectorAll(".grid-why[open]").forEach((other) => { if (other !== event.target) other.open = false; });
  }, true);
})();
