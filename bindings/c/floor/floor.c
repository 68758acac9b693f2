/* The probes in plain C. See floor.h. */
#pragma GCC visibility push(default)
#include "floor.h"
#pragma GCC visibility pop

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* NULL for nothing, and when memory runs out. */
static void *allocate(size_t count, size_t size) {
  return count == 0 || count > PTRDIFF_MAX / size ? NULL : malloc(count * size);
}

static bool ran_out(const void *memory, size_t count) { return !memory && count > 0; }

void tb_floor_nop(void) {}

uint64_t tb_floor_add(uint64_t a, uint64_t b) { return a + b; }

int tb_floor_half(uint8_t some, uint64_t number, bool *found, uint64_t *value) {
  *found = some && number % 2 == 0;
  if (*found) *value = number / 2;
  return 0;
}

/* ---- text and bytes */

int tb_floor_str_len(const char *text, size_t length, uint64_t *result) {
  (void)text;
  *result = length;
  return 0;
}

/* Every character has one byte that continues none. */
static uint64_t count_characters(const char *text, size_t length) {
  uint64_t count = 0;
  for (size_t i = 0; i < length; i++)
    count += ((unsigned char)text[i] & 0xc0) != 0x80;
  return count;
}

int tb_floor_str_chars(const char *text, size_t length, uint64_t *result) {
  *result = count_characters(text, length);
  return 0;
}

/* Room for text and the NUL behind it. */
static int make_text(size_t length, tb_floor_text *result) {
  char *data = length < SIZE_MAX ? allocate(length + 1, 1) : NULL;
  if (!data) return TB_FLOOR_NO_RESOURCES;
  data[length] = '\0';
  *result = (tb_floor_text){data, length};
  return 0;
}

int tb_floor_echo(const char *text, size_t length, tb_floor_text *result) {
  int code = make_text(length, result);
  if (code == 0 && length > 0) memcpy(result->data, text, length);
  return code;
}

/* Goes on with what stands at the beginning: each copy is twice as long as the last. */
static void repeat(void *data, size_t made, size_t length) {
  while (made < length) {
    size_t part = made < length - made ? made : length - made;
    memcpy((char *)data + made, data, part);
    made += part;
  }
}

int tb_floor_make_str(size_t n, uint8_t wide, tb_floor_text *result) {
  if (wide && n > SIZE_MAX / 2) return TB_FLOOR_NO_RESOURCES;
  int code = make_text(wide ? 2 * n : n, result);
  if (code != 0) return code;
  static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz";
  const char *first = wide ? "é" : alphabet;
  size_t length = strlen(first) < result->length ? strlen(first) : result->length;
  memcpy(result->data, first, length);
  repeat(result->data, length, result->length);
  return 0;
}

int tb_floor_bytes_ends(const uint8_t *data, size_t length, uint64_t *result) {
  *result = length == 0 ? 0 : length + data[0] + data[length - 1];
  return 0;
}

int tb_floor_bytes_sum(const uint8_t *data, size_t length, uint64_t *result) {
  uint64_t sum = 0;
  for (size_t i = 0; i < length; i++)
    sum += data[i];
  *result = sum;
  return 0;
}

int tb_floor_make_bytes(size_t n, tb_floor_bytes *result) {
  uint8_t *data = allocate(n, 1);
  if (ran_out(data, n)) return TB_FLOOR_NO_RESOURCES;
  size_t length = n < 256 ? n : 256;
  uint8_t next = 0; /* as wide as what it fills, for a vector of them */
  for (size_t i = 0; i < length; i++)
    data[i] = next++;
  repeat(data, length, n);
  *result = (tb_floor_bytes){data, n};
  return 0;
}

/* ---- numbers in bulk */

int tb_floor_f64_ends(const double *values, size_t length, double *result) {
  *result = length == 0 ? 0 : (double)length + values[0] + values[length - 1];
  return 0;
}

int tb_floor_f64_sum(const double *values, size_t length, double *result) {
  double sum = 0;
  for (size_t i = 0; i < length; i++)
    sum += values[i];
  *result = sum;
  return 0;
}

int tb_floor_make_f64(size_t n, tb_floor_f64s *result) {
  double *data = allocate(n, sizeof *data);
  if (ran_out(data, n)) return TB_FLOOR_NO_RESOURCES;
  for (size_t i = 0; i < n; i++)
    data[i] = (double)i;
  *result = (tb_floor_f64s){data, n};
  return 0;
}

int tb_floor_scale_in_place(double *values, size_t length, double factor) {
  for (size_t i = 0; i < length; i++)
    values[i] *= factor;
  return 0;
}

/* ---- records, enums, maps */

static double sum_of(const tb_floor_point *point) {
  return (double)point->id + point->x + point->y + point->flags;
}

static tb_floor_point point_of(uint64_t n) {
  return (tb_floor_point){.id = n, .x = (double)n / 2, .y = -1, .flags = n & 7};
}

int tb_floor_point_in(const tb_floor_point *point, double *result) {
  *result = sum_of(point);
  return 0;
}

int tb_floor_make_point(uint64_t n, tb_floor_point *result) {
  *result = point_of(n);
  return 0;
}

int tb_floor_points_ends(const tb_floor_point *points, size_t length, double *result) {
  *result = length == 0 ? 0 : (double)length + sum_of(&points[0]) + sum_of(&points[length - 1]);
  return 0;
}

