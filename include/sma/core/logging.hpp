// Structured, asynchronous logging with a bounded buffer: one event and its fields a line, as JSON or as text. A full
// buffer drops lines and a failed write loses them; both are counted, and neither makes the caller wait. Where
// systemd's journal reads the output, each line begins with its priority.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <utility>
#include <variant>

namespace sma::log {

enum class level { debug, info, warn, error };
enum class line_format { json, text };

/// Values are copied into the line at once; strings are escaped, so that what a client sent cannot forge a line.
using value = std::variant<std::string_view, std::int64_t, double, bool>;
struct field {
    field(std::string_view n, std::string_view v) : name(n), content(v) {}
    field(std::string_view n, char const* v) : name(n), content(std::string_view(v)) {}
    field(std::string_view n, double v) : name(n), content(v) {}
    field(std::string_view n, bool v) : name(n), content(v) {}
    template <std::integral T>
    requires(!std::same_as<T, bool>) field(std::string_view n, T v) : name(n), content(static_cast<std::int64_t>(v)) {}
    std::string_view name;
    value content;
};

/// To be called before any thread is started. Lines go to standard error until this is called, then to standard output.
void initialize(level minimum, line_format format, std::size_t buffer_lines);
/// The least important level that is written before initialize(): for commands whose output is not a log.
void set_minimum(level minimum) noexcept;
/// Switches between the level given to initialize() and debug; returns true if debug lines are written now. To be
/// called after initialize(); any thread.
bool toggle_debug() noexcept;
/// Writes what is buffered and stops the writer's thread. Waits at most about a second for a reader that does not read.
void shut_down();
/// Prints a line that is no log line to the log's output, whatever the minimum level; not where systemd's journal reads
/// it, which keeps events. To be called after initialize(); any thread; never blocks.
void print(std::string_view line);
/// Lines lost so far because the buffer was full or standard output could not be written.
std::uint64_t dropped_lines() noexcept;
bool enabled(level l) noexcept;

/// Any thread; never blocks. `event` is a constant phrase, what varies goes into fields.
void write(level l, std::string_view event, std::span<field const> fields);

inline void debug(std::string_view event, std::initializer_list<field> fields = {}) {
    write(level::debug, event, std::span(fields.begin(), fields.size()));
}
inline void info(std::string_view event, std::initializer_list<field> fields = {}) {
    write(level::info, event, std::span(fields.begin(), fields.size()));
}
inline void warn(std::string_view event, std::initializer_list<field> fields = {}) {
    write(level::warn, event, std::span(fields.begin(), fields.size()));
}
inline void error(std::string_view event, std::initializer_list<field> fields = {}) {
    write(level::error, event, std::span(fields.begin(), fields.size()));
}

}  // namespace sma::log
