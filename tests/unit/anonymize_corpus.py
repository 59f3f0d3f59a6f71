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

"""Texts as reports have them: who is named in them, and what must stay.

A line a text. In each, ``{}`` is what is tried: a name that may not be found
in the result, or a word that must be.
"""

from __future__ import annotations

#: The names that the report tells by its options, URLs and processes.
HOSTS = ('ctl-7.rack4.corp.example.net', 'db-3.corp.example.net', 'cache-9',
         'rmq_1', 'kvm44', 'k8')
USERS = ('svc-telemetry', 'alice', 'DOMAIN\\\\bob')
OPTIONS = {
    'project_name': 'Acme Corp Billing', 'project_domain_name': 'acme-corp',
    'user_domain_name': 'AcmeUsers', 'os_tenant_name': 'tenant42',
    'region_name': 'DC-West-2', 'username': 'svc-telemetry',
    'transport_url': 'rabbit://mq-user:***@rmq_1:5672,mq2:***@cache-9/vhost',
    'memcache_servers': ['db-3.corp.example.net:11211', 'k8:11211'],
    'host': 'ctl-7.rack4.corp.example.net', 'auth_url':
        'https://keystone.apps.cloud.example.org:5000/v3',
    'dns_server': 'ns1.corp.example.net',
}

