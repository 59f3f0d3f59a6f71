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

"""What is remembered of the log."""

from __future__ import annotations

import gc
import io
import itertools
import logging
import os
import threading
import time
import types
import weakref

import pytest

from ceilometer.diagnostics.daemon import log_watch
from ceilometer.diagnostics.daemon.sections import recent_problems
from ceilometer.diagnostics import without_ids


@pytest.fixture(autouse=True)
def watched(monkeypatch):
    """The watch of a daemon whose loggers have been set up."""
    monkeypatch.setattr(log_watch, '_observers', [])
    monkeypatch.setattr(log_watch, '_record_observers', {})
    log_watch.stop()
    # those of the tests keep what they are given
    monkeypatch.setattr(
        logging.getLogger(), 'handlers', [logging.NullHandler()])
    log_watch.start()
    assert log_watch.watches()
    yield
    log_watch.stop()


LOG = logging.getLogger('example.watched')


def without_capture():
    """Take away what pytest sees the log with: it keeps what it is given."""
    root = logging.getLogger()
    root.handlers = [handler for handler in root.handlers
                     if log_watch.is_own(handler)]


def test_equal_problems_are_counted():
    """The newest first, each with when it was first and last logged."""
    LOG.warning('one')
    LOG.error('no %s for %d', 'answer', 1)
    LOG.error('no %s for %d', 'question', 2)
    LOG.warning('one')
    found, forgotten = log_watch.problems()
    assert [(one.last.message, one.last.level, one.count)
            for one in found] == [('one', logging.WARNING, 2),
                                  ('no %s for %d', logging.ERROR, 2)]
    assert found[0].first <= found[0].last.time
    assert found[0].last.logger == 'example.watched'
    assert found[0].last.thread == threading.current_thread().name
    assert forgotten == 0


def test_what_is_filled_in_is_not_remembered():
    """Samples and messages are nobody's business."""
    LOG.error('Could not send. Payload=%(message)s',
              {'message': {'project': 'canary-1'}})
    LOG.info('canary-2')
    assert 'canary' not in str(
        [(one.last, one.first) for one in log_watch.problems()[0]])


@pytest.mark.parametrize('log', [
    lambda error: LOG.error('no: %s', error),
    lambda error: LOG.error('no: %(err)s', {'err': error}),
    lambda error: LOG.error('no', exc_info=error),
    lambda error: LOG.error(error)],
    ids=['argument', 'mapping', 'exc_info', 'message'])
def test_exception_is_remembered_by_class_and_text(log):
    """Wherever the record has it; the object itself is let go."""
    class Gone(Exception):
        pass

    without_capture()
    error = Gone('device is gone')
    alive = weakref.ref(error)
    log(error)
    (found,) = log_watch.problems()[0]
    assert (found.last.error, found.last.error_text) == (
        'Gone', 'device is gone')
    del error
    gc.collect()
    assert alive() is None


def test_clock_that_is_set_makes_no_error_old(monkeypatch):
    """Nor one of long ago recent: where it is set forth, or back."""
    LOG.error('it failed')
    before = time.time()
    for moment in (before - 10 ** 8, before + 10 ** 8):
        monkeypatch.setattr(time, 'time', lambda moment=moment: moment)
        problem, = recent_problems.collect(None).data['problems']
        assert problem['message'] == 'it failed'
        assert 0 <= problem['seconds_ago'] < 600


def test_memory_is_bounded():
    """The oldest are forgotten, and counted; long texts are cut."""
    for number in range(log_watch.PROBLEMS_MAX + 7):
        LOG.error(f'{number} ' + 'x' * 5000)
    found, forgotten = log_watch.problems()
    assert len(found) == log_watch.PROBLEMS_MAX
    assert forgotten == 7
    assert found[-1].last.message.startswith('7 x')
    assert len(found[0].last.message) == log_watch.TEXT_CHARS_MAX


def test_what_raises_or_logs_itself_harms_nobody():
    """The text of an exception is made by anybody's code."""
    class Odd(Exception):
        def __str__(self):
            LOG.error('again')
            raise RuntimeError('no text')

    def fail(logged):
        LOG.error('and again')
        raise RuntimeError

    without_capture()
    log_watch.observe(fail)
    LOG.error('failed: %s', Odd())
    (found,) = log_watch.problems()[0]
    assert (found.last.error, found.last.error_text) == ('Odd', None)
    LOG.error('%d', 'no number')
    assert log_watch.problems()[0][0].last.message == '%d'


def test_observer_is_told_what_thread_logs():
    """Others are told as well, and each once."""
    told = []
    log_watch.observe(told.append)
    log_watch.observe(told.append)
    thread = threading.Thread(target=lambda: LOG.error('there'))
    thread.start()
    thread.join()
    LOG.warning('here')
    LOG.info('nothing')
    assert [(one.message, one.ident) for one in told] == [
        ('there', thread.ident), ('here', threading.get_ident())]


def test_thread_is_known_where_records_have_a_greenlet(monkeypatch):
    """As oslo.log has them made where eventlet is there."""
    told, records = [], []
    log_watch.observe(told.append)
    log_watch.observe_logger(LOG.name, records.append)
    monkeypatch.setattr(logging, 'threading', types.SimpleNamespace(
        get_ident=lambda: 7, current_thread=threading.current_thread))
    LOG.error('here')
    assert [record.thread for record in records] == [7]
    assert [one.ident for one in told] == [threading.get_ident()]


