#include "openmetrics.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>

namespace sma {
namespace {

using labels = std::vector<prometheus::ClientMetric::Label>;

constexpr std::string_view counter_suffix = "_total";

void append_number(std::string& out, double value) {
    if (std::isnan(value)) {
        out += "NaN";
    } else if (std::isinf(value)) {
        out += value > 0 ? "+Inf" : "-Inf";
    } else {
        std::array<char, 32> text;
        out.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr);
    }
}

/// The form of a bound that the specification demands: 1 is "1.0".
std::string bound_text(double bound) {
    std::string text;
    append_number(text, bound);
    if (text.find_first_not_of("-0123456789") == text.npos) text += ".0";
    return text;
}

void append_escaped(std::string& out, std::string_view text) {
    for (char const c : text) {
        if (c == '\n') {
            out += "\\n";
            continue;
        }
        if (c == '\\' || c == '"') out += '\\';
        out += c;
    }
}

void append_label(std::string& out, std::string_view name, std::string_view value) {
    out += out.back() == '{' ? "" : ",";
    out.append(name).append("=\"");
    append_escaped(out, value);
    out += '"';
}

/// `bound` empty: not of a bucket.
void append_series(std::string& out, std::string_view name, std::string_view suffix, labels const& of,
                   std::string_view bound = {}) {
    out.append(name).append(suffix);
    if (!of.empty() || !bound.empty()) {
        out += '{';
        for (auto const& label : of) append_label(out, label.name, label.value);
        if (!bound.empty()) append_label(out, "le", bound);
        out += '}';
    }
    out += ' ';
}

void append_sample(std::string& out, std::string_view name, std::string_view suffix, labels const& of, double value) {
    append_series(out, name, suffix, of);
    append_number(out, value);
    out += '\n';
}

void append_exemplar(std::string& out, exemplar const& e) {
    if (e.trace_id.empty()) return;
    out.append(" # {trace_id=\"").append(e.trace_id).append("\"} ");
    append_number(out, e.value);
    std::array<char, 32> time;
    std::snprintf(time.data(), time.size(), " %.3f", e.unix_s);
    out += time.data();
}

bucket_exemplars const* find(family_exemplars const& exemplars, std::string_view family, labels const& of) {
    if (family != exemplars.family) return nullptr;
    for (auto const& label : of) {
        if (label.name != exemplars.label) continue;
        auto const found = exemplars.by_value.find(label.value);
        return found == exemplars.by_value.end() ? nullptr : &found->second;
    }
    return nullptr;
}

void append_histogram(std::string& out, std::string_view name, prometheus::ClientMetric const& metric,
                      bucket_exemplars const* exemplars) {
    auto const& histogram = metric.histogram;
    for (std::size_t i = 0; i < histogram.bucket.size(); ++i) {
        auto const& bucket = histogram.bucket[i];
        append_series(out, name, "_bucket", metric.label, bound_text(bucket.upper_bound));
        out += std::to_string(bucket.cumulative_count);
        if (exemplars != nullptr && i < exemplars->size()) append_exemplar(out, (*exemplars)[i]);
        out += '\n';
    }
    append_series(out, name, "_count", metric.label);
    out += std::to_string(histogram.sample_count) + "\n";
    append_sample(out, name, "_sum", metric.label, histogram.sample_sum);
}

void append_head(std::string& out, std::string_view name, std::string_view type, std::string_view help) {
    out.append("# TYPE ").append(name).append(" ").append(type).append("\n# HELP ").append(name).append(" ");
    append_escaped(out, help);
    out += '\n';
}

void append_family(std::string& out, prometheus::MetricFamily const& family, family_exemplars const& exemplars) {
    std::string_view name = family.name;
    switch (family.type) {
        case prometheus::MetricType::Counter:
            if (name.ends_with(counter_suffix)) name.remove_suffix(counter_suffix.size());
            append_head(out, name, "counter", family.help);
            for (auto const& m : family.metric) append_sample(out, name, counter_suffix, m.label, m.counter.value);
            break;
        case prometheus::MetricType::Histogram:
            append_head(out, name, "histogram", family.help);
            for (auto const& m : family.metric) append_histogram(out, name, m, find(exemplars, name, m.label));
            break;
        default:
            append_head(out, name, "gauge", family.help);
            for (auto const& m : family.metric) append_sample(out, name, "", m.label, m.gauge.value);
    }
}

}  // namespace

std::string write_openmetrics(std::vector<prometheus::MetricFamily> const& families,
                              family_exemplars const& exemplars) {
    std::string out;
    for (auto const& family : families)
        if (!family.metric.empty()) append_family(out, family, exemplars);
    out += "# EOF\n";
    return out;
}

}  // namespace sma
