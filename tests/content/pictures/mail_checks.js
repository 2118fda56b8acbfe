/* What is wrong with the mail on this page, as a list of sentences: run by page_of_mail.py in Chromium.
   `fonts` are the smallest sizes allowed in px: of running text, and of labels and the footer.
   `target` is the least side of a call to action in px (WCAG 2.2, 2.5.5 Target Size (Enhanced)).
   `contrast` are the ratios that text needs (WCAG 2.2, 1.4.3): plain, and large (24 px, or bold from 18.66 px). */
({ fonts, target, contrast }) => {
  const wrong = new Set();
  const width = document.documentElement.clientWidth;
  const name = (text) => `“${text.trim().replace(/\s+/g, " ").slice(0, 60)}”`;
  const shown = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const round = (number) => Math.round(number * 10) / 10;

  /* Colours: what lies under a text, its ancestors' backgrounds laid over each other. */
  const colour = (text) => {
    const [red, green, blue, alpha = 1] = text.match(/[\d.]+/g).map(Number);
    return { red, green, blue, alpha };
  };
  const over = (top, bottom) => {
    const mixed = (part) => top[part] * top.alpha + bottom[part] * (1 - top.alpha);
    return { red: mixed("red"), green: mixed("green"), blue: mixed("blue"), alpha: 1 };
  };
  const background = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.backgroundImage !== "none") return null;
      layers.push(colour(style.backgroundColor));
      if (layers.at(-1).alpha === 1) return layers.reduceRight((bottom, top) => over(top, bottom));
    }
    return null;
  };
  const luminance = ({ red, green, blue }) => {
    const [r, g, b] = [red, green, blue].map((part) => {
      const value = part / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (first, second) => {
    const [dark, light] = [luminance(first), luminance(second)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const readable = (element, text) => {
    const style = getComputedStyle(element);
    const under = background(element);
    if (!under) return void wrong.add(`${name(text)} lies on no colour that is known`);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    const reached = ratio(over(colour(style.color), under), under);
    if (reached < (large ? contrast.large : contrast.plain)) {
      const { red, green, blue } = under;
      wrong.add(`${name(text)} has a contrast of ${round(reached)}: ${style.color} on rgb(${red}, ${green}, ${blue})`);
    }
  };

  /* The page, its elements and its pictures. */
  const { scrollWidth, lang } = document.documentElement;
  if (scrollWidth > width) wrong.add(`the page is ${scrollWidth} px wide`);
  if (!lang) wrong.add("the page says no language");
  for (const element of document.body.querySelectorAll("*")) {
    if (!shown(element)) continue;
    const box = element.getBoundingClientRect();
    if (box.width && (box.right > width + 1 || box.left < -1)) {
      const from = `reaches from ${round(box.left)} to ${round(box.right)} px`;
      wrong.add(`<${element.localName}> ${name(element.textContent)} ${from}`);
    }
  }
  for (const table of document.querySelectorAll("table")) {
    const laysOut = ["presentation", "none"].includes(table.getAttribute("role"));
    const data = table.querySelector("th");
    if (!laysOut && !data) wrong.add(`a table that lays out ${name(table.textContent)} is read as data`);
  }
  for (const picture of document.querySelectorAll("img")) {
    const link = picture.closest("a");
    if (!picture.hasAttribute("alt")) wrong.add(`the picture ${picture.src} has no alt text`);
    else if (link && !picture.alt && !link.textContent.trim()) wrong.add(`the link to ${link.href} has no name`);
    if (picture.alt && shown(picture)) readable(picture, picture.alt);
    const { width: wide, height: high } = picture.getBoundingClientRect();
    const stretched = (wide / high) * (picture.naturalHeight / picture.naturalWidth);
    const whole = ["cover", "contain"].includes(getComputedStyle(picture).objectFit);
    if (picture.naturalWidth && shown(picture) && !whole && Math.abs(stretched - 1) > 0.02) {
      wrong.add(`the picture ${picture.src} is squeezed to ${round(wide)} × ${round(high)}`);
    }
  }

  /* The words: their size, colour, and whether anything covers or cuts them. */
  const lines = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const element = text.parentElement;
    if (!text.data.trim() || !shown(element)) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    const boxes = [...range.getClientRects()].filter((box) => box.width > 0.5 && box.height > 0.5);
    if (!boxes.length) continue;
    const block = element.closest("p, td, div, li, h1, h2, h3");
    const running = block.innerText.trim().length > 90 && !element.closest(".footer");
    const size = parseFloat(getComputedStyle(element).fontSize);
    if (size < (running ? fonts.text : fonts.label)) wrong.add(`${name(text.data)} is set in ${size} px`);
    readable(element, text.data);
    for (const box of boxes) {
      /* A line's box is taller than its letters: the middle half of it is what must stay free. */
      const { left, right, height } = box;
      const letters = { text, left, right, top: box.top + height / 4, bottom: box.bottom - height / 4 };
      lines.push(letters);
      for (let at = element; at !== document.body; at = at.parentElement) {
        const style = getComputedStyle(at);
        const around = at.getBoundingClientRect();
        const aside = right > around.right + 1 || left < around.left - 1;
        const below = letters.bottom > around.bottom + 1 || letters.top < around.top - 1;
        if ((aside && style.overflowX !== "visible") || (below && style.overflowY !== "visible")) {
          wrong.add(`${name(text.data)} is cut by its <${at.localName}>`);
        }
        if (aside && ["td", "th"].includes(at.localName)) wrong.add(`${name(text.data)} runs out of its cell`);
      }
    }
  }
  const meets = (one, other) => Math.min(one.right, other.right) - Math.max(one.left, other.left) > 1
    && Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 1;
  lines.forEach((line, index) => {
    for (const other of lines.slice(index + 1)) {
      if (line.text !== other.text && meets(line, other)) {
        wrong.add(`${name(line.text.data)} lies over ${name(other.text.data)}`);
      }
    }
  });
  for (const picture of document.querySelectorAll("img")) {
    const box = picture.getBoundingClientRect();
    for (const line of lines) {
      if (shown(picture) && meets(line, box)) wrong.add(`${name(line.text.data)} lies over the picture ${picture.src}`);
    }
  }

  /* What is there to be pressed: buttons, and the numbers of a scale. */
  const pressed = [...document.querySelectorAll("a")].filter((link) => {
    const own = colour(getComputedStyle(link).backgroundColor).alpha;
    return shown(link) && (own || link.closest(".action, .scale"));
  });
  for (const link of pressed) {
    const { width: wide, height: high } = link.getBoundingClientRect();
    if (high < target || wide < target) {
      wrong.add(`the button ${name(link.textContent)} is ${round(wide)} × ${round(high)} px`);
    }
  }
  return [...wrong];
}
