# fmt: off
# ruff: noqa
"""What a running hub knows of SQL. Written by `python -m hub.store.compile`; edit tables.py or statements.py."""

from hub.store.sql import Statement

# The statements that make a fresh file.
SCHEMA = {
"events": (
"""CREATE TABLE accounts (
	id TEXT NOT NULL,
	name TEXT NOT NULL,
	person TEXT NOT NULL,
	roles TEXT NOT NULL,
	language TEXT NOT NULL,
	password TEXT NOT NULL,
	totp TEXT NOT NULL,
	totp_step BIGINT NOT NULL,
	recovery TEXT NOT NULL,
	devices TEXT NOT NULL,
	disabled BOOLEAN NOT NULL,
	created BIGINT NOT NULL,
	password_at BIGINT,
	PRIMARY KEY (id)
)""",
"""CREATE TABLE audit (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	at BIGINT NOT NULL,
	who TEXT NOT NULL,
	verb TEXT NOT NULL,
	kind TEXT NOT NULL,
	id TEXT NOT NULL,
	person TEXT NOT NULL,
	address TEXT NOT NULL,
	outcome TEXT NOT NULL,
	details TEXT NOT NULL,
	seals BIGINT,
	previous TEXT NOT NULL,
	hash TEXT NOT NULL
)""",
"""CREATE INDEX ix_audit_person ON audit (person, seq) WHERE person != ''""",
"""CREATE INDEX ix_audit_seals ON audit (seals) WHERE seals IS NOT NULL""",
"""CREATE INDEX ix_audit_who ON audit (who, seq)""",
"""CREATE TABLE events (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	id TEXT NOT NULL,
	kind TEXT NOT NULL,
	at BIGINT NOT NULL,
	source TEXT NOT NULL,
	area TEXT NOT NULL,
	severity SMALLINT NOT NULL,
	body TEXT NOT NULL,
	stored_at BIGINT NOT NULL,
	UNIQUE (id)
)""",
"""CREATE INDEX ix_events_at ON events (at)""",
"""CREATE INDEX ix_events_kind_at ON events (kind, at)""",
"""CREATE TABLE failures (
	"key" TEXT NOT NULL,
	count INTEGER NOT NULL,
	last BIGINT NOT NULL,
	until BIGINT NOT NULL,
	PRIMARY KEY ("key")
)""",
"""CREATE TABLE handlings (
	alarm TEXT NOT NULL,
	acknowledged_at BIGINT,
	acknowledged_by TEXT NOT NULL,
	closed_at BIGINT,
	closed_by TEXT NOT NULL,
	note TEXT NOT NULL,
	PRIMARY KEY (alarm)
)""",
"""CREATE TABLE inbox (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	id TEXT NOT NULL,
	person TEXT NOT NULL,
	"key" TEXT NOT NULL,
	at BIGINT NOT NULL,
	severity SMALLINT NOT NULL,
	title TEXT NOT NULL,
	message TEXT NOT NULL,
	url TEXT NOT NULL,
	evidence TEXT NOT NULL,
	cause TEXT NOT NULL,
	read_at BIGINT,
	UNIQUE (id)
)""",
"""CREATE INDEX ix_inbox_person ON inbox (person, seq)""",
"""CREATE TABLE invitations (
	id TEXT NOT NULL,
	digest TEXT NOT NULL,
	purpose TEXT NOT NULL,
	account TEXT NOT NULL,
	name TEXT NOT NULL,
	person TEXT NOT NULL,
	roles TEXT NOT NULL,
	made_by TEXT NOT NULL,
	created BIGINT NOT NULL,
	expires BIGINT NOT NULL,
	PRIMARY KEY (id)
)""",
"""CREATE TABLE memory (
	owner TEXT NOT NULL,
	"key" TEXT NOT NULL,
	value TEXT NOT NULL,
	PRIMARY KEY (owner, "key")
)""",
"""CREATE TABLE outbox (
	"key" TEXT NOT NULL,
	action TEXT NOT NULL,
	lane TEXT NOT NULL,
	data TEXT NOT NULL,
	cause TEXT NOT NULL,
	alarm TEXT NOT NULL,
	priority SMALLINT NOT NULL,
	created BIGINT NOT NULL,
	due BIGINT NOT NULL,
	attempts INTEGER NOT NULL,
	state TEXT NOT NULL,
	expires BIGINT,
	last_error TEXT NOT NULL,
	done_at BIGINT,
	PRIMARY KEY ("key")
)""",
"""CREATE INDEX ix_outbox_action_created ON outbox (action, created)""",
"""CREATE INDEX ix_outbox_alarm ON outbox (alarm)""",
"""CREATE INDEX ix_outbox_state_due ON outbox (state, due)""",
"""CREATE TABLE plans (
	version TEXT NOT NULL,
	automation TEXT NOT NULL,
	source TEXT NOT NULL,
	created BIGINT NOT NULL,
	PRIMARY KEY (version)
)""",
"""CREATE TABLE receipts (
	"key" TEXT NOT NULL,
	alarm TEXT NOT NULL,
	person TEXT NOT NULL,
	channel TEXT NOT NULL,
	print TEXT NOT NULL,
	queued BIGINT NOT NULL,
	sent BIGINT,
	delivered BIGINT,
	read BIGINT,
	acknowledged BIGINT,
	PRIMARY KEY ("key")
)""",
"""CREATE INDEX ix_receipts_alarm ON receipts (alarm)""",
"""CREATE INDEX ix_receipts_queued ON receipts (queued)""",
"""CREATE TABLE runs (
	id TEXT NOT NULL,
	automation TEXT NOT NULL,
	version TEXT NOT NULL,
	state TEXT NOT NULL,
	step INTEGER NOT NULL,
	variables TEXT NOT NULL,
	wake BIGINT,
	"trigger" TEXT NOT NULL,
	started BIGINT NOT NULL,
	finished BIGINT,
	outcome TEXT NOT NULL,
	PRIMARY KEY (id)
)""",
"""CREATE INDEX ix_runs_automation ON runs (automation, started)""",
"""CREATE INDEX ix_runs_finished ON runs (finished)""",
"""CREATE INDEX ix_runs_unfinished ON runs (started) WHERE finished IS NULL""",
"""CREATE TABLE sessions (
	id TEXT NOT NULL,
	account TEXT NOT NULL,
	kind TEXT NOT NULL,
	label TEXT NOT NULL,
	client TEXT NOT NULL,
	digest TEXT NOT NULL,
	waiting TEXT NOT NULL,
	spent TEXT NOT NULL,
	access TEXT NOT NULL,
	scopes TEXT NOT NULL,
	address TEXT NOT NULL,
	created BIGINT NOT NULL,
	used BIGINT NOT NULL,
	changed BIGINT NOT NULL,
	expires BIGINT NOT NULL,
	PRIMARY KEY (id)
)""",
"""CREATE TABLE timers (
	owner TEXT NOT NULL,
	"key" TEXT NOT NULL,
	due BIGINT NOT NULL,
	data TEXT NOT NULL,
	PRIMARY KEY (owner, "key")
)""",
"""CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is only ever added to'); END""",
"""CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
WHEN OLD.seq > coalesce((SELECT max(seals) FROM audit WHERE seals IS NOT NULL), 0)
BEGIN SELECT RAISE(ABORT, 'the audit log is only ever added to; what is sealed may go'); END""",
"""CREATE TRIGGER audit_is_not_replaced BEFORE INSERT ON audit
WHEN NEW.seq <= (SELECT max(seq) FROM audit)
BEGIN SELECT RAISE(ABORT, 'the audit log is only ever added to'); END""",
"""CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)""",
"""INSERT INTO alembic_version VALUES ('events_0006')""",
),
"history": (
"""CREATE TABLE attributes (
	id INTEGER NOT NULL,
	body TEXT NOT NULL,
	seen BIGINT NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (body)
)""",
"""CREATE TABLE entities (
	id INTEGER NOT NULL,
	entity_id TEXT NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (entity_id)
)""",
"""CREATE TABLE states (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	entity BIGINT NOT NULL,
	at BIGINT NOT NULL,
	type SMALLINT NOT NULL,
	number FLOAT,
	text TEXT,
	available BOOLEAN NOT NULL,
	attributes BIGINT
)""",
"""CREATE INDEX ix_states_entity_at ON states (entity, at)""",
"""CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)""",
"""INSERT INTO alembic_version VALUES ('history_0001')""",
),
}

