// Where text is cut off, stands on other text, or leaves the window: an expression, evaluated in the page.
(() => {
  const OURS = 'bdi, pre, code, textarea, input, .cm-editor, .code, .visually-hidden, .skip-links, script, style, noscript, [hidden], .numbers, #brand'; // what a user named may be shortened, and so may our name where a run's stands
  const place = document.querySelector('dialog[open], .menu') ?? document.body;
  const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
  const texts = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!node.data.trim() || parent.closest(OURS) || !parent.checkVisibility({opacityProperty: true, visibilityProperty: true})) continue;
    if ([...parents(parent)].some((one) => getComputedStyle(one).clipPath !== 'none')) continue; // for screen readers only
    const range = document.createRange();
    range.selectNodeContents(node);
    const boxes = [...range.getClientRects()].filter((box) => box.width > 1);
    if (boxes.length) texts.push({node, parent, boxes});
  }
  const called = ({node}) => node.data.trim().slice(0, 60);
  const clips = (style) => [style.overflowX, style.overflowY].some((value) => value === 'hidden' || value === 'clip');
  const found = [];
  for (const text of texts) {
    for (let box = text.parent; box && box !== document.body; box = box.parentElement) {
      const style = getComputedStyle(box);
      if (/auto|scroll/.test(style.overflowX + style.overflowY)) break;
      if (!clips(style)) continue;
      const around = box.getBoundingClientRect();
      if (text.boxes.some((one) => one.left < around.left - 1.5 || one.right > around.right + 1.5)) found.push(`cut off: ${called(text)}`);
    }
    const wide = document.documentElement.clientWidth;
    const scrolls = text.parent.closest('.cm-scroller') || [...parents(text.parent)].some((one) => /auto|scroll/.test(getComputedStyle(one).overflowX));
    if (!scrolls && text.boxes.some((one) => one.left < -1.5 || one.right > wide + 1.5)) found.push(`outside: ${called(text)}`);
  }
  function* parents(one) {
    for (let box = one; box && box !== document.body; box = box.parentElement) yield box;
  }
  const lone = (box) => { // text behind a bar that stays in place is not seen
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
    return document.elementFromPoint(x, y);
  };
  const onTop = (parent, box) => { const top = lone(box); return top && (parent.contains(top) || top.contains(parent)); };
  const seen = texts.map(({node, parent, boxes}) => ({node, parent, boxes: boxes.filter((box) => onTop(parent, box))}));
  seen.forEach((one, n) => seen.slice(n + 1).forEach((other) => {
    const on = one.boxes.some((a) => other.boxes.some((b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4));
    if (on) found.push(`on one another: ${called(one)} | ${called(other)}`);
  }));
  return [...new Set(found)];
})()
