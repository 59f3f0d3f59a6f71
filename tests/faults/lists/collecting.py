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

"""How a report is collected, made ready to leave, and delivered."""

from tests.faults import fault

ADDED = 'daemon/added_sections.py'
COLLECT = 'daemon/collect.py'
JOURNAL = 'daemon/journal.py'
KNOWN = 'daemon/known_secrets.py'
MAKE = 'daemon/make_report.py'
SANITIZE = 'daemon/sanitize.py'
SIDE_THREAD = 'daemon/side_thread.py'
DELIVERY = 'tests/functional/test_delivery.py::'
TEST_ADDED = 'tests/unit/test_added_sections.py::'
TEST_COLLECT = 'tests/unit/test_collect.py::'
TEST_JOURNAL = 'tests/unit/test_journal.py::'
TEST_KNOWN = 'tests/unit/test_sections.py::TestSecrets::'
TEST_MAKE = 'tests/unit/test_make_report.py::'
REPORT_AFTER = 'tests/unit/test_known_secrets.py::TestReportAfterReport::'
TEST_SIDE_THREAD = 'tests/unit/test_side_thread.py::'
_EARLY = ('tests/unit/test_collect.py::'
          'test_others_are_collected_while_one_would_wait')

FAULTS: tuple[fault.Fault, ...] = (
    fault.Fault(
        name='nothing is done while a section waits',
        file='daemon/collect.py',
        old='        if kind.wait_left is None:\n',
        new='        if True:\n',
        tests=(_EARLY,)),
    fault.Fault(
        name='a section is collected twice',
        file='daemon/collect.py',
        old='early.pop(kind.name) if kind.name in early',
        new='early.pop(kind.name) if False',
        tests=(_EARLY,)),
    fault.Fault(
        name='a section that takes its time keeps another one waiting',
        file='daemon/collect.py',
        old='                if other.instant and other.name not in early:\n',
        new='                if other.name not in early:\n',
        tests=(_EARLY,)),
    fault.Fault(
        name='others are collected when nobody has to wait any more',
        file='daemon/collect.py',
        old='                if not self._would_wait(kind):\n',
        new='                if kind.wait_left is None:\n',
        tests=(_EARLY,)),
    fault.Fault(
        name='a section whose wait is not known costs the report',
        file='daemon/collect.py',
        old='        except Exception:\n'
            '            # the section will say so\n'
            '            return False\n\n    @property\n',
        new='        except KeyError:\n'
            '            # the section will say so\n'
            '            return False\n\n    @property\n',
        tests=('tests/unit/test_collect.py::'
               'test_one_that_cannot_say_whether_it_waits_is_collected',)),
    fault.Fault(
        name='a thread lives on because it was reported',
        file='daemon/sections/threads.py',
        old='    merged: list[contents.ThreadStack] = []\n',
        new='    merged: list[contents.ThreadStack] = []\n'
            "    globals().setdefault('_kept', []).append(taken)\n",
        tests=('tests/unit/test_collect.py::'
               'test_nothing_of_the_process_is_kept',)),
    fault.Fault(
        name='a limit that may not be asked for costs the report',
        file='daemon/memory_left.py',
        old='    except OSError:\n        # a unit may forbid that\n',
        new='    except IndexError:\n        # a unit may forbid that\n',
        tests=('tests/unit/test_memory_left.py::'
               'test_limit_that_may_not_be_asked_for',)),
    fault.Fault(
        name='texts that held secrets are remembered',
        file='secrets/mask.py',
        old='if masked == key[0] and len(masked) <= left:',
        new='if len(masked) <= left:',
        tests=('tests/unit/test_known_secrets.py::TestReportAfterReport::'
               'test_what_held_a_secret_is_forgotten',)),
    fault.Fault(
        name='values that hold a secret are remembered as if they did not',
        file=KNOWN,
        old='    if not has_any and len',
        new='    if len',
        tests=('tests/unit/test_known_secrets.py::TestReportAfterReport::'
               'test_option_without_a_secret_is_not_searched_again',)),
    fault.Fault(
        name='entry points of other groups are parsed',
        file='daemon/distributions.py',
        old="""        if head in _read(f'{directory}{file}/{_ENTRY_POINTS}',
                         FILE_BYTES_MAX):""",
        new="""        if _read(f'{directory}{file}/{_ENTRY_POINTS}',
                 FILE_BYTES_MAX):""",
        tests=(TEST_ADDED
               + 'test_files_are_parsed_only_where_one_has_the_group',)),
    fault.Fault(
        name='entry points of ours are not found',
        file='daemon/distributions.py',
        old="    head = f'[{group}]'",
        new="    head = f'[{group}.]'",
        tests=(TEST_ADDED
               + 'test_files_are_parsed_only_where_one_has_the_group',)),
    fault.Fault(
        name='what finders of somebody find is not looked at',
        file='daemon/distributions.py',
        old='        for finder in list(sys.meta_path)) and not any(',
        new='        for finder in ()) and not any(',
        tests=(TEST_ADDED
               + 'test_files_are_parsed_only_where_one_has_the_group',)),
    fault.Fault(
        name='of a list of entry points only the beginning is looked at',
        file='daemon/distributions.py',
        old='            if len(piece) < _READ_BYTES:\n',
        new='            if piece:\n',
        tests=(TEST_ADDED + 'test_group_behind_much_else_is_found',)),
    fault.Fault(
        name='of two distributions with one name the last one counts',
        file='daemon/distributions.py',
        old='        if name and name not in found:',
        new='        if name:',
        tests=(TEST_ADDED
               + 'test_distribution_is_found_by_any_form_of_its_name',)),
    fault.Fault(
        name='distributions are found only by the name of their directory',
        file='daemon/distributions.py',
        old="    return _SIGNS.sub('-', name).lower()\n",
        new='    return name\n',
        tests=(TEST_ADDED
               + 'test_distribution_is_found_by_any_form_of_its_name',)),
    fault.Fault(
        name='options are read in each report, although nothing changed',
        file='daemon/service_options.py',
        old='    if (before is not None and len(same) == len(before.same)',
        new='    if (before is None and len(same) == len(before.same)',
        tests=(REPORT_AFTER + 'test_options_are_not_read_again',)),
    fault.Fault(
        name='an option that was overridden is told as it was',
        file='daemon/service_options.py',
        old="info.get('override'), info.get('location'),",
        new="info.get('location'),",
        tests=(REPORT_AFTER + 'test_what_has_changed_is_read[override]',
               REPORT_AFTER + 'test_what_has_changed_is_read[cleared]')),
    fault.Fault(
        name='options of files that were read again are told as they were',
        file='daemon/service_options.py',
        old='[conf, conf._namespace, conf._mutable_ns,',
        new='[conf,',
        tests=(REPORT_AFTER + 'test_what_has_changed_is_read[file]',
               REPORT_AFTER + 'test_what_has_changed_is_read[mutable]')),
    fault.Fault(
        name='an option of the environment is told as it was',
        file='daemon/service_options.py',
        old='[dict(os.environ), ',
        new='[',
        tests=(REPORT_AFTER + 'test_what_has_changed_is_read[environment]',)),
    fault.Fault(
        name='an option whose list grew is told as it was',
        file='daemon/service_options.py',
        old='equal += [value.copy() for value',
        new='equal += [value for value',
        tests=(REPORT_AFTER
               + 'test_what_has_changed_is_read[list in its place]',)),
    fault.Fault(
        name='a setting whose option was registered stays unknown',
        file='daemon/service_options.py',
        old='    if known is None or known[0] is not options:\n',
        new='    if known is None:\n',
        tests=(REPORT_AFTER
               + 'test_setting_that_gets_its_option_is_known',)),
    fault.Fault(
        name='an unknown source of options is asked once',
        file='daemon/service_options.py',
        old='        if conf._sources:\n',
        new='        if False:\n',
        tests=(REPORT_AFTER
               + 'test_source_that_nobody_knows_is_always_asked',)),
    fault.Fault(
        name='the place of an option stays where it was',
        file='daemon/sections/configuration.py',
        old='            and before.settings == settings and',
        new='            and',
        tests=(REPORT_AFTER + 'test_place_that_has_changed_is_told',)),
    fault.Fault(
        name='secrets of options are forgotten by the second report',
        file=KNOWN,
        old='        to_search = before.with_secrets\n',
        new='        to_search = []\n',
        tests=(REPORT_AFTER
               + 'test_option_without_a_secret_is_not_searched_again',)),
    fault.Fault(
        name='what has not changed is encoded anew in each report',
        file=MAKE,
        old='    if before is not None and before[0] is section.data:\n',
        new='    if False:\n',
        tests=(TEST_MAKE + 'test_what_has_not_changed_is_not_encoded_again',)),
    fault.Fault(
        name='the JSON of a section stays what it was',
        file=MAKE,
        old='    if before is not None and before[0] is section.data:\n',
        new='    if before is not None:\n',
        tests=(TEST_MAKE + 'test_what_has_not_changed_is_not_encoded_again',)),
    fault.Fault(
        name='a section is made again although nothing has changed',
        file='daemon/sanitize.py',
        old='before is not None and before.redactor',
        new='before is None and before.redactor',
        tests=('tests/unit/test_known_secrets.py::TestReportAfterReport::'
               'test_what_has_not_changed_is_not_made_again',)),
    fault.Fault(
        name='why a section failed is kept from the report before',
        file='daemon/sanitize.py',
        old='    if not kind.steady or content.text is not None:\n',
        new='    if not kind.steady:\n',
        tests=('tests/unit/test_known_secrets.py::TestReportAfterReport::'
               'test_why_a_section_failed_is_told_anew',)),
    fault.Fault(
        name='a section stays as it was although a secret is known now',
        file='daemon/sanitize.py',
        old='            and before.bytes_max == bytes_max',
        new='            or before.bytes_max == bytes_max',
        tests=('tests/unit/test_known_secrets.py::TestReportAfterReport::'
               'test_new_secret_is_masked_in_a_section_that_is_the_same',)),
    fault.Fault(
        name='a section is kept in which there is a secret now',
        file='daemon/sanitize.py',
        old='    _made.pop(kind.name, None)\n',
        new='',
        tests=('tests/unit/test_known_secrets.py::TestReportAfterReport::'
               'test_new_secret_is_masked_in_a_section_that_is_the_same',)),
    fault.Fault(
        name='texts are remembered without a bound',
        file=KNOWN,
        old='        found.rest()\n',
        new='        pass\n',
        tests=('tests/unit/test_known_secrets.py::TestReportAfterReport::'
               'test_memory_is_bounded',)),
    fault.Fault(
        name='what changes from report to report is remembered for ever',
        file='secrets/mask.py',
        old='[self._remembered, *self._older][:KEPT_REPORTS_MAX]:',
        new='[self._remembered, *self._older]:',
        tests=('tests/unit/test_known_secrets.py::TestReportAfterReport::'
               'test_what_changes_from_report_to_report_is_forgotten',)),
    fault.Fault(
        name='what was shown before is shown although it is a secret now',
        file=KNOWN,
        old='found = _redactors.get(secrets)',
        new='found = next(iter(_redactors.values()), None)',
        tests=('tests/unit/test_known_secrets.py::TestReportAfterReport::'
               'test_new_secret_is_masked_in_what_was_shown',)),
    fault.Fault(
        name='a process answers the same trigger twice',
        file='daemon/trigger_page.py',
        old='            if pid not in answered:\n',
        new='            if pid:\n',
        tests=('tests/unit/test_trigger_page.py::'
               'test_all_that_answer_one_trigger_say_the_same',)),
    fault.Fault(
        name='a process answers a trigger of before it was there',
        file='daemon/trigger_page.py',
        old='                and born_nsec <= since <= now\n',
        new='                and since <= now\n',
        tests=('tests/unit/test_trigger_page.py::'
               'test_who_was_not_there_answers_another',)),
    # turns
    fault.Fault(
        name='who waits for its turn sleeps for longer and longer',
        file='daemon/turn.py',
        old='min(pause * 2, LOOK_SECONDS)',
        new='pause * 2',
        tests=('tests/unit/test_turn.py::'
               'test_it_is_looked_often_whether_it_has_ended',)),
    fault.Fault(
        name='processes of a service do not take turns',
        file='daemon/turn.py',
        old="""\
    locked = (descriptor is not None and is_ours(descriptor)
              and _lock(descriptor, ends))
""",
        new="""\
    locked = False
""",
        tests=('tests/unit/test_turn.py',)),
    fault.Fault(
        name='a process waits for its turn without end',
        file='daemon/turn.py',
        old="""\
                    or time.monotonic() > deadline or ends()):
""",
        new="""\
                    or time.monotonic() > deadline + 3600 or ends()):
""",
        tests=('tests/unit/test_turn.py::'
               'test_one_that_waits_too_long_goes_on_without',)),
    fault.Fault(
        name='a file that took the descriptor of turns is locked',
        file='daemon/turn.py',
        old="""\
    locked = (descriptor is not None and is_ours(descriptor)
              and _lock(descriptor, ends))
""",
        new="""\
    locked = descriptor is not None and _lock(descriptor, ends)
""",
        tests=('tests/unit/test_turn.py::'
               'test_file_that_has_taken_the_descriptor_is_not_locked',)),
    fault.Fault(
        name='a turn is not given back',
        file='daemon/turn.py',
        old="""\
                fcntl.lockf(descriptor, fcntl.LOCK_UN, 1)
""",
        new="""\
                pass
""",
        tests=('tests/unit/test_turn.py',)),
    # the report
    fault.Fault(
        name='the snapshot is taken after the search for sections',
        file=MAKE,
        old='        collector.snapshot()\n',
        new='        collector.find()\n        collector.snapshot()\n',
        tests=(TEST_MAKE + 'test_stacks_are_those_of_before_the_search_for_'
               'sections',)),
    fault.Fault(
        name='what was collected waits for what takes long',
        file=MAKE,
        old='            if (len(sections) < collector.own_count\n'
            '                    and time.monotonic() < send_at_latest):\n',
        new='            if len(sections) < collector.own_count:\n',
        tests=(TEST_MAKE + 'test_what_was_collected_does_not_wait_for_what_'
               'takes_long',)),
    fault.Fault(
        name='our own sections wait for those of others',
        file=MAKE,
        old='if (len(sections) < collector.own_count',
        new='if (len(sections) < count - 1',
        tests=(TEST_MAKE + 'test_own_sections_are_sent_before_those_of_'
               'others_are_begun',)),
    fault.Fault(
        name='a report takes no turn',
        file=MAKE,
        old='                stack.enter_context(turn.taken(\n'
            '                    context.turn_descriptor, '
            'context.ending.is_set))\n',
        new='                pass\n',
        tests=(TEST_MAKE + 'test_report_waits_for_its_turn',)),
    fault.Fault(
        name='a report announces a section less than it has',
        file=MAKE,
        old='count = len(collector.kinds) + 1',
        new='count = len(collector.kinds)',
        tests=(TEST_MAKE + 'test_report_is_complete',)),
    fault.Fault(
        name='a report that fails leaves a thread behind',
        file=MAKE,
        old='contextlib.closing(collector)',
        new='contextlib.nullcontext(collector)',
        tests=(TEST_MAKE + 'test_report_that_fails_leaves_no_thread_'
               'behind',)),
    fault.Fault(
        name='the summary does not tell what the journal refused',
        file=MAKE,
        old='collector.snapshot_usec, delivery.problem))',
        new='collector.snapshot_usec, None))',
        tests=(DELIVERY + 'test_without_a_journal_the_report_is_on_'
               'stderr',)),
    # its sections
    fault.Fault(
        name='a section that hangs is begun in each report',
        file=COLLECT,
        old='            self._hung[name] = timed_out.thread\n',
        new='            pass\n',
        tests=(TEST_COLLECT + 'test_section_that_hangs_is_not_begun_'
               'again',)),
    fault.Fault(
        name='a section that hung once is never told again',
        file=COLLECT,
        old='if hung is not None and hung.is_alive():',
        new='if hung is not None:',
        tests=(TEST_COLLECT + 'test_section_that_hangs_is_not_begun_'
               'again',)),
    fault.Fault(
        name='a report has no time limit',
        file=COLLECT,
        old='        if seconds <= 0:\n',
        new='        if False:\n',
        tests=(TEST_COLLECT + 'test_report_limit_is_named_by_what_it_kept_'
               'from_beginning',)),
    fault.Fault(
        name='a section that raises costs the report',
        file=COLLECT,
        old='        except BaseException as error:\n'
            '            return self._failed(kind, error)\n',
        new='        except KeyError as error:\n'
            '            return self._failed(kind, error)\n',
        tests=(TEST_COLLECT + 'test_section_that_raises_says_so',)),
    fault.Fault(
        name='a message that hangs costs the report',
        file=COLLECT,
        old='lambda: _describe(error))\n'
            '        except side_thread.TimedOut:\n',
        # without what has hung: pytest would print it
        new='lambda: _describe(error))\n'
            '        except side_thread.TimedOut:\n'
            '            raise ValueError from None\n',
        tests=(TEST_COLLECT + 'test_exception_whose_message_hangs_is_'
               'named',)),
    fault.Fault(
        name='a snapshot that raises costs the report',
        file=COLLECT,
        old='            except Exception as error:\n'
            '                # its section',
        new='            except KeyError as error:\n'
            '                # its section',
        tests=(TEST_COLLECT + 'test_snapshot_that_raises_costs_its_'
               'section',)),
    fault.Fault(
        name='a section that is left out has its snapshot taken',
        file=COLLECT,
        old='                    or kind.name in '
            'self._settings.exclude_sections):\n',
        new='                    or not kind.name):\n',
        tests=(TEST_COLLECT + 'test_section_that_is_left_out_is_not_looked_'
               'at',)),
    fault.Fault(
        name='exclude_sections is not heeded',
        file=COLLECT,
        old='self.kinds = [kind for kind in kinds if kind.name not in '
            'excluded]',
        new='self.kinds = kinds',
        tests=(TEST_MAKE + 'test_summary_tells_what_was_left_out',)),
    fault.Fault(
        name='a process may be forked while a section imports',
        file=COLLECT,
        old='                with self._import_gate:\n'
            '                    self._run(kind.name, kind.load, seconds)\n',
        new='                self._run(kind.name, kind.load, seconds)\n',
        tests=('tests/unit/test_collect.py::'
               'test_no_process_is_forked_while_a_section_is_loaded',)),
    fault.Fault(
        name='a search for sections that fails costs the report',
        file=COLLECT,
        old='            except BaseException as error:\n'
            '                self.others_problem',
        new='            except KeyError as error:\n'
            '                self.others_problem',
        tests=(TEST_MAKE + 'test_summary_tells_that_sections_of_others_are_'
               'not_known',)),
    fault.Fault(
        name='files that hang cost the secrets that are known otherwise',
        file=COLLECT,
        old='or known_secrets.redactor(self._context, files=False))',
        new='or redact.Redactor())',
        tests=(TEST_COLLECT + 'test_files_that_hang_cost_one_thread_and_no_'
               'known_secret',)),
    fault.Fault(
        name='how long a section took is not told',
        file=COLLECT,
        old='usec=(time.perf_counter_ns() - start) // 1000)',
        new='usec=0)',
        tests=(TEST_COLLECT + 'test_section_tells_how_long_it_took',)),
    # the thread that may be abandoned
    fault.Fault(
        name='a thread that hangs is given the next section',
        file=SIDE_THREAD,
        old='            self.end()\n            raise TimedOut',
        new='            raise TimedOut',
        tests=(TEST_SIDE_THREAD + 'test_function_that_hangs_is_abandoned',)),
    fault.Fault(
        name='what comes too late is taken for the next section',
        file=SIDE_THREAD,
        old='        self._results = _queue.SimpleQueue()\n        thread =',
        new='        thread =',
        tests=(TEST_COLLECT + 'test_results_of_an_abandoned_section_are_not_'
               'taken_for_others',)),
    fault.Fault(
        name='a section may end the thread of the sections',
        file=SIDE_THREAD,
        old='        except BaseException as error:\n'
            '            results.put',
        new='        except Exception as error:\n            results.put',
        tests=(TEST_SIDE_THREAD + 'test_function_cannot_end_the_thread',)),
    fault.Fault(
        name='an exception keeps alive what its section held',
        file=SIDE_THREAD,
        old='                del error\n',
        new='                pass\n',
        tests=(TEST_SIDE_THREAD + 'test_exception_keeps_nothing_alive',)),
    fault.Fault(
        name='without a thread to be had no section is collected',
        file=SIDE_THREAD,
        old='        except (MemoryError, RuntimeError):\n',
        new='        except KeyError:\n',
        tests=(TEST_SIDE_THREAD + 'test_function_runs_here_where_no_thread_'
               'can_be_had',)),
    # what may leave the process
    fault.Fault(
        name='a text that is cut does not say so',
        file=SANITIZE,
        old='    if was_cut:\n',
        new='    if False:\n',
        tests=(TEST_COLLECT + 'test_large_text_is_cut',)),
    fault.Fault(
        name='a text is cut within a line',
        file=SANITIZE,
        old="newline = text.rfind('\\n', 0, end)",
        new='newline = end',
        tests=(TEST_COLLECT + 'test_cut_text_keeps_its_beginning',)),
    fault.Fault(
        name='texts are not limited',
        file=SANITIZE,
        old='    if not left_out and len(text) * 4 <= bytes_max:\n',
        new='    if bytes_max:\n',
        tests=(TEST_COLLECT + 'test_cut_text_keeps_its_beginning',)),
    fault.Fault(
        name='data are not limited',
        file=SANITIZE,
        old='limit_chars=bytes_max)',
        new='limit_chars=None)',
        tests=(TEST_COLLECT + 'test_large_data_is_cut',)),
    fault.Fault(
        name='a text of a section is not masked',
        file=SANITIZE,
        old='redactor.text(looked_at, names=content.text is not None)',
        new='escape.text(looked_at)',
        tests=(TEST_COLLECT + 'test_secret_in_an_exception_is_masked',)),
    fault.Fault(
        name='data are rendered with control characters',
        file='secrets/redact.py',
        old='masked if walk.is_printable else',
        new='masked if True else',
        tests=(TEST_COLLECT + 'test_data_of_a_section_stay_on_their_'
               'line',)),
    fault.Fault(
        name='a long line is not folded',
        file=SANITIZE,
        old='text=report.fold(text).rstrip',
        new='text=text.rstrip',
        tests=(TEST_COLLECT + 'test_long_line_is_folded',)),
    fault.Fault(
        name='a name is cut before its secret is seen',
        file=SANITIZE,
        old='escape.line(redactor.text(chosen))[:NAME_CHARS_MAX]',
        new='escape.line(redactor.text(chosen[:NAME_CHARS_MAX]))',
        tests=(TEST_COLLECT + 'test_name_is_masked_and_then_cut',)),
    fault.Fault(
        name='a name has any length',
        file=SANITIZE,
        old='escape.line(redactor.text(chosen))[:NAME_CHARS_MAX]',
        new='escape.line(redactor.text(chosen))',
        tests=(TEST_COLLECT + 'test_name_is_masked_and_then_cut',)),
    fault.Fault(
        name='a name forges lines',
        file=SANITIZE,
        old='escape.line(redactor.text(chosen))[:NAME_CHARS_MAX]',
        new='redactor.text(chosen)[:NAME_CHARS_MAX]',
        tests=('tests/functional/test_triggers.py::'
               'test_hostile_names_forge_nothing',)),
    # known secrets
    fault.Fault(
        name='secrets of the environment are not known',
        file=KNOWN,
        old='found = (_found(_of_environment()) | '
            '_found(_of_arguments())',
        new='found = (_found(_of_arguments())',
        tests=(TEST_KNOWN + 'test_secrets_of_the_environment_are_masked',)),
    fault.Fault(
        name='secrets of the command line are not known',
        file=KNOWN,
        old='found = (_found(_of_environment()) | '
            '_found(_of_arguments())',
        new='found = (_found(_of_environment())',
        tests=(TEST_KNOWN + 'test_secrets_of_the_command_line_are_masked',)),
    fault.Fault(
        name='secrets of files that no option reads are not known',
        file=KNOWN,
        old='        secrets = secrets | _found(_of_files(context))\n',
        new='        pass\n',
        tests=(TEST_KNOWN + 'test_secrets_of_the_configuration_are_'
               'masked',)),
    fault.Fault(
        name='secret options are not known',
        file=KNOWN,
        old='secret and option.value != option.default))',
        new='False))',
        tests=(TEST_KNOWN + 'test_secret_option_is_known_and_its_default_is_'
               'not',)),
    fault.Fault(
        name='the default of a secret option hides words',
        file=KNOWN,
        old='secret and option.value != option.default))',
        new='secret))',
        tests=(TEST_KNOWN + 'test_secret_option_is_known_and_its_default_is_'
               'not',)),
    fault.Fault(
        name='what is masked in an option is not known by value',
        file=KNOWN,
        old='    yield from recognizers.values(value)\n    if not secret',
        new='    if not secret',
        tests=('tests/unit/test_known_secrets.py::TestInPlace::test_option',
               )),
    fault.Fault(
        name='items of an option that is not secret are secrets',
        file=KNOWN,
        old='option.secret or secret_names.is_password(option.name)\n'
            '        found',
        new='option.secret or secret_names.is_secret(option.name)\n'
            '        found',
        tests=('tests/unit/test_known_secrets.py::TestRegistered::'
               'test_what_is_told_outvotes_the_name',)),
    fault.Fault(
        name='libraries are not asked which settings are secret',
        file='daemon/collect.py',
        old='                self._ask_libraries()\n',
        new='                pass\n',
        tests=('tests/unit/test_known_secrets.py::TestUnregistered::'
               'test_only_what_a_library_calls_ordinary_is_shown',)),
    fault.Fault(
        name='a library that raises hides what all others say',
        file='daemon/installed_options.py',
        old='        with contextlib.suppress(Exception, SystemExit):\n'
            '            found',
        new='        with contextlib.suppress(KeyError):\n'
            '            found',
        tests=('tests/unit/test_known_secrets.py::TestUnregistered::'
               'test_libraries_that_raise_hide_no_other',)),
    fault.Fault(
        name='all that is installed is searched for plugins of oslo.config',
        file='daemon/installed_options.py',
        old="frozenset(('oslo_config._list_opts',))",
        new='frozenset()',
        tests=('tests/unit/test_known_secrets.py::TestUnregistered::'
               'test_no_library_is_imported_for_it',)),
    fault.Fault(
        name='a password that is an ordinary word hides the report',
        file=KNOWN,
        old='known_values.looked_for(secrets, ordinary)',
        new='known_values.looked_for(secrets)',
        tests=(TEST_KNOWN + 'test_ordinary_word_stays_readable',)),
    fault.Fault(
        name='a search for secrets that failed is not made again',
        file=KNOWN,
        old='    if context.options_are_known:\n',
        new='    if True:\n',
        tests=('tests/unit/test_known_secrets.py::'
               'test_options_that_could_not_be_read_are_looked_for_again',)),
    fault.Fault(
        name='secrets that cannot be looked for cost the report',
        file=KNOWN,
        old='    with contextlib.suppress(Exception):\n'
            '        found.update(search)\n',
        new='    found.update(search)\n',
        tests=(TEST_MAKE + 'test_secrets_that_cannot_be_looked_for_cost_no_'
               'report',)),
    fault.Fault(
        name='the name service is asked for the name of the user',
        file=KNOWN,
        old='user = users.names().get(os.getuid())',
        new="user = __import__('pwd').getpwuid(os.getuid()).pw_name",
        tests=('tests/unit/test_users.py::test_name_service_is_not_'
               'asked',)),
    # sections of others
    fault.Fault(
        name='a broken distribution costs the sections of others',
        file=ADDED,
        old='    except Exception:\n        # a broken',
        new='    except KeyError:\n        # a broken',
        tests=(TEST_ADDED + 'test_broken_distribution_costs_only_its_'
               'sections',)),
    fault.Fault(
        name='data of others are laid out at any depth',
        file=ADDED,
        old='if depth >= RENDER_DEPTH_MAX or not',
        new='if not',
        tests=(TEST_ADDED + 'test_deep_data_is_laid_out_up_to_a_depth',)),
    fault.Fault(
        name='a model with a text only costs its section',
        file=ADDED,
        old='    except Exception:\n        # many models',
        new='    except KeyError:\n        # many models',
        tests=('tests/unit/test_sections.py::TestAdded::'
               'test_model_with_a_text_only_has_no_data',)),
    fault.Fault(
        name='exclude_sections of a name that is mistyped is not warned of',
        file=ADDED,
        old='    if unknown:\n',
        new='    if False:\n',
        tests=('tests/unit/test_options.py::'
               'test_section_that_there_is_not_is_a_warning',)),
    fault.Fault(
        name='a section of others takes the name of one of ours',
        file='daemon/section_table.py',
        old='        while name in names:\n',
        new='        while False:\n',
        tests=(TEST_ADDED + 'test_names_of_ours_are_not_taken',)),
    fault.Fault(
        name='a section takes the name of another',
        file='daemon/registry.py',
        old='if known is not None and known.function != function:',
        new='if False:',
        tests=('tests/unit/test_registry.py::test_name_is_taken_once',)),
    fault.Fault(
        name='a section may have any name',
        file='daemon/registry.py',
        old='elif not _NAME.fullmatch(name) or',
        new='elif',
        tests=('tests/unit/test_registry.py::test_wrong_name_is_refused',)),
    # delivery
    fault.Fault(
        name='a value with newlines forges fields',
        file=JOURNAL,
        old="        if b'\\n' in encoded:\n",
        new="        if False:\n",
        tests=(TEST_JOURNAL + 'test_any_entry_arrives_as_it_was',)),
    fault.Fault(
        name='an entry too large for a datagram is lost',
        file=JOURNAL,
        old='if error.errno not in (errno.EMSGSIZE, errno.ENOBUFS):',
        new='if error.errno not in (errno.ENOBUFS,):',
        tests=(TEST_JOURNAL + 'test_entry_of_any_size_arrives',)),
    fault.Fault(
        name='a large entry is not sealed',
        file=JOURNAL,
        old='        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, _SEALS)\n',
        new='',
        tests=(DELIVERY + 'test_entry_too_large_for_a_datagram_arrives',)),
    fault.Fault(
        name='a journal that hangs has the time of a report for each entry',
        file=JOURNAL,
        old='        self._seconds_left -= time.monotonic() - start\n',
        new='',
        tests=(TEST_JOURNAL + 'test_all_entries_share_one_time_limit',)),
    fault.Fault(
        name='what the journal does not take is lost',
        file=JOURNAL,
        old="                self.elsewhere(message + '\\n', kept)\n",
        new='                pass\n',
        tests=(DELIVERY + 'test_without_a_journal_the_report_is_on_'
               'stderr',)),
    fault.Fault(
        name='what the journal does not take is in no file',
        file=JOURNAL,
        old='        if self._file_path is not None:\n',
        new='        if False:\n',
        tests=(DELIVERY + 'test_without_a_journal_log_dir_gets_a_file_a_'
               'process',)),
    fault.Fault(
        name='a file that cannot be written costs the report',
        file=JOURNAL,
        old='            except OSError as error:\n'
            '                problem',
        new='            except KeyError as error:\n                problem',
        tests=(DELIVERY + 'test_log_dir_that_cannot_be_written_costs_'
               'nothing',)),
    fault.Fault(
        name='a report is written through a link',
        file=JOURNAL,
        old='os.O_APPEND | os.O_NOFOLLOW |',
        new='os.O_APPEND |',
        tests=(TEST_JOURNAL + 'test_file_is_never_written_through_a_link',)),
    fault.Fault(
        name='anybody may read the file of a report',
        file=JOURNAL,
        old='os.O_EXCL, 0o640)',
        new='os.O_EXCL, 0o644)',
        tests=(TEST_JOURNAL + 'test_file_is_for_the_daemon_and_its_group',)),
    fault.Fault(
        name='standard error is waited for without end',
        file=JOURNAL,
        old='left = max(deadline - time.monotonic(), 0)',
        new='left = 3600.0',
        tests=(TEST_JOURNAL + 'test_standard_error_that_is_full_is_not_'
               'waited_for',)),
    fault.Fault(
        name='more is written to standard error than it takes',
        file=JOURNAL,
        old='piece = view[:WRITE_BYTES_MAX]',
        new='piece = view[:]',
        tests=(TEST_JOURNAL + 'test_standard_error_that_is_full_is_not_'
               'waited_for',)),
    fault.Fault(
        name='a broken standard error is an error',
        file=JOURNAL,
        old='    except (OSError, ValueError):\n        return False\n',
        new='    except ValueError:\n        return False\n',
        tests=(TEST_JOURNAL + 'test_standard_error_that_hangs_up_meanwhile_is_'
               'no_error',)),
    fault.Fault(
        name='a program inherits a descriptor of ours',
        file='daemon/turn.py',
        old='os.memfd_create(fields.TURN_NAME, os.MFD_CLOEXEC)',
        new='os.memfd_create(fields.TURN_NAME, 0)',
        tests=(DELIVERY + 'test_child_of_a_program_inherits_no_'
               'descriptor',)),
    fault.Fault(
        name='a report is written into what somebody else has made',
        file='daemon/journal.py',
        old='        descriptor = os.open(path, flags)\n    try:\n',
        new='        descriptor = os.open(path, flags)\n'
            '        os.write(descriptor, data)\n        return\n    try:\n',
        tests=('tests/unit/test_journal.py::'
               'test_file_that_is_not_our_own_is_not_written',)),
    # report_context
    fault.Fault(
        name='a process that was forked ends with the one before',
        file='daemon/report_context.py',
        old='        self.import_gate = import_gate\n'
            '        self.ending = Ending()\n',
        new='        self.import_gate = import_gate\n',
        tests=('tests/unit/test_report_context.py',)),
    fault.Fault(
        name='a process that was forked waits for the threads of the one '
             'before',
        file='daemon/report_context.py',
        old='        self.hung_sections = {}\n',
        new='',
        tests=('tests/unit/test_report_context.py',)),
)