# What a unit may write, by the kind of its writes.
WRITES = {
"alarm": Statement("""INSERT INTO events (id, kind, at, source, area, severity, body, stored_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING""", ('id', 'kind', 'at', 'source', 'area', 'severity', 'body', 'stored_at'), (2, 7)),
"audit": Statement("""INSERT INTO audit (seq, at, who, verb, kind, id, person, address, outcome, details, seals, previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""", ('seq', 'at', 'who', 'verb', 'kind', 'id', 'person', 'address', 'outcome', 'details', 'seals', 'previous', 'hash'), (1,)),
"handling": Statement("""INSERT INTO handlings (alarm, acknowledged_at, acknowledged_by, closed_at, closed_by, note) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (alarm) DO UPDATE SET acknowledged_at = excluded.acknowledged_at, acknowledged_by = excluded.acknowledged_by, closed_at = excluded.closed_at, closed_by = excluded.closed_by, note = excluded.note""", ('alarm', 'acknowledged_at', 'acknowledged_by', 'closed_at', 'closed_by', 'note'), (1, 3)),
"call": Statement("""INSERT INTO outbox ("key", action, lane, data, cause, alarm, priority, created, due, attempts, state, expires, last_error, done_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT ("key") DO NOTHING""", ('key', 'action', 'lane', 'data', 'cause', 'alarm', 'priority', 'created', 'due', 'attempts', 'state', 'expires', 'last_error', 'done_at'), (7, 8, 11, 13)),
"call_mark": Statement("""UPDATE outbox SET created=?, due=?, attempts=?, state=?, expires=?, last_error=?, done_at=? WHERE outbox."key" = ?""", ('created', 'due', 'attempts', 'state', 'expires', 'last_error', 'done_at', 'key'), (0, 1, 4, 6)),
"receipt": Statement("""INSERT INTO receipts ("key", alarm, person, channel, print, queued, sent, delivered, read, acknowledged) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT ("key") DO NOTHING""", ('key', 'alarm', 'person', 'channel', 'print', 'queued', 'sent', 'delivered', 'read', 'acknowledged'), (5, 6, 7, 8, 9)),
"receipt_came": Statement("""UPDATE receipts SET sent=coalesce(receipts.sent, ?), delivered=coalesce(receipts.delivered, ?), read=coalesce(receipts.read, ?), acknowledged=coalesce(receipts.acknowledged, ?) WHERE receipts."key" = ?""", ('sent', 'delivered', 'read', 'acknowledged', 'key'), (0, 1, 2, 3)),
"receipt_of_alarm": Statement("""UPDATE receipts SET sent=coalesce(receipts.sent, ?), delivered=coalesce(receipts.delivered, ?), read=coalesce(receipts.read, ?), acknowledged=coalesce(receipts.acknowledged, ?) WHERE receipts.alarm = ? AND receipts.person = ?""", ('sent', 'delivered', 'read', 'acknowledged', 'alarm', 'person'), (0, 1, 2, 3)),
"letter": Statement("""INSERT INTO inbox (id, person, "key", at, severity, title, message, url, evidence, cause, read_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING""", ('id', 'person', 'key', 'at', 'severity', 'title', 'message', 'url', 'evidence', 'cause', 'read_at'), (3, 10)),
"letters_past": Statement("""DELETE FROM inbox WHERE inbox.person = ? AND inbox.seq <= (SELECT inbox.seq
FROM inbox
WHERE inbox.person = ? ORDER BY inbox.seq DESC
 LIMIT 1 OFFSET ?)""", ('person', 'person', 'most'), ()),
"letters_read": Statement("""UPDATE inbox SET read_at=? WHERE inbox.person = ? AND inbox.seq <= ? AND inbox.read_at IS NULL""", ('read_at', 'person', 'seq'), (0,)),
"run": Statement("""INSERT INTO runs (id, automation, version, state, step, variables, wake, "trigger", started, finished, outcome) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET automation = excluded.automation, version = excluded.version, state = excluded.state, step = excluded.step, variables = excluded.variables, wake = excluded.wake, "trigger" = excluded."trigger", started = excluded.started, finished = excluded.finished, outcome = excluded.outcome""", ('id', 'automation', 'version', 'state', 'step', 'variables', 'wake', 'trigger', 'started', 'finished', 'outcome'), (6, 8, 9)),
"plan": Statement("""INSERT INTO plans (version, automation, source, created) VALUES (?, ?, ?, ?) ON CONFLICT (version) DO UPDATE SET automation = excluded.automation, source = excluded.source, created = excluded.created""", ('version', 'automation', 'source', 'created'), (3,)),
"timer": Statement("""INSERT INTO timers (owner, "key", due, data) VALUES (?, ?, ?, ?) ON CONFLICT (owner, "key") DO UPDATE SET due = excluded.due, data = excluded.data""", ('owner', 'key', 'due', 'data'), (2,)),
"timer_gone": Statement("""DELETE FROM timers WHERE timers.owner = ? AND timers."key" = ?""", ('owner', 'key'), ()),
"remember": Statement("""INSERT INTO memory (owner, "key", value) VALUES (?, ?, ?) ON CONFLICT (owner, "key") DO UPDATE SET value = excluded.value""", ('owner', 'key', 'value'), ()),
"forget": Statement("""DELETE FROM memory WHERE memory.owner = ? AND memory."key" = ?""", ('owner', 'key'), ()),
"account": Statement("""INSERT INTO accounts (id, name, person, roles, language, password, totp, totp_step, recovery, devices, disabled, created, password_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name, person = excluded.person, roles = excluded.roles, language = excluded.language, password = excluded.password, totp = excluded.totp, totp_step = excluded.totp_step, recovery = excluded.recovery, devices = excluded.devices, disabled = excluded.disabled, created = excluded.created, password_at = excluded.password_at""", ('id', 'name', 'person', 'roles', 'language', 'password', 'totp', 'totp_step', 'recovery', 'devices', 'disabled', 'created', 'password_at'), (11, 12)),
"account_gone": Statement("""DELETE FROM accounts WHERE accounts.id = ?""", ('id',), ()),
"session": Statement("""INSERT INTO sessions (id, account, kind, label, client, digest, waiting, spent, access, scopes, address, created, used, changed, expires) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET account = excluded.account, kind = excluded.kind, label = excluded.label, client = excluded.client, digest = excluded.digest, waiting = excluded.waiting, spent = excluded.spent, access = excluded.access, scopes = excluded.scopes, address = excluded.address, created = excluded.created, used = excluded.used, changed = excluded.changed, expires = excluded.expires""", ('id', 'account', 'kind', 'label', 'client', 'digest', 'waiting', 'spent', 'access', 'scopes', 'address', 'created', 'used', 'changed', 'expires'), (11, 12, 13, 14)),
"session_gone": Statement("""DELETE FROM sessions WHERE sessions.id = ?""", ('id',), ()),
"invitation": Statement("""INSERT INTO invitations (id, digest, purpose, account, name, person, roles, made_by, created, expires) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET digest = excluded.digest, purpose = excluded.purpose, account = excluded.account, name = excluded.name, person = excluded.person, roles = excluded.roles, made_by = excluded.made_by, created = excluded.created, expires = excluded.expires""", ('id', 'digest', 'purpose', 'account', 'name', 'person', 'roles', 'made_by', 'created', 'expires'), (8, 9)),
"invitation_gone": Statement("""DELETE FROM invitations WHERE invitations.id = ?""", ('id',), ()),
"failure": Statement("""INSERT INTO failures ("key", count, last, until) VALUES (?, ?, ?, ?) ON CONFLICT ("key") DO UPDATE SET count = excluded.count, last = excluded.last, until = excluded.until""", ('key', 'count', 'last', 'until'), (2, 3)),
"failure_gone": Statement("""DELETE FROM failures WHERE failures."key" = ?""", ('key',), ()),
}

