/* SPDX-License-Identifier: Apache-2.0 */
const search = document.getElementById('search');
const changed = document.getElementById('changed');
const shown = document.getElementById('shown');
// what is searched, by what it is called; the text of each is in it; what has
// no name is not counted
const kinds = [
  ['', '#verdict li, .digest li.plain'],
  ['findings', '.report .digest li:not(.plain)'], ['options', 'tr.option'],
  ['stacks', '#stacks > details'], ['sections', 'details.section'],
].map(([name, selector]) => [name, Array.from(
  document.querySelectorAll(selector)).map(item => (
    {item, text: item.textContent.toLowerCase()}))]);
const folds = Array.from(document.querySelectorAll('details')).map(fold => (
  {fold, text: fold.textContent.toLowerCase(), open: fold.open}));
const marksMax = 2000;
// what a link leads to, and what is printed, is open
function openLinked() {
  const one = document.getElementById(location.hash.slice(1));
  if (one && one.tagName === 'DETAILS') {
    one.hidden = false;
    one.open = true;
    one.scrollIntoView();
  }
}
function has(text, words) {
  return words.every(word => text.includes(word));
}
// without changing the page, where the browser can
function mark(words) {
  if (!window.Highlight || !CSS.highlights) return;
  CSS.highlights.clear();
  if (!words.length) return;
  const found = new Highlight();
  const texts = document.createTreeWalker(
    document.querySelector('main'), NodeFilter.SHOW_TEXT);
  while (texts.nextNode() && found.size < marksMax) {
    const node = texts.currentNode;
    const text = node.data.toLowerCase();
    if (text.length !== node.data.length) continue;
    for (const word of words) {
      for (let at = text.indexOf(word);
           at >= 0 && found.size < marksMax;
           at = text.indexOf(word, at + word.length)) {
        const range = new Range();
        range.setStart(node, at);
        range.setEnd(node, at + word.length);
        found.add(range);
      }
    }
  }
  CSS.highlights.set('found', found);
}
function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const counts = [];
  for (const [name, items] of kinds) {
    let count = 0;
    for (const {item, text} of items) {
      item.hidden = !has(text, words) || (name === 'options'
        && changed && changed.checked && !item.classList.contains('changed'));
      count += !item.hidden;
    }
    if (name && items.length) counts.push(`${count} of ${items.length} ${name}`);
  }
  // what has what was searched is open, what is around it, too
  for (const {fold, text, open} of folds) {
    fold.open = words.length ? has(text, words) : open;
  }
  shown.textContent = counts.join(', ');
  mark(words);
}
function fromHash() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  if (wanted.has('search') || wanted.has('changed')) {
    search.value = wanted.get('search') || '';
    if (changed) changed.checked = wanted.has('changed');
  }
  filter();
  openLinked();
}
window.addEventListener('hashchange', fromHash);
window.addEventListener('beforeprint', () => {
  for (const one of document.querySelectorAll('details')) one.open = true;
});
document.getElementById('searching').hidden = false;
if (changed) {
  document.getElementById('changing').hidden = false;
  changed.addEventListener('input', filter);
}
search.addEventListener('input', filter);
fromHash();
