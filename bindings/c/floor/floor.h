/* The probes in plain C, in a shared library of their own: what a call costs when there is no Rust
 * behind it. Functions, arguments and results are those of <tollbridge/probe.h>, so that the two
 * can be compared; the prefix is another, so that both can be loaded at once.
 *
 * As C libraries do, they trust their arguments: a pointer is not NULL and points to what is said,
 * text is UTF-8. What can fail returns a code, 0 for success; outputs come last and are written on
 * success only. What is allocated is freed by the function named beside its type. */
#ifndef TOLLBRIDGE_FLOOR_H
#define TOLLBRIDGE_FLOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  /* Memory ran out, or a thread could not be started. */
  TB_FLOOR_NO_RESOURCES = 1,
  /* What tb_floor_fail answers: the number that Tollbridge's error `probe` has. */
  TB_FLOOR_PROBE = 16
};

/* Freed by tb_floor_text_free. A NUL follows the text. */
typedef struct {
  char *data;
  size_t length;
} tb_floor_text;

/* Freed by tb_floor_bytes_free. */
typedef struct {
  uint8_t *data;
  size_t length;
} tb_floor_bytes;

/* Freed by tb_floor_f64s_free. */
typedef struct {
  double *data;
  size_t length;
} tb_floor_f64s;

typedef struct {
  uint64_t id;
  double x;
  double y;
  uint32_t flags;
} tb_floor_point;

/* Freed by tb_floor_points_free. */
typedef struct {
  tb_floor_point *data;
  size_t length;
} tb_floor_points;

/* The kinds of a tb_floor_shape. */
enum { TB_FLOOR_SHAPE_DOT = 0, TB_FLOOR_SHAPE_CIRCLE = 1, TB_FLOOR_SHAPE_LABEL = 2 };

/* As a result freed by tb_floor_shape_free. */
typedef struct {
  uint32_t kind;
  double radius;
  const char *text;
  size_t text_length;
} tb_floor_shape;

typedef struct {
  const char *key;
  size_t key_length;
  uint64_t value;
} tb_floor_entry;

/* Sorted by key. Freed by tb_floor_map_free. */
typedef struct {
  tb_floor_entry *entries;
  size_t length;
} tb_floor_map;

/* Writes its answer; 0 goes on, anything else stops. */
typedef int32_t (*tb_floor_callback)(void *user, uint64_t number, uint64_t *answer);

void tb_floor_nop(void);
uint64_t tb_floor_add(uint64_t a, uint64_t b);
int tb_floor_half(uint8_t some, uint64_t number, bool *found, uint64_t *value);

/* Reads the length and no more: C does not check text. */
int tb_floor_str_len(const char *text, size_t length, uint64_t *result);
int tb_floor_str_chars(const char *text, size_t length, uint64_t *result);
int tb_floor_echo(const char *text, size_t length, tb_floor_text *result);
int tb_floor_make_str(size_t n, uint8_t wide, tb_floor_text *result);
int tb_floor_bytes_ends(const uint8_t *data, size_t length, uint64_t *result);
int tb_floor_bytes_sum(const uint8_t *data, size_t length, uint64_t *result);
int tb_floor_make_bytes(size_t n, tb_floor_bytes *result);
int tb_floor_f64_ends(const double *values, size_t length, double *result);
int tb_floor_f64_sum(const double *values, size_t length, double *result);
int tb_floor_make_f64(size_t n, tb_floor_f64s *result);
int tb_floor_scale_in_place(double *values, size_t length, double factor);

int tb_floor_point_in(const tb_floor_point *point, double *result);
int tb_floor_make_point(uint64_t n, tb_floor_point *result);
int tb_floor_points_ends(const tb_floor_point *points, size_t length, double *result);
int tb_floor_points_sum(const tb_floor_point *points, size_t length, double *result);
int tb_floor_make_points(size_t n, tb_floor_points *result);
int tb_floor_shape_in(const tb_floor_shape *shape, double *result);
int tb_floor_make_shape(uint64_t n, tb_floor_shape *result);
int tb_floor_map_sum(const tb_floor_entry *entries, size_t length, uint64_t *result);
int tb_floor_make_map(size_t n, tb_floor_map *result);

int tb_floor_fail(uint64_t number);
int tb_floor_call_back(uint64_t n, tb_floor_callback callback, void *user, int32_t *stopped,
                       uint64_t *sum);
int tb_floor_call_back_from_new_thread(uint64_t n, tb_floor_callback callback, void *user,
                                       int32_t *stopped, uint64_t *sum);

void tb_floor_text_free(tb_floor_text *text);
void tb_floor_bytes_free(tb_floor_bytes *bytes);
void tb_floor_f64s_free(tb_floor_f64s *values);
void tb_floor_points_free(tb_floor_points *points);
void tb_floor_shape_free(tb_floor_shape *shape);
void tb_floor_map_free(tb_floor_map *map);

#ifdef __cplusplus
}
#endif

#endif
