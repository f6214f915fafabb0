// Orders the rows of a table by the column whose head is pressed; a third press brings back the order of the page.
(() => {
  "use strict";

  const ordered = (row, index) => {
    const cell = row.cells[index];
    const number = cell.dataset.order ?? cell.textContent.replace(/,/g, "");
    const value = number.trim() === "" ? NaN : Number(number);
    return Number.isNaN(value) ? cell.textContent : value;
  };

  const compare = (one, other) => {
    if (typeof one === "number" && typeof other === "number") return one - other;
    if (typeof one !== typeof other) return typeof one === "number" ? -1 : 1;
    return one.localeCompare(other, "en");
  };

  for (const table of document.querySelectorAll("table.sortable")) {
    const body = table.tBodies[0];
    const original = [...body.rows];
    const heads = [...table.tHead.querySelectorAll('th[scope="col"]')];
    // A head of two rows stands before those of the second row.
    heads.forEach((head, index) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const now = head.getAttribute("aria-sort");
        const next = now === "ascending" ? "descending" : now === "descending" ? null : "ascending";
        for (const other of heads) other.removeAttribute("aria-sort");
        if (next) head.setAttribute("aria-sort", next);
        const sign = next === "descending" ? -1 : 1;
        const rows = next
          ? [...original].sort((a, b) => sign * compare(ordered(a, index), ordered(b, index)))
          : original;
        body.append(...rows);
      });
    });
  }
})();
