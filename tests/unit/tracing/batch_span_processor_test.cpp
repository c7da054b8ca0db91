#include "sma/tracing/batch_span_processor.hpp"

#include "sma/core/metrics.hpp"

#include "catch.hpp"

#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

using namespace sma;
using namespace sma::tracing;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

/// What a collector does, as a test tells it.
struct collector {
    std::mutex lock;
    std::condition_variable changed;
    std::vector<std::size_t> batches;  ///< their sizes, those that failed included
    bool is_open = true;               ///< else send() waits
    bool is_down = false;
    bool is_broken = false;

    void wait_for(std::size_t n) {
        std::unique_lock held(lock);
        changed.wait(held, [&] { return batches.size() >= n; });
    }
    void open() {
        std::lock_guard const held(lock);
        is_open = true;
        changed.notify_all();
    }
    void come_back() {
        {
            std::lock_guard const held(lock);
            is_down = false;
        }
        open();
    }
};

class fake_exporter final : public span_exporter {
public:
    explicit fake_exporter(collector& to) : to_(to) {}

    result<void> send(std::vector<span> const& spans) override {
        std::unique_lock held(to_.lock);
        to_.batches.push_back(spans.size());
        to_.changed.notify_all();
        to_.changed.wait(held, [this] { return to_.is_open; });
        if (to_.is_broken) throw std::runtime_error("broken");
        if (to_.is_down) return error(errc::io_error, "nobody is there");
        return {};
    }

private:
    collector& to_;
};

struct fixture {
    metrics counters;
    collector to;

    batch_span_processor start(span_processor_options options) {
        return {options, std::make_unique<fake_exporter>(to), counters};
    }
    double exported() const { return counters.trace_spans_exported_total.Value(); }
    std::string exposed() const { return counters.expose(); }
};

/// Spans wait for more of them longer than any test lasts.
span_processor_options patient() { return {8, 4, std::chrono::hours(24), 10s}; }

std::vector<span> some(std::size_t n) { return std::vector<span>(n); }

}  // namespace

TEST_CASE("spans are sent together when there are enough", "[batch_span_processor]") {
    fixture f;
    auto processor = f.start(patient());
    for (int i = 0; i < 4; ++i) processor.push(some(1));
    f.to.wait_for(1);
    processor.shut_down();
    CHECK(f.to.batches == std::vector<std::size_t>{4});
    CHECK(f.exported() == 4);
}

TEST_CASE("few spans are sent after a while", "[batch_span_processor]") {
    fixture f;
    auto options = patient();
    options.delay = 1ms;
    auto processor = f.start(options);
    processor.push(some(1));
    f.to.wait_for(1);
    CHECK(f.to.batches == std::vector<std::size_t>{1});
}

TEST_CASE("at the end what is queued is sent", "[batch_span_processor]") {
    fixture f;
    auto processor = f.start(patient());
    processor.push(some(3));
    processor.push(some(3));
    processor.shut_down();
    CHECK(f.exported() == 6);
    for (auto const size : f.to.batches) CHECK(size <= 4);
}

TEST_CASE("what comes after the end is dropped and counted", "[batch_span_processor]") {
    fixture f;
    auto processor = f.start(patient());
    processor.shut_down();
    processor.push(some(3));
    CHECK(f.to.batches.empty());
    CHECK_THAT(f.exposed(), ContainsSubstring("trace_spans_dropped_total{reason=\"shutdown\"} 3"));
}

TEST_CASE("a full queue drops whole requests, and nobody waits", "[batch_span_processor]") {
    fixture f;
    f.to.is_open = false;
    auto processor = f.start(patient());
    processor.push(some(4));
    f.to.wait_for(1);  // those four are on their way, and stay there
    processor.push(some(5));
    processor.push(some(4));
    processor.push(some(3));
    CHECK_THAT(f.exposed(), ContainsSubstring("trace_spans_dropped_total{reason=\"queue\"} 4"));
    f.to.open();
    processor.shut_down();
    CHECK(f.exported() == 12);
}

TEST_CASE("spans that the collector does not take are dropped and counted, and later ones are sent",
          "[batch_span_processor]") {
    fixture f;
    f.to.is_down = true;
    auto processor = f.start(patient());
    processor.push(some(4));
    f.to.wait_for(1);
    {
        // The next batch waits until the collector is back.
        std::lock_guard const held(f.to.lock);
        f.to.is_open = false;
    }
    processor.push(some(4));
    f.to.wait_for(2);
    f.to.come_back();
    processor.shut_down();
    CHECK_THAT(f.exposed(), ContainsSubstring("trace_spans_dropped_total{reason=\"export\"} 4"));
    CHECK(f.exported() == 4);
}

TEST_CASE("an exporter that throws costs its spans alone", "[batch_span_processor]") {
    fixture f;
    f.to.is_broken = true;
    auto processor = f.start(patient());
    processor.push(some(4));
    f.to.wait_for(1);
    processor.shut_down();
    CHECK_THAT(f.exposed(), ContainsSubstring("trace_spans_dropped_total{reason=\"export\"} 4"));
}

TEST_CASE("a collector that is gone does not hold up the end", "[batch_span_processor]") {
    fixture f;
    f.to.is_down = true;
    auto processor = f.start(patient());
    processor.push(some(4));
    f.to.wait_for(1);
    processor.push(some(3));  // too few to be sent before the end
    processor.shut_down();
    CHECK(f.to.batches.size() == 1);
    CHECK_THAT(f.exposed(), ContainsSubstring("trace_spans_dropped_total{reason=\"shutdown\"} 3"));
}
