#include "sma/core/logging.hpp"

#include "catch.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>

#include "captured_output.hpp"

using namespace sma;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
using sma::test::captured;

namespace {

std::string line_of(std::string_view value, log::line_format format) {
    return captured(STDOUT_FILENO, [&] {
        log::initialize(log::level::info, format, 64);
        log::info("e", {{"f", value}});
        log::shut_down();
    });
}

/// Says, as systemd does, that the journal reads this descriptor, or one whose inode has a number so much higher.
void say_journal_reads(int of, ino_t higher = 0) {
    struct stat status {};
    REQUIRE(::fstat(of, &status) == 0);
    auto const stream = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino + higher);
    ::setenv("JOURNAL_STREAM", stream.c_str(), 1);
}

std::string json_line(std::string_view value) { return line_of(value, log::line_format::json); }

/// From the field on, without the time.
std::string field_of(std::string const& line) { return line.substr(line.find("\"f\":")); }

}  // namespace

TEST_CASE("values cannot end a line or a field, in either format") {
    CHECK(field_of(json_line("a\"b\\c")) == "\"f\":\"a\\\"b\\\\c\"}\n");
    CHECK(field_of(json_line("a\nb\r\t\x1b\x7f")) == "\"f\":\"a\\u000ab\\u000d\\u0009\\u001b\\u007f\"}\n");
    CHECK(field_of(json_line(std::string_view("a\0b", 3))) == "\"f\":\"a\\u0000b\"}\n");
    // What some readers take for the end of a line: NEL, the line and the paragraph separator; and C1's escape.
    CHECK(field_of(json_line("\xc2\x85\xe2\x80\xa8\xe2\x80\xa9\xc2\x9b")) ==
          "\"f\":\"\\u0085\\u2028\\u2029\\u009b\"}\n");
    auto const text = line_of("a\nb \"c\" \xc2\x85", log::line_format::text);
    CHECK(text.substr(text.find("f=")) == "f=\"a\\u000ab \\\"c\\\" \\u0085\"\n");
}

TEST_CASE("lines are valid UTF-8, and what is valid stays as it is") {
    CHECK(field_of(json_line("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\x95")) ==
          "\"f\":\"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\x95\"}\n");
    CHECK(field_of(json_line("\xff\xc3(\xed\xa0\x80")) == "\"f\":\"\\ufffd\\ufffd(\\ufffd\\ufffd\\ufffd\"}\n");
}

TEST_CASE("detail is turned on and back to what was configured") {
    CHECK_FALSE(log::toggle_debug());  // nothing is initialized
    auto const lines = captured(STDOUT_FILENO, [] {
        log::initialize(log::level::warn, log::line_format::json, 64);
        log::debug("one");
        CHECK(log::toggle_debug());
        log::debug("two");
        CHECK_FALSE(log::toggle_debug());
        log::info("three");
        log::warn("four");
        log::shut_down();
    });
    for (auto const* hidden : {"one", "three"}) CHECK(lines.find(hidden) == std::string::npos);
    for (auto const* shown : {"two", "four"}) CHECK(lines.find(shown) != std::string::npos);
}

TEST_CASE("the journal gets the priority of each line, and log lines only") {
    auto const lines = captured(STDOUT_FILENO, [] {
        say_journal_reads(STDOUT_FILENO);
        log::initialize(log::level::debug, log::line_format::json, 64);
        log::print("listening on port 80");
        log::debug("one");
        log::info("two");
        log::warn("three");
        log::error("four");
        log::shut_down();
    });
    ::unsetenv("JOURNAL_STREAM");
    CHECK_THAT(lines, StartsWith("<7>{"));
    for (auto const* next : {"one\"}\n<6>{", "two\"}\n<4>{", "three\"}\n<3>{"})
        CHECK_THAT(lines, ContainsSubstring(next));
    CHECK_THAT(lines, !ContainsSubstring("port 80"));
}

TEST_CASE("the journal gets the priority of a line before the log is started") {
    auto const line = captured(STDERR_FILENO, [] {
        say_journal_reads(STDERR_FILENO);
        log::warn("early");
    });
    ::unsetenv("JOURNAL_STREAM");
    CHECK_THAT(line, StartsWith("<4>") && ContainsSubstring("early"));
}

TEST_CASE("a journal that reads another stream, or none, changes nothing") {
    auto const another = [] { say_journal_reads(STDOUT_FILENO, 1); };
    auto const nonsense = [] { ::setenv("JOURNAL_STREAM", "8:", 1); };
    for (auto const& say : {std::function<void()>(another), std::function<void()>(nonsense)}) {
        auto const lines = captured(STDOUT_FILENO, [&] {
            say();
            log::initialize(log::level::info, log::line_format::json, 64);
            log::print("listening on port 80");
            log::warn("one");
            log::shut_down();
        });
        ::unsetenv("JOURNAL_STREAM");
        CHECK_THAT(lines, StartsWith("listening on port 80\n{"));
    }
}
