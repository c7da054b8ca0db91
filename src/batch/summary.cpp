#include "sma/batch/summary.hpp"

#include "sma/core/json_text.hpp"
#include "text.hpp"

#include <cstdio>
#include <string_view>

namespace sma::batch {
namespace {

constexpr std::size_t confusions_shown_max = 100;
constexpr int digits = 3;

// Members of JSON objects, with commas and indentation.
class json_writer {
public:
    void open(std::string_view name = {}) { begin(name), text_ += '{', enter(); }
    void close() { leave(), text_ += '}'; }
    void open_list(std::string_view name) { begin(name), text_ += '[', enter(); }
    void close_list() { leave(), text_ += ']'; }
    void number(std::string_view name, double value) { begin(name), append_json_number(text_, value, digits); }
    void number(std::string_view name, std::uint64_t value) { begin(name), text_ += std::to_string(value); }
    void flag(std::string_view name, bool value) { begin(name), text_ += value ? "true" : "false"; }
    void string(std::string_view name, std::string_view value) { begin(name), append_json_string(text_, value); }
    std::string take() { return std::move(text_) + '\n'; }

private:
    void begin(std::string_view name) {
        if (depth_ > 0) text_ += (first_ ? "\n" : ",\n") + std::string(2 * depth_, ' ');
        first_ = false;
        if (name.empty()) return;
        append_json_string(text_, name);
        text_ += ": ";
    }
    void enter() { ++depth_, first_ = true; }
    void leave() {
        --depth_;
        if (!first_) text_ += '\n' + std::string(2 * depth_, ' ');
        first_ = false;
    }

    std::string text_;
    std::size_t depth_ = 0;
    bool first_ = true;
};

void write_latency(json_writer& json, latency_histogram const& h) {
    json.open("latency_ms");
    json.number("avg", h.average_ms());
    json.number("min", h.minimum_ms());
    json.number("max", h.maximum_ms());
    json.number("p50", h.percentile_ms(0.50));
    json.number("p95", h.percentile_ms(0.95));
    json.number("p99", h.percentile_ms(0.99));
    json.close();
}

double share(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

void write_accuracy(json_writer& json, accuracy const& a) {
    json.open("accuracy");
    json.number("judged", a.judged());
    json.number("unlabelled", a.unlabeled());
    json.number("top_1", share(a.top_1_hits(), a.judged()));
    json.number("top_5", share(a.top_5_hits(), a.judged()));
    json.open_list("confusions");
    for (auto const& c : a.confusions(confusions_shown_max)) {
        json.open();
        json.string("expected", c.expected);
        json.string("predicted", c.predicted);
        json.number("count", c.count);
        json.close();
    }
    json.close_list();
    json.close();
}

void write_tally(json_writer& json, tally const& t, bool over_http) {
    json.number("files", t.files());
    json.number("classified", t.classified);
    json.number("failed", t.failed);
    json.number("seconds", t.seconds);
    json.number("images_per_second", t.images_per_s());
    json.open("errors");
    for (auto const& [code, count] : t.errors) json.number(code, count);
    json.close();
    write_latency(json, t.latency);
    if (!over_http) return;
    json.open("requests");
    json.number("attempts", t.requests.attempts);
    json.number("refused", t.requests.refused);
    json.number("lost", t.requests.lost);
    json.close();
}

template <class... Values>
std::string formatted(char const* format, Values... values) {
    char text[256];
    std::snprintf(text, sizeof text, format, values...);
    return text;
}

using count = unsigned long long;

std::string latency_text(latency_histogram const& h) {
    return formatted("avg %.1f  min %.1f  p50 %.1f  p95 %.1f  p99 %.1f  max %.1f ms", h.average_ms(), h.minimum_ms(),
                     h.percentile_ms(0.50), h.percentile_ms(0.95), h.percentile_ms(0.99), h.maximum_ms());
}

}  // namespace

void tally::add(record const& r, expectation const* expected) {
    if (r.failed) {
        ++failed;
        ++errors[r.failed->code];
        return;
    }
    ++classified;
    latency.add(r.ms);
    if (expected == nullptr) return;
    if (auto const wanted = expected->of(r.path))
        judged.judge(r, *wanted);
    else
        judged.count_unlabeled();
}

void tally::add(tally const& other) {
    classified += other.classified;
    failed += other.failed;
    for (auto const& [code, number] : other.errors) errors[code] += number;
    latency.add(other.latency);
    requests.attempts += other.requests.attempts;
    requests.refused += other.requests.refused;
    requests.lost += other.requests.lost;
    judged.add(other.judged);
    seconds += other.seconds;
}

std::string summary_json(summary const& s) {
    json_writer json;
    json.open();
    write_tally(json, s.all, s.over_http);
    json.number("skipped", s.skipped);
    json.flag("interrupted", s.interrupted);
    if (s.has_expectation) write_accuracy(json, s.all.judged);
    if (!s.waves.empty()) json.open_list("waves");
    for (auto const& wave : s.waves) {
        json.open();
        write_tally(json, wave, s.over_http);
        json.close();
    }
    if (!s.waves.empty()) json.close_list();
    json.close();
    return json.take();
}

std::string summary_text(summary const& s) {
    auto const& t = s.all;
    auto text = formatted("%llu files in %.1f s: %llu classified, %llu failed", count(t.files()), t.seconds,
                          count(t.classified), count(t.failed));
    if (s.skipped > 0) text += formatted(", %llu skipped", count(s.skipped));
    text += formatted(", %.1f images/s%s\n", t.images_per_s(), s.interrupted ? " (interrupted)" : "");
    if (t.classified > 0) text += latency_text(t.latency) + '\n';
    for (auto const& [code, number] : t.errors) text += "  " + printable(code) + formatted(" %llu\n", count(number));
    if (s.over_http && t.requests.refused + t.requests.lost > 0)
        text += formatted("%llu requests, %llu refused, %llu connections lost\n", count(t.requests.attempts),
                          count(t.requests.refused), count(t.requests.lost));
    auto const& a = t.judged;
    if (s.has_expectation)
        text += formatted("top-1 %.2f %%, top-5 %.2f %% of %llu with an expected class\n",
                          100 * share(a.top_1_hits(), a.judged()), 100 * share(a.top_5_hits(), a.judged()),
                          count(a.judged()));
    return text;
}

std::string wave_text(std::string const& name, tally const& t) {
    auto text = name + formatted(": %llu requests in %.2f s, %.1f images/s, %llu failed", count(t.files()), t.seconds,
                                 t.images_per_s(), count(t.failed));
    if (t.requests.refused > 0) text += formatted(", %llu refused", count(t.requests.refused));
    return text + "\n  " + latency_text(t.latency) + '\n';
}

}  // namespace sma::batch
