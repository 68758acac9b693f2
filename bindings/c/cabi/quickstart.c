/* cc quickstart.c $(pkg-config --cflags --libs tollbridge) -o quickstart */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <tollbridge.h>

/* Shows an error and frees it; false for success. */
static bool failed(tb_error *error) {
  if (!error) return false;
  tb_error_details details;
  tb_error_info(error, &details);
  printf("error %" PRId32 " (%s): %s\n", details.code, details.name, details.message);
  tb_error_free(error);
  return true;
}

static int32_t show(void *user, const tb_bucket *bucket) {
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

static bool watch(const tb_histogram *latencies) {
  struct alarm *alarm = malloc(sizeof *alarm);
  if (!alarm) return false;
  *alarm = (struct alarm){.limit = 2000000};
  tb_watch *watch;
  if (failed(tb_histogram_watch(latencies, alarm->limit, ring, alarm, done, &watch))) return false;
  tb_watch_free(watch); /* the watch goes on; this would have ended it: tb_watch_end */
  const uint64_t values[] = {1999999, 2000000, 5000000, 6000000};
  return !failed(tb_histogram_record_all(latencies, values, 4));
}

static int32_t note_progress(void *user, const tb_progress *progress) {
  uint64_t *intervals = user;
  *intervals = progress->intervals; /* of progress->total bytes progress->bytes are read */
  return 0;                         /* anything but 0 is the error `cancelled` */
}

/* Writes an interval log and reads it back. */
static bool keep(const tb_histogram *latencies) {
  char path[] = "quickstart.hlog";
  size_t length = sizeof path - 1;
  tb_log_writer *writer;
  if (failed(tb_log_writer_new(path, length, 1800000000.0, &writer))) return false;
  bool ok = !failed(tb_log_writer_write(writer, latencies, 0.0, 60.0));
  tb_log_writer_free(writer);

  tb_replay *replay;
  uint64_t intervals = 0;
  ok = ok && !failed(tb_replay_log(path, length, note_progress, &intervals, &replay));
  remove(path);
  if (!ok) return false;
  printf("%" PRIu64 " interval read\n", intervals);
  for (size_t i = 0; i < tb_replay_len(replay) && ok; i++) {
    tb_histogram *sum;
    uint64_t count;
    ok = !failed(tb_replay_histogram(replay, i, &sum));
    if (!ok) break;
    ok = !failed(tb_histogram_len(sum, &count));
    if (ok) printf("%" PRIu64 " values in the log\n", count);
    tb_histogram_free(sum);
  }
  tb_replay_free(replay);
  return ok;
}

static bool use(const tb_histogram *latencies) {
  const char text[] = "250us 1.5ms\n3ms";
  uint64_t recorded, p99;
  bool found;
  if (failed(tb_histogram_record(latencies, 1000000))) return false;
  if (failed(tb_histogram_record_durations(latencies, text, sizeof text - 1, &recorded)))
    return false;
  if (failed(tb_histogram_value_at_quantile(latencies, 0.99, &found, &p99))) return false;
  if (found) printf("99 %% are within %" PRIu64 " ns\n", p99);

  tb_scan scan = {.kind = TB_SCAN_RECORDED};
  int left = 2;
  int32_t stopped;
  if (failed(tb_histogram_for_each_bucket(latencies, &scan, show, &left, &stopped))) return false;
  if (!watch(latencies) || !keep(latencies)) return false;
  failed(tb_histogram_record(latencies, 7200000000000)); /* two hours: above the highest */
  return true;
}

int main(void) {
  tb_config config = {.lowest = 1, .highest = 3600000000000, .significant_digits = 3};
  tb_histogram *latencies;
  if (failed(tb_histogram_new(&config, &latencies))) return 1;
  bool ok = use(latencies);
  tb_histogram_free(latencies);
  return ok ? 0 : 1;
}
