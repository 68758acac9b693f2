/* cc quickstart.c $(pkg-config --cflags --libs tollbridge) -o quickstart */
#include <inttypes.h>
#include <stdio.h>
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
