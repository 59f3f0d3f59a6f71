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

"""What is unusual: which findings remain, and in which order."""

from __future__ import annotations

import pathlib

import hypothesis
from hypothesis import strategies
import pytest

from ceilometer.diagnostics import fields
from ceilometer.diagnostics import findings


def kinds(found):
    """The kinds of findings, in their order."""
    return [one['kind'] for one in found]


def test_causes_stand_before_what_they_bring_about():
    """No kind absorbs one that stands before it, and all are known."""
    names = list(findings.KINDS)
    for rank, kind in enumerate(findings.KINDS.values()):
        assert kind.severity in findings.SEVERITIES
        for victim in kind.absorbs:
            assert names.index(victim) > rank, victim


@pytest.mark.parametrize('name', findings.KINDS)
def test_names_of_kinds_can_be_looked_for(name):
    """And none of ours looks like one of somebody else."""
    assert findings.is_kind(name)
    assert not name.startswith(findings.FOREIGN_PREFIX)


def test_every_kind_is_found_by_something():
    """What nothing ever finds only misleads who reads of it."""
    top = pathlib.Path(findings.__file__).parent
    code = ''.join(path.read_text() for path in top.rglob('*.py')
                   if path.name != 'findings.py')
    assert [kind for kind in findings.KINDS if f"'{kind}'" not in code] == [
        kind for kind in ['coordination-lost']
        if 'coordination' not in fields.SECTIONS]


def test_worst_is_first_and_of_equals_the_cause():
    """Whatever the order in which they were found."""
    found = [findings.finding(kind, 'x') for kind in (
        'zombies', 'file-not-reloaded', 'samples-lost', 'workers-dying')]
    assert kinds(findings.ordered(found)) == [
        'workers-dying', 'samples-lost', 'file-not-reloaded', 'zombies']
    assert findings.ordered(found[::-1]) == findings.ordered(found)


def test_one_cause_absorbs_what_follows_from_it():
    """By its kind, and by what its work went through; nothing else."""
    found = findings.ordered([
        findings.finding('publisher-failing', 'a', through='broker'),
        findings.finding('publisher-failing', 'b'),
        findings.finding('nothing-sent', 'c'),
        findings.finding('broker-unreachable', 'd'),
        findings.finding('errors-logged', 'e', through='broker'),
        findings.finding('errors-logged', 'f', through='keystone')])
    assert [one['sentence'] for one in found] == ['d', 'b', 'f']
    assert found[0]['evidence'][findings.EXPLAINS] == (
        'publisher-failing, nothing-sent, errors-logged')


def test_what_is_absorbed_absorbs_as_well():
    """A chain of causes is one finding: its first."""
    found = findings.ordered([
        findings.finding('nothing-sent', 'c'),
        findings.finding('nothing-polled', 'b'),
        findings.finding('source-without-pollster', 'a')])
    assert kinds(found) == ['source-without-pollster']
    assert found[0]['severity'] == findings.ERROR
    assert found[0]['evidence'][findings.EXPLAINS] == (
        'nothing-polled, nothing-sent')


def test_findings_given_are_not_changed():
    """Sections may keep them."""
    given = [findings.finding('source-without-pollster', 'a'),
             findings.finding('nothing-polled', 'b')]
    before = [{**one, 'evidence': {**one['evidence']}} for one in given]
    findings.ordered(given)
    assert given == before


def test_unknown_kind_is_a_slip():
    """The table has them all."""
    with pytest.raises(KeyError):
        findings.finding('broker-unreachble', 'x')


def test_others_cannot_be_taken_for_ours():
    """Neither their kind, nor what ours are ordered by."""
    told = findings.foreign({
        'kind': 'broker-unreachable', 'sentence': 'x' * 999,
        'severity': 'error', 'evidence': {
            'through': 'broker', 'explains': 'x', 'section': 'y', 'a': 1}})
    assert told['kind'] == 'x-broker-unreachable'
    assert told['evidence'] == {'a': '1'}
    assert len(told['sentence']) == findings.SENTENCE_CHARS_MAX
    real = findings.finding('nothing-sent', 'y')
    assert kinds(findings.ordered([told, real])) == [
        'nothing-sent', 'x-broker-unreachable']


@pytest.mark.parametrize('told', [
    None, 'text', {}, {'kind': 'a'}, {'kind': 'a', 'sentence': ''},
    {'kind': 'A', 'sentence': 'x'}, {'kind': 'a b', 'sentence': 'x'},
    {'kind': 'a\nb', 'sentence': 'x'}, {'kind': 'a', 'sentence': 5},
    {'kind': 'é', 'sentence': 'x'}, {'kind': 'a' * 65, 'sentence': 'x'},
    {'kind': 'a--b', 'sentence': 'x'}, {'kind': '', 'sentence': 'x'},
    {'kind': 'a', 'sentence': 'x', 'severity': 'fatal'},
    {'kind': 'a', 'sentence': 'x', 'evidence': [1]}])
def test_what_is_no_finding_is_refused(told):
    """With a reason."""
    with pytest.raises(ValueError, match='expected'):
        findings.foreign(told)


@hypothesis.given(strategies.dictionaries(
    strategies.sampled_from(['kind', 'sentence', 'severity', 'since',
                             'evidence']),
    strategies.none() | strategies.text() | strategies.integers()
    | strategies.dictionaries(strategies.text(), strategies.text())
    | strategies.just('warning')))
def test_any_finding_of_others_is_bounded_or_refused(told):
    """Nothing else comes of it."""
    try:
        made = findings.foreign(told)
    except ValueError:
        return
    assert made['severity'] in findings.SEVERITIES
    assert findings.is_kind(made['kind'])
    assert len(made['evidence']) <= findings.EVIDENCE_MAX


def test_findings_are_lines_of_text():
    """With the severity and the kind in words; one line if all is well."""
    assert findings.text([findings.finding('zombies', 'a child')]) == (
        'notice: a child [zombies]')
    assert findings.text([]) == 'nothing unusual'


@pytest.mark.parametrize(('seconds', 'words'), [
    (0, '0 s'), (119.9, '119 s'), (120, '2 min'), (7199, '119 min'),
    (7200, '2 h'), (172799, '47 h'), (172800, '2 d'), (10**7, '115 d')])
def test_spans_are_told_in_one_unit(seconds, words):
    """As precise as anybody needs."""
    assert findings.span(seconds) == words


def test_times_of_another_day_have_a_date():
    """Others are shorter."""
    assert findings.utc(90061) == '1970-01-02T01:01:01Z'
    assert findings.when(90061, 90100) == '01:01:01 UTC'
    assert findings.when(90061, 190100) == '1970-01-02 01:01:01 UTC'
