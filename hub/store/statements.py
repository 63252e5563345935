"""Every statement of the hub, built from its tables. A running hub takes their texts from the catalogue."""

from typing import Any

from sqlalchemy import Table, bindparam, case, delete, desc, func, literal_column, select, text, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement

from hub.store.sql import Statement
from hub.store.tables import (
    UtcTime,
    accounts,
    attributes,
    audit,
    entities,
    events,
    failures,
    handlings,
    inbox,
    invitations,
    memory,
    outbox,
    plans,
    receipts,
    runs,
    sessions,
    states,
    timers,
)

_OF = "of_"  # marks parameters of a WHERE clause, which may bear a column's name otherwise


def writes() -> dict[str, Statement]:
    """What a unit may write, by the kind of its writes."""
    return {
        "alarm": _alarm(),
        "audit": _audit(),
        "handling": _put(handlings, replace=True),
        "call": _put(outbox, replace=False),
        "call_mark": _mark(),
        "receipt": _put(receipts, replace=False),
        "receipt_came": _came(receipts.c.key == _of("key")),
        "receipt_of_alarm": _came(receipts.c.alarm == _of("alarm"), receipts.c.person == _of("person")),
        "letter": _letter(),
        "letters_past": _letters_past(),
        "letters_read": _letters_read(),
        "run": _put(runs, replace=True),
        "plan": _put(plans, replace=True),
        "timer": _put(timers, replace=True),
        "timer_gone": _drop(timers),
        "remember": _put(memory, replace=True),
        "forget": _drop(memory),
        "account": _put(accounts, replace=True),
        "account_gone": _drop(accounts),
        "session": _put(sessions, replace=True),
        "session_gone": _drop(sessions),
        "invitation": _put(invitations, replace=True),
        "invitation_gone": _drop(invitations),
        "failure": _put(failures, replace=True),
        "failure_gone": _drop(failures),
    }


def statements() -> dict[str, Statement]:
    """All others, by their names in the catalogue; whole rows come with their columns in the table's order."""
    return (
        _of_outbox()
        | _of_receipts()
        | _of_inbox()
        | _of_runs()
        | _of_journal()
        | _of_handlings()
        | _of_audit()
        | _of_keys()
        | _of_history()
        | _of_old_history()
    )


def compiled(statement: ClauseElement, table: Table, times: tuple[str, ...] = ()) -> Statement:
    """A SQLAlchemy statement as text for SQLite's driver; ValueError when it holds a value.

    Parameters named as a time column of the table, or in `times`, are times.
    """
    done = statement.compile(dialect=sqlite.dialect(paramstyle="qmark"))
    assert isinstance(done, SQLCompiler)  # noqa: S101 - what `compile` gives for a statement of this dialect
    if values := {name: value for name, value in done.params.items() if value is not None}:
        raise ValueError(f"{done} holds {values}: make it a parameter, or a literal of the text")
    names = tuple(name.removeprefix(_OF) for name in done.positiontup or ())
    timely = {column.name for column in table.columns if isinstance(column.type, UtcTime)} | {*times}
    return Statement(str(done), names, tuple(place for place, name in enumerate(names) if name in timely))


def _of(name: str) -> Any:
    """A parameter for a WHERE clause, given under the column's own name."""
    return bindparam(_OF + name)


def _first(found: Any, count: int | None = None) -> Any:
    """The first `count` rows; None makes that the parameter `limit`."""
    limit: Any = bindparam("limit") if count is None else literal_column(str(count))
    # Left to itself, SQLAlchemy passes the offset's 0 as a parameter.
    return found.limit(limit).offset(literal_column("0"))


# --- what units write -------------------------------------------------------------------------------------


def _put(table: Table, *, replace: bool) -> Statement:
    """Insert; of a row whose identity is known, update the rest or leave it all."""
    names = [column.name for column in table.columns]
    identity = list(table.primary_key.columns)
    adding = insert(table).values({name: bindparam(name) for name in names})
    if not replace:
        return compiled(adding.on_conflict_do_nothing(index_elements=identity), table)
    rest = {name: adding.excluded[name] for name in names if name not in {c.name for c in identity}}
    return compiled(adding.on_conflict_do_update(index_elements=identity, set_=rest), table)


def _drop(table: Table) -> Statement:
    leaving = delete(table)
    for column in table.primary_key.columns:
        leaving = leaving.where(column == _of(column.name))
    return compiled(leaving, table)


def _alarm() -> Statement:
    names = [column.name for column in events.columns if column.name != "seq"]
    adding = insert(events).values({name: bindparam(name) for name in names})
    # Not "or ignore": that would pass over any other fault of the row as well.
    return compiled(adding.on_conflict_do_nothing(index_elements=["id"]), events)


