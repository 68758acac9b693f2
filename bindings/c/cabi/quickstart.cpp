// c++ -std=c++17 quickstart.cpp $(pkg-config --cflags --libs tollbridge) -o quickstart
#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tollbridge.h>
#include <utility>
#include <vector>

// All that C++ needs over a C library: owners that free, and errors that are thrown.
struct Free {
  void operator()(tb_error *error) const { tb_error_free(error); }
  void operator()(tb_histogram *histogram) const { tb_histogram_free(histogram); }
  void operator()(tb_replay *replay) const { tb_replay_free(replay); }
  void operator()(tb_log_writer *writer) const { tb_log_writer_free(writer); }
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
  explicit Histogram(tb_histogram *owned) : handle(owned) {}

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

  // `call` answers whether to go on. The library owns it until it calls `destroy`, also when this
  // fails. It is called by whoever records, on any thread: there is nobody to throw an exception
  // to.
  void watch(std::uint64_t limit, std::function<bool(std::uint64_t)> call) const {
    using Call = std::function<bool(std::uint64_t)>;
    auto trampoline = [](void *user, std::uint64_t value) -> std::int32_t {
      try {
        return (*static_cast<Call *>(user))(value) ? 0 : 1;
      } catch (...) {
        std::cerr << "an exception in a watcher\n";
        return 0;
      }
    };
    auto destroy = [](void *user) { delete static_cast<Call *>(user); };
    auto *kept = new Call(std::move(call));
    tb_watch *watch = nullptr;
    check(tb_histogram_watch(handle.get(), limit, trampoline, kept, destroy, &watch));
    tb_watch_free(watch); // the watch goes on; this would have ended it: tb_watch_end
  }

  void write_log(std::string_view path) const {
    tb_log_writer *made = nullptr;
    check(tb_log_writer_new(path.data(), path.size(), 1800000000.0, &made));
    std::unique_ptr<tb_log_writer, Free> writer(made);
    check(tb_log_writer_write(writer.get(), handle.get(), 0.0, 60.0));
  }

  std::uint64_t len() const {
    std::uint64_t count;
    check(tb_histogram_len(handle.get(), &count));
    return count;
  }

private:
  std::unique_ptr<tb_histogram, Free> handle;
};

// The histograms of a log, in order of their tags. `progress` may throw: that ends the work, and
// the very exception comes out.
template <typename Progress>
static std::vector<Histogram> replay_log(std::string_view path, Progress progress) {
  struct Work {
    Progress &progress;
    std::exception_ptr thrown;
  } work{progress, nullptr};
  auto trampoline = [](void *user, const tb_progress *at) -> std::int32_t {
    auto *work = static_cast<Work *>(user);
    try {
      work->progress(*at);
      return 0;
    } catch (...) {
      work->thrown = std::current_exception();
      return 1;
    }
  };
  tb_replay *made = nullptr;
  tb_error *error = tb_replay_log(path.data(), path.size(), trampoline, &work, &made);
  if (work.thrown) {
    tb_error_free(error); // `cancelled`, which says less
    std::rethrow_exception(work.thrown);
  }
  check(error);
  std::unique_ptr<tb_replay, Free> replay(made);
  std::vector<Histogram> histograms;
  for (std::size_t i = 0; i < tb_replay_len(replay.get()); i++) {
    tb_histogram *one = nullptr;
    check(tb_replay_histogram(replay.get(), i, &one));
    histograms.emplace_back(one);
  }
  return histograms;
}

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

  {
    // Says how often it rang when the library lets go of it.
    std::shared_ptr<int> rung(new int(0), [](int *times) {
      std::cout << "rang " << *times << " times\n";
      delete times;
    });
    latencies.watch(2000000, [rung](std::uint64_t value) {
      std::cout << value << " ns is not below 2000000\n";
      return ++*rung < 2;
    });
  }
  for (std::uint64_t value : {1999999, 2000000, 5000000, 6000000})
    latencies.record(value);

  const char path[] = "quickstart.hlog";
  std::uint64_t intervals = 0;
  latencies.write_log(path);
  auto histograms = replay_log(path, [&](const tb_progress &at) { intervals = at.intervals; });
  std::cout << intervals << " interval read\n";
  for (const Histogram &sum : histograms)
    std::cout << sum.len() << " values in the log\n";
  try {
    replay_log(path, [](const tb_progress &) { throw 7; });
    return 1;
  } catch (int) {
    // the very exception that the callback threw
  }
  std::remove(path);

  try {
    latencies.record(7200000000000); // two hours: above the highest
  } catch (const Error &error) {
    std::cout << "error " << error.code << " (" << error.name << "): " << error.what() << "\n";
  }
}
