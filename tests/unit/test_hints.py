# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Which recognizers a text may have something for."""

from __future__ import annotations

import pytest

from ceilometer.diagnostics.secrets import hints
from ceilometer.diagnostics.secrets import recognizers
from ceilometer.diagnostics.secrets import spans

pytestmark = pytest.mark.any_python

PLAN = hints.Plan(recognizers.RECOGNIZERS)


def _kinds(text, every=False):
    return [one.kind for one in PLAN.promising(spans.Text(text), every)]


@pytest.mark.parametrize('recognizer', recognizers.RECOGNIZERS,
                         ids=lambda one: one.kind)
def test_each_hint_makes_its_recognizer_look(recognizer):
    """Alone, whatever else is looked for only beside another sign."""
    assert recognizer.hints
    for hint in recognizer.hints:
        assert recognizer.kind in _kinds(f'{recognizer.sign}{hint}'), hint
    for hint in recognizer.dashed:
        assert recognizer.kind in _kinds(f'{recognizer.sign}-{hint}'), hint


def test_recognizers_keep_their_order():
    """And each is asked once, however many of its hints are there."""
    text = ' '.join(hint for one in recognizers.RECOGNIZERS
                    for hint in (one.sign, *one.hints, *one.dashed))
    assert _kinds(text) == [one.kind for one in recognizers.RECOGNIZERS]


def test_text_without_a_hint_is_not_looked_at():
    """One with a hint is; of another script hints say nothing."""
    assert 'tokens of known makes' in _kinds('eyJ')
    assert _kinds('(<\n x=1') == []
    assert _kinds('(<\n x=1', every=True) == [
        one.kind for one in recognizers.RECOGNIZERS]


def test_options_are_looked_for_where_a_hyphen_is():
    """Of a program whose verbs are followed by no secret."""
    kind = 'options of known programs'
    assert kind in _kinds('sshpass -p')
    assert kind not in _kinds('sshpass said')
    assert kind in _kinds('vault said')


@pytest.mark.parametrize(('words', 'groups'), [
    ((), []),
    (('ab', 'b'), [('', ('b',))]),
    (('$1', '$2', 'a', '$3'), [('$', ('$1', '$2', '$3')), ('', ('a',))]),
    (('$1', '$2', 'a'), [('', ('a', '$1', '$2'))]),
])
def test_words_are_grouped_by_a_sign_that_several_have(words, groups):
    """What contains another hint is left out."""
    assert sorted(hints.grouped(words)) == sorted(groups)
