"""What probe.h and fault.h declare, and CPython's own that only probes call."""

from ctypes import (
    CFUNCTYPE,
    POINTER,
    Structure,
    c_char_p,
    c_double,
    c_int32,
    c_size_t,
    c_uint8,
    c_uint32,
    c_uint64,
    c_void_p,
)

from tollbridge_ctypes._abi import Error, Handle, In, Memory, Out, Taken, layout, leaf, waits

# ---- structures


class tb_point(Structure):
    _fields_ = [("id", c_uint64), ("x", c_double), ("y", c_double), ("flags", c_uint32)]


class tb_shape(Structure):
    _fields_ = [
        ("kind", c_uint32),
        ("radius", c_double),
        ("text", c_char_p),
        ("text_length", c_size_t),
    ]


SHAPE_DOT, SHAPE_CIRCLE, SHAPE_LABEL = range(3)


class tb_entry(Structure):
    _fields_ = [("key", c_void_p), ("key_length", c_size_t), ("value", c_uint64)]


POINT = layout(tb_point)
SHAPE = layout(tb_shape)
ENTRY = layout(tb_entry)

Shape = POINTER(tb_shape)
tb_probe_callback = CFUNCTYPE(c_int32, c_void_p, c_uint64, POINTER(c_uint64))

# ---- tollbridge/probe.h


@leaf
def tb_probe_nop() -> None: ...
@leaf
def tb_probe_add(a: c_uint64, b: c_uint64) -> c_uint64: ...
@leaf
def tb_probe_half(some: c_uint8, number: c_uint64, found: Out, value: Out) -> Error: ...
@leaf
def tb_probe_str_len(text: In, length: c_size_t, result: Out) -> Error: ...
@leaf
def tb_probe_str_chars(text: In, length: c_size_t, result: Out) -> Error: ...
@leaf
def tb_probe_echo(text: In, length: c_size_t, result: Out) -> Error: ...
@leaf
def tb_probe_make_str(n: c_size_t, wide: c_uint8, result: Out) -> Error: ...
@leaf
def tb_probe_bytes_ends(data: In, length: c_size_t, result: Out) -> Error: ...
@leaf
def tb_probe_bytes_sum(data: In, length: c_size_t, result: Out) -> Error: ...
@leaf
def tb_probe_make_bytes(n: c_size_t, result: Out) -> Error: ...
@leaf
def tb_probe_f64_ends(values: In, length: c_size_t, result: Out) -> Error: ...
@leaf
def tb_probe_f64_sum(values: In, length: c_size_t, result: Out) -> Error: ...
@leaf
def tb_probe_make_f64(n: c_size_t, result: Out) -> Error: ...
@leaf
def tb_f64s_free(owned: Memory) -> None: ...
@leaf
def tb_probe_scale_in_place(values: Out, length: c_size_t, factor: c_double) -> Error: ...
@leaf
def tb_probe_point_in(point: In, result: Out) -> Error: ...
@leaf
def tb_probe_make_point(n: c_uint64, result: Out) -> Error: ...
@leaf
def tb_probe_points_ends(points: In, length: c_size_t, result: Out) -> Error: ...
@leaf
def tb_probe_points_sum(points: In, length: c_size_t, result: Out) -> Error: ...
@leaf
def tb_probe_make_points(n: c_size_t, result: Out) -> Error: ...
@leaf
def tb_points_free(owned: Memory) -> None: ...
@leaf
def tb_probe_shape_in(shape: In, result: Out) -> Error: ...
@leaf
def tb_probe_make_shape(n: c_uint64, result: Out) -> Error: ...
@leaf
def tb_shape_free(owned: Shape) -> None: ...
@leaf
def tb_probe_map_sum(entries: In, length: c_size_t, result: Out) -> Error: ...
@leaf
def tb_probe_make_map(n: c_size_t, result: Out) -> Error: ...
@leaf
def tb_map_free(owned: Memory) -> None: ...
@leaf
def tb_probe_fail(number: c_uint64) -> Error: ...
@waits
def tb_probe_call_back(
    n: c_uint64, callback: tb_probe_callback, user: c_void_p, stopped: Out, sum: Out
) -> Error: ...
@waits
def tb_probe_call_back_from_new_thread(
    n: c_uint64, callback: tb_probe_callback, user: c_void_p, stopped: Out, sum: Out
) -> Error: ...
@waits
def tb_probe_record_from_new_thread(histogram: Handle, value: c_uint64) -> Error: ...


# ---- tollbridge/fault.h


@leaf
def tb_fault_panic(text: In, length: c_size_t) -> Error: ...
@waits
def tb_fault_panic_while_locked(histogram: Handle) -> Error: ...
@leaf
def tb_fault_panics_when_dropped_new(made: Out) -> Error: ...
@leaf
def tb_fault_panics_when_dropped_free(made: Taken) -> None: ...
