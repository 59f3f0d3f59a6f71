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

"""Regular expressions that are compiled at their first use."""

import importlib
import pkgutil
import re
import subprocess
import sys

import pytest

from ceilometer import diagnostics
from ceilometer.diagnostics import patterns
from tests import limits

# Prints which expressions our modules compile while they are imported, and
# how many the first text that is masked does.
COUNTED = """
import re
import sys
by_us = []
compile_ = re.compile
def counted(pattern, flags=0):
    names = {sys._getframe(depth).f_globals['__name__'] for depth in (1, 2)}
    if any(name.startswith('ceilometer.diagnostics') for name in names):
        by_us.append(pattern)
    return compile_(pattern, flags)
re.compile = counted
import ceilometer.diagnostics.daemon.make_report
print(by_us)
from ceilometer.diagnostics.secrets import mask
print(mask.Masker().text('password=cA1n4aryx'))
print(len(by_us) > 3)
"""


# Prints how many are compiled before the first report, and which in it.
IN_REPORT = COUNTED.partition('import ceilometer')[0] + """
from ceilometer.diagnostics import fields
from ceilometer.diagnostics import report
from ceilometer.diagnostics.daemon import process
from ceilometer.diagnostics.daemon import reporter
made = reporter.Reporter(process.Daemon('example'), None)
made.prepare()
print(len(by_us) > 20)
by_us.clear()
asked = made.request(report.Trigger(fields.TRIGGER_API, 0))
print(made.wait(asked, 60) is not None)
print(by_us)
"""


def expressions():
    """Every expression of the package that is compiled at its first use."""
    found = []
    for module in pkgutil.walk_packages(
            diagnostics.__path__, diagnostics.__name__ + '.'):
        values = list(vars(importlib.import_module(module.name)).values())
        for value in values:
            if isinstance(value, (tuple, list)):
                values += value
            elif isinstance(value, dict):
                values += value.values()
            elif isinstance(value, patterns._Pattern):
                found.append(value)
    return found


def test_nothing_is_compiled_at_import():
    """A daemon that starts need not wait for what only a report uses."""
    done = subprocess.run([sys.executable, '-c', COUNTED], text=True,
                          capture_output=True, check=True,
                          timeout=limits.EVENT_SECONDS)
    assert done.stdout == '[]\npassword=***\nTrue\n'


def test_what_nearly_every_report_uses_is_compiled_before(tmp_path):
    """The first report does not compile it."""
    # the report has the command line, too: of a program, as a daemon's is
    program = tmp_path / 'ceilometer-example'
    program.write_text(IN_REPORT)
    done = subprocess.run([sys.executable, program], text=True,
                          capture_output=True, check=True,
                          timeout=limits.EVENT_SECONDS)
    assert done.stdout == 'True\nTrue\n[]\n'


def test_usual_are_compiled_once():
    """Then nobody has to wait for it."""
    made = patterns.usual('of this test alone')
    assert made in patterns._usual
    patterns.compile_usual()
    assert patterns._usual == []
    assert made._compiled is re.compile('of this test alone')
    assert made.search('x of this test alone')


def test_every_expression_is_valid():
    """One that is not would fail in a report, and not at import."""
    found = expressions()
    assert len(found) > 80
    for one in found:
        one.search('')


def test_it_does_what_the_compiled_one_does():
    """Methods are those of re.Pattern, at the first use and later."""
    expression = r'(\w+)=(\w*)'
    made = patterns.pattern(expression)
    compiled = re.compile(expression)
    for _ in range(2):
        assert made.sub('x', 'a=b, c=') == compiled.sub('x', 'a=b, c=')
        assert made.findall('a=b, c=') == compiled.findall('a=b, c=')
        assert made.match(' a=b', 1)[1] == 'a'
        assert made.fullmatch('a=b ') is None
    assert patterns.pattern('A', re.IGNORECASE).search('ba').span() == (1, 2)


def test_only_its_own_methods():
    """What re.Pattern does not have is missing here as well."""
    made = patterns.pattern('a')
    with pytest.raises(AttributeError, match='serch'):
        made.serch('a')


def test_invalid_is_told_at_first_use():
    """An expression that cannot be compiled raises what re.compile() does."""
    made = patterns.pattern('(')
    with pytest.raises(re.error, match='unterminated'):
        made.search('a')
