// Formats of records: JSON lines and CSV for programs, a table and lines for people; and the parser for the path of a
// record.
//
// JSON: {"path": ..., "predictions": [{"rank", "class_index", "class_name", "confidence"}, ...], "ms": ...,
// "correlation_id": ...}, with "error": {"code", "message"} in place of the predictions of a file that failed. A path
// that is not valid UTF-8 has its exact bytes in "path_bytes", in hexadecimal digits. "row" is that of the embeddings
// file, if there is one. CSV (RFC 4180): path, error_code,
// error_message, ms, correlation_id, then class_index_1, class_name_1, confidence_1, ...
#pragma once

#include "sma/batch/record.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sma::batch {

enum class output_format {
    jsonl,
    csv,
    lines,  ///< for people, one line a file
    table,  ///< for people, all predictions of one file
};

/// By the file's ending: .jsonl, .ndjson, .json and no ending are JSON lines, .csv is CSV; nothing for any other.
std::optional<output_format> format_of_file(std::string_view file);

/// The first line of a CSV file, with its line feed; empty for every other format. `top_k` >= 1.
std::string header_of(output_format format, int top_k);

/// Appends one record with at most `top_k` predictions, ended by a line feed.
void append_record(std::string& out, record const& r, output_format format, int top_k);

/// A parsed line (without its line feed) of results.
struct parsed_line {
    enum class kind { record, header, broken };
    kind is = kind::broken;
    std::string path;      ///< of a record
    bool has_row = false;  ///< of an embeddings file
};
/// `format` is jsonl or csv.
parsed_line parse_line(std::string_view line, output_format format);

}  // namespace sma::batch