#: A text, and the name in it that must be replaced.
CANARIES = [
    # hosts, whole and in part, and what is made of them
    ('cannot reach {}', 'ctl-7.rack4.corp.example.net'),
    ('cannot reach {}', 'ctl-7'),
    ('cannot reach {}.', 'CTL-7.Rack4.Corp.Example.Net'),
    ('queue {}_agent', 'ctl-7'),
    ('queue {}_agent', 'cache-9'),
    ('queue {}_agent', 'kvm44'),
    ('listens on_{}', 'cache-9'),
    ('reply_{}', 'kvm44'),
    ('unit x@{}.service', r'ctl\x2d7'),
    ('unit x@{}.service', r'cache\x2d9'),
    ('topic notifications.{}', 'rmq_1'),
    ('topic notifications.{}', 'rmq-1'),
    ('url /hosts/{}/x', 'db%2D3'),
    ('pod {}', 'ctl_7'),
    ('{}:/srv on /mnt', 'cache-9'),
    ('user@{}: x', 'kvm44'),
    ('timed out: {}:11211', 'k8'),
    ("HTTPConnectionPool(host='{}', port=80)", 'k8'),
    # domains, their parents, and other hosts below them
    ('search {}', 'rack4.corp.example.net'),
    ('search {}', 'corp.example.net'),
    ('search {}', 'example.net'),
    ('search {}', 'apps.cloud.example.org'),
    ('search {}', 'cloud.example.org'),
    ('search {}', 'example.org'),
    ('cannot resolve {}', 'other.corp.example.net'),
    ('cannot resolve {}', 'www.example.org'),
    ('*.{} wildcard', 'corp.example.net'),
    # users, projects, domains, regions
    ('/home/{}/x', 'carol'),
    ('rabbit://{}:***@127.0.0.1', 'mq2'),
    ('user {} may not', 'svc-telemetry'),
    ('user {} may not', 'svc_telemetry'),
    ('project {} is disabled', 'Acme Corp Billing'),
    ('project {} is disabled', 'acme corp billing'),
    ('project {} is disabled', 'Acme%20Corp%20Billing'),
    ('project {} is disabled', 'Acme_Corp_Billing'),
    ('domain {}', 'acme-corp'),
    ('domain {}', 'AcmeUsers'),
    ('tenant {}', 'tenant42'),
    ('region {}', 'DC-West-2'),
    # what says itself that it is a name
    ("{{'project_name': '{}', 'x': 1}}", 'Other Proj'),
    ('project_name = {}', 'Secret Org'), ('user_name: {}', 'carla'),
    ('of {} and', 'Secret Org'), ('X-Project-Name: {}', 'HdrProj'),
    ('"project": {{"id": "x", "name": "{}"}}', 'InlineProj'),
    ("'user': {{'domain': {{'id': 'default'}}, 'name': '{}'}}", 'inlined'),
    ('OS_USERNAME={} x', 'oscar9'), ('username="{}"', 'AD\\\\otto'),
    ("HTTPConnectionPool(host='{}', port=80)", 'hc1.foo.lan'),
    ('cannot reach {} at all', 'hc1.foo'), ('hypervisor_hostname: {}', 'hv9'),
    ('OS-EXT-SRV-ATTR:host: {}', 'hv-y9'), ('queue cpu.{}.x', 'hv-y9'),
    ("denied for user '{}'@'localhost'", 'someone'),
    ("'root'@'{}'", 'newhost5'),
    ('failed for user "{}"', 'pguser'), ('rabbit@{} down', 'mqnode'),
    ('server on {}:5672 is unreachable', 'mqserver'),
    ('publisher_id: compute.{}', 'hv-r9'),
    # hosts that errors tell
    ('connect to {} port 5672', 'qhost'),
    ('ssh: connect to host {} port 22: No route to host', 'qhosta'),
    ('Failed to connect to {} port 8774 after 3 ms', 'qhostb'),
    ('getaddrinfo {} failed', 'qhostc'),
    ('getaddrinfo failed for {}', 'qhostd.lan'),
    ('[Errno -2] Name or service not known: {}', 'qhoste'),
    ("Temporary failure in name resolution: '{}'", 'qhostf'),
    ('curl: (6) Could not resolve host: {}', 'qhostg'),
    ('could not translate host name "{}" to address', 'qhosth'),
    ('ping: {}: Name or service not known', 'qhosti'),
    ('host {} is down', 'qhostj'), ('Compute host {} could not be', 'qhostk'),
    ('Host {} is not mapped to any cell', 'qhostl'),
    ('source_compute: {}', 'qhostm'), ("'dest_compute': '{}'", 'qhostn'),
    ('dest_node={} x', 'qhosto'), ('RPC to nova-compute:{} timed', 'cmp0x1'),
    ('lookup x: no such host: {}', 'qhostp'), ('rhost={} user', 'qhostq'),
    ('of {} again', 'qhostj'),
    # users that the logs of logins tell
    ('/Users/{}/x', 'dora'), ('by {} again', 'dora'),
    ('sudo:   {} : TTY=pts/0 ; PWD=/x ; USER=root ; COMMAND=/bin/x', 'emil'),
    ('sshd[3]: Accepted publickey for {} from 127.0.0.1 port 2', 'fritz'),
    ('sshd[3]: Failed password for invalid user {} from ::1', 'gustav'),
    ('pam_unix(sshd:session): session opened for user {}(uid=1)', 'heidi'),
    ('systemd-logind: New session 3 of user {}.', 'ida-x'),
    ('uid=1000({}) gid=1000(users) groups=100(users),27(sudo)', 'jonas'),
    ('su: (to root) {} on pts/1', 'karla'), ('by {} as well', 'karla'),
    ('logname= uid=0 tty=ssh ruser={} rhost=127.0.0.1', 'lothar'),
    # addresses
    ('to {}', '10.20.30.41'), ('{}.default.pod', '10-20-30-41'),
    ('to {}:5672', '10.20.30.41'),
    ('to [{}]:5672', '2a00:1450:4001:81b::200e'),
    ('{}: no route', '2a00:1450:4001:81b::200e'),
    ('from {}', '::ffff:10.20.30.41'),
    ('host ip-{}', '10-20-30-41'),
    ('host ip-{}.ec2.internal', '10-20-30-41'),
    ('host vm_{}', '10_20_30_41'),
    ('addr=({!r}, 5672)', '93.184.216.34'),
    ('mac {}', 'fa:16:3e:0a:1b:2c'),
    ('mac {}', 'FA-16-3E-0A-1B-2C'),
    ('mac {}', 'fa16.3e0a.1b2c'),
    ('mac {}', 'fa163e0a1b2c'),
    ('mac {}', 'fa_16_3e_0a_1b_2c'),
    ('mac 0x{}', 'fa163e0a1b2c'),
    ('mac {}', 'fa163e-0a1b2c'),
    ('guid {}', '00:11:22:33:44:55:66:77'),
    # ids
    ('project {}', '3f2504e0-4f89-11d3-9a0c-0305e82c3301'),
    ('project {}', '3F2504E0-4F89-11D3-9A0C-0305E82C3301'),
    ('project {}', '3f2504e0_4f89_11d3_9a0c_0305e82c3301'),
    ('project {}', '3f2504e04f8911d39a0c0305e82c3301'),
    ('reply_{}', '3f2504e04f8911d39a0c0305e82c3301'),
    ('cgroup docker-{}.scope', 'ab12' * 16),
    ('/libpod-{}/x', 'ab12' * 16),
    ('kubepods-besteffort-pod{}.slice',
     '3f2504e0_4f89_11d3_9a0c_0305e82c3301'),
    ('id%3D{}', '3f2504e04f8911d39a0c0305e82c3301'),
    ('device tap{}', '3f2504e0-4f'),
    ('device enx{}', '525400a1b2c3'), ('link enx{}: up', '001b44113ab7'),
    ('wlx{}', '00c0caa1b2c3'), ('device tap{}', 'fa163eaabbcc'),
    ('veth{}', 'fa163eaabbcd'), ('macvtap-{}', 'fa163eaabbce'),
    ('/v3/projects?name={}', 'Acme+Corp+Billing'),
    ('path=%2F{}%2Fx', 'cache-9'),
    ('container {} of it', 'ab12ab12ab12'),
    ('guest {}', 'instance-0000abcd'),
    (r'machine-qemu\x2d3\x2d{}.scope', r'instance\x2d0000abcd'),
    ('vol{}', '3f2504e0-4f89-11d3-9a0c-0305e82c3301'),
    ('x{}_del', '3f2504e0-4f89-11d3-9a0c-0305e82c3301'),
    ('id {}', '3f2504e0%2D4f89%2D11d3%2D9a0c%2D0305e82c3301'),
    (r'id\x2d{}', r'3f2504e0\x2d4f89\x2d11d3\x2d9a0c\x2d0305e82c3301'),
    ('mail to {}', 'jane.doe+ops@staff.example.com'),
    ('below {}', 'staff.example.com'),
    ('mail to {}', 'jane.doe%40staff.example.com'),
    ('mail to {}', 'jane.doe[at]staff[dot]example.com'),
    ('mail to {}', 'jane.doe (at) staff.example.com'),
    # LDAP
    ('bind as cn={},dc=com', 'Jane Doe'),
    ('bind as uid={},ou=people,dc=com', 'jdoe'),
    ('bind as cn=admin,ou={},dc=com', 'Billing Team'),
    ('bind as cn=admin,ou=users,dc={},dc=org', 'acme'),
    ('bind as CN=Admin, OU=Users, DC={}, DC=org', 'acme'),
    ('base dc={} is invalid', 'acme'), ("base 'ou={}'", 'Billing Team'),
    ('filter (&(objectClass=person)(sAMAccountName={}))', 'jdoe'),
    ('ldap://127.0.0.1/dc={},dc=org??sub', 'acme'),
    ('ldap://127.0.0.1/dc%3D{}%2Cdc%3Dorg', 'acme'),
    ('o={},dc=com', 'Acme Inc'), ('search {}', 'acme.org'),
    # storage
    ('target {}', 'iqn.2010-10.com.acme:volume-1'),
    ('target {}-lun-1', 'iqn.2010-10.com.acme:volume-1'),
    ('ip-127.0.0.1:3260-iscsi-{}-lun-0', 'iqn.2001-05.com.acme:a.b-c'),
    ('subsystem {}', 'nqn.2014-08.com.acme:nvme:x.1'),
    ('wwn {}', '0x500507680b2180ab'), ('wwn {}', '500507680b2180ab'),
    ('wwn {}', '50:05:07:68:0b:21:80:ab'), ('{}', 'naa.500507680b2180ab'),
    ('{}', 'eui.0025385b71b0a1c2'),
    ('naa.{}', '600508b4000971ca0000700000d10000'),
    ('mpath 3{}', '600508b4000971ca0000700000d10000'),
    ('uuid {}', '60:05:08:b4:00:09:71:ca:00:00:70:00:00:d1:00:00'),
    ('/dev/disk/by-id/{}-part1', 'ata-ST1000DM003_Z1D5SE7R'),
    ('/dev/disk/by-id/{}', 'wwn-0x5000c500a1b2c3d4'),
    ('Serial Number: {}', 'Z1D5SE7R'), ('serial={}', 'S2R6NX0H740154'),
    ('"serial": "{}"', 'Z1D5SE7R'), ('Service Tag: {}', '7XK9Q52'),
]

