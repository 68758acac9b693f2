/* cc quickstart.c -Iinclude -L<folder of the library> -ltollbridge_safer_ffi -o quickstart */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <tollbridge_safer.h>

/* Shows an error and frees it; false for success. */
static bool failed(tbs_error_t *error) {
  if (!error) return false;
  tbs_error_details_t details = tbs_error_info(error);
  printf("error %" PRId32 " (%s): %.*s\n", details.code, details.name, (int)details.message.len,
         (const char *)details.message.ptr);
  tbs_error_free(error);
  return true;
}

/* C has no slices: a string literal as one, without its NUL. */
#define TEXT(literal) ((slice_ref_uint8_t){(const uint8_t *)(literal), sizeof(literal) - 1})

static int32_t show(void *left, const tbs_bucket_t *bucket) {
  printf("up to %" PRIu64 " ns: %" PRIu64 " so far\n", bucket->value, bucket->total);
  return --*(int *)left == 0; /* anything but 0 stops the walk */
}

/* What a watcher closes over: the library's, until it calls `release` with it. */
struct alarm {
  uint64_t limit;
  int count; /* only this program's one thread records */
};

static int32_t ring(void *environment, uint64_t value) {
  struct alarm *alarm = environment;
  printf("%" PRIu64 " ns is not below %" PRIu64 "\n", value, alarm->limit);
  return ++alarm->count == 2; /* anything but 0 ends the watch */
}

static void done(void *environment) {
  struct alarm *alarm = environment;
  printf("rang %d times\n", alarm->count);
  free(alarm);
}

static bool watch(const tbs_histogram_t *latencies) {
  struct alarm *alarm = malloc(sizeof *alarm);
  if (!alarm) return false;
  *alarm = (struct alarm){.limit = 2000000};
  ArcDynFn1_int32_uint64_t watcher = {.env_ptr = alarm, .call = ring, .release = done};
  tbs_watch_t *watch;
  if (failed(tbs_histogram_watch(latencies, alarm->limit, watcher, &watch))) return false;
  tbs_watch_free(watch); /* the watch goes on; this would have ended it: tbs_watch_end */
  const uint64_t values[] = {1999999, 2000000, 5000000, 6000000};
  return !failed(tbs_histogram_record_all(latencies, (slice_ref_uint64_t){values, 4}));
}

static int32_t note_progress(void *intervals, const tbs_progress_t *progress) {
  *(uint64_t *)intervals = progress->intervals; /* progress->bytes of progress->total are read */
  return 0;                                     /* anything but 0 is the error `cancelled` */
}

/* Writes an interval log and reads it back. */
static bool keep(const tbs_histogram_t *latencies) {
  static const char path[] = "quickstart-safer.hlog";
  tbs_log_writer_t *writer;
  if (failed(tbs_log_writer_new(TEXT(path), 1800000000.0, &writer))) return false;
  bool ok = !failed(tbs_log_writer_write(writer, latencies, 0.0, 60.0));
  tbs_log_writer_free(writer);

  tbs_replay_t *replay;
  uint64_t intervals = 0;
  RefDynFnMut1_int32_tbs_progress_const_ptr_t progress = {&intervals, note_progress};
  ok = ok && !failed(tbs_replay_log(TEXT(path), &progress, &replay));
  remove(path);
  if (!ok) return false;
  printf("%" PRIu64 " interval read\n", intervals);
  for (size_t i = 0; i < tbs_replay_len(replay) && ok; i++) {
    tbs_histogram_t *sum;
    uint64_t count;
    ok = !failed(tbs_replay_histogram(replay, i, &sum));
    if (!ok) break;
    ok = !failed(tbs_histogram_len(sum, &count));
    if (ok) printf("%" PRIu64 " values in the log\n", count);
    tbs_histogram_free(sum);
  }
  tbs_replay_free(replay);
  return ok;
}

static bool use(const tbs_histogram_t *latencies) {
  uint64_t recorded;
  Tuple2_bool_uint64_t p99; /* an option: whether there is a value, and the value */
  if (failed(tbs_histogram_record(latencies, 1000000))) return false;
  if (failed(tbs_histogram_record_durations(latencies, TEXT("250us 1.5ms\n3ms"), &recorded)))
    return false;
  if (failed(tbs_histogram_value_at_quantile(latencies, 0.99, &p99))) return false;
  if (p99._0) printf("99 %% are within %" PRIu64 " ns\n", p99._1);

  tbs_scan_t scan = {.kind = TBS_SCAN_KIND_RECORDED};
  int left = 2;
  RefDynFnMut1_int32_tbs_bucket_const_ptr_t visitor = {&left, show};
  int32_t stopped;
  if (failed(tbs_histogram_for_each_bucket(latencies, scan, visitor, &stopped))) return false;
  if (!watch(latencies) || !keep(latencies)) return false;
  failed(tbs_histogram_record(latencies, 7200000000000)); /* two hours: above the highest */
  return true;
}

int main(void) {
  tbs_config_t config = {.lowest = 1, .highest = 3600000000000, .significant_digits = 3};
  tbs_histogram_t *latencies;
  if (failed(tbs_histogram_new(config, &latencies))) return 1;
  bool ok = use(latencies);
  tbs_histogram_free(latencies);
  return ok ? 0 : 1;
}
