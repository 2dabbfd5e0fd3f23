/* The editor of a model's text: values, references and conditions show as labels, and are inserted from a list.
 *
 * The <textarea> stays the only thing that is sent: this file reads it into an editable zone and writes it back at each
 * change. Without it the text is typed with its tags. Nothing typed is ever read as markup: nodes are made, never parsed.
 */
(function () {
  "use strict";
  const form = document.querySelector("form[data-model-editor]");
  const source = form && form.querySelector("textarea[name=text]");
  if (!source) return;

  const TOKEN = /\[\s*(?:sauf\s+)?si\s[^\]]*\]|\{\{[^{}]*\}\}|\[tableau [^\]]*\]|\*\*/gi;
  const POINT = /^\s*(?:([-–•])|(\d{1,2})[.)])\s+/;
  const CONDITION = /^\[\s*(?:sauf\s+)?si\s[^\]]*\]$/i;
  const plain = (text) => text.toLowerCase().replace(/’/g, "'").replace(/\s+/g, " ").trim();
  const make = (tag, className, text) => {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text !== undefined) node.textContent = text;
    return node;
  };

  // --- What can be inserted, read from the page ---------------------------------------------------------------------
  const entries = Array.from(form.querySelectorAll("[data-palette] [data-typed]"));
  const known = new Map(entries.map((li) => [plain(li.dataset.typed), li.dataset]));

  function chip(typed) {
    const entry = known.get(plain(typed));
    const condition = CONDITION.test(typed);
    const sort = entry ? entry.sort : condition ? "condition" : "unknown";
    // A condition made of several parts is in no list: it says itself.
    const label = entry ? entry.label : condition ? typed.slice(1, -1).trim() : "inconnu : " + typed.replace(/[{}[\]]/g, "").trim();
    const node = make("span", "chip chip--" + sort, label.replace(/\{\{\s*([\w.]+)\s*\}\}/g, (tag) => "« " + (known.get(plain(tag)) || { label: tag }).label + " »"));
    node.contentEditable = "false";
    node.dataset.value = typed;
    return node;
  }

  // --- The zone -------------------------------------------------------------------------------------------------------
  const label = form.querySelector(`label[for="${source.id}"]`);
  label.id = source.id + "_label";
  const rich = make("div", "model-rich");
  rich.contentEditable = "true";
  rich.setAttribute("role", "textbox");
  rich.setAttribute("aria-multiline", "true");
  rich.setAttribute("aria-labelledby", label.id);
  const described = source.getAttribute("aria-describedby");
  if (described) rich.setAttribute("aria-describedby", described);
  rich.id = source.id + "_rich";
  rich.spellcheck = true;
  rich.lang = "fr";

  // --- From the text to the zone: ``marks`` remembers where each node stands in the text ----------------------------
  let marks = [];
  let shown = "";
  function fill(parent, text, at) {
    let last = 0;
    let target = parent;
    const put = (words, start) => {
      if (!words) return;
      const node = document.createTextNode(words);
      target.append(node);
      marks.push({ node, start: at + start, end: at + start + words.length });
    };
    for (const found of text.matchAll(TOKEN)) {
      put(text.slice(last, found.index), last);
      last = found.index + found[0].length;
      if (found[0] === "**") {
        if (target === parent) { target = make("strong"); parent.append(target); } else target = parent;
      } else {
        const node = chip(found[0]);
        target.append(node);
        marks.push({ node, start: at + found.index, end: at + last });
      }
    }
    put(text.slice(last), last);
    if (!parent.lastChild) parent.append(make("br"));
  }

  function show() {
    rich.replaceChildren();
    marks = [];
    shown = source.value;
    let block = null;
    let at = 0;
    source.value.split("\n").forEach((line) => {
      const point = POINT.exec(line);
      const begins = line.length - line.trimStart().length;
      if (!line.trim()) block = null;
      else if (point) {
        const tag = point[1] ? "UL" : "OL";
        if (!block || block.tagName !== tag) { block = make(tag); rich.append(block); }
        const item = make("li");
        block.append(item);
        fill(item, line.slice(point[0].length), at + point[0].length);
      } else if (block && block.tagName === "P" && !CONDITION.test(block.dataset.typed || "")) {
        block.append(" ");
        fill(block, line.trim(), at + begins);
      } else {
        block = make("p");
        block.dataset.typed = line.trim();
        rich.append(block);
        fill(block, line.trim(), at + begins);
      }
      at += line.length + 1;
    });
    rich.querySelectorAll("p[data-typed]").forEach((p) => delete p.dataset.typed);
    if (!rich.firstChild) { const p = make("p"); p.append(make("br")); rich.append(p); }
  }

  // --- From the zone to the text --------------------------------------------------------------------------------------
  function words(node) {
    if (node.nodeType === Node.TEXT_NODE) return node.data.replace(/\u200b/g, "").replace(/\n/g, " ");
    if (node.nodeType !== Node.ELEMENT_NODE) return "";
    if (node.dataset.value) return node.dataset.value;
    if (node.tagName === "BR") return " ";
    const inner = Array.from(node.childNodes, words).join("");
    const bold = node.tagName === "STRONG" || node.tagName === "B";
    return bold && inner.trim() ? inner.replace(/^(\s*)(.*?)(\s*)$/s, "$1**$2**$3") : inner;
  }
  function typed() {
    const blocks = [];
    let loose = "";
    const flush = () => { if (loose.trim()) blocks.push(loose.trim()); loose = ""; };
    const read = (parent) => parent.childNodes.forEach((node) => {
      if (node.nodeType === Node.ELEMENT_NODE && (node.tagName === "UL" || node.tagName === "OL")) {
        flush();
        const items = Array.from(node.querySelectorAll("li"), (li) => words(li).trim()).filter(Boolean);
        if (items.length) blocks.push(items.map((item, rank) => (node.tagName === "UL" ? "- " : rank + 1 + ". ") + item).join("\n"));
      } else if (node.nodeType === Node.ELEMENT_NODE && (node.tagName === "P" || node.tagName === "DIV")) {
        flush();
        if (node.querySelector("ul, ol, p, div")) read(node);
        else { loose = words(node); flush(); }
      } else loose += words(node);
    });
    read(rich);
    flush();
    // A condition alone above a list stays with it.
    return blocks.reduce((text, block, rank) => {
      if (!rank) return block;
      return text + (CONDITION.test(blocks[rank - 1]) && POINT.test(block) ? "\n" : "\n\n") + block;
    }, "");
  }
  let writing = false;
  function write() {
    const text = typed();
    if (text === source.value) return;
    writing = true;
    source.value = shown = text;
    source.dispatchEvent(new Event("input", { bubbles: true }));
    writing = false;
  }

  // --- Where the person is --------------------------------------------------------------------------------------------
  let range = null;
  document.addEventListener("selectionchange", () => {
    const selection = document.getSelection();
    if (selection.rangeCount && rich.contains(selection.anchorNode)) range = selection.getRangeAt(0).cloneRange();
  });
  function select(after) {
    const place = document.createRange();
    place.setStartAfter(after);
    place.collapse(true);
    const selection = document.getSelection();
    selection.removeAllRanges();
    selection.addRange(place);
    range = place.cloneRange();
  }
  function blockOf(node) {
    let here = node;
    while (here && here.parentNode !== rich && here.tagName !== "LI") here = here.parentNode;
    return here && here !== rich ? here : rich.lastElementChild;
  }
  const raw = () => rich.hidden;

  function insertRaw(value) {
    source.focus();
    source.setRangeText(value, source.selectionStart, source.selectionEnd, "end");
    source.dispatchEvent(new Event("input", { bubbles: true }));
  }
  function insertRich(entry) {
    const node = chip(entry.typed);
    if (!range || !rich.contains(range.startContainer)) {
      range = document.createRange();
      range.selectNodeContents(rich.lastElementChild || rich);
      range.collapse(false);
    }
    const block = blockOf(range.startContainer);
    rich.focus();
    if (entry.sort === "table") {
      const p = make("p");
      p.append(node);
      const top = block.tagName === "LI" ? block.parentNode : block;
      top.after(p);
      if (!words(top).trim()) top.remove();
      select(p.lastChild);
    } else if (entry.sort === "condition") {
      // Two conditions on one paragraph both have to hold: they follow each other.
      let first = block.firstChild;
      while (first && (CONDITION.test(first.dataset ? first.dataset.value || "" : "") || (first.nodeType === Node.TEXT_NODE && !first.data.trim() && first.nextSibling && CONDITION.test((first.nextSibling.dataset || {}).value || "")))) first = first.nextSibling;
      block.insertBefore(node, first);
      node.after(" ");
      const selection = document.getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
    } else {
      range.deleteContents();
      range.insertNode(node);
      select(node);
    }
    const filler = block.querySelector(":scope > br");
    if (filler && block.childNodes.length > 1) filler.remove();
    write();
  }

  // --- Formatting -----------------------------------------------------------------------------------------------------
  const tools = make("div", "model-tools");
  tools.setAttribute("role", "toolbar");
  tools.setAttribute("aria-label", "Mise en forme");
  tools.setAttribute("aria-controls", rich.id);
  const command = (name) => () => {
    rich.focus();
    document.execCommand(name);
    write();
  };
  function tool(text, act) {
    const button = make("button", "btn btn-sm btn-secondary", text);
    button.type = "button";
    button.addEventListener("mousedown", (event) => event.preventDefault());
    button.addEventListener("click", act);
    tools.append(button);
    return button;
  }
  const formatting = [
    tool("Gras", command("bold")),
    tool("Liste à tirets", command("insertUnorderedList")),
    tool("Liste numérotée", command("insertOrderedList")),
  ];
  const swap = tool("Texte brut", () => {
    const toRich = raw();
    if (toRich) show();
    rich.hidden = !toRich;
    source.hidden = toRich;
    formatting.forEach((button) => { button.disabled = !toRich; });
    swap.setAttribute("aria-pressed", String(!toRich));
    (toRich ? rich : source).focus();
  });
  swap.setAttribute("aria-pressed", "false");

  source.before(tools, rich);
  source.hidden = true;
  show();
  try {
    document.execCommand("defaultParagraphSeparator", false, "p");
    document.execCommand("styleWithCSS", false, "false");
  } catch { /* older browsers keep their own way, which is read too */ }
  label.addEventListener("click", () => { if (!raw()) rich.focus(); });

  rich.addEventListener("input", () => {
    if (!rich.querySelector("p, ul, ol, div")) document.execCommand("formatBlock", false, "p");
    write();
  });
  rich.addEventListener("paste", (event) => {
    event.preventDefault();
    const text = event.clipboardData.getData("text/plain").replace(/\r\n?/g, "\n");
    document.execCommand("insertText", false, text);
    write();
    retag();
  });
  rich.addEventListener("drop", (event) => event.preventDefault());
  rich.addEventListener("blur", retag);
  function retag() {
    // Tags typed by hand become labels once the person has left them.
    const walker = document.createTreeWalker(rich, NodeFilter.SHOW_TEXT);
    let found = false;
    while (walker.nextNode()) { TOKEN.lastIndex = 0; found = found || TOKEN.test(walker.currentNode.data); }
    TOKEN.lastIndex = 0;
    if (found) { range = null; show(); }
  }
  // Restoring a kept draft writes into the fields: the zone follows.
  form.addEventListener("input", (event) => { if (!writing && !raw() && event.target !== rich && source.value !== shown) show(); });

  // --- The list of what can be inserted -------------------------------------------------------------------------------
  const said = form.querySelector("[data-palette-count]");
  entries.forEach((li) => {
    const button = make("button", "model-palette__item");
    button.type = "button";
    button.append(...li.querySelectorAll(".chip, .model-palette__value"));
    button.setAttribute("aria-label", `Insérer : ${li.dataset.label} (${button.querySelector(".model-palette__value").textContent})`);
    button.addEventListener("mousedown", (event) => event.preventDefault());
    button.addEventListener("click", () => {
      if (raw()) insertRaw(li.dataset.typed);
      else insertRich(li.dataset);
      said.textContent = `${li.dataset.label} : inséré.`;
    });
    li.replaceChildren(button);
  });
  const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const texts = new Map(entries.map((li) => [li, fold(li.textContent + " " + li.dataset.typed)]));
  const themes = Array.from(form.querySelectorAll("[data-palette-theme]"));
  const search = form.querySelector("[data-palette-search]");
  search.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
  search.addEventListener("input", (event) => {
    event.stopPropagation();
    const wanted = fold(search.value).split(/\s+/).filter(Boolean);
    let count = 0;
    entries.forEach((li) => {
      li.hidden = !wanted.every((word) => texts.get(li).includes(word));
      count += li.hidden ? 0 : 1;
    });
    themes.forEach((theme, rank) => {
      const some = Array.from(theme.querySelectorAll("li")).some((li) => !li.hidden);
      theme.hidden = !some;
      theme.open = wanted.length ? some : rank === 0;
    });
    said.textContent = wanted.length ? (count > 1 ? `${count} résultats` : count ? "1 résultat" : "Aucun résultat") : "";
  });

  // --- Going to a mistake -----------------------------------------------------------------------------------------------
  function goTo(position) {
    source.setSelectionRange(position, position);
    if (raw()) { source.focus(); return; }
    const mark = marks.find((one) => position >= one.start && position < one.end) || marks.find((one) => one.start >= position);
    rich.focus();
    if (!mark) return;
    if (mark.node.nodeType === Node.ELEMENT_NODE) {
      mark.node.classList.add("chip--here");
      select(mark.node);
      mark.node.scrollIntoView({ block: "center" });
      return;
    }
    const place = document.createRange();
    place.setStart(mark.node, Math.max(0, Math.min(position - mark.start, mark.node.length)));
    place.collapse(true);
    const selection = document.getSelection();
    selection.removeAllRanges();
    selection.addRange(place);
    mark.node.parentElement.scrollIntoView({ block: "center" });
  }
  const here = (address) => {
    const asked = new URL(address, location.href);
    const position = asked.searchParams.get("position");
    return asked.pathname === location.pathname && position !== null && /^\d+$/.test(position) ? Number(position) : null;
  };
  form.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    const position = link ? here(link.href) : null;
    if (position === null) return;
    event.preventDefault();
    if (!raw()) show();
    goTo(position);
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest(`a[href="#${source.id}"]`);
    if (link && !raw()) { event.preventDefault(); rich.focus(); }
  });
  const asked = here(location.href);
  // Once the browser has followed the « # » of the address, which would take the focus away.
  if (asked !== null) window.addEventListener("load", () => window.setTimeout(() => goTo(asked)));

  // --- What the preview says, shortly, to people who cannot see it change -------------------------------------------
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "essai") return;
    const count = event.detail.target.querySelectorAll(".model-problems li").length;
    said.textContent = count > 1 ? `Aperçu à jour : ${count} points à revoir.` : count ? "Aperçu à jour : un point à revoir." : "Aperçu à jour.";
  });
})();