def test_what_logs_itself_is_known_where_records_have_greenlets(monkeypatch):
    """Each record may have another one."""
    class Odd(Exception):
        def __str__(self):
            LOG.error('again')
            return 'odd'

    without_capture()
    idents = itertools.count(7)
    monkeypatch.setattr(logging, 'threading', types.SimpleNamespace(
        get_ident=lambda: next(idents),
        current_thread=threading.current_thread))
    LOG.error('failed: %s', Odd())
    assert next(idents) > 8
    (found,) = log_watch.problems()[0]
    assert (found.last.error, found.last.error_text) == ('Odd', 'odd')


def test_records_of_one_logger_are_told_from_info_on():
    """With what is filled in; of others nothing."""
    told = []
    log_watch.observe_logger('example.broker',
                             lambda record: told.append(record.args))
    logger = logging.getLogger('example.broker')
    logger.setLevel(logging.DEBUG)
    logger.debug('%(host)s', {'host': 0})
    logger.info('%(host)s', {'host': 1})
    logger.error('%(host)s', {'host': 2})
    LOG.error('%(host)s', {'host': 3})
    assert told == [{'host': 1}, {'host': 2}]


def test_our_own_warnings_are_none_of_the_daemon():
    """They are not told again in each report."""
    logging.getLogger('ceilometer.diagnostics.daemon.x').error('ours')
    logging.getLogger('ceilometer.x').error('theirs')
    assert [one.last.message for one in log_watch.problems()[0]] == ['theirs']


def test_fork_begins_anew():
    """What its parent has logged is not its own."""
    LOG.error('parent')
    pid = os.fork()
    if pid == 0:
        log_watch.forked()
        LOG.error('child')
        found = [one.last.message for one in log_watch.problems()[0]]
        os._exit(0 if found == ['child'] else 1)
    assert os.waitpid(pid, 0)[1] == 0


def test_nothing_is_added_where_no_handler_is(monkeypatch):
    """Python writes to standard error what it has no handler for."""
    root = logging.getLogger()
    log_watch.stop()
    monkeypatch.setattr(root, 'handlers', [])
    log_watch.start()
    assert root.handlers == []
    assert not log_watch.watches()


def test_python_writes_what_it_has_no_other_handler_for(
        monkeypatch, capsys):
    """As it did before, where the watch is added alone; nothing twice."""
    root = logging.getLogger()
    log_watch.stop()
    monkeypatch.setattr(root, 'handlers', [])
    log_watch.start()
    log_watch.start_alone()
    assert log_watch.watches()
    stream = io.StringIO()
    own = logging.getLogger('example.own')
    own.addHandler(logging.StreamHandler(stream))
    try:
        LOG.error('no %s', 'handler')
        LOG.info('nothing')
        own.error('a handler')
    finally:
        own.handlers.clear()
    assert capsys.readouterr().err == 'no handler\n'
    assert stream.getvalue() == 'a handler\n'
    assert [one.last.message for one in log_watch.problems()[0]] == [
        'a handler', 'no %s']
    # the loggers are set up after all
    log_watch._setup(lambda: root.handlers.append(
        logging.StreamHandler(stream)), None, (), {})
    LOG.error('set up')
    assert capsys.readouterr().err == ''
    assert stream.getvalue() == 'a handler\nset up\n'


def test_handler_comes_again_after_oslo_log(monkeypatch):
    """Setting up the loggers takes all handlers away."""
    root = logging.getLogger()
    other = logging.NullHandler()

    def setup(conf):
        root.handlers = [other]
        return conf

    monkeypatch.setattr(root, 'handlers', [])
    assert log_watch._setup(setup, None, ('conf',), {}) == 'conf'
    assert other in root.handlers
    assert log_watch.watches()


@pytest.mark.parametrize(('raw', 'text'), [
    ('[Errno 111] ECONNREFUSED (retrying in 1.0 seconds)', None),
    ('Invalid interval value abc should be positive integer', None),
    ('Could not send. Payload={"a": 1} b', 'Could not send. Payload …'),
    ('Status Code: 500. data: [1, 2]', 'Status Code: 500. data …'),
    ('no such server 6f1c0e3a-1b2c-4d5e-8f90-a1b2c3d4e5f6 here',
     'no such server … here'),
    ('project 5c1f0a9e37d84b62a7e90d18c4b3f256', 'project …'),
    ('(req-6f1c0e3a-1b2c-4d5e-8f90-a1b2c3d4e5f6)', '(…)'),
    ("bad sample {'project_id': {'a': 1}}, skipped", 'bad sample {…}, '
     'skipped'),
    ("cut {'project_id': 'x", 'cut {…}'),
    ("for ['a', ['b']] there", 'for […] there'),
    ('of <Server: name x> gone', 'of <…> gone'),
    ('http://h:8776/v3/5c1f0a9e/volumes gives 404',
     'http://h:8776/v3/…/volumes gives 404'),
    ('http://h:5000/v3/auth gives 401', None),
    ('two\nlines', 'two lines'),
    ('word ' * 100, ' '.join(['word'] * 40) + '…'),
])
def test_ids_and_payload_are_taken_out(raw, text):
    """What names the failure stays."""
    assert without_ids.text(raw) == (raw if text is None else text)


@pytest.mark.parametrize(('raw', 'text'), [
    ('Unable to discover resources: %s', 'Unable to discover resources'),
    ('Could not load %r: %s', 'Could not load'),
    ('Skipping %(name)s, keystone issue: %(err)s', 'Skipping …, keystone '
     'issue'),
    ('100 percent', '100 percent'), ('%s', '…'),
    ('took %.2f s', 'took … s')])
def test_message_has_no_marks_of_what_is_filled_in(raw, text):
    """The exception stands beside it."""
    assert without_ids.message(raw) == text
