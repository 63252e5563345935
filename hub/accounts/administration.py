"""What an admin does with accounts from the shell, as plain data in and out: over HTTP or straight on the store."""

import ipaddress
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from hub.accounts.accounts import Accounts
from hub.accounts.permissions import Principal
from hub.accounts.records import Account, Invitation, Session
from hub.accounts.registry import OWNER
from hub.accounts.throttle import network_of
from hub.model.errors import ActionRefused

Data = Mapping[str, Any]
MACHINE = Principal(account="local", roles=frozenset([OWNER]))  # who has the machine owns the hub
_OF_OTHERS = ("disable", "enable", "remove", "role", "link", "oidc", "password", "code-off", "revoke")
_LOOKS = ("list", "invitations", "sessions", "bans")
_WAYS_IN = ("password", "code-off", "oidc", "token")  # for the console: no token opens another way in
MOST_ITEMS, LONGEST_TEXT = 100, 1000


class Administration:
    """Carries commands out; HubError says why one can't be."""

    def __init__(self, accounts: Accounts, now: Callable[[], datetime]) -> None:
        self._accounts, self._now = accounts, now
        self._book, self._registry = accounts.book, accounts.registry
        self._commands: Mapping[str, Callable[[Data, str], Awaitable[Any]]] = {
            "add": self._add,
            "list": self._list,
            "disable": self._disable,
            "enable": self._enable,
            "remove": self._remove,
            "role": self._role,
            "link": self._link,
            "oidc": self._oidc,
            "password": self._password,
            "code-off": self._code_off,
            "invite": self._invite,
            "invitations": self._invitations,
            "token": self._token,
            "sessions": self._sessions,
            "revoke": self._revoke,
            "bans": self._bans,
            "unban": self._unban,
        }

    async def carry_out(self, command: object, who: Principal = MACHINE) -> Any:
        """Do `{"do": NAME, ...}` for `who`; returns what is to be told, as JSON."""
        if not isinstance(command, Mapping) or (found := self._commands.get(str(command.get("do")))) is None:
            raise ActionRefused(f"send {{'do': one of {', '.join(self._commands)}}}")
        self._check_way_in(command, who)
        if not who.is_owner:
            self._check_admin(command)
        return await found(command, who.account)

    def _check_way_in(self, command: Data, who: Principal) -> None:
        """Nothing here widens a token, or spares anyone their own password."""
        do, session = command["do"], self._book.sessions.get(who.session)
        if who.scopes is not None and do not in _LOOKS:
            raise ActionRefused("a limited token only looks at accounts; sign in on the console")
        if do in _WAYS_IN and session is not None and session.kind != "console":
            raise ActionRefused("passwords, second factors and tokens take the console; sign in there")
        if do in ("password", "code-off", "oidc") and any(
            one.id == who.account for one in self._concerned(command)
        ):
            raise ActionRefused("change your own on your account's page: it asks for your password")

    def _check_admin(self, command: Data) -> None:
        """An admin who is no owner makes no owners, touches none, and signs in as nobody else."""
        do = command["do"]
        if do == "token":
            raise ActionRefused("tokens are made by who they stand for, or by an owner")
        if OWNER in (
            *_texts(command, "roles"),
            *_texts(command, "add"),
            *self._registry.roles_of(_text(command, "person")),
        ):
            raise ActionRefused("only an owner makes another owner")
        if do in _OF_OTHERS and any(OWNER in account.roles for account in self._concerned(command)):
            raise ActionRefused("only an owner may do this with an owner's account")

    def _concerned(self, command: Data) -> list[Account]:
        wanted, name = _text(command, "id"), _text(command, "name")
        session = self._book.sessions.get(wanted)
        found = [self._book.account_named(name), self._book.accounts.get(session.account if session else "")]
        return [account for account in found if account is not None]

    # --- accounts -----------------------------------------------------------------------------------------

    async def _add(self, given: Data, who: str) -> Any:
        password = _text(given, "password") if given.get("password") is not None else None
        account = await self._registry.add(
            _text(given, "name"),
            roles=_texts(given, "roles"),
            person=_text(given, "person"),
            language=_text(given, "language"),
            password=password,
        )
        self._note(
            who, "add", account.id, {"name": account.name, "roles": account.roles, "person": account.person}
        )
        return self._told(account)

    async def _list(self, _given: Data, _who: str) -> Any:
        accounts = sorted(self._book.accounts.values(), key=lambda account: account.name)
        return [self._told(account) for account in accounts]

    async def _disable(self, given: Data, who: str) -> Any:
        account = await self._registry.disable(self._named(given))
        self._note(who, "disable", account.id)
        return self._told(account)

    async def _enable(self, given: Data, who: str) -> Any:
        account = await self._registry.enable(self._named(given))
        self._note(who, "enable", account.id)
        return self._told(account)

    async def _remove(self, given: Data, who: str) -> Any:
        account = self._named(given)
        await self._registry.remove(account)
        self._note(who, "remove", account.id, {"name": account.name})
        return {"removed": account.name}

    async def _role(self, given: Data, who: str) -> Any:
        add, remove = _texts(given, "add"), _texts(given, "remove")
        account = await self._registry.change(self._named(given), add=add, remove=remove)
        self._note(who, "change_roles", account.id, {"added": add, "removed": remove})
        return self._told(account)

    async def _link(self, given: Data, who: str) -> Any:
        account = await self._registry.change(self._named(given), person=_text(given, "person"))
        self._note(who, "link", account.id, {"person": account.person})
        return self._told(account)

    async def _oidc(self, given: Data, who: str) -> Any:
        """Await somebody at the provider under an address, name or sub; "" forgets who is linked."""
        account, value = self._named(given), _text(given, "value").strip()
        if value:
            await self._accounts.oidc.await_person(account, value)
        else:
            self._accounts.oidc.forget(account.id)
        self._note(who, "link", account.id, {"oidc": value})
        return self._told(account)

    async def _password(self, given: Data, who: str) -> Any:
        """Set a password, or make a link by which its owner does."""
        account = self._named(given)
        if given.get("password") is not None:
            await self._registry.set_password(account, _text(given, "password"))
            self._note(who, "set_password", account.id)
            return self._told(self._book.accounts[account.id])
        invitation, code = await self._accounts.invitations.reset(account, made_by=who, lasts=_days(given))
        self._note(who, "invite_to_reset", account.id)
        return _invited(invitation) | {"code": code}

    async def _code_off(self, given: Data, who: str) -> Any:
        account = self._named(given)
        await self._registry.remove_totp(account)
        self._note(who, "remove_second_factor", account.id)
        return self._told(self._book.accounts[account.id])

    # --- invitations --------------------------------------------------------------------------------------

    async def _invite(self, given: Data, who: str) -> Any:
        invitation, code = await self._accounts.invitations.invite(
            made_by=who,
            name=_text(given, "name"),
            person=_text(given, "person"),
            roles=_texts(given, "roles"),
            lasts=_days(given),
        )
        self._note(who, "invite", invitation.id, {"roles": invitation.roles, "person": invitation.person})
        return _invited(invitation) | {"code": code}

    async def _invitations(self, _given: Data, _who: str) -> Any:
        now = self._now()
        return [_invited(item) for item in self._book.invitations.values() if now < item.expires]

    # --- sessions and tokens ------------------------------------------------------------------------------

    async def _token(self, given: Data, who: str) -> Any:
        scopes = _texts(given, "scopes")
        account = self._named(given)
        session, secret = await self._registry.make_token(
            account, label=_text(given, "label"), scopes=scopes or None, lasts=_days(given)
        )
        self._note(
            who, "make_token", account.id, {"session": session.id, "label": session.label, "scopes": scopes}
        )
        return self._shown(session) | {"token": secret}

    async def _sessions(self, given: Data, _who: str) -> Any:
        kinds = _texts(given, "kinds") or ("console", "client", "token")
        whose = self._named(given).id if _text(given, "name") else ""
        found = [
            item
            for item in self._book.sessions.values()
            if item.kind in kinds and whose in ("", item.account)
        ]
        return [self._shown(session) for session in sorted(found, key=lambda session: session.used)]

    async def _revoke(self, given: Data, who: str) -> Any:
        """End one session, token or invitation by its id, or all that an account has open."""
        wanted = _text(given, "id")
        if wanted in self._book.invitations:
            await self._accounts.invitations.withdraw(wanted)
            self._note(who, "withdraw", wanted)
            return {"revoked": [wanted]}
        if wanted:
            ended = [session for session in self._book.sessions.values() if session.id == wanted]
        else:
            ended = self._book.sessions_of(self._named(given).id)
        if wanted and not ended:
            raise ActionRefused(f"there is no session, token or invitation '{wanted[:80]}'")
        await self._accounts.sessions.end(ended)
        for session in ended:
            self._note(who, "revoke", session.account, {"session": session.id})
        return {"revoked": [session.id for session in ended]}

    # --- bans ---------------------------------------------------------------------------------------------

    async def _bans(self, _given: Data, _who: str) -> Any:
        now = self._now()
        return [
            {"what": self._whom(item.key), "wrong": item.count, "until": item.until.isoformat()}
            for item in self._book.failures.values()
            if item.until > now
        ]

    async def _unban(self, given: Data, who: str) -> Any:
        """Lift the bans of an account or address, or all."""
        what = _text(given, "what")
        wanted = self._keys(what) if what else set(self._book.failures)
        keys = [key for key in self._book.failures if key in wanted]
        with self._book.units.open() as unit:
            for key in keys:
                self._book.drop(self._book.failures[key])
        await unit.receipt
        self._note(who, "unban", "", {"what": what})
        return {"lifted": [self._whom(key) for key in keys]}

    def _keys(self, what: str) -> set[str]:
        account = self._book.account_named(what)
        try:
            return {f"address:{network_of(str(ipaddress.ip_network(what, strict=False)[0]))}"}
        except ValueError:
            if account is None:
                raise ActionRefused(f"'{what[:80]}' is no account and no address") from None
        devices = {key for key in self._book.failures if key.startswith(f"device:{account.id}/")}
        return {f"account:{account.id}", f"again:{account.id}", *devices}

    def _whom(self, key: str) -> str:
        kind, _, rest = key.partition(":")
        account = self._book.accounts.get(rest.partition("/")[0])
        if kind == "address":
            return f"address {rest}"
        if account is None:
            return "a name that no account has"
        return f"account {account.name}" + (" on a known device" if kind == "device" else "")

    # --- telling ------------------------------------------------------------------------------------------

    def _named(self, given: Data) -> Account:
        return self._registry.account(_text(given, "name"))

    def _note(self, who: str, verb: str, whom: str, details: Data | None = None) -> None:
        self._accounts.audit.record(verb, "account", whom, who=who, details=details)

    def _told(self, account: Account) -> dict[str, Any]:
        sessions = self._book.sessions_of(account.id)
        return {
            "id": account.id,
            "name": account.name,
            "person": account.person,
            "roles": list(account.roles),
            "disabled": account.disabled,
            "password": bool(account.password),
            "second_factor": bool(account.totp),
            "oidc": self._accounts.oidc.told(account.id),
            "sessions": sum(session.kind != "token" for session in sessions),
            "tokens": sum(session.kind == "token" for session in sessions),
            "created": account.created.isoformat(),
            "used": max((session.used for session in sessions), default=account.created).isoformat(),
        }

    def _shown(self, session: Session) -> dict[str, Any]:
        account = self._book.accounts.get(session.account)
        return told_session(session) | {"account": account.name if account is not None else ""}


