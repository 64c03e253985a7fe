# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads from AWX, or from a controller of AAP, over its API: GET alone. What logs in is in the environment, and in no message."""

from __future__ import annotations

import http.client
import json
import typing as t
import urllib.error
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from ansible.module_utils import urls

from .._input.errors import BadInput

API = "/api/"
PAGE = 100
"""Objects of a page: an event with a record has some kilobytes."""
_TRIES = 3  # a controller that restarts answers 502 and 503 for a while
_PAUSE = 2.0  # seconds between them
_UNANSWERED = (
    OSError,
    ValueError,
    http.client.HTTPException,
    urls.ConnectionError,
)  # the last is Ansible's own, for TLS and proxies
_PREFIXES = ("CONTROLLER_", "TOWER_")  # what the built-in credential of a controller puts into the environment of a job

Object = Mapping[str, t.Any]
"""What the API says of one thing."""


class ControllerError(Exception):
    """The controller did not answer as it should; the text says which path and what it said."""


@dataclass(frozen=True, slots=True)
class Login:
    """Where the controller is, and as whom it is asked."""

    host: str
    token: str = field(default="", repr=False)
    username: str = ""
    password: str = field(default="", repr=False)
    verify: bool = True
    api: str = API
    """Path of the API: behind the gateway of AAP another one than AWX's own."""


def login_of(environment: Mapping[str, str]) -> Login:
    """The login of an environment. Raises BadInput where there is none."""

    def of(name: str) -> str:
        return next((said for prefix in _PREFIXES if (said := _plain(prefix + name, environment.get(prefix + name, "")))), "")

    host = of("HOST").rstrip("/")
    if not host:
        raise BadInput(
            "",
            "the environment has no CONTROLLER_HOST: in AWX give the job template a credential for a controller, elsewhere set "
            "CONTROLLER_HOST and CONTROLLER_OAUTH_TOKEN",
        )
    if "://" not in host:
        host = f"https://{host}"
    token, username, password = of("OAUTH_TOKEN"), of("USERNAME"), of("PASSWORD")
    if not token and not (username and password):
        raise BadInput("", "the environment has neither CONTROLLER_OAUTH_TOKEN nor CONTROLLER_USERNAME with CONTROLLER_PASSWORD")
    where = _address(host)
    api = f"{where.path}/{(of('OPTIONAL_API_URLPATTERN_PREFIX') or API).strip('/')}/"
    verify = of("VERIFY_SSL").lower() not in ("false", "no", "0", "off")
    return Login(f"{where.scheme}://{where.netloc}", token, username, password, verify, api)


def _address(host: str) -> urllib.parse.SplitResult:
    """The parts of an address. Raises BadInput, which does not show what may have a password in it."""
    wrong = BadInput("", "the environment has a CONTROLLER_HOST that is no address such as https://awx.example.org")
    try:
        where = urllib.parse.urlsplit(host)
    except ValueError:
        raise wrong from None
    if where.scheme not in ("http", "https") or not where.hostname or "@" in where.netloc or where.query or where.fragment:
        raise wrong
    return where


def _plain(name: str, value: str) -> str:
    """A value without blanks around it, as a line of a file leaves them. Raises BadInput, which does not show what may be a secret."""
    value = value.strip()
    allowed = value.isprintable() and (value.isascii() or not name.endswith("OAUTH_TOKEN"))
    if not allowed:
        raise BadInput(
            "", f"the environment has a {name} with a character that cannot be sent, such as the end of a line within it"
        )
    return value


class Controller:
    """The API of a controller. ``pause``: waits some seconds."""

    def __init__(self, login: Login, pause: Callable[[float], object]) -> None:
        self._login = login
        self._pause = pause

    def get(self, path: str) -> Object:
        """What stands at a path. Raises ControllerError."""
        for left in reversed(range(_TRIES)):
            try:
                return self._read(path)
            except urllib.error.HTTPError as error:
                if error.code < 500 or not left:
                    raise ControllerError(f"{path}: the controller answered {error.code}{_hint(error.code)}") from None
            except _UNANSWERED as error:
                if not left:
                    raise ControllerError(f"{path}: the controller did not answer: {_why(error)}") from None
            self._pause(_PAUSE)
        raise ControllerError(f"{path}: not tried")

    def all(self, path: str, **query: str) -> Iterator[Object]:
        """Every object of a list, page by page, so that one page at a time is in memory. Raises ControllerError."""
        following: str | None = f"{path}?{urllib.parse.urlencode({**query, 'page_size': str(PAGE)})}"
        while following:
            answer = self.get(following)
            results, following = answer.get("results"), answer.get("next")
            if not isinstance(results, list):
                raise ControllerError(f"{path}: the controller gave no list")
            yield from (one for one in results if isinstance(one, Mapping))

    def _read(self, path: str) -> Object:
        here = self._login.api + path.removeprefix(API) if path.startswith(API + "v2/") else path  # as awx.awx does it
        url = urllib.parse.urljoin(self._login.host, here)
        if urllib.parse.urlsplit(url)[:2] != urllib.parse.urlsplit(self._login.host)[:2]:  # with http the login would be seen
            raise ControllerError("the controller names another host for its next page")
        login: dict[str, t.Any] = (
            {"headers": {"Authorization": f"Bearer {self._login.token}"}}
            if self._login.token
            else {"url_username": self._login.username, "url_password": self._login.password, "force_basic_auth": True}
        )
        with urls.open_url(
            url, method="GET", validate_certs=self._login.verify, timeout=60, follow_redirects="none", use_netrc=False, **login
        ) as response:
            answer = json.loads(response.read())
        if not isinstance(answer, Mapping):
            raise ControllerError(f"{path}: the controller gave no object")
        return answer


def _why(error: Exception) -> str:
    """The kind of an error, and what the system said. The text of another error may quote what was sent, with what logs in."""
    return f"{type(error).__name__}: {error}" if isinstance(error, OSError) else type(error).__name__


def _hint(status: int) -> str:
    if status == 401:
        return ": the login is wrong or has expired"
    return ": the user may not read it; the role auditor of the organization is enough" if status in (403, 404) else ""
