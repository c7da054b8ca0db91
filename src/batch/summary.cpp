#include "sma/batch/summary.hpp"

#include "sma/core/json_writer.hpp"
#include "text.hpp"

#include <cstdio>
#include <string_view>

namespace sma::batch {
namespace {

constexpr std::size_t confusions_shown_max = 100;
constexpr int digits = 3;

void write_latency(object_writer& summary, latency_histogram const& h) {
    object_writer o(summary, "latency_ms");
    o.number("avg", h.average_ms(), digits);
    o.number("min", h.minimum_ms(), digits);
    o.number("max", h.maximum_ms(), digits);
    o.number("p50", h.percentile_ms(0.50), digits);
    o.number("p95", h.percentile_ms(0.95), digits);
    o.number("p99", h.percentile_ms(0.99), digits);
}

double share(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

void write_accuracy(object_writer& summary, accuracy const& a) {
    object_writer o(summary, "accuracy");
    o.number("judged", a.judged());
    o.number("unlabelled", a.unlabeled());
    o.number("top_1", share(a.top_1_hits(), a.judged()), digits);
    o.number("top_5", share(a.top_5_hits(), a.judged()), digits);
    array_writer confusions(o, "confusions");
    for (auto const& c : a.confusions(confusions_shown_max)) {
        object_writer one(confusions);
        one.text("expected", c.expected);
        one.text("predicted", c.predicted);
        one.number("count", c.count);
    }
}

void write_errors(object_writer& o, std::map<std::string, std::uint64_t> const& counts) {
    object_writer errors(o, "errors");
    for (auto const& [code, count] : counts) errors.number(code, count);
}

void write_tally(object_writer& o, tally const& t, bool over_http) {
    o.number("files", t.files());
    o.number("classified", t.classified);
    o.number("failed", t.failed);
    o.number("seconds", t.seconds, digits);
    o.number("images_per_second", t.images_per_s(), digits);
    write_errors(o, t.errors);
    write_latency(o, t.latency);
    if (!over_http) return;
    object_writer requests(o, "requests");
    requests.number("attempts", t.requests.attempts);
    requests.number("refused", t.requests.refused);
    requests.number("lost", t.requests.lost);
}

void write_waves(object_writer& summary, std::vector<tally> const& waves, bool over_http) {
    array_writer list(summary, "waves");
    for (auto const& wave : waves) {
        object_writer one(list);
        write_tally(one, wave, over_http);
    }
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
    std::string text;
    {
        object_writer o(text, json_layout::indented);
        write_tally(o, s.all, s.over_http);
        o.number("skipped", s.skipped);
        o.flag("interrupted", s.interrupted);
        if (s.has_expectation) write_accuracy(o, s.all.judged);
        if (!s.waves.empty()) write_waves(o, s.waves, s.over_http);
    }
    return text + '\n';
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