CALLS_IN_STATE = Statement("""SELECT outbox."key", outbox.action, outbox.lane, outbox.data, outbox.cause, outbox.alarm, outbox.priority, outbox.created, outbox.due, outbox.attempts, outbox.state, outbox.expires, outbox.last_error, outbox.done_at
FROM outbox
WHERE outbox.state = ? ORDER BY outbox.priority DESC, outbox.due
 LIMIT ? OFFSET 0""", ('state', 'limit'), ())
CALL_BY_KEY = Statement("""SELECT outbox."key", outbox.action, outbox.lane, outbox.data, outbox.cause, outbox.alarm, outbox.priority, outbox.created, outbox.due, outbox.attempts, outbox.state, outbox.expires, outbox.last_error, outbox.done_at
FROM outbox
WHERE outbox."key" = ?""", ('key',), ())
CALLS_OF_ALARM = Statement("""SELECT outbox."key", outbox.action, outbox.lane, outbox.data, outbox.cause, outbox.alarm, outbox.priority, outbox.created, outbox.due, outbox.attempts, outbox.state, outbox.expires, outbox.last_error, outbox.done_at
FROM outbox
WHERE outbox.alarm = ? ORDER BY outbox.created
 LIMIT ? OFFSET 0""", ('alarm', 'limit'), ())
