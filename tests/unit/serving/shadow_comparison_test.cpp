// Tests of the comparison with a shadow: which images, how many, when, and what is made of the two answers.
#include "sma/serving/shadow_comparison.hpp"

#include "caching_fixture.hpp"
#include "captured_output.hpp"

#include "catch.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>

using namespace sma;
using namespace sma::serving;
using namespace sma::serving::test;
using Catch::Approx;
using Catch::Matchers::ContainsSubstring;

namespace {

std::shared_ptr<model_instance> labeled_model(std::vector<std::string> labels = {"cat", "dog"}) {
    auto model = new_model();
    model->labels = std::move(labels);
    return model;
}

/// A model and its shadow, which a test holds and releases; the shadow's logits of a file are {its length, version}.
struct compared_models {
    compared_models() {
        shadow.model = labeled_model();
        shadow.version = 2;
        options.model = "old";
        options.shadow = "new";
        options.current_model = [this] { return model; };
        options.current_shadow = [this] { return current_shadow ? *current_shadow : shadow.model; };
        options.is_idle = [this] { return idle; };
        options.random = [this] { return drawn; };
        options.now = clock.reader();
    }
    void start() { comparison.emplace(io.get_executor(), shadow, options, counters.of_shadow("old", "new")); }

    /// A request with these files, for each of which the model answers `logits`.
    void see(images const& files, std::vector<float> const& logits = {1, 0}) {
        classification c;
        c.model = *model;
        for (std::size_t i = 0; i < files.size(); ++i) c.logits.emplace_back(logits);
        request_context context;
        context.correlation_id = "an-id";
        comparison->saw(context, files, c);
    }
    void run_for_a_while() {
        io.restart();
        io.run_for(30ms);
    }
    template <class Condition>
    void run_until(Condition condition) {
        auto const end = std::chrono::steady_clock::now() + 10s;
        while (!condition()) {
            REQUIRE(std::chrono::steady_clock::now() < end);
            io.restart();
            io.run_one_for(10ms);
        }
    }
    void compare_all(std::uint64_t images) {
        run_until([&] { return comparison->report().compared == images; });
    }
    bool has(std::string const& series) const { return counters.expose().find(series + "\n") != std::string::npos; }
    bool has_dropped(std::string const& reason, int images) const {
        return has("shadow_dropped_images_total{model=\"old\",reason=\"" + reason + "\",shadow=\"new\"} " +
                   std::to_string(images));
    }

    asio::io_context io;
    held_classifier shadow{io};
    result<std::shared_ptr<model_instance>> model = labeled_model();
    std::optional<result<std::shared_ptr<model_instance>>> current_shadow;  ///< other than what it answers with
    bool idle = true;
    double drawn = 0;
    manual_clock clock;
    metrics counters;
    shadow_options options;
    std::optional<shadow_comparison> comparison;
};

double confidence_of(double difference) { return 1 / (1 + std::exp(-difference)); }

}  // namespace

TEST_CASE("what a model and its shadow say of an image is compared", "[shadow]") {
    compared_models both;
    both.start();
    both.see({"abcd"});       // {1, 0} and {4, 2}
    both.see({"a"}, {3, 0});  // {3, 0} and {1, 2}
    both.compare_all(2);
    auto const report = both.comparison->report();
    CHECK(report.agreed == 1);
    CHECK(report.mean_confidence == Approx((confidence_of(1) + confidence_of(3)) / 2));
    CHECK(report.mean_shadow_confidence == Approx((confidence_of(2) + confidence_of(1)) / 2));
    CHECK(report.mean_confidence_difference ==
          Approx((confidence_of(2) - confidence_of(1) + confidence_of(3) - confidence_of(1)) / 2));
    CHECK(report.mean_ms == Approx(3));
    CHECK(report.reason.empty());
    CHECK(both.has("shadow_agreed_images_total{model=\"old\",shadow=\"new\"} 1"));
    CHECK(both.has("shadow_disagreed_images_total{model=\"old\",shadow=\"new\"} 1"));
    CHECK(both.has("shadow_confidence_difference_count{model=\"old\",shadow=\"new\"} 2"));
    CHECK(both.has("shadow_classify_duration_seconds_count{model=\"old\",shadow=\"new\"} 2"));
    CHECK(both.shadow.wishes.front().any() == false);
}

