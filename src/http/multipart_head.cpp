#include "multipart_head.hpp"

#include "file_name.hpp"
#include "header_text.hpp"
#include "sma/core/utf8.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>

namespace sma::http {
namespace {

constexpr std::size_t boundary_length_max = 70;

/// Reads a header's value from the front.
class cursor {
public:
    explicit cursor(std::string_view text) : rest_(text) {}

    void skip_spaces() {
        while (!rest_.empty() && is_space(rest_.front())) rest_.remove_prefix(1);
    }
    bool skip(char c) {
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    /// Everything before the first of `stops`, spaces at its end removed.
    std::string_view until(std::string_view stops) {
        auto const length = std::min(rest_.find_first_of(stops), rest_.size());
        auto text = rest_.substr(0, length);
        rest_.remove_prefix(length);
        while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
        return text;
    }
    /// The inside of a quoted string whose opening quote has been read. Only a quote before a semicolon or the end
    /// closes it: others are part of the text, which some clients forget to escape. Without one the end closes it.
    std::string quoted() {
        std::string text;
        while (!rest_.empty()) {
            char c = rest_.front();
            rest_.remove_prefix(1);
            if (c == '"' && is_after_value()) return text;
            bool const escapes = c == '\\' && !rest_.empty() && (rest_.front() == '"' || rest_.front() == '\\');
            if (escapes) {
                c = rest_.front();
                rest_.remove_prefix(1);
            }
            text.push_back(c);
        }
        return text;
    }

private:
    bool is_after_value() const {
        auto const next = rest_.find_first_not_of(" \t");
        return next == rest_.npos || rest_[next] == ';';
    }

    std::string_view rest_;
};

/// Nothing if it has no name or no value; then it is skipped.
std::optional<std::pair<std::string, std::string>> parse_parameter(cursor& in) {
    auto name = lower(in.until("=;"));
    if (!in.skip('=')) return std::nullopt;
    in.skip_spaces();
    auto value = in.skip('"') ? in.quoted() : std::string(in.until(";"));
    if (!is_token(name)) return std::nullopt;
    return std::pair(std::move(name), std::move(value));
}

/// Splits the block into lines; each is a name, a colon and a value.
result<std::vector<std::pair<std::string, std::string_view>>> split_lines(std::string_view block) {
    std::vector<std::pair<std::string, std::string_view>> fields;
    while (!block.empty()) {
        auto const line = block.substr(0, block.find("\r\n"));
        block.remove_prefix(line.size() + 2);
        // Another control character may stand in a file's name, and browsers send it as it is.
        if (line.find_first_of(std::string_view("\r\n\0", 3)) != line.npos)
            return malformed_multipart(
                "a part's header has a control character, such as a bare line feed; lines end in CRLF");
        auto const colon = std::min(line.find(':'), line.size());
        auto name = lower(line.substr(0, colon));
        if (!is_token(name) || colon == line.size())
            return malformed_multipart("a part's header has a line that is not `Name: value`");
        fields.emplace_back(std::move(name), trim(line.substr(colon + 1)));
    }
    return fields;
}

std::string filename_of(parameterized_value const& disposition) {
    auto const* plain = disposition.find("filename");
    auto const* extended = disposition.find("filename*");
    if (extended != nullptr) {
        auto const decoded = decode_extended(*extended);
        if (decoded) return last_path_component(*decoded);
        if (plain == nullptr) return last_path_component(decode_percent(extended->substr(extended->rfind('\'') + 1)));
    }
    return plain == nullptr ? std::string() : last_path_component(decode_escapes(replace_invalid_utf8(*plain)));
}

result<void> read_disposition(std::string_view text, part_head& head) {
    auto const disposition = parse_parameterized(text);
    auto const* name = disposition.find("name");
    if (disposition.value != "form-data" || name == nullptr || name->empty())
        return malformed_multipart("each part needs a header `Content-Disposition: form-data; name=\"...\"`");
    if (disposition.count("name") > 1) return malformed_multipart("a part has two names");
    if (has_control(*name)) return malformed_multipart("a part's name has a control character");
    head.name = decode_escapes(replace_invalid_utf8(*name));
    head.filename = filename_of(disposition);
    return {};
}

bool is_identity(std::string_view transfer_encoding) {
    auto const value = lower(transfer_encoding);
    return value == "binary" || value == "8bit" || value == "7bit";
}

/// More characters than RFC 2046 allows: clients send what they like.
bool is_boundary(std::string_view text) {
    auto const allowed = [](char c) { return !is_control(c) && c != '\t'; };
    return !text.empty() && text.size() <= boundary_length_max && std::ranges::all_of(text, allowed);
}

}  // namespace

std::string const* parameterized_value::find(std::string_view name) const {
    for (auto const& [key, content] : parameters)
        if (key == name) return &content;
    return nullptr;
}

std::size_t parameterized_value::count(std::string_view name) const {
    auto const is_it = [=](auto const& parameter) { return parameter.first == name; };
    return static_cast<std::size_t>(std::ranges::count_if(parameters, is_it));
}

parameterized_value parse_parameterized(std::string_view text) {
    cursor in(trim(text));
    parameterized_value out;
    out.value = lower(in.until(";"));
    while (in.skip(';')) {
        in.skip_spaces();
        if (auto parameter = parse_parameter(in)) out.parameters.push_back(std::move(*parameter));
        in.skip_spaces();
    }
    return out;
}

result<part_head> parse_part_head(std::string_view block) {
    auto fields = split_lines(block);
    if (!fields) return fields.error();
    part_head head;
    bool has_disposition = false;
    for (auto const& [name, value] : *fields) {
        bool const is_disposition = name == "content-disposition";
        if (!is_disposition && has_control(value))
            return malformed_multipart("a part's header has a control character");
        if (is_disposition) {
            if (std::exchange(has_disposition, true))
                return malformed_multipart("a part has Content-Disposition twice");
            auto read = read_disposition(value, head);
            if (!read) return read.error();
        } else if (name == "content-type") {
            head.content_type = replace_invalid_utf8(value);
        } else if (name == "content-transfer-encoding" && !is_identity(value)) {
            return malformed_multipart("a part has a Content-Transfer-Encoding; send its bytes as they are");
        }
    }
    if (!has_disposition)
        return malformed_multipart("each part needs a header `Content-Disposition: form-data; name=\"...\"`");
    return head;
}

result<std::optional<std::string>> multipart_boundary(std::string_view content_type) {
    auto const media_type = lower(trim(content_type.substr(0, content_type.find(';'))));
    if (media_type != "multipart/form-data") return std::nullopt;
    auto const type = parse_parameterized(content_type);
    auto const* boundary = type.find("boundary");
    if (boundary == nullptr) return malformed_multipart("Content-Type: multipart/form-data needs a boundary parameter");
    if (type.count("boundary") > 1) return malformed_multipart("Content-Type has two boundaries");
    if (!is_boundary(*boundary))
        return malformed_multipart(
            "the boundary in Content-Type must have 1 to 70 characters, none of them a control character");
    return *boundary;
}

}  // namespace sma::http
