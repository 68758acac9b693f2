/* The same of what only tests and timing need, and what faults lead to. `tests errors` as there. */
#include "../tests.h"

#include <math.h>
#include <pthread.h>
#include <tollbridge/fault.h>
#include <tollbridge/probe.h>

static int32_t answer_none(void *user, uint64_t number, uint64_t *answer) {
  (void)user;
  (void)number;
  *answer = 0;
  return 0;
}

static void null_arguments_of_the_probes(void) {
  uint64_t number;
  double real;
  bool found;
  tb_text text;
  tb_point point = {0};
  tb_shape shape = {0}, label = {.kind = TB_SHAPE_LABEL, .text_length = 1};
  tb_entry entry = {.key_length = 1};
  int32_t stopped;

  NULL_IS("found", tb_probe_half(1, 2, NULL, &number));
  NULL_IS("value", tb_probe_half(1, 2, &found, NULL));
  NULL_IS("text", tb_probe_str_len(NULL, 1, &number));
  NULL_IS("result", tb_probe_str_len("a", 1, NULL));
  NULL_IS("text", tb_probe_str_chars(NULL, 1, &number));
  NULL_IS("result", tb_probe_str_chars("a", 1, NULL));
  NULL_IS("text", tb_probe_echo(NULL, 1, &text));
  NULL_IS("result", tb_probe_echo("a", 1, NULL));
  NULL_IS("result", tb_probe_make_str(1, 0, NULL));
  NULL_IS("data", tb_probe_bytes_ends(NULL, 1, &number));
  NULL_IS("result", tb_probe_bytes_ends((const uint8_t *)"a", 1, NULL));
  NULL_IS("data", tb_probe_bytes_sum(NULL, 1, &number));
  NULL_IS("result", tb_probe_bytes_sum((const uint8_t *)"a", 1, NULL));
  NULL_IS("result", tb_probe_make_bytes(1, NULL));
  NULL_IS("values", tb_probe_f64_ends(NULL, 1, &real));
  NULL_IS("result", tb_probe_f64_ends(&(double){1}, 1, NULL));
  NULL_IS("values", tb_probe_f64_sum(NULL, 1, &real));
  NULL_IS("result", tb_probe_f64_sum(&(double){1}, 1, NULL));
  NULL_IS("result", tb_probe_make_f64(1, NULL));
  NULL_IS("values", tb_probe_scale_in_place(NULL, 1, 2));
  NULL_IS("point", tb_probe_point_in(NULL, &real));
  NULL_IS("result", tb_probe_point_in(&point, NULL));
  NULL_IS("result", tb_probe_make_point(1, NULL));
  NULL_IS("points", tb_probe_points_ends(NULL, 1, &real));
  NULL_IS("result", tb_probe_points_ends(&point, 1, NULL));
  NULL_IS("points", tb_probe_points_sum(NULL, 1, &real));
  NULL_IS("result", tb_probe_points_sum(&point, 1, NULL));
  NULL_IS("result", tb_probe_make_points(1, NULL));
  NULL_IS("shape", tb_probe_shape_in(NULL, &real));
  NULL_IS("result", tb_probe_shape_in(&shape, NULL));
  NULL_IS("text", tb_probe_shape_in(&label, &real));
  NULL_IS("result", tb_probe_make_shape(1, NULL));
  NULL_IS("entries", tb_probe_map_sum(NULL, 1, &number));
  NULL_IS("key", tb_probe_map_sum(&entry, 1, &number));
  NULL_IS("result", tb_probe_map_sum(&entry, 1, NULL));
  NULL_IS("result", tb_probe_make_map(1, NULL));
  NULL_IS("callback", tb_probe_call_back(1, NULL, NULL, &stopped, &number));
  NULL_IS("stopped", tb_probe_call_back(1, answer_none, NULL, NULL, &number));
  NULL_IS("sum", tb_probe_call_back(1, answer_none, NULL, &stopped, NULL));
  NULL_IS("callback", tb_probe_call_back_from_new_thread(1, NULL, NULL, &stopped, &number));
  NULL_IS("stopped", tb_probe_call_back_from_new_thread(1, answer_none, NULL, NULL, &number));
  NULL_IS("sum", tb_probe_call_back_from_new_thread(1, answer_none, NULL, &stopped, NULL));

  OK(tb_probe_str_len(NULL, 0, &number));
  OK(tb_probe_bytes_ends(NULL, 0, &number));
  OK(tb_probe_f64_ends(NULL, 0, &real));
  OK(tb_probe_scale_in_place(NULL, 0, 2));
  OK(tb_probe_points_sum(NULL, 0, &real));
  OK(tb_probe_map_sum(NULL, 0, &number));

  NULL_IS("histogram", tb_probe_record_from_new_thread(NULL, 1));
  NULL_IS("object", tb_fault_panics_when_dropped_new(NULL));
  NULL_IS("histogram", tb_fault_panic_while_locked(NULL));
  NULL_IS("text", tb_fault_panic(NULL, 1));
}

