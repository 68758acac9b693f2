/* cc quickstart.c -Iinclude -L<folder of the library> -ltollbridge_ffi_support -o quickstart */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <tollbridge_support.h>

/* Every call writes it; `failed` empties it. */
static tbf_error error;

/* Shows the error of the last call and frees it; false for success. */
static bool failed(void) {
  if (error.base.code == 0) return false;
  tbf_error_details details;
  tbf_error_info(&error, &details);
  printf("error %" PRId32 " (%s): %s\n", error.base.code, details.name, error.base.message);
  tbf_error_free(&error);
  return true;
}

static int32_t show(void *user, const tbf_bucket *bucket) {
  int *left = user;
  printf("up to %" PRIu64 " ns: %" PRIu64 " so far\n", bucket->value, bucket->total);
  return --*left == 0; /* anything but 0 stops the walk */
}

/* A watcher's user data: the library's, until it calls `done` with it. */
struct alarm {
  uint64_t limit;
  int count; /* only this program's one thread records */
};

static int32_t ring(void *user, uint64_t value) {
  struct alarm *alarm = user;
  printf("%" PRIu64 " ns is not below %" PRIu64 "\n", value, alarm->limit);
  return ++alarm->count == 2; /* anything but 0 ends the watch */
}

static void done(void *user) {
  struct alarm *alarm = user;
  printf("rang %d times\n", alarm->count);
  free(alarm);
}

static bool watch(uint64_t latencies) {
  struct alarm *alarm = malloc(sizeof *alarm);
  if (!alarm) return false;
  *alarm = (struct alarm){.limit = 2000000};
  uint64_t watch = tbf_histogram_watch(latencies, alarm->limit, ring, alarm, done, &error);
  if (failed()) return false;
  tbf_watch_free(watch, NULL); /* the watch goes on; this would have ended it: tbf_watch_end */
  const uint64_t values[] = {1999999, 2000000, 5000000, 6000000};
  tbf_histogram_record_all(latencies, values, 4, &error);
  return !failed();
}

static int32_t note_progress(void *user, const tbf_progress *progress) {
  uint64_t *intervals = user;
  *intervals = progress->intervals; /* of progress->total bytes progress->bytes are read */
  return 0;                         /* anything but 0 is the error `cancelled` */
}

/* Writes an interval log and reads it back. */
static bool keep(uint64_t latencies) {
  char path[] = "quickstart-support.hlog";
  size_t length = sizeof path - 1;
  uint64_t writer = tbf_log_writer_new(path, length, 1800000000.0, &error);
  if (failed()) return false;
  tbf_log_writer_write(writer, latencies, 0.0, 60.0, &error);
  bool ok = !failed();
  tbf_log_writer_free(writer, NULL);

  uint64_t intervals = 0, replay = 0;
  if (ok) replay = tbf_replay_log(path, length, note_progress, &intervals, &error);
  remove(path);
  if (!ok || failed()) return false;
  printf("%" PRIu64 " interval read\n", intervals);
  uint64_t tags = tbf_replay_len(replay, NULL);
  for (uint64_t i = 0; i < tags && ok; i++) {
    uint64_t sum = tbf_replay_histogram(replay, i, &error);
    ok = !failed();
    if (!ok) break;
    uint64_t count = tbf_histogram_len(sum, &error);
    ok = !failed();
    if (ok) printf("%" PRIu64 " values in the log\n", count);
    tbf_histogram_free(sum, NULL);
  }
  tbf_replay_free(replay, NULL);
  return ok;
}

static bool use(uint64_t latencies) {
  const char text[] = "250us 1.5ms\n3ms";
  uint64_t p99;
  tbf_histogram_record(latencies, 1000000, &error);
  if (failed()) return false;
  tbf_histogram_record_durations(latencies, text, sizeof text - 1, &error);
  if (failed()) return false;
  bool found = tbf_histogram_value_at_quantile(latencies, 0.99, &p99, &error);
  if (failed()) return false;
  if (found) printf("99 %% are within %" PRIu64 " ns\n", p99);

  tbf_scan scan = {.kind = TBF_SCAN_RECORDED};
  int left = 2;
  tbf_histogram_for_each_bucket(latencies, &scan, show, &left, &error);
  if (failed() || !watch(latencies) || !keep(latencies)) return false;
  tbf_histogram_record(latencies, 7200000000000, &error); /* two hours: above the highest */
  return failed();
}

int main(void) {
  tbf_config config = {.lowest = 1, .highest = 3600000000000, .significant_digits = 3};
  uint64_t latencies = tbf_histogram_new(&config, &error);
  if (failed()) return 1;
  bool ok = use(latencies);
  tbf_histogram_free(latencies, NULL);
  tbf_histogram_record(latencies, 1, &error); /* freed: an error, and nothing worse */
  ok = ok && error.base.code == TBF_ERR_CLOSED;
  tbf_error_free(&error);
  return ok ? 0 : 1;
}
