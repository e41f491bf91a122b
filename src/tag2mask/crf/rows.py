"""Vector operations on rows of arrays, for compiled functions only.

The compiler does not vectorise short loops over arrays that might overlap in memory. A row that is
loaded as one vector stays in registers until it is stored. The same loops in plain numba with
`fastmath` make the entire mean field slower by a factor of 1.2 with 2 labels, 1.4 to 1.7 with 3 or
5, and 2.2 with 21 (500 x 375 pixels, one core, medians of interleaved runs). Arrays are contiguous
float32 arrays (N, width), `planes` is a tuple of `width` numbers whose type encodes the width at
compile time, and indices are 0 or more and not checked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic, models, register_model

Generate = Callable[[Any, Any, Any, Any], Any]
Found = tuple[Any, Generate]
"""An operation for numba: its type signature and its code generator."""


class Row(types.Type):
    """A vector of float32 numbers."""

    def __init__(self, width: int) -> None:
        """Name the type by its width."""
        self.width = width
        super().__init__(f"Row({width})")


@register_model(Row)
class _RowModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Row) -> None:  # noqa: ANN401 - numba's own
        super().__init__(  # type: ignore[no-untyped-call]
            manager, kind, ir.VectorType(ir.FloatType(), kind.width)
        )


def _operation(describe: Callable[..., Found]) -> Any:  # noqa: ANN401 - nothing that Python can call
    return intrinsic(describe)


@_operation
def load(_: Any, array: Any, row: Any, planes: Any) -> Found:  # noqa: ANN401
    """Load `array[row]`."""
    return Row(planes.count)(array, types.uintp, planes), _loading(planes.count)


@_operation
def load_at(_: Any, array: Any, start: Any, planes: Any) -> Found:  # noqa: ANN401
    """Load one number per plane from an array (N,), starting at `start`."""
    return Row(planes.count)(array, types.uintp, planes), _loading(1)


@_operation
def store(_: Any, array: Any, row: Any, planes: Any, values: Any) -> Found:  # noqa: ANN401
    """Store values as `array[row]`."""
    return types.void(array, types.uintp, planes, values), _storing(planes.count)


@_operation
def store_at(_: Any, array: Any, start: Any, planes: Any, values: Any) -> Found:  # noqa: ANN401
    """Store values in an array (N,), starting at `start`."""
    return types.void(array, types.uintp, planes, values), _storing(1)


@_operation
def plus(_: Any, one: Any, other: Any, weight: Any) -> Found:  # noqa: ANN401
    """Multiply a row by a number and add it to another row."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:  # noqa: ANN401
        return builder.fadd(given[0], _scaled(builder, given[1], given[2]), flags=("fast",))

    return one(one, other, types.float32), generate


@_operation
def times(_: Any, row: Any, weight: Any) -> Found:  # noqa: ANN401
    """Multiply a row by a number."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:  # noqa: ANN401
        return _scaled(builder, given[0], given[1])

    return row(row, types.float32), generate


@_operation
def lowered(_: Any, row: Any, number: Any) -> Found:  # noqa: ANN401
    """Subtract a number from every element of a row."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:  # noqa: ANN401
        return builder.fsub(given[0], _spread(builder, given[1], given[0].type), flags=("fast",))

    return row(row, types.float32), generate


@_operation
def summed(_: Any, row: Any) -> Found:  # noqa: ANN401
    """Return the sum of a row."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:  # noqa: ANN401
        zero = ir.Constant(ir.FloatType(), 0.0)
        return _reduced(builder, "fadd", given[0], zero)

    return types.float32(row), generate


@_operation
def largest(_: Any, row: Any) -> Found:  # noqa: ANN401
    """Return the maximum of a row."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:  # noqa: ANN401
        return _reduced(builder, "fmax", given[0])

    return types.float32(row), generate


def _loading(apart: int) -> Generate:
    """Return a generator that loads a row, with `apart` numbers between the starts of rows."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:  # noqa: ANN401
        return builder.load(_place(context, builder, signature, given, apart), align=4)

    return generate


def _storing(apart: int) -> Generate:
    """Return a generator that stores a row, with `apart` numbers between the starts of rows."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:  # noqa: ANN401
        builder.store(given[3], _place(context, builder, signature, given, apart), align=4)
        return context.get_dummy_value()

    return generate


def _place(
    context: Any, builder: Any, signature: Any, given: Any, apart: int  # noqa: ANN401
) -> Any:  # noqa: ANN401
    """Return a pointer to a row."""
    data = context.make_array(signature.args[0])(context, builder, given[0]).data
    width = signature.args[2].count
    start = builder.mul(given[1], ir.Constant(given[1].type, apart))
    vector = ir.VectorType(ir.FloatType(), width)
    return builder.bitcast(builder.gep(data, [start]), vector.as_pointer())


def _scaled(builder: Any, row: Any, weight: Any) -> Any:  # noqa: ANN401
    return builder.fmul(row, _spread(builder, weight, row.type), flags=("fast",))


def _spread(builder: Any, number: Any, kind: Any) -> Any:  # noqa: ANN401
    """Return a vector that repeats a number."""
    nothing = ir.Constant(kind, ir.Undefined)
    first = builder.insert_element(nothing, number, ir.Constant(ir.IntType(32), 0))
    mask = ir.Constant(ir.VectorType(ir.IntType(32), kind.count), [0] * kind.count)
    return builder.shuffle_vector(first, nothing, mask)


def _reduced(builder: Any, how: str, row: Any, *start: Any) -> Any:  # noqa: ANN401
    """Call LLVM's reduction of a vector to one number."""
    kinds = [number.type for number in start]
    function = builder.module.declare_intrinsic(
        f"llvm.vector.reduce.{how}.v{row.type.count}f32", (),
        ir.FunctionType(ir.FloatType(), [*kinds, row.type]),
    )
    return builder.call(function, [*start, row], fastmath=("fast",))
