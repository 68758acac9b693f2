/* The floor for the runner: the probes under their own names, and errors that are plain codes. */
#ifndef ADAPTER_H
#define ADAPTER_H

#include "floor.h"

#define BRIDGE "c/floor"
#define VERSION "of hand-written C"
#define FUNCTION_OF_LIBRARY tb_floor_nop
#define HAS_HISTOGRAM 0
#define CHECKS_TEXT 0

typedef int failure;
#define tb_error_code(code) (code)
#define tb_error_free(code) ((void)(code))

#define tb_text tb_floor_text
#define tb_bytes tb_floor_bytes
#define tb_f64s tb_floor_f64s
#define tb_point tb_floor_point
#define tb_points tb_floor_points
#define tb_shape tb_floor_shape
#define tb_entry tb_floor_entry
#define tb_map tb_floor_map
#define tb_probe_callback tb_floor_callback
#define TB_SHAPE_DOT TB_FLOOR_SHAPE_DOT
#define TB_SHAPE_CIRCLE TB_FLOOR_SHAPE_CIRCLE
#define TB_SHAPE_LABEL TB_FLOOR_SHAPE_LABEL

#define tb_text_free tb_floor_text_free
#define tb_bytes_free tb_floor_bytes_free
#define tb_f64s_free tb_floor_f64s_free
#define tb_points_free tb_floor_points_free
#define tb_shape_free tb_floor_shape_free
#define tb_map_free tb_floor_map_free

#define tb_probe_nop tb_floor_nop
#define tb_probe_add tb_floor_add
#define tb_probe_half tb_floor_half
#define tb_probe_str_len tb_floor_str_len
#define tb_probe_str_chars tb_floor_str_chars
#define tb_probe_echo tb_floor_echo
#define tb_probe_make_str tb_floor_make_str
#define tb_probe_bytes_ends tb_floor_bytes_ends
#define tb_probe_bytes_sum tb_floor_bytes_sum
#define tb_probe_make_bytes tb_floor_make_bytes
#define tb_probe_f64_ends tb_floor_f64_ends
#define tb_probe_f64_sum tb_floor_f64_sum
#define tb_probe_make_f64 tb_floor_make_f64
#define tb_probe_scale_in_place tb_floor_scale_in_place
#define tb_probe_point_in tb_floor_point_in
#define tb_probe_make_point tb_floor_make_point
#define tb_probe_points_ends tb_floor_points_ends
#define tb_probe_points_sum tb_floor_points_sum
#define tb_probe_make_points tb_floor_make_points
#define tb_probe_shape_in tb_floor_shape_in
#define tb_probe_make_shape tb_floor_make_shape
#define tb_probe_map_sum tb_floor_map_sum
#define tb_probe_make_map tb_floor_make_map
#define tb_probe_fail tb_floor_fail
#define tb_probe_call_back tb_floor_call_back
#define tb_probe_call_back_from_new_thread tb_floor_call_back_from_new_thread

#endif
