// Tests of what a decoder that fails costs: its image, and nothing else.
#include "isolated_fixture.hpp"

#include "catch.hpp"
#include "files.hpp"
#include "scale.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>

using namespace sma;
using namespace sma::isolation;
using namespace sma::isolation::test;
using namespace std::chrono_literals;

namespace {

std::string good_gif() { return sma::test::read_file(SMA_SOURCE_DIR "/tests/fuzz/corpus/image/plain.gif"); }

std::size_t open_descriptors() {
    std::size_t n = 0;
    for ([[maybe_unused]] auto const& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++n;
    return n;
}

bool has_children() { return ::waitpid(-1, nullptr, WNOHANG) >= 0 || errno != ECHILD; }

request_context with_deadline(std::chrono::milliseconds left) {
    request_context context;
    context.deadline = std::chrono::steady_clock::now() + left;
    return context;
}

}  // namespace

TEST_CASE("a decoder that breaks costs its image a clear answer, and the next image finds another") {
    auto options = small_options();
    options.decode_timeout = 200ms;
    isolated with(faulty_worker(), options);
    double crashes = 0;
    for (auto const* const fault : {"segfault", "abort", "exit", "throw", "overrun", "open", "write", "connect", "fork",
                                    "exec", "kill", "code", "garbage", "flood", "stale", "infinite"}) {
        INFO(fault);
        auto const failed = with.fail(fault);
        REQUIRE(failed.has_error());
        CHECK(failed.error().code == errc::preprocessing_failed);
        CHECK(failed.error().message.find("the decoder of this format failed on this file") != std::string::npos);
        CHECK(with.crashes() == ++crashes);
        CHECK(with.decode(good_gif()).has_value());
    }
    CHECK_FALSE(std::filesystem::exists("/tmp/decode-worker-was-here"));
}

TEST_CASE("a decoder that fails on a header costs no more") {
    isolated with(faulty_worker());
    CHECK(with.work->probe("GIF89afault:probe", {}).error().code == errc::preprocessing_failed);
    CHECK(with.work->probe(good_gif(), {})->width > 0);
}

TEST_CASE("a decoder that does not end is killed after decode_timeout_ms") {
    auto options = small_options();
    options.decode_timeout = 50ms;
    isolated with(faulty_worker(), options);
    auto const failed = with.fail("loop").error();
    CHECK(failed.code == errc::preprocessing_failed);
    CHECK(failed.message.find("more than 50 ms") != std::string::npos);
    CHECK(with.crashes() == 1);
    CHECK(with.decode(good_gif()).has_value());
}

TEST_CASE("a decoder that does not end is killed after its request's deadline") {
    isolated with(faulty_worker());
    CHECK(with.fail("loop", with_deadline(20ms)).error().code == errc::deadline_exceeded);
    CHECK(with.decode(good_gif()).has_value());
}

TEST_CASE("a decoder that takes memory without end is told that there is no more, and goes on") {
    if (sma::test::under_sanitizer) {
        WARN("skipped: a sanitizer's allocator ends the process when memory ends");
        return;
    }
    isolated with(faulty_worker());
    auto const failed = with.fail("allocate").error();
    CHECK(failed.code == errc::preprocessing_failed);
    CHECK(failed.message.find("more memory") != std::string::npos);
    CHECK(with.crashes() == 0);
    CHECK(with.decode(good_gif()).has_value());
}

TEST_CASE("a worker knows when its client leaves and when the deadline passes") {
    isolated with(faulty_worker());
    std::stop_source client;
    request_context context;
    context.cancelled = client.get_token();
    client.request_stop();
    CHECK(with.fail("wait", context).error().code == errc::client_closed_request);
    CHECK(with.fail("wait", with_deadline(10ms)).error().code == errc::deadline_exceeded);
    CHECK(with.crashes() == 0);
}

TEST_CASE("a worker inherits its socket, its memory and nothing else") {
    ::setenv("SMA_TEST_SECRET", "secret", 1);
    isolated with(faulty_worker());
    auto const here = with.fail("inherited").error().message;
    CHECK(here.substr(0, 10) == "0 1 2 3 4 ");
    CHECK((here.size() == 10 || here == "0 1 2 3 4 LD_LIBRARY_PATH "));
    ::unsetenv("SMA_TEST_SECRET");
}

TEST_CASE("what the server decodes itself starts no worker") {
    isolated with("/nonexistent");
    auto const corpus = std::string(SMA_SOURCE_DIR "/tests/fuzz/corpus/image/");
    for (auto const* const name : {"baseline.jpg", "rgb.png", "rgb.bmp"})
        CHECK(with.decode(sma::test::read_file(corpus + name)).has_value());
    CHECK(with.decode("hello").error().code == errc::unsupported_media_type);
    CHECK_FALSE(has_children());
}

TEST_CASE("where no worker can be started its images are refused for a while, and the others are not") {
    isolated with("/nonexistent");
    auto const refused = with.decode(good_gif()).error();
    CHECK(refused.code == errc::queue_full);
    CHECK(refused.retry_after_s == 1U);
    CHECK(with.decode(sma::test::read_file(SMA_SOURCE_DIR "/tests/fuzz/corpus/image/rgb.png")).has_value());
}

TEST_CASE("a program that is no worker is not taken for one") {
    isolated with("/bin/true");
    CHECK(with.decode(good_gif()).error().code == errc::queue_full);
    CHECK_FALSE(has_children());
}

TEST_CASE("nothing is left of workers, whether they failed or not") {
    auto const before = open_descriptors();
    {
        isolated with(faulty_worker());
        CHECK(with.decode(good_gif()).has_value());
        CHECK(with.fail("segfault").has_error());
        CHECK(with.decode(good_gif()).has_value());
        CHECK(has_children());
    }
    CHECK(open_descriptors() == before);
    CHECK_FALSE(has_children());
}

TEST_CASE("where workers cannot be confined the message says what to do") {
    auto const refused = check_isolation({"/nonexistent", small_options(), 1'000'000}).error();
    CHECK(refused.code == errc::unsupported);
    CHECK(refused.message.find("decoder_isolation = \"none\"") != std::string::npos);
    rlimit before{};
    ::getrlimit(RLIMIT_FSIZE, &before);
    rlimit const small{1'000, before.rlim_max};
    ::signal(SIGXFSZ, SIG_IGN);
    ::setrlimit(RLIMIT_FSIZE, &small);
    auto const too_small = check_isolation({real_worker(), small_options(), 1'000'000});
    ::setrlimit(RLIMIT_FSIZE, &before);
    CHECK(too_small.error().message.find("File too large") != std::string::npos);
    CHECK(check_isolation({real_worker(), small_options(), 1'000'000}).has_value());
}
