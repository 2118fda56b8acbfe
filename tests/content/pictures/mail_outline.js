/* How the mail on this page is laid out: a line for each row of columns that stand side by side, such as
   `0–6 picture, text | 6–12 picture, text`: from where to where in twelfths of the page's width, and what is in it.
   It tells of order and columns, and of nothing that depends on a machine's fonts. */
() => {
  const width = document.documentElement.clientWidth;
  const twelfth = (px) => Math.round((px / width) * 12);
  const kind = (node) => {
    const link = node.parentElement.closest("a");
    if (node.localName === "img") return "picture";
    if (link && link.closest(".action")) return "button";
    if (link && link.closest(".scale")) return "scale";
    return "text";
  };
  const contents = (column) => {
    const kinds = [];
    const walker = document.createTreeWalker(column, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const said = node.localName === "img" || node.data?.trim();
      if (said && node.parentElement.checkVisibility() && kinds.at(-1) !== kind(node)) kinds.push(kind(node));
    }
    return kinds.join(", ");
  };
  const rows = [];
  const columns = "[class*=mj-column-p]";
  for (const column of document.querySelectorAll(columns)) {
    const box = column.getBoundingClientRect();
    if (!box.width || column.querySelector(columns) || !contents(column)) continue;
    const told = `${twelfth(box.left)}–${twelfth(box.right)} ${contents(column)}`;
    const row = rows.at(-1);
    if (row && box.left > row.right - 1 && box.top < row.bottom - 1) {
      row.columns.push(told);
      row.right = box.right;
      row.bottom = Math.max(row.bottom, box.bottom);
    } else {
      rows.push({ columns: [told], right: box.right, bottom: box.bottom });
    }
  }
  return rows.map((row) => row.columns.join(" | "));
}
