#include "sma/core/logging.hpp"

#include "journal.hpp"
#include "log_sink.hpp"
#include "sma/core/json_text.hpp"
#include "sma/core/this_thread.hpp"
#include "sma/core/utf8.hpp"

#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>

namespace sma::log {
namespace {

std::shared_ptr<spdlog::details::thread_pool> writer;
std::shared_ptr<coalescing_sink> output;
std::shared_ptr<spdlog::logger> logger;
line_format format_in_use = line_format::text;
bool output_is_journal = false;
level minimum_before_initialize = level::info;
level configured_minimum = level::info;

spdlog::level::level_enum spdlog_level(level l) {
    switch (l) {
        case level::debug:
            return spdlog::level::debug;
        case level::info:
            return spdlog::level::info;
        case level::warn:
            return spdlog::level::warn;
        case level::error:
            break;
    }
    return spdlog::level::err;
}

char const* level_name(level l) {
    switch (l) {
        case level::debug:
            return "debug";
        case level::info:
            return "info";
        case level::warn:
            return "warn";
        case level::error:
            break;
    }
    return "error";
}

// ISO 8601, UTC, microseconds. The date's part changes once a second and is kept.
void append_timestamp(std::string& line) {
    auto const now = std::chrono::system_clock::now().time_since_epoch();
    auto const microseconds = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
    std::time_t const second = static_cast<std::time_t>(microseconds / 1'000'000);
    thread_local std::time_t kept_second = -1;
    thread_local char kept[24];
    if (second != kept_second) {
        std::tm parts{};
        gmtime_r(&second, &parts);
        std::strftime(kept, sizeof kept, "%Y-%m-%dT%H:%M:%S", &parts);
        kept_second = second;
    }
    char fraction[12];
    std::snprintf(fraction, sizeof fraction, ".%06dZ", static_cast<int>(microseconds % 1'000'000));
    line.append(kept).append(fraction);
}

// The code point of a well-formed sequence of 1 to 3 bytes; none of 4 bytes matters here.
unsigned code_point(std::string_view sequence) {
    auto const byte = [&](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(sequence[i])); };
    if (sequence.size() == 1) return byte(0);
    if (sequence.size() == 2) return (byte(0) & 0x1f) << 6 | (byte(1) & 0x3f);
    if (sequence.size() == 3) return (byte(0) & 0x0f) << 12 | (byte(1) & 0x3f) << 6 | (byte(2) & 0x3f);
    return 0x10000;
}

// Characters that some log reader takes for the end of a line, or a terminal for a command: C0, DEL, C1, U+2028 and
// U+2029.
bool is_control(unsigned point) {
    return point < 0x20 || (point >= 0x7f && point <= 0x9f) || point == 0x2028 || point == 0x2029;
}

// JSON's own escapes serve both formats: quotes, backslashes and control characters cannot end a line or a field, and
// the line is valid UTF-8 whatever a client sent.
void append_quoted(std::string& line, std::string_view text) {
    line += '"';
    while (!text.empty()) {
        auto const length = utf8_sequence_length(text);
        auto const point = length == 0 ? 0xfffd : code_point(text.substr(0, length));
        if (point == '"' || point == '\\') {
            line += '\\';
            line += static_cast<char>(point);
        } else if (length == 0 || is_control(point)) {
            char escape[12];
            std::snprintf(escape, sizeof escape, "\\u%04x", point);
            line += escape;
        } else {
            line += text.substr(0, length);
        }
        text.remove_prefix(length == 0 ? 1 : length);
    }
    line += '"';
}

void append_value(std::string& line, value const& v) {
    if (auto const* text = std::get_if<std::string_view>(&v)) return append_quoted(line, *text);
    if (auto const* flag = std::get_if<bool>(&v)) {
        line += *flag ? "true" : "false";
        return;
    }
    char number[32];
    if (auto const* whole = std::get_if<std::int64_t>(&v)) {
        std::snprintf(number, sizeof number, "%lld", static_cast<long long>(*whole));
    } else {
        double const real = std::get<double>(v);
        std::snprintf(number, sizeof number, "%.3f", std::isfinite(real) ? real : 0.0);
    }
    line += number;
}

void append_json(std::string& line, level l, std::string_view event, std::span<field const> fields) {
    line += "{\"time\":\"";
    append_timestamp(line);
    line.append("\",\"level\":\"").append(level_name(l)).append("\",\"event\":");
    append_quoted(line, event);
    for (auto const& f : fields) {
        line.append(",\"").append(f.name).append("\":");
        append_value(line, f.content);
    }
    line += '}';
}

void append_text(std::string& line, level l, std::string_view event, std::span<field const> fields) {
    append_timestamp(line);
    line.append(" ").append(level_name(l)).append(" ").append(event);
    for (auto const& f : fields) {
        line.append(" ").append(f.name).append("=");
        append_value(line, f.content);
    }
}

}  // namespace

void initialize(level minimum, line_format format, std::size_t buffer_lines) {
    format_in_use = format;
    output_is_journal = is_read_by_journal(STDOUT_FILENO);
    configured_minimum = minimum;
    writer = std::make_shared<spdlog::details::thread_pool>(buffer_lines, 1, stop_interrupting_others);
    output = std::make_shared<coalescing_sink>(*writer);
    logger =
        std::make_shared<spdlog::async_logger>("sma", output, writer, spdlog::async_overflow_policy::overrun_oldest);
    logger->set_level(spdlog_level(minimum));
}

bool toggle_debug() noexcept {
    if (!logger) return false;
    bool const to_debug = logger->level() != spdlog::level::debug;
    logger->set_level(spdlog_level(to_debug ? level::debug : configured_minimum));
    return logger->level() == spdlog::level::debug;
}

void shut_down() {
    if (output) output->give_up_soon();
    logger.reset();
    writer.reset();  // ends its thread, after the lines before
    if (output) output->flush();
    output.reset();
}

std::uint64_t dropped_lines() noexcept { return writer ? writer->overrun_counter() + output->lost_lines() : 0; }

void set_minimum(level minimum) noexcept { minimum_before_initialize = minimum; }

bool enabled(level l) noexcept { return logger ? logger->should_log(spdlog_level(l)) : l >= minimum_before_initialize; }

void print(std::string_view line) {
    if (logger && !output_is_journal)
        logger->log(spdlog::level::critical, spdlog::string_view_t(line.data(), line.size()));
}

void write(level l, std::string_view event, std::span<field const> fields) {
    if (!enabled(l)) return;
    thread_local std::string line;
    line.clear();
    if (logger ? output_is_journal : is_read_by_journal(STDERR_FILENO)) line += journal_prefix(l);
    if (format_in_use == line_format::json)
        append_json(line, l, event, fields);
    else
        append_text(line, l, event, fields);
    if (logger) {
        logger->log(spdlog_level(l), spdlog::string_view_t(line.data(), line.size()));
    } else {
        line += '\n';
        std::fwrite(line.data(), 1, line.size(), stderr);
    }
}

}  // namespace sma::log
