for (const head of document.querySelectorAll("table.sortable thead th")) {
  const button = head.querySelector("button");
  button.addEventListener("click", () => {
    const table = head.closest("table"), body = table.tBodies[0], at = head.cellIndex;
    const down = head.getAttribute("aria-sort") !== "descending";
    const value = (row) => row.cells[at].dataset.value ?? row.cells[at].textContent;
    const number = body.rows.length && body.rows[0].cells[at].dataset.value !== undefined;
    const order = (a, b) => number ? value(a) - value(b) : value(a).localeCompare(value(b));
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    [...body.rows].sort((a, b) => down ? order(b, a) : order(a, b)).forEach((r) => body.append(r));
  });
}