TEST_CASE("a share of the requests goes to the shadow, each with all of its images", "[shadow]") {
    compared_models both;
    both.options.share = 0.25;
    both.start();
    both.drawn = 0.25;
    both.see({"one"});
    both.drawn = 0.2499;
    both.see({"two", "three"});
    both.compare_all(2);
    REQUIRE(both.shadow.calls.size() == 2);
    CHECK(both.shadow.calls[0].front().size() == 3);
    CHECK(both.shadow.calls[1].front().size() == 5);
    CHECK(both.comparison->report().dropped == 0);
}

TEST_CASE("a share of one needs no luck, and of none there is none", "[shadow]") {
    compared_models both;
    both.options.share = GENERATE(0.0, 1.0);
    both.drawn = both.options.share == 0 ? 0 : 0.9999;
    both.start();
    both.see({"one"});
    both.run_for_a_while();
    CHECK(both.shadow.calls.size() == static_cast<std::size_t>(both.options.share));
}

TEST_CASE("images wait until nothing else does", "[shadow]") {
    compared_models both;
    both.idle = false;
    both.start();
    both.see({"one"});
    both.run_for_a_while();
    CHECK(both.shadow.calls.empty());
    both.idle = true;
    both.compare_all(1);
}

TEST_CASE("the shadow has one image at a time", "[shadow]") {
    compared_models both;
    both.shadow.open = false;
    both.start();
    both.see({"one", "two"});
    both.run_for_a_while();
    CHECK(both.shadow.calls.size() == 1);
    both.shadow.release();
    both.run_until([&] { return both.shadow.calls.size() == 2; });
    CHECK(both.comparison->report().compared == 1);
}

TEST_CASE("a copy of an image is kept, and no more of them than allowed", "[shadow]") {
    compared_models both;
    both.idle = false;
    both.options.images_max = 3;
    both.options.bytes_max = 10;
    both.start();
    {
        std::string const body = "12345";
        both.see({body});
    }
    both.see({"123456"});  // too many bytes
    both.see({"1234", "1"});
    both.see({"1"});  // too many images, and bytes
    CHECK(both.has_dropped("queue_full", 2));
    both.idle = true;
    both.compare_all(3);
    CHECK(both.shadow.calls.size() == 3);
    both.see({"1", "2", "3"});
    both.compare_all(6);
    CHECK(both.comparison->report().dropped == 2);
}

TEST_CASE("models with other labels are not compared, and it is said why", "[shadow]") {
    compared_models both;
    auto const [labels, reason] = GENERATE(table<std::vector<std::string>, std::string>(
        {{{"cat"}, "the shadow has 1 classes and the model 2"},
         {{"cat", "cow"}, "class 1 is `cow` to the shadow and `dog` to the model"}}));
    both.shadow.model = labeled_model(labels);
    both.start();
    both.see({"one"});
    both.run_for_a_while();
    CHECK(both.shadow.calls.empty());
    CHECK(both.comparison->report().reason == reason);
    CHECK(both.has_dropped("not_comparable", 1));
    both.shadow.model = labeled_model();
    both.see({"one"});
    both.compare_all(1);
    CHECK(both.comparison->report().reason.empty());
}

TEST_CASE("a shadow that is not loaded sees nothing", "[shadow]") {
    compared_models both;
    both.current_shadow = error(errc::model_not_loaded, "unloaded");
    both.start();
    both.see({"one"});
    both.run_for_a_while();
    CHECK(both.shadow.calls.empty());
    CHECK(both.comparison->report().reason == "the shadow is not loaded");
    CHECK(both.has_dropped("not_comparable", 1));
}

TEST_CASE("no answer of one model is compared with that of its successor's shadow", "[shadow]") {
    compared_models both;
    both.start();
    both.see({"one"});
    both.compare_all(1);
    both.idle = false;
    both.see({"two"});
    auto const old = *both.model;
    both.model = labeled_model();
    both.comparison->refresh();
    CHECK(both.has_dropped("model_changed", 1));
    CHECK(both.comparison->report().compared == 0);
    // A request that began with the old model.
    classification late;
    late.model = old;
    late.logits.emplace_back(std::vector<float>{1, 0});
    both.comparison->saw({}, images{"late"}, late);
    CHECK(both.has_dropped("model_changed", 2));
    both.idle = true;
    both.see({"three"});
    both.compare_all(1);
}

