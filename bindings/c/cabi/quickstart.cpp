// c++ -std=c++17 quickstart.cpp $(pkg-config --cflags --libs tollbridge) -o quickstart
#include <cstdint>
#include <exception>
#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tollbridge.h>

// All that C++ needs over a C library: owners that free, and errors that are thrown.
struct Free {
  void operator()(tb_error *error) const { tb_error_free(error); }
  void operator()(tb_histogram *histogram) const { tb_histogram_free(histogram); }
};

// ANCHOR: check
struct Error : std::runtime_error {
  std::int32_t code;
  std::string name;
  explicit Error(const tb_error_details &details)
      : std::runtime_error(std::string(details.message, details.message_length)),
        code(details.code), name(details.name) {}
};

static void check(tb_error *returned) {
  if (returned == nullptr) return;
  std::unique_ptr<tb_error, Free> error(returned);
  tb_error_details details;
  tb_error_info(error.get(), &details);
  throw Error(details);
}
// ANCHOR_END: check

class Histogram {
public:
  explicit Histogram(const tb_config &config) {
    tb_histogram *made = nullptr;
    check(tb_histogram_new(&config, &made));
    handle.reset(made);
  }

  void record(std::uint64_t value) { check(tb_histogram_record(handle.get(), value)); }

  std::uint64_t record_durations(std::string_view text) {
    std::uint64_t recorded;
    check(tb_histogram_record_durations(handle.get(), text.data(), text.size(), &recorded));
    return recorded;
  }

  std::optional<std::uint64_t> value_at_quantile(double quantile) const {
    bool found;
    std::uint64_t value;
    check(tb_histogram_value_at_quantile(handle.get(), quantile, &found, &value));
    return found ? std::optional(value) : std::nullopt;
  }

  // ANCHOR: trampoline
  // `visit` answers whether to go on. No exception may leave through Rust: it is caught in the
  // trampoline, and thrown again when the walk has ended.
  template <typename Visit> void for_each_bucket(const tb_scan &scan, Visit visit) const {
    struct Walk {
      Visit &visit;
      std::exception_ptr thrown;
    } walk{visit, nullptr};
    auto trampoline = [](void *user, const tb_bucket *bucket) -> std::int32_t {
      auto *walk = static_cast<Walk *>(user);
      try {
        return walk->visit(*bucket) ? 0 : 1;
      } catch (...) {
        walk->thrown = std::current_exception();
        return 1;
      }
    };
    std::int32_t stopped;
    check(tb_histogram_for_each_bucket(handle.get(), &scan, trampoline, &walk, &stopped));
    if (walk.thrown) std::rethrow_exception(walk.thrown);
  }
  // ANCHOR_END: trampoline

private:
  std::unique_ptr<tb_histogram, Free> handle;
};

int main() {
  Histogram latencies({1, 3600000000000, 3});
  latencies.record(1000000);
  latencies.record_durations("250us 1.5ms\n3ms");
  if (auto p99 = latencies.value_at_quantile(0.99))
    std::cout << "99 % are within " << *p99 << " ns\n";

  int left = 2;
  tb_scan recorded{TB_SCAN_RECORDED, 0, 0, 0};
  latencies.for_each_bucket(recorded, [&](const tb_bucket &bucket) {
    std::cout << "up to " << bucket.value << " ns: " << bucket.total << " so far\n";
    return --left > 0;
  });
  try {
    latencies.for_each_bucket(recorded, [](const tb_bucket &) -> bool { throw 7; });
    return 1;
  } catch (int) {
    // the very exception that the visitor threw
  }
  try {
    latencies.record(7200000000000); // two hours: above the highest
  } catch (const Error &error) {
    std::cout << "error " << error.code << " (" << error.name << "): " << error.what() << "\n";
  }
}