def _audit() -> Statement:
    return compiled(
        insert(audit).values({column.name: bindparam(column.name) for column in audit.columns}), audit
    )


def _mark() -> Statement:
    names = ("state", "created", "due", "attempts", "expires", "last_error", "done_at")
    changing = update(outbox).values({name: bindparam(name) for name in names})
    return compiled(changing.where(outbox.c.key == _of("key")), outbox)


def _came(*conditions: Any) -> Statement:
    """How far deliveries came; what was noted once stays."""
    stages = (receipts.c.sent, receipts.c.delivered, receipts.c.read, receipts.c.acknowledged)
    coming = {stage.name: func.coalesce(stage, bindparam(stage.name)) for stage in stages}
    return compiled(update(receipts).values(coming).where(*conditions), receipts)


def _letter() -> Statement:
    names = [column.name for column in inbox.columns if column.name != "seq"]
    adding = insert(inbox).values({name: bindparam(name) for name in names})
    return compiled(adding.on_conflict_do_nothing(index_elements=["id"]), inbox)


def _letters_past() -> Statement:
    """What stands behind the newest `most` of a person."""
    own = inbox.c.person == _of("person")
    newest = select(inbox.c.seq).where(own).order_by(desc(inbox.c.seq))
    bound = newest.limit(literal_column("1")).offset(bindparam("most")).scalar_subquery()
    return compiled(delete(inbox).where(own, inbox.c.seq <= bound), inbox)


def _letters_read() -> Statement:
    reading = update(inbox).values(read_at=bindparam("read_at"))
    mine = (inbox.c.person == _of("person"), inbox.c.seq <= _of("seq"), inbox.c.read_at.is_(None))
    return compiled(reading.where(*mine), inbox)


# --- events.db --------------------------------------------------------------------------------------------


def _of_outbox() -> dict[str, Statement]:
    in_state = select(*outbox.c).where(outbox.c.state == _of("state"))
    in_state = in_state.order_by(desc(outbox.c.priority), outbox.c.due)
    old = select(outbox.c.key).where(outbox.c.state == _of("state"), outbox.c.due < _of("due"))
    return {
        "CALLS_IN_STATE": compiled(_first(in_state), outbox),
        "CALL_BY_KEY": compiled(select(*outbox.c).where(outbox.c.key == _of("key")), outbox),
        "CALLS_OF_ALARM": compiled(
            _first(select(*outbox.c).where(outbox.c.alarm == _of("alarm")).order_by(outbox.c.created)), outbox
        ),
        "CALLS_OF_ACTION": compiled(_first(_calls_of_action()), outbox, times=("before",)),
        "COUNT_CALLS": compiled(select(outbox.c.state, func.count()).group_by(outbox.c.state), outbox),
        "PURGE_CALLS": compiled(delete(outbox).where(outbox.c.key.in_(_first(old))), outbox),
    }


def _calls_of_action() -> Any:
    """The newest first; `before` and `key` are the last one's that was seen."""
    earlier = outbox.c.created < bindparam("before")
    beside = (outbox.c.created == bindparam("before")) & (outbox.c.key < _of("key"))
    found = select(*outbox.c).where(outbox.c.action == _of("action"), earlier | beside)
    return found.order_by(desc(outbox.c.created), desc(outbox.c.key))


def _of_receipts() -> dict[str, Statement]:
    recent = select(*receipts.c).where(receipts.c.queued >= bindparam("since"))
    orphans = select(receipts.c.key).where(receipts.c.key.not_in(select(outbox.c.key)))
    return {
        "RECEIPT_BY_KEY": compiled(select(*receipts.c).where(receipts.c.key == _of("key")), receipts),
        "RECENT_RECEIPTS": compiled(
            _first(recent.order_by(desc(receipts.c.queued))), receipts, times=("since",)
        ),
        "PURGE_RECEIPTS": compiled(delete(receipts).where(receipts.c.key.in_(_first(orphans))), receipts),
    }


def _of_inbox() -> dict[str, Statement]:
    own, unread = inbox.c.person == _of("person"), inbox.c.read_at.is_(None)
    page = select(*inbox.c).where(own, inbox.c.seq < bindparam("before")).order_by(desc(inbox.c.seq))
    return {
        "LETTERS": compiled(_first(page), inbox),
        "UNREAD_LETTERS": compiled(_first(page.where(unread)), inbox),
        "UNREAD_COUNT": compiled(select(func.count()).select_from(inbox).where(own, unread), inbox),
    }


