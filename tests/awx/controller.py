# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A controller on loopback that keeps objects, as far as the modules that configure one can tell. It refuses what AWX 24.6.1 refuses.

Which fields there are, their defaults and choices: awx-api.json. What else it refuses was seen on a real one: a schedule that does not
answer what must be answered, the same child in two lists of a node, a rule without DTSTART or INTERVAL, a message with a bare attribute of
the artifacts.
"""

from __future__ import annotations

import http.server
import json
import re
import threading
import typing as t
import urllib.parse
from pathlib import Path

API = json.loads(Path(__file__).with_name("awx-api.json").read_text())["endpoints"]
TOKEN = "token-of-the-test"
PAGE = 3  # results of a page
ENCRYPTED = "$encrypted$"
_SECRET = ("password", "token")  # of notification_configuration
_ASSOCIATIONS = {
    "credentials": "credentials", "labels": "labels", "teams": "teams",
    "notification_templates_started": "notification_templates", "notification_templates_success": "notification_templates",
    "notification_templates_error": "notification_templates", "notification_templates_approvals": "notification_templates",
    "success_nodes": "workflow_job_template_nodes", "failure_nodes": "workflow_job_template_nodes",
    "always_nodes": "workflow_job_template_nodes",
}  # fmt: skip
_LINKS = ("success_nodes", "failure_nodes", "always_nodes")
_UNIFIED = ("job_templates", "workflow_job_templates", "projects")
_PLAIN = ("organizations", "inventories", "credentials", "teams", "workflow_approval_templates")


class Refused(Exception):
    """What a request is answered with instead."""

    def __init__(self, status: int, said: dict[str, t.Any]) -> None:
        super().__init__(said)
        self.status, self.said = status, said


class Controller:
    """The objects, by kind and number. `requests`: method and path of each that came."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[int, dict[str, t.Any]]] = {kind: {} for kind in (*API, *_PLAIN)}
        self.linked: dict[tuple[str, int, str], list[int]] = {}
        self.surveys: dict[tuple[str, int], dict[str, t.Any]] = {}
        self.secrets: dict[int, dict[str, t.Any]] = {}
        self.requests: list[tuple[str, str]] = []
        self.roles: dict[int, tuple[str, int, str]] = {}
        self.first: list[set[str]] = []  # after each request, the templates with which a workflow would start
        self.refuses = ""  # how the path of a request ends that is answered with 500
        self._last = 0

    def add(self, kind: str, **fields: t.Any) -> int:
        """Put an object in, with the defaults of its kind. Raises Refused."""
        known = API.get(kind, {}).get("fields")
        if kind == "job_templates":  # read-only: that of the project
            fields = {**fields, "organization": self.objects["projects"].get(fields.get("project"), {}).get("organization")}
        if known is not None:
            _check(known if kind != "job_templates" else {**known, "organization": {}}, fields, whole=True)
            fields = {**{name: field["default"] for name, field in known.items() if "default" in field}, **fields}
        self._rules(kind, fields)
        self._last += 1
        number = self._last
        self.objects[kind][number] = {**fields, "id": number}
        for role in API.get(kind, {}).get("roles", ()):
            self._last += 1
            self.roles[self._last] = (kind, number, role)
        return number

    def names(self) -> dict[str, list[str]]:
        """Kind -> names of its objects, sorted; a node by its identifier."""
        return {
            kind: sorted(one.get("name") or one.get("identifier", "") for one in objects.values())
            for kind, objects in self.objects.items()
            if objects
        }

    def snapshot(self) -> dict[str, t.Any]:
        """Everything that is kept, to be compared."""
        return json.loads(json.dumps([self.objects, sorted(map(str, self.linked.items())), sorted(map(str, self.surveys.items()))]))

    def change(self, kind: str, number: int, fields: dict[str, t.Any]) -> None:
        """A PATCH. Raises Refused."""
        if kind in API:
            _check({**API[kind]["fields"], "organization": {}}, fields, whole=False)
        one = self.objects[kind][number]
        self._rules(kind, {**one, **fields})
        one.update(fields)

    def starting(self) -> set[str]:
        """Names of the templates of nodes without parents, which run as soon as their workflow does."""
        children = {child for key, its in self.linked.items() if key[2] in _LINKS for child in its}
        first = [one for number, one in self.objects["workflow_job_template_nodes"].items() if number not in children]
        return {
            self.objects[self.unified(number)][number]["name"] for one in first if (number := one.get("unified_job_template") or 0)
        }

    def delete(self, kind: str, number: int) -> None:
        """Take an object away, with what is part of it."""
        gone = self.objects[kind].pop(number)
        self.surveys.pop((kind, number), None)
        if kind == "workflow_job_templates":
            self._delete_all("workflow_job_template_nodes", "workflow_job_template", number)
        if kind in _UNIFIED:
            self._delete_all("schedules", "unified_job_template", number)
            for node in self.objects["workflow_job_template_nodes"].values():
                if node.get("unified_job_template") == number:
                    node["unified_job_template"] = None
        self.objects["workflow_approval_templates"].pop(gone.get("unified_job_template", 0), None)
        roles = {role for role, of in self.roles.items() if of[:2] == (kind, number)}
        for key in [key for key in self.linked if key[:2] == (kind, number) or (key[0] == "roles" and key[1] in roles)]:
            del self.linked[key]
        for (_kind, _number, association), its in self.linked.items():
            if _ASSOCIATIONS[association] == kind and number in its:
                its.remove(number)

    def _delete_all(self, kind: str, field: str, number: int) -> None:
        for its in [its for its, one in self.objects[kind].items() if one.get(field) == number]:
            self.delete(kind, its)

    def link(self, kind: str, number: int, association: str, data: dict[str, t.Any]) -> None:
        """Associate or disassociate. A label that nothing uses any more is gone. Raises Refused."""
        its, other = self.linked.setdefault((kind, number, association), []), int(data["id"])
        if data.get("disassociate"):
            its.remove(other)
            if association == "labels" and not any(other in one for key, one in self.linked.items() if key[2] == "labels"):
                self.delete("labels", other)
            return
        if association in _LINKS and any(other in self.linked.get((kind, number, one), []) for one in _LINKS):
            raise Refused(400, {"detail": "Relationship not allowed."})
        if other not in self.objects[_ASSOCIATIONS[association]]:
            raise Refused(400, {"detail": "not found"})
        its.append(other)

    def unified(self, number: int) -> str:
        """Kind of a template."""
        return next((kind for kind in (*_UNIFIED, "workflow_approval_templates") if number in self.objects[kind]), "")

    def _rules(self, kind: str, fields: dict[str, t.Any]) -> None:
        if kind == "schedules":
            rule = fields["rrule"]
            for word, said in (("DTSTART", "Valid DTSTART required in rrule"), ("INTERVAL", "INTERVAL required in rrule")):
                if word not in rule:
                    raise Refused(400, {"rrule": [said]})
        if kind in ("schedules", "workflow_job_template_nodes") and fields.get("unified_job_template"):
            number = fields["unified_job_template"]
            spec = self.surveys.get((self.unified(number), number), {"spec": []})["spec"]
            answers = fields.get("extra_data") or {}
            missing = [one["variable"] for one in spec if one["required"] and one["variable"] not in answers]
            if kind == "schedules" and missing:
                raise Refused(400, {"variables_needed_to_start": [f"'{name}' value missing" for name in missing]})
            unknown = set(answers) - {one["variable"] for one in spec}
            if unknown:
                raise Refused(400, {"extra_data": [f"Variables {sorted(unknown)} are not allowed on launch"]})
        if kind == "notification_templates" and re.search(
            r"job\.artifacts\.|job\.extra_vars|job\.created_by", json.dumps(fields["messages"])
        ):
            raise Refused(400, {"messages": ["Field not allowed"]})


