# frozen_string_literal: true

module TollbridgeFiddle
  # What probe.h and fault.h declare.
  module Native
    POINT = "Qd2Lx4"
    POINT_SIZE = 32
    SHAPE = "Lx4dJ2" # kind, radius, text, text_length
    SHAPE_SIZE = 32
    ENTRY = "J2Q" # key, key_length, value
    ENTRY_SIZE = 24

    SHAPE_DOT = 0
    SHAPE_CIRCLE = 1
    SHAPE_LABEL = 2

    TB_PROBE_NOP = holds("tb_probe_nop", [], VOID)
    TB_PROBE_ADD = holds("tb_probe_add", [U64, U64], U64)
    TB_PROBE_HALF = holds("tb_probe_half", [U8, U64, MEMORY, MEMORY])
    TB_PROBE_STR_LEN = holds("tb_probe_str_len", [MEMORY, SIZE, MEMORY])
    TB_PROBE_STR_CHARS = holds("tb_probe_str_chars", [MEMORY, SIZE, MEMORY])
    TB_PROBE_ECHO = holds("tb_probe_echo", [MEMORY, SIZE, MEMORY])
    TB_PROBE_MAKE_STR = holds("tb_probe_make_str", [SIZE, U8, MEMORY])
    TB_PROBE_BYTES_ENDS = holds("tb_probe_bytes_ends", [MEMORY, SIZE, MEMORY])
    TB_PROBE_BYTES_SUM = holds("tb_probe_bytes_sum", [MEMORY, SIZE, MEMORY])
    TB_PROBE_MAKE_BYTES = holds("tb_probe_make_bytes", [SIZE, MEMORY])
    TB_PROBE_F64_ENDS = holds("tb_probe_f64_ends", [MEMORY, SIZE, MEMORY])
    TB_PROBE_F64_SUM = holds("tb_probe_f64_sum", [MEMORY, SIZE, MEMORY])
    TB_PROBE_MAKE_F64 = holds("tb_probe_make_f64", [SIZE, MEMORY])
    TB_F64S_FREE = holds("tb_f64s_free", [MEMORY], VOID)
    TB_PROBE_SCALE_IN_PLACE = holds("tb_probe_scale_in_place", [MEMORY, SIZE, F64])
    TB_PROBE_POINT_IN = holds("tb_probe_point_in", [MEMORY, MEMORY])
    TB_PROBE_MAKE_POINT = holds("tb_probe_make_point", [U64, MEMORY])
    TB_PROBE_POINTS_ENDS = holds("tb_probe_points_ends", [MEMORY, SIZE, MEMORY])
    TB_PROBE_POINTS_SUM = holds("tb_probe_points_sum", [MEMORY, SIZE, MEMORY])
    TB_PROBE_MAKE_POINTS = holds("tb_probe_make_points", [SIZE, MEMORY])
    TB_POINTS_FREE = holds("tb_points_free", [MEMORY], VOID)
    TB_PROBE_SHAPE_IN = holds("tb_probe_shape_in", [MEMORY, MEMORY])
    TB_PROBE_MAKE_SHAPE = holds("tb_probe_make_shape", [U64, MEMORY])
    TB_SHAPE_FREE = holds("tb_shape_free", [MEMORY], VOID)
    TB_PROBE_MAP_SUM = holds("tb_probe_map_sum", [MEMORY, SIZE, MEMORY])
    TB_PROBE_MAKE_MAP = holds("tb_probe_make_map", [SIZE, MEMORY])
    TB_MAP_FREE = holds("tb_map_free", [MEMORY], VOID)
    TB_PROBE_FAIL = holds("tb_probe_fail", [U64])
    TB_PROBE_CALL_BACK = holds("tb_probe_call_back", [U64, ADDRESS, ADDRESS, MEMORY, MEMORY])

    TB_FAULT_PANIC = holds("tb_fault_panic", [MEMORY, SIZE])
    TB_FAULT_PANIC_WHILE_LOCKED = releases("tb_fault_panic_while_locked", [ADDRESS])
    TB_FAULT_PANICS_WHEN_DROPPED_NEW = holds("tb_fault_panics_when_dropped_new", [MEMORY])
    TB_FAULT_PANICS_WHEN_DROPPED_FREE = holds("tb_fault_panics_when_dropped_free", [ADDRESS], VOID)
  end
end
