/* The probes. */
#include "runner.h"

#include <string.h>

#define PROBE(name) static void op_##name(struct request *r)

PROBE(nop) {
  (void)r;
  tb_probe_nop();
}

PROBE(add) {
  uint64_t a = read_integer(r, UINT64_MAX);
  uint64_t b = read_integer(r, UINT64_MAX);
  put_integer(r, tb_probe_add(a, b));
}

PROBE(half) {
  bool some = strcmp(read_word(r), "some") == 0, found = false;
  uint64_t number = some ? read_integer(r, UINT64_MAX) : 0, half = 0;
  TRY(r, tb_probe_half(some, number, &found, &half));
  put_word(r, found ? "some" : "none");
  if (found) put_integer(r, half);
}

/* ---- text and bytes */

PROBE(str_len) {
  size_t length;
  const char *text = read_text(r, &length);
  uint64_t result;
  TRY(r, tb_probe_str_len(text, length, &result));
  put_integer(r, result);
}

PROBE(str_chars) {
  size_t length;
  const char *text = read_text(r, &length);
  uint64_t result;
  TRY(r, tb_probe_str_chars(text, length, &result));
  put_integer(r, result);
}

PROBE(echo) {
  size_t length;
  const char *text = read_text(r, &length);
  tb_text result;
  TRY(r, tb_probe_echo(text, length, &result));
  put_bytes(r, result.data, result.length);
  tb_text_free(&result);
}

PROBE(make_str) {
  size_t n = read_integer(r, SIZE_MAX);
  bool wide = read_boolean(r);
  tb_text result;
  TRY(r, tb_probe_make_str(n, wide, &result));
  put_bytes(r, result.data, result.length);
  tb_text_free(&result);
}

PROBE(bytes_ends) {
  size_t length;
  const uint8_t *bytes = read_bytes(r, &length);
  uint64_t result;
  TRY(r, tb_probe_bytes_ends(bytes, length, &result));
  put_integer(r, result);
}

PROBE(bytes_sum) {
  size_t length;
  const uint8_t *bytes = read_bytes(r, &length);
  uint64_t result;
  TRY(r, tb_probe_bytes_sum(bytes, length, &result));
  put_integer(r, result);
}

PROBE(make_bytes) {
  size_t n = read_integer(r, SIZE_MAX);
  tb_bytes result;
  TRY(r, tb_probe_make_bytes(n, &result));
  put_bytes(r, result.data, result.length);
  tb_bytes_free(&result);
}

/* ---- numbers in bulk */

static void put_floats(struct request *r, const double *values, size_t count) {
  put_integer(r, count);
  for (size_t i = 0; i < count; i++)
    put_float(r, values[i]);
}

PROBE(f64_ends) {
  size_t count;
  const double *values = read_floats(r, &count);
  double result;
  TRY(r, tb_probe_f64_ends(values, count, &result));
  put_float(r, result);
}

PROBE(f64_sum) {
  size_t count;
  const double *values = read_floats(r, &count);
  double result;
  TRY(r, tb_probe_f64_sum(values, count, &result));
  put_float(r, result);
}

PROBE(make_f64) {
  size_t n = read_integer(r, SIZE_MAX);
  tb_f64s result;
  TRY(r, tb_probe_make_f64(n, &result));
  put_floats(r, result.data, result.length);
  tb_f64s_free(&result);
}

PROBE(scale_in_place) {
  size_t count;
  double *values = read_floats(r, &count);
  double factor = read_float(r);
  TRY(r, tb_probe_scale_in_place(values, count, factor));
  put_floats(r, values, count);
}

/* ---- records, enums, maps */

static tb_point read_point(struct request *r) {
  tb_point point = {.id = read_integer(r, UINT64_MAX)};
  point.x = read_float(r);
  point.y = read_float(r);
  point.flags = (uint32_t)read_integer(r, UINT32_MAX);
  return point;
}

static tb_point *read_points(struct request *r, size_t *count) {
  *count = read_count(r);
  tb_point *points = room(r, *count, sizeof *points);
  for (size_t i = 0; i < *count; i++)
    points[i] = read_point(r);
  return points;
}

static void put_point(struct request *r, const tb_point *point) {
  put_integer(r, point->id);
  put_float(r, point->x);
  put_float(r, point->y);
  put_integer(r, point->flags);
}

PROBE(point_in) {
  tb_point point = read_point(r);
  double result;
  TRY(r, tb_probe_point_in(&point, &result));
  put_float(r, result);
}

PROBE(make_point) {
  uint64_t n = read_integer(r, UINT64_MAX);
  tb_point result;
  TRY(r, tb_probe_make_point(n, &result));
  put_point(r, &result);
}

PROBE(points_ends) {
  size_t count;
  const tb_point *points = read_points(r, &count);
  double result;
  TRY(r, tb_probe_points_ends(points, count, &result));
  put_float(r, result);
}

