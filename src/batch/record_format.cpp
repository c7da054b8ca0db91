#include "sma/batch/record_format.hpp"

#include "sma/core/hexadecimal.hpp"
#include "sma/core/json_writer.hpp"
#include "sma/core/utf8.hpp"
#include "sma/serving/prediction_writer.hpp"
#include "text.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>

namespace sma::batch {
namespace {

constexpr int ms_digits = 3;

std::size_t shown_predictions(record const& r, int top_k) {
    return std::min(r.predictions.size(), static_cast<std::size_t>(top_k));
}

void write_predictions(object_writer& o, record const& r, int top_k) {
    array_writer predictions(o, "predictions");
    for (std::size_t i = 0; i < shown_predictions(r, top_k); ++i) {
        auto const& p = r.predictions[i];
        serving::write_prediction(predictions, i + 1, {p.class_index, p.confidence}, p.class_name);
    }
}

void write_failure(object_writer& o, failure const& failed) {
    object_writer details(o, "error");
    details.text("code", failed.code);
    details.text("message", failed.message);
}

void append_jsonl(std::string& out, record const& r, int top_k) {
    {
        object_writer o(out);
        o.text("path", r.path);
        if (!is_utf8(r.path)) o.text("path_bytes", to_hexadecimal(r.path));
        if (r.failed)
            write_failure(o, *r.failed);
        else
            write_predictions(o, r, top_k);
        if (r.row) o.number("row", *r.row);
        o.number("ms", r.ms, ms_digits);
        o.text("correlation_id", r.correlation_id);
    }
    out += '\n';
}

void append_csv(std::string& out, record const& r, int top_k) {
    append_csv_field(out, r.path);
    out += ',';
    append_csv_field(out, r.failed ? r.failed->code : "");
    out += ',';
    append_csv_field(out, r.failed ? r.failed->message : "");
    out += ',';
    append_json_number(out, r.ms, ms_digits);
    out += ',';
    append_csv_field(out, r.correlation_id);
    for (std::size_t i = 0; i < static_cast<std::size_t>(top_k); ++i) {
        if (r.failed || i >= r.predictions.size()) {
            out += ",,,";
            continue;
        }
        auto const& p = r.predictions[i];
        out += ',' + std::to_string(p.class_index) + ',';
        append_csv_field(out, p.class_name);
        out += ',';
        append_json_number(out, p.confidence, serving::confidence_digits);
    }
    out += '\n';
}

std::string percent(double confidence) {
    char text[32];
    std::snprintf(text, sizeof text, "%6.2f %%", confidence * 100);
    return text;
}

void append_line(std::string& out, record const& r) {
    out += printable(r.path) + ": ";
    if (r.failed)
        out += printable(r.failed->code) + ": " + printable(r.failed->message);
    else if (!r.predictions.empty())
        out += printable(r.predictions.front().class_name) + percent(r.predictions.front().confidence);
    out += '\n';
}

void append_table(std::string& out, record const& r, int top_k) {
    if (r.failed) return append_line(out, r);
    char cell[64];
    std::snprintf(cell, sizeof cell, "  (%.1f ms)\n", r.ms);
    out += printable(r.path) + cell;
    for (std::size_t i = 0; i < shown_predictions(r, top_k); ++i) {
        auto const& p = r.predictions[i];
        std::snprintf(cell, sizeof cell, "  %2zu  ", i + 1);
        out += cell + percent(p.confidence);
        std::snprintf(cell, sizeof cell, "  %4d  ", p.class_index);
        out += cell + printable(p.class_name) + '\n';
    }
}

// The fields of a CSV row; empty if its quotes do not match.
std::vector<std::string> csv_fields(std::string_view row) {
    std::vector<std::string> fields(1);
    bool quoted = false;
    for (std::size_t i = 0; i < row.size(); ++i) {
        char const c = row[i];
        bool const doubled = c == '"' && i + 1 < row.size() && row[i + 1] == '"';
        if (quoted && doubled)
            fields.back() += row[i++];
        else if (c == '"')
            quoted = !quoted;
        else if (c == ',' && !quoted)
            fields.emplace_back();
        else
            fields.back() += c;
    }
    return quoted ? std::vector<std::string>{} : fields;
}

constexpr std::size_t fixed_csv_fields = 5;

parsed_line parse_csv(std::string_view line) {
    parsed_line parsed;
    auto fields = csv_fields(line);
    if (fields.size() < fixed_csv_fields + 3 || (fields.size() - fixed_csv_fields) % 3 != 0 || fields[0].empty())
        return parsed;
    bool const header = fields[0] == "path" && fields[1] == "error_code";
    parsed.is = header ? parsed_line::kind::header : parsed_line::kind::record;
    if (!header) parsed.path = std::move(fields[0]);
    return parsed;
}

parsed_line parse_jsonl(std::string_view line) {
    parsed_line parsed;
    boost::system::error_code failed;
    auto const value = boost::json::parse({line.data(), line.size()}, failed);
    auto const* object = failed ? nullptr : value.if_object();
    auto const* path = object ? object->if_contains("path") : nullptr;
    if (path == nullptr || !path->is_string()) return parsed;
    parsed.is = parsed_line::kind::record;
    parsed.path = path->get_string();
    parsed.has_row = object->contains("row");
    auto const* bytes = object->if_contains("path_bytes");
    if (bytes != nullptr && bytes->is_string()) {
        auto const& digits = bytes->get_string();
        parsed.path = from_hexadecimal({digits.data(), digits.size()});
    }
    return parsed;
}

}  // namespace

std::optional<output_format> format_of_file(std::string_view file) {
    auto const ending = std::filesystem::path(file).extension().string();
    if (ending == ".csv") return output_format::csv;
    if (ending.empty() || ending == ".jsonl" || ending == ".ndjson" || ending == ".json") return output_format::jsonl;
    return std::nullopt;
}

std::string header_of(output_format format, int top_k) {
    if (format != output_format::csv) return {};
    std::string header = "path,error_code,error_message,ms,correlation_id";
    for (int i = 1; i <= top_k; ++i) {
        auto const rank = std::to_string(i);
        header += ",class_index_" + rank + ",class_name_" + rank + ",confidence_" + rank;
    }
    return header + '\n';
}

void append_record(std::string& out, record const& r, output_format format, int top_k) {
    switch (format) {
        case output_format::jsonl:
            return append_jsonl(out, r, top_k);
        case output_format::csv:
            return append_csv(out, r, top_k);
        case output_format::lines:
            return append_line(out, r);
        case output_format::table:
            break;
    }
    append_table(out, r, top_k);
}

parsed_line parse_line(std::string_view line, output_format format) {
    return format == output_format::csv ? parse_csv(line) : parse_jsonl(line);
}

}  // namespace sma::batch
