#include "concurrency_limit.hpp"
#include "sma/batch/back_off.hpp"
#include "sma/batch/expectation.hpp"
#include "sma/batch/latency_histogram.hpp"
#include "sma/batch/progress.hpp"
#include "sma/batch/summary.hpp"

#include "catch_result.hpp"
#include "files.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>

#include <fcntl.h>
#include <unistd.h>

using namespace sma::batch;
using namespace std::chrono_literals;
using Catch::Approx;

namespace {

record classified(std::string path, std::vector<prediction> predictions, double ms = 1) {
    record r;
    r.path = std::move(path);
    r.predictions = std::move(predictions);
    r.ms = ms;
    return r;
}

}  // namespace

TEST_CASE("percentiles are right to one part in a hundred, the rest is exact", "[latency_histogram]") {
    latency_histogram h;
    CHECK(h.percentile_ms(0.5) == 0);
    for (int i = 1; i <= 10'000; ++i) h.add(i * 0.1);
    CHECK(h.count() == 10'000);
    CHECK(h.average_ms() == Approx(500.05));
    CHECK(h.minimum_ms() == Approx(0.1));
    CHECK(h.maximum_ms() == Approx(1'000));
    for (auto const share : {0.01, 0.5, 0.95, 0.99})
        CHECK(h.percentile_ms(share) == Approx(1'000 * share).epsilon(0.01));
    CHECK(h.percentile_ms(1) == Approx(1'000).epsilon(0.01));
    latency_histogram huge;
    huge.add(1e30);
    huge.add(0);
    CHECK(huge.percentile_ms(0.1) == 0);
    huge.add(h);
    CHECK(huge.count() == 10'002);
}

TEST_CASE("back-off doubles up to its end, jittered, and heeds Retry-After", "[back_off]") {
    double random = 0;
    back_off const b({100ms, 1'000ms, 300s}, [&random] { return random; });
    CHECK(b.delay(0, {}) == 50ms);
    CHECK(b.delay(2, {}) == 200ms);
    CHECK(b.delay(60, {}) == 500ms);
    CHECK(b.delay(0, 2.0) == 2'000ms);
    CHECK(b.delay(0, 1e9) == 300s);
    CHECK(b.delay(0, 0.0) == 0ms);
    random = 1;
    CHECK(b.delay(0, {}) == 100ms);
    CHECK(b.delay(60, {}) == 1'000ms);
    CHECK(b.delay(1, 2.0) == 2'100ms);
}

TEST_CASE("concurrency halves once a flight, and comes back", "[concurrency_limit]") {
    concurrency_limit limit(16);
    auto const begun = limit.epoch();
    for (int i = 0; i < 16; ++i) limit.refused(begun);
    CHECK(limit.current() == 8);
    limit.refused(limit.epoch());
    CHECK(limit.current() == 4);
    for (int i = 0; i < 100; ++i) limit.refused(limit.epoch());
    CHECK(limit.current() == 1);
    limit.accepted();
    CHECK(limit.current() == 2);
    for (int i = 0; i < 1'000; ++i) limit.accepted();
    CHECK(limit.current() == 16);
}

TEST_CASE("class names are compared by their words", "[expectation]") {
    CHECK(normalized_class("n01484850_great_white_shark") == "great white shark");
    CHECK(normalized_class("Great-White  Shark ") == "great white shark");
    CHECK(normalized_class("night") == "night");
    CHECK(is_expected({7, "great white shark", 1}, "n01484850_great_white_shark"));
    CHECK(is_expected({7, "great white shark", 1}, "7"));
    CHECK(!is_expected({7, "great white shark", 1}, "8"));
    CHECK(!is_expected({7, "great white shark", 1}, "shark"));
}

TEST_CASE("what is expected comes from a list, the directory or the file's name", "[expectation]") {
    expectation const directory(expectation::from::directory);
    CHECK(directory.of("photos/samoyed/1.jpg") == "samoyed");
    CHECK(!directory.of("1.jpg"));
    expectation const filename(expectation::from::filename);
    CHECK(filename.of("x/great_white_shark-12.jpg") == "great_white_shark");
    CHECK(filename.of("x/258.jpg") == "258");
    CHECK(filename.of("n01484850_great_white_shark.JPEG") == "n01484850_great_white_shark");

    sma::test::temporary_folder const folder;
    sma::test::write_file(folder / "l.tsv", "# comment\n\nd/a.jpg\tstar\r\nb.jpg\t7\n");
    auto const list = expectation::load(folder / "l.tsv");
    REQUIRE(list.has_value());
    CHECK(list->of("d/a.jpg") == "star");
    CHECK(list->of("any/where/b.jpg") == "7");
    CHECK(!list->of("other/a.jpg"));
    sma::test::write_file(folder / "l.tsv", "a.jpg\tstar\nb.jpg star\n");
    auto const broken = expectation::load(folder / "l.tsv");
    REQUIRE(broken.has_error());
    CHECK(broken.error().message.find("line 2") != std::string::npos);
    CHECK(expectation::load(folder / "none").has_error());
}

TEST_CASE("the summary counts everything, as JSON", "[summary]") {
    expectation const expected(expectation::from::directory);
    tally t;
    t.add(classified("star/1.jpg", {{1, "star", 0.9}, {2, "ring", 0.1}}, 10), &expected);
    t.add(classified("star/2.jpg", {{2, "ring", 0.9}, {1, "star", 0.1}}, 20), &expected);
    t.add(classified("star/3.jpg", {{2, "ring", 0.9}}, 30), &expected);
    t.add(classified("4.jpg", {{2, "ring", 0.9}}, 40), &expected);
    record failed;
    failed.failed.emplace("EMPTY_FILE", "x");
    t.add(failed, &expected);
    t.seconds = 2;
    summary s;
    s.all.add(t);
    s.waves = {t};
    s.skipped = 9;
    s.over_http = true;
    s.has_expectation = true;
    auto const json = boost::json::parse(summary_json(s));
    CHECK(json.at("files") == 5);
    CHECK(json.at("classified") == 4);
    CHECK(json.at("failed") == 1);
    CHECK(json.at("skipped") == 9);
    CHECK(json.at("interrupted") == false);
    CHECK(json.at("errors").at("EMPTY_FILE") == 1);
    CHECK(json.at("images_per_second").to_number<double>() == 2);
    CHECK(json.at("latency_ms").at("avg").to_number<double>() == 25);
    CHECK(json.at("latency_ms").at("min").to_number<double>() == 10);
    CHECK(json.at("latency_ms").at("max").to_number<double>() == 40);
    for (auto const* name : {"p50", "p95", "p99"}) CHECK(json.at("latency_ms").at(name).is_number());
    auto const& accuracy = json.at("accuracy");
    CHECK(accuracy.at("judged") == 3);
    CHECK(accuracy.at("unlabelled") == 1);
    CHECK(accuracy.at("top_1") == 0.333);
    CHECK(accuracy.at("top_5") == 0.667);
    CHECK(accuracy.at("confusions").at(0).at("expected") == "star");
    CHECK(accuracy.at("confusions").at(0).at("predicted") == "ring");
    CHECK(accuracy.at("confusions").at(0).at("count") == 2);
    CHECK(json.at("waves").at(0).at("files") == 5);
    CHECK(summary_text(s).find("top-1 33.33 %") != std::string::npos);
    CHECK(boost::json::parse(summary_json({})).at("files") == 0);
}

TEST_CASE("the bar tells count, share, rate, errors and time left, and fits its line", "[progress]") {
    progress_state s;
    s.done = 450;
    s.failed = 3;
    s.total = 1'000;
    s.files_per_s = 50;
    auto const bar = progress_bar(s, 79);
    CHECK(bar.size() <= 79);
    CHECK(bar.find("[####") == 0);
    for (auto const* part : {" 45 %", "450/1000", "50.0/s", "3 errors", "00:11 left"})
        CHECK(bar.find(part) != std::string::npos);
    CHECK(progress_bar(s, 30).size() <= 30);
    s.total.reset();
    CHECK(progress_bar(s, 79) == "450  50.0/s  3 errors");
    s.total = 0;
    CHECK(progress_bar(s, 79).find("0 %") != std::string::npos);
    s.total = 1'000'000'000;
    CHECK(progress_bar(s, 79).find(":") != std::string::npos);
}

TEST_CASE("the rate follows a change within seconds", "[progress]") {
    smoothed_rate rate;
    for (int i = 1; i <= 100; ++i) rate.update(static_cast<std::uint64_t>(10 * i), i * 0.1);
    CHECK(rate.per_s() == Approx(100));
    for (int i = 1; i <= 100; ++i) rate.update(1'000, 10 + i * 0.1);
    CHECK(rate.per_s() < 10);
}

TEST_CASE("what was done before a display began is not of its rate", "[progress]") {
    boost::asio::io_context io{1};
    sma::test::temporary_folder const folder;
    auto const file = (folder / "bar").string();
    int const descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    REQUIRE(descriptor >= 0);
    auto const a_wave_later = [] {
        progress_state s;
        s.done = 1'000;
        return s;
    };
    progress_display display(io.get_executor(), progress_style::bar, descriptor, a_wave_later);
    display.start();
    display.stop();
    io.run();
    ::close(descriptor);
    CHECK(sma::test::read_file(file).find("1000  0.0/s") != std::string::npos);
}
