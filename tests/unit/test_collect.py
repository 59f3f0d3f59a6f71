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

"""Sections are collected one by one, whatever they do."""

from __future__ import annotations

import gc
import json
import sys
import threading
import time
import traceback
import weakref

from oslo_config import cfg
import pytest

from ceilometer.diagnostics.command.reports import parsed
from ceilometer.diagnostics.daemon import collect
from ceilometer.diagnostics.daemon import options
from ceilometer.diagnostics.daemon import process as daemons
from ceilometer.diagnostics.daemon import registry
from ceilometer.diagnostics.daemon import report_context
from ceilometer.diagnostics.daemon import sanitize
from ceilometer.diagnostics.daemon import section as kinds
from ceilometer.diagnostics.daemon import section_table
from ceilometer.diagnostics.daemon import service_options
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import findings
from ceilometer.diagnostics import journal_entries
from ceilometer.diagnostics import report
from ceilometer.diagnostics.secrets import redact
from tests import limits
from tests.unit import hanging as hangings

MEGABYTES = 50 * 1024 * 1024


@pytest.fixture
def add():
    """Registers sections for one test."""
    names = []

    def register(function, title='Added one', name='added'):
        registry.register_section(title, function, name)
        names.append(name)

    yield register
    for name in names:
        registry.unregister_section(name)


@pytest.fixture(autouse=True)
def hanging(monkeypatch):
    """What hangs; nothing else in these tests has a time limit."""
    made = hangings.Hanging(monkeypatch)
    yield made
    made.released.set()


class Clock:
    """Stands still until it is told to go on."""

    def __init__(self):
        self._seconds = time.monotonic()

    def advance(self, seconds):
        self._seconds += seconds

    def monotonic(self):
        return self._seconds

    def __getattr__(self, name):
        return getattr(time, name)


@pytest.fixture
def clock(monkeypatch):
    """The clock by which the time of a report is counted."""
    made = Clock()
    monkeypatch.setattr(collect, 'time', made)
    return made


def run(hung=None, daemon=None, **settings):
    """Collect all sections, by their names."""
    collector = collect.Collector(report_context.ReportContext(
        daemon or daemons.Daemon('example'),
        options.Settings(**{'report_seconds_max': limits.EVENT_SECONDS,
                            **settings}),
        {} if hung is None else hung))
    collector.snapshot()
    collector.find()
    return {section.name: section for section in collector.sections()}


def others_are_whole(sections, *names):
    """Whether all sections but these are there, and as they should be."""
    return set(fields.SECTIONS) <= set(sections) and all(
        section.status == fields.STATUS_OK
        for name, section in sections.items() if name not in names)


class RaisingStr(Exception):
    """An exception that cannot be shown."""

    def __str__(self):
        raise KeyError('no')


class FatalStr(Exception):
    """An exception that ends whoever shows it."""

    def __str__(self):
        raise SystemExit(1)


@pytest.mark.parametrize('error', [
    ValueError('wrong'), SystemExit(3), KeyboardInterrupt(), GeneratorExit(),
    RaisingStr(), FatalStr(), BaseException('base'), RecursionError(),
    ExceptionGroup('several', [ValueError('one')]), StopIteration(),
    MemoryError()], ids=lambda error: type(error).__name__)
def test_section_that_raises_says_so(add, error):
    """Whatever a section raises becomes its content; others are whole."""
    def fail():
        raise error

    add(fail)
    sections = run()
    assert sections['added'].status == fields.STATUS_ERROR
    assert sections['added'].data['error'] == type(error).__name__
    assert 'in fail' in sections['added'].text
    assert type(error).__name__ in sections['added'].text
    assert others_are_whole(sections, 'added')


def test_exception_whose_message_hangs_is_named(add, hanging):
    """It costs its section, and not the report."""
    class HangingStr(Exception):
        def __str__(self):
            hanging.hang()
            return 'late'

    def fail():
        raise HangingStr

    add(fail)
    sections = run(section_seconds_max=0.2)
    assert sections['added'].status == fields.STATUS_ERROR
    assert sections['added'].data['error'] == 'HangingStr'
    assert 'in fail' in sections['added'].text
    assert others_are_whole(sections, 'added')