static void freeing_null_and_twice(void) {
  tb_fault_panics_when_dropped_free(NULL);
  tb_f64s_free(NULL);
  tb_points_free(NULL);
  tb_shape_free(NULL);
  tb_map_free(NULL);

  tb_text text;
  tb_bytes bytes;
  tb_f64s values;
  tb_points points;
  tb_shape shape;
  tb_map map;
  OK(tb_probe_make_str(5, 1, &text));
  OK(tb_probe_make_bytes(5, &bytes));
  OK(tb_probe_make_f64(5, &values));
  OK(tb_probe_make_points(5, &points));
  OK(tb_probe_make_shape(5, &shape));
  OK(tb_probe_make_map(5, &map));
  for (int i = 0; i < 2; i++) {
    tb_text_free(&text);
    tb_bytes_free(&bytes);
    tb_f64s_free(&values);
    tb_points_free(&points);
    tb_shape_free(&shape);
    tb_map_free(&map);
  }
  CHECK(!text.data && !bytes.data && !values.data && !points.data && !shape.text && !map.entries);

  /* Nothing at all is freed like something. */
  OK(tb_probe_make_str(0, 0, &text));
  CHECK(text.length == 0 && text.data && text.data[0] == '\0');
  tb_text_free(&text);
  OK(tb_probe_make_map(0, &map));
  CHECK(map.length == 0 && !map.entries);
  tb_map_free(&map);
}

static void misaligned_arrays(void) {
  void *room;
  double real;
  uint64_t number;

  const double reals[] = {1, 2, 4};
  double *moved = misaligned(reals, sizeof reals, &room);
  double scaled[3];
  OK(tb_probe_f64_sum(moved, 3, &real));
  CHECK(real == 7);
  OK(tb_probe_scale_in_place(moved, 3, 2));
  memcpy(scaled, moved, sizeof scaled);
  CHECK(scaled[0] == 2 && scaled[1] == 4 && scaled[2] == 8);
  free(room);

  const tb_point points[] = {{1, 0.5, -0.5, 2}, {3, 0, 0, 4}};
  OK(tb_probe_points_sum(misaligned(points, sizeof points, &room), 2, &real));
  CHECK(real == 10);
  free(room);

  const tb_entry entries[] = {{"ab", 2, 5}};
  OK(tb_probe_map_sum(misaligned(entries, sizeof entries, &room), 1, &number));
  CHECK(number == 7);
  free(room);
}

static void lengths_above_what_memory_can_hold(void) {
  const size_t bytes = (size_t)PTRDIFF_MAX + 1, words = PTRDIFF_MAX / 8 + 1;
  const char text[] = "1s";
  const uint8_t *data = (const uint8_t *)text;
  uint64_t number = 0;
  double real = 0;
  tb_text echo;
  tb_point point = {0};
  tb_entry entry = {"a", 1, 1};
  tb_shape label = {.kind = TB_SHAPE_LABEL, .text = text, .text_length = bytes};

  TOO_LONG("text", tb_probe_str_len(text, bytes, &number));
  TOO_LONG("text", tb_probe_str_chars(text, SIZE_MAX, &number));
  TOO_LONG("text", tb_probe_echo(text, bytes, &echo));
  TOO_LONG("data", tb_probe_bytes_ends(data, bytes, &number));
  TOO_LONG("data", tb_probe_bytes_sum(data, bytes, &number));
  TOO_LONG("values", tb_probe_f64_ends(&real, words, &real));
  TOO_LONG("values", tb_probe_f64_sum(&real, words, &real));
  TOO_LONG("values", tb_probe_scale_in_place(&real, words, 2));
  TOO_LONG("points", tb_probe_points_ends(&point, words, &real));
  TOO_LONG("points", tb_probe_points_sum(&point, words, &real));
  TOO_LONG("entries", tb_probe_map_sum(&entry, words, &number));
  entry.key_length = bytes;
  TOO_LONG("key", tb_probe_map_sum(&entry, 1, &number));
  TOO_LONG("text", tb_probe_shape_in(&label, &real));
  TOO_LONG("text", tb_fault_panic(text, bytes));
}

