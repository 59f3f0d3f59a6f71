/* SPDX-License-Identifier: Apache-2.0 */
const search = document.getElementById('search');
const changed = document.getElementById('changed');
const rows = Array.from(document.querySelectorAll('tr.option'));
// what a link leads to, and what is printed, is open
function openLinked() {
  const one = document.getElementById(location.hash.slice(1));
  if (one && one.tagName === 'DETAILS') {
    one.open = true;
    one.scrollIntoView();
  }
}
window.addEventListener('hashchange', openLinked);
window.addEventListener('beforeprint', () => {
  for (const one of document.querySelectorAll('details')) one.open = true;
});
openLinked();
function filter() {
  const words = search.value.toLowerCase().split(/\s+/);
  let shown = 0;
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = (changed.checked && !row.classList.contains('changed'))
      || !words.every(word => text.includes(word));
    shown += !row.hidden;
  }
  document.getElementById('shown').textContent =
    shown + ' of ' + rows.length + ' options';
}
if (search) {
  document.getElementById('searching').hidden = false;
  search.addEventListener('input', filter);
  changed.addEventListener('input', filter);
  const wanted = new URLSearchParams(location.hash.slice(1));
  search.value = wanted.get('search') || '';
  changed.checked = wanted.has('changed');
  filter();
}
