#include "log_output.hpp"

#include "files.hpp"

#include "catch.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <string>
#include <thread>
#include <utility>

using namespace sma;
using std::chrono::steady_clock;

namespace {

/// Two ends, of which the output writes into the first and the test reads from the second.
struct channel {
    enum class kind { pipe, socket };
    explicit channel(kind k) {
        ::signal(SIGPIPE, SIG_IGN);
        int ends[2];
        if (k == kind::pipe) {
            REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
            into = ends[1];
            out = ends[0];
            ::fcntl(into, F_SETPIPE_SZ, 4096);
        } else {
            REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
            into = ends[0];
            out = ends[1];
        }
        ::fcntl(out, F_SETFL, O_NONBLOCK);
    }
    ~channel() {
        ::close(into);
        if (out >= 0) ::close(out);
    }
    std::string read() const {
        std::string all;
        char bytes[4096];
        for (ssize_t count; (count = ::read(out, bytes, sizeof bytes)) > 0;)
            all.append(bytes, static_cast<std::size_t>(count));
        return all;
    }
    int into = -1;
    int out = -1;
};

/// Lines without their ends.
std::string numbered(int i) { return "line " + std::to_string(i) + std::string(200, '.'); }

}  // namespace

TEST_CASE("lines are written when they are flushed, or are many", "[log_output]") {
    channel const c(channel::kind::socket);
    log::log_output output(c.into);
    output.add("one");
    output.add("two");
    CHECK(c.read().empty());
    output.flush();
    CHECK(c.read() == "one\ntwo\n");
    for (int i = 0; i < 200; ++i) output.add(numbered(i));
    CHECK(c.read().size() > 30'000);
    CHECK(output.lost_lines() == 0);
}

TEST_CASE("a reader that pauses is waited for, and gets every line once", "[log_output]") {
    auto const kind = GENERATE(channel::kind::pipe, channel::kind::socket);
    channel const c(kind);
    log::log_output output(c.into);
    std::string expected;
    for (int i = 0; i < 5'000; ++i) expected += numbered(i) + "\n";
    std::thread writer([&] {
        for (int i = 0; i < 5'000; ++i) output.add(numbered(i));
        output.flush();
    });
    std::string got;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    while (got.size() < expected.size()) got += c.read();
    writer.join();
    CHECK(got == expected);
    CHECK(output.lost_lines() == 0);
}

TEST_CASE("a reader that never reads is given up a second after the end was asked for", "[log_output]") {
    auto const kind = GENERATE(channel::kind::pipe, channel::kind::socket);
    channel const c(kind);
    log::log_output output(c.into);
    auto const begin = steady_clock::now();
    output.give_up_soon();
    for (int i = 0; i < 5'000; ++i) output.add(numbered(i));
    output.flush();
    auto const took = steady_clock::now() - begin;
    CHECK(took >= std::chrono::milliseconds(900));
    CHECK(took < std::chrono::seconds(5));
    auto const text = c.read();
    auto const whole = static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
    CHECK(output.lost_lines() + whole == 5'000);
}

TEST_CASE("lines for a reader that has gone, and for a full disk, are lost and counted", "[log_output]") {
    channel c(channel::kind::pipe);
    ::close(std::exchange(c.out, -1));
    int const full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
    int const closed = ::dup(full);
    ::close(closed);
    for (int const descriptor : {c.into, full, closed}) {
        log::log_output output(descriptor);
        output.add("one");
        output.flush();
        output.add("two");
        output.add("three");
        output.flush();
        CHECK(output.lost_lines() == 3);
    }
    ::close(full);
}

TEST_CASE("after a torn line the next one begins a new line", "[log_output]") {
    channel const c(channel::kind::pipe);
    log::log_output output(c.into);
    output.give_up_soon();
    output.add(std::string(5'000, 'x'));
    output.flush();
    CHECK(c.read() == std::string(4'096, 'x'));
    output.add("next");
    output.flush();
    CHECK(c.read() == "\nnext\n");
    CHECK(output.lost_lines() == 1);
}