def told_session(session: Session) -> dict[str, Any]:
    """A session as lists show it; nothing in it opens anything."""
    return {
        "id": session.id,
        "kind": session.kind,
        "label": session.label,
        "client": session.client,
        "address": session.address,
        "scopes": None if session.scopes is None else list(session.scopes),
        "created": session.created.isoformat(),
        "used": session.used.isoformat(),
        "expires": session.expires.isoformat(),
    }


def _invited(invitation: Invitation) -> dict[str, Any]:
    return {
        "id": invitation.id,
        "purpose": invitation.purpose,
        "name": invitation.name,
        "person": invitation.person,
        "roles": list(invitation.roles),
        "expires": invitation.expires.isoformat(),
    }


def _text(given: Data, key: str) -> str:
    value = given.get(key, "")
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise ActionRefused(f"'{key}' is text of at most {LONGEST_TEXT} characters")
    return value


def _texts(given: Data, key: str) -> tuple[str, ...]:
    value = given.get(key) or []
    if (
        not isinstance(value, list)
        or len(value) > MOST_ITEMS
        or not all(isinstance(item, str) for item in value)
    ):
        raise ActionRefused(f"'{key}' is a list of at most {MOST_ITEMS} texts")
    return tuple(value)


def _days(given: Data) -> timedelta | None:
    value = given.get("days")
    if value is None:
        return None
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 < value < 1e6:
        raise ActionRefused("'days' is a number above 0")
    return timedelta(days=value)
