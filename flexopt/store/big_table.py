"""A table with a row per user as a field of a model: columns, checked once per distinct value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, TypeAdapter, ValidationError
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from flexopt.base.columns import Column, ColumnTable
from flexopt.store.values import PlanPart, as_json


@dataclass(frozen=True)
class Rows:
    """Marks a `ColumnTable` whose rows are of this kind."""

    row: type[PlanPart]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        columns: dict[str, TypeAdapter[list[Any]]] = {
            name: TypeAdapter(list[field.rebuild_annotation()])  # type: ignore[misc, arg-type]
            for name, field in self.row.model_fields.items()
        }
        rows: TypeAdapter[list[PlanPart]] = TypeAdapter(list[self.row])  # type: ignore[name-defined]

        def read(value: Any) -> ColumnTable:
            """The table, typed. Raises ValidationError with the row and the column of each wrong cell."""
            if not isinstance(value, ColumnTable):
                value = ColumnTable.of([dict(row) for row in rows.validate_python(value)], columns)
            return ColumnTable(
                {name: _typed(name, value.columns[name], cells) for name, cells in columns.items()}
            )

        return core_schema.no_info_plain_validator_function(
            read, serialization=core_schema.plain_serializer_function_ser_schema(as_json_rows)
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(core_schema.list_schema(self.row.__pydantic_core_schema__))


def as_json_rows(table: ColumnTable) -> list[dict[str, Any]]:
    """The rows as JSON has them."""
    columns = {name: column.mapped(as_json) for name, column in table.columns.items()}
    return list(ColumnTable(columns))


def _typed(name: str, column: Column, cells: TypeAdapter[list[Any]]) -> Column:
    try:
        return Column(column.codes, cells.validate_python(list(column.values)))
    except ValidationError as error:
        found = [
            {
                "type": PydanticCustomError(item["type"], item["msg"]),
                "loc": (int(np.argmax(column.codes == item["loc"][0])), name),
                "input": item["input"],
            }
            for item in error.errors(include_url=False)
        ]
        raise ValidationError.from_exception_data(name, found) from None  # type: ignore[arg-type]
