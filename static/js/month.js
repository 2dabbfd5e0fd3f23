/* One month in detail: Enter and the vertical arrows go down or up a column, from one table to the next.
 * Typing, Tab and the button work the same without this file. */
(function () {
  "use strict";
  const form = document.querySelector("[data-month]");
  if (!form) return;
  const boxes = (row) => Array.from(row.querySelectorAll("input[data-box]"));

  function next(field, step) {
    const rows = Array.from(form.querySelectorAll("tbody tr")).filter((row) => boxes(row).length);
    const row = field.closest("tr");
    const column = boxes(row).indexOf(field);
    const target = rows[rows.indexOf(row) + step];
    if (!target) return null;
    const cells = boxes(target);
    // Tables differ in width: another table is entered by its first column.
    return target.closest("table") === row.closest("table") ? cells[column] : cells[0];
  }

  form.addEventListener("keydown", (event) => {
    const field = event.target;
    if (!field.matches("input[data-box]") || event.altKey || event.ctrlKey || event.metaKey) return;
    const step = { ArrowDown: 1, Enter: event.shiftKey ? -1 : 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const target = next(field, step);
    // Enter never sends a month half typed: on the last line it stays where it is.
    if (target || event.key === "Enter") event.preventDefault();
    if (!target) return;
    target.focus();
    target.select();
  });
})();