TEST_CASE("what a shadow says that has been exchanged meanwhile does not count", "[shadow]") {
    compared_models both;
    both.shadow.open = false;
    both.start();
    both.see({"one"});
    both.run_until([&] { return both.shadow.calls.size() == 1; });
    both.current_shadow = labeled_model();
    both.comparison->refresh();
    both.shadow.release();
    both.run_until([&] { return both.has_dropped("model_changed", 1); });
    CHECK(both.comparison->report().compared == 0);
}

TEST_CASE("images that the shadow cannot classify are counted by reason", "[shadow]") {
    auto const [code, reason] = GENERATE(table<errc, std::string>({{errc::preprocessing_failed, "failed"},
                                                                   {errc::inference_runtime_error, "failed"},
                                                                   {errc::deadline_exceeded, "timeout"},
                                                                   {errc::queue_full, "queue_full"}}));
    compared_models both;
    bool const whole_request = GENERATE(true, false);
    if (whole_request)
        both.shadow.failure = error(code, "no");
    else
        both.shadow.errors.emplace("one", error(code, "no"));
    both.start();
    both.see({"one"});
    both.run_until([&] { return both.has_dropped(reason, 1); });
    both.shadow.failure.reset();
    both.see({"others"});
    both.compare_all(1);
}

TEST_CASE("what the model has no answer to is not compared", "[shadow]") {
    compared_models both;
    both.start();
    classification c;
    c.model = *both.model;
    c.logits.emplace_back(error(errc::preprocessing_failed, "no image"));
    both.comparison->saw({}, images{"one"}, c);
    both.run_for_a_while();
    CHECK(both.shadow.calls.empty());
    CHECK(both.comparison->report().dropped == 0);
}

TEST_CASE("what was compared is in the log once in ten minutes of it: agreement, drift and latency", "[shadow]") {
    compared_models both;
    both.start();
    std::uint64_t images = 0;
    auto const log_of = [&](std::string_view file, std::vector<float> const& logits) {
        return sma::test::captured(STDERR_FILENO, [&] {
            both.see({file}, logits);
            both.compare_all(++images);
        });
    };
    CHECK(log_of("abcd", {1, 0}).empty());
    both.clock.advance(10min - 1ms);
    CHECK(log_of("a", {3, 0}).empty());
    both.clock.advance(1ms);
    auto const line = log_of("abcd", {1, 0});
    CHECK_THAT(line, ContainsSubstring(" info shadow compared model=\"old\" shadow=\"new\" compared=3 agreed=2 "
                                       "mean_confidence=0.805 mean_shadow_confidence=0.831 "
                                       "mean_confidence_difference=0.174 mean_ms=3.000 dropped=0\n"));
    CHECK(std::count(line.begin(), line.end(), '\n') == 1);

    both.clock.advance(10min - 1ms);
    CHECK(log_of("abcd", {1, 0}).empty());
    both.clock.advance(1h);
    CHECK_THAT(log_of("abcd", {1, 0}), ContainsSubstring("compared=5 agreed=4 "));
}

TEST_CASE("nothing is in the log while nothing is compared", "[shadow]") {
    compared_models both;
    both.idle = false;
    both.options.images_max = 1;
    both.start();
    auto const log = sma::test::captured(STDERR_FILENO, [&] {
        both.clock.advance(1h);
        both.run_for_a_while();
        both.see({"waits", "is dropped"});
        both.clock.advance(1h);
        both.run_for_a_while();
    });
    CHECK(both.has_dropped("queue_full", 1));
    CHECK(log.empty());
}

TEST_CASE("a drain waits for no shadow", "[shadow]") {
    compared_models both;
    both.shadow.open = false;
    both.start();
    both.see({"one", "two", "three"});
    both.run_until([&] { return both.shadow.calls.size() == 1; });
    both.comparison->stop();
    both.see({"four"});
    both.io.restart();
    both.io.run();  // until nothing is left
    CHECK(both.shadow.calls.size() == 1);
    CHECK(both.has_dropped("shutdown", 3));
    CHECK(both.comparison->report().compared == 0);
}
