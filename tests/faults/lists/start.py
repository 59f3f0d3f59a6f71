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

"""Of the start: the environment variable, and what it arms."""

from tests.faults import fault

START = '../../ceilometer_diagnostics_start.py'
TESTS = 'tests/functional/test_start.py::'
SEES = TESTS + 'test_daemon_sees_what_a_stock_one_sees'
_FOLDED = 'tests/unit/test_folded.py::'
_WORDS = ('tests/unit/test_own_imports.py::'
          'test_words_for_readers_of_the_code_are_dropped')
ANSWERS = TESTS + 'test_real_daemon_answers_in_every_process'

FAULTS: tuple[fault.Fault, ...] = (
    fault.Fault(
        name='a forkserver does not tell where it has crashed',
        file='daemon/started.py',
        old='crash_stacks.begin(armed.reporter.context.turn_descriptor)',
        new='pass',
        tests=('tests/functional/test_start.py::'
               'test_forkserver_that_crashes_tells_where',)),
    fault.Fault(
        name='the signals are taken only when Ceilometer is imported',
        file=START,
        old='        start.take_signals()\n        sys.meta_path',
        new='        sys.meta_path',
        tests=(TESTS + 'test_value_of_the_variable',)),
    fault.Fault(
        name='a signal that waits at the start is lost',
        file=START,
        old='            if self.handlers[number] is not signal.SIG_IGN:\n',
        new='            if True:\n',
        tests=(TESTS + 'test_signal_at_any_moment_of_the_start',)),
    fault.Fault(
        name='what site reads twice arms twice',
        file=START,
        old='        if value is None or called:\n',
        new='        if value is None:\n',
        tests=('tests/unit/test_start.py::test_what_site_reads_twice_is_done_'
               'once',)),
    fault.Fault(
        name='any value arms a daemon',
        file=START,
        old='        if start is None or on is False:\n',
        new='        if start is None:\n',
        tests=(TESTS + 'test_value_of_the_variable',)),
    fault.Fault(
        name='any program is armed',
        file=START,
        old='    return Start(name, None) if name in DAEMONS else None\n',
        new='    return Start(name, None)\n',
        tests=(TESTS + 'test_other_programs_are_left_alone',)),
    fault.Fault(
        name='options of the interpreter are taken for the program',
        file=START,
        old='            next(arguments, None)\n',
        new='            pass\n',
        tests=('tests/unit/test_start.py::test_program_of_a_command_line',)),
    fault.Fault(
        name='what imports diagnostics is taken for the daemon',
        file=START,
        old="name + '.').startswith('ceilometer.diagnostics.'):\n",
        new="name + '.').startswith('nobody.'):\n",
        tests=('tests/unit/test_start.py::test_diagnostics_are_not_the_'
               'daemon',)),
    fault.Fault(
        name='the package is looked for where Ceilometer is only',
        file=START,
        old='        ceilometer.__path__.append(beside)\n',
        new='        pass\n',
        tests=(TESTS + 'test_package_may_be_in_another_directory_than_'
               'ceilometer',)),
    fault.Fault(
        name='what is looked for modules stays changed',
        file=START,
        old='        del sys.meta_path[place]\n',
        new='        return None\n',
        tests=(SEES,)),
    fault.Fault(
        name='a finder of modules is passed over, as ours leaves',
        file=START,
        old='                return find_spec(name, path, target)\n',
        new='                return None\n',
        tests=('tests/unit/test_start.py::test_finder_leaves_for_the_one_'
               'behind_it',)),
    fault.Fault(
        name='ours leaves while the process is being armed',
        file=START,
        old='            self._arms = True\n',
        new='            self._arms = self._done = True\n',
        tests=('tests/unit/test_start.py::test_finder_leaves_and_no_other_is_'
               'passed_over',)),
    fault.Fault(
        name='what reports need is imported when one is asked for',
        file='daemon/reporter.py',
        old='                own_imports.load(import_order.REPORTING)\n'
            '                for name in IMPORTED:\n',
        new='                for name in ():\n',
        tests=(TESTS + 'test_package_may_change_under_a_running_daemon',)),
    fault.Fault(
        name='hooks of ours are pickled for workers',
        file='daemon/workers.py',
        old="if worker_deaths.start_method(instance) == 'fork':\n",
        new='if True:\n',
        tests=(TESTS + 'test_workers_start_without_us',)),
    fault.Fault(
        name='a worker of a forkserver has no configuration',
        file='daemon/installation.py',
        old="    conf = getattr(service, 'conf', None)\n",
        new='    conf = None\n',
        tests=(ANSWERS,)),
    fault.Fault(
        name='the forkserver is called a master',
        file='daemon/started.py',
        old='    if start.server is not None:\n',
        new='    if False:\n',
        tests=(ANSWERS,)),
    fault.Fault(
        name='a forkserver takes turns with itself alone',
        file='daemon/turn.py',
        old='    if pid != os.getpid():\n',
        new='    if False:\n',
        tests=(TESTS + 'test_reports_of_all_processes_take_turns',)),
    fault.Fault(
        name='run does not take the signals',
        file='run.py',
        old=".Start('', None).take_signals()\n",
        new=".Start('', None)\n",
        tests=('tests/functional/test_run.py::'
               'test_signals_are_taken_before_the_daemon_starts',)),
    fault.Fault(
        name='check finds old code only where it was edited',
        file='command/code_age.py',
        old='os.path.join(directory, name)).st_ctime)',
        new='os.path.join(directory, name)).st_mtime)',
        tests=('tests/unit/test_command_check.py::test_code_that_is_newer',)),
    fault.Fault(
        name='check looks at the environment of its own',
        file='command/unit_start.py',
        old='            env=environment, stdin',
        new='            stdin',
        tests=('tests/unit/test_command_check.py::'
               'test_a_probe_sees_what_the_daemon_would',)),
    fault.Fault(
        name='the finder stays while the daemon is imported',
        file=START,
        old='        spec = self._leave(name, path, target)\n',
        new='        spec = None\n',
        tests=('tests/unit/test_start.py::'
               'test_arming_goes_on_when_the_daemon_has_been_imported',)),
    fault.Fault(
        name='arming does not go on when the daemon has been imported',
        file=START,
        old='            run(module)\n'
            '            _try(go_on)\n',
        new='            run(module)\n',
        tests=('tests/unit/test_start.py::'
               'test_arming_goes_on_when_the_daemon_has_been_imported',)),
    fault.Fault(
        name='arming goes on before the daemon has been imported',
        file=START,
        old='            run(module)\n'
            '            _try(go_on)\n',
        new='            _try(go_on)\n'
            '            run(module)\n',
        tests=('tests/unit/test_start.py::'
               'test_arming_goes_on_when_the_daemon_has_been_imported',)),
    fault.Fault(
        name='a loader of the daemon stays changed',
        file=START,
        old='            del loader.exec_module\n',
        new='',
        tests=('tests/unit/test_start.py::'
               'test_arming_goes_on_when_the_daemon_has_been_imported',)),
    fault.Fault(
        name='arming does not go on at another import',
        file=START,
        old='            self._done = True\n'
            '            _try(go_on)\n',
        new='            self._done = True\n',
        tests=('tests/unit/test_start.py::'
               'test_arming_goes_on_at_another_import_of_ceilometer',)),
    fault.Fault(
        name='a loader of other modules is changed',
        file=START,
        old='            if run is None or isinstance(loader, type):\n',
        new='            if run is None:\n',
        tests=('tests/unit/test_start.py::'
               'test_loader_that_cannot_be_changed_is_left_alone',)),
    fault.Fault(
        name='a loader that cannot be changed is an error',
        file=START,
        old='        except AttributeError:\n'
            '            # it is',
        new='        except TypeError:\n'
            '            # it is',
        tests=('tests/unit/test_start.py::'
               'test_loader_that_cannot_be_changed_is_left_alone',)),
    fault.Fault(
        name='an error as arming goes on reaches the daemon',
        file=START,
        old='        function()\n'
            '    except Exception as error:\n',
        new='        function()\n'
            '    except OSError as error:\n',
        tests=('tests/unit/test_start.py::'
               'test_arming_that_cannot_go_on_is_told',)),
    fault.Fault(
        name='functions are wrapped while the daemon is imported',
        file='daemon/interpose.py',
        old='    if _held is not None:\n'
            '        _held.append',
        new='    if None:\n'
            '        _held.append',
        tests=('tests/unit/test_guest.py::'
               'test_nothing_is_wrapped_while_a_daemon_is_imported',)),
    fault.Fault(
        name='functions are not wrapped after the daemon was imported',
        file='daemon/interpose.py',
        old='    for module, wrap in held:\n',
        new='    for module, wrap in ():\n',
        tests=('tests/unit/test_guest.py::'
               'test_nothing_is_wrapped_while_a_daemon_is_imported',)),
    fault.Fault(
        name='functions wait for an import that has been',
        file='daemon/interpose.py',
        old='    held, _held = _held or [], None\n',
        new='    held = _held or []\n',
        tests=('tests/unit/test_guest.py::'
               'test_nothing_is_wrapped_while_a_daemon_is_imported',)),
    fault.Fault(
        name='nothing is wrapped in a daemon',
        file='daemon/started.py',
        old='        interpose.release()\n',
        new='        pass\n',
        tests=(SEES,)),
    fault.Fault(
        name='modules are imported beside others that import',
        file='daemon/own_imports.py',
        old='    if _others_run():\n',
        new='    if False:\n',
        tests=('tests/unit/test_own_imports.py::'
               'test_other_threads_leave_it_to_python',)),
    fault.Fault(
        name='a thread of ours makes the start slower',
        file='daemon/own_imports.py',
        old='if isinstance(thread, own_thread.OwnThread)}',
        new='if False}',
        tests=('tests/unit/test_own_imports.py::'
               'test_other_threads_leave_it_to_python',)),
    fault.Fault(
        name='all modules are left to Python',
        file='daemon/own_imports.py',
        old='if place is None or not make(place, read(place)):',
        new='if True:',
        tests=('tests/unit/test_own_imports.py::'
               'test_modules_are_what_python_makes_of_them',)),
    fault.Fault(
        name='a module is not an attribute of its package',
        file='daemon/own_imports.py',
        old='    setattr(sys.modules[package], last, module)\n',
        new='',
        tests=('tests/unit/test_own_imports.py::'
               'test_modules_are_what_python_makes_of_them',)),
    fault.Fault(
        name='a module does not say where its source is',
        file='daemon/own_imports.py',
        old='.update(__file__=path, ',
        new='.update(',
        tests=('tests/unit/test_own_imports.py::'
               'test_modules_are_what_python_makes_of_them',)),
    fault.Fault(
        name='a module is imported twice',
        file='daemon/own_imports.py',
        old='        if full not in sys.modules:\n'
            '            place',
        new='        if True:\n'
            '            place',
        tests=('tests/unit/test_own_imports.py::'
               'test_modules_are_what_python_makes_of_them',)),
    fault.Fault(
        name='a module that raises is there by half',
        file='daemon/own_imports.py',
        old='        del sys.modules[name]\n'
            '        raise',
        new='        raise',
        tests=('tests/unit/test_own_imports.py::'
               'test_module_that_raises_is_not_there',)),
    fault.Fault(
        name='code of an older source is run',
        file='daemon/own_imports.py',
        old="data[:16] == _MAGIC + b''.join([",
        new="data[:8] == _MAGIC or b''.join([",
        tests=('tests/unit/test_own_imports.py::'
               'test_compiled_code_of_another_source_is_left_to_python',)),
    fault.Fault(
        name='code that was cut is an error',
        file='daemon/own_imports.py',
        old='    except (EOFError, TypeError, ValueError):\n',
        new='    except OSError:\n',
        tests=('tests/unit/test_own_imports.py::'
               'test_compiled_code_of_another_source_is_left_to_python',)),
    fault.Fault(
        name='code that was compiled elsewhere is run',
        file='daemon/own_imports.py',
        old='    if code.co_filename != path:\n',
        new='    if False:\n',
        tests=('tests/unit/test_own_imports.py::'
               'test_compiled_code_of_another_source_is_left_to_python',)),
    fault.Fault(
        name='docstrings stay in memory',
        file='daemon/own_imports.py',
        old='                value.__code__ = code.replace(\n',
        new='                code = code.replace(\n',
        tests=(_WORDS,)),
    fault.Fault(
        name='annotations stay in memory',
        file='daemon/own_imports.py',
        old='            del value.__annotations__\n'
            '            # its code',
        new='            # its code',
        tests=(_WORDS,)),
    fault.Fault(
        name='the first text of a function is lost',
        file='daemon/own_imports.py',
        old='code := value.__code__).co_consts[0] is words:',
        new='code := value.__code__).co_consts[0] is not words:',
        tests=(_WORDS,)),
    fault.Fault(
        name='what others have loses its docstrings',
        file='daemon/own_imports.py',
        old='        if value.__module__ != module:\n'
            '            continue\n',
        new='',
        tests=(_WORDS,)),
    fault.Fault(
        name='what is told of others is loaded where nothing happens',
        file='daemon/folded.py',
        old='            _kept[full] = place, data\n',
        new='            own_imports.make(place, data)\n',
        tests=(_FOLDED + 'test_modules_come_from_memory',)),
    fault.Fault(
        name='what is told of others comes from the disk',
        file='daemon/reporter.py',
        old='                folded.keep(import_order.FOLDED)\n',
        new='',
        tests=(_FOLDED + 'test_modules_come_from_memory',)),
    fault.Fault(
        name='modules that were kept call what others have replaced',
        file='daemon/folded.py',
        old='    own_names.give()\n',
        new='',
        tests=(_FOLDED + 'test_modules_come_from_memory',)),
    fault.Fault(
        name='a module is made twice where one could not be made',
        file='daemon/folded.py',
        old='if name not in sys.modules and not own_imports.make(',
        new='if not own_imports.make(',
        tests=(_FOLDED + 'test_module_that_cannot_be_made_is_tried_again',)),
    fault.Fault(
        name='code that was compiled elsewhere is kept',
        file='daemon/folded.py',
        old=' or os.fsencode(place[1]) not in data:',
        new=':',
        tests=(_FOLDED + 'test_what_cannot_be_kept_is_imported_at_once',)),
    fault.Fault(
        name='a death is told of by what is on the disk',
        file='daemon/events.py',
        old='                    folded.make()\n',
        new='',
        tests=(_FOLDED + 'test_whoever_imports_them_makes_them_before',)),
    fault.Fault(
        name='a silent process is looked at by what is on the disk',
        file='daemon/siblings.py',
        old='                folded.make()\n',
        new='',
        tests=(_FOLDED + 'test_whoever_imports_them_makes_them_before',)),
    fault.Fault(
        name='a process that hangs is looked at by what is on the disk',
        file='daemon/hang_watch.py',
        old='                folded.make()\n',
        new='',
        tests=(_FOLDED + 'test_whoever_imports_them_makes_them_before',)),
)