static void integers_that_stand_for_nothing(void) {
  tb_shape shape = {.kind = 7};
  tb_text text;
  double real;
  uint64_t number;
  bool found;
  FAILS(TB_ERR_INVALID_ENUM, tb_probe_shape_in(&shape, &real));
  FAILS(TB_ERR_INVALID_ENUM, tb_probe_half(2, 2, &found, &number));
  FAILS(TB_ERR_INVALID_ENUM, tb_probe_make_str(1, 2, &text));
}

static void text_is_kept_or_refused(void) {
  uint64_t number = 77;
  tb_error_details details;
  tb_error *error = tb_probe_str_len("a\xe2\x82\xac\xf0\x9f", 6, &number);
  tb_error_info(error, &details);
  CHECK(details.code == TB_ERR_INVALID_TEXT && details.field_count == 1);
  if (details.field_count == 1) CHECK(details.fields[0].number == 2);
  CHECK(number == 77);
  tb_error_free(error);
  tb_text echo;
  OK(tb_probe_echo("a\0\xc3\xa9", 4, &echo));
  CHECK(echo.length == 4 && memcmp(echo.data, "a\0\xc3\xa9", 5) == 0);
  tb_text_free(&echo);
}

static void an_error_with_a_field_of_every_kind(void) {
  tb_error_details details;
  tb_error *error = tb_probe_fail(42);
  tb_error_info(error, &details);
  CHECK(details.code == TB_ERR_PROBE && strcmp(details.name, "probe") == 0);
  CHECK(strcmp(details.message, "probe failed: 42 NaN caf\xc3\xa9") == 0);
  CHECK(details.message_length == strlen(details.message));
  CHECK(details.field_count == 3);
  const tb_error_field *number = &details.fields[0], *ratio = number + 1, *text = number + 2;
  CHECK(strcmp(number->name, "number") == 0 && number->kind == TB_FIELD_U64);
  CHECK(number->number == 42 && number->real == 0 && !number->text);
  CHECK(strcmp(ratio->name, "ratio") == 0 && ratio->kind == TB_FIELD_F64 && isnan(ratio->real));
  CHECK(strcmp(text->name, "text") == 0 && text->kind == TB_FIELD_TEXT);
  CHECK(strcmp(text->text, "caf\xc3\xa9") == 0 && text->text_length == 5);
  tb_error_free(error);
}

static void panics_are_errors(void) {
  tb_error *error = tb_fault_panic("a\0\xc3\xa9", 4);
  tb_error_details details;
  tb_error_info(error, &details);
  CHECK(details.code == TB_ERR_PANIC && details.field_count == 1);
  CHECK(details.fields[0].text_length == 4 && !memcmp(details.fields[0].text, "a\0\xc3\xa9", 5));
  CHECK(details.message_length == strlen("panic: ") + 4);
  tb_error_free(error);

  /* More than memory can hold is a panic too, and no end of the process. */
  tb_bytes bytes;
  tb_points points;
  FAILS(TB_ERR_PANIC, tb_probe_make_bytes(SIZE_MAX, &bytes));
  FAILS(TB_ERR_PANIC, tb_probe_make_points(SIZE_MAX / 8, &points));

  /* What frees has no error to return: the panic ends in there. */
  tb_fault_panics_when_dropped *object;
  OK(tb_fault_panics_when_dropped_new(&object));
  tb_fault_panics_when_dropped_free(object);
}

static void half_changed_is_poisoned(void) {
  tb_histogram *histogram = make(), *clone, *made = NULL;
  tb_scan scan = {.kind = TB_SCAN_RECORDED};
  tb_buckets *before, *after = NULL;
  tb_bytes bytes;
  tb_text tag;
  tb_bucket bucket;
  uint64_t number;
  bool found;
  int32_t stopped;
  size_t count = 0;
  OK(tb_histogram_clone(histogram, &clone));
  OK(tb_histogram_record(histogram, 5));
  OK(tb_histogram_buckets(histogram, &scan, &before));
  FAILS(TB_ERR_PANIC, tb_fault_panic_while_locked(histogram));
  tb_histogram *const handles[] = {histogram, clone};
  for (int i = 0; i < 2; i++) {
    FAILS(TB_ERR_POISONED, tb_histogram_record(handles[i], 1));
    FAILS(TB_ERR_POISONED, tb_histogram_record_all(handles[i], &(uint64_t){1}, 1));
    FAILS(TB_ERR_POISONED, tb_histogram_len(handles[i], &number));
    FAILS(TB_ERR_POISONED, tb_histogram_max(handles[i], &found, &number));
    FAILS(TB_ERR_POISONED, tb_histogram_tag(handles[i], &tag));
    FAILS(TB_ERR_POISONED, tb_histogram_encode(handles[i], &bytes));
    FAILS(TB_ERR_POISONED, tb_histogram_buckets(handles[i], &scan, &after));
    FAILS(TB_ERR_POISONED,
          tb_histogram_for_each_bucket(handles[i], &scan, visit_none, NULL, &stopped));
    FAILS(TB_ERR_POISONED, tb_fault_panic_while_locked(handles[i]));
  }
  /* A cursor has its own copy; another handle can still be made, and freed. */
  OK(tb_buckets_next(before, &bucket, 1, &count));
  CHECK(count == 1 && bucket.value == 5);
  OK(tb_histogram_clone(histogram, &made));
  tb_buckets_free(before);
  tb_histogram_free(made);
  tb_histogram_free(clone);
  tb_histogram_free(histogram);
}