CALLS_OF_ACTION = Statement("""SELECT outbox."key", outbox.action, outbox.lane, outbox.data, outbox.cause, outbox.alarm, outbox.priority, outbox.created, outbox.due, outbox.attempts, outbox.state, outbox.expires, outbox.last_error, outbox.done_at
FROM outbox
WHERE outbox.action = ? AND (outbox.created < ? OR outbox.created = ? AND outbox."key" < ?) ORDER BY outbox.created DESC, outbox."key" DESC
 LIMIT ? OFFSET 0""", ('action', 'before', 'before', 'key', 'limit'), (1, 2))
COUNT_CALLS = Statement("""SELECT outbox.state, count(*) AS count_1
FROM outbox GROUP BY outbox.state""", (), ())
PURGE_CALLS = Statement("""DELETE FROM outbox WHERE outbox."key" IN (SELECT outbox."key"
FROM outbox
WHERE outbox.state = ? AND outbox.due < ?
 LIMIT ? OFFSET 0)""", ('state', 'due', 'limit'), (1,))
RECEIPT_BY_KEY = Statement("""SELECT receipts."key", receipts.alarm, receipts.person, receipts.channel, receipts.print, receipts.queued, receipts.sent, receipts.delivered, receipts.read, receipts.acknowledged
FROM receipts
WHERE receipts."key" = ?""", ('key',), ())
RECENT_RECEIPTS = Statement("""SELECT receipts."key", receipts.alarm, receipts.person, receipts.channel, receipts.print, receipts.queued, receipts.sent, receipts.delivered, receipts.read, receipts.acknowledged
FROM receipts
WHERE receipts.queued >= ? ORDER BY receipts.queued DESC
 LIMIT ? OFFSET 0""", ('since', 'limit'), (0,))
