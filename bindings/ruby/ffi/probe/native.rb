# frozen_string_literal: true

module TollbridgeFFI
  # What probe.h and fault.h declare.
  module Native
    class Shape < Made
      layout :kind, :uint32, :radius, :double, :text, :pointer, :text_length, :size_t
    end

    POINT = "Qd2Lx4"
    POINT_SIZE = 32
    ENTRY = "J2Q"
    ENTRY_SIZE = 24

    SHAPE_DOT = 0
    SHAPE_CIRCLE = 1
    SHAPE_LABEL = 2

    holds :tb_probe_nop, [], :void
    holds :tb_probe_add, %i[uint64 uint64], :uint64
    holds :tb_probe_half, %i[uint8 uint64 buffer_out buffer_out]
    holds :tb_probe_str_len, %i[buffer_in size_t buffer_out]
    holds :tb_probe_str_chars, %i[buffer_in size_t buffer_out]
    holds :tb_probe_echo, %i[buffer_in size_t pointer]
    holds :tb_probe_make_str, %i[size_t uint8 pointer]
    holds :tb_probe_bytes_ends, %i[buffer_in size_t buffer_out]
    holds :tb_probe_bytes_sum, %i[buffer_in size_t buffer_out]
    holds :tb_probe_make_bytes, %i[size_t pointer]
    holds :tb_probe_f64_ends, %i[buffer_in size_t buffer_out]
    holds :tb_probe_f64_sum, %i[buffer_in size_t buffer_out]
    holds :tb_probe_make_f64, %i[size_t pointer]
    holds :tb_f64s_free, [:pointer], :void
    holds :tb_probe_scale_in_place, %i[buffer_inout size_t double]
    holds :tb_probe_point_in, %i[buffer_in buffer_out]
    holds :tb_probe_make_point, %i[uint64 buffer_out]
    holds :tb_probe_points_ends, %i[buffer_in size_t buffer_out]
    holds :tb_probe_points_sum, %i[buffer_in size_t buffer_out]
    holds :tb_probe_make_points, %i[size_t pointer]
    holds :tb_points_free, [:pointer], :void
    holds :tb_probe_shape_in, %i[pointer buffer_out]
    holds :tb_probe_make_shape, %i[uint64 pointer]
    holds :tb_shape_free, [:pointer], :void
    holds :tb_probe_map_sum, %i[buffer_in size_t buffer_out]
    holds :tb_probe_make_map, %i[size_t pointer]
    holds :tb_map_free, [:pointer], :void
    holds :tb_probe_fail, [:uint64]
    holds :tb_probe_call_back, %i[uint64 pointer uintptr_t buffer_out buffer_out]
    releases :tb_probe_call_back_from_new_thread, %i[uint64 pointer uintptr_t buffer_out buffer_out]
    releases :tb_probe_record_from_new_thread, %i[pointer uint64]

    holds :tb_fault_panic, %i[buffer_in size_t]
    releases :tb_fault_panic_while_locked, [:pointer]
    holds :tb_fault_panics_when_dropped_new, [:pointer]
    holds :tb_fault_panics_when_dropped_free, [:pointer], :void
  end
end