static int32_t note_thread(void *user, uint64_t number, uint64_t *answer) {
  *(pthread_t *)user = pthread_self();
  *answer = number;
  return number == 2 ? INT32_MIN : 0;
}

static void callbacks_keep_their_thread_and_answer(void) {
  pthread_t thread;
  int32_t stopped = 0;
  uint64_t sum = 77;
  OK(tb_probe_call_back(2, note_thread, &thread, &stopped, &sum));
  CHECK(pthread_equal(thread, pthread_self()) && stopped == 0 && sum == 1);
  sum = 77;
  OK(tb_probe_call_back_from_new_thread(9, note_thread, &thread, &stopped, &sum));
  CHECK(!pthread_equal(thread, pthread_self()) && stopped == INT32_MIN && sum == 77);
}

static void a_poisoned_histogram_has_no_watch_but_lets_go(void) {
  tb_histogram *histogram = make();
  struct watched w = {0};
  FAILS(TB_ERR_PANIC, tb_fault_panic_while_locked(histogram));
  REFUSED(TB_ERR_POISONED, w,
          tb_histogram_watch(histogram, 1, count_call, &w, count_end, &w.watch));
  FAILS(TB_ERR_POISONED, tb_histogram_watch(histogram, 1, count_call, NULL, NULL, &w.watch));
  CHECK(w.calls == 0);
  tb_histogram_free(histogram);

  struct watched kept = {.histogram = make()}, other = {.histogram = kept.histogram};
  bool ended = false;
  OK(tb_histogram_watch(kept.histogram, 5, count_call, &kept, count_end, &kept.watch));
  OK(tb_histogram_watch(kept.histogram, 5, count_call, &other, count_end, &other.watch));
  tb_watch_free(kept.watch);
  FAILS(TB_ERR_PANIC, tb_fault_panic_while_locked(kept.histogram));
  OK(tb_watch_end(other.watch, &ended));
  CHECK(ended && other.destroyed == 1 && kept.destroyed == 0);
  tb_watch_free(other.watch);
  tb_histogram_free(kept.histogram);
  CHECK(kept.destroyed == 1);
}

static void a_watcher_on_another_thread_may_free_the_handle(void) {
  struct watched w = {.histogram = make()};
  OK(tb_histogram_watch(w.histogram, 5, free_handle, &w, count_end, &w.watch));
  OK(tb_probe_record_from_new_thread(w.histogram, 7));
  CHECK(!w.histogram && w.calls == 1 && w.destroyed == 1);
  tb_watch_free(w.watch);
}

static void print_errors(void) {
  tb_histogram *histogram = make();
  uint64_t number;
  print_error(tb_fault_panic_while_locked(histogram));
  print_error(tb_histogram_len(histogram, &number));
  print_error(tb_probe_fail(7));
  tb_histogram_free(histogram);
}

int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "errors") == 0) {
    print_errors();
    return failures > 0;
  }
  null_arguments_of_the_probes();
  freeing_null_and_twice();
  misaligned_arrays();
  lengths_above_what_memory_can_hold();
  integers_that_stand_for_nothing();
  text_is_kept_or_refused();
  an_error_with_a_field_of_every_kind();
  panics_are_errors();
  half_changed_is_poisoned();
  callbacks_keep_their_thread_and_answer();
  a_poisoned_histogram_has_no_watch_but_lets_go();
  a_watcher_on_another_thread_may_free_the_handle();
  if (failures > 0) fprintf(stderr, "%d checks failed\n", (int)failures);
  return failures > 0;
}
