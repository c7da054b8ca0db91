#include "response_writer.hpp"

#include <boost/beast/http/status.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace sma::http {
namespace {

template <class Integer>
void append_number(std::string& out, Integer value) {
    std::array<char, 24> text;
    auto const end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    out.append(text.data(), end);
}

/// With one decimal; integer arithmetic, because this runs for every response.
void append_tenths(std::string& out, double value) {
    auto const tenths = std::isfinite(value) ? std::llround(std::clamp(value, 0.0, 1e12) * 10) : 0;
    append_number(out, tenths / 10);
    out += '.';
    out += static_cast<char>('0' + tenths % 10);
}

void append_clean(std::string& out, std::string_view text) {
    for (char const c : text) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
    append_clean(out, name);
    out += ": ";
    append_clean(out, value);
    out += "\r\n";
}

void append_status_line(std::string& out, unsigned status) {
    namespace beast_http = boost::beast::http;
    auto const reason = beast_http::obsolete_reason(beast_http::int_to_status(status));
    out += "HTTP/1.1 ";
    append_number(out, status);
    out += ' ';
    out.append(reason.data(), reason.size());
    out += "\r\n";
}

void append_timings(std::string& out, std::vector<server_timing> const& timings) {
    std::string_view before = "Server-Timing: ";
    for (auto const& t : timings) {
        out += before;
        out += t.name;
        out += ";dur=";
        append_tenths(out, t.duration_ms);
        before = ", ";
    }
    if (!timings.empty()) out += "\r\n";
}

void append_content(std::string& out, response const& r) {
    if (!may_have_body(r.status)) return;
    if (!r.content_type.empty()) append_field(out, "Content-Type", r.content_type);
    out += "Content-Length: ";
    append_number(out, r.body.size());
    out += "\r\n";
}

void append_connection(std::string& out, response_facts const& facts) {
    if (!facts.keep_alive)
        out += "Connection: close\r\n";
    else if (facts.version == 10)
        out += "Connection: keep-alive\r\n";
}

}  // namespace

void append_response_head(std::string& out, response const& r, response_facts const& facts) {
    append_status_line(out, r.status);
    out += "Server: simple-model-api\r\nDate: ";
    out += facts.date;
    out += "\r\nX-Content-Type-Options: nosniff\r\nX-Correlation-ID: ";
    out += facts.correlation_id;
    out += "\r\nX-Response-Time: ";
    append_tenths(out, facts.elapsed_ms);
    out += "ms\r\n";
    append_content(out, r);
    append_timings(out, r.timings);
    if (!facts.traceparent.empty()) append_field(out, "traceparent", facts.traceparent);
    for (auto const& [name, value] : r.headers) append_field(out, name, value);
    append_connection(out, facts);
    out += "\r\n";
}

std::string http_date(std::time_t t) {
    static constexpr std::array<char const*, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array<char const*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::tm utc{};
    gmtime_r(&t, &utc);
    std::array<char, 64> text;
    auto const size = std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                                    days[static_cast<std::size_t>(utc.tm_wday)], utc.tm_mday,
                                    months[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900, utc.tm_hour,
                                    utc.tm_min, utc.tm_sec);
    return std::string(text.data(), static_cast<std::size_t>(size));
}

}  // namespace sma::http
