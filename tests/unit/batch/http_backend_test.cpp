#include "sma/batch/http_backend.hpp"

#include "fake_server.hpp"

#include "catch_result.hpp"
#include "files.hpp"
#include "scale.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>

using namespace sma;
using namespace sma::batch;
using namespace sma::batch::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

http_options options_for(std::string const& url) {
    http_options o;
    o.address = *client::parse_server_address(url, {});
    o.waits.first = 2ms;
    o.waits.longest = 20ms;
    o.timeout = 20'000ms;
    return o;
}

// A client with a file to send.
class uploader {
public:
    explicit uploader(http_options o, std::string const& bytes = "the image")
        : backend(io.get_executor(), threads, std::move(o)) {
        sma::test::write_file(folder / "a.jpg", bytes);
    }
    std::string file() const { return (folder / "a.jpg").string(); }

    std::vector<outcome> classify(int times) {
        std::vector<outcome> all;
        auto const keep = [&all](std::exception_ptr thrown, outcome o) {
            REQUIRE(!thrown);
            all.push_back(std::move(o));
        };
        for (int i = 0; i < times; ++i) asio::co_spawn(io, backend.classify(file()), keep);
        io.restart();
        io.run();
        return all;
    }
    outcome classify() { return classify(1).front(); }
    result<void> prepare() {
        result<void> ended;
        auto const keep = [&ended](std::exception_ptr thrown, result<void> r) {
            REQUIRE(!thrown);
            ended = std::move(r);
        };
        asio::co_spawn(io, backend.prepare(), keep);
        io.restart();
        io.run();
        return ended;
    }

    sma::test::temporary_folder folder;
    asio::io_context io{1};
    file_threads threads{2};
    http_backend backend;
};

}  // namespace