PURGE_RECEIPTS = Statement("""DELETE FROM receipts WHERE receipts."key" IN (SELECT receipts."key"
FROM receipts
WHERE (receipts."key" NOT IN (SELECT outbox."key"
FROM outbox))
 LIMIT ? OFFSET 0)""", ('limit',), ())
LETTERS = Statement("""SELECT inbox.seq, inbox.id, inbox.person, inbox."key", inbox.at, inbox.severity, inbox.title, inbox.message, inbox.url, inbox.evidence, inbox.cause, inbox.read_at
FROM inbox
WHERE inbox.person = ? AND inbox.seq < ? ORDER BY inbox.seq DESC
 LIMIT ? OFFSET 0""", ('person', 'before', 'limit'), ())
UNREAD_LETTERS = Statement("""SELECT inbox.seq, inbox.id, inbox.person, inbox."key", inbox.at, inbox.severity, inbox.title, inbox.message, inbox.url, inbox.evidence, inbox.cause, inbox.read_at
FROM inbox
WHERE inbox.person = ? AND inbox.seq < ? AND inbox.read_at IS NULL ORDER BY inbox.seq DESC
 LIMIT ? OFFSET 0""", ('person', 'before', 'limit'), ())
UNREAD_COUNT = Statement("""SELECT count(*) AS count_1
FROM inbox
WHERE inbox.person = ? AND inbox.read_at IS NULL""", ('person',), ())
UNFINISHED_RUNS = Statement("""SELECT runs.id, runs.automation, runs.version, runs.state, runs.step, runs.variables, runs.wake, runs."trigger", runs.started, runs.finished, runs.outcome
FROM runs
WHERE runs.finished IS NULL ORDER BY runs.started""", (), ())
RECENT_RUNS = Statement("""SELECT runs.id, runs.automation, runs.version, runs.state, runs.step, runs.variables, runs.wake, runs."trigger", runs.started, runs.finished, runs.outcome
FROM runs
WHERE runs.automation = ? ORDER BY runs.started DESC
 LIMIT ? OFFSET 0""", ('automation', 'limit'), ())
