#include "multipart_head.hpp"
#include "sma/core/utf8.hpp"

#include "multipart_text.hpp"

#include <algorithm>
#include <optional>

namespace sma::http {
namespace {

constexpr std::size_t boundary_length_max = 70;

error malformed(std::string text) { return error(errc::malformed_multipart, std::move(text)); }

/// Reads a header's value from the front.
class cursor {
public:
    explicit cursor(std::string_view text) : rest_(text) {}

    bool at_end() const { return rest_.empty(); }
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
    /// The inside of a quoted string whose opening quote has been read; nothing if it does not end.
    std::optional<std::string> quoted() {
        std::string text;
        while (!rest_.empty()) {
            char c = rest_.front();
            rest_.remove_prefix(1);
            if (c == '"') return text;
            bool const escapes = c == '\\' && !rest_.empty() && (rest_.front() == '"' || rest_.front() == '\\');
            if (escapes) {
                c = rest_.front();
                rest_.remove_prefix(1);
            }
            text.push_back(c);
        }
        return std::nullopt;
    }

private:
    std::string_view rest_;
};

result<std::pair<std::string, std::string>> parse_parameter(cursor& in) {
    auto name = lower(in.until("=;\""));
    if (!is_token(name) || !in.skip('=')) return malformed("a header has a parameter without a name or a value");
    in.skip_spaces();
    if (!in.skip('"')) return std::pair(std::move(name), std::string(in.until("; \t\"")));
    auto value = in.quoted();
    if (!value) return malformed("a header has a quotation mark that is never closed");
    return std::pair(std::move(name), std::move(*value));
}

/// Splits the block into lines; each is a name, a colon and a value.
result<std::vector<std::pair<std::string, std::string_view>>> split_lines(std::string_view block) {
    std::vector<std::pair<std::string, std::string_view>> fields;
    while (!block.empty()) {
        auto const line = block.substr(0, block.find("\r\n"));
        block.remove_prefix(line.size() + 2);
        if (has_control(line)) return malformed("a part's header has a control character; lines end in CRLF");
        auto const colon = std::min(line.find(':'), line.size());
        auto name = lower(line.substr(0, colon));
        if (!is_token(name) || colon == line.size())
            return malformed("a part's header has a line that is not `Name: value`");
        fields.emplace_back(std::move(name), trim(line.substr(colon + 1)));
    }
    return fields;
}

result<std::string> filename_of(parameterised_value const& disposition) {
    if (auto const* extended = disposition.find("filename*")) {
        auto decoded = decode_extended(*extended);
        if (!decoded) return malformed("a part's filename* is not UTF-8''percent-encoded text");
        return last_path_component(*decoded);
    }
    auto const* plain = disposition.find("filename");
    return plain == nullptr ? std::string() : last_path_component(decode_quotes(replace_invalid_utf8(*plain)));
}

result<void> read_disposition(std::string_view text, part_head& head) {
    auto disposition = parse_parameterised(text);
    if (!disposition) return disposition.error();
    auto const* name = disposition->find("name");
    if (disposition->value != "form-data" || name == nullptr || name->empty())
        return malformed("each part needs a header `Content-Disposition: form-data; name=\"...\"`");
    head.name = decode_quotes(replace_invalid_utf8(*name));
    auto filename = filename_of(*disposition);
    if (!filename) return filename.error();
    if (has_control(*filename)) return malformed("a file name has a control character");
    head.filename = std::move(*filename);
    return {};
}

bool is_identity(std::string_view transfer_encoding) {
    auto const value = lower(transfer_encoding);
    return value == "binary" || value == "8bit" || value == "7bit";
}

bool is_boundary(std::string_view text) {
    constexpr std::string_view specials = "'()+_,-./:=? ";
    return !text.empty() && text.size() <= boundary_length_max && text.back() != ' ' &&
           std::ranges::all_of(text, [=](char c) { return is_alphanumeric(c) || specials.find(c) != specials.npos; });
}

}  // namespace

std::string const* parameterised_value::find(std::string_view name) const {
    for (auto const& [key, content] : parameters)
        if (key == name) return &content;
    return nullptr;
}

result<parameterised_value> parse_parameterised(std::string_view text) {
    cursor in(trim(text));
    parameterised_value out;
    out.value = lower(in.until(";"));
    while (in.skip(';')) {
        in.skip_spaces();
        if (in.at_end()) break;
        auto parameter = parse_parameter(in);
        if (!parameter) return parameter.error();
        if (out.find(parameter->first) != nullptr) return malformed("a header has a parameter twice");
        out.parameters.push_back(std::move(*parameter));
        in.skip_spaces();
    }
    if (!in.at_end()) return malformed("a header's parameters are not separated by semicolons");
    return out;
}

result<part_head> parse_part_head(std::string_view block) {
    auto fields = split_lines(block);
    if (!fields) return fields.error();
    part_head head;
    bool has_disposition = false;
    for (auto const& [name, value] : *fields) {
        if (name == "content-disposition") {
            if (std::exchange(has_disposition, true)) return malformed("a part has Content-Disposition twice");
            auto read = read_disposition(value, head);
            if (!read) return read.error();
        } else if (name == "content-type") {
            head.content_type = replace_invalid_utf8(value);
        } else if (name == "content-transfer-encoding" && !is_identity(value)) {
            return malformed("a part has a Content-Transfer-Encoding; send its bytes as they are");
        }
    }
    if (!has_disposition) return malformed("each part needs a header `Content-Disposition: form-data; name=\"...\"`");
    return head;
}

result<std::optional<std::string>> multipart_boundary(std::string_view content_type) {
    auto const media_type = lower(trim(content_type.substr(0, content_type.find(';'))));
    if (media_type != "multipart/form-data") return std::nullopt;
    auto type = parse_parameterised(content_type);
    if (!type) return type.error();
    auto const* boundary = type->find("boundary");
    if (boundary == nullptr) return malformed("Content-Type: multipart/form-data needs a boundary parameter");
    if (!is_boundary(*boundary))
        return malformed("the boundary in Content-Type must have 1 to 70 of the characters that RFC 2046 allows");
    return *boundary;
}

}  // namespace sma::http