def _of_runs() -> dict[str, Statement]:
    unfinished = select(*runs.c).where(runs.c.finished.is_(None)).order_by(runs.c.started)
    recent = select(*runs.c).where(runs.c.automation == _of("automation")).order_by(desc(runs.c.started))
    finished = select(runs.c.finished).where(runs.c.finished.is_not(None)).order_by(desc(runs.c.finished))
    old = _first(select(runs.c.id).where(runs.c.finished <= _of("finished")))
    needless = plans.c.version.not_in(select(runs.c.version))
    return {
        "UNFINISHED_RUNS": compiled(unfinished, runs),
        "RECENT_RUNS": compiled(_first(recent), runs),
        "FINISH_OF_RUN_TOO_MANY": compiled(_first(finished, 1).offset(bindparam("keep")), runs),
        "PURGE_RUNS": compiled(delete(runs).where(runs.c.id.in_(old)), runs),
        "PLAN_BY_VERSION": compiled(select(*plans.c).where(plans.c.version == _of("version")), plans),
        "PURGE_PLANS": compiled(delete(plans).where(plans.c.created < _of("created"), needless), plans),
    }


def _of_journal() -> dict[str, Statement]:
    kind = (events.c.kind == _of("kind"),)
    within = (events.c.at >= bindparam("since"), events.c.at < bindparam("until"))
    return {
        "ALARM_BY_ID": compiled(select(*events.c).where(events.c.id == _of("id")), events),
        "ALARMS": _alarms(),
        "ALARMS_OF_KIND": _alarms(*kind),
        "ALARMS_WITHIN": _alarms(*within),
        "ALARMS_SAYING": _alarms(*within, func.instr(events.c.body, bindparam("text")) > literal_column("0")),
        "ALARMS_OF_KIND_WITHIN": _alarms(*kind, *within),
        "PURGE_ALARMS": _oldest(events, "stored_at"),
    }


def _alarms(*conditions: Any) -> Statement:
    """The newest that fit, the newest first. An index may serve, so each set of conditions has its text."""
    found = select(*events.c).where(events.c.seq > bindparam("after"), *conditions)
    return compiled(_first(found.order_by(desc(events.c.seq))), events, times=("since", "until"))


def _of_handlings() -> dict[str, Statement]:
    whole = events.outerjoin(handlings, handlings.c.alarm == events.c.id)
    columns = [*events.c, *(column for column in handlings.c if column.name != "alarm")]
    page = select(*columns).select_from(whole).where(events.c.seq < bindparam("before"))
    newest = page.where(events.c.at >= bindparam("since"), events.c.at < bindparam("until"))
    open_ = newest.where(handlings.c.closed_at.is_(None))
    one = select(*columns).select_from(whole).where(events.c.id == _of("id"))
    onward = select(*events.c).where(events.c.seq > bindparam("after")).order_by(events.c.seq)
    orphans = select(handlings.c.alarm).where(handlings.c.alarm.not_in(select(events.c.id)))
    span = ("since", "until")
    return {
        "ALARMS_PAGE": compiled(_first(newest.order_by(desc(events.c.seq))), events, times=span),
        "OPEN_ALARMS": compiled(_first(open_.order_by(desc(events.c.seq))), events, times=span),
        "ALARM_WITH_HANDLING": compiled(one, events),
        "ALARMS_ONWARD": compiled(_first(onward), events),
        "PURGE_HANDLINGS": compiled(
            delete(handlings).where(handlings.c.alarm.in_(_first(orphans))), handlings
        ),
    }


def _of_audit() -> dict[str, Statement]:
    person, who = audit.c.person == _of("person"), audit.c.who == _of("who")
    sealing = audit.c.seals.is_not(None)
    kept = select(audit.c.seq, audit.c.previous).where(audit.c.at >= _of("at")).order_by(audit.c.seq)
    gone = select(audit.c.seq).where(audit.c.seq <= _of("seq")).order_by(audit.c.seq)
    counted: Any = (
        select(literal_column("seq")).select_from(text("sqlite_sequence")).where(text("name = 'audit'"))
    )
    return {
        "AUDIT_HEAD": compiled(
            _first(select(audit.c.seq, audit.c.hash).order_by(desc(audit.c.seq)), 1), audit
        ),
        "AUDIT_ROWS": compiled(select(*audit.c).order_by(audit.c.seq), audit),
        "AUDIT_SEALS": compiled(select(audit.c.seals, audit.c.id).where(sealing), audit),
        "AUDIT_SEALED": compiled(select(func.max(audit.c.seals)).where(sealing), audit),
        "AUDIT_COUNTED": compiled(counted, audit),
        "AUDIT_FIRST_SINCE": compiled(_first(kept, 1), audit),
        "AUDIT_PAGE": _audit_page(),
        "AUDIT_ABOUT": _audit_page(person),
        "AUDIT_BY": _audit_page(who),
        "AUDIT_ABOUT_BY": _audit_page(person, who),
        "PURGE_AUDIT": compiled(delete(audit).where(audit.c.seq.in_(_first(gone))), audit),
    }


