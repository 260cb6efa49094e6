"""Statements that run with every decision: put together once, then handed to the driver with bound values and nothing else.

SQLAlchemy writes the SQL and knows the types, as everywhere; what is left out is all that it does again with every
execution, which costs many times what the statement costs. The text never holds data. It must not know which tables there are.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

Change = Callable[[Any], Any]


class Prepared:
    """One statement. Its parameters are `bindparam`s, or for an insert the `columns` that every row brings."""

    def __init__(self, statement: Executable, columns: Iterable[str] = ()) -> None:
        self._statement = statement
        self._columns = tuple(columns)
        self._form: _Form | None = None

    def first(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        """The first row, its columns by name; None when there is none. Raises DBAPIError."""
        form = self._form or self._formed(connection)
        found = form.execute(connection, values).fetchone()
        return None if found is None else form.row(found)

    def all(self, connection: Connection, values: Mapping[str, Any]) -> list[Any]:
        """Every row. Raises DBAPIError."""
        form = self._form or self._formed(connection)
        return [form.row(found) for found in form.execute(connection, values).fetchall()]

    def run(self, connection: Connection, values: Mapping[str, Any]) -> int:
        """How many rows it changed. Raises DBAPIError."""
        form = self._form or self._formed(connection)
        changed: int = form.execute(connection, values).rowcount
        return changed

    def _formed(self, connection: Connection) -> _Form:
        self._form = _Form(self._statement, self._columns, connection.dialect)
        return self._form


class _Form:
    """The SQL text, the order of its parameters, and what turns values into the driver's and back."""

    def __init__(self, statement: Executable, columns: tuple[str, ...], dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=list(columns) or None)  # type: ignore[attr-defined]  # every executable here is compiled to text
        assert isinstance(compiled, SQLCompiler)  # noqa: S101  # no other compiler makes statements
        self._dialect = dialect
        self._errors = dialect.loaded_dbapi.Error
        self._sql = compiled.string
        self._fixed = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
        self._order = tuple(
            (name, _to_driver(compiled.binds[name].type, dialect)) for name in compiled.positiontup or ()
        )
        selected = tuple(getattr(statement, "selected_columns", ()))
        self._shape: Any = namedtuple("Found", [column.key for column in selected]) if selected else None
        self._back = tuple(
            (at, change)
            for at, column in enumerate(selected)
            if (change := _from_driver(column.type, dialect)) is not None
        )

    def execute(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        given = {**self._fixed, **values} if self._fixed else values
        bound = [given[name] if change is None else change(given[name]) for name, change in self._order]
        try:
            return connection.connection.driver_connection.execute(self._sql, bound)  # type: ignore[union-attr]  # the connection is open
        except self._errors as wrong:
            raise DBAPIError.instance(self._sql, bound, wrong, self._errors, dialect=self._dialect) from wrong

    def row(self, found: tuple[Any, ...]) -> Any:
        if not self._back:
            return self._shape._make(found)
        values = list(found)
        for at, change in self._back:
            values[at] = change(values[at])
        return self._shape._make(values)


def _to_driver(kind: TypeEngine[Any], dialect: Dialect) -> Change | None:
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _from_driver(kind: TypeEngine[Any], dialect: Dialect) -> Change | None:
    return kind.dialect_impl(dialect).result_processor(dialect, None)
