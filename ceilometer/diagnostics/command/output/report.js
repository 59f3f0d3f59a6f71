/*
 * Licensed under the Apache License, Version 2.0 (the "License"); you may
 * not use this file except in compliance with the License. You may obtain
 * a copy of the License at
 *
 *      http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
 * WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
 * License for the specific language governing permissions and limitations
 * under the License.
 */

const search = document.getElementById('search');
const changed = document.getElementById('changed');
const rows = Array.from(document.querySelectorAll('tr.option'));
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