TEST_CASE("a file is uploaded whole, and its record is what the server says", "[http_backend]") {
    std::string const bytes(300'000, 'x');
    fake_server server([](auto const&, int) { return good_answer(); });
    auto o = options_for(server.url() + "/vision/");
    o.headers = {{"Authorization", "Bearer secret"}, {"X-Mine", "yes"}};
    o.top_k = 2;
    uploader c(std::move(o), bytes);
    auto const done = c.classify();
    REQUIRE(done.is == outcome::kind::answered);
    REQUIRE(!done.what.failed);
    REQUIRE(done.what.predictions.size() == 2);
    CHECK(done.what.predictions[0].class_index == 7);
    CHECK(done.what.predictions[0].class_name == "star");
    CHECK(done.what.predictions[0].confidence == 0.75);
    CHECK(done.what.correlation_id == "from-the-server");
    CHECK(done.what.path == c.file());
    CHECK(done.what.ms > 0);
    auto const seen = server.requests().at(0);
    CHECK(seen.target == "/vision/predict?top_k=2");
    CHECK(seen.body == bytes);
    CHECK(seen.head.find("Authorization: Bearer secret\r\n") != std::string::npos);
    CHECK(seen.head.find("X-Mine: yes\r\n") != std::string::npos);
}

TEST_CASE("connections are kept, and one that the server closed meanwhile costs nothing", "[http_backend]") {
    fake_server server([](auto const&, int number) { return number == 1 ? cut() : good_answer(); });
    auto o = options_for(server.url());
    o.retries = 0;
    uploader c(std::move(o));
    for (int i = 0; i < 5; ++i) CHECK(!c.classify().what.failed);
    CHECK(server.connections() == 2);
    CHECK(c.backend.counts().lost == 0);
}

TEST_CASE("what a server sends unasked is not the answer to the next file", "[http_backend]") {
    auto const answer_of = [](int number) {
        return answer_with(200, R"({"predictions": [{"class_index": )" + std::to_string(number) +
                                    R"(, "class_name": "star", "confidence": 1}]})");
    };
    auto const unasked = text_of(answer_of(100));
    bool const at_once = GENERATE(true, false);
    fake_server server([&](auto const&, int number) {
        auto r = answer_of(number);
        if (at_once) r.behind = unasked;
        return r;
    });
    uploader c(options_for(server.url()));
    for (int i = 0; i < 5; ++i) {
        auto const done = c.classify();
        REQUIRE(done.what.predictions.size() == 1);
        CHECK(done.what.predictions[0].class_index == i);
        if (!at_once) server.say(unasked);
    }
    CHECK(server.connections() == 5);
    CHECK(c.backend.counts().lost == 0);
}

TEST_CASE("an answer that only says that another is to come is not the file's, nor is that one the next file's",
          "[http_backend]") {
    fake_server server([](auto const&, int number) {
        auto r = number == 1 ? error_answer(415, "UNSUPPORTED_MEDIA_TYPE") : good_answer();
        r.ahead = "HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n";
        return r;
    });
    uploader c(options_for(server.url()));
    CHECK_FALSE(c.classify().what.failed);
    auto const refused = c.classify();
    REQUIRE(refused.what.failed);
    CHECK(refused.what.failed->code == "UNSUPPORTED_MEDIA_TYPE");
    CHECK_FALSE(c.classify().what.failed);
    CHECK(server.connections() == 1);
}

TEST_CASE("429 and 503 are waited out for as long as Retry-After says", "[http_backend]") {
    int const status = GENERATE(429, 503);
    fake_server server([status](auto const&, int number) {
        return number == 0 ? error_answer(status, "BUSY", "Retry-After: 1\r\n") : good_answer();
    });
    uploader c(options_for(server.url()));
    auto const begin = std::chrono::steady_clock::now();
    auto const done = c.classify();
    CHECK(std::chrono::steady_clock::now() - begin >= 1s);
    CHECK(!done.what.failed);
    CHECK(done.what.ms < 1'000);  // of the last attempt alone
    CHECK(c.backend.counts().refused == 1);
}

TEST_CASE("a server that always refuses is asked --retries times more, and its last word is the record",
          "[http_backend]") {
    fake_server server([](auto const&, int) { return error_answer(503, "QUEUE_FULL"); });
    auto o = options_for(server.url());
    o.retries = 3;
    uploader c(std::move(o));
    auto const done = c.classify();
    REQUIRE(done.is == outcome::kind::answered);
    REQUIRE(done.what.failed);
    CHECK(done.what.failed->code == "QUEUE_FULL");
    CHECK(done.what.failed->message == "as told");
    CHECK(server.requests().size() == 4);
}

TEST_CASE("other 4xx and 500 are final", "[http_backend]") {
    int const status = GENERATE(400, 413, 415, 422, 500);
    fake_server server([status](auto const&, int) { return error_answer(status, "FINAL"); });
    uploader c(options_for(server.url()));
    auto const done = c.classify();
    REQUIRE(done.what.failed);
    CHECK(done.what.failed->code == "FINAL");
    CHECK(server.requests().size() == 1);
}

TEST_CASE("what says nothing of the file ends the run", "[http_backend]") {
    int const status = GENERATE(401, 403, 404, 405);
    fake_server server([status](auto const&, int) { return error_answer(status, "NO"); });
    uploader c(options_for(server.url()));
    auto const done = c.classify();
    CHECK(done.is == outcome::kind::hopeless);
    CHECK(done.reason.find(std::to_string(status)) != std::string::npos);
}

TEST_CASE("a connection that is cut is tried again, and a file that always loses it fails alone", "[http_backend]") {
    SECTION("once") {
        fake_server server([](auto const&, int number) { return number == 0 ? cut() : good_answer(); });
        uploader c(options_for(server.url()));
        CHECK(!c.classify().what.failed);
        CHECK(c.backend.counts().lost == 1);
    }
    SECTION("always") {
        fake_server server([](auto const&, int) { return cut(); });
        auto o = options_for(server.url());
        o.retries = 2;
        uploader c(std::move(o));
        auto const done = c.classify();
        REQUIRE(done.is == outcome::kind::answered);
        CHECK(done.what.failed->code == "CONNECTION_LOST");
        CHECK(server.requests().size() == 3);
    }
}

TEST_CASE("a server that stalls runs into the timeout", "[http_backend]") {
    fake_server server([](auto const&, int number) { return number == 0 ? stall() : good_answer(); });
    auto o = options_for(server.url());
    o.timeout = 300ms;
    SECTION("and is asked again") {
        uploader c(std::move(o));
        CHECK(!c.classify().what.failed);
    }
    SECTION("or not") {
        o.retries = 0;
        uploader c(std::move(o));
        CHECK(c.classify().what.failed->code == "TIMEOUT");
    }
}

TEST_CASE("a server that is not there ends the run, whatever the file is", "[http_backend]") {
    std::uint16_t port = 0;
    {
        fake_server const gone([](auto const&, int) { return good_answer(); });
        port = gone.port();
    }
    auto o = options_for("http://127.0.0.1:" + std::to_string(port));
    o.retries = 2;
    uploader c(std::move(o));
    CHECK(c.classify().is == outcome::kind::hopeless);
    auto const ready = c.prepare();
    REQUIRE(ready.has_error());
    CHECK(ready.error().message.find("cannot be reached") != std::string::npos);
}

TEST_CASE("an answer that comes before the upload is done is read, and the upload given up", "[http_backend]") {
    std::string const bytes(8'000'000, 'x');
    fake_server server([](auto const&, int) {
        auto r = error_answer(413, "FILE_TOO_LARGE");
        r.before_the_body = true;
        return r;
    });
    auto o = options_for(server.url());
    o.headers = {{"X-Early", "yes"}};
    uploader c(std::move(o), bytes);
    auto const done = c.classify();
    REQUIRE(done.what.failed);
    CHECK(done.what.failed->code == "FILE_TOO_LARGE");
}

TEST_CASE("answers that are not of this API become failures", "[http_backend]") {
    struct expectation {
        reaction given;
        std::string code;
    };
    auto const e = GENERATE(expectation{answer_with(200, "not JSON"), "BAD_RESPONSE"},
                            expectation{answer_with(200, "{\"predictions\": []}"), "BAD_RESPONSE"},
                            expectation{answer_with(200, "{\"predictions\": [{\"a\": 1}]}"), "BAD_RESPONSE"},
                            expectation{answer_with(418, "<html>"), "HTTP_418"});
    fake_server server([&](auto const&, int) { return e.given; });
    uploader c(options_for(server.url()));
    CHECK(c.classify().what.failed->code == e.code);
}

TEST_CASE("a file that cannot be read fails without a request", "[http_backend]") {
    fake_server server([](auto const&, int) { return good_answer(); });
    uploader c(options_for(server.url()));
    std::filesystem::remove(c.file());
    auto const done = c.classify();
    CHECK(done.is == outcome::kind::answered);
    CHECK(done.what.failed->code == "IO_ERROR");
    CHECK(server.requests().empty());
}

TEST_CASE("never more requests at once than allowed; fewer while the server refuses, more again when it does not",
          "[http_backend]") {
    fake_server server([](auto const& request, int number) {
        if (request.method == "POST" && number < 40 && number % 2 == 0) return error_answer(503, "QUEUE_FULL");
        auto r = good_answer();
        r.after = 2ms;
        return r;
    });
    auto o = options_for(server.url());
    o.concurrency = 8;
    o.retries = 100;
    uploader c(std::move(o));
    auto const first = c.classify(40);
    CHECK(std::none_of(first.begin(), first.end(), [](auto const& d) { return d.what.failed.has_value(); }));
    CHECK(server.most_at_once() <= 8);
    CHECK(c.backend.counts().refused == 20);
    c.classify(200);
    CHECK(c.backend.concurrency() == 8);
}

TEST_CASE("while it refuses everything, one request at a time is enough", "[http_backend]") {
    std::atomic<int> refusals{0};
    fake_server server([&](auto const&, int number) {
        if (number >= 60) return good_answer();
        ++refusals;
        return error_answer(503, "QUEUE_FULL");
    });
    auto o = options_for(server.url());
    o.concurrency = 8;
    o.retries = 100;
    uploader c(std::move(o));
    asio::steady_timer sampler(c.io);
    c.classify(16);
    CHECK(refusals == 60);
    CHECK(c.backend.concurrency() < 8);
}

TEST_CASE("stop() gives up what waits for another attempt", "[http_backend]") {
    fake_server server([](auto const&, int) { return error_answer(503, "MODEL_NOT_LOADED", "Retry-After: 100\r\n"); });
    uploader c(options_for(server.url()));
    asio::steady_timer later(c.io, 200ms);
    later.async_wait([&](auto) { c.backend.stop(); });
    auto const begin = std::chrono::steady_clock::now();
    auto const done = c.classify(3);
    CHECK(std::chrono::steady_clock::now() - begin < sma::test::patience);
    for (auto const& d : done) CHECK(d.is == outcome::kind::abandoned);
}

TEST_CASE("prepare() waits until the server is ready", "[http_backend]") {
    fake_server server([](auto const& request, int number) {
        CHECK(request.target == "/health");
        return number < 3 ? answer_with(503, "{\"status\": \"loading\"}") : answer_with(200, "{}");
    });
    uploader c(options_for(server.url()));
    CHECK(c.prepare().has_value());
    CHECK(server.requests().size() == 4);
}