int tb_floor_points_sum(const tb_floor_point *points, size_t length, double *result) {
  double sum = 0;
  for (size_t i = 0; i < length; i++)
    sum += sum_of(&points[i]);
  *result = sum;
  return 0;
}

int tb_floor_make_points(size_t n, tb_floor_points *result) {
  tb_floor_point *data = allocate(n, sizeof *data);
  if (ran_out(data, n)) return TB_FLOOR_NO_RESOURCES;
  for (size_t i = 0; i < n; i++)
    data[i] = point_of(i);
  *result = (tb_floor_points){data, n};
  return 0;
}

int tb_floor_shape_in(const tb_floor_shape *shape, double *result) {
  switch (shape->kind) {
  case TB_FLOOR_SHAPE_CIRCLE:
    *result = 3 * shape->radius * shape->radius;
    break;
  case TB_FLOOR_SHAPE_LABEL:
    *result = (double)count_characters(shape->text, shape->text_length);
    break;
  default:
    *result = 0;
  }
  return 0;
}

int tb_floor_make_shape(uint64_t n, tb_floor_shape *result) {
  tb_floor_shape shape = {.kind = (uint32_t)(n % 3)};
  if (shape.kind == TB_FLOOR_SHAPE_CIRCLE) {
    shape.radius = (double)n;
  } else if (shape.kind == TB_FLOOR_SHAPE_LABEL) {
    char *text = allocate(sizeof "18446744073709551615", 1);
    if (!text) return TB_FLOOR_NO_RESOURCES;
    shape.text_length = (size_t)sprintf(text, "%" PRIu64, n);
    shape.text = text;
  }
  *result = shape;
  return 0;
}

int tb_floor_map_sum(const tb_floor_entry *entries, size_t length, uint64_t *result) {
  uint64_t sum = 0;
  for (size_t i = 0; i < length; i++)
    sum += entries[i].value + entries[i].key_length;
  *result = sum;
  return 0;
}

static int compare_keys(const void *one, const void *other) {
  const tb_floor_entry *a = one, *b = other;
  size_t length = a->key_length < b->key_length ? a->key_length : b->key_length;
  int order = memcmp(a->key, b->key, length);
  return order != 0 ? order : (a->key_length > b->key_length) - (a->key_length < b->key_length);
}

int tb_floor_make_map(size_t n, tb_floor_map *result) {
  tb_floor_map map = {allocate(n, sizeof *map.entries), 0};
  if (ran_out(map.entries, n)) return TB_FLOOR_NO_RESOURCES;
  for (; map.length < n; map.length++) {
    char *key = allocate(sizeof "k18446744073709551615", 1);
    if (!key) {
      tb_floor_map_free(&map);
      return TB_FLOOR_NO_RESOURCES;
    }
    int length = sprintf(key, "k%06zu", map.length);
    map.entries[map.length] = (tb_floor_entry){key, (size_t)length, map.length};
  }
  /* Keys of seven characters are made in order; longer ones are not. */
  if (n > 1000000) qsort(map.entries, n, sizeof *map.entries, compare_keys);
  *result = map;
  return 0;
}

/* ---- errors and callbacks */

int tb_floor_fail(uint64_t number) {
  (void)number;
  return TB_FLOOR_PROBE;
}

int tb_floor_call_back(uint64_t n, tb_floor_callback callback, void *user, int32_t *stopped,
                       uint64_t *sum) {
  uint64_t total = 0;
  *stopped = 0;
  for (uint64_t i = 0; i < n && *stopped == 0; i++) {
    uint64_t answer = 0;
    *stopped = callback(user, i, &answer);
    total += answer;
  }
  if (*stopped == 0) *sum = total;
  return 0;
}

struct call {
  uint64_t n;
  tb_floor_callback callback;
  void *user;
  int32_t *stopped;
  uint64_t *sum;
};

static void *run_call(void *argument) {
  const struct call *call = argument;
  tb_floor_call_back(call->n, call->callback, call->user, call->stopped, call->sum);
  return NULL;
}

int tb_floor_call_back_from_new_thread(uint64_t n, tb_floor_callback callback, void *user,
                                       int32_t *stopped, uint64_t *sum) {
  struct call call = {n, callback, user, stopped, sum};
  pthread_t thread;
  if (pthread_create(&thread, NULL, run_call, &call) != 0) return TB_FLOOR_NO_RESOURCES;
  pthread_join(thread, NULL);
  return 0;
}

/* ---- freeing */

void tb_floor_text_free(tb_floor_text *text) {
  free(text->data);
  *text = (tb_floor_text){0};
}

void tb_floor_bytes_free(tb_floor_bytes *bytes) {
  free(bytes->data);
  *bytes = (tb_floor_bytes){0};
}

void tb_floor_f64s_free(tb_floor_f64s *values) {
  free(values->data);
  *values = (tb_floor_f64s){0};
}

void tb_floor_points_free(tb_floor_points *points) {
  free(points->data);
  *points = (tb_floor_points){0};
}

void tb_floor_shape_free(tb_floor_shape *shape) {
  free((char *)shape->text);
  *shape = (tb_floor_shape){0};
}

void tb_floor_map_free(tb_floor_map *map) {
  for (size_t i = 0; i < map->length; i++)
    free((char *)map->entries[i].key);
  free(map->entries);
  *map = (tb_floor_map){0};
}