FINISH_OF_RUN_TOO_MANY = Statement("""SELECT runs.finished
FROM runs
WHERE runs.finished IS NOT NULL ORDER BY runs.finished DESC
 LIMIT 1 OFFSET ?""", ('keep',), ())
PURGE_RUNS = Statement("""DELETE FROM runs WHERE runs.id IN (SELECT runs.id
FROM runs
WHERE runs.finished <= ?
 LIMIT ? OFFSET 0)""", ('finished', 'limit'), (0,))
PLAN_BY_VERSION = Statement("""SELECT plans.version, plans.automation, plans.source, plans.created
FROM plans
WHERE plans.version = ?""", ('version',), ())
PURGE_PLANS = Statement("""DELETE FROM plans WHERE plans.created < ? AND (plans.version NOT IN (SELECT runs.version
FROM runs))""", ('created',), (0,))
ALARM_BY_ID = Statement("""SELECT events.seq, events.id, events.kind, events.at, events.source, events.area, events.severity, events.body, events.stored_at
FROM events
WHERE events.id = ?""", ('id',), ())
ALARMS = Statement("""SELECT events.seq, events.id, events.kind, events.at, events.source, events.area, events.severity, events.body, events.stored_at
FROM events
WHERE events.seq > ? ORDER BY events.seq DESC
 LIMIT ? OFFSET 0""", ('after', 'limit'), ())
ALARMS_OF_KIND = Statement("""SELECT events.seq, events.id, events.kind, events.at, events.source, events.area, events.severity, events.body, events.stored_at
FROM events
WHERE events.seq > ? AND events.kind = ? ORDER BY events.seq DESC
 LIMIT ? OFFSET 0""", ('after', 'kind', 'limit'), ())
ALARMS_WITHIN = Statement("""SELECT events.seq, events.id, events.kind, events.at, events.source, events.area, events.severity, events.body, events.stored_at
FROM events
WHERE events.seq > ? AND events.at >= ? AND events.at < ? ORDER BY events.seq DESC
 LIMIT ? OFFSET 0""", ('after', 'since', 'until', 'limit'), (1, 2))
ALARMS_SAYING = Statement("""SELECT events.seq, events.id, events.kind, events.at, events.source, events.area, events.severity, events.body, events.stored_at
FROM events
WHERE events.seq > ? AND events.at >= ? AND events.at < ? AND instr(events.body, ?) > 0 ORDER BY events.seq DESC
 LIMIT ? OFFSET 0""", ('after', 'since', 'until', 'text', 'limit'), (1, 2))
ALARMS_OF_KIND_WITHIN = Statement("""SELECT events.seq, events.id, events.kind, events.at, events.source, events.area, events.severity, events.body, events.stored_at
FROM events
WHERE events.seq > ? AND events.kind = ? AND events.at >= ? AND events.at < ? ORDER BY events.seq DESC
 LIMIT ? OFFSET 0""", ('after', 'kind', 'since', 'until', 'limit'), (2, 3))
PURGE_ALARMS = Statement("""DELETE FROM events WHERE events.seq IN (SELECT events.seq
FROM events ORDER BY events.seq
 LIMIT ? OFFSET 0) AND events.stored_at < ?""", ('limit', 'stored_at'), (1,))
ALARMS_PAGE = Statement("""SELECT events.seq, events.id, events.kind, events.at, events.source, events.area, events.severity, events.body, events.stored_at, handlings.acknowledged_at, handlings.acknowledged_by, handlings.closed_at, handlings.closed_by, handlings.note
FROM events LEFT OUTER JOIN handlings ON handlings.alarm = events.id
WHERE events.seq < ? AND events.at >= ? AND events.at < ? ORDER BY events.seq DESC
 LIMIT ? OFFSET 0""", ('before', 'since', 'until', 'limit'), (1, 2))
OPEN_ALARMS = Statement("""SELECT events.seq, events.id, events.kind, events.at, events.source, events.area, events.severity, events.body, events.stored_at, handlings.acknowledged_at, handlings.acknowledged_by, handlings.closed_at, handlings.closed_by, handlings.note
FROM events LEFT OUTER JOIN handlings ON handlings.alarm = events.id
WHERE events.seq < ? AND events.at >= ? AND events.at < ? AND handlings.closed_at IS NULL ORDER BY events.seq DESC
 LIMIT ? OFFSET 0""", ('before', 'since', 'until', 'limit'), (1, 2))
