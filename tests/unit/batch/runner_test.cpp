#include "runner.hpp"
#include "sma/core/open_file.hpp"

#include "sma/batch/job.hpp"

#include "catch_result.hpp"
#include "files.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <sstream>

using namespace sma;
using namespace sma::batch;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

// Answers with the path's hash; counts how many are under way.
class fake_backend : public backend {
public:
    asio::awaitable<result<void>> prepare() override {
        if (unavailable) co_return error(errc::model_not_loaded, "no model");
        co_return result<void>();
    }
    asio::awaitable<outcome> classify(std::string path) override {
        ++under_way;
        most = std::max(most, under_way);
        auto const executor = co_await asio::this_coro::executor;
        asio::steady_timer pause(executor, 1ms);
        co_await pause.async_wait(asio::use_awaitable);
        --under_way;
        ++classified;
        outcome done;
        done.what.path = path;
        done.what.ms = 1;
        if (path.find("bad") != std::string::npos)
            done.what.failed.emplace("PREPROCESSING_FAILED", "bad");
        else
            done.what.predictions.push_back({1, "one", 0.5});
        if (classified == hopeless_after) {
            done.is = outcome::kind::hopeless;
            done.reason = "gone";
        }
        if (classified == throws_after) throw std::runtime_error("a bug");
        co_return done;
    }
    void stop() override { stopped = true; }

    bool unavailable = false;
    bool stopped = false;
    int under_way = 0;
    int most = 0;
    int classified = 0;
    int hopeless_after = -1;
    int throws_after = -1;
};

struct run_fixture {
    explicit run_fixture(std::uint64_t files) : source("x", files) {}

    result<void> run(int concurrency) {
        record_handler keep = [this](record const& r) {
            records.push_back(r);
            return on_record ? on_record(r) : result<void>();
        };
        runner one(io.get_executor(), threads, source, backend, concurrency, std::move(keep));
        current = &one;
        result<void> ended;
        auto const take = [&ended](std::exception_ptr thrown, result<void> r) {
            REQUIRE(!thrown);
            ended = std::move(r);
        };
        asio::co_spawn(io, one.run(), take);
        io.run();
        return ended;
    }

    asio::io_context io{1};
    file_threads threads{2};
    repeated_source source;
    fake_backend backend;
    std::vector<record> records;
    record_handler on_record;
    runner* current = nullptr;
};

std::size_t lines_in(std::string const& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

struct job_fixture {
    job_fixture() {
        std::filesystem::create_directory(folder / "in");
        for (int i = 0; i < 20; ++i) sma::test::write_file(folder / "in" / (std::to_string(i) + ".jpg"), "x");
        options.files.roots = {(folder / "in").string()};
        options.out = (folder / "out.jsonl").string();
        options.summary_file = (folder / "summary.json").string();
        options.quiet = true;
    }
    int run() {
        asio::io_context io{1};
        auto const made = job::create(io, options);
        if (!made) return wrong_usage;
        return (*made)->run(backend);
    }
    std::string out() const { return sma::test::read_file(options.out); }
    boost::json::value summary() const { return boost::json::parse(sma::test::read_file(options.summary_file)); }

    sma::test::temporary_folder folder;
    job_options options;
    fake_backend backend;
};

}  // namespace

TEST_CASE("every file gets one record, and no more than the given number is under way", "[runner]") {
    run_fixture f(500);
    CHECK(f.run(7).has_value());
    CHECK(f.records.size() == 500);
    CHECK(f.backend.most == 7);
}

TEST_CASE("stop() finishes what is under way and begins nothing new", "[runner]") {
    run_fixture f(100'000);
    f.on_record = [&](record const&) {
        if (f.records.size() == 10) f.current->stop();
        return result<void>();
    };
    CHECK(f.run(4).has_value());
    CHECK(f.backend.stopped);
    CHECK(f.records.size() >= 10);
    CHECK(f.records.size() <= 14);
    CHECK(f.records.size() == static_cast<std::size_t>(f.backend.classified));
}

TEST_CASE("a record that cannot be written, a hopeless backend and a bug end the run with an error", "[runner]") {
    run_fixture f(100'000);
    SECTION("results") {
        f.on_record = [](record const&) { return result<void>(error(errc::io_error, "disk full")); };
    }
    SECTION("backend") { f.backend.hopeless_after = 20; }
    SECTION("bug") { f.backend.throws_after = 20; }
    auto const ended = f.run(4);
    REQUIRE(ended.has_error());
    CHECK(f.records.size() < 30);
}

TEST_CASE("a job writes records and a summary, and ends with 0, 1 or 2", "[runner]") {
    job_fixture f;
    CHECK(f.run() == all_classified);
    CHECK(lines_in(f.out()) == 20);
    CHECK(f.summary().at("classified") == 20);
    SECTION("again: refused") { CHECK(f.run() == wrong_usage); }
    SECTION("resumed: nothing twice") {
        f.options.resume = true;
        sma::test::write_file(f.folder / "in/bad.jpg", "x");
        CHECK(f.run() == some_failed);
        CHECK(lines_in(f.out()) == 21);
        CHECK(f.summary().at("skipped") == 20);
        CHECK(f.summary().at("errors").at("PREPROCESSING_FAILED") == 1);
    }
}

TEST_CASE("a job without a model ends with 2, one that loses its server with 1", "[runner]") {
    job_fixture f;
    SECTION("no model") {
        f.backend.unavailable = true;
        CHECK(f.run() == wrong_usage);
    }
    SECTION("lost") {
        f.backend.hopeless_after = 10;
        CHECK(f.run() == some_failed);
        CHECK(lines_in(f.out()) >= 9);
    }
}

TEST_CASE("a load reports each wave and all of them", "[runner]") {
    job_fixture f;
    f.options.load = load_options{(f.folder / "in/1.jpg").string(), 30, 3};
    f.options.out.clear();
    f.options.concurrency = 5;
    CHECK(f.run() == all_classified);
    CHECK(f.backend.most == 5);
    auto const s = f.summary();
    CHECK(s.at("files") == 90);
    REQUIRE(s.at("waves").as_array().size() == 3);
    for (auto const& wave : s.at("waves").as_array()) CHECK(wave.at("classified") == 30);
}

TEST_CASE("files that are too large, missing or no files are told apart before they are read", "[runner]") {
    sma::test::temporary_folder const folder;
    sma::test::write_file(folder / "a", "12345");
    CHECK(*read_regular_file((folder / "a").string(), 5) == "12345");
    CHECK(read_regular_file((folder / "a").string(), 4).error().code == errc::file_too_large);
    CHECK(read_regular_file((folder / "b").string(), 4).error().code == errc::io_error);
    CHECK(read_regular_file(folder.path().string(), 4).error().code == errc::io_error);
}
