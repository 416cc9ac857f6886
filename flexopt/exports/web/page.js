"use strict";
// Sorting and searching in the assignment table; the page is readable without it.
const table = document.getElementById("who");
if (table) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const rows = [...body.rows];
  const status = document.getElementById("hits");
  const plain = (text) => text.normalize("NFKC").toLowerCase();
  const collator = new Intl.Collator(document.documentElement.lang, { numeric: true });
  const { group, point } = table.dataset;
  const value = (text) => parseFloat(text.replaceAll(group, "").replace(point, "."));
  let texts = null;
  let timer = 0;

  const say = (text) => {
    clearTimeout(timer);
    timer = setTimeout(() => { status.textContent = text; }, 150);
  };

  const search = (event) => {
    texts ??= rows.map((row) => plain(row.textContent));
    const wanted = plain(event.target.value).split(/\s+/).filter(Boolean);
    let hits = 0;
    rows.forEach((row, i) => {
      const found = wanted.every((word) => texts[i].includes(word));
      row.hidden = !found;
      hits += found;
    });
    say(`${hits.toLocaleString("en")} of ${rows.length.toLocaleString("en")} rows`);
  };

  const sort = (head, column) => {
    const down = head.getAttribute("aria-sort") === "ascending";
    heads.forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const number = head.classList.contains("n");
    const keys = new Map(rows.map((row) => {
      const text = row.cells[column].textContent;
      return [row, number ? value(text) : text];
    }));
    const empty = (key) => key === "" || Number.isNaN(key);
    const order = (a, b) => {
      const [x, y] = [keys.get(a), keys.get(b)];
      // empty cells stay at the end in both directions
      if (empty(x) || empty(y)) return empty(x) - empty(y);
      return (down ? -1 : 1) * (number ? x - y : collator.compare(x, y));
    };
    body.append(...[...rows].sort(order));
    say(`sorted by ${head.textContent}, ${down ? "descending" : "ascending"}`);
  };

  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sort(head, column));
    head.append(button);
  });
  document.getElementById("search").addEventListener("input", search);
  document.getElementById("tools").hidden = false;
}