#: A text, and what in it must stay.
SURVIVORS = [
    ('{} works', '127.0.0.1'), ('{} works', '::1'), ('{} works', '0.0.0.0'),
    ('{} is no address', '12:30:45'), ('{} is none', '1.2.3.4.5'),
    ('{} is none', '300.1.2.3'), ('{} is none', '2026-11-22'),
    # versions
    ('oslo.messaging = {}', '17.1.0.2'), ('version {}', '3.11.2.1'),
    ('Version: {}', '3.11.2.1'), ('needs foo=={}', '3.11.2.1'),
    ('needs foo>={}', '3.11.2.1'), ('v{} of it', '3.11.2.1'),
    ('foo-{}.dist-info', '3.11.2.1'), ('foo-{}.tar.gz', '3.11.2.1'),
    # what the package is made of
    ('File "{}", line 3', '/usr/lib/python3/dist-packages/ceilometer/compute/'
     'pollsters/platform.py'),
    ('{}.pollsters.cpu', 'ceilometer.compute'), ('[{}] workers', 'compute'),
    ('[{}] workers', 'platform'), ('nova-{} agent', 'compute'),
    ('{}.service', 'ceilometer-agent-compute'),
    ('{}', 'polling_namespaces = compute, central'),
    ('{}', 'import platform'), ('{}', 'platform.uname()'),
    ('{}', 'KeyError: compute'), ('{}', 'a condition or an event'),
    ('exec {}', '/usr/bin/ceilometer-polling'),
    # what programs call a name, and what is said instead of one
    ('{}', 'host=self.host, port=80'), ('{}', 'user_name=self.user'),
    ('{}', 'hostname=socket.gethostname()'), ('{}', 'username=username,'),
    ('    {}', 'project_name = conf.project_name'), ('{}', "host='%s'"),
    ('{}', 'host: unreachable'), ('{}', 'server: disconnected'),
    ('{}', 'user_name: required'), ('{}', 'project_name is required'),
    ('{}', 'domain_name: str'), ('{}', 'hostname: the name of the host'),
    ('{}', "project_name='None'"), ('{}', "for user '%s'"),
    ('{}', 'connected to ceilometer:80'), ('{}', 'user=user, x=1'),
    # what errors say where others have a host, and logins a user
    ('{}', 'connect to the port 22'), ('{}', 'getaddrinfo failed'),
    ('{}', 'Temporary failure in name resolution: retrying'),
    ('{}', 'Name or service not known'), ('{}', 'host key is unknown'),
    ('{}', 'the host name is not set'), ('{}', 'host agent is down'),
    ('{}', 'socket.gaierror: Name or service not known'),
    ('{}', 'image nova-compute:latest'), ('{}', 'ceilometer-polling: 3'),
    ('{}', 'nova-compute:started'), ('{}', 'source_compute: self.host'),
    ('{}', 'session opened for user root(uid=0)'), ('{}', 'uid=0(root)'),
    ('{}', 'f(uid=3) and 4(x)'), ('{}', 'No route to host'),
    ('{}', 'cannot resolve the name'), ('{}', 'host is down'),
    # words that only begin or end like names
    ('{}', '123456-654321'), ('{}', 'tap0'), ('{}', 'enp0s31f6'),
    ('{}', 'stack0123456789ab'), ('{}', 'a+b'),
    ('{}', 'kvm441'), ('{}', 'mykvm44'), ('{}', 'cache-91'),
    ('{}', 'notexample.netx'), ('{}', 'example.network'),
    # what tells nothing
    ('user {}', 'root'), ('user {}', 'ceilometer'), ('host {}', 'localhost'),
    ('domain {}', 'Default'), ('project {}', 'service'),
    ('{}', 'cluster.local'), ('short id {}', '3ceceb026120'),
    # what only resembles names in a directory, of storage, and mails
    ('{}', 'c = 3'), ('{}', 'l=4, x=5'), ('{}', 'o=x'), ('{}', 'uid=998'),
    ('{}', 'uid=998, gid=998'), ('{}', 'ou=people,dc=com'),
    ('{}', 'cn=config'), ('{}', 'f(o=x, c=y, l=z)'),
    ('{}', '(objectClass=person)'), ('{} bytes', '5095334400000000'),
    ('object at {}', '0x7f889292d6c0'), ('object at {}', '0x00007f889292d6c0'),
    ('at {} us', '1795334400000000'), ('span {}', 'b7ad6b7169203331'),
    ('{}', 'serial: unknown'), ('{}', 'serial = true'),
    ('{}', 'serial console: tty1'), ('{}', 'iqn of the target'),
    ('{}', 'Meter (at) work'), ('{}', 'Unknown Host <none>'),
    ('{}', '/dev/disk/by-id'), ('{}', 'serialize=1'),
]