PROBE(points_sum) {
  size_t count;
  const tb_point *points = read_points(r, &count);
  double result;
  TRY(r, tb_probe_points_sum(points, count, &result));
  put_float(r, result);
}

PROBE(make_points) {
  size_t n = read_integer(r, SIZE_MAX);
  tb_points result;
  TRY(r, tb_probe_make_points(n, &result));
  put_integer(r, result.length);
  for (size_t i = 0; i < result.length; i++)
    put_point(r, &result.data[i]);
  tb_points_free(&result);
}

PROBE(shape_in) {
  const char *kind = read_word(r);
  tb_shape shape = {.kind = TB_SHAPE_DOT};
  if (strcmp(kind, "circle") == 0) {
    shape.kind = TB_SHAPE_CIRCLE;
    shape.radius = read_float(r);
  } else if (strcmp(kind, "label") == 0) {
    shape.kind = TB_SHAPE_LABEL;
    shape.text = read_text(r, &shape.text_length);
  } else if (strcmp(kind, "dot") != 0) {
    malformed(r, "not a shape");
  }
  double result;
  TRY(r, tb_probe_shape_in(&shape, &result));
  put_float(r, result);
}

PROBE(make_shape) {
  uint64_t n = read_integer(r, UINT64_MAX);
  tb_shape shape;
  TRY(r, tb_probe_make_shape(n, &shape));
  switch (shape.kind) {
  case TB_SHAPE_DOT:
    put_word(r, "dot");
    break;
  case TB_SHAPE_CIRCLE:
    put_word(r, "circle");
    put_float(r, shape.radius);
    break;
  case TB_SHAPE_LABEL:
    put_word(r, "label");
    put_bytes(r, shape.text, shape.text_length);
    break;
  }
  tb_shape_free(&shape);
}

PROBE(map_sum) {
  size_t count = read_count(r);
  tb_entry *entries = room(r, count, sizeof *entries);
  for (size_t i = 0; i < count; i++) {
    entries[i].key = read_text(r, &entries[i].key_length);
    entries[i].value = read_integer(r, UINT64_MAX);
  }
  uint64_t result;
  TRY(r, tb_probe_map_sum(entries, count, &result));
  put_integer(r, result);
}

PROBE(make_map) {
  size_t n = read_integer(r, SIZE_MAX);
  tb_map map;
  TRY(r, tb_probe_make_map(n, &map));
  put_integer(r, map.length);
  for (size_t i = 0; i < map.length; i++) {
    put_bytes(r, map.entries[i].key, map.entries[i].key_length);
    put_integer(r, map.entries[i].value);
  }
  tb_map_free(&map);
}

/* ---- callbacks */

static int32_t answer_thrice(void *user, uint64_t number, uint64_t *answer) {
  const uint64_t *stop_at = user;
  *answer = number * 3;
  return number + 1 == *stop_at;
}

typedef failure call_back(uint64_t n, tb_probe_callback callback, void *user, int32_t *stopped,
                          uint64_t *sum);

static void run_call_back(struct request *r, call_back *call_back) {
  uint64_t n = read_integer(r, UINT64_MAX), stop_at = 0, sum = 0;
  const char *mode = read_word(r);
  if (strcmp(mode, "all") != 0) stop_at = read_integer(r, UINT64_MAX);
  if (strcmp(mode, "raise") == 0) unsupported(r, "no_exceptions");
  int32_t stopped;
  TRY(r, call_back(n, answer_thrice, &stop_at, &stopped, &sum));
  put_word(r, stopped ? "stopped" : "finished");
  if (!stopped) put_integer(r, sum);
}

PROBE(call_back) { run_call_back(r, tb_probe_call_back); }

PROBE(call_back_from_new_thread) { run_call_back(r, tb_probe_call_back_from_new_thread); }

/* ---- errors: a code alone has no message to show */

#if HAS_HISTOGRAM
PROBE(fail) {
  uint64_t number = read_integer(r, UINT64_MAX);
  TRY(r, tb_probe_fail(number));
}

PROBE(panic) {
  size_t length;
  const char *text = read_text(r, &length);
  TRY(r, tb_fault_panic(text, length));
}
#endif

#define ROW(name)                                                                                  \
  { #name, op_##name }
const struct operation probe_operations[] = {
    ROW(nop),
    ROW(add),
    ROW(half),
    ROW(str_len),
    ROW(str_chars),
    ROW(echo),
    ROW(make_str),
    ROW(bytes_ends),
    ROW(bytes_sum),
    ROW(make_bytes),
    ROW(f64_ends),
    ROW(f64_sum),
    ROW(make_f64),
    ROW(scale_in_place),
    ROW(point_in),
    ROW(make_point),
    ROW(points_ends),
    ROW(points_sum),
    ROW(make_points),
    ROW(shape_in),
    ROW(make_shape),
    ROW(map_sum),
    ROW(make_map),
    ROW(call_back),
    ROW(call_back_from_new_thread),
#if HAS_HISTOGRAM
    ROW(fail),
    ROW(panic),
#endif
    {NULL, NULL},
};