def test_secret_in_an_exception_is_masked(add):
    """The message of an exception is redacted as all else."""
    def fail():
        raise OSError('cannot reach amqp://u:xK9-canary-77q@host')

    add(fail)
    section = run()['added']
    assert 'cannot reach amqp://u:***@host' in section.text
    assert section.data['message'] == 'cannot reach amqp://u:***@host'
    assert 'canary' not in section.text + json.dumps(section.data)


def test_section_that_hangs_is_abandoned(add, hanging):
    """It is marked, with where it hangs, and the others are collected."""
    def hang():
        hanging.hang()

    add(hang)
    sections = run(section_seconds_max=0.2)
    assert sections['added'].status == fields.STATUS_TIMEOUT
    assert 'section_time_limit' in sections['added'].text
    assert 'in hang' in sections['added'].text
    assert others_are_whole(sections, 'added')


def test_section_that_hangs_is_not_begun_again(add, hanging):
    """Report after report it costs one thread; freed, it is told again."""
    begun = []

    def hang():
        begun.append(1)
        hanging.hang()
        return 'done'

    add(hang)
    hung = {}
    for _ in range(4):
        sections = run(hung, section_seconds_max=0.2)
        assert sections['added'].status == fields.STATUS_TIMEOUT
    assert len(begun) == 1
    assert 'not started' in sections['added'].text.lower()
    (thread,) = hung.values()
    hanging.released.set()
    thread.join()
    assert run(hung)['added'].text == 'done'
    assert hung == {}


def test_no_process_is_forked_while_a_section_is_loaded(monkeypatch):
    """What it imports would stay locked in the new process for ever."""
    gate = threading.Lock()
    held = []

    def collected(context):
        held.append(gate.locked())
        return kinds.Content(text='collected')

    kind = kinds.Kind('loaded', 'Loaded', collected, own=False,
                      load=lambda: held.append(gate.locked()))
    monkeypatch.setattr(section_table, 'kinds', lambda: [kind])
    context = report_context.ReportContext(
        daemons.Daemon('example'),
        options.Settings(section_seconds_max=limits.EVENT_SECONDS))
    context.begin_anew(gate)
    collector = collect.Collector(context)
    collector.find()
    assert list(collector.sections())[0].text == 'collected'
    assert held == [True, False]


def test_files_that_hang_cost_one_thread_and_no_known_secret(
        tmp_path, monkeypatch, add, hanging):
    """What the options hold is masked; the files are not tried again."""
    file = tmp_path / 'test.conf'
    file.write_text('[DEFAULT]\nadmin_password = xK9-canary-77q\n')
    conf = cfg.ConfigOpts()
    conf.register_opt(cfg.StrOpt('admin_password', secret=True))
    conf(['--config-file', str(file)])
    daemon = daemons.Daemon('example', conf)
    monkeypatch.setattr(service_options, 'settings',
                        lambda paths: hanging.hang() or [])
    add(lambda: 'a xK9-canary-77q b')
    hung = {}
    threads = []
    for _ in range(3):
        sections = run(hung, daemon, section_seconds_max=0.2)
        assert sections['added'].text == 'a *** b'
        assert sections['configuration'].status == fields.STATUS_TIMEOUT
        threads.append(set(hung.values()))
    assert threads[0] == threads[1] == threads[2]
    assert len(threads[0]) == 2


def test_search_for_sections_of_others_that_hangs_costs_only_these(
        monkeypatch, add, hanging):
    """The file system that packages are installed on may hang."""
    add(lambda: 'x')
    monkeypatch.setattr(section_table, 'kinds', hanging.hang)
    hung = {}
    threads = []
    for _ in range(2):
        sections = run(hung, section_seconds_max=0.2)
        assert tuple(sections) == fields.SECTIONS
        assert others_are_whole(sections)
        threads += hung.values()
    # the search has not begun again
    assert len(threads) == 2 and threads[0] is threads[1]


def test_results_of_an_abandoned_section_are_not_taken_for_others(
        add, hanging):
    """What comes too late is dropped."""
    hung = {}

    def late():
        hanging.hang()
        return 'late'

    def after():
        hanging.released.set()
        # it has returned something when its thread has ended
        hung['added'].join()
        return 'after'

    add(late)
    add(after, 'After', 'after')
    sections = run(hung, section_seconds_max=0.2)
    assert sections['added'].status == fields.STATUS_TIMEOUT
    assert sections['after'].text == 'after'