ALARM_WITH_HANDLING = Statement("""SELECT events.seq, events.id, events.kind, events.at, events.source, events.area, events.severity, events.body, events.stored_at, handlings.acknowledged_at, handlings.acknowledged_by, handlings.closed_at, handlings.closed_by, handlings.note
FROM events LEFT OUTER JOIN handlings ON handlings.alarm = events.id
WHERE events.id = ?""", ('id',), ())
ALARMS_ONWARD = Statement("""SELECT events.seq, events.id, events.kind, events.at, events.source, events.area, events.severity, events.body, events.stored_at
FROM events
WHERE events.seq > ? ORDER BY events.seq
 LIMIT ? OFFSET 0""", ('after', 'limit'), ())
PURGE_HANDLINGS = Statement("""DELETE FROM handlings WHERE handlings.alarm IN (SELECT handlings.alarm
FROM handlings
WHERE (handlings.alarm NOT IN (SELECT events.id
FROM events))
 LIMIT ? OFFSET 0)""", ('limit',), ())
AUDIT_HEAD = Statement("""SELECT audit.seq, audit.hash
FROM audit ORDER BY audit.seq DESC
 LIMIT 1 OFFSET 0""", (), ())
AUDIT_ROWS = Statement("""SELECT audit.seq, audit.at, audit.who, audit.verb, audit.kind, audit.id, audit.person, audit.address, audit.outcome, audit.details, audit.seals, audit.previous, audit.hash
FROM audit ORDER BY audit.seq""", (), ())
AUDIT_SEALS = Statement("""SELECT audit.seals, audit.id
FROM audit
WHERE audit.seals IS NOT NULL""", (), ())
AUDIT_SEALED = Statement("""SELECT max(audit.seals) AS max_1
FROM audit
WHERE audit.seals IS NOT NULL""", (), ())
AUDIT_COUNTED = Statement("""SELECT seq
FROM sqlite_sequence
WHERE name = 'audit'""", (), ())
AUDIT_FIRST_SINCE = Statement("""SELECT audit.seq, audit.previous
FROM audit
WHERE audit.at >= ? ORDER BY audit.seq
 LIMIT 1 OFFSET 0""", ('at',), (0,))
AUDIT_PAGE = Statement("""SELECT audit.seq, audit.at, audit.who, audit.verb, audit.kind, audit.id, audit.person, audit.address, audit.outcome, audit.details, audit.seals, audit.previous, audit.hash
FROM audit
WHERE audit.seq < ? AND audit.at >= ? ORDER BY audit.seq DESC
 LIMIT ? OFFSET 0""", ('before', 'since', 'limit'), (1,))
AUDIT_ABOUT = Statement("""SELECT audit.seq, audit.at, audit.who, audit.verb, audit.kind, audit.id, audit.person, audit.address, audit.outcome, audit.details, audit.seals, audit.previous, audit.hash
FROM audit
WHERE audit.seq < ? AND audit.at >= ? AND audit.person = ? ORDER BY audit.seq DESC
 LIMIT ? OFFSET 0""", ('before', 'since', 'person', 'limit'), (1,))
AUDIT_BY = Statement("""SELECT audit.seq, audit.at, audit.who, audit.verb, audit.kind, audit.id, audit.person, audit.address, audit.outcome, audit.details, audit.seals, audit.previous, audit.hash
FROM audit
WHERE audit.seq < ? AND audit.at >= ? AND audit.who = ? ORDER BY audit.seq DESC
 LIMIT ? OFFSET 0""", ('before', 'since', 'who', 'limit'), (1,))
AUDIT_ABOUT_BY = Statement("""SELECT audit.seq, audit.at, audit.who, audit.verb, audit.kind, audit.id, audit.person, audit.address, audit.outcome, audit.details, audit.seals, audit.previous, audit.hash
FROM audit
WHERE audit.seq < ? AND audit.at >= ? AND audit.person = ? AND audit.who = ? ORDER BY audit.seq DESC
 LIMIT ? OFFSET 0""", ('before', 'since', 'person', 'who', 'limit'), (1,))
PURGE_AUDIT = Statement("""DELETE FROM audit WHERE audit.seq IN (SELECT audit.seq
FROM audit
WHERE audit.seq <= ? ORDER BY audit.seq
 LIMIT ? OFFSET 0)""", ('seq', 'limit'), ())
