/* How the mail on this page is laid out: a line for each row of cells that stand side by side, with what is in them,
   and of pictures from where to where they reach in twelfths of the page: `picture 1–6, text | picture 6–11, text`.
   It tells of order, rows and pictures, and of nothing that depends on a machine's fonts. */
() => {
  const width = document.documentElement.clientWidth;
  const twelfth = (px) => Math.round((px / width) * 12);
  const kind = (node) => {
    if (node.localName === "img") {
      const { left, right } = node.getBoundingClientRect();
      return `picture ${twelfth(left)}–${twelfth(right)}`;
    }
    if (node.parentElement.closest("a") && node.parentElement.closest(".action")) return "button";
    if (node.parentElement.closest("a") && node.parentElement.closest(".scale")) return "scale";
    return "text";
  };
  /* What can stand side by side: cells of tables, and boxes that flow like words. */
  const stands = (element) => element.localName === "td"
    || (element.localName === "div" && getComputedStyle(element).display === "inline-block");
  const cellOf = (element) => {
    while (element && !stands(element)) element = element.parentElement;
    return element;
  };
  const contents = (cell) => {
    const kinds = [];
    const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const seen = (node.localName === "img" ? node : node.parentElement).checkVisibility();
      const said = node.localName === "img" || node.data?.trim();
      const own = cellOf(node.parentElement) === cell;
      if (said && own && seen && kinds.at(-1) !== kind(node)) kinds.push(kind(node));
    }
    return kinds.join(", ");
  };
  const rows = [];
  for (const cell of [...document.querySelectorAll("td, div")].filter(stands)) {
    const told = contents(cell);
    if (!told) continue;
    const box = cell.getBoundingClientRect();
    const row = rows.at(-1);
    if (row && box.left > row.right - 2 && box.top < row.bottom - 2) {
      row.cells.push(told);
      row.right = box.right;
      row.bottom = Math.max(row.bottom, box.bottom);
    } else {
      rows.push({ cells: [told], right: box.right, bottom: box.bottom });
    }
  }
  return rows.map((row) => row.cells.join(" | "));
}