def test_report_has_a_time_limit(add, clock):
    """What has not begun when the report's time is over is marked."""
    add(lambda: clock.advance(31), 'One', 'one')
    add(lambda: 'x', 'Two', 'two')
    sections = run(report_seconds_max=30, section_seconds_max=60)
    assert sections['one'].status == fields.STATUS_OK
    assert sections['two'].status == fields.STATUS_TIMEOUT
    assert 'not started' in sections['two'].text.lower()
    assert 'report_time_limit' in sections['two'].text


@pytest.fixture
def only(monkeypatch):
    """Has reports of these kinds of sections alone."""
    def collected(*wanted, **settings):
        monkeypatch.setattr(section_table, 'kinds', lambda: list(wanted))
        return run(exclude_sections=frozenset(fields.SECTIONS), **settings)

    return collected


def kind_of(name, collecting, **changes):
    """A kind of section."""
    return kinds.Kind(
        name, name.capitalize(),
        lambda context: kinds.Content(data=collecting()), **changes)


def ended_by(section, name, seconds):
    """Whether a section says that this limit ended it, and no other."""
    reason = section.data['reason']
    named = [limit for limit in ('section_time_limit', 'report_time_limit',
                                 'FINISH_SECONDS_MAX') if limit in reason]
    return (section.status == fields.STATUS_TIMEOUT
            and section.text[1:].startswith(f'{reason[1:]}.')
            and f' {seconds} s ' in reason and named == [name]
            and (section.data['limit'], section.data['limit_seconds'])
            == (name, seconds))


def test_section_limit_is_named(only, clock, hanging):
    """It ends a section that takes longer than a section may."""
    sections = only(kind_of('hangs', hanging.hang),
                    section_seconds_max=1, report_seconds_max=4)
    assert ended_by(sections['hangs'], 'section_time_limit', 1)
    assert 'in wait' in sections['hangs'].text


def test_report_limit_is_named(only, clock, hanging):
    """It ends a section that had its time, but that its report had not.

    The value that was set is named, and not what was left of it.
    """
    sections = only(
        kind_of('slow', lambda: clock.advance(39.5)),
        kind_of('hangs', hanging.hang),
        section_seconds_max=20, report_seconds_max=40)
    assert sections['slow'].status == fields.STATUS_OK
    assert ended_by(sections['hangs'], 'report_time_limit', 40)
    assert 'abandoned' in sections['hangs'].data['reason']
    assert 'in wait' in sections['hangs'].text


def test_report_limit_is_named_by_what_it_kept_from_beginning(only, clock):
    """A section that was not begun names it as well."""
    sections = only(
        kind_of('slow', lambda: clock.advance(41)),
        kind_of('after', lambda: clock.advance(0)),
        section_seconds_max=20, report_seconds_max=40)
    assert ended_by(sections['after'], 'report_time_limit', 40)
    assert 'not started' in sections['after'].data['reason']


@pytest.mark.parametrize('where', ['repr', 'rendering'])
def test_limit_of_masking_and_rendering_is_named(
        only, clock, hanging, monkeypatch, where):
    """It is no option, and neither of the options ended the section."""
    class Hangs:
        def __repr__(self):
            hanging.hang()
            return 'late'

    monkeypatch.setattr(collect, 'FINISH_SECONDS_MAX', 0.5)
    made = {
        'repr': kind_of('hangs', Hangs),
        'rendering': kind_of('hangs', lambda: 1,
                             render=lambda data: str(hanging.hang()))}
    sections = only(made[where], section_seconds_max=20, report_seconds_max=40)
    assert ended_by(sections['hangs'], 'FINISH_SECONDS_MAX', 0.5)
    assert 'in wait' in sections['hangs'].text


def test_section_that_still_runs_was_ended_by_no_limit(only, clock, hanging):
    """It was not begun, whatever there was of time."""
    hung = {}
    sections = [
        only(kind_of('hangs', hanging.hang), hung=hung,
             section_seconds_max=1, report_seconds_max=4)['hangs']
        for _ in range(2)]
    assert ended_by(sections[0], 'section_time_limit', 1)
    assert 'still running' in sections[1].data['reason']
    assert sections[1].data['limit'] is None
    assert sections[1].data['limit_seconds'] is None