def _audit_page(*conditions: Any) -> Statement:
    """The newest rows before one that fit, the newest first."""
    since = audit.c.at >= bindparam("since")
    found = select(*audit.c).where(audit.c.seq < bindparam("before"), since, *conditions)
    return compiled(_first(found.order_by(desc(audit.c.seq))), audit, times=("since",))


def _of_keys() -> dict[str, Statement]:
    return {
        "ALL_TIMERS": compiled(select(*timers.c), timers),
        "ALL_MEMORIES": compiled(select(*memory.c), memory),
        "ALL_ACCOUNTS": compiled(select(*accounts.c), accounts),
        "ALL_SESSIONS": compiled(select(*sessions.c), sessions),
        "ALL_INVITATIONS": compiled(select(*invitations.c), invitations),
        "ALL_FAILURES": compiled(select(*failures.c), failures),
    }


# --- history.db -------------------------------------------------------------------------------------------


def _of_history() -> dict[str, Statement]:
    row: dict[str, Any] = {
        column.name: bindparam(column.name) for column in states.columns if column.name != "seq"
    }
    entity = insert(entities).values(entity_id=bindparam("entity_id"))
    body = insert(attributes).values(body=bindparam("body"), seen=bindparam("seen"))
    later = case((attributes.c.seen > body.excluded.seen, attributes.c.seen), else_=body.excluded.seen)
    again = update(attributes).values(seen=bindparam("seen")).where(attributes.c.id == _of("id"))
    return {
        "ADD_STATE": compiled(insert(states).values(row), states),
        "ADD_ENTITY": compiled(entity.on_conflict_do_nothing(index_elements=["entity_id"]), entities),
        "FIND_ENTITY": compiled(
            select(entities.c.id).where(entities.c.entity_id == _of("entity_id")), entities
        ),
        "ADD_BODY": compiled(
            body.on_conflict_do_update(index_elements=["body"], set_={"seen": later}), attributes
        ),
        "FIND_BODY": compiled(select(attributes.c.id).where(attributes.c.body == _of("body")), attributes),
        "SEE_BODY": compiled(again, attributes),
        "STATES_BETWEEN": _states_between(),
        "STATE_BEFORE": _state_before(),
    }


def _of_entity() -> Any:
    columns = (states.c.at, states.c.type, states.c.number, states.c.text, states.c.available)
    known = states.join(entities, entities.c.id == states.c.entity)
    whole = known.outerjoin(attributes, attributes.c.id == states.c.attributes)
    found = select(*columns, attributes.c.body).select_from(whole)
    return found.where(entities.c.entity_id == _of("entity_id"))


def _states_between() -> Statement:
    found = _of_entity().where(states.c.at >= bindparam("start"), states.c.at < bindparam("end"))
    return compiled(_first(found.order_by(states.c.at, states.c.seq)), states, times=("start", "end"))


def _state_before() -> Statement:
    found = _of_entity().where(states.c.at < bindparam("start"))
    found = found.order_by(desc(states.c.at), desc(states.c.seq))
    return compiled(_first(found, 1), states, times=("start",))


def _of_old_history() -> dict[str, Statement]:
    first = select(func.min(states.c.seq)).scalar_subquery()
    within = (attributes.c.id >= bindparam("first"), attributes.c.id < bindparam("end"))
    return {
        "PURGE_STATES": _oldest(states, "at"),
        "PURGE_ANY_STATES": _oldest(states),
        "FIRST_STATE": compiled(select(states.c.at).where(states.c.seq == first), states),
        "LAST_ATTRIBUTES": compiled(select(func.max(attributes.c.id)), attributes),
        "PURGE_ATTRIBUTES": compiled(
            delete(attributes).where(*within, attributes.c.seen < _of("seen")), attributes
        ),
    }


def _oldest(table: Table, time: str = "") -> Statement:
    """Delete up to `limit` of the first rows of a table; with `time`, those of them that are older."""
    first = _first(select(table.c.seq).order_by(table.c.seq))
    gone = delete(table).where(table.c.seq.in_(first))
    return compiled(gone.where(table.c[time] < _of(time)) if time else gone, table)
