# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What sc.exe prints of a service, with the names of its fields in the language of the host as far as public outputs show them.

German and French hosts have them in English (tests/recorded/public-9-sc.json and public notes), Spanish and Russian ones translated
(public-6 to public-8). Of Spanish no public output of queryex was found; its own fields stay English here.
"""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Mapping

_ES = {
    "SERVICE_NAME": "NOMBRE_SERVICIO", "TYPE": "TIPO", "START_TYPE": "TIPO_INICIO", "ERROR_CONTROL": "CONTROL_ERROR",
    "BINARY_PATH_NAME": "NOMBRE_RUTA_BINARIO", "LOAD_ORDER_GROUP": "GRUPO_ORDEN_CARGA", "TAG": "ETIQUETA",
    "DISPLAY_NAME": "NOMBRE_MOSTRAR", "DEPENDENCIES": "DEPENDENCIAS", "SERVICE_START_NAME": "NOMBRE_INICIO_SERVICIO", "SUCCESS": "CORRECTO",
}  # fmt: skip
_RU = {
    "SERVICE_NAME": "Имя_службы", "TYPE": "Тип", "START_TYPE": "Тип_запуска", "ERROR_CONTROL": "Управление_ошибками",
    "BINARY_PATH_NAME": "Имя_двоичного_файла", "LOAD_ORDER_GROUP": "Группа_запуска", "TAG": "Тег", "DISPLAY_NAME": "Выводимое_имя",
    "DEPENDENCIES": "Зависимости", "SERVICE_START_NAME": "Начальное_имя_службы", "STATE": "Состояние", "WIN32_EXIT_CODE": "Код_выхода_Win32",
    "SERVICE_EXIT_CODE": "Код_выхода_службы", "CHECKPOINT": "Контрольная_точка", "WAIT_HINT": "Ожидание", "PID": "ID_процесса",
    "FLAGS": "Флаги",
}  # fmt: skip
_WORDS: Mapping[str, Mapping[str, str]] = {"de": {"SUCCESS": "ERFOLG"}, "es": _ES, "ru": _RU}


def head(language: str, name: str, call: str) -> str:
    """The first lines of an answer, and the name of the service."""
    word = _WORDS.get(language, {}).get("SUCCESS", "SUCCESS")
    told = f"{call}: успех" if language == "ru" else f"{call} {word}"
    return f"[SC] {told}\n\n{_word(language, 'SERVICE_NAME')}: {name}\n"


def configuration(language: str, name: str, account: str) -> str:
    """What ``sc qc`` prints, of a service that depends on two others."""
    fields = (
        ("TYPE", "10  WIN32_OWN_PROCESS"), ("START_TYPE", "2   AUTO_START"), ("ERROR_CONTROL", "1   NORMAL"),
        ("BINARY_PATH_NAME", f"C:\\Program Files\\{name}\\service.exe"), ("LOAD_ORDER_GROUP", ""), ("TAG", "0"), ("DISPLAY_NAME", name),
        ("DEPENDENCIES", "Nsi"), ("", "TcpIp"), ("SERVICE_START_NAME", account),
    )  # fmt: skip
    return head(language, name, "QueryServiceConfig") + "".join(_line(language, *one) for one in fields)


def process(language: str, name: str, pid: int | None) -> str:
    """What ``sc queryex`` prints of one service."""
    fields = (
        ("WIN32_EXIT_CODE", "0  (0x0)"),
        ("SERVICE_EXIT_CODE", "0  (0x0)"),
        ("CHECKPOINT", "0x0"),
        ("WAIT_HINT", "0x0"),
        ("PID", f"{pid}"),
        ("FLAGS", ""),
    )
    return (
        f"{_word(language, 'SERVICE_NAME')}: {name}\n{_word(language, 'DISPLAY_NAME')}: {name}\n"
        + _line(language, "TYPE", "10  WIN32_OWN_PROCESS")
        + _line(language, "STATE", "4  RUNNING")
        + " " * 32
        + "(STOPPABLE, NOT_PAUSABLE, ACCEPTS_SHUTDOWN)\n"
        + "".join(_line(language, *one) for one in fields)
    )


def _word(language: str, field: str) -> str:
    return _WORDS.get(language, {}).get(field, field)


def _line(language: str, field: str, value: str) -> str:
    return f"        {_word(language, field):19}: {value}\n"