@pytest.mark.parametrize('text', [
    'a line of text\n' * (MEGABYTES // 15), 'x' * MEGABYTES,
    'word ' * (MEGABYTES // 5)], ids=['lines', 'run', 'words'])
def test_large_text_is_cut(add, text):
    """50 MB of text become what a section may have, and a mark."""
    add(lambda: text)
    sections = run()
    section = sections['added']
    assert section.status == fields.STATUS_TRUNCATED
    assert len(section.text.encode()) < 17 * 1024 * 1024
    assert 'cut' in section.text
    assert max(len(line.encode()) for line in section.text.split('\n')) <= (
        report.LINE_BYTES_MAX)
    assert others_are_whole(sections, 'added')


def test_long_line_is_folded(add):
    """No reader wants it, and an entry must end at the end of a line."""
    add(lambda: 'word ' * 50_000)
    section = run()['added']
    lines = section.text.split('\n')
    assert len(lines) > 3
    assert max(len(line.encode()) for line in lines) <= report.LINE_BYTES_MAX
    assert lines[1].startswith(report.CONTINUED_LINE)
    assert section.status == fields.STATUS_OK


def test_large_data_is_cut(add):
    """50 MB of data become a mark."""
    add(lambda: [{'n': 'x' * 1024}] * (MEGABYTES // 1024))
    section = run()['added']
    assert section.status == fields.STATUS_TRUNCATED
    assert section.data == {'truncated': True,
                            'limit_bytes': 16 * 1024 * 1024}
    assert 'section_size_limit' in section.text


def test_cut_text_keeps_its_beginning(add):
    """It is cut at the end of a line."""
    add(lambda: '\n'.join(f'line {n}' for n in range(10_000)))
    section = run(section_bytes_max=4096)['added']
    lines = section.text.split('\n')
    assert lines[0] == 'line 0'
    assert lines[-2] == f'line {len(lines) - 2}'
    assert 'characters cut' in lines[-1]
    assert len(section.text) < 4096 + 200


@pytest.mark.parametrize(('returned', 'data', 'text'), [
    ({'a': {1, }, 'b': object}, None, "b = <class 'object'>"),
    ({'n': 10 ** 5000}, None, 'n = 0x'),
    ({'nan': float('nan')}, {'nan': 'nan'}, 'nan = nan'),
    ({'bytes': b'\x00\xff'}, {'bytes': '\x00\\xff'}, 'bytes = \\x00\\xff'),
    (None, None, 'None'), (3, 3, '3'), ([], [], ''), ({}, {}, ''),
    ('', None, ''),
    ({'\ud800': '\udfff'}, {'\ud800': '\udfff'}, '\\ud800 = \\udfff'),
    ('\x1b[31mred', None, '\\x1b[31mred'),
])
def test_anything_returned_becomes_a_section(add, returned, data, text):
    """Whatever it is, it goes into entries and comes back."""
    add(lambda: returned)
    section = run()['added']
    assert section.status == fields.STATUS_OK
    assert text in section.text
    if data is not None:
        assert section.data == data
    trigger = report.Trigger('api', 0)
    header = report.Header('0' * 32, 'x', 'master', 1, trigger)
    entries = journal_entries.from_section(header, section, 1, 1)
    (found,) = parsed.to_report(entries).sections
    assert found.data == section.data


def test_excluded_sections_are_left_out(add):
    """Neither ours nor those of others are collected then."""
    add(lambda: 'x')
    sections = run(exclude_sections=frozenset(
        ('added', 'configuration', 'no-such')))
    assert 'added' not in sections
    assert 'configuration' not in sections
    assert 'threads' in sections


def test_snapshot_that_raises_costs_its_section_alone(monkeypatch):
    """A snapshot's exception is told by the section that needs it."""
    class Hostile:
        def __getattr__(self, name):
            raise OSError('hostile')

    monkeypatch.setitem(sys.modules, 'asyncio.tasks', Hostile())
    sections = run()
    assert sections['asyncio-tasks'].status == fields.STATUS_ERROR
    assert 'hostile' in sections['asyncio-tasks'].text
    assert others_are_whole(sections, 'asyncio-tasks')


def test_trace_that_cannot_be_told_costs_no_section(add, monkeypatch):
    """Python reads the source for it; somebody has replaced what it calls."""
    def refuse(*args, **named):
        raise RuntimeError('somebody has replaced it')

    def fail():
        raise OSError('no section')

    monkeypatch.setattr(traceback, 'format_exception', refuse)
    add(fail, 'Mine', 'mine')
    sections = run()
    assert sections['mine'].status == fields.STATUS_ERROR
    assert sections['mine'].text.endswith('OSError: no section')
    assert others_are_whole(sections, 'mine')


def test_sections_of_the_same_name_are_told_apart(add):
    """No name stands twice in a report."""
    add(lambda: 'mine', 'Threads', 'threads')
    sections = run()
    assert sections['threads-2'].text == 'mine'
    assert 'stacks' in sections['threads'].data


def test_collecting_leaves_no_thread_behind(add):
    """The thread that runs the sections ends with them."""
    add(lambda: threading.current_thread())
    before = set(threading.enumerate())
    run()
    for thread in set(threading.enumerate()) - before:
        thread.join(limits.EVENT_SECONDS)
    assert set(threading.enumerate()) <= before


def test_header_is_escaped_and_without_secrets():
    """Names that anybody may choose go through the redaction."""
    daemon = daemons.Daemon('exa\nmple')
    daemon.worker_name = 'amqp://u:xK9-canary@h'
    header = sanitize.header(
        daemon, '0' * 32, report.Trigger('signal', 0, sender_comm='a\x1b'),
        redact.Redactor())
    assert header.service == 'exa\\nmple'
    assert header.worker_name == 'amqp://u:***@h'
    assert header.trigger.sender_comm == 'a\\x1b'


def test_header_has_all_that_is_known(monkeypatch):
    """No field of it is forgotten where everything is known."""
    monkeypatch.setattr(daemons, 'unit', lambda: 'example.service')
    daemon = daemons.Daemon('example')
    daemon.process = fields.PROCESS_WORKER
    daemon.worker = 3
    daemon.worker_name = 'ExampleWorker'
    trigger = report.Trigger('signal', 1, 'SIGUSR1', 1, 0, 'systemd')
    header = sanitize.header(daemon, '0' * 32, trigger, redact.Redactor())
    assert header.trigger == trigger
    assert None not in header


def test_long_name_is_cut_without_showing_half_a_secret():
    """What was cut from a URL would not be known as a secret any more."""
    daemon = daemons.Daemon('example')
    start = sanitize.NAME_CHARS_MAX - len('amqp://u:xK9-canary')
    daemon.worker_name = 'x' * start + 'amqp://u:xK9-canary-77q@h'
    header = sanitize.header(
        daemon, '0' * 32, report.Trigger('signal', 0), redact.Redactor())
    assert 'xK9' not in header.worker_name
    assert len(header.worker_name) <= sanitize.NAME_CHARS_MAX


def test_merged_triggers_are_counted():
    """The first trigger stands for all, with the number of the others."""
    first = report.Trigger('signal', 1, 'SIGUSR1')
    other = report.Trigger('file', 2)
    assert report.merged([first, other, other]) == report.Trigger(
        'signal', 1, 'SIGUSR1', merged=2)


def test_snapshot_that_raises_costs_its_section(monkeypatch):
    """Its section says so, the others are whole."""
    def fail():
        raise OSError('no snapshot')

    monkeypatch.setattr(section_table, 'SECTIONS', tuple(
        kind._replace(snapshot=fail) if kind.name == 'threads'
        else kind for kind in section_table.SECTIONS))
    sections = run()
    assert sections['threads'].status == fields.STATUS_ERROR
    assert 'no snapshot' in sections['threads'].text
    assert others_are_whole(sections, 'threads')


def test_section_that_is_left_out_is_not_looked_at(monkeypatch):
    """Neither is its snapshot taken; by default it is."""
    taken = []
    monkeypatch.setattr(section_table, 'SECTIONS', tuple(
        kind._replace(snapshot=lambda: taken.append(1))
        if kind.name == 'green-threads' else kind
        for kind in section_table.SECTIONS))
    sections = run(exclude_sections=frozenset(('green-threads',)))
    assert 'threads' in sections
    assert 'green-threads' not in sections
    assert taken == []
    assert 'green-threads' in run()
    assert taken == [1]


def test_section_tells_how_long_it_took(add):
    """In microseconds."""
    add(lambda: time.sleep(0.05))
    assert run()['added'].usec >= 50_000


def test_data_of_a_section_stay_on_their_line(add):
    """What is laid out for people is escaped before."""
    add(lambda: {'a': 'x\nb = forged\x1b[31m'})
    section = run()['added']
    assert section.text == 'a = x\\nb = forged\\x1b[31m'
    assert section.data == {'a': 'x\nb = forged\x1b[31m'}


def test_name_is_masked_and_then_cut():
    """Of half a secret nobody could tell that it is one."""
    redactor = redact.Redactor()
    chosen = 'amqp://user:' + 'xK9-canary' * 30 + '@host'
    assert sanitize.name(chosen, redactor) == 'amqp://user:***@host'
    long = sanitize.name('x' * 1000, redactor)
    assert long == 'x' * sanitize.NAME_CHARS_MAX
    # the secret stands where it would be cut
    chosen = 'x ' * 90 + 'amqp://user:' + 'xK9-canary' * 30 + '@host'
    cut = sanitize.name(chosen, redactor)
    assert cut.startswith('x x x')
    assert 'canary' not in cut


def test_text_is_masked_and_then_cut():
    """Where it is cut, the end of a secret may be missing."""
    secret = 'first canary-1\nsecond canary-2'
    kind = kinds.Kind('x', 'X', lambda context: None)
    for lines in range(995, 1002):
        text = 'x y z\n' * lines + f'a {secret}\n' + 'end\n' * 30_000
        made = sanitize.section(
            kind, kinds.Content(text=text), redact.Redactor([secret]), 6000,
            [])
        assert made.status == 'truncated'
        assert 'characters cut' in made.text
        assert 'canary' not in made.text
        assert len(made.text) < 6200


@pytest.mark.any_python
def test_others_are_collected_while_one_would_wait(monkeypatch):
    """Those that take no time; all are given in their order."""
    collected = []
    left = [1.0]

    def kind(name, **more):
        def collecting(context):
            collected.append(name)
            if name == 'quick':
                left[0] = 0.0
            return kinds.Content(data={'name': name})

        return kinds.Kind(
            name, name.capitalize(), collecting, findings=lambda data: [
                findings.finding('threads-many', data['name'])], **more)

    monkeypatch.setattr(section_table, 'SECTIONS', (
        kind('first', instant=True),
        kind('waits', snapshot=lambda: left,
             wait_left=lambda taken: taken[0]),
        kind('calls'), kind('quick', instant=True),
        kind('later', instant=True)))
    collector = collect.Collector(report_context.ReportContext(
        daemons.Daemon('example'), options.Settings()))
    collector.snapshot()
    collector.find()
    made = list(collector.sections())
    assert collected == ['first', 'quick', 'waits', 'calls', 'later']
    in_order = ['first', 'waits', 'calls', 'quick', 'later']
    assert [section.name for section in made] == in_order
    assert [section.data['name'] for section in made] == in_order
    assert [(one['sentence'], one['evidence'][findings.SECTION])
            for one in collector.findings] == [
                (name, name) for name in in_order]


@pytest.mark.any_python
def test_one_that_cannot_say_whether_it_waits_is_collected(monkeypatch):
    """As if it waited for nothing."""
    kind = kinds.Kind(
        'waits', 'Waits', lambda context: kinds.Content(text='here'),
        snapshot=lambda: 1 / 0, wait_left=lambda taken: 1.0)
    monkeypatch.setattr(section_table, 'SECTIONS', (
        kind, kind._replace(name='behind', instant=True)))
    sections = run()
    assert (sections['waits'].text, sections['behind'].text) == (
        'here', 'here')


def test_nothing_of_the_process_is_kept():
    """No thread, frame or code lives longer because it was reported."""
    stands, over = threading.Event(), threading.Event()
    space = {}
    exec('def stand_there(stands, over):\n'
         '    stands.set()\n'
         '    over.wait()\n', space)
    function = space.pop('stand_there')
    thread = threading.Thread(target=function, args=(stands, over),
                              name='stands there')
    code = weakref.ref(function.__code__)
    kept = weakref.ref(thread)
    thread.start()
    try:
        assert stands.wait(limits.EVENT_SECONDS)
        for _ in range(2):
            sections = run()
            assert '"stands there"' in sections['threads'].text
            assert 'in stand_there' in sections['threads'].text
    finally:
        over.set()
        thread.join(limits.EVENT_SECONDS)
    del thread, function, space
    # a collector is a cycle with its thread
    gc.collect()
    assert (code(), kept()) == (None, None)