ALL_TIMERS = Statement("""SELECT timers.owner, timers."key", timers.due, timers.data
FROM timers""", (), ())
ALL_MEMORIES = Statement("""SELECT memory.owner, memory."key", memory.value
FROM memory""", (), ())
ALL_ACCOUNTS = Statement("""SELECT accounts.id, accounts.name, accounts.person, accounts.roles, accounts.language, accounts.password, accounts.totp, accounts.totp_step, accounts.recovery, accounts.devices, accounts.disabled, accounts.created, accounts.password_at
FROM accounts""", (), ())
ALL_SESSIONS = Statement("""SELECT sessions.id, sessions.account, sessions.kind, sessions.label, sessions.client, sessions.digest, sessions.waiting, sessions.spent, sessions.access, sessions.scopes, sessions.address, sessions.created, sessions.used, sessions.changed, sessions.expires
FROM sessions""", (), ())
ALL_INVITATIONS = Statement("""SELECT invitations.id, invitations.digest, invitations.purpose, invitations.account, invitations.name, invitations.person, invitations.roles, invitations.made_by, invitations.created, invitations.expires
FROM invitations""", (), ())
ALL_FAILURES = Statement("""SELECT failures."key", failures.count, failures.last, failures.until
FROM failures""", (), ())
ADD_STATE = Statement("""INSERT INTO states (entity, at, type, number, text, available, attributes) VALUES (?, ?, ?, ?, ?, ?, ?)""", ('entity', 'at', 'type', 'number', 'text', 'available', 'attributes'), (1,))
ADD_ENTITY = Statement("""INSERT INTO entities (entity_id) VALUES (?) ON CONFLICT (entity_id) DO NOTHING""", ('entity_id',), ())
FIND_ENTITY = Statement("""SELECT entities.id
FROM entities
WHERE entities.entity_id = ?""", ('entity_id',), ())
ADD_BODY = Statement("""INSERT INTO attributes (body, seen) VALUES (?, ?) ON CONFLICT (body) DO UPDATE SET seen = CASE WHEN (attributes.seen > excluded.seen) THEN attributes.seen ELSE excluded.seen END""", ('body', 'seen'), (1,))
FIND_BODY = Statement("""SELECT attributes.id
FROM attributes
WHERE attributes.body = ?""", ('body',), ())
SEE_BODY = Statement("""UPDATE attributes SET seen=? WHERE attributes.id = ?""", ('seen', 'id'), (0,))
STATES_BETWEEN = Statement("""SELECT states.at, states.type, states.number, states.text, states.available, attributes.body
FROM states JOIN entities ON entities.id = states.entity LEFT OUTER JOIN attributes ON attributes.id = states.attributes
WHERE entities.entity_id = ? AND states.at >= ? AND states.at < ? ORDER BY states.at, states.seq
 LIMIT ? OFFSET 0""", ('entity_id', 'start', 'end', 'limit'), (1, 2))
STATE_BEFORE = Statement("""SELECT states.at, states.type, states.number, states.text, states.available, attributes.body
FROM states JOIN entities ON entities.id = states.entity LEFT OUTER JOIN attributes ON attributes.id = states.attributes
WHERE entities.entity_id = ? AND states.at < ? ORDER BY states.at DESC, states.seq DESC
 LIMIT 1 OFFSET 0""", ('entity_id', 'start'), (1,))
PURGE_STATES = Statement("""DELETE FROM states WHERE states.seq IN (SELECT states.seq
FROM states ORDER BY states.seq
 LIMIT ? OFFSET 0) AND states.at < ?""", ('limit', 'at'), (1,))
PURGE_ANY_STATES = Statement("""DELETE FROM states WHERE states.seq IN (SELECT states.seq
FROM states ORDER BY states.seq
 LIMIT ? OFFSET 0)""", ('limit',), ())
FIRST_STATE = Statement("""SELECT states.at
FROM states
WHERE states.seq = (SELECT min(states.seq) AS min_1
FROM states)""", (), ())
LAST_ATTRIBUTES = Statement("""SELECT max(attributes.id) AS max_1
FROM attributes""", (), ())
PURGE_ATTRIBUTES = Statement("""DELETE FROM attributes WHERE attributes.id >= ? AND attributes.id < ? AND attributes.seen < ?""", ('first', 'end', 'seen'), (2,))
