// Recorder of the multipart parser's events for a body in pieces, for the parser's tests and its fuzz target.
#pragma once

#include "multipart_parser.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sma::http::test {

struct recorded_part {
    std::string name;
    std::string filename;
    std::string content_type;
    std::string content;
    bool ended = false;
    bool operator==(recorded_part const&) const = default;
};

/// Everything that must not depend on how the body was split.
struct outcome {
    std::vector<recorded_part> parts;
    std::optional<errc> failure;
    std::string message;
    bool operator==(outcome const&) const = default;
};

class recorder : public multipart_handler {
public:
    result<void> on_part_begin(part_head head) override {
        parts.push_back({std::move(head.name), std::move(head.filename), std::move(head.content_type), {}, false});
        return {};
    }
    result<void> on_part_data(std::string_view bytes) override {
        pieces_are_never_empty = pieces_are_never_empty && !bytes.empty();
        parts.back().content += bytes;
        return {};
    }
    result<void> on_part_end() override {
        parts.back().ended = true;
        return {};
    }

    std::vector<recorded_part> parts;
    bool pieces_are_never_empty = true;
};

/// Feeds the pieces between `cuts` (ascending offsets into the body), then finishes.
inline outcome parse_split(std::string_view body, std::string const& boundary, std::vector<std::size_t> const& cuts,
                           multipart_parser::limits limits = {}) {
    recorder seen;
    multipart_parser parser(boundary, seen, limits);
    result<void> done;
    std::size_t from = 0;
    for (std::size_t i = 0; i <= cuts.size() && done; ++i) {
        auto const to = i < cuts.size() ? cuts[i] : body.size();
        done = parser.feed(body.substr(from, to - from));
        from = to;
    }
    if (done) done = parser.finish();
    outcome out{std::move(seen.parts), std::nullopt, {}};
    if (!done) {
        out.failure = done.error().code;
        out.message = done.error().message;
    }
    return out;
}

/// Every cut there is: one byte a piece.
inline std::vector<std::size_t> every_cut(std::string_view body) {
    std::vector<std::size_t> cuts;
    for (std::size_t i = 1; i < body.size(); ++i) cuts.push_back(i);
    return cuts;
}

}  // namespace sma::http::test