def _check(known: dict[str, t.Any], fields: dict[str, t.Any], *, whole: bool) -> None:
    for name, value in fields.items():
        if name not in known:
            raise Refused(400, {name: ["no such field"]})
        choices = [choice[0] for choice in known[name].get("choices") or ()]
        if choices and value not in choices:
            raise Refused(400, {name: [f'"{value}" is not a valid choice.']})
    missing = [name for name, field in known.items() if field.get("required") and fields.get(name) in (None, "")]
    if whole and missing:
        raise Refused(400, {name: ["This field is required."] for name in missing})


def handler(controller: Controller) -> type[http.server.BaseHTTPRequestHandler]:
    """What answers requests."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_args: object) -> None:
            pass

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            given = json.loads(self.rfile.read(length) or b"null")
            url = urllib.parse.urlsplit(self.path)
            controller.requests.append((self.command, url.path))
            try:
                if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                    raise Refused(401, {"detail": "Authentication credentials were not provided."})
                if controller.refuses and url.path.endswith(controller.refuses) and self.command == "POST":
                    raise Refused(500, {"detail": "no"})
                status, said = route(controller, self.command, url, given)
                controller.first.append(controller.starting())
            except Refused as refused:
                status, said = refused.status, refused.said
            body = b"" if said is None else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("X-API-Product-Name", "AWX")
            self.send_header("X-API-Product-Version", "24.6.1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PATCH = do_DELETE = _answer

    return Handler


def route(controller: Controller, method: str, url: urllib.parse.SplitResult, given: t.Any) -> tuple[int, t.Any]:
    """The answer to a request: status and JSON. Raises Refused."""
    query = dict(urllib.parse.parse_qsl(url.query))
    words = url.path.removeprefix("/api/").strip("/").split("/")
    if words[0] == "" or words == ["v2"]:
        return 200, {"current_version": "/api/v2/", "available_versions": {"v2": "/api/v2/"}}
    kind, rest = words[1], words[2:]
    if kind == "project_updates":
        return 200, {"id": int(rest[0]), "status": "successful", "finished": "2026-01-31T08:15:00Z", "elapsed": 1}
    if kind == "roles":
        return _role(controller, method, url, int(rest[0]), given, query)
    if kind == "unified_job_templates":
        every = {number: shown(controller, one, number) for one in _UNIFIED for number in controller.objects[one]}
        return 200, page(url, [one for one in every.values() if matches(controller, one, query)], query)
    if kind not in controller.objects:
        raise Refused(404, {"detail": "Not found."})
    if not rest:
        if method == "POST":
            return 201, shown(controller, kind, controller.add(kind, **_without_type(given)))
        found = [
            one
            for one in (shown(controller, kind, number) for number in controller.objects[kind])
            if matches(controller, one, query)
        ]
        return 200, page(url, found, query)
    number = int(rest[0])
    if number not in controller.objects[kind]:
        raise Refused(404, {"detail": "Not found."})
    if len(rest) == 1:
        if method == "PATCH":
            controller.change(kind, number, _without_type(given))
        if method == "DELETE":
            controller.delete(kind, number)
            return 204, None
        return 200, shown(controller, kind, number)
    return _below(controller, method, url, kind, number, rest[1], given, query)


def _below(controller, method, url, kind, number, what, given, query):
    if what == "survey_spec":
        if method == "POST":
            controller.surveys[kind, number] = given
        return 200, controller.surveys.get((kind, number), {})
    if what == "update":
        return 202, {"id": number}
    if what == "create_approval_template":
        made = controller.add("workflow_approval_templates", **given)
        controller.objects[kind][number]["unified_job_template"] = made
        return 201, shown(controller, "workflow_approval_templates", made)
    if what in _ASSOCIATIONS:
        if method == "POST":
            controller.link(kind, number, what, given)
            return 204, None
        its = controller.linked.get((kind, number, what), [])
        return 200, page(url, [shown(controller, _ASSOCIATIONS[what], one) for one in its], query)
    raise Refused(404, {"detail": "Not found."})


def _role(controller, method, url, number, given, query):
    key = ("roles", number, "teams")
    if method == "POST":
        controller.link("roles", number, "teams", given)
        return 204, None
    return 200, page(url, [shown(controller, "teams", one) for one in controller.linked.get(key, [])], query)


def _without_type(given: dict[str, t.Any]) -> dict[str, t.Any]:
    return {name: value for name, value in given.items() if name != "type"}


def shown(controller: Controller, kind: str, number: int) -> dict[str, t.Any]:
    """An object as the API shows it."""
    one = dict(controller.objects[kind][number])
    here = f"/api/v2/{kind}/{number}/"
    related = {"survey_spec": f"{here}survey_spec/"}
    ujt = one.get("unified_job_template")
    if ujt:
        related["unified_job_template"] = f"/api/v2/{controller.unified(ujt)}/{ujt}/"
    roles = {
        name.removesuffix("_role"): {"id": role}
        for role, (of, its, name) in controller.roles.items()
        if (of, its) == (kind, number)
    }
    roles = {f"{name}_role": value for name, value in roles.items()}
    if "notification_configuration" in one:
        one["notification_configuration"] = {
            name: ENCRYPTED if name in _SECRET and value else value for name, value in one["notification_configuration"].items()
        }
    if kind == "projects":
        one |= {"status": "successful", "scm_revision": "5ca1ab1e"}
    if kind == "workflow_job_template_nodes":
        one |= {link: list(controller.linked.get((kind, number, link), [])) for link in _LINKS}
    about = {"unified_job_template": _about(controller, ujt)} if ujt else {}
    summary = {**about, "object_roles": roles, **({"current_update": {"id": number}} if kind == "projects" else {})}
    return {
        **one,
        "type": kind.removesuffix("s"),
        "url": here,
        "related": {**related, "update": f"{here}update/"},
        "summary_fields": summary,
    }


def _about(controller: Controller, number: int) -> dict[str, t.Any]:
    """What stands in the summary of an object on the template that it runs."""
    kind = controller.unified(number)
    return {"id": number, "name": controller.objects[kind][number]["name"], "unified_job_type": kind.removesuffix("_templates")}


def matches(controller: Controller, one: dict[str, t.Any], query: dict[str, str]) -> bool:
    """Whether an object is one of those that are asked for."""
    return all(
        _found(controller, one, name.removesuffix("__startswith")).startswith(value)
        if name.endswith("__startswith")
        else _found(controller, one, name) == value
        for name, value in query.items()
        if name not in ("page", "page_size", "order_by") and not name.startswith("or__") and value != "None"
    )


def _found(controller: Controller, one: dict[str, t.Any], name: str) -> str:
    """The value of a field, or of a field of what it names: ``unified_job_template__organization__name``."""
    first, _blanks, rest = name.partition("__")
    if not rest:
        return str(one.get(first))
    kind = controller.unified(one.get(first) or 0) if first == "unified_job_template" else f"{first}s"
    other = controller.objects[kind].get(one.get(first) or 0) if kind else None
    return _found(controller, other, rest) if other else ""


def page(url: urllib.parse.SplitResult, found: list[t.Any], query: dict[str, str]) -> dict[str, t.Any]:
    """One page of a list, with the way to the next."""
    number, size = int(query.get("page", 1)), min(PAGE, int(query.get("page_size", PAGE)))
    more = number * size < len(found)
    following = urllib.parse.urlencode({**query, "page": number + 1})
    return {"count": len(found), "next": f"{url.path}?{following}" if more else None, "previous": None,
            "results": found[(number - 1) * size : number * size]}  # fmt: skip


class Serving:
    """A controller that listens. `address` for CONTROLLER_HOST."""

    def __init__(self, controller: t.Any, answers: t.Callable[[t.Any], type[http.server.BaseHTTPRequestHandler]] = handler) -> None:
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), answers(controller))
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Serving:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
